import type { Termination } from '@yixian/contracts';
import { suspend } from './callbacks.js';
import type { Input } from './inputs.js';
import { askOf } from './lanes.js';
import { enter } from './overflow.js';
import { endTalk } from './talk.js';
import { ignore, removeCall, type Turn } from './turn.js';
import type { CallEntry } from './types.js';
import { leave, leftQueue, newCall, rehomed, stopWaiting, wait } from './waiting.js';

type InputOf<T extends Input['type']> = Extract<Input, { type: T }>;

export function arrive(turn: Turn, input: InputOf<'call-arrived'>): void {
  if (turn.tables.calls.has(input.callId)) {
    ignore(turn, 'call is in a queue already');
    return;
  }
  const queue = turn.tables.queues.get(input.queueId);
  if (!queue) {
    const message = `unknown queue ${input.queueId}`;
    turn.effects.push({ type: 'finish', callId: input.callId, result: { outcome: 'failed', message } });
    return;
  }
  const since = Math.min(turn.now, input.since ?? turn.now);
  enter(turn, newCall(turn, queue, input, { ask: askOf(input), priority: queue.config.priority + input.priority, since }));
}

export function callerLeft(turn: Turn, input: InputOf<'caller-left'>): void {
  const call = turn.tables.calls.get(input.callId);
  if (!call) {
    ignore(turn, 'call is in no queue');
    return;
  }
  if (call.phase === 'talking' && call.offer) {
    // Taken out of the queue too late: it stays with its agent.
    if (input.termination.reason === 'withdrawn') ignore(turn, 'call waits no more');
    else endTalk(turn, call, call.offer);
    return;
  }
  leave(turn, call, 'caller left', 'abandoned', { outcome: 'abandoned' });
}

/** Into another queue, or to another priority, by hand: nobody is asked whether there is room. */
export function moveCall(turn: Turn, input: InputOf<'call-moved'>): void {
  const call = turn.tables.calls.get(input.callId);
  const queue = turn.tables.queues.get(input.queueId);
  if (!call || !queue || call.callback || call.phase === 'talking' || call.phase === 'connecting') {
    ignore(turn, 'call waits no more');
    return;
  }
  stopWaiting(turn, call, `moved by ${input.by}`);
  leftQueue(turn, call, 'moved');
  removeCall(turn, call, null);
  const next = rehomed(turn, call, queue, { priority: queue.config.priority + input.priority, stays: true });
  const data = { by: input.by, from: call.queue.id, to: queue.id, priority: next.priority };
  turn.events.push({ type: 'call.moved', at: turn.now, callId: call.id, queueId: queue.id, data });
  wait(turn, next);
}

/** The queue or the hotline goes away under the call. */
export function closeCall(turn: Turn, call: CallEntry, message: string): void {
  if (call.callback) {
    suspend(turn, call, message);
    return;
  }
  if (call.phase === 'talking' && call.offer) {
    const termination: Termination = { by: 'system', reason: 'draining', text: message };
    turn.effects.push({ type: 'close-conversation', offerId: call.offer.id, callId: call.id, termination });
    return;
  }
  leave(turn, call, message, 'closed', { outcome: 'failed', message });
}
