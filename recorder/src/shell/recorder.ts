import { mkdir } from 'node:fs/promises';
import type { Recorder } from '@yixian/contracts';
import { createBackground } from './background.js';
import type { Context, Counters, RecorderOptions } from './context.js';
import { freeBytes, makeFolder, within } from './files.js';
import { startRecording } from './recording.js';
import { repairUnfinished } from './repair.js';
import { takeVoicemail } from './voicemail.js';

export interface RecorderService extends Recorder {
  /** On start, before calls come in: makes the files of a dead process playable. Rejects when the rows cannot be read. */
  repairUnfinished(): Promise<void>;
  metrics(): Record<string, number>;
  /** Waits until every finished recording has its checksum and row, at most so long. The recordings themselves end with their legs. */
  close(deadlineMs?: number): Promise<void>;
}

const FREE_DISK_MIN_BYTES = 500 * 1024 * 1024;

/** Recordings and voicemail: files by day under `directory`, their rows and events. */
export function createRecorder(options: RecorderOptions): RecorderService {
  const counters: Counters = {
    ...{ active: 0, started: 0, completed: 0, failed: 0, refusedDisk: 0 },
    ...{ voicemails: 0, voicemailsDiscarded: 0, repaired: 0, freeBytes: 0 },
  };
  const room = options.freeBytes ?? freeBytes;
  const minimum = options.freeDiskMinBytes ?? FREE_DISK_MIN_BYTES;
  const context: Context = {
    options,
    counters,
    background: createBackground(options.clock, options.logger),
    active: new Set(),
    async prepare(name) {
      const path = within(options.directory, name);
      await makeFolder(path);
      counters.freeBytes = await room(options.directory);
      if (counters.freeBytes >= minimum) return path;
      counters.refusedDisk += 1;
      const megabytes = (bytes: number): number => Math.floor(bytes / 1024 / 1024);
      throw new Error(
        `only ${megabytes(counters.freeBytes)} MB free in ${options.directory}, ${megabytes(minimum)} MB are needed to record`,
      );
    },
  };
  return {
    start: (request) => startRecording(context, request),
    announcement: () => undefined,
    voicemail: (request) => takeVoicemail(context, request),
    async repairUnfinished() {
      await mkdir(options.directory, { recursive: true, mode: 0o700 });
      await repairUnfinished(context);
    },
    metrics: () => ({
      recorder_active: counters.active,
      recorder_started_total: counters.started,
      recorder_completed_total: counters.completed,
      recorder_failed_total: counters.failed,
      'recorder_refused_total{reason="disk-full"}': counters.refusedDisk,
      recorder_repaired_total: counters.repaired,
      recorder_voicemails_total: counters.voicemails,
      recorder_voicemails_discarded_total: counters.voicemailsDiscarded,
      recorder_pending_writes: context.background.pending,
      recorder_free_bytes: counters.freeBytes,
    }),
    close: (deadlineMs = 10_000) => context.background.close(deadlineMs),
  };
}
