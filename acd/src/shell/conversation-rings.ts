import { type AgentId, DomainError, type PartyAddress, type Seat, type SeatRing, type TransferTarget } from '@yixian/contracts';
import { CALLER, type ConversationEffect, inRoom, type Named, type RingPurpose } from '../core/conversation.js';
import type { ConversationDeps, ConversationOptions } from './conversation-deps.js';
import type { LiveConversation } from './conversation-live.js';
import { reportLeg } from './conversation-parties.js';

type RingEffect = Omit<Extract<ConversationEffect, { type: 'ring' }>, 'type' | 'party'>;

export function ringLimit(options: ConversationOptions, purpose: RingPurpose, target: TransferTarget): number {
  if (target.kind === 'queue' || target.kind === 'flow') return options.askMs;
  if (purpose === 'supervise') return options.superviseRingMs;
  return purpose === 'return' ? options.returnRingMs : options.ringMs;
}

export interface Dialled {
  ring: SeatRing;
  release: (() => void) | undefined;
  /** What the ring does once nobody else speaks with the one who asked for it. */
  begin?: () => void;
}

/** Rings whoever is wanted. `release` gives back what the ring has taken, when the party is out of the books. */
export function dialParty(conversation: LiveConversation, effect: RingEffect): Dialled {
  const { deps, call } = conversation;
  const { target, purpose, by } = effect;
  const timeoutMs = ringLimit(deps.options, purpose, target);
  const shown = shownTo(conversation, purpose, by);
  switch (target.kind) {
    case 'agent': {
      if (purpose === 'return') assertFree(deps, target.agentId);
      return ringSeat(conversation, target.agentId, shown, timeoutMs);
    }
    case 'extension':
    case 'number': {
      const ring = deps.parties.ring({ target, ...(by ? { by } : {}), shown, callId: call.id, timeoutMs });
      return { ring, release: undefined };
    }
    case 'queue':
    case 'flow':
      return ask(conversation, target, by);
  }
}

/** Who takes no calls of queues has no seat: a page that was made the telephone is rung, else the phones of the extension. */
function seatOf({ acd, seats }: ConversationDeps, agentId: AgentId): Seat {
  const browser: Seat = { kind: 'softphone' };
  return acd.agent(agentId)?.seat ?? (seats.reachable(agentId, browser) ? browser : { kind: 'sip' });
}

/** The next free agent of a queue, or a flow. */
function ask(
  { deps, call, state, parties }: LiveConversation,
  target: Extract<TransferTarget, { kind: 'queue' | 'flow' }>,
  by: AgentId | null,
): Dialled {
  const asks = state.parties.find((p) => p.extension === by);
  const leg = parties.leg(asks?.id ?? CALLER);
  if (by === null || !leg) throw new Error('nobody asks');
  const common = { by, callId: call.id };
  if (target.kind === 'flow') return { ...deps.asked.flow({ ...common, flowId: target.flowId, leg }), release: undefined };
  const { queueId, priority } = target;
  const ring = deps.asked.queue({ ...common, queueId, ...(priority === undefined ? {} : { priority }), standIn: leg });
  return { ring, release: undefined };
}

/** Rings an agent or a supervisor wherever the seat is. */
function ringSeat(
  conversation: LiveConversation,
  agentId: AgentId,
  caller: PartyAddress,
  timeoutMs: number,
): { ring: SeatRing; release: () => void } {
  const { deps, call } = conversation;
  const seat = seatOf(deps, agentId);
  deps.acd.occupy(agentId, call.id);
  const release = (): void => deps.acd.release(agentId, call.id);
  try {
    const trunk = call.trunkId ? { trunkId: call.trunkId } : {};
    const ring = deps.seats.ring({ agentId, seat, caller, callId: call.id, timeoutMs, called: call.called, ...trunk });
    if (ring.state !== 'ended' && !seat.persistent) void reportLeg(deps, { callId: call.id, agentId, party: 'agent', leg: ring.leg });
    return { ring, release };
  } catch (error) {
    release();
    throw error;
  }
}

/** Colleagues see who asks, everybody else sees who calls. */
export function shownTo(conversation: LiveConversation, purpose: RingPurpose, by: AgentId | null): PartyAddress {
  const { deps, call, state } = conversation;
  if (by && purpose === 'consult') {
    const displayName = deps.directory.extension(by)?.displayName;
    return { number: by, ...(displayName ? { displayName } : {}) };
  }
  const subject = inRoom(state).find((p) => p.extension === null) ?? inRoom(state).find((p) => p.extension !== by);
  return { number: subject?.name ?? call.caller };
}

/** Why an agent cannot be rung for a colleague now. */
function assertFree(deps: ConversationDeps, agentId: AgentId, field?: string): void {
  const state = deps.acd.agent(agentId)?.state;
  if (state === 'on-call' || state === 'ringing') {
    throw new DomainError('conflict', `agent ${agentId} ${state === 'on-call' ? 'is on a call' : 'is being offered a call'}`, {
      agentId,
      state,
      ...(field ? { field } : {}),
    });
  }
}

/** Who is meant, checked as far as it can be without ringing. */
export function nameTarget(deps: ConversationDeps, target: TransferTarget): Named {
  switch (target.kind) {
    case 'agent':
      return nameAgent(deps, target);
    case 'queue':
      if (!deps.directory.queue(target.queueId)) throw unknown('queue', target.queueId);
      if (!Number.isFinite(target.priority ?? 0)) throw new DomainError('bad-request', 'priority: a number', { field: 'priority' });
      return { target, name: target.queueId, extension: null, agent: false };
    case 'flow':
      if (!deps.directory.flow(target.flowId)) throw unknown('flow', target.flowId);
      return { target, name: target.flowId, extension: null, agent: false };
    case 'extension': {
      if (!deps.directory.extension(target.extension)?.enabled) throw unknown('extension', target.extension);
      assertFree(deps, target.extension, 'extension');
      const agent = deps.directory.agent(target.extension) !== undefined;
      return { target, name: target.extension, extension: target.extension, agent };
    }
    case 'number':
      return { target, name: target.number, extension: null, agent: false };
  }
}

function nameAgent(deps: ConversationDeps, target: Extract<TransferTarget, { kind: 'agent' }>): Named {
  const { agentId } = target;
  const agent = deps.acd.agent(agentId);
  if (!agent) throw unknown('agent', agentId);
  if (agent.state === 'offline') throw new DomainError('conflict', `agent ${agentId} is not signed in`, { agentId, field: 'agent' });
  assertFree(deps, agentId, 'agent');
  if (!deps.seats.reachable(agentId, agent.seat))
    throw new DomainError('conflict', `the seat of agent ${agentId} cannot be reached`, { agentId, field: 'agent' });
  return { target, name: agentId, extension: agentId, agent: true };
}

function unknown(field: string, value: string): DomainError {
  return new DomainError('bad-request', `${field}: there is no ${field} ${value}`, { field });
}
