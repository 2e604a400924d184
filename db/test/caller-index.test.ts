import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CallerIndex } from '../src/core/caller-index.js';

const entry = (number: string, prefix = false, expiresAt: number | null = null) => ({ number, prefix, expiresAt, note: '' });

describe('callers of a list, by number', () => {
  it('the number itself goes before prefixes, a longer prefix before a shorter one', () => {
    const index = new CallerIndex();
    for (const one of [entry('021', true), entry('0211', true), entry('02112345678')]) index.put(one);
    const found = ['02112345678', '02119999999', '0212', '02', '10'].map((number) => index.find(number, 0)?.number);
    assert.deepEqual(found, ['02112345678', '0211', '021', undefined, undefined]);
    assert.equal(index.find('0211', 0)?.number, '0211', 'a prefix covers itself');
  });

  it('what has expired covers nothing, and a shorter prefix does instead', () => {
    const index = new CallerIndex();
    for (const one of [entry('021', true), entry('0211', true, 1_000), entry('02112345678', false, 500)]) index.put(one);
    assert.deepEqual(
      [499, 500, 999, 1_000].map((now) => index.find('02112345678', now)?.number),
      ['02112345678', '0211', '0211', '021'],
    );
  });

  it('a number put again is what it was put as last; one removed is gone', () => {
    const index = new CallerIndex();
    index.put(entry('021', true));
    index.put(entry('021'));
    assert.deepEqual([index.find('0211', 0), index.find('021', 0)?.prefix, index.size], [undefined, false, 1]);
    index.remove('021');
    assert.deepEqual([index.find('021', 0), index.size], [undefined, 0]);
  });

  it('finds what a search through all would find, whatever was put and removed', () => {
    const digits = fc.string({ unit: fc.constantFrom('0', '1'), minLength: 1, maxLength: 5 });
    const act = fc.record({ number: digits, prefix: fc.boolean(), expiresAt: fc.option(fc.nat(10)), remove: fc.boolean() });
    fc.assert(
      fc.property(fc.array(act, { maxLength: 40 }), digits, fc.nat(10), (acts, number, now) => {
        const index = new CallerIndex();
        const plain = new Map<string, ReturnType<typeof entry>>();
        for (const { remove, ...one } of acts) {
          if (remove) index.remove(one.number);
          else index.put({ ...one, note: '' });
          if (remove) plain.delete(one.number);
          else plain.set(one.number, { ...one, note: '' });
        }
        const covers = [...plain.values()]
          .filter((e) => (e.prefix ? number.startsWith(e.number) : e.number === number))
          .filter((e) => e.expiresAt === null || e.expiresAt > now)
          .toSorted((a, b) => b.number.length - a.number.length);
        assert.deepEqual(index.find(number, now), covers[0]);
        assert.equal(index.size, plain.size);
      }),
    );
  });
});
