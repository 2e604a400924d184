import {
  type CallLeg,
  type Clock,
  type Cluster,
  createSharedTable,
  dayBefore,
  type Logger,
  type Trunk,
  type TrunkId,
  type TrunkUsageRows,
} from '@yixian/contracts';
import { dayOf, outboundRefusal, partsOf } from '../core/trunk-usage.js';
import { messageOf } from './deadline.js';

/** Outbound calls and minutes of each trunk against its limits. */
export interface TrunkMeter {
  /** Why the trunk takes no outbound call now; undefined when it does. */
  refusal(trunk: Trunk): string | undefined;
  /** Counts an outbound leg from now on, and its minutes from the answer to its end. */
  count(trunkId: TrunkId, leg: CallLeg): void;
  /** Reads what was used today before this process. Rejects when it cannot be read. */
  start(): Promise<void>;
  /** Of this process. */
  metrics(): Record<string, number>;
}

/** What another process has to know: calls over a trunk that run, and when those that were answered were (epoch milliseconds). */
interface Share {
  calls: number;
  answeredAt: number[];
}

/** Minutes of a call that has ended, to be counted by all. */
const BOOKED = 'sbc.trunk-minutes';

interface Booked {
  day: string;
  trunkId: TrunkId;
  ms: number;
}

interface Running {
  trunkId: TrunkId;
  answeredAt: number | undefined;
}

export function createTrunkMeter(deps: {
  clock: Pick<Clock, 'now'>;
  logger: Logger;
  timeZone: string;
  /** Without it minutes are forgotten at a restart. */
  rows?: TrunkUsageRows;
  /** The other processes of the hotline, whose calls count as well. */
  cluster?: Cluster;
}): TrunkMeter {
  const { clock, logger, timeZone, rows, cluster } = deps;
  const shared = cluster && createSharedTable<Share>(cluster, 'sbc.trunk-outbound');
  const running = new Map<CallLeg, Running>();
  let today = dayOf(clock.now(), timeZone).day;
  let used = new Map<TrunkId, number>();

  function turnDay(): void {
    const { day } = dayOf(clock.now(), timeZone);
    if (day === today) return;
    today = day;
    used = new Map();
  }

  function own(trunkId: TrunkId): Share {
    const legs = [...running.values()].filter((leg) => leg.trunkId === trunkId);
    return { calls: legs.length, answeredAt: legs.flatMap((leg) => leg.answeredAt ?? []) };
  }

  function share(trunkId: TrunkId): void {
    if (!shared) return;
    const now = own(trunkId);
    shared.set(trunkId, now.calls > 0 ? now : undefined);
  }

  function use(
    trunkId: TrunkId,
    shares: Iterable<Share> = shared?.at(trunkId).values() ?? [own(trunkId)],
  ): { calls: number; usedMs: number } {
    turnDay();
    let calls = 0;
    let usedMs = used.get(trunkId) ?? 0;
    for (const one of shares) {
      calls += one.calls;
      for (const answeredAt of one.answeredAt) usedMs += partsOf(answeredAt, clock.now(), timeZone).todayMs;
    }
    return { calls, usedMs };
  }

  cluster?.receive(BOOKED, ({ from, body }) => {
    const { day, trunkId, ms } = body as Booked;
    turnDay();
    if (from !== cluster.self.node && day === today) used.set(trunkId, (used.get(trunkId) ?? 0) + ms);
  });

  function book(trunkId: TrunkId, answeredAt: number): void {
    turnDay();
    const { day, todayMs, beforeMs } = partsOf(answeredAt, clock.now(), timeZone);
    used.set(trunkId, (used.get(trunkId) ?? 0) + todayMs);
    cluster?.broadcast(BOOKED, { day, trunkId, ms: todayMs } satisfies Booked);
    keep(day, trunkId, todayMs);
    if (beforeMs > 0) keep(dayBefore(day), trunkId, beforeMs);
  }

  function keep(day: string, trunkId: TrunkId, milliseconds: number): void {
    rows?.add(day, trunkId, Math.round(milliseconds)).catch((error: unknown) => {
      logger.error({ trunk: trunkId, day, milliseconds, problem: messageOf(error) }, 'outbound minutes of a trunk could not be stored');
    });
  }

  return {
    refusal: (trunk) => outboundRefusal(trunk, use(trunk.id)),
    count(trunkId, leg) {
      const entry: Running = { trunkId, answeredAt: undefined };
      running.set(leg, entry);
      share(trunkId);
      void leg.answered.then((answered) => {
        if (!answered) return;
        entry.answeredAt = clock.now();
        share(trunkId);
      });
      void leg.ended.then(() => {
        running.delete(leg);
        share(trunkId);
        if (entry.answeredAt !== undefined) book(trunkId, entry.answeredAt);
      });
    },
    async start() {
      if (!rows) return;
      const kept = await rows.load(today);
      for (const [trunkId, ms] of kept) used.set(trunkId, (used.get(trunkId) ?? 0) + ms);
    },
    metrics() {
      const out: Record<string, number> = {};
      for (const trunkId of new Set([...used.keys(), ...[...running.values()].map((leg) => leg.trunkId)])) {
        const { calls, usedMs } = use(trunkId, [own(trunkId)]);
        out[`sbc_trunk_outbound_calls{trunk=${JSON.stringify(trunkId)}}`] = calls;
        out[`sbc_trunk_outbound_seconds_today{trunk=${JSON.stringify(trunkId)}}`] = Math.round(usedMs / 1000);
      }
      return out;
    },
  };
}
