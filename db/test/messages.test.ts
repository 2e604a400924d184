import assert from 'node:assert/strict';
import { DomainError, type MessageRow } from '@yixian/contracts';
import { createMessageRows, createTrunkUsageRows } from '../src/index.js';
import { startTestDatabase, type TestDatabase } from './support/database.js';

const DAY = 86_400_000;

function text(id: string, over: Partial<MessageRow> = {}): MessageRow {
  const sentAt = over.sentAt ?? 1_790_000_000_000;
  const row = {
    id,
    from: '1001',
    to: '1002',
    text: `text ${id}`,
    sentAt,
    expiresAt: sentAt + DAY,
    state: 'kept',
    deliveredAt: null,
  } as const;
  return { ...row, ...over };
}

describe('texts and trunk usage in PostgreSQL', () => {
  let db: TestDatabase;
  before(async function () {
    this.timeout(30_000);
    db = await startTestDatabase();
  });
  after(() => db.stop());
  beforeEach(() => db.clear());

  it('what waits comes back in the order it was stored, also when the clock stepped back', async () => {
    const rows = createMessageRows(db.knex);
    const now = 1_790_000_000_000;
    await rows.insert(text('c', { sentAt: now + 5_000, text: '第一条' }));
    await rows.insert(text('a', { sentAt: now }));
    await rows.insert(text('b', { sentAt: now + 1, to: '1003' }));
    assert.deepEqual(
      (await rows.waiting('1002', now)).map((row) => [row.id, row.text]),
      [
        ['c', '第一条'],
        ['a', 'text a'],
      ],
    );
    assert.deepEqual((await rows.waitingFor()).sort(), ['1002', '1003']);
    await rows.delivered('c', now + 9);
    assert.deepEqual(
      (await rows.waiting('1002', now)).map((row) => row.id),
      ['a'],
    );
  });

  it('what is over its time does not wait any more and is told once', async () => {
    const rows = createMessageRows(db.knex);
    const row = text('a');
    await rows.insert(row);
    assert.deepEqual(await rows.expire(row.expiresAt - 1), []);
    assert.deepEqual(await rows.waiting('1002', row.expiresAt), []);
    assert.deepEqual(
      (await rows.expire(row.expiresAt)).map((one) => [one.id, one.state]),
      [['a', 'expired']],
    );
    assert.deepEqual(await rows.expire(row.expiresAt), []);
  });

  it('an extension lists what it sent and was sent, newest first, page by page', async () => {
    const rows = createMessageRows(db.knex);
    for (let i = 0; i < 5; i++)
      await rows.insert(text(`m${i}`, { sentAt: 1_790_000_000_000 + i, ...(i % 2 ? { from: '1002', to: '1001' } : {}) }));
    await rows.insert(text('other', { from: '1003', to: '1004' }));
    const first = await rows.list({ extension: '1001', limit: 3 });
    assert.deepEqual(
      first.items.map((row) => row.id),
      ['m4', 'm3', 'm2'],
    );
    const second = await rows.list({ extension: '1001', limit: 3, cursor: first.next ?? '' });
    assert.deepEqual([second.items.map((row) => row.id), second.next], [['m1', 'm0'], null]);
    await assert.rejects(rows.list({ extension: '1001', limit: 3, cursor: 'nonsense' }), DomainError);
  });

  it('minutes of a trunk add up over the day, from several calls at once', async () => {
    const usage = createTrunkUsageRows(db.knex);
    await Promise.all([1, 2, 3].map((n) => usage.add('2026-10-01', 'demo', n * 60_000)));
    await usage.add('2026-10-02', 'demo', 5);
    assert.deepEqual([...(await usage.load('2026-10-01'))], [['demo', 360_000]]);
    assert.deepEqual([...(await usage.load('2026-10-03'))], []);
  });
});
