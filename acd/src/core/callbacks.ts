import type { CallbackConfig, Termination } from '@yixian/contracts';
import { assertCallbackTransition, type CallbackCause, type CallbackPhase } from './callback-state.js';
import { CALLBACK_DEFAULTS, type Input, type StoredCallback } from './inputs.js';
import { askOf } from './lanes.js';
import { isOurs } from './missed.js';
import { bridge, withdraw } from './offers.js';
import { offersOf, sinceOf, storedCallback } from './tables.js';
import { changeCall, ignore, keep, listed, putCall, removeCall, rewriteAgent, type Turn, takePlace } from './turn.js';
import type { Ask, CallbackEntry, CallEntry, Offer, QueueEntry, Tables } from './types.js';
import { announceArrival, arm, leave, newCall, stopWaiting, wait } from './waiting.js';

// Callbacks in place of waiting (virtual hold). In the line a callback is a call without a leg: it has the place of the call
// that asked, and agents find it as they find callers. Nothing waits for a number that does not answer.

type InputOf<T extends Input['type']> = Extract<Input, { type: T }>;

/** Above the ringing time: then whoever dials has not said how it ended. */
export const DIAL_GRACE_MS = 15_000;

export function callbackConfig(queue: QueueEntry): CallbackConfig {
  return queue.config.callback ?? CALLBACK_DEFAULTS;
}

function put(turn: Turn, callback: CallbackEntry): CallbackEntry {
  turn.tables.callbacks.set(callback.id, callback);
  keep(turn, { table: 'callbacks', key: callback.id, value: storedCallback(callback) });
  return callback;
}

function enterCallback(
  turn: Turn,
  callback: CallbackEntry,
  cause: CallbackCause,
  phase: CallbackPhase,
  patch: Partial<CallbackEntry> = {},
) {
  assertCallbackTransition(callback.phase, cause, phase);
  return put(turn, { ...callback, ...patch, phase });
}

function forget(turn: Turn, callback: CallbackEntry, cause: 'answer' | 'end'): void {
  assertCallbackTransition(callback.phase, cause, 'gone');
  turn.tables.callbacks.delete(callback.id);
  turn.effects.push({ type: 'cancel-timer', timer: 'callback', id: callback.id });
  keep(turn, { table: 'callbacks', key: callback.id, value: null });
}

function subjects(callback: CallbackEntry) {
  return callback.callId === null ? { queueId: callback.queueId } : { queueId: callback.queueId, callId: callback.callId };
}

export function requestCallback(turn: Turn, input: InputOf<'callback-requested'>): void {
  const { tables, now } = turn;
  const queue = tables.queues.get(input.queueId);
  const call = input.callId === null ? undefined : tables.calls.get(input.callId);
  const waits = call && !call.callback && call.queue === queue && (call.phase === 'waiting' || call.phase === 'offered');
  if (!queue || tables.callbacks.has(input.callbackId) || (call && !waits)) {
    ignore(turn, queue ? 'call waits no more' : 'unknown queue');
    return;
  }
  tables.order += 1;
  const callback = put(turn, {
    id: input.callbackId,
    queueId: queue.id,
    number: input.number,
    ask: call?.ask ?? askOf(input),
    priority: call ? call.priority - queue.config.priority : 0,
    since: call ? sinceOf(tables, call) : Math.min(now, input.since ?? now),
    order: call?.order ?? tables.order,
    attempts: 0,
    notBefore: input.notBefore !== null && input.notBefore > now ? input.notBefore : null,
    callId: input.callId,
    by: input.by,
    phase: 'resting',
  });
  const data = { callbackId: callback.id, number: callback.number, since: callback.since };
  turn.events.push({ type: 'callback.requested', at: now, ...subjects(callback), data });
  if (call) leave(turn, call, 'will be called back', 'callback', { outcome: 'callback', callbackId: callback.id });
  if (callback.notBefore === null) lineUp(turn, callback);
  else sleep(turn, callback, callback.notBefore);
}

function sleep(turn: Turn, callback: CallbackEntry, until: number): void {
  const input: Input = { type: 'callback-due', callbackId: callback.id, attempts: callback.attempts };
  turn.effects.push({ type: 'set-timer', timer: 'callback', id: callback.id, delayMs: Math.max(0, until - turn.now), input });
}

/** Takes the place it keeps; while the queue is closed it rests. */
export function lineUp(turn: Turn, resting: CallbackEntry): void {
  const queue = turn.tables.queues.get(resting.queueId);
  if (!queue?.isOpen) return;
  const callback = enterCallback(turn, resting, 'line-up', 'in-line', { notBefore: null });
  const { since, order } = callback;
  const ask = askNow(turn.tables, callback);
  const priority = queue.config.priority + callback.priority;
  const call = newCall(turn, queue, { callId: callback.id, caller: callback.number }, { ask, priority, since, order, callback });
  takePlace(turn, call);
  arm(turn, putCall(turn, call));
  turn.opened = listed(turn.opened, call);
}

/** An agent who is in the directory no more is not waited for: nobody listens who could be told so. */
export function askNow({ agents }: Tables, { ask }: CallbackEntry): Ask {
  const stays = ask.agentId === null || agents.get(ask.agentId)?.removed === false;
  return stays ? ask : askOf({ ...ask, agentId: null });
}

/** Out of the line, whatever rings for it. */
function stepOut(turn: Turn, call: CallEntry, why: string): void {
  for (const offer of offersOf(call)) withdraw(turn, offer, why);
  turn.effects.push({ type: 'cancel-timer', timer: 'wait', id: call.id });
  removeCall(turn, call, null);
}

/** The queue has closed: until it opens nobody is called back. */
export function restAll(turn: Turn, queue: QueueEntry): void {
  for (const call of [...queue.places]) {
    const callback = call.callback && turn.tables.callbacks.get(call.id);
    if (!callback || call.gone || call.phase === 'connecting') continue;
    stepOut(turn, call, 'the queue closed');
    enterCallback(turn, callback, 'rest', 'resting');
  }
}

export function wakeAll(turn: Turn, queue: QueueEntry): void {
  for (const callback of [...turn.tables.callbacks.values()]) {
    if (callback.queueId === queue.id && callback.phase === 'resting' && callback.notBefore === null) lineUp(turn, callback);
  }
}

export function callbackDue(turn: Turn, input: InputOf<'callback-due'>): void {
  const callback = turn.tables.callbacks.get(input.callbackId);
  if (callback?.attempts !== input.attempts || callback.phase === 'in-line') {
    ignore(turn, 'callback goes on already');
    return;
  }
  if (callback.phase === 'resting') {
    lineUp(turn, { ...callback, notBefore: null });
    if (turn.tables.callbacks.get(callback.id)?.phase === 'resting') put(turn, { ...callback, notBefore: null });
    return;
  }
  giveUpDialling(turn, callback.id);
}

/** The number rang long enough, and nobody said how the call to it ended. */
export function giveUpDialling(turn: Turn, callbackId: string): void {
  const termination: Termination = { by: 'system', reason: 'no-answer', text: 'nothing was heard of the call' };
  turn.urgent.push({ type: 'cancel-callback', callbackId, termination });
  callbackFailed(turn, { type: 'callback-failed', callbackId, termination });
}

// ── tries ──

function attempt(turn: Turn, callback: CallbackEntry, offer: Offer | null): CallbackEntry {
  const attempts = callback.attempts + 1;
  const calling = enterCallback(turn, callback, 'dial', 'calling', { attempts });
  turn.events.push({ type: 'callback.attempted', at: turn.now, ...subjects(calling), data: { callbackId: calling.id, attempt: attempts } });
  const queue = turn.tables.queues.get(callback.queueId);
  const ringMs = (queue ? callbackConfig(queue) : CALLBACK_DEFAULTS).ringMs;
  const { id: callbackId, number, queueId } = callback;
  turn.urgent.push({ type: 'dial-callback', callbackId, number, queueId, offer, ringMs });
  return calling;
}

/** Agent-first: the agent has taken the callback and listens while the number rings. */
export function startAgentFirst(turn: Turn, call: CallEntry, offer: Offer): void {
  const callback = turn.tables.callbacks.get(call.id);
  if (!callback) return;
  changeCall(call, { callback: attempt(turn, callback, offer) });
  const delayMs = callbackConfig(call.queue).ringMs + DIAL_GRACE_MS;
  const input: Input = { type: 'offer-expired', offerId: offer.id, callId: call.id };
  turn.effects.push({ type: 'set-timer', timer: 'offer', id: offer.id, delayMs, input });
}

/** Caller-first: the number is dialled and nobody is reserved; it takes its place when it answers. */
export function startCallerFirst(turn: Turn, call: CallEntry): void {
  const callback = turn.tables.callbacks.get(call.id);
  stepOut(turn, call, 'is called back');
  if (!callback) return;
  const calling = attempt(turn, callback, null);
  sleep(turn, calling, turn.now + callbackConfig(call.queue).ringMs + DIAL_GRACE_MS);
}

/** The number has answered: from here it is a call like any other. */
export function callbackAnswered(turn: Turn, input: InputOf<'callback-answered'>): void {
  const { tables } = turn;
  const callback = tables.callbacks.get(input.callbackId);
  const queue = callback && tables.queues.get(callback.queueId);
  if (callback?.phase !== 'calling' || !queue || tables.calls.has(input.callId)) {
    ignore(turn, 'callback is over');
    turn.effects.push({ type: 'finish', callId: input.callId, result: { outcome: 'failed', message: 'the callback was over' } });
    return;
  }
  const { id, number, since, order } = callback;
  turn.events.push({
    type: 'callback.completed',
    at: turn.now,
    queueId: queue.id,
    callId: input.callId,
    data: { callbackId: id, attempts: callback.attempts },
  });
  const line = tables.calls.get(id);
  const priority = queue.config.priority + callback.priority;
  const beginning = { ask: askNow(tables, callback), priority, since, order, stays: true };
  if (line) {
    connect(turn, line, newCall(turn, queue, { callId: input.callId, caller: number }, beginning));
    forget(turn, callback, 'answer');
    return;
  }
  forget(turn, callback, 'answer');
  wait(turn, newCall(turn, queue, { callId: input.callId, caller: number }, beginning));
}

/** Agent-first: the agent's seat is there already; the call takes over offer and place, and is bridged. */
function connect(turn: Turn, line: CallEntry, fresh: CallEntry): void {
  const { tables } = turn;
  const held = line.offer;
  removeCall(turn, line, null);
  turn.effects.push({ type: 'cancel-timer', timer: 'wait', id: line.id });
  if (!held) return;
  const offer: Offer = { ...held, callId: fresh.id };
  const agent = tables.agents.get(offer.agentId);
  if (agent) rewriteAgent(agent, { offer });
  const call = putCall(turn, changeCall(fresh, { phase: 'connecting', offer, lane: line.lane, failures: line.failures }));
  takePlace(turn, call);
  announceArrival(turn, call, call.queue.places.rank(call) + 1);
  arm(turn, call);
  bridge(turn, offer);
}

/** The number did not answer, or could not be called: again later at the same place, or never. */
export function callbackFailed(turn: Turn, input: InputOf<'callback-failed'>): void {
  const callback = turn.tables.callbacks.get(input.callbackId);
  if (callback?.phase !== 'calling') {
    ignore(turn, 'callback is over');
    return;
  }
  const line = turn.tables.calls.get(callback.id);
  if (line) stepOut(turn, line, 'the number did not answer');
  const queue = turn.tables.queues.get(callback.queueId);
  const config = queue ? callbackConfig(queue) : CALLBACK_DEFAULTS;
  const again = callback.attempts < config.attempts;
  const nextAt = again ? turn.now + config.retryEveryMs : null;
  const data = { callbackId: callback.id, attempt: callback.attempts, termination: input.termination, nextAt };
  turn.events.push({ type: 'callback.attempt-failed', at: turn.now, ...subjects(callback), data });
  if (nextAt === null) {
    close(turn, callback, 'exhausted', 'system');
    return;
  }
  sleep(turn, enterCallback(turn, callback, 'fail', 'resting', { notBefore: nextAt }), nextAt);
}

/** The agent's side failed while the number rang: back in the line, and no try is lost by it. */
export function returnToLine(turn: Turn, call: CallEntry, termination: Termination): void {
  const callback = turn.tables.callbacks.get(call.id);
  if (callback?.phase !== 'calling') return;
  turn.urgent.push({ type: 'cancel-callback', callbackId: callback.id, termination });
  const lined = enterCallback(turn, callback, 'return', 'in-line', { attempts: callback.attempts - Number(isOurs(termination)) });
  changeCall(call, { callback: lined });
}

// ── the end ──

function close(turn: Turn, callback: CallbackEntry, result: 'exhausted' | 'cancelled', by: string): void {
  forget(turn, callback, 'end');
  turn.events.push({ type: 'callback.closed', at: turn.now, ...subjects(callback), data: { callbackId: callback.id, result, by } });
}

export function cancelCallback(turn: Turn, input: Pick<InputOf<'callback-cancelled'>, 'callbackId' | 'by'>): void {
  const callback = turn.tables.callbacks.get(input.callbackId);
  if (!callback) {
    ignore(turn, 'callback is over');
    return;
  }
  const line = turn.tables.calls.get(callback.id);
  if (line) stepOut(turn, line, `callback cancelled by ${input.by}`);
  const { id: callbackId, phase } = callback;
  const termination: Termination = { by: 'system', reason: 'cancelled', text: `callback cancelled by ${input.by}` };
  if (phase === 'calling') turn.urgent.push({ type: 'cancel-callback', callbackId, termination });
  close(turn, callback, 'cancelled', input.by);
}

/** The process goes down: whatever rings is told, the store keeps the rest. */
export function suspend(turn: Turn, call: CallEntry, text: string): void {
  const callback = turn.tables.callbacks.get(call.id);
  stopWaiting(turn, call, text);
  removeCall(turn, call, null);
  if (callback?.phase !== 'calling') return;
  const termination: Termination = { by: 'system', reason: 'draining', text };
  turn.urgent.push({ type: 'cancel-callback', callbackId: callback.id, termination });
}

/** The process goes down: numbers that ring with no agent listening stop ringing. */
export function stopCalling(turn: Turn, text: string): void {
  const termination: Termination = { by: 'system', reason: 'draining', text };
  for (const { id: callbackId, phase } of turn.tables.callbacks.values()) {
    if (phase !== 'calling' || turn.tables.calls.has(callbackId)) continue;
    turn.urgent.push({ type: 'cancel-callback', callbackId, termination });
  }
}

/** Takes up again what the store kept, each at its place; a try the process died in counts. */
export function restoreCallback(turn: Turn, stored: StoredCallback): void {
  const { callbackId, ask, ...kept } = stored;
  const queue = turn.tables.queues.get(stored.queueId);
  const notBefore = kept.notBefore !== null && kept.notBefore > turn.now ? kept.notBefore : null;
  const callback: CallbackEntry = { id: callbackId, ...kept, ask: askOf(ask), notBefore, phase: 'resting' };
  turn.tables.order = Math.max(turn.tables.order, stored.order);
  put(turn, callback);
  if (!queue) close(turn, callback, 'cancelled', 'system');
  else if (callback.attempts >= callbackConfig(queue).attempts) close(turn, callback, 'exhausted', 'system');
  else if (notBefore !== null) sleep(turn, callback, notBefore);
  else lineUp(turn, callback);
}

/** The queue was taken out of the directory. */
export function dropAll(turn: Turn, queueId: string): void {
  for (const callback of [...turn.tables.callbacks.values()]) {
    if (callback.queueId === queueId) cancelCallback(turn, { callbackId: callback.id, by: 'system' });
  }
}
