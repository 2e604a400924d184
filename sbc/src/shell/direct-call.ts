import type {
  ActiveRecording,
  AgentId,
  Call,
  CallControl,
  CallLeg,
  CallRegistry,
  EventDraft,
  PartyAddress,
  Prompts,
  Recorder,
  Switch,
  Termination,
  TrunkId,
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
import { type FrameDeps, reportLeg } from './call-frame.js';
import { messageOf } from './deadline.js';
import { createDirectControl } from './direct-control.js';
import { DirectMedia } from './direct-media.js';
import type { Lines } from './lines.js';
import type { DialTrunk } from './trunk-dialer.js';

export interface DirectCallDeps extends FrameDeps {
  switch: Switch;
  calls: CallRegistry;
  recorder: Recorder;
  lines: Lines;
  dialTrunk: DialTrunk;
  prompts?: Prompts;
}

export type DirectTarget =
  | { kind: 'extension'; extension: string }
  /** Trunks in the order in which they are tried. */
  | { kind: 'trunk'; number: string; trunkIds: readonly TrunkId[] };

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
}

/**
 * Runs a call between the caller's leg and an extension or a number over a trunk, from the first ring to the end.
 * Owns the called legs, the bridge, the recording and the agents' lines, and puts all of them in order. The caller's leg
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
  /** Every leg that was called, with its one report. */
  readonly #callees = new Map<CallLeg, Promise<void> | undefined>();
  /** What is to be undone when the call is over, last first. */
  readonly #undo: Array<() => void> = [];
  #callee: CallLeg | undefined;
  #state: DirectCallState;
  #connected = false;
  #recording: Promise<ActiveRecording | undefined> | undefined;
  #finish: (termination: Termination) => void = () => {};

  constructor(deps: DirectCallDeps, request: DirectCallRequest) {
    this.#deps = deps;
    this.#request = request;
    this.#caller = request.call.leg;
    const attempts = request.target.kind === 'trunk' ? request.target.trunkIds.length : 1;
    this.#state = newDirectCall(Math.max(1, attempts), this.#caller.state === 'answered');
    this.#media = new DirectMedia({
      switch: deps.switch,
      logger: deps.logger,
      ...(deps.prompts ? { prompts: deps.prompts } : {}),
      caller: this.#caller,
      callee: () => this.#callee,
      over: () => this.#state.phase === 'ended',
      input: (input) => this.#input(input),
    });
  }

  async run(): Promise<DirectEnd> {
    const { calls, lines, live } = this.#deps;
    const { call, callerExtension, target } = this.#request;
    const finished = new Promise<Termination>((resolve) => {
      this.#finish = resolve;
    });
    try {
      if (callerExtension !== undefined) this.#undo.push(lines.take(callerExtension, call.id));
      if (target.kind === 'extension') this.#undo.push(lines.take(target.extension, call.id));
      this.#undo.push(calls.control(this.#control()));
      this.#watchCaller();
      this.#input({ type: 'start' });
    } catch (error) {
      this.#fail('starting a direct call failed', error);
    }
    const termination = await finished;
    live.owe(call.id, this.#settle());
    return { termination, connected: this.#connected };
  }

  #watchCaller(): void {
    const leg = this.#caller;
    this.#undo.push(leg.subscribe((event) => this.#holdKey('caller', event.type)));
    void leg.ended.then((termination) => this.#input({ type: 'callerEnded', termination: saidBy(leg, termination, 'caller') }));
  }

  /** An attempt that was given up has nothing to say any more. */
  #watchCallee(leg: CallLeg): void {
    const current = (input: DirectInput) => {
      if (this.#callee === leg) this.#input(input);
    };
    const unsubscribe = leg.subscribe((event) => {
      if (event.type === 'ringing') current({ type: 'calleeRinging' });
      else if (event.type === 'early-media') current({ type: 'calleeEarlyMedia' });
      else if (event.type === 'answered') current({ type: 'calleeAnswered' });
      else if (this.#callee === leg) this.#holdKey('callee', event.type);
    });
    this.#undo.push(unsubscribe);
    this.#callees.set(leg, undefined);
    void leg.ended.then((termination) => {
      current({ type: 'calleeEnded', termination: saidBy(leg, termination, 'called') });
      return this.#report(leg);
    });
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
    this.#callee?.hangUp(termination);
    this.#finish(termination);
  }

  #run(effect: DirectEffect): void {
    switch (effect.type) {
      case 'dial':
        this.#dial(effect.attempt);
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
        this.#callee?.hangUp(effect.termination);
        return;
      case 'finish':
        this.#finish(effect.termination);
        return;
    }
  }

  #dial(attempt: number): void {
    const { call, callerParty: from, target } = this.#request;
    const common = { from, timeoutMs: this.#deps.options.ringTimeoutMs, callId: call.id };
    if (target.kind === 'extension') {
      this.#called(this.#deps.switch.dial({ target: { kind: 'extension', extension: target.extension }, ...common }));
      return;
    }
    const dialled = this.#deps.dialTrunk({ trunkId: target.trunkIds[attempt] ?? '', number: target.number, ...common });
    if ('failed' in dialled) {
      this.#input({ type: 'calleeEnded', termination: dialled.failed });
      return;
    }
    const { leg } = dialled;
    this.#called(leg);
    const timer = this.#deps.clock.setTimer(this.#deps.options.trunkProgressMs, () => {
      if (this.#callee === leg) this.#input({ type: 'noProgress' });
    });
    void leg.ended.then(() => timer.cancel());
    this.#undo.push(() => timer.cancel());
  }

  #called(leg: CallLeg): void {
    this.#callee = leg;
    this.#watchCallee(leg);
    // The leg may have gone on before anybody listened.
    if (leg.state === 'ringing') this.#input({ type: 'calleeRinging' });
    if (leg.state === 'early') this.#input({ type: 'calleeEarlyMedia' });
    if (leg.state === 'answered') this.#input({ type: 'calleeAnswered' });
  }

  #record(): void {
    const { call, callerExtension, target } = this.#request;
    const { logger, recorder } = this.#deps;
    const callee = this.#callee;
    const agentId = this.#agentOn('callee') ?? this.#agentOn('caller');
    if (!callee || (target.kind === 'extension' && agentId === undefined)) return;
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
    const to = target.kind === 'extension' ? target.extension : target.number;
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
    const extension = side === 'caller' ? callerExtension : target.kind === 'extension' ? target.extension : undefined;
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
      otherLeg: (side) => (side === 'caller' ? this.#callee : this.#caller),
    });
  }

  /** `leg.ended` of a called leg: told when it ends, at the latest when the call is put in order, once. */
  #report(leg: CallLeg): Promise<void> {
    const report = this.#callees.get(leg) ?? reportLeg(this.#deps, this.#request.call.id, leg, 'called');
    this.#callees.set(leg, report);
    return report;
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
    const reports = [...this.#callees.keys()].map((leg) => this.#report(leg));
    for (const result of await Promise.allSettled([this.#media.close(), stopped, ...reports])) {
      if (result.status === 'rejected') failed(result.reason);
    }
  }
}

/** The switch names the far end of a leg by the leg's direction; here it is named by its part in the call. */
function saidBy(leg: CallLeg, termination: Termination, party: 'caller' | 'called'): Termination {
  const farEnd = leg.direction === 'inbound' ? 'caller' : 'called';
  return termination.by === farEnd ? { ...termination, by: party } : termination;
}
