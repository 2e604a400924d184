import type {
  AgentId,
  Call,
  CallControl,
  CallLeg,
  CallRegistry,
  Conversations,
  EventDraft,
  FlowId,
  PartyAddress,
  Switch,
  Termination,
} from '@yixian/contracts';
import {
  type DirectCallState,
  type DirectEffect,
  type DirectFact,
  type DirectInput,
  newDirectCall,
  type Side,
  stepDirectCall,
} from '../core/direct-call.js';
import type { Route } from '../core/routing.js';
import type { FrameDeps } from './call-frame.js';
import { messageOf } from './deadline.js';
import { createDirectControl } from './direct-control.js';
import { DirectMedia } from './direct-media.js';
import type { Lines } from './lines.js';
import type { Parties } from './parties.js';
import type { PartyRing } from './seat-ring.js';

export interface DirectCallDeps extends FrameDeps {
  switch: Switch;
  calls: CallRegistry;
  conversations: Pick<Conversations, 'begin'>;
  lines: Lines;
  parties: Pick<Parties, 'ringRoute'>;
}

/** Whom a dialled number leads to, where that is a person. */
export type DirectTarget = Extract<Route, { kind: 'toExtension' | 'toGroup' | 'toTrunk' }>;

export interface DirectCallRequest {
  call: Call;
  /** The extension whose call this is, when it is one's. */
  callerExtension?: string;
  /** Shown to the called side. */
  callerParty: PartyAddress;
  target: DirectTarget;
  /** How the caller's part is ended while others talk on; default `hangUp` of the leg. */
  endCaller?(termination: Termination): void;
}

export interface DirectEnd {
  termination: Termination;
  /** Whether the two ever talked. */
  connected: boolean;
  /** A forward of the called party leads to this flow. */
  goesTo?: FlowId;
}

/**
 * Runs a call between the caller's leg and an extension, a group or a number over a trunk, from the first ring to the end.
 * Owns the ring of the called party and the bridge until the two talk, then hands both legs to a conversation and waits for its
 * end. The caller's leg belongs to whoever asked: it is not hung up here. Never rejects.
 */
export function runDirectCall(deps: DirectCallDeps, request: DirectCallRequest): Promise<DirectEnd> {
  return new DirectCall(deps, request).run();
}

class DirectCall {
  readonly #deps: DirectCallDeps;
  readonly #request: DirectCallRequest;
  readonly #caller: CallLeg;
  readonly #media: DirectMedia;
  /** What is to be undone when the call is over, last first. */
  readonly #undo: Array<() => void> = [];
  #ring: PartyRing | undefined;
  #state: DirectCallState;
  #connected = false;
  #finish: (termination: Termination) => void = () => {};

  constructor(deps: DirectCallDeps, request: DirectCallRequest) {
    this.#deps = deps;
    this.#request = request;
    this.#caller = request.call.leg;
    this.#state = newDirectCall(this.#caller.state === 'answered');
    this.#media = new DirectMedia({
      switch: deps.switch,
      logger: deps.logger,
      caller: this.#caller,
      callee: () => this.#ring?.leg,
      over: () => this.#state.phase === 'ended',
      input: (input) => this.#input(input),
    });
  }

  async run(): Promise<DirectEnd> {
    const { calls, live } = this.#deps;
    const { call } = this.#request;
    const finished = new Promise<Termination>((resolve) => {
      this.#finish = resolve;
    });
    try {
      this.#undo.push(calls.control(this.#control()));
      this.#watchCaller();
      this.#input({ type: 'start' });
    } catch (error) {
      this.#fail('starting a direct call failed', error);
    }
    const termination = await finished;
    live.owe(call.id, this.#settle());
    const goesTo = this.#connected ? undefined : this.#ring?.goesTo;
    return { termination, connected: this.#connected, ...(goesTo === undefined ? {} : { goesTo }) };
  }

  #watchCaller(): void {
    const leg = this.#caller;
    this.#undo.push(leg.subscribe((event) => this.#holdKey('caller', event.type)));
    void leg.ended.then((termination) => this.#input({ type: 'callerEnded', termination: saidBy(leg, termination, 'caller') }));
  }

  #watchCallee(ring: PartyRing): void {
    const accepted = () => {
      const { leg } = ring;
      this.#undo.push(leg.subscribe((event) => this.#holdKey('callee', event.type)));
      this.#input({ type: 'calleeAnswered' });
    };
    const ended = (termination: Termination) => this.#input({ type: 'calleeEnded', termination: saidBy(ring.leg, termination, 'called') });
    if (ring.state === 'ended') {
      ended(ring.termination ?? { by: 'system', reason: 'switch-failure' });
      return;
    }
    this.#undo.push(ring.onEarly(() => this.#input({ type: 'calleeEarlyMedia' })));
    this.#undo.push(
      ring.subscribe((event) => {
        if (event.type === 'ringing') this.#input({ type: 'calleeRinging' });
        if (event.type === 'accepted') accepted();
        if (event.type === 'ended') ended(event.termination);
      }),
    );
    // It may have gone on before anybody listened.
    if (ring.leg.state === 'ringing') this.#input({ type: 'calleeRinging' });
    if (ring.early) this.#input({ type: 'calleeEarlyMedia' });
    if (ring.state === 'accepted') accepted();
  }

  #holdKey(side: Side, event: string): void {
    if (event === 'remote-held') this.#input({ type: 'remoteHeld', side });
    if (event === 'remote-resumed') this.#input({ type: 'remoteResumed', side });
  }

  /** @returns why nothing happened, if so */
  #input(input: DirectInput): string | undefined {
    try {
      const step = stepDirectCall(this.#state, input);
      this.#state = step.state;
      for (const fact of step.facts) this.#tell(fact);
      for (const effect of step.effects) this.#run(effect);
      return step.ignored;
    } catch (error) {
      this.#fail(`a direct call could not go on after ${input.type}`, error);
      return 'the call failed';
    }
  }

  /** Our own mistake must not leave a call standing: the callee is released here, the caller by its owner. */
  #fail(what: string, error: unknown): void {
    const text = messageOf(error);
    this.#deps.logger.error({ callId: this.#request.call.id, problem: text }, what);
    const termination: Termination = { by: 'system', reason: 'switch-failure', text };
    if (this.#state.phase !== 'ended') this.#state = { ...this.#state, phase: 'ended', termination };
    this.#ring?.end(termination);
    this.#finish(termination);
  }

  #run(effect: DirectEffect): void {
    switch (effect.type) {
      case 'dial':
        this.#dial();
        return;
      case 'ringCaller':
        if (this.#caller.state === 'new') this.#caller.ring();
        return;
      case 'playRingback':
        this.#media.playRingback();
        return;
      case 'stopRingback':
        this.#media.stopRingback();
        return;
      case 'openEarlyMedia':
        this.#media.openEarlyMedia();
        return;
      case 'answerCaller':
        this.#media.answerCaller();
        return;
      case 'bridge':
        this.#media.bridge();
        return;
      case 'handOver':
        this.#handOver();
        return;
      case 'hangUpCallee':
        this.#ring?.end(effect.termination);
        return;
      case 'finish':
        this.#finish(effect.termination);
        return;
    }
  }

  #dial(): void {
    const { call, callerExtension, callerParty, target } = this.#request;
    const by = callerExtension === undefined ? {} : { by: callerExtension };
    const timeoutMs = this.#deps.options.ringTimeoutMs;
    this.#ring = this.#deps.parties.ringRoute(target, { ...by, shown: callerParty, callId: call.id, timeoutMs });
    this.#watchCallee(this.#ring);
  }

  /** From here on the two legs, and whoever joins them, are the conversation's. */
  #handOver(): void {
    const ring = this.#ring;
    if (!ring) throw new Error('there is nobody to talk with');
    const { call, callerExtension, endCaller } = this.#request;
    const giveBack = callerExtension === undefined ? undefined : this.#deps.lines.take(callerExtension, call.id);
    const { caller: callerHolds, callee: calleeHolds } = this.#state.remoteHold;
    const callee = this.#extensionOn('callee');
    if (giveBack) this.#undo.push(giveBack);
    const bridge = this.#media.handOver();
    this.#connected = true;
    const end = this.#deps.conversations.begin({
      call,
      caller: {
        leg: this.#caller,
        party: callerExtension ?? call.caller,
        role: 'caller',
        ...(callerExtension === undefined ? {} : { extension: callerExtension }),
        ...(endCaller ? { end: endCaller } : {}),
        // The line stays taken while a browser that was lost is waited for.
        ...(giveBack ? { gone: giveBack, mayReturn: true } : {}),
        phoneHeld: callerHolds,
      },
      other: {
        leg: ring.leg,
        ring,
        party: callee ?? this.#dialled(),
        role: callee !== undefined && this.#deps.lines.isAgent(callee) ? 'agent' : 'called',
        ...(callee === undefined ? {} : { extension: callee }),
        phoneHeld: calleeHolds,
      },
      ...(bridge ? { bridge } : {}),
    });
    end.then(
      ({ termination }) => this.#input({ type: 'conversationEnded', termination }),
      (error: unknown) => this.#fail('a conversation failed', error),
    );
  }

  #tell(fact: DirectFact): void {
    this.#deps.events.publish({ ...this.#draft(fact), callId: this.#request.call.id });
  }

  #draft(fact: DirectFact): EventDraft {
    if (fact.type === 'callerAnswered') return { type: 'call.answered', data: {} };
    const agentId = this.#agentOn('callee');
    return { type: 'call.ringing', ...(agentId === undefined ? {} : { agentId }), data: { to: this.#dialled() } };
  }

  #dialled(): string {
    const { target } = this.#request;
    return target.kind === 'toExtension' ? target.extension : target.number;
  }

  #agentOn(side: Side): AgentId | undefined {
    const extension = this.#extensionOn(side);
    return extension !== undefined && this.#deps.lines.isAgent(extension) ? extension : undefined;
  }

  #extensionOn(side: Side): string | undefined {
    const { callerExtension, target } = this.#request;
    if (side === 'caller') return callerExtension;
    if (this.#ring?.state === 'accepted') return this.#ring.takenBy;
    return target.kind === 'toExtension' ? target.extension : undefined;
  }

  #control(): CallControl {
    return createDirectControl({
      callId: this.#request.call.id,
      agents: () => (['caller', 'callee'] as const).flatMap((side) => this.#extensionOn(side) ?? []),
      sideOf: (agent) => (this.#extensionOn('caller') === agent ? 'caller' : 'callee'),
      state: () => this.#state,
      input: (input) => this.#input(input),
    });
  }

  async #settle(): Promise<void> {
    const { logger } = this.#deps;
    const failed = (error: unknown) =>
      logger.error({ callId: this.#request.call.id, problem: messageOf(error) }, 'putting a direct call in order failed');
    for (const undo of this.#undo.splice(0).reverse()) {
      try {
        undo();
      } catch (error) {
        failed(error);
      }
    }
    await this.#media.close().catch(failed);
  }
}

/** The switch names the far end of a leg by the leg's direction; here it is named by its part in the call. */
function saidBy(leg: CallLeg, termination: Termination, party: 'caller' | 'called'): Termination {
  const farEnd = leg.direction === 'inbound' ? 'caller' : 'called';
  return termination.by === farEnd ? { ...termination, by: party } : termination;
}
