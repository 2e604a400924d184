import type { Termination } from '@yixian/contracts';
import { age } from './age.js';
import { endEngagement } from './agents.js';
import { cancelCallback, giveUpDialling, returnToLine, startAgentFirst } from './callbacks.js';
import { recordHandling, recordWait } from './estimate.js';
import type { Input } from './inputs.js';
import { mark } from './measures.js';
import { hasVanished, isOurs, type MissReason, missReason, setAside, VANISHED } from './missed.js';
import { bridge, dropOffer, dropOthers, offerOf, revoke, standDown, standing, stayOnLine, tellOffer } from './offers.js';
import {
  agentOf,
  changeCall,
  enterConnecting,
  enterState,
  enterTalking,
  forgetCall,
  ignore,
  keep,
  losePlace,
  reopen,
  type Turn,
} from './turn.js';
import type { AgentEntry, CallEntry, Offer } from './types.js';
import { arm, leave, leftQueue } from './waiting.js';

// From the first ring at a seat to the end of the talk.

type InputOf<T extends Input['type']> = Extract<Input, { type: T }>;
type OfferedCall = CallEntry & { offer: Offer };

/** A call that could not be connected so often goes on with `failed`, lest agents are rung for it without end. */
export const MAX_CONNECT_FAILURES = 3;

/** Numbers whose last agent is remembered. */
export const MAX_TALKS = 50_000;

export function seatAnswered(turn: Turn, input: InputOf<'seat-answered'>): void {
  const offered = standing(turn, input.offerId, input.callId);
  if (offered?.phase !== 'offered') {
    ignore(turn, 'offer is over');
    return;
  }
  const offer = offerOf(offered, input.offerId);
  const call = enterConnecting(dropOthers(turn, offered, offer));
  if (call.callback) {
    startAgentFirst(turn, call, offer);
    return;
  }
  bridge(turn, offer);
}

export function bridged(turn: Turn, input: InputOf<'bridged'>): void {
  const call = standing(turn, input.offerId, input.callId);
  if (call?.phase !== 'connecting' || call.callback) {
    ignore(turn, 'offer is over');
    return;
  }
  const { offer, queue } = call;
  losePlace(turn, enterTalking(turn, call));
  queue.serving += 1;
  turn.effects.push({ type: 'open-conversation', offer, music: queue.config.music });
  turn.effects.push({ type: 'cancel-timer', timer: 'offer', id: offer.id });
  turn.effects.push({ type: 'cancel-timer', timer: 'wait', id: call.id });
  turn.effects.push({ type: 'stop-treatment', callId: call.id });
  tellOffer(turn, 'offer.accepted', offer, null);
  recordWait(call, turn.ticks - call.entered);
  leftQueue(turn, call, 'served');
  const agent = agentOf(turn, call);
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
  const offer = offerOf(call, input.offerId);
  const { termination } = input;
  if (call.phase === 'talking') {
    endTalk(turn, call, offer);
    return;
  }
  turn.effects.push({ type: 'forget-seat', offerId: offer.id, callId: call.id });
  turn.effects.push({ type: 'cancel-timer', timer: 'offer', id: offer.id });
  if (call.phase === 'offered' && hasVanished(turn, offer, termination)) {
    tellOffer(turn, 'offer.withdrawn', offer, { offerId: offer.id, reason: VANISHED });
    standDown(turn, offer.agentId, 'withdrawn');
    lapse(turn, call, offer, false, termination);
    return;
  }
  const reason = missReason(termination);
  // A phone that answers 480 itself has refused; a time limit has no phone's word in it.
  const byPhone = termination.sipStatus !== undefined && termination.by !== 'system';
  if (call.phase === 'offered' && reason === 'no-answer' && !byPhone) tellOffer(turn, 'offer.timed-out', offer, null);
  else tellOffer(turn, 'offer.rejected', offer, { offerId: offer.id, termination });
  const ours = isOurs(termination);
  if (ours) standDown(turn, offer.agentId, 'failed');
  else missed(turn, offer, reason);
  lapse(turn, call, offer, ours || call.phase === 'connecting', termination);
}

/** The agent is set aside, unless another call has the line by now. */
function missed(turn: Turn, offer: Offer, reason: MissReason): void {
  setAside(turn, offer, reason);
  const agent = turn.tables.agents.get(offer.agentId);
  if (agent) stayOnLine(turn, agent);
}

export function bridgeFailed(turn: Turn, input: InputOf<'bridge-failed'>): void {
  const call = standing(turn, input.offerId, input.callId);
  if (call?.phase !== 'connecting') {
    ignore(turn, 'offer is over');
    return;
  }
  connectionFailed(turn, call, input.message);
}

function connectionFailed(turn: Turn, call: OfferedCall, text: string): void {
  const termination: Termination = { by: 'system', reason: 'switch-failure', text };
  revoke(turn, call.offer, termination);
  tellOffer(turn, 'offer.rejected', call.offer, { offerId: call.offer.id, termination });
  standDown(turn, call.offer.agentId, 'failed');
  lapse(turn, call, call.offer, true, termination);
}

export function offerExpired(turn: Turn, input: InputOf<'offer-expired'>): void {
  const call = standing(turn, input.offerId, input.callId);
  if (!call || call.phase === 'talking') {
    ignore(turn, 'offer is over');
    return;
  }
  if (call.phase === 'connecting') {
    if (call.callback) giveUpDialling(turn, call.id);
    else connectionFailed(turn, call, 'the bridge did not stand in time');
    return;
  }
  const offer = offerOf(call, input.offerId);
  revoke(turn, offer, { by: 'system', reason: 'no-answer', text: 'ring timeout' });
  tellOffer(turn, 'offer.timed-out', offer, null);
  setAside(turn, offer, 'no-answer');
  lapse(turn, call, offer, false, { by: 'system', reason: 'no-answer' });
}

/** An offer came to nothing: back to the place it had, or on when its time or its tries are used up. */
function lapse(turn: Turn, call: CallEntry, offer: Offer, failed: boolean, termination: Termination): void {
  const connecting = call.phase === 'connecting';
  if (call.callback && connecting) returnToLine(turn, call, termination);
  const failures = call.failures + Number(failed);
  const open = connecting ? reopen(turn, call, { failures }) : dropOffer(turn, changeCall(call, { failures }), offer.id);
  if (open.phase !== 'waiting') return;
  if (connecting && !open.callback) turn.effects.push({ type: 'resume-treatment', callId: call.id, queueId: call.queue.id });
  if (open.overdue) {
    leave(turn, open, 'waited too long', 'timeout', { outcome: 'timeout' });
    return;
  }
  if (open.failures >= MAX_CONNECT_FAILURES) {
    const message = `connecting the call failed ${open.failures} times`;
    if (open.callback) cancelCallback(turn, { callbackId: open.id, by: 'system' });
    else leave(turn, open, message, 'failed', { outcome: 'failed', message });
    return;
  }
  const aged = age(turn, open);
  if (aged) arm(turn, aged);
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

export function endTalk(turn: Turn, call: CallEntry, offer: Offer): void {
  const { queue } = call;
  const { wrapUpMs, wrapUp } = queue.config;
  const talkMs = turn.ticks - (call.talkingSince ?? turn.ticks);
  queue.serving -= 1;
  mark(turn.tables, queue);
  recordHandling(queue, talkMs + (wrapUp === 'open' ? 0 : wrapUpMs));
  if (turn.tables.remembers) remember(turn, call.caller, offer.agentId);
  forgetCall(turn, call);
  endEngagement(turn, engagedBy(turn, call, offer), { talkMs, wrapUpMs, open: wrapUp === 'open' });
}

/** The agent, unless another call has been taken up for him since: what two leaders knew may differ. */
function engagedBy(turn: Turn, call: CallEntry, offer: Offer): AgentEntry | undefined {
  const agent = agentOf(turn, call);
  return agent?.offer === offer || agent?.offer?.id === offer.id ? agent : undefined;
}

/** The process the two talked in has died: the agent is free at once, whatever wrap-up the queue grants. */
export function loseTalk(turn: Turn, call: CallEntry, offer: Offer): void {
  call.queue.serving -= 1;
  mark(turn.tables, call.queue);
  const talkMs = turn.ticks - (call.talkingSince ?? turn.ticks);
  forgetCall(turn, call);
  endEngagement(turn, engagedBy(turn, call, offer), { talkMs, wrapUpMs: 0, open: false });
}

/** Who talked with this number last, for queues that wait for him first. The oldest is forgotten when there are too many. */
function remember(turn: Turn, number: string, agentId: string): void {
  const { talks } = turn.tables;
  talks.delete(number);
  talks.set(number, { agentId, at: turn.now });
  keep(turn, { table: 'talks', key: number, value: { number, agentId, at: turn.now } });
  const oldest = talks.size > MAX_TALKS ? talks.keys().next().value : undefined;
  if (oldest === undefined) return;
  talks.delete(oldest);
  keep(turn, { table: 'talks', key: oldest, value: null });
}
