import assert from 'node:assert/strict';
import { BoundedMap } from '../src/core/bounded-map.js';
import { afterSourceFailure, blockedFor, sourceKey } from '../src/core/failure-limit.js';
import { pageOf, visiblePage } from '../src/handlers/page.js';

describe('limits', () => {
  const policy = { maxFailures: 2, windowMs: 100 };

  it('a source waits from its last allowed failure to the end of the window, then starts afresh', () => {
    const one = afterSourceFailure(undefined, 10, policy);
    assert.equal(blockedFor(one, 20, policy), 0);
    const two = afterSourceFailure(one, 20, policy);
    assert.equal(blockedFor(two, 30, policy), 80);
    assert.equal(blockedFor(two, 110, policy), 0);
    assert.deepEqual(afterSourceFailure(two, 110, policy), { count: 1, windowEndsAt: 210 });
  });

  it('an IPv6 source is its /64, an IPv4-mapped one its IPv4 address', () => {
    assert.equal(sourceKey('2001:db8:0:7::1'), sourceKey('2001:0db8:0000:0007:ffff::9'));
    assert.notEqual(sourceKey('2001:db8:0:7::1'), sourceKey('2001:db8:0:8::1'));
    assert.equal(sourceKey('::ffff:192.0.2.1'), '192.0.2.1');
    assert.equal(sourceKey('::1'), '0:0:0:0::/64');
    assert.equal(sourceKey('fe80::1%eth0'), 'fe80:0:0:0::/64');
  });

  it('a bounded map forgets the oldest, and setting again makes young', () => {
    const map = new BoundedMap<string, number>(2);
    map.set('a', 1);
    map.set('b', 2);
    map.set('a', 3);
    map.set('c', 4);
    assert.deepEqual([map.get('a'), map.get('b'), map.get('c'), map.size], [3, undefined, 4, 2]);
  });

  it('a list in memory is walked page by page without gap or repeat', () => {
    const all = ['c', 'a', 'e', 'b', 'd'];
    const first = pageOf(all, (x) => x, { limit: 2 });
    assert.deepEqual(first, { items: ['a', 'b'], next: 'b' });
    assert.deepEqual(
      pageOf(all, (x) => x, { limit: 3, cursor: 'b' }),
      { items: ['c', 'd', 'e'], next: null },
    );
  });

  it('a page of rows of which few are visible ends after ten rounds with a cursor to go on from', async () => {
    let rounds = 0;
    const page = await visiblePage<number>(
      async (limit, cursor) => {
        rounds += 1;
        const from = Number(cursor ?? 0);
        return { items: Array.from({ length: limit }, (_, i) => from + i), next: String(from + limit) };
      },
      () => false,
      { limit: 5 },
    );
    assert.deepEqual(page, { items: [], next: '50' });
    assert.equal(rounds, 10);
  });
});
