import type { Termination } from '@yixian/contracts';
import { type ConversationCommand, inRoom, type Named, type Party } from './conversation.js';
import { leaveRoom } from './conversation-leaving.js';
import { superviseCall } from './conversation-supervision.js';
import { type ConversationTurn, TRANSFERRED } from './conversation-turn.js';

type CommandOf<T extends ConversationCommand['type']> = Extract<ConversationCommand, { type: T }>;

/** What one wishes: done whole or refused with the reason. */
export function obey(turn: ConversationTurn, command: ConversationCommand): void {
  if (command.type === 'supervise') {
    superviseCall(turn, command);
    return;
  }
  const by = turn.state.parties.find((p) => p.extension === command.by && p.place !== 'ringing');
  if (!by) {
    turn.refuse('forbidden', `${command.by} is not on call ${turn.state.callId}`);
    return;
  }
  if (command.type === 'hang-up') {
    hangUp(turn, by);
    return;
  }
  if (by.place === 'watching' || by.place === 'leaving') {
    turn.refuse('conflict', by.place === 'watching' ? `${by.name} only supervises this call` : `${by.name} has transferred this call`);
    return;
  }
  if (by.lost) {
    turn.refuse('conflict', `${by.name} is not connected now`);
    return;
  }
  switch (command.type) {
    case 'hold':
    case 'resume':
      hold(turn, by, command.type === 'hold');
      return;
    case 'mute':
    case 'unmute':
      mute(turn, by, command.type === 'mute');
      return;
    case 'transfer':
      transfer(turn, by, command);
      return;
    case 'consult':
      consult(turn, by, command.to);
      return;
    case 'swap':
      swap(turn, by);
      return;
    case 'complete':
      complete(turn, by);
      return;
    case 'cancel':
      cancel(turn, by);
      return;
    case 'conference':
      conference(turn, by, command.to);
      return;
    case 'park':
      park(turn, by, command);
      return;
  }
}

function hold(turn: ConversationTurn, by: Party, on: boolean): void {
  const { consultation, phase } = turn.state;
  if (by.place !== 'room' || (consultation?.by === by.id && consultation.front === 'target')) {
    turn.refuse('conflict', `${by.name} does not talk with the caller now`);
    return;
  }
  if (phase !== 'together' && phase !== 'consulting') {
    waits(turn);
    return;
  }
  if (by.held === on) {
    turn.refuse('conflict', on ? 'the call is on hold already' : `the call is not on hold by ${by.name}`);
    return;
  }
  turn.set(by.id, { held: on });
  if (by.phoneHeld) return;
  turn.tell(on ? 'call.held' : 'call.resumed', { by: by.name }, by);
}

function mute(turn: ConversationTurn, by: Party, on: boolean): void {
  if (by.muted === on) {
    turn.refuse('conflict', on ? `${by.name} is muted already` : `${by.name} is not muted`);
    return;
  }
  turn.set(by.id, { muted: on });
  turn.effects.push({ type: 'mute', party: by.id, on });
  turn.tell(on ? 'call.muted' : 'call.unmuted', { by: by.name }, by);
}

/** The one whom `by` talks with, when there is one and no more; else refused. */
function onlyOther(turn: ConversationTurn, by: Party, what: string): Party | undefined {
  const { state } = turn;
  if (state.phase === 'consulting') return turn.refuse('conflict', `a consultation is going on: complete or cancel it before you ${what}`);
  if (state.phase !== 'together') return waits(turn);
  if (state.parties.some((p) => p.purpose === 'join'))
    return turn.refuse('conflict', `somebody is being rung to join: cancel that before you ${what}`);
  const others = inRoom(state).filter((p) => p.id !== by.id);
  const [other] = others;
  if (others.length !== 1 || !other) return turn.refuse('conflict', `${others.length} others are in the conference: leave it instead`);
  return other;
}

function waits(turn: ConversationTurn): undefined {
  return turn.refuse('conflict', `call ${turn.state.callId} is ${turn.state.phase}`);
}

/** Whom one names must be somebody else. */
function isNew(turn: ConversationTurn, to: Named): boolean {
  const there = to.extension !== null && turn.state.parties.some((p) => p.extension === to.extension);
  if (there) turn.refuse('conflict', `${to.name} is on this call already`, to.target.kind);
  return !there;
}

function transfer(turn: ConversationTurn, by: Party, command: CommandOf<'transfer'>): void {
  const subject = onlyOther(turn, by, 'transfer');
  if (!subject) return;
  const { to, refer } = command;
  if (!isNew(turn, to)) return;
  turn.tell('call.transferred', { by: by.name, kind: 'blind', to: labelOf(to) }, by);
  const { target } = to;
  const away = target.kind === 'queue' || target.kind === 'flow';
  const waitsForIt = refer && !away;
  if (waitsForIt) turn.set(by.id, { place: 'leaving', held: false });
  turn.patch({ errand: { by: by.extension, to: labelOf(to), target: null, referrer: refer ? by.id : null } });
  if (!away) {
    const id = turn.ring(to, 'transfer', to.agent ? 'agent' : 'called', by.extension);
    turn.patch({ errand: { by: by.extension, to: labelOf(to), target: id, referrer: waitsForIt ? by.id : null } });
  }
  if (away) turn.answerRefer(null);
  if (!waitsForIt) turn.end(by, TRANSFERRED);
  turn.enter('transfer', away ? 'away' : 'transferring');
  turn.set(subject.id, { held: false });
  if (!away) return;
  turn.patch({ errand: { by: by.extension, to: labelOf(to), target: null, referrer: null } });
  turn.endWatching();
  turn.effects.push({ type: 'send-away', party: subject.id, target });
}

function consult(turn: ConversationTurn, by: Party, to: Named): void {
  if (turn.state.phase === 'consulting') {
    turn.refuse('conflict', 'one consultation at a time: complete or cancel the one going on');
    return;
  }
  if (turn.state.phase !== 'together') {
    waits(turn);
    return;
  }
  if (!isNew(turn, to)) return;
  if (by.held) turn.set(by.id, { held: false });
  turn.tell('call.consulted', { by: by.name, to: labelOf(to) }, by);
  const target = turn.ring(to, 'consult', 'consulted', by.extension);
  const asks = to.target.kind === 'queue' || to.target.kind === 'flow' ? to.target.kind : 'phone';
  turn.patch({ consultation: { by: by.id, target, to: labelOf(to), front: 'target', asks } });
  turn.enter('consult', 'consulting');
}

function rings(turn: ConversationTurn, { target }: Named): boolean {
  if (target.kind !== 'flow') return true;
  turn.refuse('bad-request', 'flow: a flow takes no part in a conference; name an agent, a queue, an extension or a number', 'flow');
  return false;
}

/** The consultation this party began; else refused. */
function ownConsultation(turn: ConversationTurn, by: Party) {
  const { consultation } = turn.state;
  if (consultation?.by === by.id) return consultation;
  return turn.refuse('conflict', consultation ? 'the consultation is somebody else’s' : 'nobody is being consulted');
}

function swap(turn: ConversationTurn, by: Party): void {
  const consultation = ownConsultation(turn, by);
  if (!consultation) return;
  if (turn.party(consultation.target)?.place !== 'aside') {
    turn.refuse(
      'conflict',
      consultation.asks === 'flow' ? 'a flow does not wait: complete or cancel the consultation' : 'the one consulted has not answered yet',
    );
    return;
  }
  const front = consultation.front === 'target' ? 'caller' : 'target';
  turn.patch({ consultation: { ...consultation, front } });
  turn.tell(front === 'caller' ? 'call.resumed' : 'call.held', { by: by.name }, by);
}

function complete(turn: ConversationTurn, by: Party): void {
  const consultation = ownConsultation(turn, by);
  if (!consultation) return;
  const others = inRoom(turn.state).filter((p) => p.id !== by.id);
  const target = turn.party(consultation.target) as Party;
  const answered = target.place === 'aside';
  if (!answered && others.length !== 1) {
    turn.refuse('conflict', 'in a conference the one consulted has to answer first');
    return;
  }
  turn.endConsultation('completed');
  turn.tell('call.transferred', { by: by.name, kind: 'attended', to: consultation.to }, by);
  turn.end(by, TRANSFERRED);
  if (answered) {
    turn.enter('complete', 'together');
    const joined = turn.join(target.id, { role: target.agent ? 'agent' : 'called' });
    turn.tell('call.connected', { to: joined.name }, joined);
    return;
  }
  const errand = { by: by.extension, to: consultation.to, target: null, referrer: null };
  if (consultation.asks === 'flow') {
    turn.end(target, TRANSFERRED);
    turn.patch({ errand });
    turn.enter('complete', 'away');
    turn.endWatching();
    turn.effects.push({ type: 'send-away', party: (others[0] as Party).id, target: { kind: 'flow', flowId: target.name } });
    return;
  }
  turn.set(target.id, { purpose: 'transfer', role: target.agent ? 'agent' : 'called' });
  turn.patch({ errand: { ...errand, target: target.id } });
  turn.enter('complete', 'transferring');
}

function cancel(turn: ConversationTurn, by: Party): void {
  const joining = turn.state.parties.filter((p) => p.purpose === 'join');
  if (turn.state.phase === 'together' && joining.length > 0) {
    for (const party of joining) giveUp(turn, party, { by: 'agent', reason: 'cancelled' });
    return;
  }
  const consultation = ownConsultation(turn, by);
  if (!consultation) return;
  const target = turn.party(consultation.target) as Party;
  turn.endConsultation('cancelled');
  turn.end(target, { by: 'agent', reason: target.place === 'ringing' ? 'cancelled' : 'normal' });
  turn.enter('cancel', 'together');
}

/** Somebody rung to join is let off. */
function giveUp(turn: ConversationTurn, party: Party, termination: Termination): void {
  turn.tell('call.party-left', { party: party.name, role: party.role, termination }, party);
  turn.end(party, termination);
}

function conference(turn: ConversationTurn, by: Party, to: Named | undefined): void {
  if (turn.state.phase === 'consulting') {
    merge(turn, by, to);
    return;
  }
  if (turn.state.phase !== 'together') {
    waits(turn);
    return;
  }
  if (!to) {
    turn.refuse('conflict', 'nobody is being consulted: name whom to add');
    return;
  }
  if (!rings(turn, to) || !isNew(turn, to)) return;
  turn.ring(to, 'join', 'member', by.extension);
}

function merge(turn: ConversationTurn, by: Party, to: Named | undefined): void {
  if (to) {
    turn.refuse('conflict', 'a consultation is going on: complete, cancel or join it first');
    return;
  }
  const consultation = ownConsultation(turn, by);
  if (!consultation) return;
  if (consultation.asks === 'flow') {
    turn.refuse('conflict', 'a flow takes no part in a conference: complete or cancel the consultation');
    return;
  }
  const target = turn.party(consultation.target) as Party;
  turn.endConsultation('conference');
  turn.enter('conference', 'together');
  if (target.place === 'ringing') {
    turn.set(target.id, { purpose: 'join', role: 'member' });
    return;
  }
  const joined = turn.join(target.id, { role: 'member' });
  turn.tell('call.party-joined', { party: joined.name, role: 'member' }, joined);
}

function park(turn: ConversationTurn, by: Party, { slot }: CommandOf<'park'>): void {
  const subject = onlyOther(turn, by, 'park');
  if (!subject) return;
  turn.tell('call.parked', { by: by.name, slot }, by);
  turn.end(by, TRANSFERRED);
  turn.set(subject.id, { held: false });
  turn.patch({ slot, errand: { by: by.extension, to: `slot:${slot}`, target: null, referrer: null } });
  turn.enter('park', 'parked');
  turn.endWatching();
  turn.effects.push({ type: 'set-park-timer', slot });
}

function hangUp(turn: ConversationTurn, by: Party): void {
  const termination: Termination = { by: by.role === 'supervisor' ? 'supervisor' : 'agent', reason: 'normal' };
  leaveRoom(turn, by, termination, 'told');
}

/** As events name it: `agent:1002`, `queue:complaint`, `flow:main`, `extension:6001`, `number:0…`. */
export function labelOf({ target }: Pick<Named, 'target'>): string {
  switch (target.kind) {
    case 'agent':
      return `agent:${target.agentId}`;
    case 'queue':
      return `queue:${target.queueId}`;
    case 'flow':
      return `flow:${target.flowId}`;
    case 'extension':
      return `extension:${target.extension}`;
    case 'number':
      return `number:${target.number}`;
  }
}
