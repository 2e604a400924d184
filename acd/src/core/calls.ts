import type { EventOf, QueueResult, Termination } from '@yixian/contracts';
import { endEngagement, ignore } from './agents.js';
import { recordHandling } from './estimate.js';
import { CONNECT_DEADLINE_MS, isOurs, missReason, reopen, revoke, setAside, standDown, standing, withdraw } from './offers.js';
import { longestIdle, signedIn } from './tables.js';
import { enterPhase, enterState, forgetCall, listed, losePlace, putCall, removeCall, type Turn, takePlace } from './turn.js';
import type { CallEntry, Input, Offer, QueueEntry } from './types.js';

type InputOf<T extends Input['type']> = Extract<Input, { type: T }>;
type LeftResult = EventOf<'call.left-queue'>['data']['result'];

/** A call that could not be connected so often goes on with `failed`, lest agents are rung for it without end. */
export const MAX_CONNECT_FAILURES = 3;

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
  const call = newCall(turn, queue, input);
  const refusal = refusalOf(queue);
  if (refusal) {
    announceArrival(turn, call, queue.places.size + 1);
    leftQueue(turn, call, refusal);
    turn.effects.push({ type: 'finish', callId: call.id, result: { outcome: refusal } });
    return;
  }
  putCall(turn, call);
  takePlace(turn, call);
  announceArrival(turn, call, queue.places.rank(call.place) + 1);
  turn.effects.push(
    { type: 'start-treatment', callId: call.id, queueId: queue.id },
    {
      type: 'set-timer',
      timer: 'wait',
      id: call.id,
      delayMs: queue.config.maxWaitMs,
      input: { type: 'wait-expired', callId: call.id, order: call.place.order },
    },
  );
  turn.opened = listed(turn.opened, call);
}

function newCall(turn: Turn, queue: QueueEntry, input: InputOf<'call-arrived'>): CallEntry {
  turn.tables.order += 1;
  return {
    id: input.callId,
    queue,
    caller: input.caller,
    place: { priority: queue.config.priority + input.priority, order: turn.tables.order, callId: input.callId },
    since: turn.now,
    phase: 'waiting',
    offer: null,
    failures: 0,
    overdue: false,
    talkingSince: null,
  };
}

/** Why a call may not wait here. A caller whom somebody can take at once need not wait and is never one too many. */
function refusalOf(queue: QueueEntry): 'no-agents' | 'full' | undefined {
  if (signedIn(queue) === 0) return 'no-agents';
  return queue.places.size >= queue.config.maxLength && !longestIdle(queue) ? 'full' : undefined;
}

function announceArrival(turn: Turn, call: CallEntry, position: number): void {
  turn.events.push({
    type: 'call.queued',
    at: turn.now,
    callId: call.id,
    queueId: call.queue.id,
    data: { position, priority: call.place.priority },
  });
}

function leftQueue(turn: Turn, call: CallEntry, result: LeftResult): void {
  turn.events.push({
    type: 'call.left-queue',
    at: turn.now,
    callId: call.id,
    queueId: call.queue.id,
    data: { result, waitMs: Math.max(0, turn.now - call.since) },
  });
}

/** The call leaves without having talked: whatever rings for it stops first. */
function leave(turn: Turn, call: CallEntry, why: string, left: LeftResult, result: QueueResult): void {
  if (call.offer) withdraw(turn, call.offer, why);
  turn.effects.push({ type: 'cancel-timer', timer: 'wait', id: call.id }, { type: 'stop-treatment', callId: call.id });
  leftQueue(turn, call, left);
  removeCall(turn, call, result);
}

export function callerLeft(turn: Turn, input: InputOf<'caller-left'>): void {
  const call = turn.tables.calls.get(input.callId);
  if (!call) {
    ignore(turn, 'call is in no queue');
    return;
  }
  if (call.phase === 'talking' && call.offer) {
    endTalk(turn, call, call.offer);
    return;
  }
  leave(turn, call, 'caller left', 'abandoned', { outcome: 'abandoned' });
}

export function waitExpired(turn: Turn, input: InputOf<'wait-expired'>): void {
  const call = turn.tables.calls.get(input.callId);
  if (call?.place.order !== input.order || call.phase === 'talking') {
    ignore(turn, 'call waits no more');
    return;
  }
  if (call.phase === 'connecting') putCall(turn, { ...call, overdue: true });
  else leave(turn, call, 'waited too long', 'timeout', { outcome: 'timeout' });
}

/** The queue or the hotline goes away under the call. */
export function closeCall(turn: Turn, call: CallEntry, message: string): void {
  if (call.phase === 'talking' && call.offer) {
    const termination: Termination = { by: 'system', reason: 'draining', text: message };
    turn.effects.push({ type: 'close-conversation', offerId: call.offer.id, termination });
    return;
  }
  leave(turn, call, message, 'closed', { outcome: 'failed', message });
}

export function seatAnswered(turn: Turn, input: InputOf<'seat-answered'>): void {
  const call = standing(turn, input.offerId, input.callId);
  if (call?.phase !== 'offered') {
    ignore(turn, 'offer is over');
    return;
  }
  enterPhase(turn, call, 'answer', { phase: 'connecting' });
  turn.urgent = listed(turn.urgent, { type: 'bridge', offer: call.offer });
  turn.effects.push({
    type: 'set-timer',
    timer: 'offer',
    id: call.offer.id,
    delayMs: CONNECT_DEADLINE_MS,
    input: { type: 'offer-expired', offerId: call.offer.id, callId: call.id },
  });
}

export function bridged(turn: Turn, input: InputOf<'bridged'>): void {
  const call = standing(turn, input.offerId, input.callId);
  if (call?.phase !== 'connecting') {
    ignore(turn, 'offer is over');
    return;
  }
  const { offer, queue } = call;
  losePlace(turn, enterPhase(turn, call, 'bridge', { phase: 'talking', talkingSince: turn.now }));
  queue.serving += 1;
  turn.effects.push(
    { type: 'open-conversation', offer, music: queue.config.music },
    { type: 'cancel-timer', timer: 'offer', id: offer.id },
    { type: 'cancel-timer', timer: 'wait', id: call.id },
    { type: 'stop-treatment', callId: call.id },
  );
  turn.events.push({
    type: 'offer.accepted',
    at: turn.now,
    callId: offer.callId,
    agentId: offer.agentId,
    queueId: offer.queueId,
    data: { offerId: offer.id },
  });
  leftQueue(turn, call, 'served');
  const agent = turn.tables.agents.get(offer.agentId);
  if (agent) enterState(turn, agent, { cause: 'bridged', to: 'on-call', reason: null, by: 'system' });
  turn.events.push({
    type: 'call.connected',
    at: turn.now,
    callId: offer.callId,
    agentId: offer.agentId,
    queueId: offer.queueId,
    data: { to: offer.agentId },
  });
}

export function seatEnded(turn: Turn, input: InputOf<'seat-ended'>): void {
  const call = standing(turn, input.offerId, input.callId);
  if (!call) {
    ignore(turn, 'offer is over');
    return;
  }
  const { offer } = call;
  const { termination } = input;
  if (call.phase === 'talking') {
    endTalk(turn, call, offer);
    return;
  }
  turn.effects.push({ type: 'forget-seat', offerId: offer.id }, { type: 'cancel-timer', timer: 'offer', id: offer.id });
  const reason = missReason(termination);
  // A phone that answers 480 itself has refused; a time limit has no phone's word in it.
  const byPhone = termination.sipStatus !== undefined && termination.by !== 'system';
  if (call.phase === 'offered' && reason === 'no-answer' && !byPhone) {
    turn.events.push({
      type: 'offer.timed-out',
      at: turn.now,
      callId: offer.callId,
      agentId: offer.agentId,
      queueId: offer.queueId,
      data: { offerId: offer.id },
    });
  } else {
    turn.events.push({
      type: 'offer.rejected',
      at: turn.now,
      callId: offer.callId,
      agentId: offer.agentId,
      queueId: offer.queueId,
      data: { offerId: offer.id, termination },
    });
  }
  const ours = isOurs(termination);
  if (ours) standDown(turn, offer.agentId, 'failed');
  else setAside(turn, offer.agentId, reason);
  lapse(turn, call, ours || call.phase === 'connecting');
}

export function bridgeFailed(turn: Turn, input: InputOf<'bridge-failed'>): void {
  const call = standing(turn, input.offerId, input.callId);
  if (call?.phase !== 'connecting') {
    ignore(turn, 'offer is over');
    return;
  }
  connectionFailed(turn, call, input.message);
}

function connectionFailed(turn: Turn, call: CallEntry & { offer: Offer }, text: string): void {
  const termination: Termination = { by: 'system', reason: 'switch-failure', text };
  revoke(turn, call.offer, termination);
  turn.events.push({
    type: 'offer.rejected',
    at: turn.now,
    callId: call.offer.callId,
    agentId: call.offer.agentId,
    queueId: call.offer.queueId,
    data: { offerId: call.offer.id, termination },
  });
  standDown(turn, call.offer.agentId, 'failed');
  lapse(turn, call, true);
}

export function offerExpired(turn: Turn, input: InputOf<'offer-expired'>): void {
  const call = standing(turn, input.offerId, input.callId);
  if (!call || call.phase === 'talking') {
    ignore(turn, 'offer is over');
    return;
  }
  if (call.phase === 'connecting') {
    connectionFailed(turn, call, 'the bridge did not stand in time');
    return;
  }
  revoke(turn, call.offer, { by: 'system', reason: 'no-answer', text: 'ring timeout' });
  turn.events.push({
    type: 'offer.timed-out',
    at: turn.now,
    callId: call.offer.callId,
    agentId: call.offer.agentId,
    queueId: call.offer.queueId,
    data: { offerId: call.offer.id },
  });
  setAside(turn, call.offer.agentId, 'no-answer');
  lapse(turn, call, false);
}

/** An offer came to nothing: back to the place it had, or on when its time or its tries are used up. */
function lapse(turn: Turn, call: CallEntry, failed: boolean): void {
  const open = reopen(turn, call, { failures: call.failures + Number(failed) });
  if (call.phase === 'connecting') turn.effects.push({ type: 'resume-treatment', callId: call.id });
  if (open.overdue) {
    leave(turn, open, 'waited too long', 'timeout', { outcome: 'timeout' });
    return;
  }
  if (open.failures < MAX_CONNECT_FAILURES) return;
  const message = `connecting the call failed ${open.failures} times`;
  leave(turn, open, message, 'failed', { outcome: 'failed', message });
}

/** The agent of the offer talks with the caller no more; the caller may go on without a place in this queue. */
export function talkEnded(turn: Turn, input: InputOf<'talk-ended'>): void {
  const call = standing(turn, input.offerId, input.callId);
  if (call?.phase !== 'talking') {
    ignore(turn, 'talk is over');
    return;
  }
  endTalk(turn, call, call.offer);
}

function endTalk(turn: Turn, call: CallEntry, offer: Offer): void {
  const { wrapUpMs } = call.queue.config;
  call.queue.serving -= 1;
  recordHandling(call.queue, turn.now - (call.talkingSince ?? turn.now) + wrapUpMs);
  forgetCall(turn, call);
  endEngagement(turn, offer.agentId, wrapUpMs);
}
