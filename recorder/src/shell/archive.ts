import { rm } from 'node:fs/promises';
import {
  type AudioKind,
  type AudioSource,
  DomainError,
  type RecordingArchive,
  type RecordingRow,
  type StoredAudio,
  type VoicemailRow,
  type Waveform,
} from '@yixian/contracts';
import { DamagedContainer } from '../core/container.js';
import { HEADER_WINDOW, readWavHeader } from '../core/wav.js';
import { PeakMeter, resample } from '../core/waveform.js';
import { bytesOf, KeyMissing, openContainer } from './container-file.js';
import { type Context, messageOf } from './context.js';
import { isMissing, within } from './files.js';
import { publish } from './recording.js';
import { openRunning } from './running-file.js';
import { containerName, plainSource, runningName } from './store-audio.js';

/** Points the outline of a finished recording is kept in. */
const FINEST = 4_000;
/** Outlines kept: 8 KB each for a stereo recording. */
const MOST_OUTLINES = 500;

interface Outline {
  durationMs: number;
  peaks: Uint8Array[];
}

/** What is kept, to be heard, held and deleted. `changed` is called when the messages of a box have changed. */
export function createArchive(context: Context, rekey: () => Promise<{ keyId: string }>, changed: () => void): RecordingArchive {
  const { options } = context;
  const outlines = new Map<string, Outline>();

  async function outline(kind: AudioKind, row: StoredAudio & { id: string }): Promise<Outline> {
    const known = outlines.get(row.id);
    if (known) {
      // The one used last goes last.
      outlines.delete(row.id);
      outlines.set(row.id, known);
      return known;
    }
    const source = await openAudio(context, kind, row);
    const made = await context.background.queue(() => trace(source)).catch((error: unknown) => refuse(context, kind, row.id, error));
    // What is still being written goes on growing.
    if (row.sha256 !== null) outlines.set(row.id, made);
    for (const id of outlines.keys()) {
      if (outlines.size <= MOST_OUTLINES) break;
      outlines.delete(id);
    }
    return made;
  }
  return {
    open: (kind, row) => openAudio(context, kind, row),
    async waveform(kind, row, points): Promise<Waveform> {
      const { durationMs, peaks } = await outline(kind, row);
      return { durationMs, peaks: peaks.map((channel) => resample(channel, points)) };
    },
    async remove(id, by) {
      outlines.delete(id);
      await removeRecording(context, id, by, 'request');
    },
    async hold(id, held): Promise<RecordingRow> {
      const row = await options.rows.hold(id, held);
      if (!row) throw new DomainError('not-found', `there is no recording ${id}`, { id });
      return row;
    },
    async removeVoicemail(id, by) {
      outlines.delete(id);
      await removeVoicemail(context, id, by);
      changed();
    },
    async markHeard(id, heard, by): Promise<VoicemailRow> {
      const row = await options.rows.voicemail(id);
      if (!row || row.deletedAt !== null) throw new DomainError('not-found', `there is no voicemail ${id}`, { id });
      if ((row.heardAt !== null) === heard) return row;
      const change = heard ? { heardAt: options.clock.now(), heardBy: by } : { heardAt: null, heardBy: null };
      await options.rows.updateVoicemail(id, change);
      if (heard) options.events.publish({ type: 'voicemail.heard', callId: row.callId, data: { voicemailId: id, box: row.box, by } });
      changed();
      return { ...row, ...change };
    },
    rotateKey: rekey,
  };
}

async function openAudio(context: Context, kind: AudioKind, row: StoredAudio & { id: string }): Promise<AudioSource> {
  const { directory } = context.options;
  try {
    const path = within(directory, row.file);
    const source = row.cipher === 'none' ? await openPlain(context, row.id, path) : await openContainer(path, row.id, context.keyring);
    return { bytes: source.bytes, read: (from, to) => guarded(context, kind, row.id, source.read(from, to)) };
  } catch (error) {
    return refuse(context, kind, row.id, error);
  }
}

/** Until a recording is stored its row tells of a plain file, whatever it is written to. */
async function openPlain(context: Context, id: string, path: string): Promise<AudioSource> {
  try {
    return await plainSource(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    const running = runningName(path);
    if (!(await isMissing(running))) return openRunning(running, id, context.keyring);
    if (!context.active.has(id)) throw error;
    return openContainer(containerName(path), id, context.keyring);
  }
}

async function* guarded(context: Context, kind: AudioKind, id: string, pieces: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  try {
    yield* pieces;
  } catch (error) {
    refuse(context, kind, id, error);
  }
}

function refuse({ options }: Context, kind: AudioKind, id: string, error: unknown): never {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT' || /not inside the recordings folder/.test(messageOf(error))) {
    throw new DomainError('not-found', `the audio of ${kind} ${id} is missing on disk`, { id });
  }
  if (!(error instanceof DamagedContainer) && !(error instanceof KeyMissing)) throw error;
  options.logger.error({ err: error, id }, `the audio of a ${kind} cannot be opened`);
  throw new DomainError('unavailable', `the audio of ${kind} ${id} cannot be opened: ${error.message}`, { id });
}

async function trace(source: AudioSource): Promise<Outline> {
  const { channels, sampleRate, bytesPerFrame, dataOffset } = readWavHeader(await bytesOf(source, 0, HEADER_WINDOW));
  const frames = Math.floor((source.bytes - dataOffset) / bytesPerFrame);
  const meter = new PeakMeter(channels, frames, Math.max(1, Math.min(FINEST, frames)));
  for await (const piece of source.read(dataOffset, dataOffset + frames * bytesPerFrame)) meter.take(piece);
  return { durationMs: Math.round((frames * 1000) / sampleRate), peaks: meter.peaks };
}

/** @throws DomainError saying why it cannot be deleted */
export async function removeRecording(context: Context, id: string, by: string, because: 'request' | 'retention'): Promise<void> {
  const { rows, clock } = context.options;
  const marked = await rows.markDeleted('recording', id, clock.now());
  const row = await rows.recording(id);
  if (!row || (!marked && row.state === 'deleted')) throw new DomainError('not-found', `there is no recording ${id}`, { id });
  if (!marked && row.held)
    throw new DomainError('conflict', `recording ${id} is under legal hold and cannot be deleted`, { id, held: true });
  if (!marked) throw new DomainError('conflict', `recording ${id} is still being written`, { id, state: row.state });
  context.counters.deleted += 1;
  publish(context, row, { type: 'recording.deleted', data: { recordingId: id, by, because } });
  await erase(context, 'recording', id, marked.file);
}

export async function removeVoicemail(context: Context, id: string, by: string): Promise<void> {
  const { rows, clock, events } = context.options;
  const marked = await rows.markDeleted('voicemail', id, clock.now());
  const row = marked && (await rows.voicemail(id));
  if (!marked || !row) throw new DomainError('not-found', `there is no voicemail ${id}`, { id });
  context.counters.deleted += 1;
  events.publish({ type: 'voicemail.deleted', callId: row.callId, data: { voicemailId: id, box: row.box, by } });
  await erase(context, 'voicemail', id, marked.file);
}

/** Removes the file of a row that was marked. What a dead process had not come to is found again by {@link eraseMarked}. */
async function erase({ options }: Context, kind: AudioKind, id: string, file: string): Promise<void> {
  const path = within(options.directory, file);
  await Promise.all([path, containerName(path), runningName(path)].map((one) => rm(one, { force: true })));
  await options.rows.erased(kind, id);
}

const BATCH = 200;

/** The files of rows that a dead process marked and no more. */
export async function eraseMarked(context: Context): Promise<number> {
  let erased = 0;
  for (const kind of ['recording', 'voicemail'] as const) {
    for (const { id, file } of await context.options.rows.notErased(kind, BATCH)) {
      try {
        await erase(context, kind, id, file);
        erased += 1;
      } catch (error) {
        context.options.logger.error({ err: error, id, file }, 'the file of what was deleted cannot be removed');
      }
    }
  }
  return erased;
}
