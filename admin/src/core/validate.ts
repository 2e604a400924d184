import { DomainError, type FieldProblem } from '@yixian/contracts';
import { z } from 'zod';
import { fieldProblem } from './field-fault.js';

/** No fields at all; any is an error that names it. */
export const nothing = z.strictObject({});

/**
 * The value as the schema reads it.
 * @throws DomainError `bad-request` whose message names the first wrong field and whose details name all
 */
export function check<S extends z.ZodType>(schema: S, value: unknown, where: 'path' | 'query' | 'body' | 'command'): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const fields = result.error.issues.flatMap((issue) => problemsOf(issue, value));
  const first = fields[0];
  const at = first?.field ? `${where} field ${first.field}` : where;
  throw new DomainError('bad-request', `${at}: ${first?.problem ?? 'not valid'}`, { in: where, fields });
}

function problemsOf(issue: z.core.$ZodIssue, sent: unknown): FieldProblem[] {
  const at = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => fieldProblem([...at, key].join('.').slice(0, 100), 'is not a known field'));
  }
  const found = fieldProblem(at.join('.'), issue.message);
  const value = valueAt(sent, at);
  if (value === undefined) return [{ ...found, fault: 'missing', values: {} }];
  return [value === '' ? { ...found, fault: 'empty', values: {} } : found];
}

/** What was sent at this place; undefined where there is nothing. */
function valueAt(sent: unknown, path: readonly string[]): unknown {
  let value = sent;
  for (const name of path) value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
  return value;
}
