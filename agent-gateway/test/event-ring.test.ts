import assert from 'node:assert/strict';
import type { DomainEvent } from '@yixian/contracts';
import fc from 'fast-check';
import { EventRing } from '../src/core/event-ring.js';

const event = (seq: number) => ({ id: `e${seq}`, seq, type: 'system.started', at: seq, data: { version: '1' } }) as DomainEvent;

describe('event ring', () => {
  it('an empty ring covers only the number it began at', () => {
    const ring = new EventRing(3, 7);
    assert.deepEqual([ring.covers(6), ring.covers(7), ring.covers(8), ring.firstSeq], [false, true, false, 8]);
    assert.deepEqual(ring.after(7), []);
  });

  it('what falls out is handed back, and is covered no more', () => {
    const ring = new EventRing(2, 0);
    assert.equal(ring.push(event(1)), undefined);
    assert.equal(ring.push(event(2)), undefined);
    assert.equal(ring.push(event(3))?.seq, 1);
    assert.deepEqual([ring.covers(0), ring.covers(1), ring.covers(3)], [false, true, true]);
  });

  it('after any numbers, holes included, it holds the last ones in order and gives exactly those asked for', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 200 }),
        fc.nat(400),
        (limit, steps, ask) => {
          const ring = new EventRing(limit, 0);
          const all: number[] = [];
          let seq = 0;
          for (const step of steps) {
            seq += step;
            all.push(seq);
            const out = ring.push(event(seq));
            assert.equal(out?.seq, all.length > limit ? all[all.length - limit - 1] : undefined);
          }
          const held = all.slice(-limit);
          assert.deepEqual(
            ring.after(ask).map((e) => e.seq),
            held.filter((n) => n > ask),
          );
          assert.equal(ring.size, held.length);
          if (ring.covers(ask))
            assert.deepEqual(
              ring.after(ask).map((e) => e.seq),
              all.filter((n) => n > ask),
            );
        },
      ),
    );
  });
});
