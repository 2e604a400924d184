import { randomUUID } from 'node:crypto';
import {
  type CallLedger,
  type Clock,
  type Cluster,
  type DomainEvent,
  type EventRoad,
  type IdSource,
  type Logger,
  soloCluster,
} from '@yixian/contracts';
import type { Journal } from '@yixian/db';
import { type ClusterRoad, createClusterRoad } from '../cluster/event-road.js';
import { joinCluster, type RedisCluster } from '../cluster/redis-cluster.js';
import { openWire } from '../cluster/wire.js';
import type { Config } from '../config.js';
import { createEventBus } from '../event-bus.js';
import { httpUrl } from '../first-run.js';
import { connectCluster } from '../storage.js';
import { version } from '../version.js';
import type { Undo } from './undo.js';

/** A killed process may have shown numbers that nobody stored: they are not given out again. */
const SKIP = 100_000;
/** A new call waits so long for the number of its first event, as it does for its row. */
const NUMBER_DEADLINE_MS = 2_000;
const CLOSE_MS = 3_000;

/** The processes of this hotline: joined by `HOTLINE_NODE`, else this one alone. */
export interface Membership {
  cluster: Cluster;
  /** Undefined: alone. */
  joined: RedisCluster | undefined;
  /** This run of the process, in rows and keys. */
  instanceId: string;
}

export async function joinHotline(config: Config, clock: Clock, logger: Logger, undo: Undo): Promise<Membership> {
  const { node, redisUrl } = config;
  const view = { version, startedAt: clock.now(), http: httpUrl(config), sip: null };
  if (node === undefined || redisUrl === undefined) return { cluster: soloCluster(view), joined: undefined, instanceId: randomUUID() };
  const wire = await openWire(() => connectCluster(redisUrl), logger);
  undo.add('connections to the other processes', () => wire.close());
  const incarnation = randomUUID();
  const joined = await joinCluster({ wire, clock, logger, self: { ...view, node, incarnation, state: 'up' } });
  undo.add('membership', () => joined.leave());
  return { cluster: joined, joined, instanceId: incarnation };
}

export interface Road {
  events: EventRoad;
  /** Of several processes: with numbers and origins. */
  clustered: ClusterRoad | undefined;
  ledger: CallLedger;
  lastSeq: number;
}

/** The road of events: numbered here when this process is alone, by Redis when it is one of several. The journal hears of each with its number. */
export async function layRoad(
  { joined }: Membership,
  deps: { clock: Clock; ids: IdSource; logger: Logger; journal: Journal },
  undo: Undo,
): Promise<Road> {
  const { clock, ids, logger, journal } = deps;
  if (!joined) {
    const lastSeq = await journal.lastSeq();
    return { events: createEventBus({ clock, ids, logger, lastSeq }), clustered: undefined, ledger: journal.ledger, lastSeq };
  }
  const known = await journal.storedSeq();
  const clustered = await createClusterRoad({ wire: joined.wire, self: joined.self, clock, ids, logger, known, floor: known + SKIP });
  undo.add('road of events', async () => {
    const left = await clustered.close(CLOSE_MS);
    if (left.length > 0) logger.error({ events: left.map(named) }, 'these events got no number: they are only in this log');
  });
  const ledger: CallLedger = {
    async open(arrived) {
      await clustered.hasNumber(arrived, NUMBER_DEADLINE_MS);
      await journal.ledger.open(arrived);
    },
  };
  return { events: clustered, clustered, ledger, lastSeq: known };
}

const named = ({ type, at, callId, agentId, queueId, data }: DomainEvent) => ({ type, at, callId, agentId, queueId, data });
