import type {
  AudioCipher,
  CallRegistry,
  Clock,
  Directory,
  EventBus,
  IdSource,
  Logger,
  RecordingRows,
  Switch,
  VoicemailRow,
} from '@yixian/contracts';
import type { Background } from './background.js';
import type { DiskGuard } from './guard.js';
import type { Keyring } from './keyring.js';
import type { Sealing } from './sealing.js';

export interface RecorderOptions {
  switch: Pick<Switch, 'record' | 'setMessagesWaiting' | 'takesSinks'>;
  rows: RecordingRows;
  events: EventBus;
  /** Policies, groups, boxes, and how and where to keep what is recorded. */
  configuration: Pick<Directory, 'agent' | 'queue' | 'trunk' | 'extension' | 'settings' | 'box' | 'boxes' | 'onChange'>;
  /** Records of the calls in progress: the other party where nobody named it. */
  calls?: Pick<CallRegistry, 'record'>;
  /** Folder of all recordings; made when missing. */
  directory: string;
  /** Folder of the master keys; made when missing. */
  keysDirectory: string;
  clock: Clock;
  ids: IdSource;
  logger: Logger;
  /** 0 to before 1, drawn once a call. */
  random?: () => number;
  /** Asks how much room there is; the file system itself when not given. */
  freeBytes?: (directory: string) => Promise<number>;
  /**
   * Runs this while no other process that shares the folders does the same; rejects with what it rejects with, or where that cannot
   * be had. Without: no other process shares them.
   */
  exclusively?: <T>(work: () => Promise<T>) => Promise<T>;
  /** Silence that ends a voicemail, milliseconds. */
  voicemailSilenceMs?: number;
  /** Told of every message whose box has a `notifyUrl`. */
  notify?: (url: string, message: VoicemailRow) => void;
  /** Told of every deletion by a retention rule. */
  audit?: (entry: { at: number; username: string; action: string; subject: string; details?: Record<string, unknown> }) => Promise<void>;
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
  encrypted: number;
  deleted: number;
}

/** A recording or message under way, as the disk guard sees it. */
export interface Running {
  /** Closes the file properly; the call goes on. */
  interrupt(): void;
  /** There is room again. */
  goOn(): void;
}

/** What the parts of the recorder share. */
export interface Context {
  options: RecorderOptions;
  counters: Counters;
  background: Background;
  keyring: Keyring;
  sealing: Sealing;
  guard: DiskGuard;
  /** Ids this process is recording or storing now: not to be repaired. */
  active: Set<string>;
  running: Set<Running>;
  /** Runs this while nothing else of the kind runs, here or in another process: what takes a master key from a file or from all. */
  alone<T>(work: () => Promise<T>): Promise<T>;
  /** Readies the folder for a file and makes sure that there is room; rejects saying why not. */
  prepare(name: string): Promise<string>;
  /** How what is finished now is kept. */
  cipher(): AudioCipher;
  /** A message has its row. */
  messageLeft(message: VoicemailRow): void;
  /** The draw of a call. */
  draw(callId: string): number;
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
