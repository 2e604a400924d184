import type { ConfigChange, Revised, Role, UserConfig } from '@yixian/contracts';
import type { Knex } from 'knex';
import { missing, replaceTies, taken } from './rows.js';

type UserRows = ConfigChange['users'];
type WrittenUser = UserConfig & { passwordHash?: string };

const SKILLS = { table: 'agent_skills', owner: 'agent_id', thing: 'skill_id' };
const SKILLS_OF_USER = `coalesce((select array_agg(s.skill_id order by s.skill_id) from agent_skills s
  join agents a on a.id = s.agent_id where a.user_id = users.id), '{}')`;

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
  async function settle(user: UserConfig, skills: readonly string[]): Promise<Revised<UserConfig>> {
    await syncAgent(knex, user, skills);
    return present(user.id);
  }

  return {
    list: async () => (await all()) as Revised<UserConfig>[],
    get,
    async insert(user) {
      const row = { id: user.id, ...written(user) };
      const added = (await knex('users').insert(row).onConflict().ignore().returning('id')) as unknown[];
      if (added.length === 0) throw taken('user', user.username);
      return settle(await present(user.id), user.skills);
    },
    async update(id, change) {
      const before = await present(id);
      await knex('users')
        .where({ id })
        .update({ ...written(change), revision: knex.raw('revision + 1') });
      return settle(await present(id), change.skills ?? before.skills);
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

async function syncAgent(knex: Knex, user: UserConfig, skills: readonly string[]): Promise<void> {
  const own = takesCalls(user) ? (user.extension ?? '') : '';
  await knex('agents').where({ user_id: user.id }).whereNot({ id: own }).delete();
  if (own === '') return;
  await knex('agents')
    .insert({ id: own, user_id: user.id, name: user.displayName, groups: user.groups, enabled: user.enabled })
    .onConflict('id')
    .merge();
  await replaceTies(knex, SKILLS, own, skills);
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
