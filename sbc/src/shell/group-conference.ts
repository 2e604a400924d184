import {
  type Call,
  type CallControl,
  type CallLeg,
  type CallRegistry,
  type ConversationParty,
  type Conversations,
  DomainError,
  type ExtensionGroup,
  type PartyAddress,
  type PartyView,
  type Playback,
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
  calls: Pick<CallRegistry, 'control'>;
  conversations: Pick<Conversations, 'begin'>;
  lines: Lines;
  parties: Pick<Parties, 'ringMember'>;
}

export interface GroupConferenceRequest {
  call: Call;
  group: ExtensionGroup;
  shown: PartyAddress;
  callerExtension?: string;
  /** How the caller's part is ended; default `hangUp` of the leg. */
  endCaller?(termination: Termination): void;
}

interface Member {
  extension: string;
  ring: PartyRing;
  since: number;
  stopListening(): void;
}

/**
 * Calls a group together 组呼: every member rings; with the first to answer a conversation begins, which the others join as they
 * answer, whenever that is. Owns the rings until then, and the conversation after; the caller's leg belongs to whoever asked.
 * Resolves with how it ended.
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
  #ringback: Playback | undefined;
  #connecting = false;
  #finish: (termination: Termination) => void = () => {};

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
    void this.#caller.ended.then((termination) => {
      if (!this.#connecting) this.#finish(termination);
    });
    for (const extension of group.members.filter((member) => member !== callerExtension)) {
      const ring = parties.ringMember(extension, { shown, callId: call.id, timeoutMs: options.ringTimeoutMs });
      this.#members.set(extension, { extension, ring, since: clock.now(), stopListening: () => undefined });
    }
    for (const member of [...this.#members.values()]) this.#watch(member);
    this.#goOnOrEnd();
    try {
      const termination = await finished;
      this.#ringback?.stop();
      for (const { ring, stopListening } of [...this.#members.values()]) {
        stopListening();
        ring.end(termination);
      }
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
    member.stopListening = ring.subscribe((event) => {
      if (event.type === 'ringing') this.#rings();
      if (event.type === 'accepted') this.#taken(member);
      if (event.type === 'ended') this.#gone(member);
    });
    if (ring.leg.state === 'ringing') this.#rings();
    if (ring.state === 'accepted') this.#taken(member);
  }

  #rings(): void {
    if (this.#ringback || this.#connecting) return;
    this.#deps.events.publish({ type: 'call.ringing', callId: this.#request.call.id, data: { to: this.#request.group.number } });
    if (this.#caller.state === 'new') this.#caller.ring();
    if (this.#caller.state === 'answered') this.#ringback = this.#caller.play([{ kind: 'tone', tone: 'ringback' }], { loop: true });
  }

  #gone(member: Member): void {
    if (!this.#members.delete(member.extension)) return;
    this.#failures.push(member.ring.termination ?? { by: 'system', reason: 'switch-failure' });
    this.#goOnOrEnd();
  }

  #goOnOrEnd(): void {
    if (this.#members.size === 0) this.#finish(groupFailure(this.#request.group, this.#failures));
  }

  /** The first word: whoever answers while the caller is being answered waits for it, and comes in as a member. */
  #taken(first: Member): void {
    if (this.#connecting) return;
    this.#connecting = true;
    this.#ringback?.stop();
    this.#talk(first).then(
      (termination) => this.#finish(termination),
      (error: unknown) => {
        const text = messageOf(error);
        if (!this.#caller.termination) this.#deps.logger.error({ callId: this.#request.call.id, problem: text }, 'a group call failed');
        this.#finish(this.#caller.termination ?? { by: 'system', reason: 'switch-failure', text });
      },
    );
  }

  async #talk(first: Member): Promise<Termination> {
    const { call, callerExtension, endCaller } = this.#request;
    if (this.#caller.state !== 'answered') await this.#caller.answer();
    if (this.#caller.termination) return this.#caller.termination;
    this.#deps.events.publish({ type: 'call.answered', callId: call.id, data: {} });
    // Whoever was first may have gone while the caller was answered.
    const talks = [first, ...this.#members.values()].find(({ ring }) => ring.state === 'accepted');
    if (!talks) return groupFailure(this.#request.group, this.#failures);
    const others = [...this.#members.values()].filter((member) => member !== talks);
    for (const { stopListening } of this.#members.values()) stopListening();
    this.#members.clear();
    const end = await this.#deps.conversations.begin({
      call,
      caller: {
        leg: this.#caller,
        party: callerExtension ?? call.caller,
        role: 'caller',
        ...(callerExtension === undefined ? {} : { extension: callerExtension }),
        ...(endCaller ? { end: endCaller } : {}),
      },
      other: this.#partyOf(talks),
      joining: others.map((member) => this.#partyOf(member)),
    });
    return end.termination;
  }

  #partyOf({ extension, ring }: Member): ConversationParty & { ring: PartyRing } {
    const role = this.#deps.lines.isAgent(extension) ? 'agent' : 'called';
    return { leg: ring.leg, ring, party: extension, extension, role };
  }

  /** As long as nobody talks: the caller gives up, a member says no, a supervisor releases. */
  #control(): CallControl {
    const { call, callerExtension } = this.#request;
    const assertCaller = (by: string): void => {
      if (by !== callerExtension) throw new DomainError('forbidden', `agent ${by} is not on call ${call.id}`, { agent: by });
    };
    return {
      callId: call.id,
      agents: () => (callerExtension === undefined ? [] : [callerExtension]),
      parties: () => this.#views(),
      ...onlyWhenTalking(call.id, assertCaller),
      hangUp: async (by) => {
        assertCaller(by);
        this.#finish({ by: 'agent', reason: 'cancelled' });
      },
      reject: async (by) => {
        const member = this.#members.get(by);
        if (!member) throw new DomainError('conflict', `nothing of ${by} rings for call ${call.id}`, { agent: by });
        member.ring.end({ by: 'agent', reason: 'declined', text: `rejected by ${by}` });
      },
      supervise: async (supervisor, mode) => {
        if (mode !== 'release') throw new DomainError('conflict', 'nobody talks in this call yet', { callId: call.id });
        this.#finish({ by: 'supervisor', reason: 'forced-release', text: `released by ${supervisor}` });
      },
    };
  }

  #views(): PartyView[] {
    const { call } = this.#request;
    const caller: PartyView = {
      party: call.caller,
      role: 'caller',
      state: 'ringing',
      muted: this.#caller.muted,
      since: call.startedAt,
    };
    const members = [...this.#members.values()].map(
      ({ extension, ring, since }): PartyView => ({ party: extension, role: 'member', state: 'ringing', muted: ring.leg.muted, since }),
    );
    return [caller, ...members];
  }
}
