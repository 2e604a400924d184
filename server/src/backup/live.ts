import { createClient } from '@redis/client';
import { silentLogger } from '@yixian/contracts';
import type { Config } from '../config.js';
import { ACD_KEYS } from '../redis-keys.js';
import { readRunFile } from '../run-file.js';
import { openRedis, type Redis } from '../storage.js';

// What only Redis knows and a restored hotline has to know as after a restart: who waits to be called back and at which place,
// doors that were opened or closed by hand, in which state each agent was. Calls, and who talks in them, end with their process;
// a phone says anew where it is.

const LASTING = ['agents', 'callbacks', 'doors'] as const;
const OF_CALLS = ['calls', 'talks'] as const;

/** Name of the entry in the archive. */
export const LIVE_ENTRY = 'live.json';

/** Table → entry → its value, as it stands in Redis. */
export type LiveState = Partial<Record<(typeof LASTING)[number], Record<string, string>>>;

/** All of it at one moment. Rejects when Redis cannot be reached. */
export async function readLive(config: Config): Promise<LiveState> {
  return withRedis(config, async (redis) => {
    const multi = redis.multi();
    for (const table of LASTING) multi.hGetAll(ACD_KEYS + table);
    const tables = (await multi.exec()) as unknown as Record<string, string>[];
    return Object.fromEntries(LASTING.map((table, n) => [table, { ...tables[n] }]));
  });
}

const allKeys = [...LASTING, ...OF_CALLS].map((table) => ACD_KEYS + table);

/** Why nothing may be put into this Redis unless it is forced. */
export async function refusesLive(config: Config): Promise<string | undefined> {
  const there = await withRedis(config, (redis) => redis.exists(allKeys));
  return there > 0 ? 'Redis holds callbacks or states of agents of a hotline; with --force they are replaced' : undefined;
}

/** Puts it in the place of what is there. */
export async function writeLive(config: Config, live: LiveState): Promise<void> {
  await withRedis(config, async (redis) => {
    const multi = redis.multi().del(allKeys);
    for (const table of LASTING) {
      const entries = live[table] ?? {};
      if (Object.keys(entries).length > 0) multi.hSet(ACD_KEYS + table, entries);
    }
    await multi.exec();
  });
}

/** The Redis of the hotline that runs, else REDIS_URL or the private one of the data folder, started for as long. */
async function withRedis<T>(config: Config, work: (redis: Redis) => Promise<T>): Promise<T> {
  const socket = config.redisUrl ? undefined : readRunFile(config.dataDir)?.redisUrl.replace(/^unix:\/\//, '');
  if (socket) {
    const client: Redis = createClient({ socket: { path: socket, reconnectStrategy: false } });
    let failure: Error | undefined;
    client.on('error', (error: Error) => {
      failure = error;
    });
    try {
      await client.connect();
      return await work(client);
    } catch (error) {
      throw new Error(`the hotline's redis cannot be read: ${(failure ?? (error as Error)).message}`);
    } finally {
      if (client.isOpen) client.destroy();
    }
  }
  const redis = await openRedis(config, silentLogger);
  try {
    return await work(redis.client);
  } finally {
    await redis.close();
  }
}
