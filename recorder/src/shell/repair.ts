import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type CallId, type RecordingRow, VOICEMAIL_DEFAULTS } from '@yixian/contracts';
import { pausesWithin } from '../core/pauses.js';
import { SHORTEST_MESSAGE_MS } from '../core/voicemail.js';
import { HEADER_WINDOW, repairWav } from '../core/wav.js';
import { bytesOf, openContainer } from './container-file.js';
import { type Context, messageOf } from './context.js';
import { isMissing, makePrivate, repairFile, within } from './files.js';
import { completed, publish } from './recording.js';
import { containerName, storeAudio } from './store-audio.js';
import { discard, publishLeft, readNote, store, voicemailFolder } from './voicemail.js';

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
    await rows.update(row.id, completed(repaired, kept)).finally(() => kept.release());
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

/** Makes the plain file whole; where it was encrypted already, before its row knew, its length is read from the container. */
async function repairAudio(context: Context, id: string, name: string): Promise<{ durationMs: number; length: number }> {
  const file = within(context.options.directory, name);
  const container = containerName(file);
  if ((await isMissing(file)) && !(await isMissing(container))) {
    const source = await openContainer(container, id, context.keyring);
    const head = await bytesOf(source, 0, HEADER_WINDOW);
    return { durationMs: repairWav(head, source.bytes).durationMs, length: source.bytes };
  }
  const { durationMs, length } = await repairFile(file);
  await makePrivate(file);
  return { durationMs, length };
}

/** Messages without a row: a note beside the file tells whose they are. */
async function repairVoicemails(context: Context, isDead: (callId: CallId) => Promise<boolean>): Promise<number> {
  const folder = voicemailFolder(context.options.directory);
  const names = await readdir(folder, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  let repaired = 0;
  for (const name of names) {
    if (!name.endsWith('.wav.json')) continue;
    const path = join(folder, name.slice(0, -'.json'.length));
    if (await repairVoicemail(context, path, isDead)) repaired += 1;
  }
  return repaired;
}

async function repairVoicemail(context: Context, path: string, isDead: (callId: CallId) => Promise<boolean>): Promise<boolean> {
  try {
    const note = await readNote(path);
    if (context.active.has(note.id) || !(await isDead(note.callId))) return false;
    if ((await isMissing(path)) && (await isMissing(containerName(path)))) {
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
