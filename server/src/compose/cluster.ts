import { randomUUID } from 'node:crypto';
import {
  type CallLedger,
  type CallRegistry,
  type Clock,
  type Cluster,
  type DomainEvent,
  type EventBus,
  type EventRoad,
  type IdSource,
  type Logger,
  soloCluster,
} from '@yixian/contracts';
import type { Journal } from '@yixian/db';
import { createCallRegistry } from '../call-registry.js';
import { type ClusterRoad, createClusterRoad } from '../cluster/event-road.js';
import { joinCluster, type RedisCluster } from '../cluster/redis-cluster.js';
import { createSharedCalls } from '../cluster/shared-calls.js';
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

export interface CallsInProgress {
  calls: CallRegistry & { sweepAfter(): void };
  /** The same in step with what the gateway tells. */
  toldCalls: CallRegistry;
}

/** Who calls and who controls it; of all processes when there are several. */
export async function callsInProgress({ joined }: Membership, road: Road, logger: Logger, undo: Undo): Promise<CallsInProgress> {
  if (!joined || !road.clustered) {
    const calls = createCallRegistry(road.events);
    return { calls, toldCalls: calls };
  }
  const calls = createSharedCalls({ cluster: joined, road: road.clustered, logger });
  undo.add('calls of all processes', () => calls.close());
  await calls.catchUp();
  return { calls, toldCalls: calls.followed };
}

export interface Road {
  /** What the gateway tells: of all processes, in order; a client that comes from another process finds the last events here. */
  told: { events: EventBus; lastSeq: number };
  events: EventRoad;
  /** Of several processes: with numbers and origins. */
  clustered: ClusterRoad | undefined;
  ledger: CallLedger;
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
    const events = createEventBus({ clock, ids, logger, lastSeq });
    return { events, told: { events, lastSeq }, clustered: undefined, ledger: journal.ledger };
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
  return { events: clustered, told: toldOf(clustered), clustered, ledger };
}

/** Followed from now on; what comes before the gateway listens is kept for it. */
function toldOf(road: ClusterRoad): Road['told'] {
  const early = [...road.backlog];
  const stopKeeping = road.follow((event) => early.push(event));
  const lastSeq = early[0] ? early[0].seq - 1 : road.followedTo;
  const events: EventBus = {
    publish: (draft) => road.publish(draft),
    subscribe(listener) {
      stopKeeping();
      for (const event of early.splice(0)) listener(event);
      return road.follow(listener);
    },
  };
  return { events, lastSeq };
}

const named = ({ type, at, callId, agentId, queueId, data }: DomainEvent) => ({ type, at, callId, agentId, queueId, data });
