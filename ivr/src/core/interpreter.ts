import { type FlowId, IllegalTransition, type Termination } from '@yixian/contracts';
import type { Flow } from './flow.js';
import type { FlowEffect, FlowEvent, FlowInput, NodeInput } from './machine.js';
import { moduleOf } from './nodes/index.js';
import type { FlowState, FlowStep } from './state.js';
import { Trail } from './trail.js';

// One call's way through its flows.
//
//   answering ──answered──▶ waiting ──(an answer to the effect waited for)──▶ waiting | over
//       │                     │ │
//       │                     │ └─caller-hung-up, caller is with queue, transfer, recorder or parked──▶ settling
//       │                     └─caller-hung-up, otherwise──▶ over          their result | settle-deadline │
//       └─caller-hung-up──▶ over ◀───────────────────────────────────────────────────────────────────────┘
//
// `settling` exists so that what those stages report (left-queue, voicemail.left) stands before the end of the call.
// The flow itself is part of the state: whatever is published meanwhile, a call goes on with what it entered.

/** How long queue, transfer, recorder and parking may take to report after the caller has gone. */
export const SETTLE_MS = 5000;

/** What the interpreter knows of the call at its beginning. */
export interface FlowFacts {
  version: number;
  caller: string;
  called: string;
  timeZone: string;
}

/** The first step: the call enters the flow and is to be answered. */
export function begin(flow: Flow, facts: FlowFacts): FlowStep {
  const state: FlowState = {
    phase: 'answering',
    frame: { flow, version: facts.version, nodeId: flow.start, passes: {} },
    callers: [],
    wait: undefined,
    variables: { caller: facts.caller, called: facts.called, language: flow.language, priority: '0' },
    minLevels: {},
    timeZone: facts.timeZone,
    typedAhead: false,
    inFlow: true,
    automaticHops: 0,
    hops: 0,
    tickets: 0,
    termination: undefined,
  };
  return { state, effects: [{ type: 'answer' }], events: [enteredFlow(flow.id, facts.version)] };
}

/**
 * The next step of the call.
 * @throws IllegalTransition for an input that no effect asked for
 */
export function step(state: FlowState, input: FlowInput, now: number): FlowStep {
  if (state.phase === 'over') return { state, effects: [], events: [], ignored: 'the flow is over' };
  switch (input.type) {
    case 'answered':
      if (state.phase !== 'answering') throw new IllegalTransition('flow', state.phase, input.type);
      return answered(state, now);
    case 'caller-hung-up':
      return callerHungUp(state, input.termination);
    case 'settle-deadline':
      return state.phase === 'settling' ? settled(state) : { state, effects: [], events: [], ignored: 'nothing to settle' };
    default:
      return answerTo(state, input.ticket) ?? resume(state, input, now);
  }
}

/** The step for an input whose effect is no longer waited for; undefined when it is. */
function answerTo(state: FlowState, ticket: number): FlowStep | undefined {
  if (state.wait?.ticket === ticket) return undefined;
  if (ticket > state.tickets) throw new IllegalTransition('flow', state.phase, `ticket ${ticket}`);
  return { state, effects: [], events: [], ignored: 'the flow has gone on' };
}

function answered(state: FlowState, now: number): FlowStep {
  const trail = new Trail({ ...state, phase: 'waiting' });
  trail.events.push({ type: 'call.answered', data: {} });
  return trail.walk(state.frame.flow.start, now);
}

function callerHungUp(state: FlowState, termination: Termination): FlowStep {
  const effect = state.wait?.effect;
  const away = effect === 'enqueue' || effect === 'transfer' || effect === 'voicemail' || effect === 'park';
  if (state.phase === 'settling') return { state, effects: [], events: [], ignored: 'the leg had ended already' };
  if (away) {
    const effects: FlowEffect[] = [{ type: 'awaitSettlement', ms: SETTLE_MS }];
    if (effect === 'enqueue') effects.unshift({ type: 'leaveQueue' });
    return { state: { ...state, phase: 'settling', termination }, effects, events: [] };
  }
  const ended = new Trail(state).end('caller-left', termination);
  return { ...ended, effects: [{ type: 'stopMedia' }, ...ended.effects] };
}

function settled(state: FlowState): FlowStep {
  const termination = state.termination ?? { by: 'caller', reason: 'normal' };
  return { state: { ...state, phase: 'over', wait: undefined }, effects: [{ type: 'hangUp', termination }], events: [] };
}

function resume(state: FlowState, input: NodeInput, now: number): FlowStep {
  const { flow, nodeId } = state.frame;
  const node = flow.nodes[nodeId];
  const wait = state.wait;
  if (!node || !wait) throw new IllegalTransition('flow', state.phase, input.type);
  if (state.phase === 'settling') return settled(state);
  const trail = new Trail(state);
  const move = moduleOf(node).resume(node, wait.local, input, trail.scene(now));
  return trail.follow(move, now);
}

const enteredFlow = (flowId: FlowId, version: number): FlowEvent => ({ type: 'call.entered-flow', data: { flowId, version } });
