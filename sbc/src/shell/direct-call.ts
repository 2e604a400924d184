import type {
  ActiveRecording,
  AgentId,
  Bridge,
  Call,
  CallLeg,
  CallRegistry,
  EventDraft,
  MediaItem,
  PartyAddress,
  Playback,
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

const RINGBACK: MediaItem[] = [{ kind: 'tone', tone: 'ringback' }];
const SILENCE: MediaItem[] = [{ kind: 'tone', tone: 'silence' }];

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
  #callee: CallLeg | undefined;
  readonly #callees: CallLeg[] = [];
  #state: DirectCallState;
  #bridge: Bridge | undefined;
  #connected = false;
  /** Bridging, unbridging and answering happen one after the other, in the order in which they were asked for. */
  #media: Promise<void> = Promise.resolve();
  readonly #playing: Partial<Record<Side, Playback>> = {};
  #recording: Promise<ActiveRecording | undefined> | undefined;
  /** What is to be undone when the call is over, last first. */
  readonly #undo: Array<() => void> = [];
  /** `leg.ended` of every called leg, told once. */
  readonly #reports = new Map<CallLeg, Promise<void>>();
  #finish: (termination: Termination) => void = () => {};

  constructor(deps: DirectCallDeps, request: DirectCallRequest) {
    this.#deps = deps;
    this.#request = request;
    this.#caller = request.call.leg;
    const attempts = request.target.kind === 'trunk' ? request.target.trunkIds.length : 1;
    this.#state = newDirectCall(Math.max(1, attempts), this.#caller.state === 'answered');
  }

  async run(): Promise<DirectEnd> {
    const finished = new Promise<Termination>((resolve) => {
      this.#finish = resolve;
    });
    try {
      this.#takeLines();
      this.#undo.push(this.#deps.calls.control(this.#control()));
      this.#watchCaller();
      this.#input({ type: 'start' });
    } catch (error) {
      this.#fail('starting a direct call failed', error);
    }
    const termination = await finished;
    this.#deps.live.owe(this.#request.call.id, this.#settle());
    return { termination, connected: this.#connected };
  }

  #takeLines(): void {
    const { call, callerExtension, target } = this.#request;
    if (callerExtension !== undefined) this.#undo.push(this.#deps.lines.take(callerExtension, call.id));
    if (target.kind === 'extension') this.#undo.push(this.#deps.lines.take(target.extension, call.id));
  }

  #watchCaller(): void {
    const leg = this.#caller;
    this.#undo.push(leg.subscribe((event) => this.#holdKey('caller', event.type)));
    void leg.ended.then((termination) => this.#input({ type: 'callerEnded', termination: saidBy(leg, termination, 'caller') }));
  }

  /** The caller and the callee are told apart by who the event came from, so an attempt that was given up says nothing any more. */
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
    this.#callees.push(leg);
    void leg.ended.then((termination) => current({ type: 'calleeEnded', termination: saidBy(leg, termination, 'called') }));
    void leg.ended.then(() => this.#report(leg));
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

  /** Our own mistake must not leave a call standing: both sides are released. */
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
        this.#play('caller', RINGBACK);
        return;
      case 'stopRingback':
        this.#stopPlaying('caller');
        return;
      case 'openEarlyMedia':
        this.#openEarlyMedia();
        return;
      case 'answerCaller':
        this.#answerCaller();
        return;
      case 'bridge':
        this.#join();
        return;
      case 'unbridge':
        this.#then('parting two legs', async () => this.#bridge?.unbridge());
        return;
      case 'startMusic':
        this.#play(effect.to, this.#holdMusic());
        return;
      case 'stopMusic':
        this.#stopPlaying(effect.to);
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
    const timeoutMs = this.#deps.options.ringTimeoutMs;
    if (target.kind === 'extension') {
      this.#called(
        this.#deps.switch.dial({ target: { kind: 'extension', extension: target.extension }, from, timeoutMs, callId: call.id }),
      );
      return;
    }
    const dialled = this.#deps.dialTrunk({
      trunkId: target.trunkIds[attempt] ?? '',
      number: target.number,
      from,
      timeoutMs,
      callId: call.id,
    });
    if ('failed' in dialled) {
      this.#input({ type: 'calleeEnded', termination: dialled.failed });
      return;
    }
    this.#called(dialled.leg);
  }

  #called(leg: CallLeg): void {
    this.#callee = leg;
    this.#watchCallee(leg);
    // The leg may have gone on before anybody listened.
    if (leg.state === 'ringing') this.#input({ type: 'calleeRinging' });
    if (leg.state === 'early') this.#input({ type: 'calleeEarlyMedia' });
    if (leg.state === 'answered') this.#input({ type: 'calleeAnswered' });
  }

  #report(leg: CallLeg): Promise<void> {
    const known = this.#reports.get(leg);
    if (known) return known;
    const report = reportLeg(this.#deps, this.#request.call.id, leg, 'called');
    this.#reports.set(leg, report);
    return report;
  }

  #openEarlyMedia(): void {
    this.#then('opening early media', async () => {
      if (this.#state.phase === 'ended' || !this.#callee) return;
      try {
        if (this.#caller.state !== 'answered') await this.#caller.early();
        this.#bridge = await this.#deps.switch.bridge(this.#caller, this.#callee);
        this.#input({ type: 'bridged' });
      } catch (error) {
        this.#deps.logger.warn({ callId: this.#request.call.id, problem: messageOf(error) }, 'early media not passed on');
        this.#input({ type: 'earlyFailed' });
      }
    });
  }

  #answerCaller(): void {
    this.#then('answering the caller', async () => {
      if (this.#state.phase === 'ended') return;
      await this.#caller.answer();
      this.#input({ type: 'callerAnswered' });
    });
  }

  #join(): void {
    this.#then('bridging two legs', async () => {
      if (this.#state.phase === 'ended' || !this.#callee) return;
      this.#bridge = await this.#deps.switch.bridge(this.#caller, this.#callee);
      this.#input({ type: 'bridged' });
    });
  }

  #then(what: string, task: () => Promise<void>): void {
    this.#media = this.#media.then(task).catch((error: unknown) => {
      // When a leg has ended that is the reason, and it tells itself.
      if (this.#caller.state === 'ended' || this.#callee?.state === 'ended') return;
      this.#deps.logger.error({ callId: this.#request.call.id, problem: messageOf(error) }, `${what} failed`);
      this.#input({ type: 'release', termination: { by: 'system', reason: 'switch-failure', text: `${what}: ${messageOf(error)}` } });
    });
  }

  #holdMusic(): MediaItem[] {
    const music = this.#deps.prompts?.item('queue-music');
    return music ? [music] : SILENCE;
  }

  #play(side: Side, items: MediaItem[]): void {
    const leg = side === 'caller' ? this.#caller : this.#callee;
    if (!leg || leg.state === 'ended') return;
    this.#playing[side] = leg.play(items, { loop: true });
  }

  #stopPlaying(side: Side): void {
    this.#playing[side]?.stop();
    delete this.#playing[side];
  }

  #record(): void {
    const { call, callerExtension, target } = this.#request;
    const { lines, recorder } = this.#deps;
    const callee = this.#callee;
    const callerAgent = callerExtension !== undefined && lines.isAgent(callerExtension) ? callerExtension : undefined;
    const calleeAgent = target.kind === 'extension' && lines.isAgent(target.extension) ? target.extension : undefined;
    if (!callee || (target.kind === 'extension' && callerAgent === undefined && calleeAgent === undefined)) return;
    // Our own side, the agent's, is always the right channel: who called whom does not change that.
    const ownIsCaller = calleeAgent === undefined && (callerAgent !== undefined || callerExtension !== undefined);
    const [left, right] = ownIsCaller ? [callee, this.#caller] : [this.#caller, callee];
    const agentId = calleeAgent ?? callerAgent;
    this.#recording = recorder.start({ callId: call.id, ...(agentId ? { agentId } : {}), left, right }).catch((error: unknown) => {
      this.#deps.logger.error({ callId: call.id, problem: messageOf(error) }, 'recording could not be started');
      return undefined;
    });
  }

  #tell(fact: DirectFact): void {
    const { call, target } = this.#request;
    const to = target.kind === 'extension' ? target.extension : target.number;
    const agents = this.#agents();
    const calleeAgent = target.kind === 'extension' && this.#deps.lines.isAgent(target.extension) ? target.extension : undefined;
    const talkingAgent = calleeAgent ?? agents[0];
    const by = (side: Side): AgentId | 'remote' => this.#agentOn(side) ?? 'remote';
    const publish = (draft: EventDraft) => this.#deps.events.publish({ ...draft, callId: call.id });
    switch (fact.type) {
      case 'ringing':
        publish({ type: 'call.ringing', ...(calleeAgent ? { agentId: calleeAgent } : {}), data: { to } });
        return;
      case 'callerAnswered':
        publish({ type: 'call.answered', data: {} });
        return;
      case 'connected':
        this.#connected = true;
        publish({ type: 'call.connected', ...(talkingAgent ? { agentId: talkingAgent } : {}), data: { to } });
        return;
      case 'held':
        publish({ type: 'call.held', ...(talkingAgent ? { agentId: talkingAgent } : {}), data: { by: by(fact.by) } });
        return;
      case 'resumed':
        publish({ type: 'call.resumed', ...(talkingAgent ? { agentId: talkingAgent } : {}), data: { by: by(fact.by) } });
        return;
    }
  }

  #agentOn(side: Side): AgentId | undefined {
    const { callerExtension, target } = this.#request;
    const extension = side === 'caller' ? callerExtension : target.kind === 'extension' ? target.extension : undefined;
    return extension !== undefined && this.#deps.lines.isAgent(extension) ? extension : undefined;
  }

  #agents(): AgentId[] {
    return (['caller', 'callee'] as const).flatMap((side) => this.#agentOn(side) ?? []);
  }

  #control() {
    return createDirectControl({
      callId: this.#request.call.id,
      agents: () => this.#agents(),
      sideOf: (agent) => (this.#agentOn('caller') === agent ? 'caller' : 'callee'),
      state: () => this.#state,
      input: (input) => this.#input(input),
      mediaSettled: () => this.#media,
      otherLeg: (side) => (side === 'caller' ? this.#callee : this.#caller),
    });
  }

  async #settle(): Promise<void> {
    for (const undo of this.#undo.splice(0).reverse()) {
      try {
        undo();
      } catch (error) {
        this.#deps.logger.error({ callId: this.#request.call.id, problem: messageOf(error) }, 'putting a direct call in order failed');
      }
    }
    this.#stopPlaying('caller');
    this.#stopPlaying('callee');
    const parted = this.#media.then(() => this.#bridge?.unbridge());
    const stopped = this.#recording?.then((recording) => recording?.stop());
    for (const result of await Promise.allSettled([parted, stopped, ...this.#callees.map((leg) => this.#report(leg))])) {
      if (result.status === 'rejected') {
        this.#deps.logger.error(
          { callId: this.#request.call.id, problem: messageOf(result.reason) },
          'putting a direct call in order failed',
        );
      }
    }
  }
}

/** The switch names the far end of a leg by the leg's direction; here it is named by its part in the call. */
function saidBy(leg: CallLeg, termination: Termination, party: 'caller' | 'called'): Termination {
  const farEnd = leg.direction === 'inbound' ? 'caller' : 'called';
  return termination.by === farEnd ? { ...termination, by: party } : termination;
}
