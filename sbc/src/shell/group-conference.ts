import {
  type ActiveRecording,
  type AgentId,
  type Call,
  type CallControl,
  type CallLeg,
  type CallRegistry,
  type Conference,
  DomainError,
  type ExtensionGroup,
  type PartyAddress,
  type PartyView,
  type Playback,
  type Recorder,
  type Switch,
  type Termination,
} from '@yixian/contracts';
import type { FrameDeps } from './call-frame.js';
import { messageOf } from './deadline.js';
import { groupFailure } from './group-ring.js';
import type { Lines } from './lines.js';
import { onlyWhenTalking } from './own-control.js';
import type { Parties } from './parties.js';
import type { PartyRing } from './seat-ring.js';

export interface GroupConferenceDeps extends FrameDeps {
  switch: Pick<Switch, 'conference'>;
  calls: Pick<CallRegistry, 'control'>;
  recorder: Pick<Recorder, 'start'>;
  lines: Lines;
  parties: Pick<Parties, 'ringMember'>;
}

export interface GroupConferenceRequest {
  call: Call;
  group: ExtensionGroup;
  shown: PartyAddress;
  callerExtension?: string;
}

interface Member {
  extension: string;
  ring: PartyRing;
  since: number;
}

/**
 * Calls a group together 组呼: every member rings, and whoever answers joins, whenever that is. It lasts as long as the caller
 * is there and somebody of the group talks or rings. Owns the members' rings and the conference; the caller's leg belongs
 * to whoever asked. Resolves with how it ended.
 */
export function runGroupConference(deps: GroupConferenceDeps, request: GroupConferenceRequest): Promise<Termination> {
  return new GroupConference(deps, request).run();
}

class GroupConference {
  readonly #deps: GroupConferenceDeps;
  readonly #request: GroupConferenceRequest;
  readonly #caller: CallLeg;
  readonly #members = new Map<string, Member>();
  readonly #failures: Termination[] = [];
  #conference: Conference | undefined;
  #recording: Promise<ActiveRecording | undefined> | undefined;
  #ringback: Playback | undefined;
  #connected = false;
  #over = false;
  #finish: (termination: Termination) => void = () => {};
  /** Answering and joining happen one after the other. */
  #turn: Promise<void> = Promise.resolve();

  constructor(deps: GroupConferenceDeps, request: GroupConferenceRequest) {
    this.#deps = deps;
    this.#request = request;
    this.#caller = request.call.leg;
  }

  async run(): Promise<Termination> {
    const { call, group, shown, callerExtension } = this.#request;
    const { calls, options, parties, clock } = this.#deps;
    const finished = new Promise<Termination>((resolve) => {
      this.#finish = resolve;
    });
    const takeBack = calls.control(this.#control());
    void this.#caller.ended.then((termination) => this.#finish(termination));
    const called = group.members.filter((member) => member !== callerExtension);
    for (const extension of called) {
      const ring = parties.ringMember(extension, { shown, callId: call.id, timeoutMs: options.ringTimeoutMs });
      this.#members.set(extension, { extension, ring, since: clock.now() });
    }
    for (const member of [...this.#members.values()]) this.#watch(member);
    this.#goOnOrEnd();
    try {
      const termination = await finished;
      await this.#close(termination);
      return termination;
    } finally {
      takeBack();
    }
  }

  #watch(member: Member): void {
    const { ring } = member;
    if (ring.state === 'ended') {
      this.#gone(member);
      return;
    }
    ring.subscribe((event) => {
      if (event.type === 'ringing') this.#rings();
      if (event.type === 'accepted') this.#joined(member);
      if (event.type === 'ended') {
        this.#gone(member);
        this.#goOnOrEnd();
      }
    });
    if (ring.leg.state === 'ringing') this.#rings();
    if (ring.state === 'accepted') this.#joined(member);
  }

  #rings(): void {
    if (this.#ringback || this.#connected) return;
    this.#deps.events.publish({ type: 'call.ringing', callId: this.#request.call.id, data: { to: this.#request.group.number } });
    if (this.#caller.state === 'new') this.#caller.ring();
    if (this.#caller.state === 'answered') this.#ringback = this.#caller.play([{ kind: 'tone', tone: 'ringback' }], { loop: true });
  }

  #joined(member: Member): void {
    const { events, clock } = this.#deps;
    const { call } = this.#request;
    member.since = clock.now();
    this.#ringback?.stop();
    const agent = this.#agent(member.extension);
    const first = !this.#connected;
    this.#connected = true;
    this.#inTurn(async () => {
      if (first && this.#caller.state !== 'answered') await this.#caller.answer();
      if (first) {
        events.publish({ type: 'call.answered', callId: call.id, data: {} });
        events.publish({ type: 'call.connected', callId: call.id, ...agent, data: { to: member.extension } });
        this.#record(member);
      }
      events.publish({ type: 'call.party-joined', callId: call.id, ...agent, data: { party: member.extension, role: 'member' } });
      await this.#hear();
    });
  }

  #gone(member: Member): void {
    if (!this.#members.delete(member.extension)) return;
    const termination = member.ring.termination ?? { by: 'system', reason: 'switch-failure' };
    if (!this.#connected || member.ring.takenBy === undefined) {
      this.#failures.push(termination);
      return;
    }
    const agent = this.#agent(member.extension);
    const data = { party: member.extension, role: 'member', termination } as const;
    this.#deps.events.publish({ type: 'call.party-left', callId: this.#request.call.id, ...agent, data });
    this.#inTurn(() => this.#hear());
  }

  #goOnOrEnd(): void {
    if (this.#members.size > 0) return;
    this.#finish(this.#connected ? { by: 'called', reason: 'normal' } : groupFailure(this.#request.group, this.#failures));
  }

  #talking(): Member[] {
    return [...this.#members.values()].filter((member) => member.ring.state === 'accepted');
  }

  /** Everyone hears everyone else. */
  async #hear(): Promise<void> {
    if (this.#over) return;
    const legs = [this.#caller, ...this.#talking().map((member) => member.ring.leg)].filter((leg) => leg.state === 'answered');
    this.#conference ??= this.#deps.switch.conference();
    await this.#conference.set(new Map(legs.map((leg) => [leg, legs.filter((other) => other !== leg)])));
    const members = legs.filter((leg) => leg !== this.#caller);
    void this.#recording?.then((recording) => recording?.setRight(members));
  }

  #record(first: Member): void {
    const { call } = this.#request;
    const about = { callId: call.id, direction: call.direction, otherParty: call.caller, ...this.#agent(first.extension) };
    this.#recording = this.#deps.recorder.start({ ...about, left: this.#caller, right: first.ring.leg }).catch((error: unknown) => {
      this.#deps.logger.error({ callId: call.id, problem: messageOf(error) }, 'recording could not be started');
      return undefined;
    });
  }

  #agent(extension: string): { agentId?: AgentId } {
    return this.#deps.lines.isAgent(extension) ? { agentId: extension } : {};
  }

  #inTurn(task: () => Promise<void>): void {
    this.#turn = this.#turn
      .then(() => (this.#over ? undefined : task()))
      .catch((error: unknown) => {
        if (this.#caller.state === 'ended') return;
        this.#deps.logger.error({ callId: this.#request.call.id, problem: messageOf(error) }, 'joining a group call failed');
        this.#finish({ by: 'system', reason: 'switch-failure', text: messageOf(error) });
      });
  }

  async #close(termination: Termination): Promise<void> {
    this.#over = true;
    this.#ringback?.stop();
    for (const { ring } of [...this.#members.values()]) ring.end(termination);
    await this.#turn;
    await this.#conference?.close();
    const recording = await this.#recording;
    await recording?.stop();
  }

  #memberOf(by: AgentId): Member | undefined {
    const { call, callerExtension } = this.#request;
    const member = this.#members.get(by);
    if (by !== callerExtension && member?.ring.state !== 'accepted') {
      throw new DomainError('forbidden', `agent ${by} is not on call ${call.id}`, { agent: by });
    }
    return member;
  }

  #control(): CallControl {
    const { call, callerExtension } = this.#request;
    const mute = async (by: AgentId, on: boolean) => {
      (this.#memberOf(by)?.ring.leg ?? this.#caller).mute(on);
      this.#deps.events.publish({ type: on ? 'call.muted' : 'call.unmuted', callId: call.id, agentId: by, data: { by } });
    };
    return {
      callId: call.id,
      agents: () => [...(callerExtension === undefined ? [] : [callerExtension]), ...this.#talking().map((member) => member.extension)],
      parties: () => this.#views(),
      ...onlyWhenTalking(call.id, (by) => this.#memberOf(by)),
      hangUp: async (by) => {
        const termination: Termination = { by: 'agent', reason: 'normal' };
        const member = this.#memberOf(by);
        if (member) member.ring.end(termination);
        else this.#finish(termination);
      },
      mute: (by) => mute(by, true),
      unmute: (by) => mute(by, false),
      supervise: async (supervisor, mode) => {
        if (mode !== 'release') throw new DomainError('conflict', 'a group call can be released, but not listened to', { callId: call.id });
        this.#finish({ by: 'supervisor', reason: 'forced-release', text: `released by ${supervisor}` });
      },
    };
  }

  #views(): PartyView[] {
    const { call } = this.#request;
    const caller: PartyView = {
      party: call.caller,
      role: 'caller',
      state: this.#connected ? 'talking' : 'ringing',
      muted: this.#caller.muted,
      since: call.startedAt,
    };
    const members = [...this.#members.values()].map(({ extension, ring, since }): PartyView => {
      const state = ring.state === 'accepted' ? 'talking' : 'ringing';
      return { party: extension, role: 'member', state, muted: ring.leg.muted, since };
    });
    return [caller, ...members];
  }
}
