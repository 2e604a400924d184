import { readdirSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import type { Logger } from '@yixian/contracts';

/**
 * Puts the threads of this process, and what is started from it, before other programs' work where the system permits it. All of
 * them: the collector of a thread shares its work out to helpers and waits for the last one, so a media thread at real-time
 * priority would stand still as long as somebody else's build keeps a helper from the processor. Threads that come later have the
 * priority of the one that makes them.
 */
export function raisePriority(logger: Logger): void {
  try {
    // The process is its main thread to this call, on Linux.
    setPriority(constants.priority.PRIORITY_HIGH);
    for (const thread of threads()) raise(thread);
  } catch (error) {
    logger.debug({ err: error }, 'runs at normal priority');
  }
}

function raise(thread: number): void {
  try {
    setPriority(thread, constants.priority.PRIORITY_HIGH);
  } catch (error) {
    // One may have ended meanwhile.
    if ((error as NodeJS.ErrnoException & { info?: { code?: string } }).info?.code !== 'ESRCH') throw error;
  }
}

/** Ids of the threads; none where the system does not list them. */
function threads(): number[] {
  try {
    return readdirSync('/proc/self/task').map(Number);
  } catch {
    return [];
  }
}
