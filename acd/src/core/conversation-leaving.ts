import type { Termination, TransferTarget } from '@yixian/contracts';
import { CALLER, inRoom, type Party } from './conversation.js';
import type { ConversationTurn } from './conversation-turn.js';

/**
 * Somebody goes: by the own wish (`told`: the leg still has to be ended) or because the leg has ended by itself (`gone`).
 * What that means depends on where the party was.
 */
export function leaveRoom(turn: ConversationTurn, party: Party, termination: Termination, how: 'told' | 'gone'): void {
  const out = (): void => (how === 'told' ? turn.end(party, termination) : turn.forget(party));
  switch (party.place) {
    case 'ringing':
      ringFailed(turn, party, termination, how);
      return;
    case 'watching':
      out();
      turn.tell('call.supervision-ended', { by: party.name });
      return;
    case 'leaving':
      out();
      turn.patch({ errand: turn.state.errand && { ...turn.state.errand, referrer: null } });
      return;
    case 'aside':
      turn.endConsultation('cancelled');
      out();
      turn.enter('failed', 'together');
      return;
    case 'room':
      leaveTheOthers(turn, party, termination, out);
      return;
  }
}

/** Whoever called from outside takes the call along; of others, two are enough to go on. */
function leaveTheOthers(turn: ConversationTurn, party: Party, termination: Termination, out: () => void): void {
  const who = whoIs(party, termination);
  out();
  if (party.id === CALLER && (party.extension === null || turn.state.group)) {
    turn.finish(termination, who);
    return;
  }
  const { consultation, phase } = turn.state;
  if (phase !== 'together' && phase !== 'consulting') {
    turn.finish(termination, who);
    return;
  }
  if (consultation?.by === party.id) {
    const target = turn.party(consultation.target) as Party;
    turn.endConsultation('cancelled');
    turn.end(target, { by: 'agent', reason: target.place === 'ringing' ? 'cancelled' : 'normal' });
    turn.enter('cancel', 'together');
  }
  if (inRoom(turn.state).length < 2 && !goesOn(turn)) {
    turn.finish(termination, who);
    return;
  }
  turn.tell('call.party-left', { party: party.name, role: party.role, termination }, party);
}

/** Of a group called together the others ring on when the only one who talked has gone. */
function goesOn({ state }: ConversationTurn): boolean {
  return state.group && state.phase === 'together' && state.parties.some((p) => p.purpose === 'join');
}

/** The words of the record. A leg that failed below us is nobody's wish. */
function whoIs(party: Party, termination: Termination): 'caller' | 'agent' | 'called' | 'system' {
  if (party.id === CALLER && party.extension === null) return 'caller';
  if (!['caller', 'agent', 'called', 'supervisor'].includes(termination.by)) return 'system';
  if (party.id === CALLER) return 'caller';
  return party.extension !== null ? 'agent' : 'called';
}

/** A ring came to nothing. */
export function ringFailed(turn: ConversationTurn, party: Party, termination: Termination, how: 'told' | 'gone'): void {
  if (how === 'told') turn.end(party, termination);
  else turn.forget(party);
  switch (party.purpose) {
    case 'consult':
      turn.endConsultation(termination.reason === 'flow-ended' ? 'cancelled' : 'failed');
      turn.enter('failed', 'together');
      return;
    case 'transfer':
      transferFailed(turn, termination);
      return;
    case 'return':
      turn.finish({ by: 'system', reason: 'no-answer', text: 'nobody took the call' }, 'system');
      return;
    case 'join':
      turn.tell('call.party-left', { party: party.name, role: party.role, termination }, party);
      if (turn.state.phase === 'together' && inRoom(turn.state).length < 2 && !goesOn(turn)) turn.finish(termination, 'system');
      return;
    default:
      return;
  }
}

/** Back to who sent the caller on: the phone that waits (REFER), else the seat is rung again. */
export function transferFailed(turn: ConversationTurn, termination: Termination): void {
  const { errand } = turn.state;
  if (!errand) return;
  const by = errand.by ?? '';
  turn.tell('call.transfer-failed', { by, to: errand.to, termination }, errand.by);
  const referrer = turn.party(errand.referrer);
  if (referrer) {
    turn.answerRefer(termination);
    turn.patch({ errand: null });
    turn.enter('failed', 'together');
    turn.join(referrer.id);
    turn.tell('call.connected', { to: referrer.name }, referrer);
    return;
  }
  goBack(turn, 'failed');
}

/** Rings whoever sent the caller on. */
export function goBack(turn: ConversationTurn, cause: 'failed' | 'expired'): void {
  const { errand } = turn.state;
  if (!errand?.by) {
    turn.finish({ by: 'system', reason: 'no-answer', text: 'nobody took the call' }, 'system');
    return;
  }
  const target: TransferTarget = { kind: 'agent', agentId: errand.by };
  turn.enter(cause, 'returning');
  const id = turn.ring({ target, name: errand.by, extension: errand.by, agent: true }, 'return', 'agent', null);
  turn.patch({ errand: { ...errand, target: id, referrer: null } });
}
