import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type CallLeg,
  type Recorder,
  type RecordingResult,
  type RecordingTap,
  VOICEMAIL_DEFAULTS,
  type VoicemailRow,
} from '@yixian/contracts';
import { voicemailFacts } from '../core/facts.js';
import { SHORTEST_MESSAGE_MS, spokenMs } from '../core/voicemail.js';
import { type Context, messageOf, type Running, START_DEADLINE_MS, withDeadline } from './context.js';
import { datedName, isMissing, makePrivate } from './files.js';
import { keepOpenable } from './one-key.js';
import { beginWriting, type Kept, runningName, sealOf, storeAudio } from './store-audio.js';

type VoicemailRequest = Parameters<Recorder['voicemail']>[0];

export const VOICEMAIL_FOLDER = 'voicemail';
const BEEP_MS = 500;

/** Takes a message from the caller: beep, record, row. Undefined when none was left or it could not be taken. */
export async function takeVoicemail(
  context: Context,
  request: VoicemailRequest,
): Promise<{ voicemailId: string; durationMs: number } | undefined> {
  const { options } = context;
  const id = options.ids.next('vm');
  const { callId, box } = request;
  const draft: VoicemailRow = {
    ...{ ...VOICEMAIL_DEFAULTS, id, callId, box, caller: request.caller },
    ...{ leftAt: options.clock.now(), durationMs: 0, file: datedName(id, options.clock.now(), VOICEMAIL_FOLDER) },
  };
  context.active.add(id);
  let storing = false;
  try {
    const path = await withDeadline(context.prepare(draft.file), START_DEADLINE_MS, options.clock, 'a look at the recordings folder');
    options.events.publish({ type: 'voicemail.started', callId, data: { box } });
    await beep(request.leg);
    if (request.leg.state === 'ended') return undefined;
    draft.leftAt = options.clock.now();
    // Names call and box should the process be killed before the row exists.
    await writeFile(noteOf(path), JSON.stringify(draft), { mode: 0o600 });
    const result = await record(context, request, id, path);
    const left = await keep(context, draft, result, path);
    storing = left !== undefined;
    return left;
  } catch (error) {
    context.counters.failed += 1;
    options.logger.error({ err: error, callId, voicemailId: id }, 'no voicemail can be taken');
    options.events.publish({ type: 'recording.failed', callId, data: { recordingId: id, message: messageOf(error) } });
    return undefined;
  } finally {
    // Not yet where it is still being stored.
    if (!storing) context.active.delete(id);
  }
}

export async function beep(leg: CallLeg): Promise<void> {
  const playback = leg.play([{ kind: 'tone', tone: 'beep', durationMs: BEEP_MS }]);
  await playback.finished;
  leg.clearDigits();
}

async function record(context: Context, request: VoicemailRequest, id: string, file: string): Promise<RecordingResult> {
  const { options } = context;
  const { leg, finishOn = '' } = request;
  let tap: RecordingTap | undefined;
  let pressed = false;
  const running: Running = {
    interrupt: () => tap && stop(context, tap),
    goOn: () => undefined,
  };
  context.running.add(running);
  const unsubscribe = leg.subscribe((event) => {
    if (event.type !== 'digit' || !finishOn.includes(event.digit.digit)) return;
    pressed = true;
    if (tap) stop(context, tap);
  });
  const beginning = beginWriting(context, { id, path: file, channels: 1 });
  const writing = await withDeadline(beginning, START_DEADLINE_MS, options.clock, 'the file of the voicemail');
  // Its note is there already.
  context.background.track(writing.seen());
  const starting = options.switch.record({
    ...{ file, channels: 1, left: leg.behind ?? leg, maxDurationMs: request.maxDurationMs },
    ...{ endAfterSilenceMs: silenceMs(context), ...(writing.sink ? { sink: writing.sink } : {}) },
  });
  try {
    tap = await withDeadline(starting, START_DEADLINE_MS, options.clock, 'the start of the voicemail');
    if (pressed) stop(context, tap);
    // The leg behind goes on when a lent one is taken back.
    const lent = tap;
    if (leg.behind) void leg.ended.then(() => stop(context, lent));
    return await tap.finished;
  } catch (error) {
    await writing.abandon();
    void starting.then((late) => late.stop()).catch(() => undefined);
    throw error;
  } finally {
    // Its file names the key from here on.
    writing.release();
    unsubscribe();
    context.running.delete(running);
    // The key that ended the message is no choice for the next menu.
    leg.clearDigits();
  }
}

function stop({ options }: Context, tap: RecordingTap): void {
  tap.stop().catch((error: Error) => options.logger.error({ err: error }, 'a voicemail could not be stopped'));
}

function silenceMs({ options }: Context): number {
  return options.voicemailSilenceMs ?? 8_000;
}

async function keep(
  context: Context,
  draft: VoicemailRow,
  result: RecordingResult,
  path: string,
): Promise<{ voicemailId: string; durationMs: number } | undefined> {
  const { counters } = context;
  if (result.reason === 'failed') throw new Error(result.error ?? 'the switch stopped writing');
  if (spokenMs(result, silenceMs(context)) < SHORTEST_MESSAGE_MS) {
    counters.voicemailsDiscarded += 1;
    await discard(path);
    return undefined;
  }
  const row = { ...draft, durationMs: result.durationMs };
  // Said before anything else is waited for: the call may end at any moment, and its outcome is this message.
  publishLeft(context, row);
  context.background.track(store(context, row, path));
  return { voicemailId: row.id, durationMs: row.durationMs };
}

export function publishLeft({ options }: Context, row: VoicemailRow): void {
  const data = { voicemailId: row.id, box: row.box, durationMs: row.durationMs };
  options.events.publish({ type: 'voicemail.left', callId: row.callId, data });
}

/** Encrypts where the settings ask for it, seals, writes the row, tells whoever waits for messages. Never rejects. */
export async function store(context: Context, row: VoicemailRow, path: string): Promise<void> {
  const { options, background, counters, active } = context;
  counters.voicemails += 1;
  active.add(row.id);
  if (!(await isMissing(path)))
    await makePrivate(path).catch((error: Error) => options.logger.warn({ err: error, file: path }, 'voicemail file mode'));
  let kept: Kept | undefined;
  let complete = row;
  const stored = await background.persist(`voicemail ${row.id}`, async () => {
    kept ??= await storeAudio(context, row.id, row.file);
    complete = sealed(row, kept);
    await options.rows.insertVoicemail(complete);
  });
  if (kept) background.track(keepOpenable(context, 'voicemail', row.id, kept.master.id).then(kept.release));
  active.delete(row.id);
  if (!stored) return;
  await rm(noteOf(path), { force: true }).catch((error: Error) => options.logger.warn({ err: error, file: path }, 'voicemail note'));
  context.messageLeft(complete);
}

/** The row of a message that is kept. */
export function sealed(row: VoicemailRow, kept: Kept): VoicemailRow {
  const { file, cipher, digests } = kept;
  const facts: VoicemailRow = { ...row, file, cipher, bytes: digests.bytes, sha256: digests.sha256 };
  return { ...facts, seal: sealOf(kept, voicemailFacts(facts)) };
}

export function noteOf(path: string): string {
  return `${path}.json`;
}

export async function readNote(path: string): Promise<VoicemailRow> {
  return JSON.parse(await readFile(noteOf(path), 'utf8')) as VoicemailRow;
}

/** The files of messages that have no row yet. */
export async function notedMessages(directory: string): Promise<string[]> {
  const folder = voicemailFolder(directory);
  const names = await readdir(folder, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names.filter((name) => name.endsWith('.wav.json')).map((name) => join(folder, name.slice(0, -'.json'.length)));
}

export async function discard(path: string): Promise<void> {
  await Promise.all([path, runningName(path), noteOf(path)].map((one) => rm(one, { force: true })));
}

export const voicemailFolder = (directory: string): string => join(directory, VOICEMAIL_FOLDER);
