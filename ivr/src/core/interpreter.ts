import { type FlowId, IllegalTransition, type Termination } from '@yixian/contracts';
import { type Flow, MAX_NODES } from './flow.js';
import type { FlowEffect, FlowEvent, FlowInput, Local, Move, NodeEffect, NodeInput, Scene, Variables } from './machine.js';
import { moduleOf } from './nodes/index.js';

// One call's way through one flow.
//
//   answering ──answered──▶ waiting ──(an answer to the effect waited for)──▶ waiting | over
//       │                     │ │
//       │                     │ └─caller-hung-up, caller is with queue, transfer or recorder──▶ settling
//       │                     └─caller-hung-up, otherwise──▶ over          their result | settle-deadline │
//       └─caller-hung-up──▶ over ◀───────────────────────────────────────────────────────────────────────┘
//
// `settling` exists so that what those stages report (left-queue, voicemail.left) stands before the end of the call.

/** Nodes passed without anybody's doing before the flow is taken for a runaway; no flow that was checked can reach it. */
export const MAX_AUTOMATIC_HOPS = MAX_NODES;
/** Nodes passed in one call, whoever drives it: ends a line on which a machine presses keys for ever. */
export const MAX_HOPS = 2000;
/** How long queue, transfer and recorder may take to report after the caller has gone. */
export const SETTLE_MS = 5000;

interface Wait {
  readonly ticket: number;
  readonly effect: NodeEffect['type'];
  readonly local: Local;
}

export interface FlowState {
  readonly phase: 'answering' | 'waiting' | 'settling' | 'over';
  readonly version: number;
  readonly nodeId: string;
  /** What the node waits for; undefined unless waiting or settling. */
  readonly wait: Wait | undefined;
  readonly variables: Variables;
  readonly timeZone: string;
  readonly typedAhead: boolean;
  /** Whether the call counts as being in the flow: not while with a queue, a called party or the recorder. */
  readonly inFlow: boolean;
  readonly automaticHops: number;
  readonly hops: number;
  readonly tickets: number;
  /** How the leg ended, while settling. */
  readonly termination: Termination | undefined;
}

export interface FlowStep {
  readonly state: FlowState;
  readonly effects: readonly FlowEffect[];
  readonly events: readonly FlowEvent[];
  /** Set when the input came too late to matter. */
  readonly ignored?: string;
}

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
    version: facts.version,
    nodeId: flow.start,
    wait: undefined,
    variables: { caller: facts.caller, called: facts.called },
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

/** The first step of a flow another one handed the call to; variables and counters go on. */
export function takeOver(flow: Flow, version: number, from: FlowState, now: number): FlowStep {
  const trail = new Trail(flow, { ...from, phase: 'waiting', version, inFlow: false, wait: undefined, termination: undefined });
  trail.enterFlow();
  return trail.walk(flow.start, now);
}

/**
 * The next step of the call.
 * @throws IllegalTransition for an input that no effect asked for
 */
export function step(flow: Flow, state: FlowState, input: FlowInput, now: number): FlowStep {
  if (state.phase === 'over') return { state, effects: [], events: [], ignored: 'the flow is over' };
  switch (input.type) {
    case 'answered':
      if (state.phase !== 'answering') throw new IllegalTransition('flow', state.phase, input.type);
      return answered(flow, state, now);
    case 'caller-hung-up':
      return callerHungUp(flow, state, input.termination);
    case 'settle-deadline':
      return state.phase === 'settling' ? settled(state) : { state, effects: [], events: [], ignored: 'nothing to settle' };
    case 'flow-switched':
      return answerTo(state, input.ticket) ?? new Trail(flow, state).end(`flow:${input.flowId}`, undefined);
    default:
      return answerTo(state, input.ticket) ?? resume(flow, state, input, now);
  }
}

/** The step for an input whose effect is no longer waited for; undefined when it is. */
function answerTo(state: FlowState, ticket: number): FlowStep | undefined {
  if (state.wait?.ticket === ticket) return undefined;
  if (ticket > state.tickets) throw new IllegalTransition('flow', state.phase, `ticket ${ticket}`);
  return { state, effects: [], events: [], ignored: 'the flow has gone on' };
}

function answered(flow: Flow, state: FlowState, now: number): FlowStep {
  const trail = new Trail(flow, { ...state, phase: 'waiting' });
  trail.events.push({ type: 'call.answered', data: {} });
  return trail.walk(flow.start, now);
}

function callerHungUp(flow: Flow, state: FlowState, termination: Termination): FlowStep {
  const effect = state.wait?.effect;
  const away = effect === 'enqueue' || effect === 'transfer' || effect === 'voicemail';
  if (state.phase === 'settling') return { state, effects: [], events: [], ignored: 'the leg had ended already' };
  if (away) {
    const effects: FlowEffect[] = [{ type: 'awaitSettlement', ms: SETTLE_MS }];
    if (effect === 'enqueue') effects.unshift({ type: 'leaveQueue' });
    return { state: { ...state, phase: 'settling', termination }, effects, events: [] };
  }
  const ended = new Trail(flow, state).end('caller-left', termination);
  return { ...ended, effects: [{ type: 'stopMedia' }, ...ended.effects] };
}

function settled(state: FlowState): FlowStep {
  const termination = state.termination ?? { by: 'caller', reason: 'normal' };
  return { state: { ...state, phase: 'over', wait: undefined }, effects: [{ type: 'hangUp', termination }], events: [] };
}

function resume(flow: Flow, state: FlowState, input: NodeInput, now: number): FlowStep {
  const node = flow.nodes[state.nodeId];
  const wait = state.wait;
  if (!node || !wait) throw new IllegalTransition('flow', state.phase, input.type);
  if (state.phase === 'settling') return settled(state);
  const trail = new Trail(flow, state);
  const move = moduleOf(node).resume(node, wait.local, input, trail.scene(now));
  return trail.follow(move, now);
}

/** Collects what a step does while it passes from node to node; the state is replaced, never changed. */
class Trail {
  readonly effects: FlowEffect[] = [];
  readonly events: FlowEvent[] = [];
  #flow: Flow;
  #state: FlowState;

  constructor(flow: Flow, state: FlowState) {
    this.#flow = flow;
    this.#state = state;
  }

  scene(now: number): Scene {
    const { variables, typedAhead, timeZone } = this.#state;
    return { variables, typedAhead, timeZone, now };
  }

  enterFlow(): void {
    if (this.#state.inFlow) return;
    this.#state = { ...this.#state, inFlow: true };
    this.events.push(enteredFlow(this.#flow.id, this.#state.version));
  }

  /** Enters the node, and those after it, until one waits or the flow ends. */
  walk(nodeId: string, now: number): FlowStep {
    const node = this.#flow.nodes[nodeId];
    if (!node) return this.end('failed', failure(`the flow has no node ${nodeId}`));
    const { automaticHops, hops } = this.#state;
    if (automaticHops >= MAX_AUTOMATIC_HOPS || hops >= MAX_HOPS) {
      return this.end('failed', failure(`runaway flow: stopped at node ${nodeId} after ${hops} nodes`));
    }
    this.#state = { ...this.#state, nodeId, wait: undefined, automaticHops: automaticHops + 1, hops: hops + 1 };
    this.events.push({ type: 'call.reached-node', data: { flowId: this.#flow.id, nodeId, nodeType: node.type } });
    return this.follow(moduleOf(node).enter(node, this.scene(now)), now);
  }

  follow(move: Move, now: number): FlowStep {
    if (move.keys) this.events.push({ type: 'call.pressed-keys', data: { keys: move.keys, nodeId: this.#state.nodeId } });
    if (move.do === 'end') return this.end(move.result, move.termination);
    if (move.clearDigits) this.effects.push({ type: 'clearDigits' });
    if (move.do === 'wait') return this.#wait(move.effect, move.local);
    this.enterFlow();
    if (move.score !== undefined) this.events.push({ type: 'survey.answered', data: { score: move.score } });
    this.#state = {
      ...this.#state,
      variables: { ...this.#state.variables, ...move.variables },
      typedAhead: move.typedAhead ?? false,
      automaticHops: move.driver === 'automatic' ? this.#state.automaticHops : 0,
    };
    return this.walk(move.to, now);
  }

  #wait(effect: NodeEffect, local: Local): FlowStep {
    const ticket = this.#state.tickets + 1;
    const whither = leadsTo(effect);
    if (whither) this.#leaveFlow(whither);
    const typedAhead = effect.type === 'play' && this.#state.typedAhead;
    this.#state = { ...this.#state, phase: 'waiting', tickets: ticket, typedAhead, wait: { ticket, effect: effect.type, local } };
    this.effects.push({ ...effect, ticket });
    return this.#done();
  }

  /** @param termination undefined when another flow goes on with the call */
  end(result: string, termination: Termination | undefined): FlowStep {
    this.#leaveFlow(result);
    this.#state = { ...this.#state, phase: 'over', wait: undefined };
    if (termination) this.effects.push({ type: 'hangUp', termination });
    return this.#done();
  }

  #leaveFlow(result: string): void {
    if (!this.#state.inFlow) return;
    this.#state = { ...this.#state, inFlow: false };
    this.events.push({ type: 'call.left-flow', data: { flowId: this.#flow.id, result } });
  }

  #done(): FlowStep {
    return { state: this.#state, effects: this.effects, events: this.events };
  }
}

/** Where the call is while this effect lasts, when that is outside the flow. */
function leadsTo(effect: NodeEffect): string | undefined {
  switch (effect.type) {
    case 'enqueue':
      return `queue:${effect.queueId}`;
    case 'transfer':
      return `transfer:${effect.target.value}`;
    case 'voicemail':
      return `voicemail:${effect.box}`;
    case 'play':
    case 'collect':
    case 'switchFlow':
      return undefined;
  }
}

const enteredFlow = (flowId: FlowId, version: number): FlowEvent => ({ type: 'call.entered-flow', data: { flowId, version } });
const failure = (text: string): Termination => ({ by: 'system', reason: 'flow-failure', text });
