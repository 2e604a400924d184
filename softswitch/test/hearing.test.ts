import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type HearingInput, type HearingState, heardBy, hearingStep, legsOf, listenersOf, nobodyHears } from '../src/core/hearing.js';

type Leg = string;
const LEGS = ['a', 'b', 'c', 'd', 'e', 'f'];

/** Runs inputs and gives who hears whom at the end, as far as the changes told it. */
class World {
  state: HearingState<Leg> = nobodyHears();
  readonly told = new Map<Leg, readonly Leg[]>();
  readonly over: string[] = [];

  run(input: HearingInput<Leg>): ReadonlyMap<Leg, readonly Leg[]> {
    const step = hearingStep(Object.freeze(this.state), input);
    this.state = step.state;
    for (const [leg, heard] of step.changes) this.told.set(leg, heard);
    this.over.push(...step.over);
    return step.changes;
  }
}

const all = (...legs: Leg[]): Map<Leg, Leg[]> => new Map(legs.map((leg) => [leg, legs.filter((other) => other !== leg)]));

describe('who hears whom', () => {
  it('legs that come from a bridge leave it; where the same two go on hearing each other alone nothing changes for them', () => {
    const w = new World();
    w.run({ type: 'bridged', id: 'bridge', a: 'a', b: 'b' });
    const joined = w.run({
      type: 'set',
      id: 'conf',
      hearing: new Map([
        ['a', ['b']],
        ['b', ['a']],
        ['s', ['a', 'b']],
      ]),
    });
    assert.deepEqual([...joined], [['s', ['a', 'b']]]);
    assert.deepEqual(w.over, ['bridge']);
    const left = w.run({ type: 'set', id: 'conf', hearing: all('a', 'b') });
    assert.deepEqual([...left], [['s', []]]);
    assert.deepEqual([...w.run({ type: 'bridged', id: 'again', a: 'a', b: 'b' })], []);
  });

  it('a bridge that loses one of its legs to a conference is over for the other', () => {
    const w = new World();
    w.run({ type: 'bridged', id: 'bridge', a: 'a', b: 'b' });
    w.run({ type: 'set', id: 'conf', hearing: all('a', 'c', 'd') });
    assert.deepEqual(heardBy(w.state, 'b'), []);
    assert.deepEqual(w.over, ['bridge']);
  });

  it('a leg that is bridged away, or taken by another conference, leaves its conference, which goes on', () => {
    const w = new World();
    w.run({ type: 'set', id: 'one', hearing: all('a', 'b', 'c') });
    w.run({ type: 'bridged', id: 'bridge', a: 'a', b: 'd' });
    assert.deepEqual(legsOf(w.state, 'one'), ['b', 'c']);
    assert.deepEqual(heardBy(w.state, 'b'), ['c']);
    w.run({ type: 'set', id: 'two', hearing: all('b', 'e') });
    assert.deepEqual(heardBy(w.state, 'c'), []);
    assert.deepEqual(legsOf(w.state, 'one'), ['c']);
    assert.deepEqual(w.over, []);
  });

  it('a leg that is heard but hears nobody is a leg of the conference', () => {
    const w = new World();
    w.run({ type: 'set', id: 'conf', hearing: new Map([['a', ['b', 'c']]]) });
    assert.deepEqual(legsOf(w.state, 'conf'), ['a', 'b', 'c']);
    assert.deepEqual(listenersOf(w.state, 'c'), ['a']);
  });

  it('closing, or ending a bridge that is over already, touches nobody else', () => {
    const w = new World();
    w.run({ type: 'bridged', id: 'old', a: 'a', b: 'b' });
    w.run({ type: 'bridged', id: 'new', a: 'a', b: 'c' });
    assert.deepEqual([...w.run({ type: 'released', id: 'old' })], []);
    assert.deepEqual(heardBy(w.state, 'a'), ['c']);
  });

  it('property: after any sequence nobody hears whom they should not, and the changes told add up to the state', () => {
    const leg = fc.constantFrom(...LEGS);
    const id = fc.constantFrom('one', 'two', 'three');
    const input: fc.Arbitrary<HearingInput<Leg>> = fc.oneof(
      fc
        .tuple(leg, leg)
        .filter(([a, b]) => a !== b)
        .map(([a, b]) => ({ type: 'bridged' as const, id: '', a, b })),
      fc.tuple(id, fc.array(fc.tuple(leg, fc.array(leg, { maxLength: 4 })), { maxLength: 4 })).map(([conference, rows]) => ({
        type: 'set' as const,
        id: conference,
        hearing: new Map(rows.map(([listener, heard]) => [listener, heard.filter((l) => l !== listener)])),
      })),
      id.map((conference) => ({ type: 'released' as const, id: conference })),
      leg.map((ended) => ({ type: 'ended' as const, leg: ended })),
    );
    fc.assert(
      fc.property(fc.array(input, { maxLength: 25 }), (inputs) => {
        const w = new World();
        // What each circle was last asked for, kept by the simplest means.
        const wish = new Map<string, Map<Leg, readonly Leg[]>>();
        let bridges = 0;
        const forget = (gone: Leg, except?: string): void => {
          for (const [circle, hears] of wish) {
            if (circle === except || !hears.has(gone)) continue;
            if (circle.startsWith('bridge')) wish.delete(circle);
            hears.delete(gone);
            for (const [l, heard] of hears)
              hears.set(
                l,
                heard.filter((h) => h !== gone),
              );
          }
        };
        for (const given of inputs) {
          const next = given.type === 'bridged' ? { ...given, id: `bridge${++bridges}` } : given;
          w.run(next);
          if (next.type === 'bridged') {
            for (const l of [next.a, next.b]) forget(l);
            wish.set(
              next.id,
              new Map([
                [next.a, [next.b]],
                [next.b, [next.a]],
              ]),
            );
          } else if (next.type === 'set') {
            const hears = new Map<Leg, readonly Leg[]>();
            for (const [l, heard] of next.hearing) for (const one of [l, ...heard]) hears.set(one, hears.get(one) ?? []);
            for (const [l, heard] of next.hearing) hears.set(l, [...new Set(heard)]);
            for (const l of hears.keys()) forget(l, next.id);
            wish.set(next.id, hears);
          } else if (next.type === 'released') wish.delete(next.id);
          else forget(next.leg);
          for (const l of LEGS) {
            const expected = [...wish.values()].flatMap((hears) => hears.get(l) ?? []);
            assert.deepEqual([...heardBy(w.state, l)].sort(), [...expected].sort(), `${l} after ${JSON.stringify(next)}`);
            assert.deepEqual([...(w.told.get(l) ?? [])].sort(), [...expected].sort(), `${l} as told`);
            assert.ok(!heardBy(w.state, l).includes(l));
            assert.ok([...w.state.circles.values()].filter(({ hears }) => hears.has(l)).length <= 1);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
