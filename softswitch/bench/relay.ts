import { fork } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Logger, silentLogger } from '@yixian/contracts';
import { createMediaEngine, type MediaEngine, type MediaRecording, type MediaSession } from '../src/media/index.js';
import type { LoadResult } from './rtp-load.js';

// Cost and quality of bridged calls through the media engine: `node dist/bench/relay.js [--calls 100] [--seconds 10] [--no-record] [--no-native]`.
// Prints a table and, with --json, one line of JSON. Loopback only; ends by itself.

const { values } = parseArgs({
  allowNegative: true,
  options: {
    calls: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '10' },
    record: { type: 'boolean', default: true },
    native: { type: 'boolean', default: true },
    json: { type: 'boolean', default: false },
  },
});
const calls = Number(values.calls);
const seconds = Number(values.seconds);
if (!Number.isInteger(calls) || calls < 1 || calls > 400) throw new Error('--calls: 1 to 400');
if (!(seconds >= 3 && seconds <= 300)) throw new Error('--seconds: 3 to 300');

const logger: Logger = {
  ...silentLogger,
  warn: (facts, message) => console.error(message, facts),
  error: (facts, message) => console.error(message, facts),
};

/** Resident memory and CPU seconds of this process, all threads. */
async function usage(): Promise<{ rssMb: number; cpu: number }> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const rssKb = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? process.memoryUsage.rss() / 1024);
  const { user, system } = process.cpuUsage();
  return { rssMb: rssKb / 1024, cpu: (user + system) / 1e6 };
}

async function setUp(
  engine: MediaEngine,
  ports: number[],
  folder: string,
): Promise<{ sessions: MediaSession[]; recordings: MediaRecording[] }> {
  const sessions: MediaSession[] = [];
  const recordings: MediaRecording[] = [];
  for (const port of ports) {
    const session = await engine.open('127.0.0.1', { onDigit: () => undefined, onMediaTimeout: () => undefined });
    session.configure({
      remote: { address: '127.0.0.1', rtpPort: port, rtcpPort: 0 },
      codec: 'PCMA',
      payloadType: 8,
      telephoneEventSend: 101,
      telephoneEventReceive: 101,
      direction: 'sendrecv',
      ptimeMs: 20,
    });
    sessions.push(session);
  }
  for (let i = 0; i + 1 < sessions.length; i += 2) {
    const [left, right] = [sessions[i] as MediaSession, sessions[i + 1] as MediaSession];
    engine.route(
      new Map([
        [left, [right]],
        [right, [left]],
      ]),
    );
    if (values.record) recordings.push(await engine.record({ file: join(folder, `${i}.wav`), channels: 2, left, right }));
  }
  return { sessions, recordings };
}

const folder = await mkdtemp(join(tmpdir(), 'yixian-bench-'));
const engine = createMediaEngine({ rtpPorts: { min: 20000, max: 29999 }, nativeSockets: values.native, logger });
const load = fork(new URL('./rtp-load.js', import.meta.url));
type Answer = { ports: number[] } | { load: LoadResult };
const answer = (): Promise<Answer> =>
  new Promise((resolve, reject) => {
    load.once('message', (message) => resolve(message as Answer));
    load.once('exit', (code) => reject(new Error(`the load ended with code ${code}`)));
  });
try {
  await engine.start();
  const idle = await usage();
  const opened = answer();
  load.send({ open: calls * 2 });
  const { ports } = (await opened) as { ports: number[] };
  const { sessions, recordings } = await setUp(engine, ports, folder);
  const finished = answer();
  load.send({ targets: sessions.map((s) => s.rtpPort), seconds });
  // CPU between the second second and the last: compiled code, all phones talking.
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const from = { at: performance.now(), ...(await usage()) };
  await new Promise((resolve) => setTimeout(resolve, (seconds - 2) * 1000 - 300));
  const to = { at: performance.now(), ...(await usage()) };
  const { load: measured } = (await finished) as { load: LoadResult };
  for (const recording of recordings) recording.stop();
  const files = await Promise.all(recordings.map((r) => r.finished));
  const core = ((to.cpu - from.cpu) / ((to.at - from.at) / 1000)) * 100;
  const row = {
    calls,
    recorded: recordings.length,
    seconds,
    sent: measured.sent,
    lost: measured.lost,
    delayP50Ms: measured.delays.p50,
    delayP99Ms: measured.delays.p99,
    delayP999Ms: measured.delays.p999,
    delayMaxMs: measured.delays.max,
    corePercent: core,
    corePercentPerCall: core / calls,
    rssMb: to.rssMb,
    rssMbPerCall: (to.rssMb - idle.rssMb) / calls,
    recordingsFailed: files.filter((f) => f.reason === 'failed').length,
  };
  if (values.json) console.log(JSON.stringify(row));
  else console.table(Object.fromEntries(Object.entries(row).map(([name, value]) => [name, Number(value.toFixed(3))])));
} finally {
  load.kill();
  await engine.stop();
  await rm(folder, { recursive: true, force: true });
}
