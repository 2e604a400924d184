import { randomUUID } from 'node:crypto';
import type { CallLedger, Clock, DomainEvent, EventDraft, Logger, Timer } from '@yixian/contracts';
import type { Knex } from 'knex';
import { startHeartbeat } from './heartbeat.js';
import { type Batch, storeBatch } from './journal-sql.js';
import { closeOrphans } from './orphans.js';
import { createProjector } from './projector.js';
import { salvage } from './salvage.js';
import { createWriter, sqlState } from './writer.js';

export interface JournalOptions {
  knex: Knex;
  logger: Logger;
  clock: Clock;
  /** Names this run of the process; random when not given. */
  instanceId?: string;
  /** How long events are gathered before they are stored together, milliseconds. */
  batchMs?: number;
  /** Events of one transaction at most. */
  maxBatch?: number;
  /** With so many events waiting, new calls are refused until the database keeps up again. */
  maxWaiting?: number;
  /** How long `ledger.open` waits for the commit, milliseconds. */
  openDeadlineMs?: number;
}

export interface Journal {
  /** Takes an event of the bus; stored within milliseconds, in order, once, whatever the database does meanwhile. */
  append(event: DomainEvent): void;
  /** Resolves when everything appended so far is committed; rejects when the journal is closed before that. */
  flush(): Promise<void>;
  /**
   * Stores what waits and stops.
   * @throws Error naming how many events could not be stored within the deadline
   */
  close(deadlineMs?: number): Promise<void>;
  /**
   * The number new events are counted on from: of the last stored event, 0 in an empty database. After a process that did not
   * close its journal it is well beyond, since numbers may have been shown to clients and not stored. Call it before `closeOrphans`.
   */
  lastSeq(): Promise<number>;
  readonly ledger: CallLedger;
  /** Ends the calls that dead processes left open, through `publish`; returns how many. Call it before new calls are let in. */
  closeOrphans(options: { now: number; publish: (draft: EventDraft) => DomainEvent }): Promise<number>;
  metrics(): Record<string, number>;
}

const STORE_DEADLINE_MS = 10_000;
/** A killed process may have shown numbers to clients that it could not store any more: they are not given out again. */
const SKIP_AFTER_KILL = 100_000;
const RETRY_MS = 100;
const RETRY_MAX_MS = 2_000;

interface Waiter {
  /** Wants everything up to this count of appended events committed. */
  target: number;
  resolve(): void;
  reject(error: Error): void;
}

/** The journal of all events and the tables projected from it, written by one connection in the order of the events. */
export function createJournal(options: JournalOptions): Journal {
  const { knex, logger, clock } = options;
  const batchMs = options.batchMs ?? 5;
  const maxBatch = options.maxBatch ?? 200;
  const maxWaiting = options.maxWaiting ?? 50_000;
  const openDeadlineMs = options.openDeadlineMs ?? 2_000;
  const instanceId = options.instanceId ?? randomUUID();
  const writer = createWriter(knex, clock);
  const projector = createProjector(knex, logger);
  const heartbeat = startHeartbeat({ knex, clock, logger, instanceId });

  let waiting: DomainEvent[] = [];
  let waiters: Waiter[] = [];
  let appended = 0;
  let committed = 0;
  let lastAppendedSeq = 0;
  let timer: Timer | undefined;
  let running: Promise<void> | undefined;
  let closed = false;
  let pause: { timer: Timer; wake(): void } | undefined;
  const counters = { batches: 0, failures: 0, rejected: 0, foreign: 0, refused: 0 };

  const schedule = (): void => {
    if (running || closed) return;
    timer ??= clock.setTimer(batchMs, kick);
  };
  const kick = (): void => {
    timer?.cancel();
    timer = undefined;
    if (running || closed || waiting.length === 0) return;
    running = run().finally(() => {
      running = undefined;
      if (waiting.length > 0) schedule();
    });
  };
  const run = async (): Promise<void> => {
    do {
      const events = waiting.slice(0, maxBatch);
      const stored = await store(events);
      if (!stored) return;
      waiting = waiting.slice(events.length);
      committed += events.length;
      settle();
      // Someone waits for a commit or there is a backlog: go on at once, else gather first.
    } while (waiting.length > 0 && (waiters.length > 0 || waiting.length >= maxBatch));
  };
  const settle = (): void => {
    const done = waiters.filter((w) => w.target <= committed);
    waiters = waiters.filter((w) => w.target > committed);
    for (const w of done) w.resolve();
  };

  /** Stores one batch, however long it takes; false when the journal was closed meanwhile. */
  const store = async (events: readonly DomainEvent[]): Promise<boolean> => {
    let batch: Batch | undefined;
    let singly = false;
    for (let delay = RETRY_MS; !closed; delay = Math.min(delay * 2, RETRY_MAX_MS)) {
      try {
        batch ??= await projector.project(events);
        if (singly) counters.rejected += await salvage(batch, write, logger);
        else await write(batch);
        return true;
      } catch (error) {
        counters.failures += 1;
        if (!singly && isDataError(error)) {
          singly = true;
          continue;
        }
        const facts = { err: error, events: waiting.length, retryInMs: delay };
        logger.error(facts, 'the event journal cannot be written: events are kept and tried again');
        await wait(delay);
      }
    }
    return false;
  };
  const write = async (batch: Batch): Promise<void> => {
    const { rows } = await writer.run(storeBatch(batch, instanceId), STORE_DEADLINE_MS);
    counters.batches += 1;
    const foreign = (rows[0] as { foreign_events: number } | undefined)?.foreign_events ?? 0;
    if (foreign === 0) return;
    counters.foreign += foreign;
    logger.error(
      { foreign, from: batch.events[0]?.seq },
      'event numbers were taken by another process: does a second one use this database?',
    );
  };
  const wait = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      if (closed) return resolve();
      pause = { timer: clock.setTimer(ms, resolve), wake: resolve };
    });

  const append = (event: DomainEvent): void => {
    waiting.push(event);
    appended += 1;
    lastAppendedSeq = event.seq;
    schedule();
  };
  const committedUpTo = (target: number): Promise<void> => {
    if (target <= committed) return Promise.resolve();
    if (closed) return Promise.reject(new Error('the event journal is closed'));
    const done = new Promise<void>((resolve, reject) => waiters.push({ target, resolve, reject }));
    kick();
    return done;
  };

  return {
    append,
    flush: () => committedUpTo(appended),
    async close(deadlineMs = 5_000) {
      if (closed) return;
      const late = clock.setTimer(deadlineMs, () => stop());
      const stop = (): void => {
        closed = true;
        timer?.cancel();
        pause?.timer.cancel();
        pause?.wake();
        for (const w of waiters) w.reject(new Error('the event journal was closed before the database took everything'));
        waiters = [];
      };
      await committedUpTo(appended).catch((error: Error) => logger.error({ err: error }, 'closing the event journal'));
      late.cancel();
      stop();
      await running;
      await heartbeat.stop({ clean: waiting.length === 0 });
      await writer.close();
      if (waiting.length > 0) throw new Error(`${waiting.length} events could not be stored before the journal was closed`);
    },
    async lastSeq() {
      const { rows } = await knex.raw<{ rows: { seq: number; killed: boolean }[] }>(
        `select coalesce((select max(seq) from event_journal), 0)::bigint as seq,
          exists (select 1 from instances where id <> ?) as killed`,
        [instanceId],
      );
      const { seq, killed } = rows[0] ?? { seq: 0, killed: false };
      return killed ? seq + SKIP_AFTER_KILL : seq;
    },
    ledger: {
      async open(arrived) {
        if (waiting.length > maxWaiting) {
          counters.refused += 1;
          throw new Error(`the event journal is ${waiting.length} events behind`);
        }
        // The bus has normally handed it over already; its row is projected from it like all else.
        if (arrived.seq > lastAppendedSeq) append(arrived);
        let late: Timer | undefined;
        const deadline = new Promise<never>((_, reject) => {
          const message = `call ${arrived.callId}: its row was not stored within ${openDeadlineMs} ms`;
          late = clock.setTimer(openDeadlineMs, () => reject(new Error(message)));
        });
        try {
          await Promise.race([committedUpTo(appended), deadline]);
        } catch (error) {
          counters.refused += 1;
          throw error;
        } finally {
          late?.cancel();
        }
      },
    },
    closeOrphans: ({ now, publish }) =>
      closeOrphans({ knex, logger, instanceId, projector, now, publish, flush: () => committedUpTo(appended) }),
    metrics: () => ({
      journal_events_total: committed,
      journal_events_waiting: waiting.length,
      journal_batches_total: counters.batches,
      journal_write_failures_total: counters.failures,
      journal_events_rejected_total: counters.rejected,
      journal_foreign_seq_total: counters.foreign,
      journal_calls_refused_total: counters.refused,
      journal_live_calls: projector.liveCalls,
    }),
  };
}

/** Class 22 (data exception) and 23 (constraint violation): the same batch will fail for ever, so its rows are tried singly. */
function isDataError(error: unknown): boolean {
  return /^(22|23)/.test(sqlState(error) ?? '');
}
