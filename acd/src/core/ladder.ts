import { somebodyReady } from './lanes.js';
import { OrderedSet } from './ordered-set.js';
import { byArrival } from './places.js';
import type { Turn } from './turn-state.js';
import type { AgentEntry, CallEntry, Lane, QueueEntry, Tables, Ticks } from './types.js';

// When levels relax. That is a matter of the clock alone: who has waited so long needs so much. So no call has a timer for it.
// Each step begins with what has fallen due until then, and one timer for all wakes the core in between: to the millisecond
// where somebody is ready who could have the call then, else within `TOLD_WITHIN_MS`, for then it is only told. A call that
// rings relaxes when it is open again.

/** A relaxation nobody is ready for is told so late at most. */
export const TOLD_WITHIN_MS = 1_000;

const NEVER = Number.POSITIVE_INFINITY;

/** How many steps of relaxation belong to so long a wait. */
export function stepAt({ relaxesAfter }: QueueEntry, waitedMs: number): number {
  let step = 0;
  while (step < relaxesAfter.length && (relaxesAfter[step] as number) <= waitedMs) step += 1;
  return step;
}

/** A call has come into the line of a lane whose calls relax. */
export function climb(turn: Turn, call: CallEntry): void {
  const { lane } = call;
  const { tables } = turn;
  tables.climbing += 1;
  if (!lane.plain) tables.special += 1;
  if (lane.climbers !== null) lane.climbers.add(call);
  else if (lane.open.size === 1) lane.priority = call.priority;
  else if (lane.priority !== call.priority) byArrivalToo(lane);
  if ((lane.climbers ?? lane.open).first !== call) return;
  tables.dues.put(lane, call.arrived + lane.relaxesAfter);
  wantWake(turn, lane);
}

/** Calls of one priority stand in the order of arrival; from the second priority on that order is kept by itself. */
function byArrivalToo(lane: Lane): void {
  const climbers = new OrderedSet<CallEntry>(byArrival);
  for (const call of lane.open) climbers.add(call);
  lane.climbers = climbers;
}

/** It has left the line. If it was the next to relax, the lane is looked at too early, which does no harm. */
export function climbNoMore(tables: Tables, call: CallEntry): void {
  const { lane } = call;
  tables.climbing -= 1;
  if (!lane.plain) tables.special -= 1;
  if (lane.open.size === 0) lane.climbers = null;
  else lane.climbers?.delete(call);
}

/** The call of the lane that relaxes next, and when it arrived: of a lane somebody waits in. */
export function nextOf({ climbers, open }: Lane): CallEntry {
  return (climbers ?? open).first as CallEntry;
}

export function nextArrived({ climbers, open }: Lane): Ticks {
  return climbers === null ? open.firstArrived : (climbers.first as CallEntry).arrived;
}

/** The lane whose next call is due to relax. Ask until there is none: the longest overdue comes first. */
export function nextDueLane(turn: Turn): Lane | undefined {
  const { dues } = turn.tables;
  while (dues.due <= turn.ticks) {
    const lane = dues.first as Lane;
    const due = lane.open.size === 0 ? NEVER : nextArrived(lane) + lane.relaxesAfter;
    if (due <= turn.ticks) return lane;
    dues.defer(due);
    wantWake(turn, lane);
  }
  return undefined;
}

// ── the timer ──

/** An agent has become ready: calls that come down to his levels do so to the millisecond. */
export function wantWakeFor(turn: Turn, { pool }: AgentEntry): void {
  if (turn.tables.climbing === 0) return;
  for (const { lanes } of pool.queues) for (const lane of lanes) wantWake(turn, lane);
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
    for (const lane of lanes) wantWake(turn, lane);
    for (const lane of extra.values()) wantWake(turn, lane);
  }
  for (const named of tables.named.values()) for (const lane of named) wantWake(turn, lane);
}

function wantWake(turn: Turn, lane: Lane): void {
  if (lane.relaxesAfter === NEVER || lane.open.size === 0) return;
  const at = nextArrived(lane) + wakesAfter(turn.tables, lane);
  if (at < turn.wakeAt) turn.wakeAt = at;
}

/** After so long a wait the next of these calls has relaxed so far that somebody is ready for it. */
function wakesAfter(tables: Tables, lane: Lane): number {
  if (!lane.plain) return lane.relaxesAfter;
  const toldAfter = lane.relaxesAfter + TOLD_WITHIN_MS;
  if (tables.idle === 0) return toldAfter;
  const { lanes } = lane.queue;
  for (let step = lane.step; step + 1 < lanes.length; step++) {
    if (somebodyReady(tables, lanes[step + 1] as Lane)) return Math.min(toldAfter, (lanes[step] as Lane).relaxesAfter);
  }
  return toldAfter;
}
