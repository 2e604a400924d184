import type { Call, EventBus, FlowResult, Termination } from '@yixian/contracts';
import { begin, step } from '../core/interpreter.js';
import type { FlowEvent, FlowInput } from '../core/machine.js';
import type { FlowState, FlowStep } from '../core/state.js';
import { FlowEffects, type FlowEffectsDeps } from './flow-effects.js';
import type { PublishedFlow } from './flow-loader.js';
import { messageOf } from './flow-neighbours.js';

export interface FlowRunDeps extends FlowEffectsDeps {
  bus: Pick<EventBus, 'publish'>;
}

/**
 * Runs a flow on a call: feeds the interpreter with what happens, publishes its events, has its effects performed.
 * Never rejects; settles when the flow is over or the leg has ended and what followed from that is reported.
 */
export function runFlow(deps: FlowRunDeps, call: Call, first: PublishedFlow): Promise<FlowResult> {
  return new Promise((resolve) => new FlowRun(deps, call, first, resolve).start());
}

class FlowRun {
  #deps: FlowRunDeps;
  #call: Call;
  #first: PublishedFlow;
  #resolve: (result: FlowResult) => void;
  #effects: FlowEffects;
  #state: FlowState | undefined;
  #inbox: FlowInput[] = [];
  #busy = false;
  #over = false;

  constructor(deps: FlowRunDeps, call: Call, first: PublishedFlow, resolve: (result: FlowResult) => void) {
    this.#deps = deps;
    this.#call = call;
    this.#first = first;
    this.#resolve = resolve;
    this.#effects = new FlowEffects(deps, call, {
      feed: (input) => this.#feed(input),
      fail: (error) => this.#fail(error),
      awaits: (ticket) => !this.#over && this.#state?.wait?.ticket === ticket,
      place: () => placeOf(this.#state),
    });
  }

  start(): void {
    const { leg, caller, called } = this.#call;
    leg.ended.then(
      (termination) => this.#feed({ type: 'caller-hung-up', termination }),
      (error: unknown) => this.#fail(error),
    );
    const { flow, version } = this.#first;
    this.#work(() => this.#apply(begin(flow, { version, caller, called, timeZone: this.#deps.timeZone })));
  }

  /** Inputs are taken one after the other: an effect that answers at once does not run into the step that asked for it. */
  #feed(input: FlowInput): void {
    if (this.#over) return;
    this.#inbox.push(input);
    if (!this.#busy) this.#work(() => undefined);
  }

  #work(first: () => void): void {
    this.#busy = true;
    try {
      first();
      for (let input = this.#inbox.shift(); input && !this.#over; input = this.#inbox.shift()) this.#take(input);
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#busy = false;
    }
  }

  #take(input: FlowInput): void {
    const before = this.#state;
    if (!before) return;
    const now = this.#deps.clock.now();
    const next = step(before, input, now);
    if (next.ignored) {
      this.#deps.logger.debug({ callId: this.#call.id, input: input.type, reason: next.ignored }, 'flow input ignored');
      return;
    }
    this.#apply(next);
  }

  #apply(next: FlowStep): void {
    this.#state = next.state;
    // Facts before what follows from them: the call has left the flow when the queue reports it queued.
    for (const event of next.events) this.#publish(event);
    for (const effect of next.effects) {
      if (effect.type === 'hangUp') this.#finish(effect.termination);
      else this.#effects.perform(effect);
    }
  }

  #publish(event: FlowEvent): void {
    this.#deps.bus.publish({ ...event, callId: this.#call.id });
  }

  #finish(termination: Termination): void {
    if (this.#over) return;
    this.#over = true;
    if (termination.reason === 'flow-failure') {
      this.#deps.logger.error({ callId: this.#call.id, ...placeOf(this.#state) }, `the flow ended the call: ${termination.text}`);
    }
    this.#effects.release();
    this.#resolve({ termination: this.#call.leg.termination ?? termination });
  }

  /** A mistake of ours ends this call's flow and touches no other. */
  #fail(error: unknown): void {
    if (this.#over) return;
    this.#deps.logger.error({ err: error, callId: this.#call.id, ...placeOf(this.#state) }, 'the flow failed');
    if (this.#state?.inFlow) {
      this.#publish({ type: 'call.left-flow', data: { flowId: this.#state.frame.flow.id, result: 'failed' } });
    }
    this.#finish({ by: 'system', reason: 'flow-failure', text: messageOf(error) });
  }
}

/** Where a call is, for the log. */
const placeOf = (state: FlowState | undefined): { flow?: string; node?: string } =>
  state ? { flow: state.frame.flow.id, node: state.frame.nodeId } : {};
