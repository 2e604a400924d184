import path from 'node:path';
import {
  type CallRegistry,
  type Clock,
  type EventBus,
  type IdSource,
  type Logger,
  type RecordQueries,
  randomIds,
  systemClock,
} from '@yixian/contracts';
import { createDirectory, createJournal, createRecordQueries, type Journal, type LiveDirectory, migrate, ownDatabase } from '@yixian/db';
import { createCallRegistry } from '../call-registry.js';
import type { Config } from '../config.js';
import { createEventBus } from '../event-bus.js';
import { seedIfEmpty } from '../first-run.js';
import { createOperatorLog } from '../operator-log.js';
import { type OpenDatabase, type OpenRedis, openDatabase, openRedis } from '../storage.js';
import type { Undo } from './undo.js';

/** What everything else stands on: storage, time, the road of events, the calls in progress. */
export interface Foundation {
  config: Config;
  logger: Logger;
  clock: Clock;
  ids: IdSource;
  database: OpenDatabase;
  redis: OpenRedis;
  directory: LiveDirectory;
  events: EventBus;
  calls: CallRegistry & { sweepAfter(): void };
  journal: Journal;
  records: RecordQueries;
  firstRunFile: string | undefined;
  /** What this process numbers its events on from. */
  lastSeq: number;
}

export async function layFoundation(config: Config, logger: Logger, undo: Undo): Promise<Foundation> {
  const clock = systemClock();
  const ids = randomIds();
  const database = await openDatabase(config, logger);
  undo.add('database', database.close);
  const ownership = await ownDatabase({ knex: database.knex, logger, clock });
  undo.add('ownership of the database', ownership.release);
  const redis = await openRedis(config, logger);
  undo.add('redis', redis.close);
  await migrate(database.knex);
  const firstRunFile = await seedIfEmpty(config, database.knex, logger);

  const directory = await createDirectory(database.knex, logger, clock);
  undo.add('directory', directory.close);
  const journal = createJournal({ knex: database.knex, logger, clock, spillFile: path.join(config.dataDir, 'unstored-events.ndjson') });
  undo.add('journal', () => journal.close());
  const lastSeq = await journal.lastSeq();
  const events = createEventBus({ clock, ids, logger, lastSeq });
  const calls = createCallRegistry(events);
  events.subscribe((event) => journal.append(event));
  events.subscribe(createOperatorLog(logger, (callId) => calls.record(callId)));
  await journal.closeOrphans({ now: clock.now(), publish: (draft) => events.publish(draft) });
  const records = createRecordQueries(database.knex, {
    timezone: config.timeZone,
    settled: () => journal.flush(),
    counting: () => ({
      formula: directory.settings().serviceLevelFormula,
      shortAbandonMs: directory.settings().shortAbandonSeconds * 1000,
    }),
  });
  return { config, logger, clock, ids, database, redis, directory, events, calls, journal, records, firstRunFile, lastSeq };
}
