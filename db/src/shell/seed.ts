import { DomainError, QUEUE_DEFAULTS, type QueueConfig, type RouteTarget } from '@yixian/contracts';
import type { Knex } from 'knex';
import { queueRows } from './config/queues.js';
import { addPerson, addUser, type Credentials, type NewPerson, refuseExisting, type Secrets } from './people.js';

export interface DemoCredentials {
  admin: { username: string; password: string };
  agents: Credentials[];
  supervisor: Credentials;
}

export interface SeedOptions extends Secrets {
  /** The flow that the access code 12320 leads to. */
  flow: { id: string; name: string; document: unknown };
}

const GROUP = 'demo';
const SUPERVISOR = '1100';
/** Where the demo flow takes messages. */
const BOX = 'main';

const SKILLS = [
  { id: 'consult', name: '咨询' },
  { id: 'complaint', name: '投诉' },
  { id: 'operator', name: '人工' },
] as const;

/** Wrap-up 0: a freed agent gets the next call at once; a hotline that wants wrap-up sets it per queue. */
const DEMO_QUEUE = {
  ...QUEUE_DEFAULTS,
  priority: 0,
  ringTimeoutMs: 20_000,
  wrapUpMs: 0,
  maxWaitMs: 30 * 60_000,
  maxLength: 500,
  music: 'queue-music',
  announceEveryMs: 30_000,
  serviceLevelSeconds: 20,
  record: true,
} satisfies Omit<QueueConfig, 'id' | 'name' | 'requiredSkills'>;

const AGENT_SKILLS: Record<string, string[]> = {
  '1001': ['consult', 'operator'],
  '1002': ['consult', 'operator'],
  '1003': ['consult', 'complaint', 'operator'],
  '1004': ['complaint', 'operator'],
  '1005': ['complaint', 'operator'],
};

/** Whether nobody and nothing is configured yet. */
export async function isEmpty(knex: Knex): Promise<boolean> {
  const { rows } = await knex.raw<{ rows: { filled: boolean }[] }>(
    `select exists (select 1 from users) or exists (select 1 from trunks) or exists (select 1 from extensions)
       or exists (select 1 from queues) or exists (select 1 from flows) as filled`,
  );
  return rows[0]?.filled === false;
}

/**
 * Makes the demo hotline, all of it or nothing.
 * @returns the new credentials, or undefined when the database is not empty
 */
export async function seedDemo(knex: Knex, options: SeedOptions): Promise<DemoCredentials | undefined> {
  return knex.transaction(async (trx) => {
    // Two first starts at the same moment: one seeds, the other finds the database filled.
    await trx.raw('lock table users in exclusive mode');
    if (!(await isEmpty(trx))) return undefined;
    return plant(trx, options);
  });
}

/**
 * Puts the demo hotline back as it was planted, with new passwords. What was added beside it stays, and so does everything recorded.
 * @throws DomainError conflict naming what keeps a part of it from being replaced
 */
export async function resetDemo(knex: Knex, options: SeedOptions): Promise<DemoCredentials> {
  const extensions = [...Object.keys(AGENT_SKILLS), SUPERVISOR];
  const usernames = ['admin', `super${SUPERVISOR}`, ...Object.keys(AGENT_SKILLS).map((e) => `agent${e}`)];
  const ids = SKILLS.map((s) => s.id);
  return knex.transaction(async (trx) => {
    await trx.raw('lock table users in exclusive mode');
    await trx('access_codes').where({ number: '12320' }).delete();
    await trx('trunks').where({ id: 'demo' }).delete();
    await trx('flow_versions').where({ flow_id: options.flow.id }).delete();
    await trx('flows').where({ id: options.flow.id }).delete();
    await trx('queues').whereIn('id', ids).delete();
    await trx('agents').whereIn('id', extensions).delete();
    await trx('users').whereIn('username', usernames).delete();
    await trx('extensions').whereIn('number', extensions).delete();
    return plant(trx, options);
  });
}

async function plant(trx: Knex, options: SeedOptions): Promise<DemoCredentials> {
  await trx('voicemail_boxes').insert({ id: BOX, name: '留言' }).onConflict().ignore();
  await addFlow(trx, options.flow);
  await addQueues(trx);
  await addRoutes(trx, options.flow.id);
  return addPeople(trx, options);
}

async function addFlow(trx: Knex, flow: SeedOptions['flow']): Promise<void> {
  const version = 1;
  await trx('flows').insert({ id: flow.id, name: flow.name, published_version: version });
  await trx('flow_versions').insert({
    flow_id: flow.id,
    version,
    state: 'published',
    document: JSON.stringify(flow.document),
    created_by: 'system',
    published_at: trx.fn.now(),
    published_by: 'system',
  });
}

async function addQueues(trx: Knex): Promise<void> {
  // other agents may have learnt them by the time the demo is put back
  await trx('skills')
    .insert([...SKILLS])
    .onConflict()
    .ignore();
  for (const { id, name } of SKILLS) {
    await queueRows(trx).insert({ ...DEMO_QUEUE, id, name, requiredSkills: [id] });
  }
}

async function addRoutes(trx: Knex, flowId: string): Promise<void> {
  await trx('trunks').insert({
    id: 'demo',
    name: 'demo',
    inbound_addresses: ['127.0.0.1', '::1'],
    outbound_uri: 'sip:127.0.0.1:5080',
    outbound_numbers: ['^(0\\d{9,11}|1\\d{10})$'],
    max_calls: 400,
    max_calls_per_second: 100,
  });
  const target: RouteTarget = { kind: 'toFlow', flowId };
  await trx('access_codes').insert({ number: '12320', name: '热线', target: JSON.stringify(target) });
}

async function addPeople(trx: Knex, secrets: Secrets): Promise<DemoCredentials> {
  const agents: Credentials[] = [];
  for (const [extension, skills] of Object.entries(AGENT_SKILLS)) {
    agents.push(await addPerson(trx, agent(extension, skills), secrets));
  }
  const supervisor = await addPerson(
    trx,
    {
      ...{ extension: SUPERVISOR, username: `super${SUPERVISOR}`, displayName: `班长 ${SUPERVISOR}`, role: 'supervisor', groups: [GROUP] },
      ...{ skills: [], takesCalls: false },
    },
    secrets,
  );
  const admin = { username: 'admin', password: secrets.randomSecret() };
  await addUser(trx, { ...admin, displayName: '管理员', role: 'admin' }, secrets.hashPassword);
  return { admin, agents, supervisor };
}

function agent(extension: string, skills: string[]): NewPerson {
  const names = { username: `agent${extension}`, displayName: `坐席 ${extension}` };
  return { extension, ...names, role: 'agent', groups: [GROUP], skills, takesCalls: true };
}

/**
 * Adds agents with consecutive extensions, all or none.
 * @throws DomainError not-found for an unknown skill, conflict naming the first extension or user that exists, bad-request for a wrong count
 */
export async function addDemoAgents(
  knex: Knex,
  options: Secrets & { count: number; from?: string | number; skill?: string },
): Promise<Credentials[]> {
  const first = Number(options.from ?? 2001);
  const skill = options.skill ?? 'consult';
  if (!Number.isInteger(options.count) || options.count < 1 || options.count > 10_000) {
    throw new DomainError('bad-request', 'count must be a whole number from 1 to 10000', { field: 'count' });
  }
  if (!Number.isInteger(first) || first < 1) throw new DomainError('bad-request', 'from must be an extension number', { field: 'from' });
  const wanted = Array.from({ length: options.count }, (_, i) => String(first + i));
  return knex.transaction(async (trx) => {
    if (!(await trx('skills').where({ id: skill }).first())) throw new DomainError('not-found', `there is no skill ${skill}`, { skill });
    const people = wanted.map((extension) => agent(extension, [skill]));
    await refuseExisting(trx, people);
    const added: Credentials[] = [];
    for (const person of people) added.push(await addPerson(trx, person, options));
    return added;
  });
}

/** The content of `first-run.json`; the caller writes it with mode 0600. */
export function firstRunDocument(credentials: DemoCredentials, http: string): DemoCredentials & { http: string } {
  return { http, admin: credentials.admin, agents: credentials.agents, supervisor: credentials.supervisor };
}
