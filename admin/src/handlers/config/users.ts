import {
  type ConfigReader,
  type ConfigTable,
  DomainError,
  EXTENSION_DEFAULTS,
  isoTime,
  type Revised,
  type Role,
  type UserConfig,
} from '@yixian/contracts';
import type { z } from 'zod';
import { difference } from '../../core/config/difference.js';
import type { byUser, newUser, userChange, userRemoval } from '../../core/config/schemas.js';
import { assertUnused } from '../../core/config/uses.js';
import type { GuardedRequest } from '../../core/route.js';
import type { livePage } from '../../core/schemas.js';
import { pageOf } from '../page.js';
import { type AdministrationDeps, assertRevision, type Change, change, fieldError } from './change.js';
import { assertFreeNumber, extensionUses, extensionView, signedIn } from './extensions.js';
import { defined } from './kind.js';
import { assertPolicy, assertSkills, differs } from './references.js';

type ByUser = z.output<typeof byUser>;
type Secrets = { password?: string; sipPassword?: string };
type SkillsGiven = z.output<typeof newUser>['skills'];

/** A user as administrators see one, without secrets. */
function view(user: Revised<UserConfig>) {
  const { id, username, displayName, roles, extension, groups, skills, skillLevels, recording, enabled, lockedUntil, revision } = user;
  return {
    ...{ id, username, displayName, roles, extension, groups, skills, skillLevels, recording, enabled, revision },
    lockedUntil: lockedUntil === null ? null : isoTime(lockedUntil),
  };
}

/** By id, or by the name people know. */
async function found(users: ConfigTable<UserConfig>, key: string): Promise<Revised<UserConfig>> {
  const user = (await users.get(key)) ?? (await users.list()).find((one) => one.username === key);
  if (!user) throw new DomainError('not-found', `there is no user ${key}`, { user: key });
  return user;
}

export function createUsers(deps: AdministrationDeps) {
  return {
    async list({ query }: GuardedRequest<unknown, z.output<typeof livePage>, unknown>) {
      const { items, next } = pageOf(await deps.config.users.list(), (user) => user.username, query);
      return { items: items.map(view), next };
    },
    get: async ({ params }: GuardedRequest<ByUser, unknown, unknown>) => view(await found(deps.config.users, params.id)),
    add: (request: GuardedRequest<unknown, unknown, z.output<typeof newUser>>) => add(deps, request),
    change: (request: GuardedRequest<ByUser, unknown, z.output<typeof userChange>>) => edit(deps, request),
    remove: (request: GuardedRequest<ByUser, z.output<typeof userRemoval>, unknown>) => remove(deps, request),
  };
}

/** A user as it will be, with the secrets that were made for it. */
export interface PreparedUser {
  user: UserConfig;
  passwordHash: string;
  sipPassword: string | undefined;
  made: Secrets;
}

/** Outside the transaction: a hash takes its time by design. */
export async function prepareUser(deps: AdministrationDeps, body: z.output<typeof newUser>): Promise<PreparedUser> {
  const { password, sipPassword, ...fields } = body;
  const made: Secrets = password === undefined ? { password: deps.randomSecret() } : {};
  const passwordHash = await (password === undefined ? deps.hashGenerated(made.password ?? '') : deps.hashPassword(password));
  const user: UserConfig = {
    ...fields,
    skills: [],
    skillLevels: {},
    ...skillsOf(fields, { skills: [], skillLevels: {} }),
    displayName: fields.displayName ?? fields.username,
    roles: distinct(fields.roles),
    id: deps.ids.next('user'),
    lockedUntil: null,
  };
  return { user, passwordHash, sipPassword, made };
}

/** Within a change. @throws DomainError, before anything is written, when it does not fit what is there */
export async function insertUser(deps: AdministrationDeps, c: Change, { user, passwordHash, sipPassword, made }: PreparedUser) {
  await check(deps, c.config, user, undefined);
  const secrets = { ...made, ...(await furnishExtension(deps, c, user, { sipPassword })) };
  const after = view(await c.config.users.insert({ ...user, passwordHash }));
  await c.audit('user.created', user.username, { after, secrets: ['password'] });
  return { ...after, ...secrets };
}

async function add(deps: AdministrationDeps, request: GuardedRequest<unknown, unknown, z.output<typeof newUser>>) {
  const prepared = await prepareUser(deps, request.body);
  return change(deps, request, (c) => insertUser(deps, c, prepared));
}

async function edit(deps: AdministrationDeps, request: GuardedRequest<ByUser, unknown, z.output<typeof userChange>>) {
  const { revision, password, sipPassword, generatePassword, generateSipPassword, skills, skillLevels, ...fields } = request.body;
  const made: Secrets = generatePassword ? { password: deps.randomSecret() } : {};
  const chosen = made.password ?? password;
  const passwordHash = chosen === undefined ? undefined : await deps.hashPassword(chosen);
  const changed = await change(deps, request, async (c) => {
    const before = await found(c.config.users, request.params.id);
    assertRevision('user', before.username, before.revision, revision);
    const wanted = defined<UserConfig>({
      ...fields,
      ...skillsOf({ skills, skillLevels }, before),
      roles: fields.roles && distinct(fields.roles),
    });
    const next = withoutIdle({ ...before, ...wanted }, wanted);
    await check(deps, c.config, next, before);
    if (before.extension !== null && next.extension !== before.extension) {
      assertUnused('extension', before.extension, signedIn(deps.acd, before.extension));
    }
    Object.assign(made, await furnishExtension(deps, c, next, { sipPassword, generate: generateSipPassword === true }));
    const after = view(
      await c.config.users.update(before.id, { ...wanted, ...agentPart(next), ...(passwordHash ? { passwordHash } : {}) }),
    );
    const secrets = passwordHash ? { secrets: ['password'] } : {};
    await c.audit('user.changed', after.username, { ...difference(view(before), after), ...secrets });
    if (passwordHash || losesAccess(before, next)) await c.endSessions(before.id);
    c.userChanged(before.id);
    return after;
  });
  return { ...changed, ...made };
}

function remove(deps: AdministrationDeps, request: GuardedRequest<ByUser, z.output<typeof userRemoval>, unknown>): Promise<void> {
  return change(deps, request, async (c) => {
    const user = await found(c.config.users, request.params.id);
    assertRevision('user', user.username, user.revision, request.query.revision);
    await assertAdminStays(c.config, user, undefined);
    const { extension } = user;
    if (extension !== null) assertUnused('user', user.username, signedIn(deps.acd, extension));
    await c.endSessions(user.id);
    await c.config.users.delete(user.id);
    await c.audit('user.deleted', user.username, { before: view(user) });
    if (extension === null || request.query.keepExtension === 'true') return;
    // a phone nobody answers for must not stay registered
    assertUnused('extension', extension, await extensionUses(deps, c, extension));
    const gone = await c.config.extensions.get(extension);
    await c.config.extensions.delete(extension);
    if (gone) await c.audit('extension.deleted', extension, { before: extensionView(gone) });
  });
}

const distinct = (roles: readonly Role[]): Role[] => [...new Set(roles)];

/** Who may do or see less than before has to sign in again: no open socket keeps what was taken away. */
function losesAccess(before: UserConfig, next: UserConfig): boolean {
  return (
    before.roles.some((role) => !next.roles.includes(role)) ||
    (before.enabled && !next.enabled) ||
    before.username !== next.username ||
    (before.extension !== null && before.extension !== next.extension) ||
    (before.roles.includes('supervisor') && before.groups.some((group) => !next.groups.includes(group)))
  );
}

/** Skills and recording belong to agents: they go with the role, unless they were asked for, which is an error to be told. */
function withoutIdle(user: UserConfig, wanted: Partial<UserConfig>): UserConfig {
  if (takesCalls(user)) return user;
  const { skills = [], skillLevels = {}, recording = null } = wanted;
  return { ...user, skills, skillLevels, recording };
}

function agentPart({ skills, skillLevels, recording }: UserConfig) {
  return { skills, skillLevels, recording };
}

/**
 * Skills and levels as they are after a change. A skill without a level keeps the one it had; one that is taken away takes
 * its level with it; levels that are given replace all others.
 */
function skillsOf(
  given: { skills?: SkillsGiven | undefined; skillLevels?: Record<string, number> | undefined },
  before: Pick<UserConfig, 'skills' | 'skillLevels'>,
): Partial<Pick<UserConfig, 'skills' | 'skillLevels'>> {
  if (given.skills === undefined) return given.skillLevels === undefined ? {} : { skillLevels: given.skillLevels };
  const skills = [...new Set(given.skills.map((one) => (typeof one === 'string' ? one : one.skill)))];
  const said = given.skills.flatMap((one) => (typeof one === 'string' ? [] : [[one.skill, one.level] as const]));
  const kept = Object.entries(before.skillLevels).filter(([skill]) => skills.includes(skill));
  return { skills, skillLevels: { ...(given.skillLevels ?? Object.fromEntries(kept)), ...Object.fromEntries(said) } };
}

function takesCalls(user: Pick<UserConfig, 'roles' | 'extension'>): boolean {
  return user.roles.includes('agent') && user.extension !== null;
}

async function check(deps: AdministrationDeps, config: ConfigReader, user: UserConfig, before: UserConfig | undefined): Promise<void> {
  const others = (await config.users.list()).filter((one) => one.id !== user.id);
  if (others.some((one) => one.username === user.username)) {
    throw new DomainError('conflict', `user ${user.username} already exists`, { field: 'username' });
  }
  const owner = user.extension === null ? undefined : others.find((one) => one.extension === user.extension);
  if (owner) {
    const message = `extension ${user.extension} is in use by user ${owner.username}`;
    throw new DomainError('conflict', message, { field: 'extension', usedBy: [{ kind: 'user', id: owner.username }] });
  }
  if (user.skills.length > 0 && !takesCalls(user)) throw fieldError('skills', 'are for users with role agent and an extension');
  await assertSkills(config, 'skills', user.skills);
  const other = Object.keys(user.skillLevels).find((skill) => !user.skills.includes(skill));
  if (other !== undefined) throw fieldError(`skillLevels.${other}`, 'is not one of skills');
  if (user.recording !== null && !takesCalls(user)) throw fieldError('recording', 'is for users with role agent and an extension');
  if (differs(before, user, 'recording')) assertPolicy(deps.prompts, 'recording', user.recording);
  if (before) await assertAdminStays(config, before, user);
}

/** @throws DomainError `conflict` when nobody could administrate any more */
async function assertAdminStays(config: ConfigReader, before: UserConfig, after: UserConfig | undefined): Promise<void> {
  const administrates = (user: UserConfig | undefined): boolean => user?.enabled === true && user.roles.includes('admin');
  if (!administrates(before) || administrates(after)) return;
  const others = (await config.users.list()).filter((user) => user.id !== before.id);
  if (others.some(administrates)) return;
  throw new DomainError('conflict', `${before.username} is the last administrator: make another one first`, { user: before.username });
}

/** The extension of a user: made when there is none, given a new secret when asked. Returns the secret when it was made here. */
async function furnishExtension(
  deps: AdministrationDeps,
  c: Change,
  user: UserConfig,
  { sipPassword, generate = false }: { sipPassword?: string | undefined; generate?: boolean },
): Promise<Secrets> {
  const { extension } = user;
  if (extension === null) {
    if (sipPassword === undefined && !generate) return {};
    throw fieldError(generate ? 'generateSipPassword' : 'sipPassword', 'is for users with an extension');
  }
  const known = await c.config.extensions.get(extension);
  if (known && sipPassword === undefined && !generate) return {};
  const made = generate || sipPassword === undefined ? deps.randomSecret() : undefined;
  const secret = made ?? sipPassword ?? '';
  if (known) {
    await c.config.extensions.update(extension, { sipPassword: secret });
    await c.audit('extension.changed', extension, { secrets: ['sipPassword'] });
  } else {
    await assertFreeNumber(c.config, extension);
    const row = {
      ...EXTENSION_DEFAULTS,
      number: extension,
      displayName: user.displayName,
      sipPassword: secret,
      outboundAllowed: true,
      enabled: true,
    };
    await c.audit('extension.created', extension, {
      after: extensionView(await c.config.extensions.insert(row)),
      secrets: ['sipPassword'],
    });
  }
  return made === undefined ? {} : { sipPassword: made };
}
