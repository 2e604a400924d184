import { DomainError, type Role } from '@yixian/contracts';
import type { Knex } from 'knex';

/** What a person needs to sign in and to register a phone; `sipPassword` and `extension` only with a phone. */
export interface Credentials {
  extension: string;
  username: string;
  password: string;
  sipPassword: string;
  skills: string[];
}

export interface Secrets {
  hashPassword: (password: string) => Promise<string>;
  randomSecret: () => string;
}

export interface NewPerson {
  extension: string;
  username: string;
  displayName: string;
  role: Role;
  groups: string[];
  /** Of an agent; empty for others. */
  skills: string[];
  /** Whether calls of queues may come to this person. */
  takesCalls: boolean;
}

/**
 * Makes an extension, its user and, when asked, its agent, with fresh random secrets.
 * @throws DomainError conflict naming the extension or the user that exists
 */
export async function addPerson(trx: Knex, person: NewPerson, secrets: Secrets): Promise<Credentials> {
  const password = secrets.randomSecret();
  const sipPassword = secrets.randomSecret();
  const userId = `user-${person.username}`;
  await refuseExisting(trx, [person]);
  await trx('extensions').insert({ number: person.extension, display_name: person.displayName, sip_password: sipPassword });
  await trx('users').insert({
    id: userId,
    username: person.username,
    display_name: person.displayName,
    roles: [person.role],
    extension: person.extension,
    groups: person.groups,
    password_hash: await secrets.hashPassword(password),
  });
  if (person.takesCalls) {
    await trx('agents').insert({ id: person.extension, user_id: userId, name: person.displayName, groups: person.groups });
    if (person.skills.length > 0) {
      await trx('agent_skills').insert(person.skills.map((skill) => ({ agent_id: person.extension, skill_id: skill })));
    }
  }
  return { extension: person.extension, username: person.username, password, sipPassword, skills: person.skills };
}

/** @throws DomainError conflict naming the first extension or user that exists */
export async function refuseExisting(trx: Knex, people: readonly Pick<NewPerson, 'extension' | 'username'>[]): Promise<void> {
  const extensions = people.map((p) => p.extension);
  const [taken] = (await trx('extensions').whereIn('number', extensions).orderBy('number').limit(1)) as { number: string }[];
  if (taken) throw new DomainError('conflict', `extension ${taken.number} already exists`, { extension: taken.number });
  const names = people.map((p) => p.username);
  const [user] = (await trx('users').whereIn('username', names).orderBy('username').limit(1)) as { username: string }[];
  if (user) throw new DomainError('conflict', `user ${user.username} already exists`, { username: user.username });
}

export interface NewUser {
  username: string;
  displayName?: string;
  password: string;
  role: Role;
  groups?: string[];
}

/**
 * Adds a user without a phone.
 * @throws DomainError conflict when the name is taken
 */
export async function addUser(knex: Knex, user: NewUser, hashPassword: Secrets['hashPassword']): Promise<void> {
  const added = (await knex('users')
    .insert({
      id: `user-${user.username}`,
      username: user.username,
      display_name: user.displayName ?? user.username,
      roles: [user.role],
      groups: user.groups ?? [],
      password_hash: await hashPassword(user.password),
    })
    .onConflict()
    .ignore()
    .returning('id')) as unknown[];
  if (added.length === 0) throw new DomainError('conflict', `user ${user.username} already exists`, { username: user.username });
}
