import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type AudioKind,
  type AudioSource,
  DomainError,
  type FoundRecording,
  type RecordingArchive,
  type StoredAudio,
  type VoicemailRow,
} from '@yixian/contracts';

interface Rows {
  recordingRows: FoundRecording[];
  voicemailRows: VoicemailRow[];
}

/** Plain files under a folder, by the rules of the port. */
export class MemoryArchive implements RecordingArchive {
  /** Byte at which reading fails, as of a file that was changed. */
  brokenAt = Number.POSITIVE_INFINITY;
  readonly #rows: Rows;
  readonly #folder: string;

  constructor(rows: Rows, folder: string) {
    this.#rows = rows;
    this.#folder = folder;
  }

  async open(kind: AudioKind, row: StoredAudio & { id: string }): Promise<AudioSource> {
    const bytes = await readFile(join(this.#folder, row.file)).catch(() => {
      throw new DomainError('not-found', `the audio of ${kind} ${row.id} is missing on disk`);
    });
    const brokenAt = this.brokenAt;
    return {
      bytes: bytes.length,
      async *read(from, to) {
        for (let at = from; at < to; at += 1_000) {
          if (at + 1_000 > brokenAt) throw new DomainError('unavailable', `the audio of ${kind} ${row.id} cannot be opened: changed`);
          yield bytes.subarray(at, Math.min(to, at + 1_000));
        }
      },
    };
  }

  async waveform(_kind: AudioKind, row: StoredAudio & { id: string }, points: number) {
    return { durationMs: 1_500, peaks: [new Array(points).fill(row.id.length / 100), new Array(points).fill(0)] };
  }

  async remove(id: string): Promise<void> {
    const row = this.#recording(id);
    if (row.held) throw new DomainError('conflict', `recording ${id} is under legal hold and cannot be deleted`);
    row.state = 'deleted';
    await rm(join(this.#folder, row.file), { force: true });
  }

  async hold(id: string, held: boolean): Promise<FoundRecording> {
    return Object.assign(this.#recording(id), { held });
  }

  async removeVoicemail(id: string): Promise<void> {
    this.#message(id).deletedAt = 1;
  }

  async markHeard(id: string, heard: boolean, by: string): Promise<VoicemailRow> {
    return Object.assign(this.#message(id), heard ? { heardAt: 1_000, heardBy: by } : { heardAt: null, heardBy: null });
  }

  async rotateKey(): Promise<{ keyId: string }> {
    return { keyId: 'key-2' };
  }

  #recording(id: string): FoundRecording {
    const row = this.#rows.recordingRows.find((one) => one.id === id);
    if (!row) throw new DomainError('not-found', id);
    return row;
  }

  #message(id: string): VoicemailRow {
    const row = this.#rows.voicemailRows.find((one) => one.id === id);
    if (!row) throw new DomainError('not-found', id);
    return row;
  }
}
