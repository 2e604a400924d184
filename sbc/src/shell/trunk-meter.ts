import { type CallLeg, type Clock, dayBefore, type Logger, type Trunk, type TrunkId, type TrunkUsageRows } from '@yixian/contracts';
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
  metrics(): Record<string, number>;
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
}): TrunkMeter {
  const { clock, logger, timeZone, rows } = deps;
  const running = new Map<CallLeg, Running>();
  let today = dayOf(clock.now(), timeZone).day;
  let used = new Map<TrunkId, number>();

  function turnDay(): void {
    const { day } = dayOf(clock.now(), timeZone);
    if (day === today) return;
    today = day;
    used = new Map();
  }

  function use(trunkId: TrunkId): { calls: number; usedMs: number } {
    turnDay();
    let calls = 0;
    let usedMs = used.get(trunkId) ?? 0;
    for (const leg of running.values()) {
      if (leg.trunkId !== trunkId) continue;
      calls++;
      if (leg.answeredAt !== undefined) usedMs += partsOf(leg.answeredAt, clock.now(), timeZone).todayMs;
    }
    return { calls, usedMs };
  }

  function book(trunkId: TrunkId, answeredAt: number): void {
    turnDay();
    const { day, todayMs, beforeMs } = partsOf(answeredAt, clock.now(), timeZone);
    used.set(trunkId, (used.get(trunkId) ?? 0) + todayMs);
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
      void leg.answered.then((answered) => {
        if (answered) entry.answeredAt = clock.now();
      });
      void leg.ended.then(() => {
        running.delete(leg);
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
        const { calls, usedMs } = use(trunkId);
        out[`sbc_trunk_outbound_calls{trunk=${JSON.stringify(trunkId)}}`] = calls;
        out[`sbc_trunk_outbound_seconds_today{trunk=${JSON.stringify(trunkId)}}`] = Math.round(usedMs / 1000);
      }
      return out;
    },
  };
}
