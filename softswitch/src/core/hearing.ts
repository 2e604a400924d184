// Who hears whom, and by whose word. A leg is in one bridge or one conference at most; whoever asks later has it.
//
//   free ──bridged──▶ in a bridge ──released, either leg ended or taken──▶ free
//   free ──set──▶ in a conference ──set without it, released, ended or taken──▶ free
//
// A bridge is over as soon as one of its legs goes; a conference goes on without the one that went.

export type Hearing<L> = ReadonlyMap<L, readonly L[]>;

interface Circle<L> {
  readonly kind: 'bridge' | 'conference';
  /** Every leg of the circle is a key, also one that hears nobody. */
  readonly hears: Hearing<L>;
}

export interface HearingState<L> {
  readonly circles: ReadonlyMap<string, Circle<L>>;
  readonly where: ReadonlyMap<L, string>;
}

export type HearingInput<L> =
  | { readonly type: 'bridged'; readonly id: string; readonly a: L; readonly b: L }
  /** The whole of a conference: who is named neither as listener nor as heard is not in it (any more). */
  | { readonly type: 'set'; readonly id: string; readonly hearing: Hearing<L> }
  /** Unbridged, or closed. */
  | { readonly type: 'released'; readonly id: string }
  | { readonly type: 'ended'; readonly leg: L };

export interface HearingStep<L> {
  readonly state: HearingState<L>;
  /** Listeners whose set of those they hear is another one now, with all of it. */
  readonly changes: Hearing<L>;
  /** Bridges and conferences that this ended. */
  readonly over: readonly string[];
}

export const nobodyHears = <L>(): HearingState<L> => ({ circles: new Map(), where: new Map() });

export function hearingStep<L>(state: HearingState<L>, input: HearingInput<L>): HearingStep<L> {
  const draft = new Draft(state);
  switch (input.type) {
    case 'bridged': {
      const { id, a, b } = input;
      for (const leg of [a, b]) draft.leave(leg);
      draft.put(
        id,
        'bridge',
        new Map([
          [a, [b]],
          [b, [a]],
        ]),
      );
      break;
    }
    case 'set':
      set(draft, input.id, whole(input.hearing));
      break;
    case 'released':
      draft.dissolve(input.id);
      break;
    case 'ended':
      draft.leave(input.leg);
      break;
  }
  return draft.done();
}

/** What a leg hears now. */
export const heardBy = <L>({ circles, where }: HearingState<L>, leg: L): readonly L[] => {
  const circle = where.get(leg);
  return (circle === undefined ? undefined : circles.get(circle)?.hears.get(leg)) ?? [];
};

/** The legs of a bridge or conference. */
export const legsOf = <L>({ circles }: HearingState<L>, id: string): readonly L[] => [...(circles.get(id)?.hears.keys() ?? [])];

/** Who hears this leg now. */
export const listenersOf = <L>(state: HearingState<L>, leg: L): readonly L[] =>
  legsOf(state, state.where.get(leg) ?? '').filter((other) => heardBy(state, other).includes(leg));

function set<L>(draft: Draft<L>, id: string, hearing: Hearing<L>): void {
  for (const leg of hearing.keys()) if (draft.where.get(leg) !== id) draft.leave(leg);
  for (const leg of draft.circles.get(id)?.hears.keys() ?? []) if (!hearing.has(leg)) draft.free(leg);
  draft.put(id, 'conference', hearing);
}

/** Every leg named is a key; nobody is named twice. */
function whole<L>(hearing: Hearing<L>): Hearing<L> {
  const all = new Map<L, readonly L[]>();
  for (const [listener, heard] of hearing) all.set(listener, [...new Set(heard)]);
  for (const heard of hearing.values()) for (const leg of heard) if (!all.has(leg)) all.set(leg, []);
  return all;
}

/** The next state in the making. */
class Draft<L> {
  readonly circles: Map<string, Circle<L>>;
  readonly where: Map<L, string>;
  readonly #before: HearingState<L>;
  readonly #touched = new Set<L>();
  readonly #over: string[] = [];

  constructor(before: HearingState<L>) {
    this.#before = before;
    this.circles = new Map(before.circles);
    this.where = new Map(before.where);
  }

  put(id: string, kind: Circle<L>['kind'], hears: Hearing<L>): void {
    this.circles.set(id, { kind, hears });
    for (const leg of hears.keys()) {
      this.where.set(leg, id);
      this.#touched.add(leg);
    }
  }

  free(leg: L): void {
    this.where.delete(leg);
    this.#touched.add(leg);
  }

  leave(leg: L): void {
    const id = this.where.get(leg);
    const circle = id === undefined ? undefined : this.circles.get(id);
    if (id === undefined || !circle) return;
    if (circle.kind === 'bridge') {
      this.dissolve(id);
      return;
    }
    this.free(leg);
    const rest = new Map(
      [...circle.hears].filter(([other]) => other !== leg).map(([other, heard]) => [other, heard.filter((l) => l !== leg)]),
    );
    this.put(id, 'conference', rest);
  }

  dissolve(id: string): void {
    const circle = this.circles.get(id);
    if (!circle) return;
    for (const leg of circle.hears.keys()) this.free(leg);
    this.circles.delete(id);
    this.#over.push(id);
  }

  done(): HearingStep<L> {
    const state: HearingState<L> = { circles: this.circles, where: this.where };
    const changes = new Map<L, readonly L[]>();
    for (const leg of this.#touched) {
      const now = heardBy(state, leg);
      if (!same(heardBy(this.#before, leg), now)) changes.set(leg, now);
    }
    return { state, changes, over: this.#over };
  }
}

const same = <L>(a: readonly L[], b: readonly L[]): boolean => a.length === b.length && a.every((leg) => b.includes(leg));
