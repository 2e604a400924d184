import {
  type AgentId,
  type Call,
  type CallLeg,
  type ConversationEnd,
  type ConversationParty,
  DomainError,
  type ReferRequest,
  type Termination,
} from '@yixian/contracts';
import {
  CALLER,
  type ConversationCommand,
  type ConversationEffect,
  type ConversationFact,
  type ConversationInput,
  type ConversationState,
  type ConversationStep,
  inRoom,
  newConversation,
  type PartyId,
  partyOf,
} from '../core/conversation.js';
import { pictureOf } from '../core/conversation-picture.js';
import { stepConversation } from '../core/conversation-step.js';
import { sendAway } from './conversation-away.js';
import { callBack, lostOrEnded } from './conversation-comeback.js';
import { createConversationControl } from './conversation-control.js';
import type { ConversationDeps } from './conversation-deps.js';
import type { Along, ConversationIndex, ConversationRequest, LiveConversation } from './conversation-live.js';
import { ConversationMedia, messageOf } from './conversation-media.js';
import { LiveParties } from './conversation-parties.js';
import { ConversationRecording } from './conversation-recording.js';
import { answerRefer, onRefer } from './conversation-refer.js';
import { type Dialled, dialParty, ringLimit } from './conversation-rings.js';
import { createTimers } from './timers.js';

/** Whoever gives a command that rings somebody waits so long for the phone to say that it rings; some never do. */
const RING_HEARD_MS = 5_000;

/** People who talk: runs what the machine decides, and tells the machine what came of it. */
export class Conversation implements LiveConversation {
  readonly call: Call;
  readonly deps: ConversationDeps;
  readonly end: Promise<ConversationEnd>;
  readonly parties: LiveParties;
  readonly recording: ConversationRecording;
  readonly #index: ConversationIndex;
  readonly #media: ConversationMedia;
  readonly #timers;
  readonly #inbox: ConversationFact[] = [];
  readonly #ringing = new Map<PartyId, (how: 'ringing' | Termination) => void>();
  readonly #giveBackControl: () => void;
  readonly #parkMs: number;
  readonly callerMayReturn: boolean;
  /** Of a parked conversation: whether anybody came for the caller. */
  wasRetrieved = false;
  #state: ConversationState;
  #deciding = false;
  #refer: { request: ReferRequest; target: PartyId | undefined } | undefined;
  #settle: (end: ConversationEnd) => void = () => {};

  constructor(deps: ConversationDeps, index: ConversationIndex, request: ConversationRequest) {
    const { call, caller, other, joining, parked } = request;
    this.deps = deps;
    this.call = call;
    this.#index = index;
    this.#timers = createTimers(deps.clock);
    this.#parkMs = parked?.timeoutMs ?? deps.options.parkMs;
    this.callerMayReturn = caller.mayReturn === true;
    this.end = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.#state = newConversation({
      callId: call.id,
      queueId: request.queueId ?? null,
      caller: this.#arrival(caller),
      other: other ? { ...this.#arrival(other), role: other.role === 'called' ? 'called' : 'agent' } : null,
      ...(joining ? { joining: joining.map((one) => this.#arrival(one)) } : {}),
      slot: parked?.slot ?? null,
      now: deps.clock.now(),
    });
    this.parties = new LiveParties({
      ...deps,
      callId: call.id,
      fact: (fact) => this.fact(lostOrEnded(this, fact)),
      refer: (party, refer) => void onRefer(this, party, refer),
      ringing: (party) => this.#rings(party),
    });
    this.#media = new ConversationMedia(
      {
        switch: deps.switch,
        prompts: deps.prompts,
        logger: deps.logger,
        callId: call.id,
        language: call.language,
        music: request.music ?? deps.options.music,
        leg: (party) => this.parties.leg(party),
        picture: () => pictureOf(this.#state),
        failed: (message) => this.fact({ type: 'media-failed', message }),
      },
      request.bridge,
    );
    if (parked?.intro) this.#media.intro = parked.intro;
    const otherParty = (caller.extension === undefined ? caller : (other ?? caller)).party;
    this.recording = new ConversationRecording({ ...deps, call, queueId: request.queueId, otherParty });
    this.#giveBackControl = deps.calls.control(createConversationControl(this));
    index.add(this);
    this.#begin(request);
  }

  get state(): ConversationState {
    return this.#state;
  }

  #arrival(party: ConversationParty): { name: string; extension: AgentId | null; agent: boolean } {
    const { extension } = party;
    return {
      name: party.party,
      extension: extension ?? null,
      agent: extension !== undefined && this.deps.directory.agent(extension) !== undefined,
    };
  }

  /** Everything stands before anybody is listened to: a leg may have ended already. */
  #begin({ caller, other, joining = [], otherGone, connectedTold, parked, queueId }: ConversationRequest): void {
    this.#deciding = true;
    try {
      const first = this.#state.parties.find((p) => p.id !== CALLER);
      const ours = [first, partyOf(this.#state, CALLER)].find((p) => p?.agent)?.extension;
      const subjects = { callId: this.call.id, ...(ours ? { agentId: ours } : {}), ...(queueId ? { queueId } : {}) };
      if (other && first && !connectedTold) this.deps.events.publish({ type: 'call.connected', ...subjects, data: { to: first.name } });
      if (parked) {
        this.deps.events.publish({ type: 'call.parked', callId: this.call.id, data: { by: 'flow', slot: parked.slot } });
        this.#setParkTimer(parked.slot);
      }
      this.parties.attach(CALLER, caller, caller.gone && (() => caller.gone?.()));
      if (other && first) this.parties.attach(first.id, other, otherGone);
      for (const [n, { ring }] of joining.entries()) this.parties.ring(`p${n + 2}`, ring);
      this.#draw();
    } finally {
      this.#deciding = false;
    }
    this.#work();
    // Told once everybody knows that the two talk.
    const held = [...(caller.phoneHeld ? [CALLER] : []), ...(other?.phoneHeld ? ['p1'] : [])];
    for (const party of held) queueMicrotask(() => this.fact({ type: 'phone-held', party }));
  }

  fact(fact: ConversationFact): void {
    this.#inbox.push(fact);
    this.#work();
  }

  /** One input after the other, each to its end: what an effect or a listener brings about is decided after it, never inside. */
  #work(): void {
    if (this.#deciding) return;
    for (let next = this.#inbox.shift(); next; next = this.#inbox.shift()) {
      const step = this.decide(next);
      const reason = step.ignored ?? step.refused?.message;
      if (reason !== undefined) this.deps.logger.debug({ callId: this.call.id, input: next.type, reason }, 'conversation: input ignored');
    }
  }

  /** Whether a command could be given now: what it would come to, without doing it. */
  probe(command: ConversationCommand): void {
    throwRefusal(this.call.id, stepConversation(this.#state, command, this.deps.clock.now()));
  }

  /** Gives a command and waits until everybody hears what they should. Rejects with what is in the way. */
  async give(command: ConversationCommand, along: Along = {}): Promise<void> {
    const step = this.decide(command, along);
    this.#work();
    throwRefusal(this.call.id, step);
    try {
      await this.#media.settled();
    } catch (error) {
      throw new DomainError('unavailable', `call ${this.call.id}: ${command.type} failed: ${messageOf(error)}`, { callId: this.call.id });
    }
  }

  decide(input: ConversationInput, along: Along = {}): ConversationStep {
    if (this.#deciding) throw new Error('conversation: a command was given inside of another');
    this.#deciding = true;
    try {
      if (input.type === 'ended') this.#stopRinging(input.party, input.termination);
      if (input.type === 'accepted') this.#answered(input.party);
      if (input.type === 'returned') this.#timers.cancel(`lost:${input.party}`);
      const step = stepConversation(this.#state, input, this.deps.clock.now());
      this.#state = step.state;
      for (const event of step.events) this.deps.events.publish(event);
      for (const effect of step.effects) this.#try(effect, along);
      if (step.effects.length + step.events.length > 0 || input.type === 'phone-held' || input.type === 'phone-resumed') this.#draw();
      return step;
    } finally {
      this.#deciding = false;
    }
  }

  #draw(): void {
    const picture = pictureOf(this.#state);
    this.#media.show(picture);
    const legs = (ids: readonly PartyId[]) => ids.map((id) => this.parties.leg(id)).filter((leg) => leg !== undefined);
    if (picture.away.length > 0) this.recording.rest();
    else this.recording.show({ left: legs(picture.left), right: legs(picture.right), agent: picture.agent });
  }

  #try(effect: ConversationEffect, along: Along): void {
    try {
      this.#run(effect, along);
    } catch (error) {
      const text = messageOf(error);
      this.deps.logger.error({ err: error, callId: this.call.id, effect: effect.type }, 'conversation: effect failed');
      if (effect.type === 'ring')
        this.fact({ type: 'ended', party: effect.party, termination: { by: 'system', reason: 'not-registered', text } });
      if (effect.type === 'send-away')
        this.fact({ type: 'away-ended', outcome: { served: false, termination: { by: 'system', reason: 'switch-failure', text } } });
    }
  }

  #run(effect: ConversationEffect, along: Along): void {
    switch (effect.type) {
      case 'ring':
        this.#ring(effect, along);
        return;
      case 'end-party':
        this.#stopRinging(effect.party, effect.termination);
        this.parties.end(effect.party, effect.termination);
        return;
      case 'forget-party':
        this.#stopRinging(effect.party, { by: 'called', reason: 'normal' });
        this.parties.forget(effect.party);
        return;
      case 'adopt-arrival':
        if (!along.arrival) throw new Error('conversation: nobody has arrived');
        this.parties.attach(effect.party, along.arrival, along.arrivalGone);
        return;
      case 'call-back':
        callBack(this, effect.party, (fire) => this.#timers.set(`lost:${effect.party}`, this.deps.options.comeBackMs, fire));
        return;
      case 'mute':
        this.parties.leg(effect.party)?.mute(effect.on);
        return;
      case 'send-away':
        sendAway(this, effect, () => this.#media.settled());
        return;
      case 'set-park-timer':
        this.#setParkTimer(effect.slot);
        return;
      case 'clear-slot':
        this.#timers.cancel('park');
        this.#index.freeSlot(effect.slot);
        return;
      case 'answer-refer':
        answerRefer(this.#refer?.request, effect.termination);
        this.#refer = undefined;
        return;
      case 'finish':
        this.#finish(effect.end);
        return;
      default:
        effect satisfies never;
    }
  }

  #ring(effect: Extract<ConversationEffect, { type: 'ring' }>, along: Along): void {
    const { party, purpose, target } = effect;
    const dialled: Dialled = along.ring
      ? { ring: along.ring, release: along.release, ...(along.begin ? { begin: along.begin } : {}) }
      : dialParty(this, effect);
    if (this.#refer && purpose === 'transfer') this.#refer.target = party;
    this.#timers.set(`ring:${party}`, ringLimit(this.deps.options, purpose, target) + 2_000, () =>
      this.fact({ type: 'ring-expired', party }),
    );
    this.parties.ring(party, dialled.ring, dialled.release);
    const { begin } = dialled;
    // The bridge goes first: what the ring plays must not be heard by those who talked.
    if (begin) queueMicrotask(() => void this.#media.settled().then(begin, begin));
  }

  #setParkTimer(slot: string): void {
    this.#index.park(slot, this);
    this.#timers.set('park', this.#parkMs, () => this.fact({ type: 'park-expired', slot }));
  }

  /** Resolves when the party's phone rings or has been answered; rejects when it has ended before. */
  ringingOf(party: PartyId | undefined): Promise<void> {
    if (party === undefined) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#ringing.set(party, (how) => {
        if (how === 'ringing') resolve();
        else reject(new DomainError('conflict', `nobody was reached: ${how.text ?? how.reason}`, { reason: how.reason }));
      });
      this.#timers.set(`heard:${party}`, RING_HEARD_MS, () => this.#heardRing(party));
      if (partyOf(this.#state, party)?.place !== 'ringing') this.#heardRing(party);
    });
  }

  #heardRing(party: PartyId): void {
    this.#timers.cancel(`heard:${party}`);
    this.#ringing.get(party)?.('ringing');
    this.#ringing.delete(party);
  }

  #answered(party: PartyId): void {
    this.#timers.cancel(`ring:${party}`);
    this.#heardRing(party);
  }

  #rings(party: PartyId): void {
    this.#heardRing(party);
    if (this.#refer?.target === party) this.#refer.request.progress(180);
  }

  #stopRinging(party: PartyId, termination: Termination): void {
    this.#timers.cancel(`lost:${party}`);
    this.#timers.cancel(`ring:${party}`);
    this.#timers.cancel(`heard:${party}`);
    this.#ringing.get(party)?.(termination);
    this.#ringing.delete(party);
  }

  /** Takes a phone's REFER under care until it is answered. */
  care(request: ReferRequest | undefined): void {
    this.#refer = request ? { request, target: undefined } : undefined;
  }

  /** Keys for those whom `by` hears. */
  async sendDigits(by: AgentId, digits: string): Promise<void> {
    const party = this.#state.parties.find((p) => p.extension === by && (p.place === 'room' || p.place === 'aside'));
    if (!party) throw new DomainError('forbidden', `${by} is not on call ${this.call.id}`, { callId: this.call.id, agentId: by });
    const heard = pictureOf(this.#state).hearing.get(party.id) ?? [];
    const legs = heard.filter((id) => partyOf(this.#state, id)?.role !== 'supervisor').map((id) => this.parties.leg(id));
    if (legs.length === 0) throw new DomainError('conflict', `${by} talks with nobody now`, { callId: this.call.id });
    await Promise.all(legs.map((leg) => leg?.sendDigits(digits)));
  }

  #finish(end: ConversationEnd): void {
    const leg = this.parties.leg(CALLER);
    // One that came back is nobody else's to end.
    if (leg && leg !== this.call.leg) this.parties.end(CALLER, end.termination);
    else this.parties.forget(CALLER);
    this.#giveBackControl();
    this.#index.remove(this);
    this.#timers.cancelAll();
    this.recording.close();
    const closed = this.#media.close().catch((error: unknown) => {
      this.deps.logger.warn({ err: error, callId: this.call.id }, 'the parties were not let go of cleanly');
    });
    this.#settle(end);
    void closed;
  }

  /** Puts the one who talks with `by` into a free slot. */
  async park(by: AgentId): Promise<{ slot: string }> {
    const slot = this.#index.nextSlot();
    if (slot === undefined) throw new DomainError('unavailable', 'every slot is taken', { callId: this.call.id });
    await this.give({ type: 'park', by, slot });
    return { slot };
  }

  /** Somebody takes the one who is parked here out of the slot; undefined when it was too late. */
  retrieve(by: ConversationParty): Promise<ConversationEnd> | undefined {
    let gone: () => void = () => {};
    const left = new Promise<void>((resolve) => {
      gone = resolve;
    });
    const step = this.decide({ type: 'retrieved', arrival: this.#arrival(by) }, { arrival: by, arrivalGone: gone });
    this.#work();
    if (step.ignored !== undefined) return undefined;
    this.deps.switch.traceAs?.(by.leg, this.call.id);
    this.wasRetrieved = true;
    const own = (): ConversationEnd => ({
      termination: by.leg.termination ?? { by: 'agent', reason: 'normal' },
      callerStillUp: by.leg.state !== 'ended',
      last: this.#state.last,
    });
    return left.then(own);
  }

  nested(request: ConversationRequest): Promise<ConversationEnd> {
    return this.#index.begin(request).end;
  }

  find(leg: CallLeg): { conversation: LiveConversation; party: PartyId } | undefined {
    return this.#index.find(leg);
  }

  /** Whether the call's first party is none of ours. */
  isFromOutside(): boolean {
    return partyOf(this.#state, CALLER)?.extension === null;
  }

  /** Rejects by throwing when this party cannot hand the other one on. */
  assertJoinable(party: PartyId): void {
    throwRefusal(this.call.id, stepConversation(this.#state, { type: 'lent', by: party, to: '' }, this.deps.clock.now()));
  }

  /** `party` goes; whom it talked with here goes on in another conversation. */
  async lend(party: PartyId, to: string): Promise<void> {
    this.decide({ type: 'lent', by: party, to });
    this.#work();
    await this.#media.settled().catch(() => undefined);
  }

  /** `arrival` talks on in the place of `party`. */
  replace(party: PartyId, arrival: ConversationParty): boolean {
    const step = this.decide({ type: 'replaced', by: party, arrival: this.#arrival(arrival) }, { arrival });
    this.#work();
    if (step.refused !== undefined || step.ignored !== undefined) return false;
    this.deps.switch.traceAs?.(arrival.leg, this.call.id);
    return true;
  }

  /** Who is in the room beside this party, when it is one and no more. */
  otherThan(id: PartyId): { id: PartyId; party: ConversationParty } | undefined {
    const others = inRoom(this.#state).filter((p) => p.id !== id);
    const [other] = others;
    const leg = other && this.parties.leg(other.id);
    if (others.length !== 1 || !other || !leg) return undefined;
    const role = other.agent ? 'agent' : 'called';
    return { id: other.id, party: { leg, party: other.name, role, ...(other.extension ? { extension: other.extension } : {}) } };
  }
}

function throwRefusal(callId: string, step: ConversationStep): void {
  if (!step.refused) return;
  const { code, message, field } = step.refused;
  throw new DomainError(code, message, { callId, ...(field ? { field } : {}) });
}
