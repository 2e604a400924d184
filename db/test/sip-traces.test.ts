import assert from 'node:assert/strict';
import { createSipTraceRows } from '../src/index.js';
import { startTestDatabase, type TestDatabase } from './support/database.js';

const NOW = 1_790_000_000_000;

describe('SIP messages of calls in PostgreSQL', () => {
  let db: TestDatabase;
  before(async function () {
    this.timeout(30_000);
    db = await startTestDatabase();
  });
  after(() => db.stop());
  beforeEach(() => db.clear());

  it('parts come back as they were written, in their order; those written before a time are deleted', async () => {
    const rows = createSipTraceRows(db.knex);
    const part = (callId: string, i: number) => ({ callId, writtenAt: NOW + i, dropped: i, data: Buffer.from([0, i, 255]) });
    await rows.append([part('c1', 0), part('c2', 1), part('c1', 2)]);
    await rows.append([]);
    await rows.append(Array.from({ length: 1_500 }, (_, i) => part('many', i + 3)));
    assert.deepEqual(
      (await rows.of('c1')).map((one) => [one.writtenAt, one.dropped, [...one.data]]),
      [
        [NOW, 0, [0, 0, 255]],
        [NOW + 2, 2, [0, 2, 255]],
      ],
    );
    assert.equal((await rows.of('many')).length, 1_500);
    assert.equal(await rows.deleteBefore(NOW + 2), 2);
    assert.equal((await rows.of('c1')).length, 1);
    assert.deepEqual(await rows.of('none'), []);
  });
});
