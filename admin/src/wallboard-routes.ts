import { json, leaders, rowsOf } from './config-rows.js';
import * as config from './core/config/schemas.js';
import { guarded, type Route } from './core/route.js';
import { byId, listOf } from './core/schemas.js';
import type { AdministrationDeps } from './handlers/config/change.js';
import { createWallboards } from './handlers/config/wallboards.js';

/** Wallboards 大屏 as they were composed. */
export function wallboardRoutes(deps: AdministrationDeps): Route[] {
  const wallboards = createWallboards(deps);
  const rows = rowsOf('wallboards', 'id', leaders);
  const response = json(config.wallboard);
  const description = 'A supervisor changes the own ones, an administrator all. Audited.';
  const writes = { roles: leaders, description };
  const { newWallboard, wallboardChange, removal } = config;
  return [
    guarded({ ...rows.list, summary: 'Wallboards', response: json(listOf(config.wallboard)), handler: wallboards.list }),
    guarded({ ...rows.get, summary: 'One wallboard', params: byId, response, handler: wallboards.get }),
    guarded({
      ...{ ...rows.add, ...writes },
      summary: 'Add a wallboard; its id is in the answer',
      body: newWallboard,
      response: { ...response, status: 201 },
      handler: wallboards.add,
    }),
    guarded({
      ...{ ...rows.change, ...writes },
      summary: 'Change a wallboard',
      params: byId,
      body: wallboardChange,
      response,
      handler: wallboards.change,
    }),
    guarded({
      ...{ ...rows.remove, ...writes },
      summary: 'Delete a wallboard',
      params: byId,
      query: removal,
      handler: wallboards.remove,
    }),
  ];
}
