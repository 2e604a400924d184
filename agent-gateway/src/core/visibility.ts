import type { DomainEvent, Viewer } from '@yixian/contracts';
import type { CallScope } from './call-scope.js';

/**
 * Whether a user is told of an event. Admins: everything. Supervisors: the agents, queues and calls of the led groups, and
 * calls that have reached no queue or agent yet. Agents: the own events, the own calls from the moment they are theirs, and
 * calls entering and leaving the own queues. Everybody: the system's events. Sign-ins and refused sources: admins only.
 * @param scope of the event's call; undefined when it has none
 * @param showSupervision whether an agent is shown that a supervisor listens
 */
export function maySeeEvent(viewer: Viewer, event: DomainEvent, scope: CallScope | undefined, showSupervision: boolean): boolean {
  if (viewer.role === 'admin') return true;
  switch (event.type) {
    case 'system.started':
    case 'system.draining':
      return true;
    case 'user.signed-in':
    case 'user.signed-out':
    case 'user.sign-in-failed':
    case 'call.refused':
      return false;
    case 'call.queued':
    case 'call.left-queue':
      if (event.queueId !== undefined && viewer.queues.has(event.queueId)) return true;
      break;
    default:
      break;
  }
  if (isSupervision(event) && viewer.role === 'agent' && !showSupervision && event.data.by !== viewer.agentId) return false;
  if (event.agentId !== undefined && event.agentId === viewer.agentId) return true;
  return viewer.role === 'supervisor' ? seenByLeader(viewer, event, scope) : isOwnCall(viewer, event, scope);
}

/** A takeover and a forced release are seen by themselves: nothing is hidden by keeping them back. */
function isSupervision(event: DomainEvent): event is Extract<DomainEvent, { type: 'call.supervised' | 'call.supervision-ended' }> {
  if (event.type === 'call.supervision-ended') return true;
  return event.type === 'call.supervised' && event.data.mode !== 'takeover' && event.data.mode !== 'release';
}

function isOwnCall(viewer: Viewer, event: DomainEvent, scope: CallScope | undefined): boolean {
  return scope?.agents.some((agent) => agent.id === viewer.agentId && agent.from <= event.seq) ?? false;
}

function seenByLeader(viewer: Viewer, event: DomainEvent, scope: CallScope | undefined): boolean {
  if (event.agentId !== undefined && viewer.agents.has(event.agentId)) return true;
  if (event.queueId !== undefined && viewer.queues.has(event.queueId)) return true;
  if (event.callId === undefined || !scope) return false;
  const agents = scope.agents.filter((agent) => agent.from <= event.seq);
  const queues = scope.queues.filter((queue) => queue.from <= event.seq);
  if (agents.length === 0 && queues.length === 0) {
    return scope.complete && event.agentId === undefined && event.queueId === undefined;
  }
  return agents.some((agent) => viewer.agents.has(agent.id)) || queues.some((queue) => viewer.queues.has(queue.id));
}

/** Whether two users' rights are the same: then nothing has to be shown anew. */
export function sameView(a: Viewer, b: Viewer): boolean {
  const same = (x: ReadonlySet<string>, y: ReadonlySet<string>) => x.size === y.size && [...x].every((id) => y.has(id));
  const led = same(a.ledAgents, b.ledAgents) && same(a.ledQueues, b.ledQueues);
  return a.role === b.role && a.agentId === b.agentId && same(a.agents, b.agents) && same(a.queues, b.queues) && led;
}
