import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Logger, silentLogger } from '@yixian/contracts';
import { createMediaEngine, type MediaEngine, type MediaRecording, type MediaSession } from '../src/media/index.js';
import type { LoadResult } from './rtp-load.js';

// Cost and steadiness of conferences through the media engine, everybody talking all the time:
// `node dist/bench/conference.js [--conferences 10] [--size 5] [--seconds 8] [--record] [--no-native]`. Loopback only; ends by itself.

const { values } = parseArgs({
  allowNegative: true,
  options: {
    conferences: { type: 'string', default: '10' },
    size: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '8' },
    record: { type: 'boolean', default: false },
    native: { type: 'boolean', default: true },
    json: { type: 'boolean', default: false },
  },
});
const [conferences, size, seconds] = [Number(values.conferences), Number(values.size), Number(values.seconds)];
if (!Number.isInteger(conferences) || conferences < 1 || !Number.isInteger(size) || size < 2 || conferences * size > 800) {
  throw new Error('--conferences and --size: 800 parties at most, 2 or more in a conference');
}
if (!(seconds >= 3 && seconds <= 300)) throw new Error('--seconds: 3 to 300');

const logger: Logger = {
  ...silentLogger,
  warn: (facts, message) => console.error(message, facts),
  error: (facts, message) => console.error(message, facts),
};

const cpuSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

async function seat(engine: MediaEngine, ports: readonly number[]): Promise<MediaSession[]> {
  const sessions: MediaSession[] = [];
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
  for (let at = 0; at < sessions.length; at += size) {
    const members = sessions.slice(at, at + size);
    engine.route(new Map(members.map((member) => [member, members.filter((other) => other !== member)])));
  }
  return sessions;
}

async function record(engine: MediaEngine, sessions: readonly MediaSession[], folder: string): Promise<MediaRecording[]> {
  const recordings: MediaRecording[] = [];
  for (let at = 0; values.record && at < sessions.length; at += size) {
    const [left, ...right] = sessions.slice(at, at + size) as [MediaSession, ...MediaSession[]];
    const recording = await engine.record({ file: join(folder, `${at}.wav`), channels: 2, left });
    recording.setRight(right);
    recordings.push(recording);
  }
  return recordings;
}

const folder = await mkdtemp(join(tmpdir(), 'yixian-bench-'));
const engine = createMediaEngine({ rtpPorts: { min: 20000, max: 29999 }, nativeSockets: values.native, logger });
const load = fork(new URL('./rtp-load.js', import.meta.url));
const answer = <T>(): Promise<T> =>
  new Promise((resolve, reject) => {
    load.once('message', (message) => resolve(message as T));
    load.once('exit', (code) => reject(new Error(`the load ended with code ${code}`)));
  });
try {
  await engine.start();
  const opened = answer<{ ports: number[] }>();
  load.send({ open: conferences * size });
  const sessions = await seat(engine, (await opened).ports);
  const recordings = await record(engine, sessions, folder);
  const finished = answer<{ load: LoadResult }>();
  load.send({ targets: sessions.map((s) => s.rtpPort), seconds });
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const from = { at: performance.now(), cpu: cpuSeconds() };
  await new Promise((resolve) => setTimeout(resolve, (seconds - 2) * 1000 - 300));
  const to = { at: performance.now(), cpu: cpuSeconds() };
  const metrics = engine.metrics();
  const { load: measured } = await finished;
  for (const recording of recordings) recording.stop();
  await Promise.all(recordings.map((r) => r.finished));
  const core = ((to.cpu - from.cpu) / ((to.at - from.at) / 1000)) * 100;
  const row = {
    conferences,
    size,
    seconds,
    corePercent: core,
    corePercentPerParty: core / (conferences * size),
    packetsLeast: measured.heard.least,
    packetsMost: measured.heard.most,
    gapP50Ms: measured.gaps.p50,
    gapP99Ms: measured.gaps.p99,
    gapP999Ms: measured.gaps.p999,
    gapMaxMs: measured.gaps.max,
    late: metrics.media_mix_packets_late_total ?? 0,
    madeUp: metrics.media_mix_samples_made_up_total ?? 0,
    skipped: metrics.media_packets_skipped_total ?? 0,
    native: metrics.media_native_sockets ?? 0,
  };
  if (values.json) console.log(JSON.stringify(row));
  else console.table(Object.fromEntries(Object.entries(row).map(([name, value]) => [name, Number(value.toFixed(3))])));
} finally {
  load.kill();
  await engine.stop();
  await rm(folder, { recursive: true, force: true });
}
