import type { Role } from '@yixian/contracts';
import { type AnySchema, livePage } from './core/schemas.js';

// What the rows of the table for administrators have in common.

export const V1 = '/api/v1';
export const everyone: readonly Role[] = ['agent', 'supervisor', 'admin'];
export const admins: readonly Role[] = ['admin'];
export const leaders: readonly Role[] = ['supervisor', 'admin'];
export const json = (schema: AnySchema, status: 200 | 201 = 200) => ({ kind: 'json' as const, schema, status });
export const empty = { kind: 'empty' as const, status: 204 as const };
export const AT_ONCE = 'In force for the next call, without a restart. Audited.';
const IN_USE = 'What is in use answers 409 and names what uses it. Audited.';

/** The five rows of a kind. */
export function rowsOf(tag: string, key: string, roles = admins) {
  const all = `${V1}/${tag}`;
  const one = `${all}/:${key}`;
  return {
    list: { method: 'get' as const, path: all, tag, roles, query: livePage },
    get: { method: 'get' as const, path: one, tag, roles },
    add: { method: 'post' as const, path: all, tag, roles: admins, description: AT_ONCE },
    change: { method: 'put' as const, path: one, tag, roles: admins, description: `Fields left out stay as they are. ${AT_ONCE}` },
    remove: { method: 'delete' as const, path: one, tag, roles: admins, response: empty, description: IN_USE },
  };
}
