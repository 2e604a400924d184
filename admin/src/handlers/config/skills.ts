import { type ConfigReader, DEFAULT_SKILL_LEVEL, type Skill, type UserConfig } from '@yixian/contracts';
import type { z } from 'zod';
import type { newSkill, removal, skillChange, skillMatrixChange } from '../../core/config/schemas.js';
import type { Use } from '../../core/config/uses.js';
import type { GuardedRequest } from '../../core/route.js';
import type { byId, livePage } from '../../core/schemas.js';
import { type AdministrationDeps, change, fieldError } from './change.js';
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

/** Who has which skill at which level, as one table. */
export function createSkillMatrix(deps: AdministrationDeps) {
  const read = async (config: ConfigReader) => {
    const users = (await config.users.list()).filter(takesCalls);
    const agents = users.map((user) => ({ agent: user.extension ?? '', name: user.displayName, skills: levelsOf(user) }));
    return {
      skills: (await config.skills.list()).map((skill) => skill.id),
      agents: agents.toSorted((a, b) => (a.agent < b.agent ? -1 : 1)),
    };
  };
  return {
    get: () => read(deps.config),
    /** Agents who are not named stay as they are; each who changes is an entry of the audit log. */
    change: (request: GuardedRequest<unknown, unknown, z.output<typeof skillMatrixChange>>) =>
      change(deps, request, async (c) => {
        const users = new Map((await c.config.users.list()).filter(takesCalls).map((user) => [user.extension, user]));
        const known = new Set((await c.config.skills.list()).map((skill) => skill.id));
        for (const [i, { agent, skills }] of request.body.agents.entries()) {
          const user = users.get(agent);
          if (!user) throw fieldError(`agents.${i}.agent`, `there is no agent ${agent}`);
          const other = Object.keys(skills).find((skill) => !known.has(skill));
          if (other !== undefined) throw fieldError(`agents.${i}.skills.${other}`, `there is no skill ${other}`);
          if (sameLevels(skills, levelsOf(user))) continue;
          await c.config.users.update(user.id, { skills: Object.keys(skills), skillLevels: skills });
          await c.audit('user.changed', user.username, { before: { skills: levelsOf(user) }, after: { skills } });
          users.set(agent, { ...user, skills: Object.keys(skills), skillLevels: skills });
        }
        return read(c.config);
      }),
  };
}

function takesCalls(user: UserConfig): boolean {
  return user.roles.includes('agent') && user.extension !== null;
}

function levelsOf(user: Pick<UserConfig, 'skills' | 'skillLevels'>): Record<string, number> {
  return Object.fromEntries(user.skills.map((skill) => [skill, user.skillLevels[skill] ?? DEFAULT_SKILL_LEVEL]));
}

function sameLevels(a: Record<string, number>, b: Record<string, number>): boolean {
  return Object.keys(a).length === Object.keys(b).length && Object.entries(a).every(([skill, level]) => b[skill] === level);
}

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
