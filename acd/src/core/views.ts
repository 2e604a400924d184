import type { AgentId, AgentSnapshot, CallId, QueueId, QueueSnapshot, WaitingCallSnapshot } from '@yixian/contracts';
import { estimateWaitMs } from './estimate.js';
import { signedIn } from './tables.js';
import type { AcdState, AgentEntry, QueueEntry, Tables } from './types.js';

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
    callId: agent.offer?.callId ?? agent.lines[0] ?? null,
    skills: [...agent.config.skills],
    skillLevels: { ...agent.config.skillLevels },
    groups: [...agent.config.groups],
    next: null,
    wrapUpUntil: agent.wrapUpUntil,
  };
}

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
  for (const place of queue.places) {
    const call = tables.calls.get(place.callId);
    if (!call) continue;
    oldest = Math.min(oldest, call.since);
    waiting.push({
      callId: call.id,
      caller: call.caller,
      position: waiting.length + 1,
      priority: place.priority,
      since: call.since,
      offeredTo: call.offer?.agentId ?? null,
    });
  }
  return {
    queueId: queue.id,
    name: queue.config.name,
    waiting,
    longestWaitMs: now - oldest,
    estimatedWaitMs: estimateWaitMs(queue, queue.places.size + 1),
    ready: queue.pools.reduce((sum, pool) => sum + pool.ready.size, 0),
    serving: queue.serving,
    signedIn: signedIn(queue),
    door: { queueId: queue.id, door: 'schedule', open: true, because: 'always' },
    callbacks: 0,
    estimateErrorMs: null,
  };
}

/** Where a call stands in its queue and how long it may still take; undefined once it is in no queue. */
export function standingOf(state: AcdState, callId: CallId): { position: number; estimateMs: number | null; ringing: boolean } | undefined {
  const call = state.tables.calls.get(callId);
  if (!call || call.phase === 'talking') return undefined;
  const position = call.queue.places.rank(call.place) + 1;
  return { position, estimateMs: estimateWaitMs(call.queue, position), ringing: call.phase !== 'waiting' };
}
