import { stat } from 'node:fs/promises';
import {
  type ActiveRecording,
  type AgentId,
  type CallLeg,
  RECORDING_DEFAULTS,
  type Recorder,
  type RecordingResult,
  type RecordingRow,
  type RecordingTap,
  recordingPolicyFor,
} from '@yixian/contracts';
import { recordingFacts } from '../core/facts.js';
import { partiesOf } from '../core/parties.js';
import { pauseBegun, pauseEnded, pausesWithin } from '../core/pauses.js';
import { isWanted } from '../core/policy.js';
import { type Context, messageOf, type Running, START_DEADLINE_MS, withDeadline } from './context.js';
import { datedName, isMissing, makePrivate } from './files.js';
import { keepOpenable } from './one-key.js';
import { repairAudio } from './repair-audio.js';
import { beginWriting, type Kept, runningName, sealOf, storeAudio, type Writing } from './store-audio.js';

type StartRequest = Parameters<Recorder['start']>[0] & {
  /** Something short for a flow. */
  note?: { maxDurationMs: number; endAfterSilenceMs: number };
};
type Side = CallLeg | readonly CallLeg[] | undefined;

/** A recording nobody stops ends by itself: longer than any call, shorter than what a WAV can hold. */
const LONGEST_MS = 12 * 3_600_000;

/** Begins a recording where the policy wants it. Whatever goes wrong becomes an event, a metric and a log line, never an exception in the call. */
export async function startRecording(context: Context, request: StartRequest): Promise<ActiveRecording | undefined> {
  const { configuration } = context.options;
  const { agentId, queueId, trunkId, direction, callId } = request;
  const policy = recordingPolicyFor({
    agent: agentId === undefined ? undefined : configuration.agent(agentId),
    queue: queueId === undefined ? undefined : configuration.queue(queueId),
    trunk: trunkId === undefined ? undefined : configuration.trunk(trunkId),
    direction,
    settings: configuration.settings(),
  });
  if (!request.note && !isWanted(policy, context.draw(callId), request.demanded ?? false)) return undefined;
  const session = new Session(context, request);
  return (await session.begin()) ? session : undefined;
}

/** One file with its row. */
interface Part {
  row: RecordingRow;
  tap: RecordingTap;
  file: string;
  writing: Writing;
  /** Resolves when what was last asked to be written is; never rejects. */
  written: Promise<unknown>;
  over: boolean;
}

/** The recording of one engagement: one file, and another one where the disk was full for a while. */
class Session implements ActiveRecording, Running {
  readonly #context: Context;
  readonly #request: StartRequest;
  #left: Side;
  #right: Side;
  #agentId: AgentId | undefined;
  #paused = false;
  #stopped = false;
  #part: Part | undefined;
  #lastId = '';

  constructor(context: Context, request: StartRequest) {
    this.#context = context;
    this.#request = request;
    this.#left = request.left;
    this.#right = request.right;
    this.#agentId = request.agentId;
  }

  get id(): string {
    return this.#lastId;
  }

  setAgent(agentId: AgentId | undefined): void {
    if (agentId === undefined || agentId === this.#agentId) return;
    this.#agentId = agentId;
    const part = this.#part;
    if (!part || part.over) return;
    part.row = { ...part.row, agentId, extension: agentId, groups: this.#groups() };
    const { extension, groups } = part.row;
    this.#write(part, { agentId, extension, groups });
  }

  setRight(leg: Side): void {
    this.#right = leg;
    this.#part?.tap.setRight(leg);
  }

  setLeft(leg: Side): void {
    this.#left = leg;
    this.#part?.tap.setLeft(leg);
  }

  pause(): void {
    this.#setPaused(true);
  }

  resume(): void {
    this.#setPaused(false);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#context.running.delete(this);
    await this.#part?.tap.stop();
  }

  interrupt(): void {
    const part = this.#part;
    this.#part = undefined;
    part?.tap
      .stop()
      .catch((error: unknown) => this.#context.options.logger.error({ err: error, recordingId: part.row.id }, 'could not be stopped'));
  }

  goOn(): void {
    if (this.#stopped || this.#part) return;
    // A note that was cut short has been answered already.
    const wanted = !this.#request.note && (legsOf(this.#left).length > 0 || legsOf(this.#right).length > 0);
    if (wanted) void this.begin();
    else this.#context.running.delete(this);
  }

  /** @returns whether it is recorded now; never rejects */
  async begin(): Promise<boolean> {
    const { options, counters, active } = this.#context;
    const id = options.ids.next('rec');
    const startedAt = options.clock.now();
    const name = datedName(id, startedAt);
    // Claimed before the row exists: a repair that runs now must leave it alone.
    active.add(id);
    try {
      const file = await withDeadline(this.#context.prepare(name), START_DEADLINE_MS, options.clock, 'a look at the recordings folder');
      const beginning = beginWriting(this.#context, { id, path: file, channels: 2 });
      const writing = await withDeadline(beginning, START_DEADLINE_MS, options.clock, 'the file of the recording');
      const tap = await this.#tap(file, writing);
      const row = this.#row(id, name, startedAt);
      counters.active += 1;
      counters.started += 1;
      const written = this.#context.background.persist(`recording ${id}`, () => options.rows.insert(row)).then(() => writing.seen());
      const part: Part = { row, tap, file, writing, written, over: false };
      this.#part = part;
      this.#lastId = id;
      this.#context.running.add(this);
      const note = this.#request.note ? { note: true } : {};
      publish(this.#context, row, { type: 'recording.started', data: { recordingId: id, ...note } });
      if (this.#paused) this.#mark(part, true);
      this.#context.background.track(this.#finish(part));
      // Stopped, or halted for want of space, while it began.
      if (this.#stopped || this.#context.guard.halted) this.interrupt();
      return true;
    } catch (error) {
      active.delete(id);
      this.#refused(id, error);
      return false;
    }
  }

  async #tap(file: string, writing: Writing): Promise<RecordingTap> {
    const { options } = this.#context;
    const [first] = legsOf(this.#left);
    const [right] = legsOf(this.#right);
    const left = first ?? this.#request.left;
    const sink = writing.sink ? { sink: writing.sink } : {};
    const limits = this.#request.note ?? { maxDurationMs: LONGEST_MS };
    const starting = options.switch.record({ file, channels: 2, left, ...(right ? { right } : {}), ...sink, ...limits });
    try {
      const tap = await withDeadline(starting, START_DEADLINE_MS, options.clock, 'the start of the recording');
      // Who is there may have changed while it began, and may be several.
      if (this.#left !== left) tap.setLeft(this.#left);
      if (this.#right !== right) tap.setRight(this.#right);
      return tap;
    } catch (error) {
      // Should it begin after all, nobody would ever stop it.
      void starting.then((late) => late.stop()).catch(() => undefined);
      await writing.abandon();
      throw error;
    }
  }

  #row(id: string, file: string, startedAt: number): RecordingRow {
    const { configuration, calls } = this.#context.options;
    const { callId, queueId, direction, trunkId, otherParty } = this.#request;
    const agentId = this.#agentId;
    const record = calls?.record(callId);
    return {
      ...RECORDING_DEFAULTS,
      ...{ id, callId, agentId: agentId ?? null, queueId: queueId ?? null, direction, trunkId: trunkId ?? record?.trunkId ?? null },
      ...partiesOf({ agentId, otherParty }, record, (number) => configuration.extension(number) !== undefined),
      groups: this.#groups(),
      ...{ startedAt, endedAt: null, durationMs: null, bytes: null, file, state: 'recording', sha256: null },
    };
  }

  #groups(): string[] {
    const { configuration } = this.#context.options;
    const agent = this.#agentId === undefined ? undefined : configuration.agent(this.#agentId);
    const queue = this.#request.queueId === undefined ? undefined : configuration.queue(this.#request.queueId);
    return [...new Set([...(agent?.groups ?? []), ...(queue?.group ? [queue.group] : [])])];
  }

  #setPaused(on: boolean): void {
    if (this.#paused === on || this.#stopped || (this.#part?.over ?? false)) return;
    this.#paused = on;
    if (this.#part) this.#mark(this.#part, on);
  }

  #mark(part: Part, on: boolean): void {
    const now = this.#context.options.clock.now();
    if (on) part.tap.pause();
    else part.tap.resume();
    part.row = { ...part.row, pauses: on ? pauseBegun(part.row.pauses, now) : pauseEnded(part.row.pauses, now) };
    // Each as it happens: a kill must not lose where the silence was meant.
    this.#write(part, { pauses: part.row.pauses });
    publish(this.#context, part.row, { type: on ? 'recording.paused' : 'recording.resumed', data: { recordingId: part.row.id } });
  }

  /** After everything written before. */
  #write(part: Part, change: Partial<Omit<RecordingRow, 'id' | 'callId'>>): void {
    const { background, options } = this.#context;
    part.written = part.written.then(() => background.persist(`recording ${part.row.id}`, () => options.rows.update(part.row.id, change)));
    background.track(part.written);
  }

  #refused(id: string, error: unknown): void {
    const { options, counters } = this.#context;
    const { callId, agentId, queueId } = this.#request;
    // Hung up while it began: a lawful race, there is nothing left to record.
    if (this.#request.left.state === 'ended' || this.#request.right?.state === 'ended') {
      options.logger.debug({ err: error, callId }, 'the call was over before its recording began');
      return;
    }
    counters.failed += 1;
    options.logger.error({ err: error, callId, recordingId: id }, 'this call is not recorded');
    const subjects = { callId, ...(agentId ? { agentId } : {}), ...(queueId ? { queueId } : {}) };
    options.events.publish({ type: 'recording.failed', ...subjects, data: { recordingId: id, message: messageOf(error) } });
  }

  /** Sees a part to its end: permissions, encryption, seal, row, event. Never rejects. */
  async #finish(part: Part): Promise<void> {
    const { options, counters, active, background } = this.#context;
    const result = await part.tap.finished;
    part.over = true;
    if (this.#part === part) {
      this.#part = undefined;
      this.#context.running.delete(this);
    }
    counters.active -= 1;
    const { id } = part.row;
    const outcome = await examine(this.#context, part, result);
    part.row = { ...part.row, ...outcome.change };
    const stored = part.written.then(() => this.#store(part, outcome));
    background.track(stored);
    // Whoever hears that it has stopped may ask for the audio at once; a database or a disk that is away only delays the row.
    await withDeadline(stored, 2_000, options.clock, `the row of recording ${id}`).catch(() => undefined);
    void stored.then(() => {
      active.delete(id);
      part.writing.release();
    });
    if (outcome.message === undefined) {
      counters.completed += 1;
      const { durationMs, bytes } = outcome;
      publish(this.#context, part.row, { type: 'recording.stopped', data: { recordingId: id, durationMs, bytes } });
    } else {
      counters.failed += 1;
      options.logger.error({ recordingId: id, callId: part.row.callId, reason: outcome.message }, 'a recording failed');
      publish(this.#context, part.row, { type: 'recording.failed', data: { recordingId: id, message: outcome.message } });
    }
  }

  async #store(part: Part, outcome: Outcome): Promise<void> {
    const { options, background } = this.#context;
    const { id } = part.row;
    let kept: Kept | undefined;
    await background.persist(`recording ${id}`, async () => {
      if (part.row.state === 'complete') kept ??= await storeAudio(this.#context, id, part.row.file);
      await options.rows.update(id, kept ? completed(part.row, kept) : outcome.change);
    });
    // Nobody who wants to hear it waits for that.
    if (kept) background.track(keepOpenable(this.#context, 'recording', id, kept.master.id).then(kept.release));
  }
}

function legsOf(side: Side): CallLeg[] {
  const legs = side === undefined ? [] : Array.isArray(side) ? (side as readonly CallLeg[]) : [side as CallLeg];
  return legs.filter((leg) => leg.state !== 'ended');
}

/** What the row of audio that is kept has to say, sealed. A hold may have been set meanwhile: it is not touched. */
export function completed(row: RecordingRow, kept: Kept): Partial<Omit<RecordingRow, 'id' | 'callId'>> {
  const { file, cipher, digests } = kept;
  const facts: RecordingRow = { ...row, file, cipher, bytes: digests.bytes, sha256: digests.sha256 };
  const { id: _id, callId: _callId, held: _held, ...change } = facts;
  return { ...change, seal: sealOf(kept, recordingFacts(facts)) };
}

type RecordingEvent =
  | { type: 'recording.started'; data: { recordingId: string; note?: boolean } }
  | { type: 'recording.paused' | 'recording.resumed'; data: { recordingId: string } }
  | { type: 'recording.stopped'; data: { recordingId: string; durationMs: number; bytes: number } }
  | { type: 'recording.failed'; data: { recordingId: string; message: string } }
  | { type: 'recording.deleted'; data: { recordingId: string; by: string; because: 'request' | 'retention' } };

/** Publishes an event of a recording with its call, agent and queue. */
export function publish({ options }: Context, row: RecordingRow, event: RecordingEvent): void {
  options.events.publish({
    ...event,
    callId: row.callId,
    ...(row.agentId === null ? {} : { agentId: row.agentId }),
    ...(row.queueId === null ? {} : { queueId: row.queueId }),
  });
}

interface Outcome {
  durationMs: number;
  bytes: number;
  change: Partial<Omit<RecordingRow, 'id' | 'callId'>>;
  message?: string;
}

async function examine(context: Context, part: Part, result: RecordingResult): Promise<Outcome> {
  const failure = result.reason === 'failed' ? (result.error ?? 'the switch stopped writing') : undefined;
  const { row, file } = part;
  try {
    let { durationMs, bytes } = result;
    const running = !(await isMissing(runningName(file)));
    // A writer that failed left its file as it was; what it wrote can still be heard.
    if (failure !== undefined) ({ durationMs, length: bytes } = await repairAudio(context, row.id, row.file));
    else if (!running) ({ size: bytes } = await stat(file));
    if (!running) await makePrivate(file);
    const startedAt = result.startedAt > 0 ? result.startedAt : row.startedAt;
    const endedAt = startedAt + durationMs;
    const state = failure !== undefined && durationMs === 0 ? 'failed' : 'complete';
    const change = { state, startedAt, endedAt, durationMs, bytes, ...pausesWithin(row.pauses, startedAt, endedAt) } as const;
    return { durationMs, bytes, change, ...(failure === undefined ? {} : { message: failure }) };
  } catch (error) {
    const endedAt = context.options.clock.now();
    return { durationMs: 0, bytes: 0, change: { state: 'failed', endedAt }, message: failure ?? messageOf(error) };
  }
}
