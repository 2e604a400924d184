import { type ConfigStore, isoTime } from '@yixian/contracts';
import type { z } from 'zod';
import type { auditQuery } from '../../core/config/schemas.js';
import type { GuardedRequest } from '../../core/route.js';
import { epochRange } from '../page.js';

/** Who did what, newest first. */
export function createListAudit(deps: { config: Pick<ConfigStore, 'auditLog'> }) {
  return async ({ query }: GuardedRequest<unknown, z.output<typeof auditQuery>, unknown>) => {
    const { from, to, limit, ...rest } = query;
    const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
    const { items, next } = await deps.config.auditLog({ ...given, ...epochRange({ from, to }), limit });
    return {
      items: items.map(({ id, at, username, action, subject, details }) => ({
        ...{ id, username, action, subject },
        at: isoTime(at),
        details: details ?? null,
      })),
      next,
    };
  };
}
