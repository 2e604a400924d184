import type { AgentId, EventCatalogue, EventDraft, EventType, PartyRole, Termination } from '@yixian/contracts';
import {
  assertTransition,
  CALLER,
  type ConversationCause,
  type ConversationEffect,
  type ConversationPhase,
  type ConversationState,
  type ConversationStep,
  inRoom,
  type Named,
  newParty,
  type Party,
  type PartyId,
  partyOf,
  type RingPurpose,
} from './conversation.js';

/** One step of a conversation under way: the state is replaced bit by bit, nothing given is changed. */
export class ConversationTurn {
  state: ConversationState;
  readonly now: number;
  readonly effects: ConversationEffect[] = [];
  readonly events: EventDraft[] = [];
  refused: ConversationStep['refused'];
  ignored: string | undefined;

  constructor(state: ConversationState, now: number) {
    this.state = state;
    this.now = now;
  }

  enter(cause: ConversationCause, phase: ConversationPhase): void {
    assertTransition(this.state.phase, cause, phase);
    this.patch({ phase });
  }

  patch(change: Partial<ConversationState>): void {
    this.state = { ...this.state, ...change };
  }

  party(id: PartyId | null): Party | undefined {
    return partyOf(this.state, id);
  }

  set(id: PartyId, change: Partial<Party>): void {
    this.patch({ parties: this.state.parties.map((p) => (p.id === id ? { ...p, ...change } : p)) });
  }

  tell<T extends EventType>(type: T, data: EventCatalogue[T], agent?: Party | AgentId | null): void {
    const agentId = typeof agent === 'string' ? agent : agent?.agent ? agent.extension : null;
    const { callId, queueId } = this.state;
    this.events.push({ type, at: this.now, callId, ...(agentId ? { agentId } : {}), ...(queueId ? { queueId } : {}), data } as EventDraft);
  }

  /** @returns what a refused command gives back */
  refuse(code: 'forbidden' | 'conflict' | 'bad-request', message: string, field?: string): undefined {
    this.refused = { code, message, ...(field ? { field } : {}) };
    return undefined;
  }

  ring(to: Named, purpose: RingPurpose, role: PartyRole, by: AgentId | null, extra: Partial<Party> = {}): PartyId {
    const id = `p${this.state.next}`;
    const party = newParty({ ...to, id, role, place: 'ringing', purpose, since: this.now, ...extra });
    this.patch({ parties: [...this.state.parties, party], next: this.state.next + 1 });
    this.effects.push({ type: 'ring', party: id, target: to.target, purpose, by });
    if (purpose !== 'supervise') this.tell('call.ringing', { to: to.name }, party);
    return id;
  }

  arrive(arrival: Pick<Named, 'name' | 'extension' | 'agent'>): Party {
    const id = `p${this.state.next}`;
    const role = arrival.agent ? 'agent' : 'called';
    const party = newParty({ ...arrival, id, role, place: 'room', since: this.now });
    this.patch({ parties: [...this.state.parties, party], next: this.state.next + 1 });
    this.effects.push({ type: 'adopt-arrival', party: id });
    return party;
  }

  /** Takes a party out of the books; the leg ends by our word. */
  end(party: Party, termination: Termination): void {
    this.#remove(party.id);
    this.effects.push({ type: 'end-party', party: party.id, termination });
  }

  /** Takes a party out of the books whose leg has ended by itself. */
  forget(party: Party): void {
    this.#remove(party.id);
    this.effects.push({ type: 'forget-party', party: party.id });
  }

  #remove(id: PartyId): void {
    this.patch({ parties: this.state.parties.filter((p) => p.id !== id) });
  }

  /** Puts somebody who rang or was aside into the room. */
  join(id: PartyId, change: Partial<Party> = {}): Party {
    this.set(id, { place: 'room', purpose: null, since: this.now, ...change });
    const party = this.party(id) as Party;
    if (party.extension) this.patch({ last: party.extension });
    return party;
  }

  /** The room and everything around it is over; the call's own first leg lives on unless it has ended. */
  finish(termination: Termination, who: 'caller' | 'agent' | 'called' | 'system'): void {
    const { phase, consultation, slot } = this.state;
    if (consultation) this.endConsultation(who === 'system' ? 'cancelled' : 'caller-left');
    if (phase !== 'away') this.tell('call.disconnected', { by: who, termination }, this.#lastAgent());
    this.answerRefer(termination);
    for (const party of [...this.state.parties]) {
      if (party.place === 'watching') this.tell('call.supervision-ended', { by: party.name });
      if (party.id !== CALLER) this.end(party, farewell(party, termination));
    }
    if (slot) this.effects.push({ type: 'clear-slot', slot });
    this.enter('over', 'over');
    const callerStillUp = this.party(CALLER) !== undefined;
    this.patch({ errand: null, slot: null });
    this.effects.push({ type: 'finish', end: { termination, callerStillUp, last: this.state.last } });
  }

  #lastAgent(): Party | AgentId | null {
    return inRoom(this.state).findLast((p) => p.agent) ?? null;
  }

  endConsultation(result: 'completed' | 'cancelled' | 'conference' | 'failed' | 'caller-left'): void {
    const { consultation } = this.state;
    if (!consultation) return;
    const by = this.party(consultation.by);
    this.tell('call.consultation-ended', { by: by?.extension ?? '', to: consultation.to, result }, by);
    this.patch({ consultation: null });
  }

  answerRefer(termination: Termination | null): void {
    if (this.state.errand?.referrer) this.effects.push({ type: 'answer-refer', termination });
  }

  /** Nobody is left to watch: the supervisors go. */
  endWatching(): void {
    for (const party of this.state.parties.filter((p) => p.purpose === 'supervise' || p.place === 'watching')) {
      if (party.place === 'watching') this.tell('call.supervision-ended', { by: party.name });
      this.end(party, { by: 'system', reason: 'normal', text: 'nobody talks here any more' });
    }
  }

  result(before: ConversationState): ConversationStep {
    if (this.refused) return { state: before, effects: [], events: [], refused: this.refused };
    if (this.ignored !== undefined) return { state: before, effects: [], events: [], ignored: this.ignored };
    return { state: this.state, effects: this.effects, events: this.events };
  }
}

/** How somebody is told that it is over: CANCEL while the phone rings, else the same word as everybody. */
function farewell(party: Party, termination: Termination): Termination {
  if (party.place !== 'ringing') return termination;
  return { ...termination, reason: termination.reason === 'normal' ? 'withdrawn' : termination.reason };
}

/** Left to join somebody else: the own part is over. */
export const TRANSFERRED: Termination = { by: 'agent', reason: 'transferred' };
