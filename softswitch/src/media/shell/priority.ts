import { execFile } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';

/** Below that of the other threads, which `serve` has raised to -14. */
const NICE = -18;
/** The lowest of the real-time priorities: above every ordinary thread, below whatever the operator has put higher. */
const REALTIME = '1';
const DEADLINE_MS = 2000;

export type Priority = 'realtime' | 'raised' | 'normal';

/**
 * Puts the calling thread before the rest of the program: a late packet is heard, a late report is not. Tries round-robin real time
 * (through chrt of util-linux; Node has no call for it), then a lower nice value; without the right to either all stays as it is.
 * Threads that it starts later are not raised with it. Calls back with what was reached and why not more.
 */
export function raisePriority(wanted: Priority, done: (reached: Priority, reason: string) => void): void {
  if (wanted === 'normal') {
    done('normal', 'as configured');
    return;
  }
  let thread: string;
  try {
    thread = readlinkSync('/proc/thread-self').split('/').at(-1) ?? '';
  } catch {
    done('normal', 'threads have no priority of their own on this system');
    return;
  }
  if (wanted === 'raised') {
    done(...renice(Number(thread), 'as configured'));
    return;
  }
  // The kernel keeps 5 % of the processor from real-time threads (sched_rt_runtime_us): even a runaway leaves the system usable.
  execFile('chrt', ['--rr', '--reset-on-fork', '--pid', REALTIME, thread], { timeout: DEADLINE_MS }, (error) => {
    if (error) done(...renice(Number(thread), `real time: ${error.message.trim().split('\n').at(-1)}`));
    else done('realtime', 'round robin');
  });
}

function renice(thread: number, reason: string): [Priority, string] {
  try {
    setPriority(thread, NICE);
    return ['raised', reason];
  } catch (error) {
    return ['normal', `${reason}; nice: ${(error as Error).message}`];
  }
}
