import { armWake, isRelaxDue, relaxDue, waitDue, wakeUp } from './age.js';
import { changeReachability, chooseSeat, endWrapUp, occupyLine, releaseLine, wishState } from './agents.js';
import { callbackAnswered, callbackDue, callbackFailed, cancelCallback, requestCallback, stopCalling } from './callbacks.js';
import { arrive, callerLeft, closeCall, moveCall } from './calls.js';
import { beginDay, configure } from './configure.js';
import { changeDoor } from './doors.js';
import type { Effect, Input, StepResult } from './inputs.js';
import { endRest } from './missed.js';
import { measureDue } from './overflow.js';
import { loseCalls, restoreAll, resume, takeUpLate } from './resume.js';
import { settle } from './settle.js';
import { bridged, bridgeFailed, offerExpired, seatAnswered, seatEnded, talkEnded } from './talk.js';
import { changesOf, newTurn, type Turn } from './turn.js';
import type { AcdState } from './types.js';

/**
 * One decision of the ACD: what follows from this input at this time. Runs nothing and asks nothing.
 * @param state consumed: the returned state takes its place (see `AcdState`)
 * @param now epoch milliseconds
 * @returns the effects in the order they must be run, then the events in causal order
 * @throws Error when `state` was stepped before; IllegalTransition when the core itself is wrong
 */
export function step(state: AcdState, input: Input, now: number): StepResult {
  const { tables } = state;
  if (state.turn !== tables.turn) throw new Error(`acd: state of turn ${state.turn} was consumed, the state is at turn ${tables.turn}`);
  tables.turn += 1;
  const turn = newTurn(tables, now);
  if (isRelaxDue(turn)) relaxDue(turn);
  decide(turn, input);
  settle(turn);
  armWake(turn);
  const changes = changesOf(turn);
  if (changes.length > 0) turn.effects.push({ type: 'save', changes });
  const effects = inOrder(turn);
  const events = turn.events.copy();
  const next = { turn: tables.turn, tables };
  return turn.ignored === undefined ? { state: next, effects, events } : { state: next, effects, events, ignored: turn.ignored };
}

/** What is urgent, then the rest. A loop: `concat` took 7 % of a decision. */
function inOrder({ urgent, effects }: Turn): Effect[] {
  if (urgent.size === 0) return effects.copy();
  for (let n = 0; n < effects.size; n++) urgent.push(effects.at(n));
  return urgent.copy();
}

function decide(turn: Turn, input: Input): void {
  switch (input.type) {
    case 'configured':
      configure(turn, input.agents, input.queues);
      return;
    case 'restored':
      restoreAll(turn, input);
      return;
    case 'state-wished':
      wishState(turn, input);
      return;
    case 'seat-chosen':
      chooseSeat(turn, input);
      return;
    case 'reachability-changed':
      changeReachability(turn, input);
      return;
    case 'line-occupied':
      occupyLine(turn, input);
      return;
    case 'line-released':
      releaseLine(turn, input);
      return;
    case 'call-arrived':
      arrive(turn, input);
      return;
    case 'caller-left':
      callerLeft(turn, input);
      return;
    case 'seat-answered':
      seatAnswered(turn, input);
      return;
    case 'seat-ended':
      seatEnded(turn, input);
      return;
    case 'bridged':
      bridged(turn, input);
      return;
    case 'bridge-failed':
      bridgeFailed(turn, input);
      return;
    case 'talk-ended':
      talkEnded(turn, input);
      return;
    case 'offer-expired':
      offerExpired(turn, input);
      return;
    case 'wait-due':
      waitDue(turn, input);
      return;
    case 'relax-due':
      wakeUp(turn, input);
      return;
    case 'rest-expired':
      endRest(turn, input);
      return;
    case 'day-began':
      beginDay(turn, input.day);
      return;
    case 'door-changed':
      changeDoor(turn, input);
      return;
    case 'call-moved':
      moveCall(turn, input);
      return;
    case 'callback-requested':
      requestCallback(turn, input);
      return;
    case 'callback-cancelled':
      cancelCallback(turn, input);
      return;
    case 'callback-due':
      callbackDue(turn, input);
      return;
    case 'callback-answered':
      callbackAnswered(turn, input);
      return;
    case 'callback-failed':
      callbackFailed(turn, input);
      return;
    case 'measure-due':
      measureDue(turn, input);
      return;
    case 'wrap-up-expired':
      endWrapUp(turn, input);
      return;
    case 'resumed':
      resume(turn);
      return;
    case 'announced':
      takeUpLate(turn, input);
      return;
    case 'calls-lost':
      loseCalls(turn, input);
      return;
    case 'stopped':
      stopAll(turn, input);
      return;
    default:
      input satisfies never;
      return;
  }
}

function stopAll(turn: Turn, { only }: Extract<Input, { type: 'stopped' }>): void {
  const message = 'the hotline is stopping';
  if (!only) stopCalling(turn, message);
  const { calls } = turn.tables;
  const all = only ? only.map((id) => calls.get(id)) : [...calls.values()].sort((a, b) => a.order - b.order);
  for (const call of all) if (call) closeCall(turn, call, message);
}
