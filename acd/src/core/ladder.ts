import { somebodyReady } from './lanes.js';
import type { Turn } from './turn-state.js';
import type { AgentEntry, CallEntry, CallRung, QueueEntry, Tables } from './types.js';

// When levels relax. That is a matter of the clock alone: who has waited so long needs so much. So no call has a timer for it.
// One timer for all wakes the core: to the millisecond where somebody is ready who could have the call then, else within
// `TOLD_WITHIN_MS`, for then it is only told. As long as somebody is ready each step begins with what has fallen due until then,
// else whoever becomes ready goes by the waits themselves, and a call is told when it is offered at the latest. A call that rings
// relaxes when it is open again.

/** A relaxation nobody is ready for is told so late at most. */
export const TOLD_WITHIN_MS = 1_000;

/** How many steps of relaxation belong to so long a wait. */
export function stepAt({ relaxesAfter }: QueueEntry, waitedMs: number): number {
  let step = 0;
  while (step < relaxesAfter.length && (relaxesAfter[step] as number) <= waitedMs) step += 1;
  return step;
}

/** A call has come into the line of a lane whose calls relax. */
export function climb(turn: Turn, call: CallEntry, rung: CallRung): void {
  turn.tables.climbing += 1;
  if (!rung.plain) turn.tables.special += 1;
  if (rung.oldest === call) put(turn, rung);
}

/** It has left the line. If it was the next to relax, the rung is looked at too early, which does no harm. */
export function climbNoMore(tables: Tables, rung: CallRung): void {
  tables.climbing -= 1;
  if (!rung.plain) tables.special -= 1;
}

/** It has relaxed and stands on this rung now. */
export function landed(turn: Turn, call: CallEntry, rung: CallRung): void {
  if (rung.relaxesAfter === null) turn.tables.climbing -= 1;
  else if (rung.oldest === call) put(turn, rung);
}

function put(turn: Turn, rung: CallRung): void {
  turn.tables.dues.put(rung, rung.oldestArrived + (rung.relaxesAfter as number));
  wantWake(turn, rung);
}

/** The rung whose oldest is due to relax. Ask until there is none: the longest overdue comes first. */
export function nextDueRung(turn: Turn): CallRung | undefined {
  const { dues } = turn.tables;
  while (dues.due <= turn.ticks) {
    const rung = dues.first as CallRung;
    const due = dueOfRung(rung);
    if (due !== null && due <= turn.ticks) return rung;
    dues.defer(due);
    wantWake(turn, rung);
  }
  return undefined;
}

/** When the next of its calls relaxes; null: nobody stands there. */
export function dueOfRung({ size, oldestArrived, relaxesAfter }: CallRung): number | null {
  return size === 0 || relaxesAfter === null ? null : oldestArrived + relaxesAfter;
}

// ── the timer ──

/** An agent has become ready: calls that come down to his levels do so to the millisecond. */
export function wantWakeFor(turn: Turn, { pool }: AgentEntry): void {
  if (turn.tables.climbing === 0) return;
  for (const { lanes } of pool.queues) for (const { rung } of lanes) if (rung) wantWake(turn, rung);
}

/** Everything is looked at anew: the timer has fired, or the directory was edited. */
export function wantWakeAnew(turn: Turn): void {
  const { tables } = turn;
  if (tables.climbing === 0) return;
  if (tables.idle === 0 && tables.special === 0) {
    turn.wakeAt = Math.min(turn.wakeAt, tables.dues.due + TOLD_WITHIN_MS);
    return;
  }
  for (const { lanes, extra } of tables.queues.values()) {
    for (const { rung } of lanes) if (rung) wantWake(turn, rung);
    for (const { rung } of extra.values()) if (rung) wantWake(turn, rung);
  }
  for (const named of tables.named.values()) for (const { rung } of named) if (rung) wantWake(turn, rung);
}

function wantWake(turn: Turn, rung: CallRung): void {
  if (rung.relaxesAfter === null || rung.size === 0) return;
  const at = rung.oldestArrived + wakesAfter(turn.tables, rung, rung.relaxesAfter);
  if (at < turn.wakeAt) turn.wakeAt = at;
}

/** After so long a wait the next of these calls has relaxed so far that somebody is ready for it. */
function wakesAfter(tables: Tables, { plain, step: from, all }: CallRung, relaxesAfter: number): number {
  if (!plain) return relaxesAfter;
  const toldAfter = relaxesAfter + TOLD_WITHIN_MS;
  if (tables.idle === 0) return toldAfter;
  const { rungs } = all;
  for (let step = from; step + 1 < rungs.length; step++) {
    if (somebodyReady(tables, (rungs[step + 1] as CallRung).lane))
      return Math.min(toldAfter, (rungs[step] as CallRung).relaxesAfter as number);
  }
  return toldAfter;
}
