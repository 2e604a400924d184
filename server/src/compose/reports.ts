import { createReports, type Reports } from '@yixian/db';
import type { Foundation } from './foundation.js';
import type { Undo } from './undo.js';

/** As often as a quarter of an hour is complete. */
const SUM_UP_EVERY_MS = 15 * 60_000;
/** A reader does not wait longer for a journal that waits for the database. */
const SETTLED_MS = 500;

/** Reports over the records. What can no longer change is summed up now and every quarter of an hour, so that months are read fast. */
export function startReports(
  base: Pick<Foundation, 'cluster' | 'database' | 'journal' | 'directory' | 'clock' | 'config' | 'logger'>,
  undo: Undo,
): Reports {
  const { clock, cluster, logger, directory, journal } = base;
  const reports = createReports(base.database.knex, {
    timezone: base.config.timeZone,
    shortAbandonMs: () => directory.settings().shortAbandonSeconds * 1000,
    settled: () =>
      new Promise((resolve) => {
        const late = clock.setTimer(SETTLED_MS, resolve);
        const done = (): void => {
          late.cancel();
          resolve();
        };
        journal.flush().then(done, done);
      }),
  });
  let stopped = false;
  let running: Promise<unknown> = Promise.resolve();
  let timer = clock.setTimer(0, sumUp);

  function sumUp(): void {
    timer.cancel();
    timer = clock.setTimer(SUM_UP_EVERY_MS, sumUp);
    if (!cluster.leadership().mine) return; // of several processes one does it
    running = reports.sumUp().catch((error: unknown) => {
      if (!stopped) logger.warn({ err: error }, 'quarters of an hour could not be summed up; they are when the database is back');
    });
  }
  const offLeadership = cluster.onLeadership(({ mine }) => mine && sumUp());

  undo.add('reports', async () => {
    stopped = true;
    offLeadership();
    timer.cancel();
    await running;
  });
  return reports;
}
