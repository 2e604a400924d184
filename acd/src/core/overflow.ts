import type { OverflowCondition, OverflowRule, OverflowTarget } from '@yixian/contracts';
import { estimateWaitMs } from './estimate.js';
import { somebodyReady } from './lanes.js';
import { callersIn } from './tables.js';
import { removeCall, type Turn } from './turn.js';
import type { CallEntry, QueueEntry } from './types.js';
import { announceArrival, leftQueue, rehomed, stopWaiting, wait } from './waiting.js';

// Rules that send a call elsewhere. Length, longest wait and estimated wait are looked at when a call comes into the queue:
// they speak of those who are before it. The call's own wait is looked at by its timer, the door and who is signed in when
// they change.

type Occasion = Exclude<OverflowCondition['kind'], 'length' | 'longest-wait' | 'estimated-wait'>;

/** Why a call may not wait here: a rule, or a result without one. */
export type Refusal = { rule: OverflowRule } | { outcome: 'closed' | 'no-agents' | 'full' } | undefined;

/** A caller whom somebody can take at once need not wait and is never one too many. */
export function refusalOf(turn: Turn, call: CallEntry): Refusal {
  const { queue } = call;
  if (!queue.isOpen) return ruleFor(turn, call, 'closed') ?? { outcome: 'closed' };
  if (signedInFor(turn, call) === 0) return ruleFor(turn, call, 'nobody-signed-in') ?? { outcome: 'no-agents' };
  if (somebodyReady(turn.tables, call.lane)) return undefined;
  const rule = queue.config.overflow.find((r) => measured(turn, call, r.when) && leads(turn, call, r.to));
  if (rule) return { rule };
  return callersIn(queue) >= queue.config.maxLength ? { outcome: 'full' } : undefined;
}

/** Agents signed in who could have the call at some time. */
function signedInFor({ tables }: Turn, { queue, ask, lane }: CallEntry): number {
  if (ask.agentId !== null) {
    const agent = tables.agents.get(ask.agentId);
    return Number(agent !== undefined && agent.state !== 'offline');
  }
  if (lane.agentId !== null || queue.lanes.includes(lane)) return queue.signedIn;
  // More is asked for than the queue does: look who has it, now or when the levels are relaxed as far as they will be.
  let count = 0;
  for (const agent of tables.agents.values()) {
    if (agent.state !== 'offline' && agent.pool.queues.includes(queue) && (ask.group === null || agent.pool.groups.has(ask.group)))
      count += 1;
  }
  return count;
}

function measured({ tables, now }: Turn, call: CallEntry, when: OverflowCondition): boolean {
  const { queue } = call;
  switch (when.kind) {
    case 'length':
      return callersIn(queue) >= when.atLeast;
    case 'longest-wait':
      return callersIn(queue) > 0 && longestWaitMs(queue, call, now) >= when.atLeastMs;
    case 'estimated-wait':
      return (estimateWaitMs(tables, queue, queue.places.rank(call.place) + 1, call.lane) ?? 0) >= when.atLeastMs;
    case 'waited':
      return when.atLeastMs <= 0;
    case 'nobody-signed-in':
    case 'closed':
      return false;
  }
}

/** Of others. A look at everybody: queues that have the rule are kept short by it. */
function longestWaitMs(queue: QueueEntry, call: CallEntry, now: number): number {
  let oldest = now;
  for (const place of queue.places) if (place.callId !== call.id && place.since < oldest) oldest = place.since;
  return now - oldest;
}

/** Whether the target is there, and no queue the call was in before. */
function leads({ tables }: Turn, call: CallEntry, to: OverflowTarget): boolean {
  if (to.kind !== 'queue') return true;
  return tables.queues.has(to.queueId) && to.queueId !== call.queue.id && !call.visited.includes(to.queueId);
}

export function ruleFor(turn: Turn, call: CallEntry, occasion: Occasion): { rule: OverflowRule } | undefined {
  const waited = turn.now - call.enteredAt;
  const rule = call.queue.config.overflow.find(
    ({ when, to }) => when.kind === occasion && (when.kind !== 'waited' || waited >= when.atLeastMs) && leads(turn, call, to),
  );
  return rule && { rule };
}

/** Into the queue, or where a rule sends it, or on with a result. Ends: no queue is entered twice by overflow. */
export function enter(turn: Turn, call: CallEntry): void {
  const { queue } = call;
  const refusal = refusalOf(turn, call);
  if (!refusal) {
    wait(turn, call);
    return;
  }
  announceArrival(turn, call, queue.places.rank(call.place) + 1);
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
  const next = turn.tables.queues.get(to.queueId);
  if (next) enter(turn, rehomed(turn, call, next, next.config.priority + to.priority, [...call.visited, call.queue.id]));
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

/** Nobody is signed in for the queue any more: its rule takes those who wait. Without one they keep waiting. */
export function queueDeserted(turn: Turn, queue: QueueEntry): void {
  sweep(turn, queue, 'nobody-signed-in');
}

/** Everybody who waits in the queue goes where its rule sends him, if it has one. */
export function sweep(turn: Turn, queue: QueueEntry, occasion: Occasion): void {
  if (!queue.config.overflow.some(({ when }) => when.kind === occasion)) return;
  for (const place of [...queue.places]) {
    const call = turn.tables.calls.get(place.callId);
    if (!call || call.callback || call.queue !== queue || (call.phase !== 'waiting' && call.phase !== 'offered')) continue;
    const applies = ruleFor(turn, call, occasion);
    if (applies) overflow(turn, call, applies.rule);
  }
}

/** The one agent this call waits for has signed out. */
export function noAgentsFor(turn: Turn, call: CallEntry): void {
  const applies = ruleFor(turn, call, 'nobody-signed-in');
  if (applies) {
    overflow(turn, call, applies.rule);
    return;
  }
  stopWaiting(turn, call, 'agent signed out');
  leftQueue(turn, call, 'no-agents');
  removeCall(turn, call, { outcome: 'no-agents' });
}
