import { randomUUID } from 'node:crypto';
import type { Clock, Logger } from '@yixian/contracts';
import Queue from 'bull';

// Background work that survives a restart: Bull over the hotline's Redis. One queue; each kind of work is a named job.

export interface Jobs {
  /** Work that comes round, and once at the start. Of several processes one does it at a time. */
  every(name: string, everyMs: number, run: () => Promise<unknown>): void;
  /** Work that is asked for with data, tried again with growing pauses until it succeeds or the tries are used up. */
  kind<T>(
    name: string,
    options: { attempts: number; firstRetryMs: number; atOnce: number },
    run: (data: T) => Promise<unknown>,
  ): (data: T) => void;
  start(): Promise<void>;
  close(): Promise<void>;
}

const QUEUE = 'jobs';
const PREFIX = 'yixian:jobs';
const CLOSE_DEADLINE_MS = 3_000;
const KEPT_FAILURES = 50;

/** Work whose process is silent for so long is given to another. */
const LOCK_MS = 30_000;
/** A process may die over a piece of work so often before that is taken for its fault. */
const MAX_STALLED = 10;

/** Of a lock that is held by its token. KEYS lock. ARGV token, milliseconds. */
const RENEW = `if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) end return 0`;
const RELEASE = `if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0`;

/** @param url of the Redis, `unix://path` for a socket */
export function createJobs({ url, clock, logger, lockMs = LOCK_MS }: { url: string; clock: Clock; logger: Logger; lockMs?: number }): Jobs {
  const queue = new Queue(QUEUE, {
    prefix: PREFIX,
    redis: { ...redisOptions(url), retryStrategy: (times: number) => Math.min(50 * 2 ** times, 2_000) },
    // Also work that redis had given out when it died is found by the look for what has stalled.
    settings: { lockDuration: lockMs, stalledInterval: lockMs, maxStalledCount: MAX_STALLED, guardInterval: Math.min(lockMs, 5_000) },
    defaultJobOptions: { removeOnComplete: true, removeOnFail: KEPT_FAILURES },
  });
  hearNaming(queue);
  const alone = oneAtATime(queue, { clock, logger, lockMs });
  const rounds: { name: string; everyMs: number }[] = [];
  let away = false;
  let closing = false;
  queue.on('error', (error) => {
    // Every connection says so at every try: once is enough.
    if (!away) logger.warn({ reason: error.message }, 'background work waits for redis');
    away = true;
  });
  queue.on('active', () => {
    away = false;
  });
  queue.on('failed', (job, error) => {
    const last = job.attemptsMade >= (job.opts.attempts ?? 1);
    logger[last ? 'error' : 'warn'](
      { err: error, job: job.name, attempt: job.attemptsMade },
      last ? 'background work failed' : 'background work is tried again',
    );
  });

  const process = (name: string, atOnce: number, run: (data: never) => Promise<unknown>): void => {
    // The promise is that of the worker's whole life; why a job failed is told by the event.
    queue
      .process(name, atOnce, async (job) => {
        await run(job.data as never);
      })
      .catch((error: unknown) => {
        if (!closing) logger.error({ err: error, job: name }, 'background work has ended');
      });
  };
  return {
    every(name, everyMs, run) {
      rounds.push({ name, everyMs });
      process(name, 1, () => alone(name, run));
    },
    kind(name, { attempts, firstRetryMs, atOnce }, run) {
      process(name, atOnce, run);
      return (data) => {
        queue.add(name, data, { attempts, backoff: { type: 'exponential', delay: firstRetryMs } }).catch((error: unknown) => {
          logger.error({ err: error, job: name }, 'background work could not be put down');
        });
      };
    },
    async start() {
      const wanted = new Map(rounds.map(({ name, everyMs }) => [name, everyMs]));
      for (const { key, name, every } of await queue.getRepeatableJobs()) {
        if (wanted.get(name) !== Number(every)) await queue.removeRepeatableByKey(key);
      }
      for (const { name, everyMs } of rounds) {
        await queue.add(name, {}, { repeat: { every: everyMs } });
        await queue.add(name, {});
      }
    },
    async close() {
      closing = true;
      // Without a Redis the worker's last words wait for ever.
      await new Promise<void>((resolve) => {
        const late = clock.setTimer(CLOSE_DEADLINE_MS, resolve);
        const done = (): void => {
          late.cancel();
          resolve();
        };
        queue.close().then(done, done);
      });
      // One that has ended must not be told again: its driver would wait for its end, and the process with it, for two seconds.
      for (const client of queue.clients) if (client.status !== 'end') client.disconnect();
    },
  };
}

/** Runs what comes round one at a time over all processes: while another is at it there is nothing to do. */
function oneAtATime(queue: Queue.Queue, { clock, logger, lockMs }: { clock: Clock; logger: Logger; lockMs: number }) {
  // Shorter than a job's lock: when the process dies, whoever is given its round finds nobody at it.
  const heldMs = Math.ceil(lockMs / 3);
  return async (name: string, run: () => Promise<unknown>): Promise<void> => {
    const key = `${PREFIX}:running:${name}`;
    const token = randomUUID();
    if ((await queue.client.set(key, token, 'PX', heldMs, 'NX')) !== 'OK') {
      logger.debug({ job: name }, 'background work is under way already');
      return;
    }
    let timer = clock.setTimer(heldMs / 3, renew);
    function renew(): void {
      queue.client.eval(RENEW, 1, key, token, heldMs).catch(() => undefined);
      timer = clock.setTimer(heldMs / 3, renew);
    }
    try {
      await run();
    } finally {
      timer.cancel();
      await queue.client.eval(RELEASE, 1, key, token).catch(() => undefined);
    }
  };
}

/** Bull names its connection without hearing whether that fails, as it does when the queue is closed while it connects; that must end nothing. */
function hearNaming(queue: Queue.Queue): void {
  const inner = queue as unknown as { setWorkerName(): Promise<void> };
  const setWorkerName = inner.setWorkerName.bind(queue);
  inner.setWorkerName = () => setWorkerName().catch(() => undefined);
}

function redisOptions(
  url: string,
): { path: string } | { host: string; port: number; db: number; username?: string; password?: string; tls?: object } {
  if (url.startsWith('unix://')) return { path: url.slice('unix://'.length) };
  const { protocol, hostname, port, pathname, username, password } = new URL(url);
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port) || 6379,
    db: Number(pathname.slice(1)) || 0,
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' ? { tls: {} } : {}),
  };
}
