import { type Clock, type Directory, type Logger, localInstant, type QueueDoor, scheduleState } from '@yixian/contracts';
import type { Input } from '../core/inputs.js';
import type { AcdState } from '../core/types.js';
import type { Timers } from './timers.js';

const MINUTE_MS = 60_000;

export interface DoorDeps {
  directory: Pick<Directory, 'queue' | 'queues' | 'schedule' | 'calendarDay'>;
  clock: Clock;
  timers: Timers;
  timeZone: string;
  logger: Logger;
  state(): AcdState;
  dispatch(input: Input): void;
}

/** The calendar of the queues: which door stands open now, and which day it is. */
export interface Doors {
  /** Looks at one queue, e.g. before a caller comes into it. */
  look(queueId: string): void;
  set(queueId: string, door: QueueDoor, by: string): void;
  /** Looks at all, now and at the beginning of each minute: schedules change at no other time. */
  watch(): void;
  /** Tells the core which day it is. */
  beginDay(): void;
}

export function createDoors(deps: DoorDeps): Doors {
  const { directory, clock, timeZone, dispatch } = deps;
  const unknown = new Set<string>();

  function scheduled(queueId: string): { open: boolean; because: string } {
    const id = directory.queue(queueId)?.scheduleId ?? null;
    const schedule = id === null ? undefined : directory.schedule(id);
    if (schedule) return scheduleState(schedule, clock.now(), timeZone, (date) => directory.calendarDay(date));
    if (id !== null && !unknown.has(id)) {
      unknown.add(id);
      deps.logger.error({ queueId, scheduleId: id }, 'acd: the schedule of a queue is not there; it counts as always open');
    }
    return { open: true, because: 'always' };
  }

  function standing(queueId: string, door: QueueDoor, by: string): { open: boolean; because: string } {
    if (door === 'schedule') return scheduled(queueId);
    return { open: door === 'open', because: `${door === 'open' ? 'opened' : 'closed'} by ${by}` };
  }

  function look(queueId: string): void {
    const queue = deps.state().tables.queues.get(queueId);
    if (!queue) return;
    const { open, because } = standing(queueId, queue.door, queue.doorBy ?? 'system');
    if (open === queue.isOpen && because === queue.because) return;
    dispatch({ type: 'door-changed', queueId, door: queue.door, open, because, by: null });
  }

  function beginDay(): void {
    const day = localInstant(clock.now(), timeZone).date;
    if (day !== deps.state().tables.day) dispatch({ type: 'day-began', day });
  }

  function watch(): void {
    beginDay();
    for (const id of [...deps.state().tables.queues.keys()]) look(id);
    deps.timers.set('minute', MINUTE_MS - (clock.now() % MINUTE_MS), watch);
  }

  return {
    look,
    set(queueId, door, by) {
      dispatch({ type: 'door-changed', queueId, door, ...standing(queueId, door, by), by });
    },
    watch,
    beginDay,
  };
}
