import type { AgentId, AgentSnapshot, CallbackView, CallId, QueueId, QueueSnapshot, WaitingCallSnapshot } from '@yixian/contracts';
import { estimateErrorMs, estimateWaitMs } from './estimate.js';
import { levelsOf } from './lanes.js';
import { sinceOf, WISH_READY } from './tables.js';
import { type AcdState, type AgentEntry, type CallbackEntry, OPEN_ENDED, type QueueEntry, type Tables } from './types.js';

// Reading a state: copies for whoever asks, never the entries or the indexes themselves.

export function agentSnapshots(state: AcdState): AgentSnapshot[] {
  return [...state.tables.agents.values()].map(snapshot);
}

export function agentSnapshot(state: AcdState, id: AgentId): AgentSnapshot | undefined {
  const agent = state.tables.agents.get(id);
  return agent && snapshot(agent);
}

function snapshot(agent: AgentEntry): AgentSnapshot {
  return {
    agentId: agent.id,
    name: agent.config.name,
    state: agent.state,
    since: agent.since,
    reason: agent.reason,
    seat: { ...agent.seat },
    reachable: agent.reachable,
    // of several the newest: a caller who was fetched is on another call than the one the slot was dialled in
    callId: agent.offer?.callId ?? agent.lines.at(-1) ?? null,
    skills: [...agent.config.skills],
    skillLevels: Object.fromEntries(levelsOf(agent.config)),
    groups: [...agent.config.groups],
    next: agent.wish === WISH_READY || !MAY_CHOOSE.has(agent.state) ? null : { state: agent.wish.state, reason: agent.wish.reason },
    wrapUpUntil: agent.state !== 'wrap-up' || agent.wrapUpUntil === OPEN_ENDED ? null : agent.wrapUpUntil,
  };
}

const MAY_CHOOSE = new Set(['ringing', 'on-call', 'wrap-up']);

export function queueSnapshots(state: AcdState, now: number): QueueSnapshot[] {
  return [...state.tables.queues.values()].map((queue) => queueView(state.tables, queue, now));
}

export function queueSnapshot(state: AcdState, id: QueueId, now: number): QueueSnapshot | undefined {
  const queue = state.tables.queues.get(id);
  return queue && queueView(state.tables, queue, now);
}

function queueView(tables: Tables, queue: QueueEntry, now: number): QueueSnapshot {
  const waiting: WaitingCallSnapshot[] = [];
  let oldest = now;
  let position = 0;
  for (const call of queue.places) {
    position += 1;
    if (call.callback) continue;
    const since = sinceOf(tables, call);
    oldest = Math.min(oldest, since);
    waiting.push({
      callId: call.id,
      caller: call.caller,
      position,
      priority: call.priority,
      since,
      offeredTo: call.offer?.agentId ?? null,
    });
  }
  return {
    queueId: queue.id,
    name: queue.config.name,
    waiting,
    longestWaitMs: now - oldest,
    estimatedWaitMs: estimateWaitMs(tables, queue, queue.places.size + 1),
    ready: queue.pools.reduce((sum, pool) => sum + pool.ready.size, 0),
    serving: queue.serving,
    signedIn: queue.signedIn,
    door: { queueId: queue.id, door: queue.door, open: queue.isOpen, because: queue.because },
    callbacks: callbacksOf(tables, queue.id),
    estimateErrorMs: estimateErrorMs(queue),
  };
}

/** Where a call stands in its queue and how long it may still take; undefined once it is in no queue. */
export function standingOf(state: AcdState, callId: CallId): { position: number; estimateMs: number | null; ringing: boolean } | undefined {
  const call = state.tables.calls.get(callId);
  if (!call || call.phase === 'talking') return undefined;
  const position = call.queue.places.rank(call) + 1;
  return { position, estimateMs: estimateWaitMs(state.tables, call.queue, position, call.lane), ringing: call.phase !== 'waiting' };
}

function callbacksOf(tables: Tables, queueId: QueueId): number {
  let count = 0;
  for (const callback of tables.callbacks.values()) if (callback.queueId === queueId) count += 1;
  return count;
}

export function callbackViews(state: AcdState): CallbackView[] {
  return [...state.tables.callbacks.values()].map((callback) => callbackView(state.tables, callback));
}

export function callbackView(tables: Tables, callback: CallbackEntry): CallbackView {
  const { id, queueId, number, since, attempts, notBefore } = callback;
  const line = tables.calls.get(id);
  const position = line ? line.queue.places.rank(line) + 1 : null;
  const waiting = line?.phase === 'offered' ? 'agent-ringing' : 'waiting';
  return { id, queueId, number, state: callback.phase === 'calling' ? 'calling' : waiting, since, position, attempts, notBefore };
}
