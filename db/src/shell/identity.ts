import type { IdentityStore, Role, StoredUser } from '@yixian/contracts';
import type { Knex } from 'knex';
import { toJsonb } from '../core/json.js';

interface UserRow {
  id: string;
  username: string;
  display_name: string;
  roles: Role[];
  extension: string | null;
  groups: string[];
  enabled: boolean;
  password_hash: string;
  failed_attempts: number;
  locked_until: number | null;
}

function userOf(row: UserRow): StoredUser {
  return {
    id: row.id,
    username: row.username,
    displayName: row.display_name,
    roles: row.roles,
    extension: row.extension,
    groups: row.groups,
    enabled: row.enabled,
    passwordHash: row.password_hash,
    failedAttempts: row.failed_attempts,
    lockedUntil: row.locked_until,
  };
}

/** Users, sessions and the audit log. */
export function createIdentityStore(knex: Knex): IdentityStore {
  const user = async (where: Partial<UserRow>): Promise<StoredUser | undefined> => {
    const [row] = (await knex('users').where(where)) as UserRow[];
    return row && userOf(row);
  };
  const attempts = async (id: string, failed: number, lockedUntil: number | null): Promise<void> => {
    const locked = lockedUntil === null ? null : new Date(lockedUntil);
    await knex('users').where({ id }).update({ failed_attempts: failed, locked_until: locked });
  };
  return {
    userByName: (username) => user({ username: clean(username) }),
    userById: (id) => user({ id: clean(id) }),
    recordFailure: attempts,
    clearFailures: (id) => attempts(id, 0, null),
    async createSession(session) {
      await knex('sessions').where('expires_at', '<', knex.fn.now()).delete();
      await knex('sessions').insert({
        id: session.id,
        token_hash: session.tokenHash,
        user_id: session.userId,
        expires_at: new Date(session.expiresAt),
      });
    },
    async prolongSession(id, expiresAt) {
      await knex('sessions')
        .where({ id })
        .update({ expires_at: new Date(expiresAt) });
    },
    async sessionByTokenHash(tokenHash) {
      const [row] = (await knex('sessions').where({ token_hash: tokenHash })) as { id: string; user_id: string; expires_at: number }[];
      return row && { id: row.id, userId: row.user_id, expiresAt: row.expires_at };
    },
    async deleteSession(id) {
      await knex('sessions').where({ id }).delete();
    },
    async audit(entry) {
      await knex('audit_log').insert({
        at: new Date(entry.at),
        username: clean(entry.username),
        action: entry.action,
        subject: clean(entry.subject),
        details: entry.details ? toJsonb(entry.details) : null,
      });
    },
  };
}

/** PostgreSQL text cannot hold U+0000; a name with one is simply not found. */
function clean(text: string): string {
  return text.replaceAll('\u0000', '\uFFFD');
}
