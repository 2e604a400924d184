import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { silentLogger, systemClock, VOICEMAIL_DEFAULTS } from '@yixian/contracts';
import { createJobs, type Jobs } from '../src/jobs.js';
import { startPrivateRedis } from '../src/private-redis.js';
import { postMessageLeft } from '../src/voicemail-notice.js';

/** Resolves when told so often. */
function counter(): { count: number; told(): void; until(count: number): Promise<void> } {
  const waiting: { count: number; resolve(): void }[] = [];
  const it = {
    count: 0,
    told() {
      it.count += 1;
      for (const one of waiting) if (it.count >= one.count) one.resolve();
    },
    async until(count: number): Promise<void> {
      if (it.count >= count) return;
      await new Promise<void>((resolve, reject) => {
        const late = setTimeout(() => reject(new Error(`${it.count} of ${count} within 15 s`)), 15_000);
        const come = (): void => {
          clearTimeout(late);
          resolve();
        };
        waiting.push({ count, resolve: come });
      });
    },
  };
  return it;
}

describe('background work', function () {
  this.timeout(40_000);
  let dataDir: string;
  let redis: Awaited<ReturnType<typeof startPrivateRedis>>;
  let open: Jobs[];

  beforeEach(async () => {
    dataDir = mkdtempSync(path.join(tmpdir(), 'yixian-jobs-'));
    redis = await startPrivateRedis({ dataDir, logger: silentLogger });
    open = [];
  });
  afterEach(async () => {
    await Promise.all(open.map((jobs) => jobs.close()));
    await redis.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const create = (): Jobs => {
    const jobs = createJobs({ url: `unix://${redis.socketPath}`, clock: systemClock(), logger: silentLogger, lockMs: 2_000 });
    open.push(jobs);
    return jobs;
  };

  it('comes round by itself, and once at the start', async () => {
    const runs = counter();
    const jobs = create();
    jobs.every('round', 500, async () => runs.told());
    await jobs.start();
    await runs.until(3);
  });

  it('of two processes one does each round', async () => {
    const runs = counter();
    const began = performance.now();
    for (const jobs of [create(), create()]) {
      jobs.every('round', 400, async () => runs.told());
      await jobs.start();
    }
    await runs.until(6);
    // At most two at the start; the other four come round one by one.
    const took = performance.now() - began;
    assert.ok(took > 1_100, `six runs within ${took} ms`);
  });

  it('is tried again until it succeeds, with the data it was given', async () => {
    const done = counter();
    const seen: number[] = [];
    const jobs = create();
    const ask = jobs.kind<{ n: number }>('work', { attempts: 3, firstRetryMs: 20, atOnce: 1 }, async ({ n }) => {
      seen.push(n);
      if (seen.length < 3) throw new Error('not yet');
      done.told();
    });
    await jobs.start();
    ask({ n: 7 });
    await done.until(1);
    assert.deepEqual(seen, [7, 7, 7]);
  });

  it('survives the end of the process: the next one does what was put down', async () => {
    const first = create();
    const failed = counter();
    const ask = first.kind('work', { attempts: 5, firstRetryMs: 1_500, atOnce: 1 }, async () => {
      failed.told();
      throw new Error('the other side is away');
    });
    await first.start();
    ask({ n: 1 });
    await failed.until(1);
    await first.close();
    const done = counter();
    const next = create();
    next.kind('work', { attempts: 5, firstRetryMs: 20, atOnce: 1 }, async () => done.told());
    await next.start();
    await done.until(1);
  });

  it('goes on when redis is killed and comes back: rounds, and what was put down meanwhile', async () => {
    const [rounds, done] = [counter(), counter()];
    const jobs = create();
    jobs.every('round', 500, async () => rounds.told());
    const ask = jobs.kind('work', { attempts: 3, firstRetryMs: 100, atOnce: 1 }, async () => done.told());
    await jobs.start();
    await rounds.until(2);
    process.kill(Number(readFileSync(path.join(dataDir, 'redis', 'redis.pid'), 'utf8')), 'SIGKILL');
    ask({});
    await done.until(1);
    const before = rounds.count;
    await rounds.until(before + 2);
  });

  it('closed at any moment of its start, leaves no promise that fails unheard', async () => {
    const unheard: unknown[] = [];
    const hear = (reason: unknown): void => void unheard.push(reason);
    // mocha's own listener would make the first of them a failure of whatever test runs just then
    const others = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection').on('unhandledRejection', hear);
    try {
      for (let turns = 0; turns < 40; turns += 1) {
        const jobs = create();
        jobs.every('sweep', 60_000, async () => undefined);
        const started = jobs.start().catch(() => undefined);
        for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
        await jobs.close();
        await started;
      }
    } finally {
      process.off('unhandledRejection', hear);
      for (const other of others) process.on('unhandledRejection', other);
    }
    assert.deepEqual(unheard, []);
  });

  it('closed, leaves no timer that would keep the process', async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    await new Promise((resolve) => setImmediate(resolve)); // mocha's own begins when the test first waits
    const before = timers();
    const runs = counter();
    const jobs = create();
    jobs.every('round', 60_000, async () => runs.told());
    await jobs.start();
    await runs.until(1);
    await jobs.close();
    // a connection that was in the middle of a blocking read is let go by its driver a moment later
    for (let turn = 0; timers() > before && turn < 50; turn += 1) await new Promise((resolve) => setTimeout(resolve, 10));
    assert.ok(timers() <= before, process.getActiveResourcesInfo().join(' '));
  });

  it('can be closed when redis is gone', async () => {
    const jobs = create();
    jobs.every('round', 60_000, async () => undefined);
    await jobs.start();
    await redis.stop();
    const began = Date.now();
    await jobs.close();
    assert.ok(Date.now() - began < 10_000);
  });
});

describe('the notice of a message', () => {
  let server: Server;
  let url: string;
  let answer: (request: IncomingMessage, body: string) => number;

  beforeEach(async () => {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on('end', () => {
        const status = answer(request, body);
        response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {});
        response.end('{}');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/messages`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const message = { ...VOICEMAIL_DEFAULTS, id: 'vm-1', callId: 'c', box: 'main', caller: '021', leftAt: 0, durationMs: 4_200, file: 'f' };

  it('is a POST of box, message, caller, time and length', async () => {
    const seen: unknown[] = [];
    answer = (request, body) => {
      seen.push(request.method, request.url, request.headers['content-type'], JSON.parse(body));
      return 204;
    };
    await postMessageLeft(url, message);
    const body = { box: 'main', voicemailId: 'vm-1', caller: '021', leftAt: '1970-01-01T00:00:00.000Z', durationSeconds: 4.2 };
    assert.deepEqual(seen, ['POST', '/messages', 'application/json', body]);
  });

  it('is no success unless the answer is 2xx, and follows no redirect', async () => {
    let asked = 0;
    for (const status of [500, 404, 302]) {
      answer = () => {
        asked += 1;
        return status;
      };
      await assert.rejects(postMessageLeft(url, message));
    }
    assert.equal(asked, 3);
    server.close();
    server.closeAllConnections();
    await assert.rejects(postMessageLeft(url, message));
  });
});
