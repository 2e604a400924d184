import type { AgentId } from '@yixian/contracts';
import { CALLER, type ConversationState, inRoom, type Party, type PartyId, partyOf } from './conversation.js';

/** What everybody hears and what is recorded: worked out of the state, so that it can never be left over from before. */
export interface Picture {
  /** Listener → those heard, without those who hear nobody. */
  readonly hearing: ReadonlyMap<PartyId, readonly PartyId[]>;
  /** What is played to whom; whom it is played to hears nothing else. */
  readonly sounds: ReadonlyMap<PartyId, 'music' | 'ringback'>;
  /** Channels of the recording: the other side left, also while it waits; ours right, as far as the other side hears it. */
  readonly left: readonly PartyId[];
  readonly right: readonly PartyId[];
  /** The agent who talks with the caller. */
  readonly agent: AgentId | null;
  /** Whose audio is nobody's business here: in a queue, a flow, or another conversation. */
  readonly away: readonly PartyId[];
}

export function pictureOf(state: ConversationState): Picture {
  const hearing = new Map<PartyId, PartyId[]>();
  const sounds = new Map<PartyId, 'music' | 'ringback'>();
  const away = state.phase === 'away' ? inRoom(state).map((p) => p.id) : [];
  if (state.phase === 'away' || state.phase === 'over') return { hearing, sounds, left: [], right: [], agent: null, away };
  const circles = [roomCircle(state), asideCircle(state)];
  for (const circle of circles) join(hearing, circle);
  for (const supervisor of state.parties) if (supervisor.place === 'watching') watch(state, hearing, circles, supervisor);
  for (const party of state.parties) {
    const sound = soundFor(state, hearing, party);
    if (sound) sounds.set(party.id, sound);
  }
  const room = [...(circles[0] ?? []), ...barging(state, circles[0] ?? [])];
  return { hearing, sounds, ...channels(state, room), agent: agentOf(circles[0] ?? []), away };
}

/** Those who are with the caller and hear each other now. */
function roomCircle(state: ConversationState): Party[] {
  const { consultation } = state;
  const asking = consultation?.front === 'target' ? consultation.by : null;
  return inRoom(state).filter((p) => !p.held && !p.lost && p.id !== asking);
}

function asideCircle({ consultation, parties }: ConversationState): Party[] {
  if (consultation?.front !== 'target') return [];
  const asks = (p: Party): boolean => (p.id === consultation.by && !p.held) || (p.id === consultation.target && p.place === 'aside');
  return parties.filter((p) => !p.lost && asks(p));
}

function join(hearing: Map<PartyId, PartyId[]>, circle: readonly Party[]): void {
  if (circle.length < 2) return;
  for (const party of circle) hearing.set(party.id, idsOf(circle.filter((p) => p !== party)));
}

/** listen: hears the agent and whom the agent hears. whisper: the agent hears the supervisor too. barge: everybody does. */
function watch(state: ConversationState, hearing: Map<PartyId, PartyId[]>, circles: readonly Party[][], supervisor: Party): void {
  const agent = partyOf(state, supervisor.watches);
  const circle = (agent && circles.find((c) => c.includes(agent))) ?? (agent ? [] : circles[0]) ?? [];
  if (circle.length === 0) return;
  hearing.set(supervisor.id, [...(hearing.get(supervisor.id) ?? []), ...idsOf(circle)]);
  const told = supervisor.mode === 'barge' ? circle : supervisor.mode === 'whisper' && agent ? [agent] : [];
  for (const listener of told) hearing.set(listener.id, [...(hearing.get(listener.id) ?? []), supervisor.id]);
}

/** Supervisors who speak in the room. */
function barging(state: ConversationState, room: readonly Party[]): Party[] {
  return state.parties.filter((p) => p.place === 'watching' && p.mode === 'barge' && room.some((r) => r.id === p.watches));
}

/** What who asks hears until somebody has come; a flow speaks for itself. */
const WHILE_ASKING = { phone: 'ringback', queue: 'music', flow: undefined } as const;

/** Music is for who waits: hears nobody, or only such as have put the phone on hold. Not for the one who holds. */
function soundFor(
  state: ConversationState,
  hearing: ReadonlyMap<PartyId, readonly PartyId[]>,
  party: Party,
): 'music' | 'ringback' | undefined {
  const { consultation } = state;
  if (party.place !== 'room' && party.place !== 'aside') return undefined;
  if (party.held || party.phoneHeld || party.lost) return undefined;
  if (consultation?.by === party.id && consultation.front === 'target') {
    const target = partyOf(state, consultation.target);
    if (target?.place === 'ringing') return WHILE_ASKING[consultation.asks];
  }
  const heard = hearing.get(party.id) ?? [];
  return heard.every((id) => partyOf(state, id)?.phoneHeld === true) ? 'music' : undefined;
}

/** Extensions of ours right, everybody else left; among our own, who called stands left. Nobody is recorded in a parking slot. */
function channels(state: ConversationState, talking: readonly Party[]): { left: PartyId[]; right: PartyId[] } {
  if (state.phase === 'parked') return { left: [], right: [] };
  const outside = inRoom(state).filter((p) => p.extension === null);
  const ours = talking.filter((p) => p.extension !== null);
  if (outside.length > 0 && (ours.length > 0 || talking.length < 2))
    return { left: idsOf(outside), right: talking.length < 2 ? [] : idsOf(ours) };
  if (talking.length < 2) return { left: [], right: [] };
  const first = talking.find((p) => p.id === CALLER) ?? (talking[0] as Party);
  return { left: [first.id], right: idsOf(talking.filter((p) => p !== first)) };
}

function agentOf(room: readonly Party[]): AgentId | null {
  const agents = room.filter((p) => p.agent && p.extension !== null);
  return (agents.findLast((p) => p.role === 'agent') ?? agents[0])?.extension ?? null;
}

function idsOf(parties: readonly Party[]): PartyId[] {
  return parties.map((p) => p.id);
}
