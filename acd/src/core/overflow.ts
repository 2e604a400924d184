import type { EpochMs, OverflowCondition, OverflowRule, OverflowTarget } from '@yixian/contracts';
import { estimateWaitMs, expectedAt } from './estimate.js';
import type { Input } from './inputs.js';
import { NO_ASK, somebodyReady, somebodySignedIn } from './lanes.js';
import { leads, mark } from './measures.js';
import { byArrival } from './placed.js';
import { callersIn } from './tables.js';
import { ignore, removeCall, type Turn } from './turn.js';
import type { CallEntry, MeasuredRule, QueueEntry, Ticks } from './types.js';
import { announceArrival, leftQueue, RETRY_MS, rehomed, stopWaiting, wait } from './waiting.js';

// Rules that send a call elsewhere. All are looked at when a call comes into the queue. While it waits: its own wait by its
// timer; longest and estimated wait at the end of each step that may have changed them, the longest by a timer of the queue,
// too; the door and who is signed in when they change. The length concerns who comes. A queue that would not take the call is
// no way out: the next rule is tried, and without one the call keeps its place; its wait, the measures and, where a door has
// closed or nobody is signed in, a timer of the queue try again.

type Occasion = Exclude<OverflowCondition['kind'], 'length' | 'longest-wait' | 'estimated-wait'>;

/** Why a call may not wait here: a rule, or a result without one. */
export type Refusal = { rule: OverflowRule } | { outcome: 'closed' | 'no-agents' | 'full' } | undefined;

/** A caller whom somebody can take at once need not wait and is never one too many. */
export function refusalOf(turn: Turn, call: CallEntry): Refusal {
  const { queue } = call;
  if (!queue.isOpen) return ruleFor(turn, call, 'closed') ?? { outcome: 'closed' };
  if (!somebodySignedIn(turn.tables, call)) return ruleFor(turn, call, 'nobody-signed-in') ?? { outcome: 'no-agents' };
  if (somebodyReady(turn.tables, call.lane)) return undefined;
  const { overflow, maxLength } = queue.config;
  const rule = overflow.length === 0 ? undefined : overflow.find((r) => measured(turn, call, r.when) && leadsOn(turn, call, r.to));
  if (rule) return { rule };
  return callersIn(queue) >= maxLength ? { outcome: 'full' } : undefined;
}

function measured({ tables, ticks }: Turn, call: CallEntry, when: OverflowCondition): boolean {
  const { queue } = call;
  switch (when.kind) {
    case 'length':
      return callersIn(queue) >= when.atLeast;
    case 'longest-wait':
      return oldestBefore(queue, call, ticks - when.atLeastMs);
    case 'estimated-wait':
      return (estimateWaitMs(tables, queue, queue.places.rank(call) + 1, call.lane) ?? 0) >= when.atLeastMs;
    case 'waited':
      return when.atLeastMs <= 0;
    case 'nobody-signed-in':
    case 'closed':
      return false;
  }
}

/** Whether a caller who came before this one has waited since then or longer. */
function oldestBefore({ arrivals }: QueueEntry, place: CallEntry, since: Ticks): boolean {
  const oldest = arrivals?.first;
  return oldest !== undefined && oldest.arrived <= since && byArrival(oldest, place) < 0;
}

export function ruleFor(turn: Turn, call: CallEntry, occasion: Occasion): { rule: OverflowRule } | undefined {
  const waited = turn.ticks - call.entered;
  const rule = call.queue.config.overflow.find(
    ({ when, to }) => when.kind === occasion && (when.kind !== 'waited' || waited >= when.atLeastMs) && leadsOn(turn, call, to),
  );
  return rule && { rule };
}

/** Whether there is a way on: a target outside the queues, or a queue that takes the call or sends it on itself. */
function leadsOn(turn: Turn, call: CallEntry, to: OverflowTarget): boolean {
  if (!leads(turn.tables, call, to)) return false;
  const there = to.kind === 'queue' ? carried(turn, call, to) : undefined;
  const refusal = there && refusalOf(turn, there);
  return refusal === undefined || 'rule' in refusal;
}

/** Into the queue, or where a rule sends it, or on with a result. Ends: no queue is entered twice by overflow. */
export function enter(turn: Turn, call: CallEntry): void {
  const { queue } = call;
  const refusal = refusalOf(turn, call);
  if (!refusal) {
    wait(turn, call);
    return;
  }
  announceArrival(turn, call, queue.places.rank(call) + 1);
  if ('outcome' in refusal) {
    leftQueue(turn, call, refusal.outcome);
    turn.effects.push({ type: 'finish', callId: call.id, result: { outcome: refusal.outcome } });
    return;
  }
  const { to } = refusal.rule;
  if (to.kind === 'queue') {
    carry(turn, call, refusal.rule, to);
    return;
  }
  divert(turn, call, refusal.rule, to);
  turn.effects.push({ type: 'finish', callId: call.id, result: { outcome: 'overflow', to } });
}

/** Takes a call that waits elsewhere: it keeps its arrival, and so its place among equals. */
export function overflow(turn: Turn, call: CallEntry, rule: OverflowRule): void {
  stopWaiting(turn, call, 'overflow');
  const { to } = rule;
  if (to.kind !== 'queue') {
    divert(turn, call, rule, to);
    removeCall(turn, call, { outcome: 'overflow', to });
    return;
  }
  removeCall(turn, call, null);
  carry(turn, call, rule, to);
}

/** To another queue of ours. */
export function carry(turn: Turn, call: CallEntry, rule: OverflowRule, to: Extract<OverflowTarget, { kind: 'queue' }>): void {
  divert(turn, call, rule, to);
  const next = carried(turn, call, to);
  if (next) enter(turn, next);
}

/** The call as it comes into that queue. */
function carried(turn: Turn, call: CallEntry, to: Extract<OverflowTarget, { kind: 'queue' }>): CallEntry | undefined {
  const queue = turn.tables.queues.get(to.queueId);
  if (!queue) return undefined;
  const priority = queue.config.priority + to.priority;
  return rehomed(turn, call, queue, { priority, visited: [...call.visited, call.queue.id] });
}

/** Tells where the call goes and why. */
export function divert(turn: Turn, call: CallEntry, { when }: OverflowRule, to: OverflowTarget): void {
  leftQueue(turn, call, 'overflow');
  const data = { rule: when.kind, to: nameOf(to) };
  turn.events.push({ type: 'call.overflowed', at: turn.now, callId: call.id, queueId: call.queue.id, data });
}

function nameOf(to: OverflowTarget): string {
  switch (to.kind) {
    case 'queue':
      return `queue:${to.queueId}`;
    case 'flow':
      return `flow:${to.flowId}`;
    case 'number':
      return `number:${to.number}`;
    case 'voicemail':
      return `voicemail:${to.box}`;
  }
}

/**
 * Nobody is signed in any more for the queue, or for what some calls of it ask for: its rule takes those who wait for them.
 * Without one they keep waiting.
 */
export function sweepDeserted(turn: Turn, queue: QueueEntry): void {
  if (!queue.config.overflow.some(({ when }) => when.kind === 'nobody-signed-in')) return;
  if (queue.signedIn === 0) {
    sweep(turn, queue, 'nobody-signed-in');
    return;
  }
  for (const { open } of [...queue.extra.values()]) {
    const head = open.first;
    // Calls of a lane ask for the same, so one answers for all.
    if (head && !somebodySignedIn(turn.tables, head)) sendOn(turn, queue, [...open], 'nobody-signed-in');
  }
}

/** Everybody who waits in the queue goes where its rule sends him, if it has one. */
export function sweep(turn: Turn, queue: QueueEntry, occasion: Occasion): void {
  if (queue.config.overflow.some(({ when }) => when.kind === occasion)) sendOn(turn, queue, [...queue.places], occasion);
}

/** Those whom the rule's queue does not take keep their places, and are sent again a little later. */
function sendOn(turn: Turn, queue: QueueEntry, calls: readonly CallEntry[], occasion: Occasion): void {
  for (const call of calls) {
    if (call.gone || call.callback || (call.phase !== 'waiting' && call.phase !== 'offered')) continue;
    const applies = ruleFor(turn, call, occasion);
    if (applies) overflow(turn, call, applies.rule);
    else queue.sweepsAgain ||= queue.config.overflow.some(({ when, to }) => when.kind === occasion && leads(turn.tables, call, to));
  }
  if (queue.sweepsAgain) armMeasure(turn, queue, turn.now + RETRY_MS);
}

/** Another decides by now: whoever was to be sent on from here, and was not taken there, is sent again as before. */
export function sweepOn(turn: Turn, queue: QueueEntry): void {
  const { overflow } = queue.config;
  if (!overflow.some(({ when }) => when.kind === 'closed' || when.kind === 'nobody-signed-in')) return;
  const isDue = (call: CallEntry): boolean => {
    if (call.stays || call.callback || (call.phase !== 'waiting' && call.phase !== 'offered')) return false;
    const holds = (kind: OverflowCondition['kind']): boolean =>
      (kind === 'closed' && !queue.isOpen) || (kind === 'nobody-signed-in' && !somebodySignedIn(turn.tables, call));
    return overflow.some(({ when, to }) => holds(when.kind) && leads(turn.tables, call, to));
  };
  queue.sweepsAgain = [...queue.places].some(isDue);
  if (queue.sweepsAgain) armMeasure(turn, queue, turn.now + RETRY_MS);
}

/** As long as what they were to be sent on for holds. Who was put here by hand meanwhile stays. */
function sweepAgain(turn: Turn, queue: QueueEntry): void {
  queue.sweepsAgain = false;
  if (!queue.isOpen) {
    const here = [...queue.places].filter((call) => !call.stays);
    sendOn(turn, queue, here, 'closed');
  }
  sweepDeserted(turn, queue);
}

/** The one agent this call waits for has signed out, or cannot have it any more. A callback waits on. */
export function noAgentsFor(turn: Turn, call: CallEntry): void {
  if (call.callback) return;
  const applies = ruleFor(turn, call, 'nobody-signed-in');
  if (applies) {
    overflow(turn, call, applies.rule);
    return;
  }
  stopWaiting(turn, call, 'agent signed out');
  leftQueue(turn, call, 'no-agents');
  removeCall(turn, call, { outcome: 'no-agents' });
}

// ── measures ──

/**
 * Sends on whoever waits where a rule about the longest or the estimated wait has become true. Ends: nobody comes into a
 * queue twice by overflow.
 * @returns whether anybody was sent on
 */
export function measure(turn: Turn): boolean {
  const { toMeasure } = turn.tables;
  let moved = false;
  for (const queue of [...toMeasure]) {
    toMeasure.delete(queue);
    let refused = false;
    for (const rule of queue.measured) {
      for (const call of exceeding(queue, rule, turn.ticks)) {
        if (call.gone || call.phase !== 'waiting') continue;
        if (!leadsOn(turn, call, rule.rule.to)) {
          refused = true;
          // Whoever asks for no more than this one would not be taken there either.
          if (call.ask === NO_ASK) break;
          continue;
        }
        overflow(turn, call, rule.rule);
        moved = true;
      }
    }
    armMeasure(turn, queue, refused ? turn.now + RETRY_MS : Number.POSITIVE_INFINITY);
  }
  return moved;
}

/** Who waits and is taken by the rule as things stand, in the order of their places. */
function exceeding(queue: QueueEntry, { rule, movable }: MeasuredRule, now: Ticks): CallEntry[] {
  const { when } = rule;
  if (movable.size === 0) return [];
  if (when.kind === 'longest-wait') {
    const oldest = queue.arrivals?.first;
    if (!oldest || now - oldest.arrived < when.atLeastMs) return [];
    return [...movable].filter((call) => call !== oldest);
  }
  if (when.kind !== 'estimated-wait') return [];
  const calls: CallEntry[] = [];
  for (let n = movable.size - 1; n >= 0; n--) {
    const call = movable.at(n) as CallEntry;
    if ((expectedAt(queue, queue.places.rank(call) + 1) ?? 0) < when.atLeastMs) break;
    calls.push(call);
  }
  return calls.reverse();
}

/** The timer is only ever set for earlier: one that fires too early sets itself anew. */
function armMeasure(turn: Turn, queue: QueueEntry, retryAt: EpochMs): void {
  const oldest = queue.arrivals?.first;
  let at = retryAt;
  for (const { rule, movable } of queue.measured) {
    if (rule.when.kind !== 'longest-wait' || movable.size === 0 || !oldest) continue;
    const due = turn.now - turn.ticks + oldest.arrived + rule.when.atLeastMs;
    if (due > turn.now && due < at) at = due;
  }
  if (at === Number.POSITIVE_INFINITY || (queue.measureAt !== null && queue.measureAt <= at)) return;
  queue.measureAt = at;
  const input: Input = { type: 'measure-due', queueId: queue.id, at };
  turn.effects.push({ type: 'set-timer', timer: 'measure', id: queue.id, delayMs: at - turn.now, input });
}

export function measureDue(turn: Turn, { queueId, at }: Extract<Input, { type: 'measure-due' }>): void {
  const queue = turn.tables.queues.get(queueId);
  if (queue?.measureAt !== at) {
    ignore(turn, 'the queue is measured at another time');
    return;
  }
  queue.measureAt = null;
  if (queue.sweepsAgain) sweepAgain(turn, queue);
  mark(turn.tables, queue);
}

/** The queue is gone: nothing measures it any more. */
export function forgetMeasure(turn: Turn, queue: QueueEntry): void {
  turn.tables.toMeasure.delete(queue);
  if (queue.measureAt !== null) turn.effects.push({ type: 'cancel-timer', timer: 'measure', id: queue.id });
}
