import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createClient } from '@redis/client';
import { type NodeView, silentLogger, systemClock } from '@yixian/contracts';
import { joinCluster, type RedisCluster } from '../../src/cluster/redis-cluster.js';
import { openWire } from '../../src/cluster/wire.js';
import { startPrivateRedis } from '../../src/private-redis.js';

export const clock = systemClock();

export function viewOf(node: string): NodeView {
  return { node, incarnation: randomUUID(), state: 'up', sip: null, http: '', version: 'test', startedAt: clock.now() };
}

export async function openTestWire(socketPath: string) {
  const socket = { path: socketPath, socketTimeout: 2_000, reconnectStrategy: (attempt: number) => Math.min(20 * 2 ** attempt, 200) };
  return openWire(() => createClient({ socket, disableOfflineQueue: true }) as never, silentLogger);
}

/** A process on that Redis, for a test in a process of its own. */
export async function joinTo(socketPath: string, node: string): Promise<{ cluster: RedisCluster }> {
  const cluster = await joinCluster({ wire: await openTestWire(socketPath), clock, logger: silentLogger, self: viewOf(node) });
  cluster.composed();
  return { cluster };
}

/** A Redis of its own with processes on it, in this one process. */
export async function startBench() {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'yixian-kernel-'));
  let redis = await startPrivateRedis({ dataDir, logger: silentLogger });
  const closing: (() => Promise<unknown>)[] = [];
  return {
    socketPath: () => redis.socketPath,
    async join(node: string, options: { composed?: boolean } = {}): Promise<RedisCluster> {
      const wire = await openTestWire(redis.socketPath);
      const cluster = await joinCluster({ wire, clock, logger: silentLogger, self: viewOf(node) }).catch(async (error) => {
        await wire.close();
        throw error;
      });
      closing.push(async () => {
        await cluster.leave();
        await wire.close();
      });
      if (options.composed !== false) cluster.composed();
      return cluster;
    },
    async restartRedis(): Promise<void> {
      await redis.stop();
      redis = await startPrivateRedis({ dataDir, logger: silentLogger });
    },
    async close(): Promise<void> {
      await Promise.all(closing.map((close) => close()));
      await redis.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

export type Bench = Awaited<ReturnType<typeof startBench>>;

/** Waits for a condition that an event brings about; looks anew in short turns. */
export async function until(what: string, holds: () => boolean, deadlineMs = 30_000): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`${what}: not within ${deadlineMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
