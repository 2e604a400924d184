import type { Clock, Directory, Logger, Timer } from '@yixian/contracts';
import { systemClock } from '@yixian/contracts';
import type { Knex } from 'knex';
import { settle } from './caller-lists.js';
import { fingerprint, read } from './directory-read.js';
import { listen } from './listen.js';

export interface LiveDirectory extends Directory {
  /** Reads everything again now; rejects, keeping what was known, when the database is away. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

/**
 * The configuration in memory. It follows the database by itself (LISTEN): whoever writes, in whatever process, it is read again.
 * Reads are always of one whole state, never of half a change.
 */
export async function createDirectory(knex: Knex, logger: Logger, clock: Clock = systemClock()): Promise<LiveDirectory> {
  let current = await read(knex, undefined);
  let print = fingerprint(current);
  const listeners = new Set<() => void>();
  const readNow = async (): Promise<void> => {
    const next = await read(knex, current);
    settle(next.lists);
    const after = fingerprint(next);
    if (after === print) return;
    [current, print] = [next, after];
    for (const listener of listeners) tell(listener);
  };
  const tell = (listener: () => void): void => {
    try {
      listener();
    } catch (error) {
      logger.error({ err: error }, 'a listener of the directory failed');
    }
  };
  const { run: reload, idle } = coalesced(readNow);
  const background = retrying(reload, logger, clock);
  const subscription = listen({ knex, logger, clock, channel: 'yixian_directory', onNotify: background.run, onListening: background.run });

  return {
    trunks: () => [...current.trunks.values()],
    trunk: (id) => current.trunks.get(id),
    extension: (number) => current.extensions.get(number),
    extensions: () => [...current.extensions.values()],
    accessCode: (number) => current.accessCodes.get(number),
    queue: (id) => current.queues.get(id),
    queues: () => [...current.queues.values()],
    agent: (id) => current.agents.get(id),
    agents: () => [...current.agents.values()],
    flow: (id) => current.flows.get(id),
    flowIds: () => [...current.flows.keys()],
    schedule: (id) => current.schedules.get(id),
    calendarDay: (date) => current.calendarDays.get(date),
    callerList: (id) => current.lists.get(id)?.list,
    callerListEntry: (id, number, now) => current.lists.get(id)?.index.find(number, now),
    box: (id) => current.boxes.get(id),
    boxes: () => [...current.boxes.values()],
    extensionGroup: (number) => current.groups.get(number),
    extensionGroups: () => [...current.groups.values()],
    settings: () => current.settings,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    reload,
    async close() {
      listeners.clear();
      background.stop();
      await subscription.close();
      await idle();
    },
  };
}

/** One read at a time. One that has begun may have missed the newest change: whoever asks meanwhile shares one more. */
function coalesced(work: () => Promise<void>): { run(): Promise<void>; idle(): Promise<void> } {
  let current: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const settled = async (): Promise<void> => current?.catch(() => undefined);
  const run = (): Promise<void> => {
    if (current) {
      next ??= settled().then(() => {
        next = undefined;
        return run();
      });
      return next;
    }
    current = work().finally(() => {
      current = undefined;
    });
    return current;
  };
  // one that was asked for meanwhile begins when the present one ends, and has to be waited for too
  const idle = async (): Promise<void> => {
    while (current || next) await (next ?? current)?.catch(() => undefined);
  };
  return { run, idle };
}

/** Nobody waits for a reload that a notification asked for: it is tried until it works. */
function retrying(work: () => Promise<void>, logger: Logger, clock: Clock): { run(): void; stop(): void } {
  let timer: Timer | undefined;
  let stopped = false;
  const run = (): void => {
    timer?.cancel();
    timer = undefined;
    if (stopped) return;
    work().catch((error: Error) => {
      if (stopped) return;
      logger.warn({ err: error }, 'the directory could not be read again: keeping what is known');
      timer = clock.setTimer(1_000, run);
    });
  };
  return {
    run,
    stop() {
      stopped = true;
      timer?.cancel();
    },
  };
}
