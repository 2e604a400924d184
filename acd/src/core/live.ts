import type { CallId, EpochMs } from '@yixian/contracts';
import { offersOf, sinceOf } from './tables.js';
import type { AcdState, CallEntry, LiveCall, Offer, Tables } from './types.js';

// Reading what a process keeps of each of its calls as the leader last told it, and tells the next leader: enough to go on where the
// one before stopped.

/** The call as another leader would have to know it; undefined: it is in no queue, or a callback nobody has answered yet. */
export function liveCall(state: AcdState, callId: CallId): LiveCall | undefined {
  const call = state.tables.calls.get(callId);
  return call && !call.callback ? pictureOf(state.tables, call) : undefined;
}

/** All of them. */
export function liveCalls({ tables }: AcdState): LiveCall[] {
  return [...tables.calls.values()].filter((call) => !call.callback).map((call) => pictureOf(tables, call));
}

function pictureOf(tables: Tables, call: CallEntry): LiveCall {
  const at = (ticks: number): EpochMs => (tables.epoch ?? 0) + ticks;
  const { sticky, talkingSince } = call;
  return {
    callId: call.id,
    queueId: call.queue.id,
    caller: call.caller,
    priority: call.priority,
    order: call.order,
    since: sinceOf(tables, call),
    entered: at(call.entered),
    ask: call.ask,
    sticky: sticky && { agentId: sticky.agentId, until: at(sticky.until) },
    visited: call.visited,
    stays: call.stays,
    failures: call.failures,
    overdue: call.overdue,
    estimateMs: call.estimateMs,
    phase: call.phase,
    offers: offersOf(call),
    talkingSince: talkingSince === null ? null : at(talkingSince),
  };
}

/** The place of an offer among all offers and places there ever were: what is newer has the larger. */
export function orderOfOffer({ id }: Offer): number {
  return Number(id.slice(id.lastIndexOf('.') + 1));
}
