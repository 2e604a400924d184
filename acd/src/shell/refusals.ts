import { type Directory, DomainError, type QueueId, type Seat, type SeatDialer } from '@yixian/contracts';
import type { AcdState, AgentEntry, OfferId } from '../core/types.js';
import { mayBeCalled } from './callback-calls.js';

// Why a command cannot be done, found before anything is changed. Each throws a DomainError naming what is wrong.

/** Where a waiting call is to be moved: the queue and the priority added to the queue's own. */
export function placeToMove(
  { tables }: AcdState,
  callId: string,
  to: { queueId?: QueueId; priority?: number },
): { queueId: QueueId; priority: number } {
  const call = tables.calls.get(callId);
  if (!call || call.callback) throw new DomainError('not-found', `call ${callId} waits in no queue`, { callId });
  if (to.queueId === undefined && to.priority === undefined) {
    throw new DomainError('bad-request', 'queue or priority: at least one of them', { field: 'queue' });
  }
  if (to.priority !== undefined && !Number.isFinite(to.priority)) {
    throw new DomainError('bad-request', `priority: a number, not ${to.priority}`, { field: 'priority' });
  }
  const queueId = to.queueId ?? call.queue.id;
  if (!tables.queues.has(queueId)) throw new DomainError('not-found', `there is no queue ${queueId}`, { field: 'queue', queueId });
  if (call.phase === 'talking' || call.phase === 'connecting') {
    throw new DomainError('conflict', `call ${callId} waits no more: it is ${call.phase} with ${call.offer?.agentId}`, { callId });
  }
  return { queueId, priority: to.priority ?? call.priority - call.queue.config.priority };
}

/** The offer of this call the agent's seat rings for. */
export function offerTo({ tables }: AcdState, id: string, callId: string): OfferId {
  const agent = tables.agents.get(id);
  if (!agent) throw new DomainError('not-found', `there is no agent ${id}`, { agentId: id });
  if (agent.state !== 'ringing' || agent.offer?.callId !== callId) throw nothingRings(id, callId);
  return agent.offer.id;
}

export function nothingRings(id: string, callId: string): DomainError {
  return new DomainError('conflict', `no seat of agent ${id} rings for call ${callId}`, { agentId: id, callId });
}

/** What is wrong with a callback that is asked for. */
export function assertCallback(
  { tables }: AcdState,
  { queueId, number, callId }: { queueId: string; number: string; callId: string | undefined },
): void {
  if (typeof number !== 'string' || !mayBeCalled(number)) {
    throw new DomainError('bad-request', 'number: 3 to 32 digits, with + before them where needed', { field: 'number' });
  }
  if (!tables.queues.has(queueId)) throw new DomainError('not-found', `queue: there is no queue ${queueId}`, { field: 'queue', queueId });
  for (const callback of tables.callbacks.values()) {
    if (callback.queueId !== queueId || callback.number !== number) continue;
    throw new DomainError('conflict', `number: ${number} waits for a callback of queue ${queueId} already`, { field: 'number' });
  }
  if (callId === undefined) return;
  const call = tables.calls.get(callId);
  if (!call || call.callback) throw new DomainError('not-found', `callId: call ${callId} waits in no queue`, { field: 'callId', callId });
  if (call.queue.id !== queueId)
    throw new DomainError('conflict', `queue: call ${callId} waits in queue ${call.queue.id}`, { field: 'queue' });
}

/** One more signed in than there are licences for is refused. */
export function assertLicensed({ tables }: AcdState, directory: Pick<Directory, 'settings'>, agent: AgentEntry | undefined): void {
  const { maxSignedIn } = directory.settings();
  if (maxSignedIn === null || agent?.state !== 'offline' || tables.signedIn < maxSignedIn) return;
  throw new DomainError('conflict', `at most ${maxSignedIn} agents can be signed in at one time, and ${tables.signedIn} are`, {
    limit: 'maxSignedIn',
    maxSignedIn,
    signedIn: tables.signedIn,
  });
}

/** Throws what is wrong with the seat, naming the field. */
export function assertSeat(id: string, seat: Seat, seats: Pick<SeatDialer, 'refusal'>): void {
  const own = (['number', 'confirm', 'persistent'] as const).find((field) => seat[field] !== undefined);
  if (seat.kind !== 'phone' && own) throw new DomainError('bad-request', `${own} belongs to seats of kind phone`, { field: own });
  if (seat.kind === 'phone' && seat.number === undefined) throw new DomainError('bad-request', 'number: of the phone', { field: 'number' });
  const refusal = seats.refusal(id, seat);
  if (refusal !== undefined) throw new DomainError('bad-request', refusal, { field: seat.kind === 'phone' ? 'number' : 'kind' });
}
