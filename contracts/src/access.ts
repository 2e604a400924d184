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
  /** Queues the user serves, or that agents of the led groups serve. Not consulted for an admin. */
  queues: ReadonlySet<QueueId>;
  /** Agents of the groups a supervisor leads. Not consulted for an admin. */
  ledAgents: ReadonlySet<AgentId>;
  /** Queues of the led groups, and queues for every group that led agents serve. Not consulted for an admin. */
  ledQueues: ReadonlySet<QueueId>;
}

/** The configuration an answer depends on. */
export interface AccessFacts {
  agents(): readonly AgentConfig[];
  queues(): readonly QueueConfig[];
}

/** What decides whose calls a queue's are. */
type Served = Pick<QueueConfig, 'requiredSkills' | 'group' | 'relaxation'>;

/** Whether calls of the queue may come to the agent: of its group, with every skill it asks for however long a caller has waited. */
export function serves(agent: Pick<AgentConfig, 'skills' | 'groups'>, queue: Served): boolean {
  if (queue.group !== null && !agent.groups.includes(queue.group)) return false;
  const waived = (skill: string): boolean => queue.relaxation.some((step) => step.minLevels[skill] === 0);
  return queue.requiredSkills.every((skill) => agent.skills.includes(skill) || waived(skill));
}

/** What this user may see. A user without roles sees nothing but the own extension. */
export function viewerOf(user: User, facts: AccessFacts): Viewer {
  const role = user.roles.includes('admin') ? 'admin' : user.roles.includes('supervisor') ? 'supervisor' : 'agent';
  const led = role === 'supervisor' ? facts.agents().filter((a) => a.groups.some((group) => user.groups.includes(group))) : [];
  const own = facts.agents().filter((a) => a.id === user.extension);
  const visible = [...led, ...own];
  const agents = new Set(visible.map((a) => a.id));
  if (user.extension !== null) agents.add(user.extension);
  const servedBy = (who: readonly AgentConfig[]): QueueConfig[] =>
    facts.queues().filter((queue) => who.some((agent) => serves(agent, queue)));
  const leads = (queue: QueueConfig): boolean => role === 'supervisor' && queue.group !== null && user.groups.includes(queue.group);
  const ledQueues = new Set([...servedBy(led), ...facts.queues().filter(leads)].map((queue) => queue.id));
  const queues = new Set([...ledQueues, ...servedBy(own).map((queue) => queue.id)]);
  return { role, agentId: user.extension, agents, queues, ledAgents: new Set(led.map((a) => a.id)), ledQueues };
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

/** Whether this agent was on the call, rather than only rung for it. */
export function wasOnCall(record: CallRecord, agentId: AgentId): boolean {
  if (record.agentId === agentId || (record.direction !== 'inbound' && record.caller === agentId)) return true;
  if (record.direction === 'internal' && record.called === agentId && record.connectedAt !== null) return true;
  return record.segments.some((s) => s.agentId === agentId && s.kind !== 'ringing');
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

/** Opening and closing a queue, moving its calls: a supervisor for the own groups, an admin for all. */
export function mayDirectQueue(viewer: Viewer, queueId: QueueId): boolean {
  return viewer.role === 'admin' || (viewer.role === 'supervisor' && viewer.ledQueues.has(queueId));
}

/** Listening to an agent, speaking in, taking over, releasing: a supervisor for agents of the own groups, an admin for all; nobody for oneself. */
export function maySupervise(viewer: Viewer, agentId: AgentId): boolean {
  if (viewer.agentId === agentId) return false;
  return viewer.role === 'admin' || (viewer.role === 'supervisor' && viewer.ledAgents.has(agentId));
}
