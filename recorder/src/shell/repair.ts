import { rm } from 'node:fs/promises';
import { type CallId, type RecordingRow, VOICEMAIL_DEFAULTS } from '@yixian/contracts';
import { pausesWithin } from '../core/pauses.js';
import { SHORTEST_MESSAGE_MS } from '../core/voicemail.js';
import { type Context, messageOf } from './context.js';
import { isMissing, within } from './files.js';
import { keepOpenable } from './one-key.js';
import { completed, publish } from './recording.js';
import { repairAudio } from './repair-audio.js';
import { containerName, runningName, storeAudio } from './store-audio.js';
import { discard, notedMessages, publishLeft, readNote, store } from './voicemail.js';

export interface RepairOptions {
  /** Of several processes: whether the one that had this call is dead. Default: everything that this process does not record itself is left over. */
  isDead?(callId: CallId): Promise<boolean>;
}

/** Makes what a dead process was writing playable up to its death, and says so in the rows. */
export async function repairUnfinished(context: Context, { isDead = async () => true }: RepairOptions = {}): Promise<void> {
  const { rows, logger } = context.options;
  let recordings = 0;
  for (const row of await rows.unfinished()) {
    if (context.active.has(row.id) || !(await isDead(row.callId))) continue;
    await repairRecording(context, row);
    recordings += 1;
  }
  const voicemails = await repairVoicemails(context, isDead);
  if (recordings + voicemails > 0) logger.warn({ recordings, voicemails }, 'repaired what a dead process was recording');
}

async function repairRecording(context: Context, row: RecordingRow): Promise<void> {
  const { rows, logger, directory } = context.options;
  try {
    const file = within(directory, row.file);
    const { durationMs, length } = await repairAudio(context, row.id, row.file);
    const endedAt = row.startedAt + durationMs;
    const pauses = pausesWithin(row.pauses, row.startedAt, endedAt);
    const repaired: RecordingRow = { ...row, state: 'complete', durationMs, bytes: length, endedAt, ...pauses };
    await rm(`${containerName(file)}.tmp`, { force: true });
    const kept = await storeAudio(context, row.id, row.file);
    const done = rows.update(row.id, completed(repaired, kept)).then(() => keepOpenable(context, 'recording', row.id, kept.master.id));
    await done.finally(kept.release);
    context.counters.repaired += 1;
    publish(context, repaired, { type: 'recording.stopped', data: { recordingId: row.id, durationMs, bytes: length } });
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const message = missing ? `the file ${row.file} is missing` : messageOf(error);
    logger.error({ err: error, recordingId: row.id, callId: row.callId }, 'a recording of a dead process cannot be repaired');
    await rows.update(row.id, { state: 'failed', endedAt: row.endedAt ?? row.startedAt });
    context.counters.failed += 1;
    publish(context, row, { type: 'recording.failed', data: { recordingId: row.id, message } });
  }
}

/** Messages without a row: a note beside the file tells whose they are. */
async function repairVoicemails(context: Context, isDead: (callId: CallId) => Promise<boolean>): Promise<number> {
  let repaired = 0;
  for (const path of await notedMessages(context.options.directory)) {
    if (await repairVoicemail(context, path, isDead)) repaired += 1;
  }
  return repaired;
}

async function repairVoicemail(context: Context, path: string, isDead: (callId: CallId) => Promise<boolean>): Promise<boolean> {
  try {
    const note = await readNote(path);
    if (context.active.has(note.id) || !(await isDead(note.callId))) return false;
    const all = await Promise.all([path, containerName(path), runningName(path)].map(isMissing));
    if (!all.includes(false)) {
      await discard(path);
      return false;
    }
    const { durationMs } = await repairAudio(context, note.id, note.file);
    if (durationMs < SHORTEST_MESSAGE_MS) {
      await discard(path);
      return false;
    }
    const row = { ...VOICEMAIL_DEFAULTS, ...note, durationMs };
    publishLeft(context, row);
    await store(context, row, path);
    return true;
  } catch (error) {
    context.options.logger.error({ err: error, file: path }, 'a voicemail of a dead process cannot be repaired');
    return false;
  }
}
