import { localInstant, type Trunk } from '@yixian/contracts';

export interface OutboundUse {
  /** Outbound calls over the trunk now, not answered ones included. */
  calls: number;
  /** Answered outbound time of this day of the hotline's zone, calls in progress included, milliseconds. */
  usedMs: number;
}

/** Why a trunk takes no outbound call more; undefined when it does. */
export function outboundRefusal(
  trunk: Pick<Trunk, 'id' | 'maxOutboundCalls' | 'maxOutboundMinutesPerDay'>,
  use: OutboundUse,
): string | undefined {
  const { id, maxOutboundCalls, maxOutboundMinutesPerDay } = trunk;
  if (maxOutboundCalls !== null && use.calls >= maxOutboundCalls) {
    return `trunk ${id} carries its ${maxOutboundCalls} outbound calls`;
  }
  if (maxOutboundMinutesPerDay !== null && use.usedMs >= maxOutboundMinutesPerDay * 60_000) {
    return `trunk ${id} has used its ${maxOutboundMinutesPerDay} outbound minutes of today`;
  }
  return undefined;
}

/** The day of the zone, and how much of it is over. Zones are whole minutes apart from UTC. */
export function dayOf(now: number, timeZone: string): { day: string; sinceMidnightMs: number } {
  const { date, clock } = localInstant(now, timeZone);
  const [hours = 0, minutes = 0] = clock.split(':').map(Number);
  return { day: date, sinceMidnightMs: (hours * 60 + minutes) * 60_000 + (((now % 60_000) + 60_000) % 60_000) };
}

/** How much of a call that was answered then falls on the day of `now`, and how much on the days before. */
export function partsOf(answeredAt: number, now: number, timeZone: string): { day: string; todayMs: number; beforeMs: number } {
  const { day, sinceMidnightMs } = dayOf(now, timeZone);
  const all = Math.max(0, now - answeredAt);
  const todayMs = Math.min(all, sinceMidnightMs);
  return { day, todayMs, beforeMs: all - todayMs };
}
