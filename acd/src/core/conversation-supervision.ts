import type { Termination } from '@yixian/contracts';
import { type ConversationCommand, inRoom, type Party, type WatchMode } from './conversation.js';
import { leaveRoom } from './conversation-leaving.js';
import type { ConversationTurn } from './conversation-turn.js';

type Supervise = Extract<ConversationCommand, { type: 'supervise' }>;

/** 监听, 密语, 强插, 拦截, 强拆. Whether this supervisor may supervise this agent is decided before. */
export function superviseCall(turn: ConversationTurn, command: Supervise): void {
  const { mode, by } = command;
  if (mode === 'release') {
    const termination: Termination = { by: 'supervisor', reason: 'forced-release', text: `released by ${by}` };
    turn.tell('call.supervised', { by, mode }, watched(turn, command));
    releaseAll(turn, termination);
    return;
  }
  const there = turn.state.parties.find((p) => p.extension === by);
  if (mode === 'stop') {
    stop(turn, by, there);
    return;
  }
  if (there && there.role !== 'supervisor') {
    turn.refuse('conflict', `${by} is a party of this call`);
    return;
  }
  const agent = watched(turn, command);
  if (!agent) {
    turn.refuse('conflict', command.agentId ? `${command.agentId} does not talk on this call` : 'nobody of ours talks on this call now');
    return;
  }
  if (!there) {
    const named = { target: { kind: 'agent', agentId: by } as const, name: by, extension: by, agent: command.agent };
    turn.ring(named, 'supervise', 'supervisor', null, { mode, watches: agent.id });
    return;
  }
  turn.set(there.id, { mode, watches: agent.id });
  if (there.place === 'watching') begin(turn, there.id, mode);
}

/** Of a command that names nobody: the agent who talks with the caller. */
function watched(turn: ConversationTurn, { agentId }: Supervise): Party | undefined {
  const candidates = turn.state.parties.filter((p) => p.extension !== null && (p.place === 'room' || p.place === 'aside'));
  if (agentId !== undefined) return candidates.find((p) => p.extension === agentId);
  const room = candidates.filter((p) => p.place === 'room');
  return room.find((p) => p.role === 'agent') ?? room[0];
}

function stop(turn: ConversationTurn, by: string, there: Party | undefined): void {
  if (there?.role !== 'supervisor') {
    turn.refuse('conflict', `${by} does not supervise this call`);
    return;
  }
  leaveRoom(turn, there, { by: 'supervisor', reason: there.place === 'ringing' ? 'cancelled' : 'normal' }, 'told');
}

/** The supervisor's seat has answered, or the mode of one who is there already has changed. */
export function begin(turn: ConversationTurn, id: string, mode: WatchMode): void {
  const supervisor = turn.party(id) as Party;
  const agent = turn.party(supervisor.watches);
  if (mode !== 'takeover') {
    turn.set(id, { place: 'watching', purpose: null, mode });
    turn.tell('call.supervised', { by: supervisor.name, mode }, agent);
    return;
  }
  takeOver(turn, supervisor, agent);
}

/** The agent leaves, the supervisor talks in that place. */
function takeOver(turn: ConversationTurn, supervisor: Party, agent: Party | undefined): void {
  const { phase } = turn.state;
  if (agent?.place !== 'room' || (phase !== 'together' && phase !== 'consulting')) {
    turn.set(supervisor.id, { place: 'watching', purpose: null, mode: 'listen' });
    if (supervisor.place === 'ringing') turn.tell('call.supervised', { by: supervisor.name, mode: 'listen' }, agent);
    else turn.refuse('conflict', 'the agent does not talk with the caller now');
    return;
  }
  turn.tell('call.supervised', { by: supervisor.name, mode: 'takeover' }, agent);
  if (turn.state.consultation?.by === agent.id) {
    const target = turn.party(turn.state.consultation.target) as Party;
    turn.endConsultation('cancelled');
    turn.end(target, { by: 'supervisor', reason: target.place === 'ringing' ? 'cancelled' : 'normal' });
  }
  turn.end(agent, { by: 'supervisor', reason: 'transferred', text: `taken over by ${supervisor.name}` });
  turn.enter('takeover', turn.state.consultation ? turn.state.phase : 'together');
  turn.join(supervisor.id, { role: 'agent', mode: null, watches: null });
}

/** Everybody goes, also the caller: no flow goes on with a call that was released by force. */
export function releaseAll(turn: ConversationTurn, termination: Termination): void {
  const caller = turn.party('caller');
  if (caller) turn.end(caller, termination);
  turn.finish(termination, 'system');
}

/** Supervisors whose agent has gone watch whoever is in the room. */
export function watchWhoIsLeft(turn: ConversationTurn): void {
  for (const supervisor of turn.state.parties) {
    if (supervisor.watches === null || turn.party(supervisor.watches)) continue;
    const next = inRoom(turn.state).find((p) => p.extension !== null && p.role !== 'supervisor');
    turn.set(supervisor.id, { watches: next?.id ?? null });
  }
}
