import path from 'node:path';
import {
  type CallLedger,
  type CallRegistry,
  type Clock,
  type Cluster,
  type EventRoad,
  type IdSource,
  type Logger,
  type RecordQueries,
  randomIds,
  systemClock,
} from '@yixian/contracts';
import {
  createDirectory,
  createJournal,
  createRecordQueries,
  type Journal,
  type LiveDirectory,
  migrate,
  oneAtATime,
  ownDatabase,
} from '@yixian/db';
import type { Config } from '../config.js';
import { seedIfEmpty } from '../first-run.js';
import { createOperatorLog } from '../operator-log.js';
import { type OpenDatabase, type OpenRedis, openDatabase, openRedis } from '../storage.js';
import { callsInProgress, joinHotline, layRoad, type Membership, type Road } from './cluster.js';
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
  /** The processes of this hotline; alone, this one leads itself. */
  cluster: Cluster;
  membership: Membership;
  road: Road;
  events: EventRoad;
  calls: CallRegistry & { sweepAfter(): void };
  toldCalls: CallRegistry;
  journal: Journal;
  /** A call's row, before it is answered. */
  ledger: CallLedger;
  records: RecordQueries;
  firstRunFile: string | undefined;
}

export async function layFoundation(config: Config, logger: Logger, undo: Undo): Promise<Foundation> {
  const clock = systemClock();
  const ids = randomIds();
  const database = await openDatabase(config, logger);
  undo.add('database', database.close);
  const ownership = await ownDatabase({ knex: database.knex, logger, clock, shared: config.node !== undefined });
  undo.add('ownership of the database', ownership.release);
  const redis = await openRedis(config, logger);
  undo.add('redis', redis.close);
  const firstRunFile = await oneAtATime(database.knex, 'start', async () => {
    await migrate(database.knex);
    return seedIfEmpty(config, database.knex, logger);
  });

  const directory = await createDirectory(database.knex, logger, clock);
  undo.add('directory', directory.close);
  const membership = await joinHotline(config, clock, logger, undo);
  const { cluster, instanceId } = membership;
  const spillFile = path.join(config.nodeDir, 'unstored-events.ndjson');
  const journal = createJournal({ knex: database.knex, logger, clock, instanceId, spillFile });
  undo.add('journal', () => journal.close());
  const road = await layRoad(membership, { clock, ids, logger, journal }, undo);
  const { events, ledger } = road;
  const { calls, toldCalls } = await callsInProgress(membership, road, logger, undo);
  if (road.clustered) road.clustered.numbered((event) => journal.append(event));
  else events.subscribe((event) => journal.append(event));
  events.subscribe(createOperatorLog(logger, (callId) => calls.record(callId)));
  if (!membership.joined) await journal.closeOrphans({ now: clock.now(), publish: (draft) => events.publish(draft) });
  const records = createRecordQueries(database.knex, {
    timezone: config.timeZone,
    settled: () => journal.flush(),
    counting: () => ({
      formula: directory.settings().serviceLevelFormula,
      shortAbandonMs: directory.settings().shortAbandonSeconds * 1000,
    }),
  });
  const storage = { database, redis, directory, journal, ledger, records };
  return { config, logger, clock, ids, ...storage, cluster, membership, road, events, calls, toldCalls, firstRunFile };
}
