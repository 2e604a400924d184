import type { ConfigChange, Revised, Role, UserConfig } from '@yixian/contracts';
import type { Knex } from 'knex';
import { toJsonb } from '../../core/json.js';
import { missing, taken } from './rows.js';

type UserRows = ConfigChange['users'];
type WrittenUser = UserConfig & { passwordHash?: string };

const SKILLS_OF_USER = `coalesce((select array_agg(s.skill_id order by s.skill_id) from agent_skills s
  join agents a on a.id = s.agent_id where a.user_id = users.id), '{}')`;
const LEVELS_OF_USER = `coalesce((select jsonb_object_agg(s.skill_id, s.level order by s.skill_id) from agent_skills s
  join agents a on a.id = s.agent_id where a.user_id = users.id and s.level is not null), '{}')`;
const RECORDING_OF_USER = `(select a.recording from agents a where a.user_id = users.id limit 1)`;

/** Users; with role agent and an extension also their agent and its skills. */
export function userRows(knex: Knex): UserRows {
  const columns = {
    id: 'id',
    username: 'username',
    displayName: 'display_name',
    roles: 'roles',
    extension: 'extension',
    groups: 'groups',
    enabled: 'enabled',
    lockedUntil: 'locked_until',
    revision: 'revision',
    skills: knex.raw(SKILLS_OF_USER),
    skillLevels: knex.raw(LEVELS_OF_USER),
    recording: knex.raw(RECORDING_OF_USER),
  };
  const all = () => knex('users').orderBy('username').select(columns);
  async function get(id: string): Promise<Revised<UserConfig> | undefined> {
    const [row] = (await all().where('users.id', id)) as Revised<UserConfig>[];
    return row;
  }
  async function present(id: string): Promise<Revised<UserConfig>> {
    const row = await get(id);
    if (!row) throw missing('user', id);
    return row;
  }
  async function settle(user: UserConfig, own: AgentPart): Promise<Revised<UserConfig>> {
    await syncAgent(knex, user, own);
    return present(user.id);
  }

  return {
    list: async () => (await all()) as Revised<UserConfig>[],
    get,
    async insert(user) {
      const row = { id: user.id, ...written(user) };
      const added = (await knex('users').insert(row).onConflict().ignore().returning('id')) as unknown[];
      if (added.length === 0) throw taken('user', user.username);
      return settle(await present(user.id), user);
    },
    async update(id, change) {
      const before = await present(id);
      await knex('users')
        .where({ id })
        .update({ ...written(change), revision: knex.raw('revision + 1') });
      return settle(await present(id), {
        skills: change.skills ?? before.skills,
        skillLevels: change.skillLevels ?? before.skillLevels,
        recording: change.recording === undefined ? before.recording : change.recording,
      });
    },
    async delete(id) {
      await knex('users').where({ id }).delete();
    },
  };
}

/** Whether calls of queues may come to this user. */
function takesCalls(user: { roles: readonly Role[]; extension: string | null }): boolean {
  return user.roles.includes('agent') && user.extension !== null;
}

/** What only the agent of a user has. */
type AgentPart = Pick<UserConfig, 'skills' | 'skillLevels' | 'recording'>;

async function syncAgent(knex: Knex, user: UserConfig, own: AgentPart): Promise<void> {
  const id = takesCalls(user) ? (user.extension ?? '') : '';
  await knex('agents').where({ user_id: user.id }).whereNot({ id }).delete();
  if (id === '') return;
  const recording = own.recording === null ? null : toJsonb(own.recording);
  await knex('agents')
    .insert({ id, user_id: user.id, name: user.displayName, groups: user.groups, enabled: user.enabled, recording })
    .onConflict('id')
    .merge();
  await knex('agent_skills').where({ agent_id: id }).delete();
  const skills = [...new Set(own.skills)].map((skill) => ({ agent_id: id, skill_id: skill, level: own.skillLevels[skill] ?? null }));
  if (skills.length > 0) await knex('agent_skills').insert(skills);
}

function written(user: Partial<WrittenUser>): Record<string, unknown> {
  const columns = {
    username: user.username,
    display_name: user.displayName,
    roles: user.roles,
    extension: user.extension,
    groups: user.groups,
    enabled: user.enabled,
    password_hash: user.passwordHash,
    // whoever has a new password may try it at once
    ...(user.passwordHash === undefined ? {} : { failed_attempts: 0, locked_until: null }),
  };
  return Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined));
}
