import type { Logger } from '@yixian/contracts';
import type { Batch } from './journal-sql.js';
import { sqlState } from './writer.js';

/**
 * Stores a batch row by row because the database refused its content; what is refused alone too is logged in full.
 * One bad event must not hold up all the others for ever.
 * @returns how many rows were refused
 * @throws what the writer throws when the database is away: the whole is tried again
 */
export async function salvage(batch: Batch, write: (single: Batch) => Promise<void>, logger: Logger): Promise<number> {
  const singles: Batch[] = [
    ...batch.events.map((event) => ({ events: [event], calls: [], intervals: [] })),
    ...batch.calls.map((call) => ({ events: [], calls: [call], intervals: [] })),
    ...[...batch.intervals].sort((a, b) => a.seq - b.seq).map((interval) => ({ events: [], calls: [], intervals: [interval] })),
  ];
  let refused = 0;
  for (const single of singles) {
    try {
      await write(single);
    } catch (error) {
      if (!isDataError(error)) throw error;
      refused += 1;
      logger.error({ err: error, refused: single }, 'the database refuses this row for ever: it is only in this log');
    }
  }
  return refused;
}

/** Class 22 (data exception) and 23 (constraint violation): the same batch will fail for ever, so its rows are tried singly. */
export function isDataError(error: unknown): boolean {
  return /^(22|23)/.test(sqlState(error) ?? '');
}
