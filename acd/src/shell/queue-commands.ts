import { type Acd, type Directory, DomainError, type QueueDoor, type Seat, type SeatDialer, type Termination } from '@yixian/contracts';
import type { Input } from '../core/inputs.js';
import type { AcdState, AgentEntry } from '../core/types.js';
import { queueSnapshot } from '../core/views.js';
import type { Doors } from './doors.js';

export interface QueueCommandDeps {
  directory: Pick<Directory, 'settings'>;
  doors: Doors;
  seats: Pick<SeatDialer, 'refusal'>;
  now(): number;
  state(): AcdState;
  dispatch(input: Input): void;
  ringAgain(offerId: string): boolean;
  endSeat(offerId: string, termination: Termination): void;
}

const DOORS: readonly string[] = ['open', 'closed', 'schedule'];

/** What supervisors and desks do with queues, waiting calls and ringing seats. */
export function createQueueCommands(deps: QueueCommandDeps): Pick<Acd, 'moveCall' | 'setDoor' | 'answer' | 'reject'> {
  return {
    async moveCall(callId, to, by) {
      const { tables } = deps.state();
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
      const priority = to.priority ?? call.priority - call.queue.config.priority;
      deps.dispatch({ type: 'call-moved', callId, queueId, priority, by });
    },
    async setDoor(queueId, door: QueueDoor, by) {
      if (!DOORS.includes(door)) throw new DomainError('bad-request', `door: ${DOORS.join(', ')}, not ${door}`, { field: 'door' });
      if (!deps.state().tables.queues.has(queueId)) throw new DomainError('not-found', `there is no queue ${queueId}`, { queueId });
      deps.doors.set(queueId, door, by);
      const snapshot = queueSnapshot(deps.state(), queueId, deps.now());
      if (!snapshot) throw new DomainError('not-found', `there is no queue ${queueId}`, { queueId });
      return snapshot.door;
    },
    async answer(id, callId) {
      if (!deps.ringAgain(offerTo(deps, id, callId))) throw nothingRings(id, callId);
    },
    async reject(id, callId) {
      const offerId = offerTo(deps, id, callId);
      const termination: Termination = { by: 'agent', reason: 'declined', text: `rejected by ${id}` };
      deps.endSeat(offerId, termination);
      deps.dispatch({ type: 'seat-ended', offerId, callId, termination });
    },
  };
}

/** The offer of this call the agent's seat rings for. */
function offerTo(deps: QueueCommandDeps, id: string, callId: string): string {
  const agent = deps.state().tables.agents.get(id);
  if (!agent) throw new DomainError('not-found', `there is no agent ${id}`, { agentId: id });
  if (agent.state !== 'ringing' || agent.offer?.callId !== callId) throw nothingRings(id, callId);
  return agent.offer.id;
}

function nothingRings(id: string, callId: string): DomainError {
  return new DomainError('conflict', `no seat of agent ${id} rings for call ${callId}`, { agentId: id, callId });
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
