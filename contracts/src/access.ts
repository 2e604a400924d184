import type { CallRecord } from './call-record.js';
import type { AgentConfig, QueueConfig, User } from './directory.js';
import type { AgentId, QueueId } from './ids.js';

// Who may see what: one set of pure rules for REST and for the event stream.

/** What a user may see, worked out from the configuration as it stands. */
export interface Viewer {
  /** The strongest of the user's roles. */
  role: 'agent' | 'supervisor' | 'admin';
  /** The user's own extension, where there is one. */
  agentId: AgentId | null;
  /** Agents of the groups a supervisor leads, and the user's own extension. Not consulted for an admin. */
  agents: ReadonlySet<AgentId>;
  /** Queues the user serves by skill, or that agents of the led groups serve. Not consulted for an admin. */
  queues: ReadonlySet<QueueId>;
}

/** The configuration an answer depends on. */
export interface AccessFacts {
  agents(): readonly AgentConfig[];
  queues(): readonly QueueConfig[];
}

/** Whether an agent has every skill the queue asks for. */
export function serves(agent: Pick<AgentConfig, 'skills'>, queue: Pick<QueueConfig, 'requiredSkills'>): boolean {
  return queue.requiredSkills.every((skill) => agent.skills.includes(skill));
}

/** What this user may see. A user without roles sees nothing but the own extension. */
export function viewerOf(user: User, facts: AccessFacts): Viewer {
  const role = user.roles.includes('admin') ? 'admin' : user.roles.includes('supervisor') ? 'supervisor' : 'agent';
  const led = role === 'supervisor' ? facts.agents().filter((a) => a.groups.some((group) => user.groups.includes(group))) : [];
  const own = facts.agents().filter((a) => a.id === user.extension);
  const visible = [...led, ...own];
  const agents = new Set(visible.map((a) => a.id));
  if (user.extension !== null) agents.add(user.extension);
  const queues = new Set(
    facts
      .queues()
      .filter((queue) => visible.some((agent) => serves(agent, queue)))
      .map((queue) => queue.id),
  );
  return { role, agentId: user.extension, agents, queues };
}

export function maySeeAgent(viewer: Viewer, agentId: AgentId): boolean {
  return viewer.role === 'admin' || viewer.agents.has(agentId);
}

export function maySeeQueue(viewer: Viewer, queueId: QueueId): boolean {
  return viewer.role === 'admin' || viewer.queues.has(queueId);
}

/** Agents who made the call, were rung for it or talked on it. */
export function agentsOfCall(record: CallRecord): Set<AgentId> {
  const agents = new Set<AgentId>();
  if (record.agentId !== null) agents.add(record.agentId);
  for (const segment of record.segments) if (segment.agentId !== undefined) agents.add(segment.agentId);
  if (record.direction !== 'inbound') agents.add(record.caller);
  if (record.direction === 'internal') agents.add(record.called);
  return agents;
}

/**
 * An agent sees the calls that rang at or were made from the own extension. A supervisor sees the calls of the led agents
 * and queues, and calls that never reached any queue or agent: nobody else would answer for those.
 */
export function maySeeCall(viewer: Viewer, record: CallRecord): boolean {
  if (viewer.role === 'admin') return true;
  const agents = agentsOfCall(record);
  if (viewer.agentId !== null && agents.has(viewer.agentId)) return true;
  if (viewer.role !== 'supervisor') return false;
  const queues = record.segments.flatMap((s) => (s.queueId === undefined ? [] : [s.queueId]));
  if (record.queueId !== null) queues.push(record.queueId);
  if (queues.length === 0 && agents.size === 0) return true;
  return queues.some((id) => viewer.queues.has(id)) || [...agents].some((id) => viewer.agents.has(id));
}

/** Recordings are for supervisors (of the agent's group or the queue) and admins. */
export function maySeeRecording(viewer: Viewer, row: { agentId: AgentId | null; queueId: QueueId | null }): boolean {
  if (viewer.role === 'admin') return true;
  if (viewer.role !== 'supervisor') return false;
  if (row.agentId === null && row.queueId === null) return true;
  return (row.agentId !== null && viewer.agents.has(row.agentId)) || (row.queueId !== null && viewer.queues.has(row.queueId));
}

/** Own state, seat and calls for everyone; those of led agents for a supervisor; all for an admin. */
export function mayDirectAgent(viewer: Viewer, agentId: AgentId): boolean {
  return viewer.role === 'admin' || viewer.agentId === agentId || (viewer.role === 'supervisor' && viewer.agents.has(agentId));
}
