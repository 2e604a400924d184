import { randomUUID } from 'node:crypto';
import type { CallId, CallLedger, Clock, DomainEvent, EventDraft, Logger, Timer } from '@yixian/contracts';
import type { Knex } from 'knex';
import { type BatchStore, createBatchStore } from './batch-store.js';
import { type Batcher, createBatcher } from './batcher.js';
import { type Heartbeat, startHeartbeat } from './heartbeat.js';
import { closeOrphans } from './orphans.js';
import { createProjector } from './projector.js';
import { createSpill, type Spill } from './spill.js';
import { createWriter, type Writer } from './writer.js';

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
  /** File that keeps what the database would not take before `close`, for the next start. */
  spillFile?: string;
}

export interface Journal {
  /** Takes an event of the bus; stored within milliseconds, in order, once, whatever the database does meanwhile. */
  append(event: DomainEvent): void;
  /** Resolves when everything appended so far is committed; rejects when the journal is closed before that. */
  flush(): Promise<void>;
  /**
   * Stores what waits and stops; what the database does not take within the deadline goes to the spill file.
   * @throws Error naming how many events were lost when there is no such file
   */
  close(deadlineMs?: number): Promise<void>;
  /**
   * The number new events are counted on from: of the last stored event, 0 in an empty database. After a process that did not
   * close its journal it is well beyond, since numbers may have been shown to clients and not stored. Call it before `closeOrphans`.
   */
  lastSeq(): Promise<number>;
  /** The number of the last event stored, by whichever process; 0 in an empty database. */
  storedSeq(): Promise<number>;
  readonly ledger: CallLedger;
  /**
   * Ends the calls that dead processes left open, through `publish`; returns how many. Alone, call it before new calls are let in.
   * @param options.isDead of several processes, whether that run of a process is over; default: every other one is
   */
  closeOrphans(options: {
    now: number;
    publish: (draft: EventDraft) => DomainEvent;
    isDead?: (instanceIds: readonly string[]) => Promise<readonly string[]>;
  }): Promise<number>;
  /** The run of a process that the call belongs to; undefined: the call is unknown. */
  instanceOf(callId: CallId): Promise<string | undefined>;
  metrics(): Record<string, number>;
}

/** A killed process may have shown numbers to clients that it could not store any more: they are not given out again. */
const SKIP_AFTER_KILL = 100_000;

/** The journal of all events and the tables projected from it, written by one connection in the order of the events. */
export function createJournal(options: JournalOptions): Journal {
  const { knex, logger, clock } = options;
  const instanceId = options.instanceId ?? randomUUID();
  const writer = createWriter(knex, clock);
  const projector = createProjector(knex, logger);
  const heartbeat = startHeartbeat({ knex, clock, logger, instanceId });
  const store = createBatchStore({ writer, projector, instanceId, clock, logger });
  const spill = options.spillFile === undefined ? undefined : createSpill(options.spillFile, logger);
  const batcher = createBatcher<DomainEvent>({
    ...{ clock, batchMs: options.batchMs ?? 5, maxBatch: options.maxBatch ?? 200 },
    store: store.store,
  });
  const restored = restore(batcher, spill, logger);
  let lastAppendedSeq = 0;
  let closing: Promise<void> | undefined;
  const append = (event: DomainEvent): void => {
    if (closing) logger.error({ event }, 'this event came after the journal was closed: it is only in this log');
    batcher.push(event);
    lastAppendedSeq = event.seq;
  };
  const ledger = createLedger({
    ...{ batcher, clock, maxWaiting: options.maxWaiting ?? 50_000, deadlineMs: options.openDeadlineMs ?? 2_000 },
    // The bus has normally handed it over already; its row is projected from it like all else.
    ensure: (event) => event.seq > lastAppendedSeq && append(event),
  });
  return {
    append,
    flush: batcher.flush,
    close(deadlineMs = 5_000) {
      closing ??= closeJournal({ batcher, store, spill, heartbeat, writer, clock, logger, deadlineMs });
      return closing;
    },
    async lastSeq() {
      const spilled = await restored;
      return Math.max(spilled, await lastStoredSeq(knex, instanceId));
    },
    async storedSeq() {
      const spilled = await restored;
      const { rows } = await knex.raw<{ rows: { seq: number }[] }>('select coalesce(max(seq), 0)::bigint as seq from event_journal');
      return Math.max(spilled, rows[0]?.seq ?? 0);
    },
    ledger,
    async closeOrphans({ now, publish, isDead }) {
      await restored;
      await batcher.flush();
      return closeOrphans({ knex, logger, instanceId, projector, now, publish, flush: batcher.flush, ...(isDead ? { isDead } : {}) });
    },
    async instanceOf(callId) {
      const row = (await knex('calls').select('instance_id').where({ id: callId }).first()) as { instance_id: string } | undefined;
      return row?.instance_id;
    },
    metrics: () => ({
      journal_events_total: batcher.stored,
      journal_events_waiting: batcher.waiting,
      journal_batches_total: store.counters.batches,
      journal_write_failures_total: store.counters.failures,
      journal_events_rejected_total: store.counters.rejected,
      journal_foreign_seq_total: store.counters.foreign,
      journal_calls_refused_total: ledger.refused(),
      journal_live_calls: projector.liveCalls,
    }),
  };
}

interface CloseOptions {
  batcher: Batcher<DomainEvent>;
  store: BatchStore;
  spill: Spill | undefined;
  heartbeat: Heartbeat;
  writer: Writer;
  clock: Clock;
  logger: Logger;
  deadlineMs: number;
}

async function closeJournal({ batcher, store, spill, heartbeat, writer, clock, logger, deadlineMs }: CloseOptions): Promise<void> {
  const stop = (): Promise<readonly DomainEvent[]> => {
    store.close();
    return batcher.stop();
  };
  const late = clock.setTimer(deadlineMs, () => void stop());
  await batcher.flush().catch((error: Error) => logger.error({ err: error }, 'closing the event journal'));
  late.cancel();
  const left = await stop();
  await heartbeat.stop({ clean: left.length === 0 });
  await writer.close();
  if (left.length === 0) return;
  if (!spill) throw new Error(`${left.length} events could not be stored before the journal was closed`);
  await spill.write(left);
}

/** Puts what the last process left before everything else; resolves with its last number. */
async function restore(batcher: Batcher<DomainEvent>, spill: Spill | undefined, logger: Logger): Promise<number> {
  if (!spill) return 0;
  try {
    const events = await spill.read();
    if (events.length === 0) return 0;
    batcher.pushFirst(events);
    // Until it is gone a repeated start stores them again, which changes nothing.
    void batcher
      .flush()
      .then(() => spill.clear())
      .catch((error: Error) => logger.error({ err: error }, 'the file of unstored events stays'));
    return events.at(-1)?.seq ?? 0;
  } catch (error) {
    logger.error({ err: error }, 'the file of unstored events cannot be read: it is left as it is');
    return 0;
  }
}

async function lastStoredSeq(knex: Knex, instanceId: string): Promise<number> {
  const { rows } = await knex.raw<{ rows: { seq: number; killed: boolean }[] }>(
    `select coalesce((select max(seq) from event_journal), 0)::bigint as seq,
      exists (select 1 from instances where id <> ?) as killed`,
    [instanceId],
  );
  const { seq, killed } = rows[0] ?? { seq: 0, killed: false };
  return killed ? seq + SKIP_AFTER_KILL : seq;
}

interface LedgerOptions {
  batcher: Batcher<DomainEvent>;
  clock: Clock;
  maxWaiting: number;
  deadlineMs: number;
  ensure: (event: DomainEvent) => void;
}

/** A call is open when the batch with its `call.arrived` is committed: calls that arrive during one commit share the next. */
function createLedger({ batcher, clock, maxWaiting, deadlineMs, ensure }: LedgerOptions): CallLedger & { refused(): number } {
  let refused = 0;
  return {
    refused: () => refused,
    async open(arrived) {
      let late: Timer | undefined;
      try {
        if (batcher.waiting > maxWaiting) throw new Error(`the event journal is ${batcher.waiting} events behind`);
        ensure(arrived);
        const deadline = new Promise<never>((_, reject) => {
          const message = `call ${arrived.callId}: its row was not stored within ${deadlineMs} ms`;
          late = clock.setTimer(deadlineMs, () => reject(new Error(message)));
        });
        await Promise.race([batcher.flush(), deadline]);
      } catch (error) {
        refused += 1;
        throw error;
      } finally {
        late?.cancel();
      }
    },
  };
}
