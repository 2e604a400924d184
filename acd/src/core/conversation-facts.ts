import { type Arrival, CALLER, type ConversationFact, inRoom, type Party, type PartyId } from './conversation.js';
import { goBack, leaveRoom, ringFailed, transferFailed } from './conversation-leaving.js';
import { begin, releaseAll } from './conversation-supervision.js';
import { type ConversationTurn, TRANSFERRED } from './conversation-turn.js';

type FactOf<T extends ConversationFact['type']> = Extract<ConversationFact, { type: T }>;

/** What has happened: taken as it is, or ignored as a lawful race. */
export function learn(turn: ConversationTurn, fact: ConversationFact): void {
  switch (fact.type) {
    case 'accepted':
      accepted(turn, fact);
      return;
    case 'ended':
      ended(turn, fact);
      return;
    case 'ring-expired':
      ringExpired(turn, fact.party);
      return;
    case 'rejected':
      rejected(turn, fact);
      return;
    case 'lost':
      lost(turn, fact);
      return;
    case 'returned':
      returned(turn, fact.party);
      return;
    case 'not-returned':
      notReturned(turn, fact.party);
      return;
    case 'phone-held':
    case 'phone-resumed':
      phoneHold(turn, fact.party, fact.type === 'phone-held');
      return;
    case 'away-ended':
      awayEnded(turn, fact);
      return;
    case 'park-expired':
      parkExpired(turn, fact.slot);
      return;
    case 'retrieved':
      retrieved(turn, fact);
      return;
    case 'replaced':
      replaced(turn, fact);
      return;
    case 'lent':
      lent(turn, fact);
      return;
    case 'media-failed':
      turn.finish({ by: 'system', reason: 'media-failure', text: fact.message }, 'system');
      return;
    case 'closed':
      fact.termination.reason === 'forced-release' ? releaseAll(turn, fact.termination) : turn.finish(fact.termination, 'system');
      return;
  }
}

function ignore(turn: ConversationTurn, why: string): void {
  turn.ignored = why;
}

function accepted(turn: ConversationTurn, { party: id, takenBy }: FactOf<'accepted'>): void {
  if (turn.party(id)?.place !== 'ringing') {
    ignore(turn, 'party does not ring any more');
    return;
  }
  if (takenBy) takes(turn, id, takenBy);
  const party = turn.party(id) as Party;
  switch (party.purpose) {
    case 'consult':
      turn.set(id, { place: 'aside', purpose: null, since: turn.now });
      turn.tell('call.party-joined', { party: party.name, role: 'consulted' }, party);
      return;
    case 'join': {
      const joined = turn.join(id);
      turn.tell('call.party-joined', { party: joined.name, role: 'member' }, joined);
      return;
    }
    case 'supervise':
      begin(turn, id, party.mode ?? 'listen');
      return;
    default:
      reached(turn, id);
      return;
  }
}

/** Whoever has come need not be the one who was rung: a forward, a group, a queue. From here on it is that one. */
function takes(turn: ConversationTurn, id: PartyId, { name, extension, agent }: Arrival): void {
  const role = turn.party(id)?.role;
  turn.set(id, { name, extension, agent, ...(role === 'called' && agent ? { role: 'agent' } : {}) });
  const { consultation } = turn.state;
  if (consultation?.target !== id) return;
  const to = extension === null ? `number:${name}` : `${agent ? 'agent' : 'extension'}:${extension}`;
  turn.patch({ consultation: { ...consultation, asks: 'phone', to } });
}

/** Whoever was rung for the one in the room has come. */
function reached(turn: ConversationTurn, id: PartyId): void {
  const { errand, slot } = turn.state;
  const referrer = turn.party(errand?.referrer ?? null);
  turn.answerRefer(null);
  if (referrer) turn.end(referrer, TRANSFERRED);
  if (slot) turn.effects.push({ type: 'clear-slot', slot });
  turn.patch({ errand: null, slot: null });
  turn.enter('joined', 'together');
  const joined = turn.join(id);
  turn.tell('call.connected', { to: joined.name }, joined);
}

function ended(turn: ConversationTurn, { party: id, termination }: FactOf<'ended'>): void {
  const party = turn.party(id);
  if (!party) {
    ignore(turn, 'party is out of the books');
    return;
  }
  leaveRoom(turn, party, termination, 'gone');
}

/**
 * Whoever talks with the caller, or is asked aside, is waited for; everybody else has ended. The first leg of a caller from outside
 * is its owner's: that one ends too.
 */
function lost(turn: ConversationTurn, { party: id, termination }: FactOf<'lost'>): void {
  const party = turn.party(id);
  const { phase } = turn.state;
  if (party?.lost) {
    ignore(turn, 'party is lost already');
    return;
  }
  const talks = (party?.place === 'room' || party?.place === 'aside') && (phase === 'together' || phase === 'consulting');
  if (!party || !talks || (id === CALLER && party.extension === null)) {
    ended(turn, { type: 'ended', party: id, termination });
    return;
  }
  turn.set(id, { lost: termination, phoneHeld: false, since: turn.now });
  turn.effects.push({ type: 'call-back', party: id });
  turn.tell('call.party-lost', { party: party.name, role: party.role, termination }, party);
}

function returned(turn: ConversationTurn, id: PartyId): void {
  const party = turn.party(id);
  if (!party?.lost) {
    ignore(turn, 'party was not lost');
    return;
  }
  turn.set(id, { lost: null, since: turn.now });
  if (party.muted) turn.effects.push({ type: 'mute', party: id, on: true });
  turn.tell('call.party-returned', { party: party.name, role: party.role, held: party.held }, party);
}

function notReturned(turn: ConversationTurn, id: PartyId): void {
  const party = turn.party(id);
  if (!party?.lost) {
    ignore(turn, 'party is not waited for');
    return;
  }
  leaveRoom(turn, party, party.lost, 'told');
}

function ringExpired(turn: ConversationTurn, id: PartyId): void {
  rejected(turn, { type: 'rejected', party: id, termination: { by: 'system', reason: 'no-answer', text: 'ring timeout' } });
}

function rejected(turn: ConversationTurn, { party: id, termination }: FactOf<'rejected'>): void {
  const party = turn.party(id);
  if (party?.place !== 'ringing') {
    ignore(turn, 'party does not ring any more');
    return;
  }
  ringFailed(turn, party, termination, 'told');
}

function phoneHold(turn: ConversationTurn, id: PartyId, on: boolean): void {
  const party = turn.party(id);
  if (!party || party.phoneHeld === on) {
    ignore(turn, on ? 'the phone holds already' : 'the phone did not hold');
    return;
  }
  turn.set(id, { phoneHeld: on });
  const { phase } = turn.state;
  if (party.held || party.place !== 'room' || (phase !== 'together' && phase !== 'consulting')) return;
  const agent = party.agent ? party : inRoom(turn.state).find((p) => p.agent);
  turn.tell(on ? 'call.held' : 'call.resumed', { by: party.extension ?? 'remote' }, agent);
}

function awayEnded(turn: ConversationTurn, { outcome }: FactOf<'away-ended'>): void {
  if (turn.state.phase !== 'away') {
    ignore(turn, 'the caller is not away');
    return;
  }
  if (!outcome.served) {
    transferFailed(turn, outcome.termination);
    return;
  }
  if (outcome.last) turn.patch({ last: outcome.last });
  const subject = inRoom(turn.state)[0];
  if (!outcome.callerStillUp && subject) turn.forget(subject);
  turn.finish(outcome.termination, outcome.callerStillUp ? 'agent' : 'caller');
}

function parkExpired(turn: ConversationTurn, slot: string): void {
  if (turn.state.phase !== 'parked' || turn.state.slot !== slot) {
    ignore(turn, 'nobody is parked here any more');
    return;
  }
  goBack(turn, 'expired');
}

function retrieved(turn: ConversationTurn, { arrival }: FactOf<'retrieved'>): void {
  const { phase, slot, errand } = turn.state;
  if (slot === null || (phase !== 'parked' && phase !== 'returning')) {
    ignore(turn, 'nobody is parked here any more');
    return;
  }
  const rung = turn.party(errand?.target ?? null);
  if (rung) turn.end(rung, { by: 'system', reason: 'answered-elsewhere' });
  turn.effects.push({ type: 'clear-slot', slot });
  turn.patch({ errand: null, slot: null });
  turn.enter('retrieved', 'together');
  const party = turn.arrive(arrival);
  turn.patch({ last: arrival.extension ?? turn.state.last });
  turn.tell('call.retrieved', { by: party.name, slot }, party);
}

/** The party of a phone that has joined its two calls, when those are the calls of two people each. */
function joiner(turn: ConversationTurn, id: PartyId): Party | undefined {
  const by = turn.party(id);
  const joins = turn.state.parties.some((p) => p.purpose === 'join');
  if (by?.place === 'room' && turn.state.phase === 'together' && inRoom(turn.state).length === 2 && !joins) return by;
  return turn.refuse('conflict', `call ${turn.state.callId} is ${turn.state.phase}, with ${inRoom(turn.state).length} in the room`);
}

function replaced(turn: ConversationTurn, { by: id, arrival }: FactOf<'replaced'>): void {
  const by = joiner(turn, id);
  if (!by) return;
  const to = arrival.extension ? `extension:${arrival.extension}` : `number:${arrival.name}`;
  turn.tell('call.transferred', { by: by.name, kind: 'attended', to }, by);
  turn.end(by, TRANSFERRED);
  turn.enter('replaced', 'together');
  const party = turn.arrive(arrival);
  turn.patch({ last: arrival.extension ?? turn.state.last });
  turn.tell('call.connected', { to: party.name }, party);
}

function lent(turn: ConversationTurn, { by: id, to }: FactOf<'lent'>): void {
  const by = joiner(turn, id);
  if (!by) return;
  turn.tell('call.transferred', { by: by.name, kind: 'attended', to }, by);
  turn.end(by, TRANSFERRED);
  turn.patch({ errand: { by: by.extension, to, target: null, referrer: null } });
  turn.enter('transfer', 'away');
  turn.endWatching();
}
