import assert from 'node:assert/strict';
import { createSummaryRows } from '../src/index.js';
import { startTestDatabase, type TestDatabase } from './support/database.js';

const NOW = 1_790_000_000_000;

describe('call summaries in PostgreSQL', () => {
  let db: TestDatabase;
  before(async function () {
    this.timeout(30_000);
    db = await startTestDatabase();
  });
  after(() => db.stop());
  beforeEach(() => db.clear());

  const words = (notes: string) => ({
    callId: 'c1',
    disposition: 'consult',
    subject: '医保',
    notes,
    updatedAt: NOW,
    updatedBy: 'agent1001',
  });

  it('is written, read and counted; times come back to the millisecond', async () => {
    const rows = createSummaryRows(db.knex);
    assert.equal(await rows.get('c1'), undefined);
    const first = await rows.put(words('一'), 0);
    assert.deepEqual(first, { ...words('一'), revision: 1 });
    const second = await rows.put({ ...words('二'), disposition: null, updatedAt: NOW + 1, updatedBy: 'super1100' }, 1);
    assert.deepEqual(await rows.get('c1'), second);
    assert.equal(second?.revision, 2);
    assert.deepEqual([...(await rows.of(['c1', 'c2'])).keys()], ['c1']);
    assert.equal((await rows.of([])).size, 0);
  });

  it('of two who write after the same revision one is told so and changes nothing', async () => {
    const rows = createSummaryRows(db.knex);
    const both = await Promise.all([rows.put(words('甲'), 0), rows.put(words('乙'), 0)]);
    assert.equal(both.filter((one) => one !== undefined).length, 1);
    assert.equal((await rows.get('c1'))?.revision, 1);
    assert.equal(await rows.put(words('丙'), 0), undefined);
    assert.equal(await rows.put(words('丁'), 7), undefined);
    assert.equal((await rows.get('c1'))?.notes, both.find((one) => one)?.notes);
  });
});
