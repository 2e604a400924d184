import {
  type AgentId,
  type CallId,
  type Cluster,
  type ConversationEnd,
  type Conversations,
  createSharedTable,
  DomainError,
  type Termination,
} from '@yixian/contracts';
import { Conversation } from './conversation.js';
import type { ConversationDeps } from './conversation-deps.js';
import { answerJoins } from './conversation-far.js';
import type { ConversationIndex, ConversationRequest, LiveConversation } from './conversation-live.js';

export interface ConversationsService extends Conversations {
  /** For the queues: more is known there than for a direct call. */
  open(request: ConversationRequest): LiveConversation;
  /** The hotline goes down: everybody goes. */
  close(termination: Termination): void;
  metrics(): Record<string, number>;
}

/** Slots by the number dialled after `*5`. */
const SLOTS: readonly string[] = Array.from({ length: 99 }, (_, n) => String(701 + n));

/** Each process begins somewhere else, so that two that park at the same moment do not take one slot. */
function slotsFor(cluster: Pick<Cluster, 'self' | 'nodes'>): readonly string[] {
  const names = cluster
    .nodes()
    .map(({ node }) => node)
    .sort();
  const first = Math.floor((SLOTS.length * Math.max(0, names.indexOf(cluster.self.node))) / Math.max(1, names.length));
  return [...SLOTS.slice(first), ...SLOTS.slice(0, first)];
}

export function createConversations(deps: ConversationDeps): ConversationsService {
  const live = new Set<LiveConversation>();
  const slots = new Map<string, LiveConversation>();
  const parked = createSharedTable<CallId>(deps.cluster, 'acd.parked');
  const isFree = (slot: string): boolean => !slots.has(slot) && parked.at(slot).size === 0;
  let begun = 0;

  const index: ConversationIndex = {
    add(conversation) {
      begun += 1;
      live.add(conversation);
    },
    remove: (conversation) => void live.delete(conversation),
    find(leg) {
      for (const conversation of live) {
        const party = conversation.parties.partyOf(leg);
        if (party !== undefined) return { conversation, party };
      }
      return undefined;
    },
    begin: (request) => new Conversation(deps, index, request),
    nextSlot: (wanted) => (wanted !== undefined && isFree(wanted) ? wanted : slotsFor(deps.cluster).find(isFree)),
    park(slot, conversation) {
      slots.set(slot, conversation);
      parked.set(slot, conversation.call.id);
    },
    freeSlot(slot) {
      if (slots.delete(slot)) parked.set(slot, undefined);
    },
  };

  const stopJoins = answerJoins(deps, (sipCallId, by) => {
    for (const conversation of live) {
      const party = conversation.state.parties.find((p) => p.extension === by && conversation.parties.leg(p.id)?.sipCallId === sipCallId);
      if (party) return { conversation, party: party.id };
    }
    return undefined;
  });

  return {
    open: index.begin,
    begin: (request) => index.begin(request).end,
    retrieve(slot, by) {
      const conversation = slots.get(slot);
      const talk = conversation?.retrieve(by);
      if (conversation && talk && by.extension !== undefined) takesLine(deps, by.extension, conversation.call.id, talk);
      return talk;
    },
    parkedElsewhere: (slot) => (slots.has(slot) ? undefined : [...parked.at(slot).keys()][0]),
    bring: deps.asked.bring,
    park(call, { slot: wanted, timeoutMs, music, announcement }) {
      if (deps.asked.asks(call.id)) {
        throw new DomainError('conflict', `call ${call.id}: an agent consults this flow, and is not parked`, { callId: call.id });
      }
      const slot = index.nextSlot(wanted);
      if (slot === undefined) return { slot: '', result: Promise.resolve({ outcome: 'timeout' }) };
      const intro = announcement?.(slot);
      const conversation = index.begin({
        call,
        caller: { leg: call.leg, party: call.caller, role: 'caller' },
        ...(music ? { music } : {}),
        parked: { slot, timeoutMs, ...(intro ? { intro } : {}) },
      });
      return { slot, result: conversation.end.then((end) => parkResult(conversation, end)) };
    },
    close(termination) {
      for (const conversation of [...live]) conversation.fact({ type: 'closed', termination });
      parked.close();
      stopJoins();
    },
    metrics: () => ({ conversations_active: live.size, conversations_total: begun, conversations_parked: slots.size }),
  };
}

/** Whoever has fetched a caller is on that call, beside the one the slot was dialled in. */
function takesLine({ acd }: ConversationDeps, agentId: AgentId, callId: CallId, talk: Promise<unknown>): void {
  acd.occupy(agentId, callId);
  void talk.then(() => acd.release(agentId, callId));
}

function parkResult(conversation: LiveConversation, end: ConversationEnd) {
  if (conversation.wasRetrieved) return { outcome: 'retrieved', callerStillUp: end.callerStillUp } as const;
  return { outcome: end.callerStillUp ? 'timeout' : 'abandoned' } as const;
}
