import type { Clock, EventBus, IdSource, Logger, RecordingRows, Switch } from '@yixian/contracts';
import type { Background } from './background.js';

export interface RecorderOptions {
  switch: Pick<Switch, 'record'>;
  rows: RecordingRows;
  events: EventBus;
  /** Folder of all recordings; made when missing. */
  directory: string;
  clock: Clock;
  ids: IdSource;
  logger: Logger;
  /** With less room than this on the disk nothing more is recorded; 500 MB when not given. */
  freeDiskMinBytes?: number;
  /** Asks how much room there is; the file system itself when not given. */
  freeBytes?: (directory: string) => Promise<number>;
  /** Silence that ends a voicemail, milliseconds. */
  voicemailSilenceMs?: number;
}

export interface Counters {
  active: number;
  started: number;
  completed: number;
  failed: number;
  refusedDisk: number;
  voicemails: number;
  voicemailsDiscarded: number;
  repaired: number;
  freeBytes: number;
}

/** What the parts of the recorder share. */
export interface Context {
  options: RecorderOptions;
  counters: Counters;
  background: Background;
  /** Ids this process is recording now: not to be repaired. */
  active: Set<string>;
  /** Readies the folder for a file and makes sure that there is room; rejects saying why not. */
  prepare(name: string): Promise<string>;
}

/** How long the switch may take to begin a recording. */
export const START_DEADLINE_MS = 5_000;

/** `work` or, after `ms`, a rejection naming `what`. */
export function withDeadline<T>(work: Promise<T>, ms: number, clock: Clock, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimer(ms, () => reject(new Error(`${what} did not happen within ${ms} ms`)));
    work.then(resolve, reject).finally(() => timer.cancel());
  });
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
