import { applyCallEvent, type CallId, type CallRecord, type DomainEvent, type EventType } from '@yixian/contracts';

/** A call's record with what the journal must know of it. */
export interface TrackedCall {
  record: CallRecord;
  /** Number of its `call.arrived`. */
  arrivedSeq: number;
  /** Number and time of the last event that was folded in. */
  lastSeq: number;
  lastEventAt: number;
}

/** Events that carry a call's id and say nothing its record keeps. */
const NO_EFFECT: ReadonlySet<EventType> = new Set([
  'call.refused',
  'leg.ended',
  'recording.paused',
  'recording.resumed',
  'recording.stopped',
  'recording.failed',
]);

/** The call whose record this event may change; undefined when it changes none. */
export function affectedCall(event: DomainEvent): CallId | undefined {
  return NO_EFFECT.has(event.type) ? undefined : event.callId;
}

/**
 * Folds one event into the call it belongs to. The same event twice changes nothing.
 * @returns the same object when nothing changed; undefined when the call is unknown
 */
export function track(call: TrackedCall | undefined, event: DomainEvent): TrackedCall | undefined {
  if (call && (event.seq <= call.lastSeq || event.type === 'call.arrived')) return call;
  const record = applyCallEvent(call?.record, event);
  if (!record || record === call?.record) return call;
  return { record, arrivedSeq: call?.arrivedSeq ?? event.seq, lastSeq: event.seq, lastEventAt: event.at };
}

/**
 * When a call of a dead process ended: the process lived at least until the call's last event and until its own last heartbeat,
 * and the call with it; nothing later is known.
 */
export function orphanEndedAt(call: { startedAt: number; lastEventAt: number; heartbeatAt: number | null }, now: number): number {
  const known = Math.max(call.startedAt, call.lastEventAt, call.heartbeatAt ?? 0);
  return Math.max(call.startedAt, Math.min(known, now));
}
