import { stat } from 'node:fs/promises';
import {
  type ActiveRecording,
  RECORDING_DEFAULTS,
  type Recorder,
  type RecordingResult,
  type RecordingRow,
  type RecordingTap,
} from '@yixian/contracts';
import { type Context, messageOf, START_DEADLINE_MS, withDeadline } from './context.js';
import { datedName, makePrivate, repairFile, sha256 } from './files.js';

type StartRequest = Parameters<Recorder['start']>[0];

/** A recording nobody stops ends by itself: longer than any call, shorter than what a WAV can hold. */
const LONGEST_MS = 12 * 3_600_000;

/** Begins a recording. Whatever goes wrong becomes an event, a metric and a log line, never an exception in the call. */
export async function startRecording(context: Context, request: StartRequest): Promise<ActiveRecording | undefined> {
  const { options, counters } = context;
  const id = options.ids.next('rec');
  const startedAt = options.clock.now();
  const name = datedName(id, startedAt);
  // Claimed before the row exists: a repair that runs now must leave it alone.
  context.active.add(id);
  try {
    const file = await withDeadline(context.prepare(name), START_DEADLINE_MS, options.clock, 'a look at the recordings folder');
    const tap = await beginTap(context, request, file);
    const row = rowOf(id, request, name, startedAt);
    const inserted = context.background.persist(`recording ${id}`, () => options.rows.insert(row));
    counters.active += 1;
    counters.started += 1;
    publish(context, row, { type: 'recording.started', data: { recordingId: id } });
    context.background.track(finish(context, row, tap, file, inserted));
    return control(context, row, tap);
  } catch (error) {
    context.active.delete(id);
    // Hung up while it began: a lawful race, there is nothing left to record.
    const over = request.left.state === 'ended' || request.right?.state === 'ended';
    if (over) options.logger.debug({ err: error, callId: request.callId }, 'the call was over before its recording began');
    else refuse(context, request, id, error);
    return undefined;
  }
}

async function beginTap({ options }: Context, request: StartRequest, file: string): Promise<RecordingTap> {
  const starting = options.switch.record({
    file,
    channels: 2,
    left: request.left,
    ...(request.right ? { right: request.right } : {}),
    maxDurationMs: LONGEST_MS,
  });
  try {
    return await withDeadline(starting, START_DEADLINE_MS, options.clock, 'the start of the recording');
  } catch (error) {
    // Should it begin after all, nobody would ever stop it.
    void starting.then((late) => late.stop()).catch(() => undefined);
    throw error;
  }
}

function rowOf(id: string, request: StartRequest, file: string, startedAt: number): RecordingRow {
  return {
    ...{ id, callId: request.callId, agentId: request.agentId ?? null, queueId: request.queueId ?? null },
    ...{ ...RECORDING_DEFAULTS, direction: request.direction, trunkId: request.trunkId ?? null },
    ...{ startedAt, endedAt: null, durationMs: null, bytes: null, file, state: 'recording', sha256: null },
  };
}

function refuse({ options, counters }: Context, request: StartRequest, id: string, error: unknown): void {
  counters.failed += 1;
  const message = messageOf(error);
  options.logger.error({ err: error, callId: request.callId, recordingId: id }, 'this call is not recorded');
  options.events.publish({
    type: 'recording.failed',
    callId: request.callId,
    ...(request.agentId ? { agentId: request.agentId } : {}),
    ...(request.queueId ? { queueId: request.queueId } : {}),
    data: { recordingId: id, message },
  });
}

type RecordingEvent =
  | { type: 'recording.started' | 'recording.paused' | 'recording.resumed'; data: { recordingId: string } }
  | { type: 'recording.stopped'; data: { recordingId: string; durationMs: number; bytes: number } }
  | { type: 'recording.failed'; data: { recordingId: string; message: string } };

/** Publishes an event of a recording with its call, agent and queue. */
export function publish({ options }: Context, row: RecordingRow, event: RecordingEvent, at?: number): void {
  options.events.publish({
    ...event,
    callId: row.callId,
    ...(at === undefined ? {} : { at }),
    ...(row.agentId === null ? {} : { agentId: row.agentId }),
    ...(row.queueId === null ? {} : { queueId: row.queueId }),
  });
}

function control(context: Context, row: RecordingRow, tap: RecordingTap): ActiveRecording {
  let paused = false;
  let over = false;
  void tap.finished.then(() => {
    over = true;
  });
  return {
    id: row.id,
    setAgent(agentId) {
      if (agentId === undefined || agentId === row.agentId || over) return;
      row.agentId = agentId;
      void context.background.persist(`recording ${row.id}`, () => context.options.rows.update(row.id, { agentId }));
    },
    setRight: (leg) => tap.setRight(leg),
    setLeft: (leg) => tap.setLeft(leg),
    pause() {
      if (paused || over) return;
      paused = true;
      tap.pause();
      publish(context, row, { type: 'recording.paused', data: { recordingId: row.id } });
    },
    resume() {
      if (!paused || over) return;
      paused = false;
      tap.resume();
      publish(context, row, { type: 'recording.resumed', data: { recordingId: row.id } });
    },
    async stop() {
      await tap.stop();
    },
  };
}

/** Sees a recording to its end: permissions, checksum, row, event. Never rejects. */
async function finish(context: Context, row: RecordingRow, tap: RecordingTap, file: string, inserted: Promise<boolean>): Promise<void> {
  const { options, counters } = context;
  const result = await tap.finished;
  counters.active -= 1;
  const outcome = await examine(context, row, result, file);
  const stored = inserted.then(() => context.background.persist(`recording ${row.id}`, () => options.rows.update(row.id, outcome.change)));
  context.background.track(stored);
  // Whoever hears that it has stopped may ask for the audio at once; a database that is away only delays the row.
  await withDeadline(stored, 2_000, options.clock, `the row of recording ${row.id}`).catch(() => undefined);
  context.active.delete(row.id);
  if (outcome.message === undefined) {
    counters.completed += 1;
    const { durationMs, bytes } = outcome;
    publish(context, row, { type: 'recording.stopped', data: { recordingId: row.id, durationMs, bytes } });
  } else {
    counters.failed += 1;
    options.logger.error({ recordingId: row.id, callId: row.callId, reason: outcome.message }, 'a recording failed');
    publish(context, row, { type: 'recording.failed', data: { recordingId: row.id, message: outcome.message } });
  }
}

interface Outcome {
  durationMs: number;
  bytes: number;
  change: Partial<Omit<RecordingRow, 'id' | 'callId'>>;
  message?: string;
}

async function examine(context: Context, row: RecordingRow, result: RecordingResult, file: string): Promise<Outcome> {
  const failure = result.reason === 'failed' ? (result.error ?? 'the switch stopped writing') : undefined;
  try {
    let { durationMs } = result;
    // A writer that failed left its header as it was; what it wrote can still be heard.
    if (failure !== undefined) ({ durationMs } = await repairFile(file));
    await makePrivate(file);
    const { size } = await stat(file);
    const digest = await context.background.queue(() => sha256(file));
    const startedAt = result.startedAt > 0 ? result.startedAt : row.startedAt;
    const state = failure !== undefined && durationMs === 0 ? 'failed' : 'complete';
    const change = { state, startedAt, endedAt: startedAt + durationMs, durationMs, bytes: size, sha256: digest } as const;
    return { durationMs, bytes: size, change, ...(failure === undefined ? {} : { message: failure }) };
  } catch (error) {
    const endedAt = context.options.clock.now();
    return { durationMs: 0, bytes: 0, change: { state: 'failed', endedAt }, message: failure ?? messageOf(error) };
  }
}
