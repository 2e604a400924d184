import type { Clock, DomainEvent, Logger, Timer } from '@yixian/contracts';
import { type Batch, storeBatch } from './journal-sql.js';
import type { Projector } from './projector.js';
import { isDataError, salvage } from './salvage.js';
import type { Writer } from './writer.js';

/** Writes batches of events with their projections, again and again until the database has taken them. */
export interface BatchStore {
  /** True once committed; false when closed before. Never rejects. */
  store(events: readonly DomainEvent[]): Promise<boolean>;
  /** Ends waiting and trying again. */
  close(): void;
  readonly counters: Readonly<Record<'batches' | 'failures' | 'rejected' | 'foreign', number>>;
}

const STORE_DEADLINE_MS = 10_000;
const RETRY_MS = 100;
const RETRY_MAX_MS = 2_000;

export interface BatchStoreOptions {
  writer: Writer;
  projector: Projector;
  instanceId: string;
  clock: Clock;
  logger: Logger;
}

export function createBatchStore({ writer, projector, instanceId, clock, logger }: BatchStoreOptions): BatchStore {
  const counters = { batches: 0, failures: 0, rejected: 0, foreign: 0 };
  let closed = false;
  let pause: { timer: Timer; wake(): void } | undefined;

  const wait = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      if (closed) return resolve();
      pause = { timer: clock.setTimer(ms, resolve), wake: resolve };
    });
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

  return {
    counters,
    async store(events) {
      // Folded once, however often it is written.
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
          logger.error({ err: error, retryInMs: delay }, 'the event journal cannot be written: events are kept and tried again');
          await wait(delay);
        }
      }
      return false;
    },
    close() {
      closed = true;
      pause?.timer.cancel();
      pause?.wake();
    },
  };
}
