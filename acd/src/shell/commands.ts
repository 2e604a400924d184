import {
  type Acd,
  type AgentId,
  type AgentSnapshot,
  type Callbacks,
  type CallId,
  DomainError,
  type QueueDoor,
  type Seat,
  type Termination,
} from '@yixian/contracts';
import type { Input } from '../core/inputs.js';
import type { AcdState } from '../core/types.js';
import { agentSnapshot, callbackView, queueSnapshot } from '../core/views.js';
import type { AcdDeps } from './deps.js';
import type { Doors } from './doors.js';
import { given } from './given.js';
import { assertCallback, assertLicensed, assertSeat, nothingRings, offerTo, placeToMove } from './refusals.js';

/** What agents, supervisors and flows ask of whoever decides. Each rejects with a DomainError naming what is wrong. */
export type Commands = Pick<Acd, 'setState' | 'setSeat' | 'moveCall' | 'setDoor' | 'answer' | 'reject'> &
  Pick<Callbacks, 'request'> & {
    cancelCallback: Callbacks['cancel'];
    /** A process goes down: its calls that wait go on. */
    close(callIds: readonly CallId[]): Promise<void>;
  };

export interface CommandDeps extends Pick<AcdDeps, 'directory' | 'seats' | 'ids'> {
  doors: Doors;
  now(): number;
  state(): AcdState;
  dispatch(input: Input): void;
  checkReachable(agentId: AgentId, seat: Seat): void;
  ringAgain(offerId: string, callId: CallId): Promise<boolean>;
  endSeat(offerId: string, callId: CallId, termination: Termination): void;
  /** Whoever looks at another process next sees what has changed. */
  tell(): void;
}

const WISHES: readonly string[] = ['ready', 'not-ready', 'offline'];
const DOORS: readonly string[] = ['open', 'closed', 'schedule'];

export function createCommands(deps: CommandDeps): Commands {
  const { directory, doors, seats, state, dispatch } = deps;

  function known(id: AgentId): AgentSnapshot {
    const snapshot = agentSnapshot(state(), id);
    if (!snapshot) throw new DomainError('not-found', `there is no agent ${id}`, { agentId: id });
    return snapshot;
  }

  return {
    async setState(id, wished, reason, by) {
      known(id);
      if (!WISHES.includes(wished)) throw new DomainError('bad-request', `state: ${WISHES.join(', ')}, not ${wished}`, { field: 'state' });
      if (wished !== 'offline') assertLicensed(state(), directory, state().tables.agents.get(id));
      dispatch({ type: 'state-wished', agentId: id, state: wished, reason, by });
      // Events of the registrar can be missed; whoever signs in is looked up.
      deps.checkReachable(id, known(id).seat);
      return known(id);
    },
    async setSeat(id, seat, _by) {
      known(id);
      assertSeat(id, seat, seats);
      dispatch({ type: 'seat-chosen', agentId: id, seat, reachable: seats.reachable(id, seat) });
      return known(id);
    },
    async moveCall(callId, to, by) {
      const { queueId, priority } = placeToMove(state(), callId, to);
      dispatch({ type: 'call-moved', callId, queueId, priority, by });
      deps.tell();
    },
    async setDoor(queueId, door: QueueDoor, by) {
      if (!DOORS.includes(door)) throw new DomainError('bad-request', `door: ${DOORS.join(', ')}, not ${door}`, { field: 'door' });
      if (!state().tables.queues.has(queueId)) throw new DomainError('not-found', `there is no queue ${queueId}`, { queueId });
      doors.set(queueId, door, by);
      const snapshot = queueSnapshot(state(), queueId, deps.now());
      if (!snapshot) throw new DomainError('not-found', `there is no queue ${queueId}`, { queueId });
      deps.tell();
      return snapshot.door;
    },
    async answer(id, callId) {
      if (!(await deps.ringAgain(offerTo(state(), id, callId), callId))) throw nothingRings(id, callId);
    },
    async reject(id, callId) {
      const offerId = offerTo(state(), id, callId);
      const termination: Termination = { by: 'agent', reason: 'declined', text: `rejected by ${id}` };
      deps.endSeat(offerId, callId, termination);
      dispatch({ type: 'seat-ended', offerId, callId, termination });
    },
    async request({ queueId, number, callId, since, notBefore, by, agentId, group, minLevels }) {
      assertCallback(state(), { queueId, number, callId });
      const callbackId = deps.ids.next('callback');
      dispatch({
        type: 'callback-requested',
        callbackId,
        queueId,
        number,
        callId: callId ?? null,
        since: since ?? null,
        notBefore: notBefore ?? null,
        by,
        ...given({ agentId, group, minLevels }),
      });
      const { tables } = state();
      const callback = tables.callbacks.get(callbackId);
      if (!callback) throw new DomainError('conflict', 'callId: the call waits no more', { field: 'callId' });
      deps.tell();
      return callbackView(tables, callback);
    },
    async cancelCallback(callbackId, by) {
      if (!state().tables.callbacks.has(callbackId)) {
        throw new DomainError('not-found', `there is no callback ${callbackId}`, { callbackId });
      }
      dispatch({ type: 'callback-cancelled', callbackId, by });
      deps.tell();
    },
    async close(callIds) {
      dispatch({ type: 'stopped', only: callIds });
    },
  };
}
