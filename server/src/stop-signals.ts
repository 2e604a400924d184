import type { EventEmitter } from 'node:events';

const NAMES: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM'];

/**
 * So long after the first signal another one is the same press of Ctrl-C: the terminal sends it to everybody in the foreground,
 * and npm, which is among them, sends it on to its child. Milliseconds.
 */
export const SAME_PRESS_MS = 500;

export interface StopSignals {
  /** The stop was asked for. */
  readonly first: Promise<NodeJS.Signals>;
  /** It was asked for again, and not in the same breath. */
  readonly second: Promise<NodeJS.Signals>;
}

/**
 * Hears them from now on until the second has come, without a moment in between in which one would end the process as it stands.
 * After the second the system's own way is back, for whoever presses a third time.
 * @param source the process
 * @param now milliseconds of a clock that only goes forward
 */
export function hearStopSignals(source: Pick<EventEmitter, 'on' | 'off'>, now: () => number): StopSignals {
  let tellFirst: (signal: NodeJS.Signals) => void;
  let tellSecond: (signal: NodeJS.Signals) => void;
  let firstAt: number | undefined;
  const first = new Promise<NodeJS.Signals>((resolve) => {
    tellFirst = resolve;
  });
  const second = new Promise<NodeJS.Signals>((resolve) => {
    tellSecond = resolve;
  });
  const hear = (signal: NodeJS.Signals): void => {
    if (firstAt === undefined) {
      firstAt = now();
      tellFirst(signal);
    } else if (now() - firstAt > SAME_PRESS_MS) {
      for (const name of NAMES) source.off(name, hear);
      tellSecond(signal);
    }
  };
  for (const name of NAMES) source.on(name, hear);
  return { first, second };
}
