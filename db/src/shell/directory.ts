import type { AccessCode, AgentConfig, Clock, Directory, Extension, Logger, QueueConfig, Timer, Trunk } from '@yixian/contracts';
import { systemClock } from '@yixian/contracts';
import type { Knex } from 'knex';
import { listen } from './listen.js';

interface Snapshot {
  trunks: Map<string, Trunk>;
  extensions: Map<string, Extension>;
  accessCodes: Map<string, AccessCode>;
  queues: Map<string, QueueConfig>;
  agents: Map<string, AgentConfig>;
  flows: Map<string, { version: number; document: unknown }>;
}

export interface LiveDirectory extends Directory {
  /** Reads everything again now; rejects, keeping what was known, when the database is away. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

/**
 * The configuration in memory. It follows the database by itself (LISTEN): whoever writes, in whatever process, it is read again.
 * Reads are always of one whole state, never of half a change.
 */
export async function createDirectory(knex: Knex, logger: Logger, clock: Clock = systemClock()): Promise<LiveDirectory> {
  let current = await read(knex);
  const listeners = new Set<() => void>();
  const readNow = async (): Promise<void> => {
    const before = JSON.stringify(plain(current));
    const next = await read(knex);
    if (JSON.stringify(plain(next)) === before) return;
    current = next;
    for (const listener of listeners) tell(listener);
  };
  const tell = (listener: () => void): void => {
    try {
      listener();
    } catch (error) {
      logger.error({ err: error }, 'a listener of the directory failed');
    }
  };
  const { run: reload, idle } = coalesced(readNow);
  const background = retrying(reload, logger, clock);
  const subscription = listen({ knex, logger, clock, channel: 'yixian_directory', onNotify: background.run, onListening: background.run });

  return {
    trunks: () => [...current.trunks.values()],
    trunk: (id) => current.trunks.get(id),
    extension: (number) => current.extensions.get(number),
    extensions: () => [...current.extensions.values()],
    accessCode: (number) => current.accessCodes.get(number),
    queue: (id) => current.queues.get(id),
    queues: () => [...current.queues.values()],
    agent: (id) => current.agents.get(id),
    agents: () => [...current.agents.values()],
    flow: (id) => current.flows.get(id),
    flowIds: () => [...current.flows.keys()],
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    reload,
    async close() {
      listeners.clear();
      background.stop();
      await subscription.close();
      await idle();
    },
  };
}

/** One read at a time. One that has begun may have missed the newest change: whoever asks meanwhile shares one more. */
function coalesced(work: () => Promise<void>): { run(): Promise<void>; idle(): Promise<void> } {
  let current: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const settled = async (): Promise<void> => current?.catch(() => undefined);
  const run = (): Promise<void> => {
    if (current) {
      next ??= settled().then(() => {
        next = undefined;
        return run();
      });
      return next;
    }
    current = work().finally(() => {
      current = undefined;
    });
    return current;
  };
  // one that was asked for meanwhile begins when the present one ends, and has to be waited for too
  const idle = async (): Promise<void> => {
    while (current || next) await (next ?? current)?.catch(() => undefined);
  };
  return { run, idle };
}

/** Nobody waits for a reload that a notification asked for: it is tried until it works. */
function retrying(work: () => Promise<void>, logger: Logger, clock: Clock): { run(): void; stop(): void } {
  let timer: Timer | undefined;
  let stopped = false;
  const run = (): void => {
    timer?.cancel();
    timer = undefined;
    if (stopped) return;
    work().catch((error: Error) => {
      if (stopped) return;
      logger.warn({ err: error }, 'the directory could not be read again: keeping what is known');
      timer = clock.setTimer(1_000, run);
    });
  };
  return {
    run,
    stop() {
      stopped = true;
      timer?.cancel();
    },
  };
}

function plain(snapshot: Snapshot): unknown {
  return Object.values(snapshot).map((map: Map<string, unknown>) => [...map]);
}

function read(knex: Knex): Promise<Snapshot> {
  return knex.transaction(
    async (trx) => ({
      trunks: keyed(await trunks(trx), (t) => t.id),
      extensions: keyed(await extensions(trx), (e) => e.number),
      accessCodes: keyed(await accessCodes(trx), (a) => a.number),
      queues: keyed(await queues(trx), (q) => q.id),
      agents: keyed(await agents(trx), (a) => a.id),
      flows: await flows(trx),
    }),
    { isolationLevel: 'repeatable read', readOnly: true },
  );
}

function keyed<T>(rows: readonly T[], key: (row: T) => string): Map<string, T> {
  return new Map(rows.map((row) => [key(row), row]));
}

async function trunks(knex: Knex): Promise<Trunk[]> {
  return knex('trunks').orderBy('id').select({
    id: 'id',
    name: 'name',
    inboundAddresses: 'inbound_addresses',
    outboundUri: 'outbound_uri',
    outboundNumbers: 'outbound_numbers',
    outboundCallerId: 'outbound_caller_id',
    auth: 'auth',
    maxCalls: 'max_calls',
    maxCallsPerSecond: 'max_calls_per_second',
    enabled: 'enabled',
  });
}

async function extensions(knex: Knex): Promise<Extension[]> {
  return knex('extensions').orderBy('number').select({
    number: 'number',
    displayName: 'display_name',
    sipPassword: 'sip_password',
    outboundAllowed: 'outbound_allowed',
    enabled: 'enabled',
  });
}

async function accessCodes(knex: Knex): Promise<AccessCode[]> {
  return (await knex('access_codes').orderBy('number').select('number', 'name', 'target', 'enabled')) as AccessCode[];
}

const SKILLS_OF = (table: string, column: string, owner: string): string =>
  `coalesce((select array_agg(s.skill_id order by s.skill_id) from ${table} s where s.${column} = ${owner}.id), '{}')`;

async function queues(knex: Knex): Promise<QueueConfig[]> {
  return knex('queues')
    .orderBy('id')
    .select({
      id: 'id',
      name: 'name',
      requiredSkills: knex.raw(SKILLS_OF('queue_skills', 'queue_id', 'queues')),
      priority: 'priority',
      ringTimeoutMs: 'ring_timeout_ms',
      wrapUpMs: 'wrap_up_ms',
      maxWaitMs: 'max_wait_ms',
      maxLength: 'max_length',
      music: 'music',
      announceEveryMs: 'announce_every_ms',
      serviceLevelSeconds: 'service_level_seconds',
      record: 'record',
    });
}

async function agents(knex: Knex): Promise<AgentConfig[]> {
  return knex('agents')
    .orderBy('id')
    .select({
      id: 'id',
      userId: 'user_id',
      name: 'name',
      skills: knex.raw(SKILLS_OF('agent_skills', 'agent_id', 'agents')),
      groups: 'groups',
      enabled: 'enabled',
    });
}

async function flows(knex: Knex): Promise<Map<string, { version: number; document: unknown }>> {
  const rows = (await knex('flows')
    .join('flow_versions', (on) => on.on('flow_versions.flow_id', 'flows.id').andOn('flow_versions.version', 'flows.published_version'))
    .orderBy('flows.id')
    .select('flows.id', 'flow_versions.version', 'flow_versions.document')) as { id: string; version: number; document: unknown }[];
  return new Map(rows.map((row) => [row.id, { version: row.version, document: row.document }]));
}
