import { randomBytes } from 'node:crypto';
import { createHistogram, performance } from 'node:perf_hooks';
import { parentPort, workerData } from 'node:worker_threads';
import { type Paced, Pacer } from '../core/pacer.js';
import { type MediaEnvironment, newCounters } from './environment.js';
import { loadLibc } from './libc.js';
import { MediaCore } from './media-core.js';
import { mediaMetrics } from './media-metrics.js';
import { NativeUdp, tryNative } from './native-udp.js';
import { raisePriority } from './priority.js';
import type { Command, NativeSockets, Notice, WorkerSettings } from './protocol.js';
import { type OpenUdp, openDgram } from './udp.js';

// Entry of the media thread: clocks, timers and the channel to the signalling thread.

/** Recordings are looked after in small steps: what they write together would hold packets up. */
const STEP_MS = 20;
const LEGS_EVERY = 5;
const METRICS_EVERY = 50;
/** Descriptors that are looked after beyond the thread's end. */
const MAX_DESCRIPTORS = 65_536;
/** After a command the event loop is given turns: files are opened, prompts read. */
const EAGER_MS = 50;
/** Otherwise files and reports wait so long for packets that keep coming. */
const TURN_MS = 4;

const port = parentPort;
if (!port) throw new Error('the media worker runs as a worker thread only');

const notify = (notice: Notice): void => port.postMessage(notice);

const pacer = new Pacer();
let pacing: NodeJS.Timeout | undefined;
let pacedFor = Number.POSITIVE_INFINITY;

function arm(): void {
  const due = pacer.nextDue() ?? Number.POSITIVE_INFINITY;
  if (due === pacedFor) return;
  clearTimeout(pacing);
  pacedFor = due;
  pacing = due === Number.POSITIVE_INFINITY ? undefined : setTimeout(runPacer, Math.max(0, due - performance.now()));
}

function runPacer(): void {
  pacedFor = Number.POSITIVE_INFINITY;
  pacer.run(performance.now());
  arm();
}

const counters = newCounters();
const random = new Uint32Array(256);
let drawn = random.length;

let nextStepAt = performance.now() + STEP_MS;
let eagerUntil = 0;

/** Until the pacer or the housekeeping is due; whatever else there is comes as a packet or wakes the thread. */
function idleMs(): number {
  const now = performance.now();
  const idle = Math.min(Math.ceil(Math.min(pacedFor, nextStepAt) - now), STEP_MS);
  return Math.max(0, now < eagerUntil ? Math.min(idle, 1) : idle);
}

const turnMs = (): number => (performance.now() < eagerUntil ? 0 : TURN_MS);

/** One call's fault is not the others' end: it is told and the packets go on. */
function fault(error: unknown): void {
  counters.faults++;
  const stack = error instanceof Error ? error.stack : String(error);
  notify({ is: 'log', level: 'error', facts: { stack }, message: 'fault in the media thread' });
}

/** Without packets this thread is of no use: it ends, its calls are told so, and a new one serves the next. */
function broken(error: unknown): void {
  fault(error);
  setImmediate(() => process.exit(1));
}

/** The system's own calls where they can be reached, else Node's sockets, which cost half as much again. */
async function openNative(): Promise<{ openRtp: OpenUdp; native: NativeSockets | undefined }> {
  const open = new Uint8Array(new SharedArrayBuffer(MAX_DESCRIPTORS));
  try {
    if (!settings.nativeSockets) throw new Error('as configured');
    const udp = new NativeUdp({ libc: await loadLibc(), now: () => performance.now(), idleMs, turnMs, open, fault, broken });
    await tryNative(udp);
    return { openRtp: udp.openUdp, native: { wakeFd: udp.wakeFd, open } };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    notify({ is: 'log', level: 'info', facts: { reason }, message: 'RTP goes through Node’s sockets' });
    return { openRtp: openDgram, native: undefined };
  }
}

const settings = workerData as WorkerSettings;
const { openRtp, native } = await openNative();

const env: MediaEnvironment = {
  now: () => performance.now(),
  wallClock: () => Date.now(),
  random32: () => {
    if (drawn >= random.length) {
      random.set(new Uint32Array(Uint8Array.from(randomBytes(random.byteLength)).buffer));
      drawn = 0;
    }
    return random[drawn++] as number;
  },
  pacing: {
    pacer,
    start: (paced: Paced) => {
      pacer.add(paced, performance.now());
      arm();
    },
    stop: (paced: Paced) => {
      pacer.remove(paced);
      arm();
    },
  },
  openRtp,
  notify,
  counters,
};

const core = new MediaCore(settings, env);
/** How late each step came, nanoseconds. */
const delay = createHistogram();
let steps = 0;

const housekeeping = setInterval(() => {
  const now = performance.now();
  delay.record(Math.max(1, Math.round((now - nextStepAt) * 1e6)));
  nextStepAt = now + STEP_MS;
  core.keepRecordings(now);
  if (++steps % LEGS_EVERY === 0) core.keepLegs(now);
  if (steps % METRICS_EVERY !== 0) return;
  notify({ is: 'metrics', values: mediaMetrics(counters, core, pacer, delay) });
  delay.reset();
}, STEP_MS);

async function stop(): Promise<void> {
  await core.stop();
  clearInterval(housekeeping);
  clearTimeout(pacing);
  notify({ is: 'stopped' });
  port?.close();
}

port.on('message', (command: Command) => {
  eagerUntil = performance.now() + EAGER_MS;
  if (command.do === 'stop') void stop();
  else core.carryOut(command);
});

process.on('uncaughtException', fault);

raisePriority(settings.priority, (priority, reason) =>
  notify({ is: 'log', level: 'info', facts: { priority, reason }, message: 'priority of the media thread' }),
);
notify({ is: 'ready', native });
