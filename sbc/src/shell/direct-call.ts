import type {
  ActiveRecording,
  AgentId,
  Call,
  CallControl,
  CallLeg,
  CallRegistry,
  EventDraft,
  FlowId,
  PartyAddress,
  Prompts,
  Recorder,
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
  recorder: Recorder;
  lines: Lines;
  parties: Pick<Parties, 'ringRoute'>;
  prompts?: Prompts;
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
 * Owns the ring of the called party, the bridge, the recording and the caller's line, and puts all of them in order. The caller's leg
 * belongs to whoever asked: it is not hung up here. Never rejects.
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
  #recording: Promise<ActiveRecording | undefined> | undefined;
  #finish: (termination: Termination) => void = () => {};

  constructor(deps: DirectCallDeps, request: DirectCallRequest) {
    this.#deps = deps;
    this.#request = request;
    this.#caller = request.call.leg;
    this.#state = newDirectCall(this.#caller.state === 'answered');
    this.#media = new DirectMedia({
      switch: deps.switch,
      logger: deps.logger,
      ...(deps.prompts ? { prompts: deps.prompts } : {}),
      caller: this.#caller,
      callee: () => this.#ring?.leg,
      over: () => this.#state.phase === 'ended',
      input: (input) => this.#input(input),
    });
  }

  async run(): Promise<DirectEnd> {
    const { calls, lines, live } = this.#deps;
    const { call, callerExtension } = this.#request;
    const finished = new Promise<Termination>((resolve) => {
      this.#finish = resolve;
    });
    try {
      if (callerExtension !== undefined) this.#undo.push(lines.take(callerExtension, call.id));
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
        this.#media.stopPlaying('caller');
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
      case 'unbridge':
        this.#media.unbridge();
        return;
      case 'startMusic':
        this.#media.playMusic(effect.to);
        return;
      case 'stopMusic':
        this.#media.stopPlaying(effect.to);
        return;
      case 'startRecording':
        this.#record();
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

  #record(): void {
    const { call, callerExtension, target } = this.#request;
    const { logger, recorder } = this.#deps;
    const callee = this.#ring?.leg;
    const agentId = this.#agentOn('callee') ?? this.#agentOn('caller');
    if (!callee || (target.kind !== 'toTrunk' && agentId === undefined)) return;
    // Our own side is always the right channel: who called whom does not change that.
    const ownIsCaller = this.#agentOn('callee') === undefined && callerExtension !== undefined;
    const [left, right] = ownIsCaller ? [callee, this.#caller] : [this.#caller, callee];
    const otherParty = ownIsCaller ? call.called : call.caller;
    const about = {
      callId: call.id,
      direction: call.direction,
      otherParty,
      ...(call.trunkId === undefined ? {} : { trunkId: call.trunkId }),
    };
    this.#recording = recorder.start({ ...about, ...(agentId ? { agentId } : {}), left, right }).catch((error: unknown) => {
      logger.error({ callId: call.id, problem: messageOf(error) }, 'recording could not be started');
      return undefined;
    });
  }

  #tell(fact: DirectFact): void {
    const draft = this.#draft(fact);
    if (fact.type === 'connected') this.#connected = true;
    this.#deps.events.publish({ ...draft, callId: this.#request.call.id });
  }

  #draft(fact: DirectFact): EventDraft {
    const { target } = this.#request;
    const to = target.kind === 'toExtension' ? target.extension : target.number;
    const onCallee = this.#agentOn('callee');
    const agentId = onCallee ?? this.#agentOn('caller');
    const agent = agentId === undefined ? {} : { agentId };
    switch (fact.type) {
      case 'ringing':
        return { type: 'call.ringing', ...(onCallee === undefined ? {} : { agentId: onCallee }), data: { to } };
      case 'callerAnswered':
        return { type: 'call.answered', data: {} };
      case 'connected':
        return { type: 'call.connected', ...agent, data: { to } };
      case 'held':
        return { type: 'call.held', ...agent, data: { by: this.#agentOn(fact.by) ?? 'remote' } };
      case 'resumed':
        return { type: 'call.resumed', ...agent, data: { by: this.#agentOn(fact.by) ?? 'remote' } };
    }
  }

  #agentOn(side: Side): AgentId | undefined {
    const { callerExtension, target } = this.#request;
    const rung = target.kind === 'toExtension' ? target.extension : undefined;
    const callee = this.#ring?.state === 'accepted' ? this.#ring.takenBy : rung;
    const extension = side === 'caller' ? callerExtension : callee;
    return extension !== undefined && this.#deps.lines.isAgent(extension) ? extension : undefined;
  }

  #control(): CallControl {
    return createDirectControl({
      callId: this.#request.call.id,
      agents: () => (['caller', 'callee'] as const).flatMap((side) => this.#agentOn(side) ?? []),
      sideOf: (agent) => (this.#agentOn('caller') === agent ? 'caller' : 'callee'),
      state: () => this.#state,
      input: (input) => this.#input(input),
      mediaSettled: () => this.#media.settled(),
      otherLeg: (side) => (side === 'caller' ? this.#ring?.leg : this.#caller),
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
    const stopped = this.#recording?.then((recording) => recording?.stop());
    for (const result of await Promise.allSettled([this.#media.close(), stopped])) {
      if (result.status === 'rejected') failed(result.reason);
    }
  }
}

/** The switch names the far end of a leg by the leg's direction; here it is named by its part in the call. */
function saidBy(leg: CallLeg, termination: Termination, party: 'caller' | 'called'): Termination {
  const farEnd = leg.direction === 'inbound' ? 'caller' : 'called';
  return termination.by === farEnd ? { ...termination, by: party } : termination;
}
