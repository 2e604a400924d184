/** The number of a name that is none of the diagram's: nothing leads from there, by it, or to there. */
export const ANOTHER = 15;

/** Causes there may be. */
const CAUSES = 16;

/** A diagram's transitions, by the names of states and causes. */
type Transitions<S extends string, C extends string, T extends string> = Readonly<
  Record<S, Readonly<Partial<Record<C, T | readonly T[]>>>>
>;

/**
 * What a diagram has, as bits in a row of numbers: checked seven times a match, and maps of names took a twentieth of it.
 * Names are numbered by whoever asks, with a `switch`, which compares but does not hash: states and causes from 0 to 14.
 */
export class Lawful<S extends string, C extends string, T extends string> {
  /** Of each state and cause, one bit for each state they lead to. */
  readonly #targets: number[] = new Array<number>(CAUSES * CAUSES).fill(0);

  constructor(transitions: Transitions<S, C, T>, numberOfState: (state: S | T) => number, numberOfCause: (cause: C) => number) {
    for (const from of Object.keys(transitions) as S[]) {
      for (const [cause, to] of Object.entries(transitions[from]) as [C, T | readonly T[]][]) {
        const targets = typeof to === 'string' ? [to] : (to as readonly T[]);
        this.#targets[numberOfState(from) * CAUSES + numberOfCause(cause)] = targets.reduce((bits, t) => bits | (1 << numberOfState(t)), 0);
      }
    }
  }

  has(from: number, cause: number, to: number): boolean {
    return ((this.#targets[from * CAUSES + cause] as number) & (1 << to)) !== 0;
  }
}
