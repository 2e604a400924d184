import { mkdir } from 'node:fs/promises';
import { type CallerNotes, type Recorder, type RecordingArchive, recordingPolicyFor } from '@yixian/contracts';
import { announcementOf } from '../core/policy.js';
import { createArchive } from './archive.js';
import { createBackground } from './background.js';
import type { Context, Counters, RecorderOptions, Running } from './context.js';
import { freeBytes, makeFolder, within } from './files.js';
import { createDiskGuard } from './guard.js';
import { createKeyring } from './keyring.js';
import { createMessages } from './messages.js';
import { takeNote } from './note.js';
import { startRecording } from './recording.js';
import { changeKeys, type RekeyResult } from './rekey.js';
import { type RepairOptions, repairUnfinished } from './repair.js';
import { applyRetention, type RetentionResult } from './retention.js';
import { createSealing } from './sealing.js';
import { takeVoicemail } from './voicemail.js';

export interface RecorderService extends Recorder {
  readonly archive: RecordingArchive;
  /** What callers say for flows. */
  readonly notes: CallerNotes;
  /** On start, before calls come in: makes the files of a dead process playable. Rejects when the rows cannot be read. */
  repairUnfinished(options?: RepairOptions): Promise<void>;
  /** On start, when phones can be told: watches the disk and the boxes until `close`. */
  watch(): void;
  /** Deletes what the rules of retention let go. */
  applyRetention(): Promise<RetentionResult>;
  /** Lets everything depend on the newest master key, and removes keys nothing depends on. */
  changeKeys(): Promise<RekeyResult>;
  /** What keeps calls from being recorded now. */
  problems(): string[];
  metrics(): Record<string, number>;
  /** Waits until every finished recording has its checksum and row, at most so long. The recordings themselves end with their legs. */
  close(deadlineMs?: number): Promise<void>;
}

const MEGABYTE = 1024 * 1024;
const MOST_DRAWS = 10_000;

/** Recordings and voicemail: files by day under `directory`, their rows and events. */
export function createRecorder(options: RecorderOptions): RecorderService {
  const { configuration, events, logger } = options;
  const context = contextOf(options);
  const messages = createMessages(context);
  context.messageLeft = messages.left;
  const { counters, guard } = context;
  /** One change of keys at a time. */
  let changing: Promise<RekeyResult> | undefined;
  const rekey = (): Promise<RekeyResult> => {
    changing ??= context
      .alone(() => changeKeys(context))
      .finally(() => {
        changing = undefined;
      });
    return changing;
  };
  const archive = createArchive(
    context,
    async () => {
      const { id } = await context.keyring.add();
      // One that runs has begun with the key before.
      const done = (changing ?? Promise.resolve()).catch(() => undefined).then(rekey);
      context.background.track(done.then(undefined, (error: unknown) => logger.error({ err: error }, 'master keys cannot be changed')));
      return { keyId: id };
    },
    messages.changed,
  );
  const unsubscribe = events.subscribe((event) => {
    if (event.type === 'call.ended' && event.callId !== undefined) context.forget(event.callId);
  });
  return {
    archive,
    notes: { record: (request) => takeNote(context, request) },
    start: (request) => startRecording(context, request),
    announcement({ agentId, queueId, trunkId, direction }) {
      const agent = agentId === undefined ? undefined : configuration.agent(agentId);
      const queue = queueId === undefined ? undefined : configuration.queue(queueId);
      const trunk = trunkId === undefined ? undefined : configuration.trunk(trunkId);
      return announcementOf(recordingPolicyFor({ agent, queue, trunk, direction, settings: configuration.settings() }));
    },
    voicemail: (request) => takeVoicemail(context, request),
    async repairUnfinished(leftBy) {
      await mkdir(options.directory, { recursive: true, mode: 0o700 });
      await context.keyring.current();
      await repairUnfinished(context, leftBy);
    },
    watch() {
      guard.start();
      messages.start();
    },
    applyRetention: () => applyRetention(context, messages.changed),
    changeKeys: rekey,
    problems: () =>
      guard.halted ? [`the disk is nearly full: ${Math.floor(guard.freeBytes / MEGABYTE)} MB free, calls are not recorded`] : [],
    metrics: () => metricsOf(counters, context),
    async close(deadlineMs = 10_000) {
      guard.stop();
      messages.stop();
      unsubscribe();
      await context.background.close(deadlineMs);
      await context.sealing.close();
    },
  };
}

function oneByOne(exclusively: NonNullable<RecorderOptions['exclusively']>): Context['alone'] {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(() => exclusively(work));
    last = next.catch(() => undefined);
    return next;
  };
}

function contextOf(options: RecorderOptions): Context & { forget(callId: string): void } {
  const { configuration, events, logger, clock, directory } = options;
  const counters: Counters = {
    ...{ active: 0, started: 0, completed: 0, failed: 0, refusedDisk: 0 },
    ...{ voicemails: 0, voicemailsDiscarded: 0, repaired: 0, encrypted: 0, deleted: 0 },
  };
  const running = new Set<Running>();
  const draws = new Map<string, number>();
  const random = options.random ?? Math.random;
  const guard = createDiskGuard({
    ...{ directory, clock, logger, freeBytes: options.freeBytes ?? freeBytes },
    minimumBytes: () => configuration.settings().recordingMinFreeMegabytes * MEGABYTE,
    halted(freeMegabytes) {
      logger.error({ freeMegabytes, directory, running: running.size }, 'recording stands still: the disk is nearly full; calls go on');
      events.publish({ type: 'recording.halted', data: { freeMegabytes } });
      for (const one of [...running]) one.interrupt();
    },
    goingOn(freeMegabytes) {
      logger.warn({ freeMegabytes, directory }, 'recording goes on: there is room again');
      events.publish({ type: 'recording.going-on', data: { freeMegabytes } });
      for (const one of [...running]) one.goOn();
    },
  });
  return {
    ...{ options, counters, guard, running },
    background: createBackground(clock, logger),
    sealing: createSealing(),
    keyring: createKeyring(options.keysDirectory, () => clock.now()),
    alone: oneByOne(options.exclusively ?? ((work) => work())),
    active: new Set(),
    async prepare(name) {
      const path = within(directory, name);
      await makeFolder(path);
      await guard.check().catch((error: unknown) => {
        counters.refusedDisk += 1;
        throw error;
      });
      return path;
    },
    cipher: () => configuration.settings().recordingEncryption,
    draw(callId) {
      const drawn = draws.get(callId) ?? random();
      draws.set(callId, drawn);
      // Of a call that had ended before it was asked about nobody tells the end.
      for (const old of draws.keys()) {
        if (draws.size <= MOST_DRAWS) break;
        draws.delete(old);
      }
      return drawn;
    },
    forget: (callId) => draws.delete(callId),
    messageLeft: () => undefined,
  };
}

function metricsOf(counters: Counters, { background, guard }: Context): Record<string, number> {
  return {
    recorder_active: counters.active,
    recorder_started_total: counters.started,
    recorder_completed_total: counters.completed,
    recorder_failed_total: counters.failed,
    'recorder_refused_total{reason="disk-full"}': counters.refusedDisk,
    recorder_repaired_total: counters.repaired,
    recorder_encrypted_total: counters.encrypted,
    recorder_deleted_total: counters.deleted,
    recorder_voicemails_total: counters.voicemails,
    recorder_voicemails_discarded_total: counters.voicemailsDiscarded,
    recorder_pending_writes: background.pending,
    recorder_free_bytes: guard.freeBytes,
    recorder_halted: guard.halted ? 1 : 0,
  };
}
