import assert from 'node:assert/strict';
import type { DomainEvent } from '@yixian/contracts';
import fc from 'fast-check';
import { decodeCursor, encodeCursor, page } from '../src/core/cursor.js';
import { toJsonb } from '../src/core/json.js';
import { parsePostmasterFile } from '../src/core/postmaster-file.js';
import { orphanEndedAt, track } from '../src/core/projection.js';
import { serverSettings } from '../src/core/settings.js';
import { testBus } from './support/bus.js';
import { answeredCall } from './support/calls.js';

describe('cursor', () => {
  it('comes back as it went out', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 8e15 }), fc.string({ maxLength: 50 }), (at, id) => {
        assert.deepEqual(decodeCursor(encodeCursor({ at, id })), { at, id });
      }),
    );
  });

  it('anything else is a bad request that names the field', () => {
    const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const wrong = [
      '',
      'x',
      '!!',
      encoded({}),
      encoded([1]),
      encoded(['a', 'b']),
      encoded([1.5, 'b']),
      encoded([9e15, 'b']),
      'a'.repeat(500),
    ];
    for (const text of wrong) {
      assert.throws(
        () => decodeCursor(text),
        { name: 'DomainError', code: 'bad-request', details: { field: 'cursor' }, message: /cursor/ },
        text,
      );
    }
  });

  it('there is a next page only when a row more was found', () => {
    const rows = [3, 2, 1].map((at) => ({ at, id: `id-${at}` }));
    assert.equal(page(rows, 3, (r) => r).next, null);
    const first = page(rows, 2, (r) => r);
    assert.equal(first.items.length, 2);
    assert.deepEqual(decodeCursor(first.next ?? ''), { at: 2, id: 'id-2' });
    assert.equal(page([], 2, (r: { at: number; id: string }) => r).next, null);
  });
});

describe('jsonb text', () => {
  it('ordinary values are plain JSON', () => {
    const value = { caller: '张三', list: [1, null, 'a"b\\n'] };
    assert.equal(toJsonb(value), JSON.stringify(value));
  });

  it('holds neither U+0000 nor half a surrogate pair, whatever string goes in', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('\u0000', '\ud800', '\udc00', '😀', 'a', '\\u0000')), (parts) => {
        const text = JSON.parse(toJsonb({ k: parts.join('') })) as { k: string };
        assert.ok(!text.k.includes('\u0000'));
        assert.doesNotThrow(() => encodeURIComponent(text.k));
      }),
    );
  });
});

describe('postmaster.pid', () => {
  it('says who serves which folder', () => {
    assert.deepEqual(parsePostmasterFile('123\n/var/x\n1700000000\n5432\n\n127.0.0.1\n'), { pid: 123, dataDir: '/var/x', port: 5432 });
    assert.equal(parsePostmasterFile('-123\n/var/x\n0\n')?.pid, 123);
  });

  it('a torn or foreign file says nothing', () => {
    for (const text of ['', '12', 'abc\n/var/x', '0\n/var/x', '1\n/var/x', '12\nrelative'])
      assert.equal(parsePostmasterFile(text), undefined);
  });
});

describe('settings', () => {
  it('listen on loopback only, over no socket file', () => {
    const settings = serverSettings(5432);
    assert.equal(settings.listen_addresses, '127.0.0.1');
    assert.equal(settings.unix_socket_directories, '');
  });
});

describe('tracking of calls', () => {
  it('folding events a second time changes nothing', () => {
    const bus = testBus();
    const events: DomainEvent[] = [];
    bus.subscribe((event) => events.push(event));
    answeredCall(bus, 'call-a', { queue: 'consult', agent: '1001', waitMs: 4_000, talkMs: 30_000 });
    const once = events.reduce(track, undefined);
    assert.ok(once);
    assert.equal(events.reduce(track, once), once);
    assert.deepEqual([once.arrivedSeq, once.lastSeq], [1, events.length]);
  });

  it('an orphan ended when its process was last known to live: its last event, or the last heartbeat', () => {
    assert.equal(orphanEndedAt({ startedAt: 100, lastEventAt: 500, heartbeatAt: 900 }, 10_000), 900);
    assert.equal(orphanEndedAt({ startedAt: 100, lastEventAt: 500, heartbeatAt: 400 }, 10_000), 500);
    assert.equal(orphanEndedAt({ startedAt: 100, lastEventAt: 500, heartbeatAt: null }, 10_000), 500);
  });

  it('never in the future, and never before it began', () => {
    assert.equal(orphanEndedAt({ startedAt: 100, lastEventAt: 500, heartbeatAt: 90_000 }, 10_000), 10_000);
    assert.equal(orphanEndedAt({ startedAt: 100, lastEventAt: 100, heartbeatAt: 50 }, 80), 100);
  });
});
