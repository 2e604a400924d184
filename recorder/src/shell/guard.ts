import type { Clock, Logger, Timer } from '@yixian/contracts';
import { type DiskState, stepDisk } from '../core/disk-guard.js';

export interface DiskGuard {
  /** Looks now. Rejects when there is not enough room, or when it cannot be found out. */
  check(): Promise<void>;
  readonly halted: boolean;
  /** Of the last look. */
  readonly freeBytes: number;
  /** Looks again and again until `stop`. */
  start(): void;
  stop(): void;
}

/** At 200 stereo calls (32 kB/s each) a look every two seconds misses 13 MB. */
const LOOK_EVERY_MS = 2_000;

const megabytes = (bytes: number): number => Math.floor(bytes / 1024 / 1024);

export function createDiskGuard(options: {
  directory: string;
  freeBytes(directory: string): Promise<number>;
  minimumBytes(): number;
  /** No room any more, or again; with what is free. */
  halted(freeMegabytes: number): void;
  goingOn(freeMegabytes: number): void;
  clock: Clock;
  logger: Logger;
}): DiskGuard {
  const { directory, clock, logger } = options;
  let state: DiskState = { halted: false, freeBytes: 0 };
  let timer: Timer | undefined;
  let running = false;

  async function look(): Promise<void> {
    const free = await options.freeBytes(directory);
    const step = stepDisk(state, free, options.minimumBytes());
    state = step.state;
    if (step.effect === 'halt') options.halted(megabytes(free));
    if (step.effect === 'go-on') options.goingOn(megabytes(free));
  }
  function again(): void {
    if (!running) return;
    timer = clock.setTimer(LOOK_EVERY_MS, () => {
      look()
        .catch((error: unknown) => logger.error({ err: error, directory }, 'how much room there is for recordings cannot be found out'))
        .finally(again);
    });
  }
  return {
    async check() {
      await look();
      if (!state.halted) return;
      const words = `only ${megabytes(state.freeBytes)} MB free in ${directory}`;
      throw new Error(`${words}, ${megabytes(options.minimumBytes())} MB are needed to record`);
    },
    get halted() {
      return state.halted;
    },
    get freeBytes() {
      return state.freeBytes;
    },
    start() {
      if (running) return;
      running = true;
      again();
    },
    stop() {
      running = false;
      timer?.cancel();
    },
  };
}
