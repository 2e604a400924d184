import { localInstant, type Termination } from '@yixian/contracts';
import type { Flow } from './flow.js';
import type { FlowEffect, FlowEvent, LoadedFlow, Move, NodeEffect, Scene } from './machine.js';
import { moduleOf } from './nodes/index.js';
import { type FlowState, type FlowStep, type Frame, MAX_AUTOMATIC_HOPS, MAX_HOPS } from './state.js';
import { MAX_VALUE, MAX_VARIABLES, type Variables, valueOfVariable } from './variables.js';

type MoveOf<D extends Move['do']> = Extract<Move, { do: D }>;

/** Collects what a step does while it passes from node to node; the state is replaced, never changed. */
export class Trail {
  readonly effects: FlowEffect[] = [];
  readonly events: FlowEvent[] = [];
  #state: FlowState;

  constructor(state: FlowState) {
    this.#state = state;
  }

  scene(now: number): Scene {
    const { variables, typedAhead, timeZone, minLevels, frame, callers } = this.#state;
    return {
      variables: withNow(variables, now, timeZone),
      typedAhead,
      timeZone,
      now,
      language: valueOfVariable(variables, 'language'),
      minLevels,
      passes: Object.hasOwn(frame.passes, frame.nodeId) ? (frame.passes[frame.nodeId] ?? 0) : 0,
      depth: callers.length,
    };
  }

  /** Enters the node, and those after it, until one waits or the flow ends. */
  walk(nodeId: string, now: number): FlowStep {
    const { automaticHops, hops, frame } = this.#state;
    const { flow } = frame;
    const node = flow.nodes[nodeId];
    if (!node) return this.end('failed', failure(`the flow ${flow.id} has no node ${nodeId}`));
    if (automaticHops >= MAX_AUTOMATIC_HOPS || hops >= MAX_HOPS) {
      return this.end('failed', failure(`runaway flow: stopped at node ${nodeId} of flow ${flow.id} after ${hops} nodes`));
    }
    this.#state = {
      ...this.#state,
      frame: { ...frame, nodeId },
      wait: undefined,
      automaticHops: automaticHops + 1,
      hops: hops + 1,
    };
    this.events.push({ type: 'call.reached-node', data: { flowId: flow.id, nodeId, nodeType: node.type } });
    return this.follow(moduleOf(node).enter(node, this.scene(now)), now);
  }

  follow(move: Move, now: number): FlowStep {
    if (move.keys) this.events.push({ type: 'call.pressed-keys', data: { keys: move.keys, nodeId: this.#state.frame.nodeId } });
    if (move.warning) this.effects.push({ type: 'warn', message: move.warning });
    if (move.do === 'end') return this.end(move.result, move.termination);
    if (move.clearDigits) this.effects.push({ type: 'clearDigits' });
    if (move.variables) this.#state = { ...this.#state, variables: withVariables(this.#state.variables, move.variables) };
    if (move.score) this.#scored(move.score);
    switch (move.do) {
      case 'wait':
        return this.#wait(move);
      case 'call':
        return this.#enter(move.flow, move.version, [...this.#state.callers, this.#state.frame], `sub-flow:${move.flow.id}`, now);
      case 'switch':
        return this.#enter(move.flow, move.version, this.#state.callers, `flow:${move.flow.id}`, now);
      case 'return':
        return this.#return(move.result, now);
      case 'go':
        return this.#go(move, now);
    }
  }

  /** @param termination how the call should end */
  end(result: string, termination: Termination): FlowStep {
    this.#leaveFlow(result);
    this.#state = { ...this.#state, phase: 'over', wait: undefined };
    this.effects.push({ type: 'hangUp', termination });
    return this.#done();
  }

  #go(move: MoveOf<'go'>, now: number): FlowStep {
    this.#enterFlow();
    const { frame, automaticHops, minLevels } = this.#state;
    this.#state = {
      ...this.#state,
      typedAhead: move.typedAhead ?? false,
      minLevels: move.minLevels ?? minLevels,
      frame: move.passes === undefined ? frame : { ...frame, passes: { ...frame.passes, [frame.nodeId]: move.passes } },
      // Whom somebody drives may go on for long; a counter ends by itself, but counters within counters may be too many.
      automaticHops: move.driver === 'automatic' || move.driver === 'counted' ? automaticHops : 0,
    };
    return this.walk(move.to, now);
  }

  #enter(loaded: LoadedFlow, version: number, callers: readonly Frame[], result: string, now: number): FlowStep {
    // Whoever loads a flow has checked it.
    const flow = loaded as Flow;
    this.#enterFlow();
    this.#leaveFlow(result);
    this.#state = { ...this.#state, frame: { flow, version, nodeId: flow.start, passes: {} }, callers };
    this.#enterFlow();
    return this.walk(flow.start, now);
  }

  #return(result: string, now: number): FlowStep {
    const back = this.#state.callers.at(-1);
    if (!back) return this.end('ended', { by: 'system', reason: 'flow-ended' });
    this.#enterFlow();
    this.#leaveFlow('returned');
    this.#state = { ...this.#state, frame: back, callers: this.#state.callers.slice(0, -1) };
    this.#enterFlow();
    const node = back.flow.nodes[back.nodeId];
    if (!node) return this.end('failed', failure(`the flow ${back.flow.id} has no node ${back.nodeId}`));
    const input = { type: 'sub-flow-returned', result } as const;
    return this.follow(moduleOf(node).resume(node, { stage: 'away', attempt: 0 }, input, this.scene(now)), now);
  }

  #scored({ score, surveyId }: { score: number; surveyId?: string }): void {
    this.#enterFlow();
    this.events.push({ type: 'survey.answered', data: { score, ...(surveyId === undefined ? {} : { surveyId }) } });
  }

  #wait({ effect, local }: MoveOf<'wait'>): FlowStep {
    const ticket = this.#state.tickets + 1;
    const whither = leadsTo(effect);
    if (whither) this.#leaveFlow(whither);
    const typedAhead = effect.type === 'play' && this.#state.typedAhead;
    this.#state = { ...this.#state, phase: 'waiting', tickets: ticket, typedAhead, wait: { ticket, effect: effect.type, local } };
    this.effects.push({ ...effect, ticket });
    return this.#done();
  }

  #enterFlow(): void {
    if (this.#state.inFlow) return;
    this.#state = { ...this.#state, inFlow: true };
    const { flow, version } = this.#state.frame;
    this.events.push({ type: 'call.entered-flow', data: { flowId: flow.id, version } });
  }

  #leaveFlow(result: string): void {
    if (!this.#state.inFlow) return;
    this.#state = { ...this.#state, inFlow: false };
    this.events.push({ type: 'call.left-flow', data: { flowId: this.#state.frame.flow.id, result } });
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
    case 'park':
      return 'park';
    default:
      return undefined;
  }
}

/** The variables with `now`, which is worked out only when it is looked at. */
function withNow(variables: Variables, now: number, timeZone: string): Variables {
  return Object.defineProperty({ ...variables }, 'now', {
    get() {
      const { date, clock } = localInstant(now, timeZone);
      return `${date}T${clock}`;
    },
  });
}

function withVariables(variables: Variables, added: Variables): Variables {
  const entries = Object.entries(added).map(([name, value]) => [name, value.slice(0, MAX_VALUE)]);
  const all = { ...variables, ...Object.fromEntries(entries) };
  return Object.keys(all).length > MAX_VARIABLES ? variables : all;
}

const failure = (text: string): Termination => ({ by: 'system', reason: 'flow-failure', text });
