import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createClient } from '@redis/client';
import type { Logger } from '@yixian/contracts';
import { connect, startEmbeddedPostgres } from '@yixian/db';
import type { Config } from './config.js';
import { startPrivateRedis } from './private-redis.js';
import { readRunFile } from './run-file.js';

export type Database = ReturnType<typeof connect>;
export type Redis = ReturnType<typeof createClient>;

const CONNECT_DEADLINE_MS = 10_000;
const CLOSE_DEADLINE_MS = 2_000;
const CLUSTER_CONNECT_MS = 1_000;
/** A server that says nothing for so long is given up; something is asked of it all the time. */
const CLUSTER_SILENCE_MS = 2_000;
const CLUSTER_RECONNECT_MS = 200;

/** Makes the data folder. Traversable by others, because PostgreSQL runs as another user when we are root; secrets in it are 0600. */
export function prepareDataDir(dataDir: string): void {
  const probe = path.join(dataDir, `.write-${process.pid}`);
  try {
    if (!existsSync(dataDir)) mkdirSync(dataDir, { recursive: true, mode: 0o755 });
    // permissions alone do not tell: the disk may be read-only or full, and root may do everything
    writeFileSync(probe, 'x');
  } catch (error) {
    throw new Error(`DATA_DIR ${dataDir} cannot be written: ${(error as Error).message}`);
  } finally {
    if (existsSync(probe)) rmSync(probe);
  }
}

export interface OpenDatabase {
  knex: Database;
  url: string;
  close(): Promise<void>;
}

/** DATABASE_URL, else the embedded PostgreSQL of a running Yixian, else one started here. Rejects in words an operator understands. */
export async function openDatabase(config: Config, logger: Logger): Promise<OpenDatabase> {
  const url = config.databaseUrl ?? readRunFile(config.dataDir)?.databaseUrl;
  const embedded = url ? undefined : await startEmbeddedPostgres({ dataDir: path.join(config.dataDir, 'postgres'), logger });
  const target = url ?? embedded?.url ?? '';
  const knex = connect({ url: target, logger });
  try {
    await knex.raw('select 1');
  } catch (error) {
    await knex.destroy();
    await embedded?.stop();
    throw new Error(
      `the database cannot be reached (${config.databaseUrl ? 'DATABASE_URL' : 'embedded PostgreSQL'}): ${(error as Error).message}`,
    );
  }
  return {
    knex,
    url: target,
    async close() {
      await knex.destroy();
      await embedded?.stop();
    },
  };
}

export interface OpenRedis {
  client: Redis;
  url: string;
  close(): Promise<void>;
}

/** REDIS_URL, else a private redis-server. */
export async function openRedis(config: Config, logger: Logger): Promise<OpenRedis> {
  const own = config.redisUrl ? undefined : await startPrivateRedis({ dataDir: config.dataDir, logger });
  const socket = { connectTimeout: CONNECT_DEADLINE_MS, reconnectStrategy: (attempt: number) => Math.min(50 * 2 ** attempt, 2000) };
  const client: Redis = own
    ? createClient({ socket: { ...socket, path: own.socketPath } })
    : createClient({ url: config.redisUrl, socket });
  let connected = false;
  let away = false;
  client.on('error', (error: Error) => {
    if (connected && !away) logger.error({ reason: error.message }, 'redis does not answer: trying again until it does');
    away = connected;
  });
  client.on('ready', () => {
    if (away) logger.warn({}, 'redis answers again');
    away = false;
  });
  const deadline = new Promise<never>((_, reject) => setTimeout(() => reject(new Error('no answer')), CONNECT_DEADLINE_MS).unref());
  try {
    await Promise.race([client.connect(), deadline, failOnFirstError(client)]);
    connected = true;
  } catch (error) {
    client.destroy();
    await own?.stop();
    throw new Error(`redis cannot be reached (${config.redisUrl ? 'REDIS_URL' : 'private redis-server'}): ${(error as Error).message}`);
  }
  return {
    client,
    url: own ? `unix://${own.socketPath}` : (config.redisUrl ?? ''),
    async close() {
      await closeWithin(client, CLOSE_DEADLINE_MS);
      await own?.stop();
    },
  };
}

/** A connection for what processes say to each other: while it is broken, commands fail at once and are tried again by who sent them. */
export function connectCluster(url: string): Redis {
  const socket = {
    connectTimeout: CLUSTER_CONNECT_MS,
    socketTimeout: CLUSTER_SILENCE_MS,
    reconnectStrategy: (attempt: number) => Math.min(20 * 2 ** attempt, CLUSTER_RECONNECT_MS),
  };
  return createClient({ url, socket, disableOfflineQueue: true });
}

/** `close()` waits for commands that a server which is gone will never answer. */
async function closeWithin(client: Redis, limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  try {
    await Promise.race([client.close(), late]);
  } finally {
    clearTimeout(timer);
    if (client.isOpen) client.destroy();
  }
}

/** While starting, the first refusal is the answer; later on the client reconnects by itself. */
function failOnFirstError(client: Redis): Promise<never> {
  return new Promise((_, reject) => client.once('error', reject));
}
