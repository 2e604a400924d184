import { DomainError, type Revised, WALL_COLUMNS, WALL_ROWS, type Wallboard } from '@yixian/contracts';
import type { z } from 'zod';
import type { newWallboard, removal, wallboardChange } from '../../core/config/schemas.js';
import type { Caller, GuardedRequest } from '../../core/route.js';
import type { byId, livePage } from '../../core/schemas.js';
import { type AdministrationDeps, fieldError, present } from './change.js';
import { createKindHandlers, defined, type Kind } from './kind.js';
import { assertDistinct } from './references.js';

type ById = z.output<typeof byId>;

const wallboardKind: Kind<Wallboard, Revised<Wallboard>> = {
  what: 'wallboard',
  keyField: 'id',
  table: (config) => config.wallboards,
  rows: (config) => config.wallboards,
  view: (wallboard) => wallboard,
  async check({ config }, wallboard) {
    const other = (await config.wallboards.list()).find((one) => one.name === wallboard.name && one.id !== wallboard.id);
    if (other) throw new DomainError('conflict', `a wallboard named ${wallboard.name} already exists`, { field: 'name', id: other.id });
    assertDistinct(
      'tiles',
      wallboard.tiles.map((tile) => tile.id),
    );
    wallboard.tiles.forEach(({ x, y, w, h }, i) => {
      if (x + w > WALL_COLUMNS) throw fieldError(`tiles.${i}.w`, `x + w must be at most ${WALL_COLUMNS}`);
      if (y + h > WALL_ROWS) throw fieldError(`tiles.${i}.h`, `y + h must be at most ${WALL_ROWS}`);
    });
  },
  uses: async () => [],
};

/** A supervisor may change the own ones only, an administrator all. */
function assertOwn({ viewer, principal }: Caller, { id, owner }: Wallboard): void {
  const { username } = principal.user;
  if (viewer.role === 'admin' || owner === username) return;
  throw new DomainError('forbidden', `wallboard ${id} is ${owner}’s: save it under another name`, { id, owner });
}

/** Wallboards: every supervisor and administrator sees all of them, with the figures that person may see. */
export function createWallboards(deps: AdministrationDeps) {
  const wallboards = createKindHandlers(deps, wallboardKind);
  return {
    list: ({ query }: GuardedRequest<unknown, z.output<typeof livePage>, unknown>) => wallboards.list(query),
    get: ({ params }: GuardedRequest<ById, unknown, unknown>) => wallboards.get(params.id),
    add: (request: GuardedRequest<unknown, unknown, z.output<typeof newWallboard>>) =>
      wallboards.add(request, { id: deps.ids.next('wall'), owner: request.principal.user.username, ...request.body }),
    change(request: GuardedRequest<ById, unknown, z.output<typeof wallboardChange>>) {
      const { revision, ...fields } = request.body;
      return wallboards.change(request, request.params.id, revision, (before) => {
        assertOwn(request, before);
        return defined<Wallboard>(fields);
      });
    },
    async remove(request: GuardedRequest<ById, z.output<typeof removal>, unknown>): Promise<void> {
      assertOwn(request, await present(deps.config.wallboards, 'wallboard', request.params.id));
      await wallboards.remove(request, request.params.id, request.query);
    },
  };
}
