import { randomBytes } from 'node:crypto';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { parentPort, workerData } from 'node:worker_threads';
import { type Paced, Pacer } from '../core/pacer.js';
import { type MediaEnvironment, newCounters } from './environment.js';
import { MediaCore } from './media-core.js';
import { mediaMetrics } from './media-metrics.js';
import { raisePriority } from './priority.js';
import type { Command, Notice, WorkerSettings } from './protocol.js';

// Entry of the media thread: clocks, timers and the channel to the signalling thread.

/** Recordings are looked after in small steps: what they write together would hold packets up. */
const STEP_MS = 20;
const LEGS_EVERY = 5;
const METRICS_EVERY = 50;

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
  notify,
  counters,
};

const settings = workerData as WorkerSettings;
const core = new MediaCore(settings, env);
const delay = monitorEventLoopDelay({ resolution: 20 });
delay.enable();
let steps = 0;

const housekeeping = setInterval(() => {
  const now = performance.now();
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
  delay.disable();
  notify({ is: 'stopped' });
  port?.close();
}

port.on('message', (command: Command) => {
  if (command.do === 'stop') void stop();
  else core.carryOut(command);
});

// One call's fault is not the others' end: it is told and the packets go on.
process.on('uncaughtException', (error: unknown) => {
  counters.faults++;
  const stack = error instanceof Error ? error.stack : String(error);
  notify({ is: 'log', level: 'error', facts: { stack }, message: 'fault in the media thread' });
});

raisePriority(settings.priority, (priority, reason) =>
  notify({ is: 'log', level: 'info', facts: { priority, reason }, message: 'priority of the media thread' }),
);
notify({ is: 'ready' });
