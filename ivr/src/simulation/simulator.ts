import { type Clock, DomainError, type IdSource, type Simulator, type Timer } from '@yixian/contracts';
import { epochOf } from '../golden/run.js';
import { FlowSimulation, NotAsked, type SimulationBook, simulable } from './simulation.js';

export interface SimulatorDeps {
  directory: SimulationBook;
  timeZone: string;
  clock: Clock;
  ids: Pick<IdSource, 'next'>;
}

/** Untouched for so long, a simulation is forgotten. */
const IDLE_MS = 15 * 60_000;
/** Of one user: a further one takes the place of the oldest. */
const MAX_EACH = 5;
const MAX_ALL = 200;

interface Session {
  user: string;
  call: FlowSimulation;
  timer: Timer;
}

/** Simulated calls of those who draw flows: in memory, bounded in number and time. */
export function createSimulator({ directory, timeZone, clock, ids }: SimulatorDeps): Simulator {
  const sessions = new Map<string, Session>();

  function forget(id: string): void {
    sessions.get(id)?.timer.cancel();
    sessions.delete(id);
  }

  function makeRoom(user: string): void {
    const own = [...sessions].filter(([, session]) => session.user === user);
    for (const [id] of own.slice(0, Math.max(0, own.length + 1 - MAX_EACH))) forget(id);
    const [oldest] = sessions.keys();
    if (sessions.size >= MAX_ALL && oldest !== undefined) forget(oldest);
  }

  const touch = (id: string): Timer => clock.setTimer(IDLE_MS, () => forget(id));

  return {
    start(user, { document, caller, called, at, stopAtPrompts }) {
      const read = simulable(document);
      if ('problem' in read) throw new DomainError('bad-request', `the flow cannot be simulated: ${read.problem}`);
      makeRoom(user);
      const arrival = at === undefined ? clock.now() : epochOf(at, timeZone);
      const call = new FlowSimulation(read.flow, { caller, called, at: arrival, timeZone, stopAtPrompts }, directory);
      const session = ids.next('simulation');
      sessions.set(session, { user, call, timer: touch(session) });
      return { session, ...call.picture() };
    },
    input(user, id, input) {
      const session = sessions.get(id);
      if (session?.user !== user) throw new DomainError('not-found', 'this simulation is over; begin another', { session: id });
      session.timer.cancel();
      session.timer = touch(id);
      try {
        session.call.input(input);
      } catch (error) {
        if (error instanceof NotAsked) throw new DomainError('conflict', error.message, { session: id });
        throw error;
      }
      return { session: id, ...session.call.picture() };
    },
    end(user, id) {
      if (sessions.get(id)?.user === user) forget(id);
    },
  };
}
