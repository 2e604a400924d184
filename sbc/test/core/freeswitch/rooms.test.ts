import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Hearing, type Placed, planRooms, type RoomPlan } from '../../../src/core/freeswitch/rooms.js';

function rooms(): () => string {
  let n = 0;
  return () => `new${++n}`;
}

const hearing = (of: Record<string, string[]>): Hearing => new Map(Object.entries(of).map(([id, heard]) => [id, new Set(heard)]));
const at = (of: Record<string, string | undefined>, playing: readonly string[] = []): Placed[] =>
  Object.entries(of).map(([id, room]) => ({ id, room, playing: playing.includes(id) }));

/** Where everybody is after the plan. */
function after(parties: readonly Placed[], plan: RoomPlan): Map<string, string | undefined> {
  const placed = new Map(parties.map((p) => [p.id, p.room]));
  for (const { id, room } of plan.moves) placed.set(id, room);
  return placed;
}

describe('rooms of a media server', () => {
  it('a bridge of two who are nowhere yet: one new room for both', () => {
    const plan = planRooms(at({ a: undefined, b: undefined }), hearing({ a: ['b'], b: ['a'] }), rooms());
    assert.deepEqual(plan.moves, [
      { id: 'a', room: 'new1' },
      { id: 'b', room: 'new1' },
    ]);
    assert.deepEqual(plan.deaf.get('new1'), []);
  });

  it('whoever is played to stays, the other comes', () => {
    const plan = planRooms(at({ a: 'r1', b: 'r2' }, ['b']), hearing({ a: ['b'], b: ['a'] }), rooms());
    assert.deepEqual(plan.moves, [{ id: 'a', room: 'r2' }]);
  });

  it('a listener joins a talk: the talk stays where it is, and nobody of it hears the listener', () => {
    const plan = planRooms(at({ a: 'r1', b: 'r1', s: 'r2' }), hearing({ a: ['b'], b: ['a'], s: ['a', 'b'] }), rooms());
    assert.deepEqual(plan.moves, [{ id: 's', room: 'r1' }]);
    assert.deepEqual(new Set(plan.deaf.get('r1')?.map((p) => p.join('<'))), new Set(['a<s', 'b<s']));
    assert.deepEqual(plan.unheard.get('r1'), ['s'], 'a listener is heard by nobody at all');
  });

  it('whoever leaves goes to a room of its own; nobody else moves', () => {
    const plan = planRooms(at({ a: 'r1', b: 'r1', s: 'r1' }), hearing({ a: ['b'], b: ['a'] }), rooms());
    assert.deepEqual(plan.moves, [{ id: 's', room: 'new1' }]);
  });

  it('two talks that were one are two rooms, and only one pair moves', () => {
    const plan = planRooms(at({ a: 'r1', b: 'r1', c: 'r1', d: 'r1' }), hearing({ a: ['b'], b: ['a'], c: ['d'], d: ['c'] }), rooms());
    assert.equal(plan.moves.length, 2);
    assert.equal(new Set(plan.moves.map((m) => m.room)).size, 1);
  });

  it('a party alone that never had a room needs none', () => {
    assert.deepEqual(planRooms(at({ a: undefined }), hearing({}), rooms()).moves, []);
  });

  it('whatever was before: those together hear exactly whom they shall, and strangers share no room (property)', () => {
    const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
    const pairs = ids.flatMap((l) => ids.filter((s) => s !== l).map((s) => [l, s] as const));
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(undefined, 'r1', 'r2', 'r3'), { minLength: 6, maxLength: 6 }),
        fc.subarray(pairs),
        fc.subarray(ids),
        (where, heard, playing) => {
          const parties = ids.map((id, i) => ({ id, room: where[i], playing: playing.includes(id) }));
          const wanted: Hearing = new Map(ids.map((id) => [id, new Set(heard.filter(([l]) => l === id).map(([, s]) => s))]));
          const plan = planRooms(parties, wanted, rooms());
          const placed = after(parties, plan);
          for (const [listener, speaker] of pairs) {
            const room = placed.get(listener);
            const together = room !== undefined && room === placed.get(speaker);
            const kept = plan.deaf.get(room ?? '')?.some(([l, s]) => l === listener && s === speaker) ?? false;
            assert.equal(together && !kept, wanted.get(listener)?.has(speaker) ?? false, `${listener} hears ${speaker}`);
            const nobody = ids.every((id) => !wanted.get(id)?.has(speaker));
            if (together) assert.equal(plan.unheard.get(room)?.includes(speaker), nobody, `${speaker} is heard by nobody`);
          }
        },
      ),
    );
  });
});
