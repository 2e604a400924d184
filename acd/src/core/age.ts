import { BLOCK, cellOf, ITEM } from './blocks.js';
import { type Input, LEVELS } from './inputs.js';
import { dueOfRung, nextDueRung, TOLD_WITHIN_MS, wantWakeAnew } from './ladder.js';
import { laneFor } from './lanes.js';
import { overflow, ruleFor } from './overflow.js';
import { changeCall, ignore, relane, relax, relaxTo, type Turn } from './turn.js';
import type { CallEntry, CallRung, CallRungs, Ticks } from './types.js';
import { arm, leave, release } from './waiting.js';

// What time does to a call that waits.

export function waitDue(turn: Turn, input: Extract<Input, { type: 'wait-due' }>): void {
  const call = turn.tables.calls.get(input.callId);
  if (call?.order !== input.order || call.phase === 'talking') {
    ignore(turn, 'call waits no more');
    return;
  }
  const aged = age(turn, call);
  if (aged) arm(turn, aged);
}

/**
 * Does what has fallen due.
 * @returns the call as it waits on; undefined when it has gone elsewhere
 */
export function age(turn: Turn, call: CallEntry): CallEntry | undefined {
  const { config } = call.queue;
  if (!call.callback && turn.ticks - call.entered >= config.maxWaitMs) {
    if (call.phase === 'connecting') return changeCall(call, { overdue: true });
    leave(turn, call, 'waited too long', 'timeout', { outcome: 'timeout' });
    return undefined;
  }
  const rule = call.phase === 'waiting' && !call.callback && config.overflow.length > 0 ? ruleFor(turn, call, 'waited') : undefined;
  if (rule) {
    overflow(turn, call, rule.rule);
    return undefined;
  }
  if (call.sticky && call.sticky.until <= turn.ticks) release(turn, call);
  return call;
}

// ── levels ──

/** Everything that has fallen due by now. Whoever comes down to somebody who is ready is matched in this step. */
export function relaxDue(turn: Turn): void {
  const { dues } = turn.tables;
  if (dues.due + TOLD_WITHIN_MS <= turn.ticks) relaxMany(turn);
  for (let rung = nextDueRung(turn); rung; rung = nextDueRung(turn)) {
    if (rung.plain) relaxQueue(turn, rung.all);
    else relaxByHimself(turn, rung);
  }
}

/** What was put off, all in one go. */
function relaxMany(turn: Turn): void {
  const { dues } = turn.tables;
  const due = dues.dueBy(turn.ticks);
  lookAhead(turn, due);
  for (const rung of due) {
    if (rung.plain) relaxQueue(turn, rung.all);
    else while (rung.size > 0 && isDue(turn, rung, rung.oldestArrived)) relaxByHimself(turn, rung);
  }
  dues.renew(dueOfRung);
}

/**
 * One look at each that will be asked for: in cold memory many looks at once take as long as one, and one by one they add up.
 * Whether another is due as well is not asked: a branch that is guessed wrong ends the looks under way.
 */
function lookAhead(turn: Turn, rungs: readonly CallRung[]): void {
  let seen = 0;
  for (const { oldest, block, index } of rungs) {
    if (oldest) seen += oldest.step;
    if (block && index + 1 < BLOCK) seen += Number(block[cellOf(index + 1) + ITEM] !== undefined);
  }
  turn.seen = seen;
}

/**
 * Whether the step has to begin with it. As long as nobody is ready a relaxation is only told, and the timer tells many at
 * once: an agent who becomes ready sees by the wait of who stands first whether he may have the call.
 */
export function isRelaxDue({ tables, ticks }: Turn): boolean {
  const { due } = tables.dues;
  if (due > ticks) return false;
  return tables.idle > 0 || tables.special > 0 || tables.heads.apart > 0 || !tables.oneRate || due + TOLD_WITHIN_MS <= ticks;
}

/** Before a call takes a place among those of its queue who have relaxed. */
export function catchUp(turn: Turn, rung: CallRung): void {
  if (rung.plain && turn.tables.dues.due <= turn.ticks) relaxQueue(turn, rung.all);
}

/** Before a call is offered, it is told how far it has relaxed, and those before it. */
export function catchUpFor(turn: Turn, call: CallEntry, rung: CallRung): void {
  if (rung.plain && isDue(turn, rung, call.arrived)) relaxQueue(turn, rung.all);
}

/** Those who have waited longest go first, so that nobody passes another. */
function relaxQueue(turn: Turn, { longest }: CallRungs): void {
  for (let from = longest; from; from = from.before) {
    while (from.size > 0 && isDue(turn, from, from.oldestArrived)) {
      let to = from.next as CallRung;
      while (isDue(turn, to, from.oldestArrived)) to = to.next as CallRung;
      relaxTo(turn, from, to);
    }
  }
}

/** Whether a call that arrived then goes on from this rung. */
function isDue({ ticks }: Turn, { relaxesAfter }: CallRung, arrived: Ticks): boolean {
  return relaxesAfter !== null && arrived + relaxesAfter <= ticks;
}

function relaxByHimself(turn: Turn, rung: CallRung): void {
  const call = rung.oldest as CallEntry;
  relax(turn, call, call.queue, turn.ticks - rung.oldestArrived);
  relane(turn, call, laneFor(turn.tables, call));
}

/** The timer has fired: the step has done what was due. */
export function wakeUp(turn: Turn, { at }: Extract<Input, { type: 'relax-due' }>): void {
  if (turn.tables.wakeAt !== at) {
    ignore(turn, 'levels relax at another time');
    return;
  }
  turn.tables.wakeAt = Number.POSITIVE_INFINITY;
  wantWakeAnew(turn);
}

/** The timer is only ever set for earlier: one that fires too early sets itself anew. */
export function armWake(turn: Turn): void {
  const { tables, ticks } = turn;
  if (tables.climbing === 0) {
    if (tables.wakeAt !== Number.POSITIVE_INFINITY) turn.effects.push({ type: 'cancel-timer', timer: 'relax', id: LEVELS });
    tables.wakeAt = Number.POSITIVE_INFINITY;
    return;
  }
  if (turn.wakeAt >= tables.wakeAt) return;
  tables.wakeAt = turn.wakeAt;
  const input: Input = { type: 'relax-due', at: tables.wakeAt };
  turn.effects.push({ type: 'set-timer', timer: 'relax', id: LEVELS, delayMs: tables.wakeAt - ticks, input });
}
