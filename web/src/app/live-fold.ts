import type { Figures, Snapshot } from '@yixian/agent-gateway/client';
import {
  type AgentView,
  applyCallEvent,
  type CallRecord,
  type CallView,
  type DomainEvent,
  type EventView,
  type QueueView,
  type SupervisionMode,
} from '@yixian/contracts/browser';

// The picture and how an event changes it. Pure; the same fold of calls as the server's.

export interface LivePicture {
  /** False until the first snapshot: what is empty is not known to be so. */
  readonly known: boolean;
  readonly seq: number;
  readonly agents: ReadonlyMap<string, AgentView>;
  readonly queues: ReadonlyMap<string, QueueView>;
  /** In progress, and those that have just ended. */
  readonly calls: ReadonlyMap<string, CallRecord>;
  /** Supervisors on calls, by call. */
  readonly watched: ReadonlyMap<string, readonly Watching[]>;
  /** Server's clock minus ours, milliseconds: durations are shown right on a machine whose clock is wrong. */
  readonly clockOffset: number;
}

/** A supervisor who listens, whispers or speaks in. */
export interface Watching {
  by: string;
  mode: SupervisionMode;
  /** Extension of the agent. */
  agent: string | undefined;
  since: string;
}

export const NOTHING_LIVE: LivePicture = {
  known: false,
  seq: 0,
  agents: new Map(),
  queues: new Map(),
  calls: new Map(),
  watched: new Map(),
  clockOffset: 0,
};

/** Calls that are over stay in the picture so long, for wrap-up and the last look. */
const KEEP_ENDED_MS = 10 * 60_000;
const KEEP_ENDED = 200;

export function fromSnapshot(snapshot: Snapshot, before: LivePicture): LivePicture {
  const ended = snapshot.gap ? [] : [...before.calls].filter(([, call]) => call.endedAt !== null);
  return {
    known: true,
    seq: snapshot.seq,
    agents: new Map(snapshot.agents.map((agent) => [agent.extension, agent])),
    queues: new Map(snapshot.queues.map((queue) => [queue.id, queue])),
    calls: new Map([...ended, ...snapshot.calls.map((call): [string, CallRecord] => [call.id, recordOf(call)])]),
    watched: watchedIn(snapshot),
    clockOffset: Date.parse(snapshot.at) - Date.now(),
  };
}

function watchedIn({ watched }: Snapshot): LivePicture['watched'] {
  const calls = new Map<string, Watching[]>();
  for (const { callId, by, mode, agent, since } of watched) {
    calls.set(callId, [...(calls.get(callId) ?? []), { by, mode, agent: agent ?? undefined, since }]);
  }
  return calls;
}

/** What is in no event, a moment after the events it follows from. */
export function foldFigures(picture: LivePicture, figures: Figures): LivePicture {
  const agents = new Map(picture.agents);
  for (const one of figures.agents) {
    const known = agents.get(one.extension);
    if (known) agents.set(one.extension, { ...known, ...one });
  }
  const queues = new Map(picture.queues);
  for (const one of figures.queues) {
    const known = queues.get(one.id);
    if (known) queues.set(one.id, { ...known, ...one });
  }
  return { ...picture, agents, queues };
}

export function foldEvent(picture: LivePicture, event: EventView): LivePicture {
  const at = Date.parse(event.at);
  return {
    ...picture,
    seq: event.seq,
    calls: foldCalls(picture.calls, event, at),
    agents: foldAgents(picture.agents, event),
    queues: foldQueues(picture.queues, event, picture.calls),
    watched: foldWatched(picture.watched, event),
  };
}

function foldWatched(watched: LivePicture['watched'], event: EventView): LivePicture['watched'] {
  const { callId } = event;
  if (callId === undefined) return watched;
  const on = watched.get(callId) ?? [];
  if (event.type === 'call.ended') return on.length > 0 ? without(watched, callId) : watched;
  if (event.type !== 'call.supervised' && event.type !== 'call.supervision-ended') return watched;
  const by = String(event.data.by);
  const others = on.filter((one) => one.by !== by);
  const mode = event.data.mode as SupervisionMode | undefined;
  const watches = mode === 'listen' || mode === 'whisper' || mode === 'barge';
  const now = watches ? [...others, { by, mode, agent: event.agentId, since: event.at }] : others;
  return now.length > 0 ? new Map(watched).set(callId, now) : without(watched, callId);
}

function without<T>(map: ReadonlyMap<string, T>, key: string): ReadonlyMap<string, T> {
  const next = new Map(map);
  next.delete(key);
  return next;
}

function foldCalls(calls: LivePicture['calls'], event: EventView, at: number): LivePicture['calls'] {
  if (event.callId === undefined) return calls;
  const before = calls.get(event.callId);
  const after = applyCallEvent(before, { ...event, at } as unknown as DomainEvent);
  if (!after || after === before) return calls;
  const next = new Map(calls).set(event.callId, after);
  if (after.endedAt !== null) forgetOld(next, at);
  return next;
}

function forgetOld(calls: Map<string, CallRecord>, now: number): void {
  const ended = [...calls.values()].filter((call) => call.endedAt !== null).sort((a, b) => Number(a.endedAt) - Number(b.endedAt));
  const surplus = ended.length - KEEP_ENDED;
  ended.forEach((call, i) => {
    if (i < surplus || now - Number(call.endedAt) > KEEP_ENDED_MS) calls.delete(call.id);
  });
}

function foldAgents(agents: LivePicture['agents'], event: EventView): LivePicture['agents'] {
  if (event.type === 'call.ended' || event.type === 'call.disconnected') return withoutCall(agents, event.callId);
  const agent = event.agentId === undefined ? undefined : agents.get(event.agentId);
  if (!agent) return agents;
  const change = agentChange(agent, event);
  return change ? new Map(agents).set(agent.extension, { ...agent, ...change }) : agents;
}

function withoutCall(agents: LivePicture['agents'], callId: string | undefined): LivePicture['agents'] {
  const on = [...agents.values()].filter((agent) => callId !== undefined && agent.callId === callId);
  if (on.length === 0) return agents;
  const next = new Map(agents);
  for (const agent of on) next.set(agent.extension, { ...agent, callId: null });
  return next;
}

function agentChange(agent: AgentView, event: EventView): Partial<AgentView> | undefined {
  const data = event.data;
  switch (event.type) {
    case 'agent.state-changed':
      return { state: data.to as AgentView['state'], since: event.at, reason: (data.reason as string | null) ?? null };
    case 'agent.next-state-chosen': {
      const state = data.state as NonNullable<AgentView['next']>['state'] | null;
      return { next: state === null ? null : { state, reason: (data.reason as string | null) ?? null } };
    }
    case 'agent.seat-changed':
      return { seat: data.seat as AgentView['seat'] };
    case 'agent.registered':
      return agent.seat.kind === 'phone' ? undefined : { reachable: true };
    case 'agent.unregistered':
      return agent.seat.kind === 'phone' ? undefined : { reachable: false };
    case 'offer.made':
    case 'call.connected':
    case 'call.retrieved':
      return event.callId === undefined ? undefined : { callId: event.callId };
    case 'offer.rejected':
    case 'offer.timed-out':
    case 'offer.withdrawn':
      return agent.callId === event.callId ? { callId: null } : undefined;
    default:
      return undefined;
  }
}

function foldQueues(queues: LivePicture['queues'], event: EventView, calls: LivePicture['calls']): LivePicture['queues'] {
  const queue = event.queueId === undefined ? undefined : queues.get(event.queueId);
  if (!queue || event.callId === undefined) return queues;
  const { callId } = event;
  const rest = queue.waiting.filter((one) => one.callId !== callId);
  const set = (waiting: QueueView['waiting'], more: Partial<QueueView> = {}): LivePicture['queues'] =>
    new Map(queues).set(queue.id, { ...queue, waiting: placed(waiting), waitingCount: waiting.length, ...more });
  const offered = (to: string | null): LivePicture['queues'] =>
    set(queue.waiting.map((one) => (one.callId === callId ? { ...one, offeredTo: to } : one)));
  switch (event.type) {
    case 'call.queued': {
      const call = calls.get(callId);
      const caller = call?.caller ?? '';
      const priority = Number(event.data.priority ?? 0);
      return set([...rest, { callId, caller, position: 0, priority, since: waitingSince(call, event.at), offeredTo: null }]);
    }
    case 'call.left-queue':
      return set(rest, event.data.result === 'served' ? { serving: queue.serving + 1 } : {});
    case 'call.disconnected':
      return set(queue.waiting, { serving: Math.max(0, queue.serving - 1) });
    case 'offer.made':
      return offered(event.agentId ?? null);
    case 'offer.rejected':
    case 'offer.timed-out':
    case 'offer.withdrawn':
      return offered(null);
    default:
      return queues;
  }
}

/** Who comes straight from another queue, moved or overflowed, has waited since the first of them. */
function waitingSince(call: CallRecord | undefined, at: string): string {
  let since = Date.parse(at);
  for (const { kind, startedAt, endedAt } of (call?.segments ?? []).toReversed()) {
    if (kind === 'queue' && endedAt !== null && Math.abs(endedAt - since) <= 50) since = startedAt;
  }
  return since === Date.parse(at) ? at : new Date(since).toISOString();
}

/** Larger priority first, then first come. */
function placed(waiting: QueueView['waiting']): QueueView['waiting'] {
  return waiting
    .toSorted((a, b) => b.priority - a.priority || Date.parse(a.since) - Date.parse(b.since))
    .map((one, i) => (one.position === i + 1 ? one : { ...one, position: i + 1 }));
}

const ms = (iso: string | null): number | null => (iso === null ? null : Date.parse(iso));

/** A record as the fold keeps it, from how it looks outside. */
export function recordOf(view: CallView): CallRecord {
  return {
    ...view,
    trunkId: view.trunk,
    startedAt: Date.parse(view.startedAt),
    answeredAt: ms(view.answeredAt),
    connectedAt: ms(view.connectedAt),
    endedAt: ms(view.endedAt),
    queueId: view.queue,
    waitMs: view.waitSeconds * 1000,
    agentId: view.agent,
    talkMs: view.talkSeconds * 1000,
    holdMs: view.holdSeconds * 1000,
    overflowed: view.outcome === 'overflowed',
    segments: view.segments.map((segment) => ({
      kind: segment.kind,
      startedAt: Date.parse(segment.startedAt),
      endedAt: ms(segment.endedAt),
      ...(segment.agent === null ? {} : { agentId: segment.agent }),
      ...(segment.queue === null ? {} : { queueId: segment.queue }),
      ...(segment.result === null ? {} : { result: segment.result }),
    })),
  };
}
