import { type Clock, type Logger, silentLogger, systemClock } from '@yixian/contracts';
import type { StoreChange, StoredAgent, StoredCall } from '../core/types.js';
import type { AcdStore } from './store.js';

interface RedisBatch {
  hSet(key: string, fields: Record<string, string>): unknown;
  hDel(key: string, fields: string[]): unknown;
  exec(): Promise<unknown>;
}

/** What is needed of a connected node-redis client; its owner connects, listens to `error` and closes. */
export interface AcdRedisClient {
  hGetAll(key: string): Promise<Record<string, string>>;
  multi(): RedisBatch;
}

const RETRY_MS = 100;
const RETRY_MAX_MS = 2_000;

/** The newest value of each field that Redis does not know of yet; null removes the field. */
type Fields = Map<string, string | null>;

/**
 * Keeps agents and waiting calls in two hashes, `<prefix>agents` and `<prefix>calls`, one JSON value a field.
 *
 * Each decision goes out in one MULTI at once when the line is free; what is decided while a MULTI is on its way is
 * gathered, the newest value of each field only, and goes with the next. So a kill loses at most what was decided within
 * one round trip to Redis, Redis never holds half a decision, and memory stays bounded while Redis is away.
 */
export function createRedisAcdStore(
  client: AcdRedisClient,
  keyPrefix: string,
  options: { logger?: Logger; clock?: Pick<Clock, 'setTimer'> } = {},
): AcdStore {
  const logger = options.logger ?? silentLogger;
  const clock = options.clock ?? systemClock({ unref: true });
  const keys = { agents: `${keyPrefix}agents`, calls: `${keyPrefix}calls` };
  let waiting = { agents: new Map() as Fields, calls: new Map() as Fields };
  /** A MULTI is on its way, or waits to be sent again. */
  let busy = false;
  let underWay = 0;
  let failures = 0;
  let idle: Array<() => void> = [];

  function send(): void {
    const batch = waiting;
    underWay = batch.agents.size + batch.calls.size;
    busy = underWay > 0;
    if (!busy) {
      for (const resolve of idle) resolve();
      idle = [];
      return;
    }
    waiting = { agents: new Map(), calls: new Map() };
    transmit(client, keys, batch).then(
      () => {
        if (failures > 0) logger.info({ after: failures }, 'acd store: Redis takes changes again');
        failures = 0;
        send();
      },
      (error: unknown) => retry(batch, error),
    );
  }

  function retry(batch: typeof waiting, error: unknown): void {
    failures += 1;
    if (failures === 1) logger.error({ err: error }, 'acd store: Redis does not take changes; they are kept and sent again');
    waiting = { agents: merged(batch.agents, waiting.agents), calls: merged(batch.calls, waiting.calls) };
    underWay = 0;
    clock.setTimer(Math.min(RETRY_MAX_MS, RETRY_MS * 2 ** (failures - 1)), send);
  }

  return {
    async load() {
      const [agents, calls] = await Promise.all([client.hGetAll(keys.agents), client.hGetAll(keys.calls)]);
      return { agents: parse<StoredAgent>(agents, isAgent, logger), calls: parse<StoredCall>(calls, isCall, logger) };
    },
    write(changes) {
      for (const change of changes) note(waiting, change);
      if (!busy) send();
    },
    flush: () => (busy ? new Promise<void>((resolve) => idle.push(resolve)) : Promise.resolve()),
    pending: () => underWay + waiting.agents.size + waiting.calls.size,
  };
}

function note(fields: { agents: Fields; calls: Fields }, change: StoreChange): void {
  switch (change.type) {
    case 'agent':
      fields.agents.set(change.agent.agentId, JSON.stringify(change.agent));
      return;
    case 'agent-gone':
      fields.agents.set(change.agentId, null);
      return;
    case 'call':
      fields.calls.set(change.call.callId, JSON.stringify(change.call));
      return;
    case 'call-gone':
      fields.calls.set(change.callId, null);
      return;
    default:
      change satisfies never;
  }
}

async function transmit(client: AcdRedisClient, keys: { agents: string; calls: string }, batch: { agents: Fields; calls: Fields }) {
  const multi = client.multi();
  for (const table of ['agents', 'calls'] as const) {
    const set: Record<string, string> = {};
    const gone: string[] = [];
    for (const [field, value] of batch[table]) {
      if (value === null) gone.push(field);
      else set[field] = value;
    }
    if (Object.keys(set).length > 0) multi.hSet(keys[table], set);
    if (gone.length > 0) multi.hDel(keys[table], gone);
  }
  await multi.exec();
}

/** Older fields, over which newer ones win. */
function merged(older: Fields, newer: Fields): Fields {
  return new Map([...older, ...newer]);
}

function parse<T>(fields: Record<string, string>, valid: (value: unknown) => value is T, logger: Logger): T[] {
  const entries: T[] = [];
  for (const [field, text] of Object.entries(fields)) {
    const value = parseJson(text);
    if (valid(value)) entries.push(value);
    else logger.error({ field, text: text.slice(0, 200) }, 'acd store: unreadable entry left out');
  }
  return entries;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const STATES: unknown[] = ['offline', 'not-ready', 'ready', 'ringing', 'on-call', 'wrap-up'];
const WISHES: unknown[] = ['ready', 'not-ready', 'offline'];

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isAgent(value: unknown): value is StoredAgent {
  if (!isObject(value) || !isObject(value.wish) || !isObject(value.seat)) return false;
  return (
    typeof value.agentId === 'string' &&
    STATES.includes(value.state) &&
    WISHES.includes(value.wish.state) &&
    typeof value.since === 'number' &&
    (value.wrapUpUntil === null || typeof value.wrapUpUntil === 'number')
  );
}

function isCall(value: unknown): value is StoredCall {
  return isObject(value) && typeof value.callId === 'string' && typeof value.queueId === 'string' && typeof value.order === 'number';
}
