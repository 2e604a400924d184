import type { Skill } from '@yixian/contracts';
import type { z } from 'zod';
import type { newSkill, removal, skillChange } from '../../core/config/schemas.js';
import type { Use } from '../../core/config/uses.js';
import type { GuardedRequest } from '../../core/route.js';
import type { byId, livePage } from '../../core/schemas.js';
import type { AdministrationDeps } from './change.js';
import { createKindHandlers, defined, type Kind } from './kind.js';

type ById = z.output<typeof byId>;

const kind: Kind<Skill, Skill & { revision: number }> = {
  what: 'skill',
  keyField: 'id',
  table: (config) => config.skills,
  rows: (config) => config.skills,
  view: ({ id, name, revision }) => ({ id, name, revision }),
  async check() {},
  async uses({ config }, { id }) {
    const queues = (await config.queues.list()).filter((q) => q.requiredSkills.includes(id));
    const users = (await config.users.list()).filter((u) => u.skills.includes(id));
    return [...queues.map((q): Use => ({ kind: 'queue', id: q.id })), ...users.map((u): Use => ({ kind: 'user', id: u.username }))];
  },
};

export function createSkills(deps: AdministrationDeps) {
  const skills = createKindHandlers(deps, kind);
  return {
    list: ({ query }: GuardedRequest<unknown, z.output<typeof livePage>, unknown>) => skills.list(query),
    get: ({ params }: GuardedRequest<ById, unknown, unknown>) => skills.get(params.id),
    add: (request: GuardedRequest<unknown, unknown, z.output<typeof newSkill>>) =>
      skills.add(request, { ...request.body, name: request.body.name ?? request.body.id }),
    change: (request: GuardedRequest<ById, unknown, z.output<typeof skillChange>>) => {
      const { revision, ...fields } = request.body;
      return skills.change(request, request.params.id, revision, () => defined<Skill>(fields));
    },
    remove: (request: GuardedRequest<ById, z.output<typeof removal>, unknown>) => skills.remove(request, request.params.id, request.query),
  };
}
