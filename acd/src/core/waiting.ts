import type { EventOf, QueueResult } from '@yixian/contracts';
import { estimateWaitMs } from './estimate.js';
import type { Input } from './inputs.js';
import { stepAt } from './ladder.js';
import { laneFor, NO_ASK } from './lanes.js';
import { withdraw } from './offers.js';
import { keyOf, rateOf } from './places.js';
import { small } from './small.js';
import { offersOf, sinceOf } from './tables.js';
import { changeCall, expecting, listed, putCall, relane, removeCall, spareCall, type Turn, takePlace } from './turn.js';
import type { Ask, CallbackEntry, CallEntry, QueueEntry, Ticks } from './types.js';

// A call that waits: how it begins, takes its place, is moved to another lane, and leaves.

type LeftResult = EventOf<'call.left-queue'>['data']['result'];

const NOWHERE: readonly string[] = [];

/** A rule whose queue did not take the call is tried again so late. */
export const RETRY_MS = 5_000;

export interface Beginning {
  ask: Ask;
  /** The queue's own counted in. */
  priority: number;
  since: number;
  order?: number;
  callback?: CallbackEntry;
  visited?: readonly string[];
  /** Rules that measure the queue leave it there. */
  stays?: boolean;
}

/** A call as it comes into a queue. */
export function newCall(turn: Turn, queue: QueueEntry, { callId, caller }: { callId: string; caller: string }, b: Beginning): CallEntry {
  const { tables, now, ticks } = turn;
  if (b.order === undefined) tables.order += 1;
  const sticky = b.callback || b.ask !== NO_ASK ? null : stickyFor(turn, queue, caller);
  const step = queue.config.relaxation.length === 0 ? 0 : stepAt(queue, now - b.since);
  const arrived = small(ticks - (now - b.since));
  const rate = rateOf(queue.config);
  const call = spareCall(turn, queue);
  call.key = keyOf(rate, b.priority, arrived);
  call.arrived = arrived;
  call.order = b.order ?? tables.order;
  call.lane = laneFor(tables, { queue, ask: b.ask, step, sticky });
  call.step = step;
  call.callback = b.callback ?? null;
  call.ask = b.ask;
  call.id = callId;
  call.priority = b.priority;
  call.rate = rate;
  call.entered = ticks;
  call.sticky = sticky;
  call.stays = b.stays ?? false;
  call.visited = b.visited ?? NOWHERE;
  call.caller = caller;
  return call;
}

/** The agent who last talked with this caller, if the queue waits for him and he is at work. */
function stickyFor({ tables, now, ticks }: Turn, queue: QueueEntry, caller: string): CallEntry['sticky'] {
  const { sticky } = queue.config;
  const talk = sticky && tables.talks.get(caller);
  if (!sticky || !talk || talk.at + sticky.withinMs < now) return null;
  const agent = tables.agents.get(talk.agentId);
  if (!agent || agent.state === 'offline' || agent.state === 'not-ready' || !agent.pool.queues.includes(queue)) return null;
  return { agentId: agent.id, until: ticks + sticky.waitMs };
}

/** The call as it comes into another queue: what it asked for and its arrival stay. By overflow unless `stays`. */
export function rehomed(turn: Turn, call: CallEntry, queue: QueueEntry, b: Pick<Beginning, 'priority' | 'visited' | 'stays'>): CallEntry {
  const { ask, order, visited } = call;
  const since = sinceOf(turn.tables, call);
  return newCall(turn, queue, { callId: call.id, caller: call.caller }, { visited, ...b, ask, since, order });
}

/** Takes its place; whoever is ready is asked for it at the end of the step. */
export function wait(turn: Turn, arrived: CallEntry): CallEntry {
  const { queue, lane } = arrived;
  takePlace(turn, arrived);
  const position = queue.places.rank(arrived) + 1;
  const call = putCall(turn, expecting(arrived, estimateWaitMs(turn.tables, queue, position, lane)));
  announceArrival(turn, call, position);
  turn.effects.push({ type: 'start-treatment', callId: call.id, queueId: queue.id });
  arm(turn, call);
  turn.opened = listed(turn.opened, call);
  return call;
}

export function announceArrival(turn: Turn, call: CallEntry, position: number): void {
  turn.events.push({
    type: 'call.queued',
    at: turn.now,
    callId: call.id,
    queueId: call.queue.id,
    data: { position, priority: call.priority },
  });
}

export function leftQueue(turn: Turn, call: CallEntry, result: LeftResult): void {
  turn.events.push({
    type: 'call.left-queue',
    at: turn.now,
    callId: call.id,
    queueId: call.queue.id,
    data: { result, waitMs: Math.max(0, turn.ticks - call.entered) },
  });
}

/** Whatever rings for the call stops, and what it hears; the place is given up by whoever removes it. */
export function stopWaiting(turn: Turn, call: CallEntry, why: string): void {
  for (const offer of offersOf(call)) withdraw(turn, offer, why);
  turn.effects.push({ type: 'cancel-timer', timer: 'wait', id: call.id });
  turn.effects.push({ type: 'stop-treatment', callId: call.id });
}

/** The call leaves without having talked: whatever rings for it stops first. */
export function leave(turn: Turn, call: CallEntry, why: string, left: LeftResult, result: QueueResult): void {
  stopWaiting(turn, call, why);
  leftQueue(turn, call, left);
  removeCall(turn, call, result);
}

/** A call that waited for the agent who last talked with the caller is anybody's now. */
export function release(turn: Turn, call: CallEntry): void {
  const { queue, ask, step } = call;
  changeCall(call, { sticky: null });
  relane(turn, call, laneFor(turn.tables, { queue, ask, step, sticky: null }));
}

/** One timer for whatever falls due next: the longest wait, a rule, the end of the wait for one agent. */
export function arm(turn: Turn, call: CallEntry): void {
  const due = nextDue(call, turn.ticks);
  if (due === Number.POSITIVE_INFINITY) return;
  const input: Input = { type: 'wait-due', callId: call.id, order: call.order };
  turn.effects.push({ type: 'set-timer', timer: 'wait', id: call.id, delayMs: due - turn.ticks, input });
}

/** Always later than now: what is due is done before the timer is set. */
export function nextDue(call: CallEntry, now: Ticks): number {
  const { config } = call.queue;
  let due = call.callback || call.overdue ? Number.POSITIVE_INFINITY : call.entered + config.maxWaitMs;
  if (call.sticky) due = Math.min(due, call.sticky.until);
  if (config.overflow.length > 0 && !call.callback) due = Math.min(due, nextWaited(call, now));
  return due;
}

/** When the next rule about the call's own wait falls due, or one whose queue did not take it is tried again; Infinity for never. */
export function nextWaited(call: CallEntry, now: Ticks): number {
  let due = Number.POSITIVE_INFINITY;
  for (const { when, to } of call.queue.config.overflow) {
    if (when.kind !== 'waited') continue;
    const at = call.entered + when.atLeastMs;
    const tried = to.kind === 'queue' && call.phase === 'waiting' && !call.visited.includes(to.queueId);
    if (at > now) due = Math.min(due, at);
    else if (tried) due = Math.min(due, now + RETRY_MS);
  }
  return due;
}
