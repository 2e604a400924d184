import { type Clock, type Logger, silentLogger, systemClock } from '@yixian/contracts';
import type { Kept, StoreChange } from '../core/inputs.js';
import { TABLES, VALID } from './kept.js';
import { Memory } from './memory.js';
import { type AcdStore, notKept } from './store.js';

interface RedisBatch {
  hSet(key: string, fields: Record<string, string>): unknown;
  hDel(key: string, fields: string[]): unknown;
  exec(): Promise<unknown>;
}

/** What is needed of a connected node-redis client; its owner connects, listens to `error` and closes. */
export interface AcdRedisClient {
  /** For stores that several processes share. */
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
  hGetAll(key: string): Promise<Record<string, string>>;
  multi(): RedisBatch;
}

const RETRY_MS = 100;
const RETRY_MAX_MS = 2_000;

type Table = keyof Kept;
/** The newest value of each field that Redis does not know of yet; null removes the field. */
type Batch = Map<Table, Map<string, StoreChange['value']>>;

/**
 * Keeps each table in a hash of its own, `<prefix>agents`, `<prefix>calls` …, one JSON value a field.
 *
 * Each decision goes out in one MULTI at once when the line is free; what is decided while a MULTI is on its way is
 * gathered, the newest value of each field only, and goes with the next. So a kill loses at most what was decided within
 * one round trip to Redis, Redis never holds half a decision, and memory stays bounded while Redis is away. Where several
 * processes share it, a script does the same and refuses what comes from a leader of an older term.
 */
export function createRedisAcdStore(
  client: AcdRedisClient,
  keyPrefix: string,
  options: {
    logger?: Logger;
    clock?: Pick<Clock, 'setTimer'>;
    /** Several processes share it: what one writes who led before the last that has read is refused. */
    fenced?: boolean;
  } = {},
): AcdStore {
  const logger = options.logger ?? silentLogger;
  const clock = options.clock ?? systemClock({ unref: true });
  let waiting: Batch = new Map();
  /** A MULTI is on its way, or waits to be sent again. */
  let busy = false;
  let underWay = 0;
  let failures = 0;
  /** How many batches have gone out, and who waits for the one of which number. */
  let sent = 0;
  let flushed: { batch: number; resolve(): void; reject(error: Error): void }[] = [];
  /** Of this process when it last read. */
  let term = 0;
  let before = 0;
  const memory = options.fenced ? new Memory() : undefined;

  function settle(batch: number, kept: boolean): void {
    const done = flushed.filter((one) => one.batch <= batch);
    flushed = flushed.filter((one) => one.batch > batch);
    for (const { resolve, reject } of done)
      if (kept) resolve();
      else reject(notKept());
  }

  /** @returns whether it is kept */
  async function deliver(batch: Batch): Promise<boolean> {
    if (!options.fenced) {
      await transmit(client, keyPrefix, batch);
      return true;
    }
    const taken = Number(await client.eval(FENCED_WRITE, fencedWrite(keyPrefix, term, batch))) === 1;
    if (!taken) logger.warn({ term, changes: sizeOf(batch) }, 'acd store: another process decides by now; these changes are not kept');
    return taken;
  }

  function send(): void {
    const batch = waiting;
    underWay = sizeOf(batch);
    busy = underWay > 0;
    if (!busy) {
      settle(Number.POSITIVE_INFINITY, true);
      return;
    }
    waiting = new Map();
    sent += 1;
    const [of, number] = [term, sent];
    deliver(batch).then(
      (kept) => {
        settle(number, kept);
        if (failures > 0) logger.info({ after: failures }, 'acd store: Redis takes changes again');
        failures = 0;
        send();
      },
      (error: unknown) => retry(of === term ? batch : new Map(), error),
    );
  }

  function retry(batch: Batch, error: unknown): void {
    failures += 1;
    if (failures === 1) logger.error({ err: error }, 'acd store: Redis does not take changes; they are kept and sent again');
    waiting = merged(batch, waiting);
    underWay = 0;
    clock.setTimer(Math.min(RETRY_MAX_MS, RETRY_MS * 2 ** (failures - 1)), send);
  }

  return {
    async load(of = 0) {
      if (options.fenced) {
        // What was decided by an older term of this process is not this one's to write.
        if (of !== term) {
          waiting = new Map();
          settle(Number.POSITIVE_INFINITY, false);
        }
        term = of;
        before = Number(await client.eval(RAISE_TERM, { keys: [`${keyPrefix}term`], arguments: [String(of)] }));
        if (before > of) throw new Error(`acd store: a leader of term ${before} has read it already, this one is of term ${of}`);
      }
      const read = async (table: Table) => [table, parse(await client.hGetAll(`${keyPrefix}${table}`), VALID[table], logger)] as const;
      return Object.fromEntries(await Promise.all(TABLES.map(read))) as unknown as Kept;
    },
    write(changes) {
      memory?.take(changes);
      for (const { table, key, value } of changes) fieldsOf(waiting, table).set(key, value);
      if (!busy) send();
    },
    flush() {
      if (!busy) return Promise.resolve();
      // what is on its way may come back to be sent again: then it goes with the next
      const batch = sizeOf(waiting) > 0 ? sent + 1 : sent;
      return new Promise<void>((resolve, reject) => flushed.push({ batch, resolve, reject }));
    },
    pending: () => underWay + sizeOf(waiting),
    readBefore: () => before,
    ...(memory ? { memory } : {}),
  };
}

/** Whoever led before may not write any more. @returns the newest term so far, 0 when none is known */
const RAISE_TERM = `
local before = tonumber(redis.call('get', KEYS[1]) or '0')
if tonumber(ARGV[1]) > before then redis.call('set', KEYS[1], ARGV[1]) end
return before`;

/** ARGV: the term, then for each field the number of its hash, its name and its value, empty to remove it. */
const FENCED_WRITE = `
if tonumber(redis.call('get', KEYS[1]) or '0') > tonumber(ARGV[1]) then return 0 end
for n = 2, #ARGV, 3 do
  local key = KEYS[tonumber(ARGV[n])]
  if ARGV[n + 2] == '' then redis.call('hdel', key, ARGV[n + 1]) else redis.call('hset', key, ARGV[n + 1], ARGV[n + 2]) end
end
return 1`;

function fencedWrite(prefix: string, term: number, batch: Batch): { keys: string[]; arguments: string[] } {
  const keys = [`${prefix}term`, ...TABLES.map((table) => `${prefix}${table}`)];
  const changes: string[] = [];
  for (const [table, fields] of batch) {
    const hash = String(TABLES.indexOf(table) + 2);
    for (const [field, value] of fields) changes.push(hash, field, value === null ? '' : JSON.stringify(value));
  }
  return { keys, arguments: [String(term), ...changes] };
}

function fieldsOf(batch: Batch, table: Table) {
  const fields = batch.get(table) ?? new Map<string, StoreChange['value']>();
  batch.set(table, fields);
  return fields;
}

function sizeOf(batch: Batch): number {
  let size = 0;
  for (const fields of batch.values()) size += fields.size;
  return size;
}

async function transmit(client: AcdRedisClient, prefix: string, batch: Batch) {
  const multi = client.multi();
  for (const [table, fields] of batch) {
    const set: Record<string, string> = {};
    const gone: string[] = [];
    for (const [field, value] of fields) {
      if (value === null) gone.push(field);
      else set[field] = JSON.stringify(value);
    }
    if (Object.keys(set).length > 0) multi.hSet(`${prefix}${table}`, set);
    if (gone.length > 0) multi.hDel(`${prefix}${table}`, gone);
  }
  await multi.exec();
}

/** Older fields, over which newer ones win. */
function merged(older: Batch, newer: Batch): Batch {
  const all: Batch = new Map();
  for (const batch of [older, newer]) {
    for (const [table, fields] of batch) for (const [key, value] of fields) fieldsOf(all, table).set(key, value);
  }
  return all;
}

function parse(fields: Record<string, string>, valid: (value: unknown) => unknown, logger: Logger): unknown[] {
  const entries: unknown[] = [];
  for (const [field, text] of Object.entries(fields)) {
    const value = valid(parseJson(text));
    if (value) entries.push(value);
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
