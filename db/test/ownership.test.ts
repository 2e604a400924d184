import assert from 'node:assert/strict';
import { silentLogger, systemClock } from '@yixian/contracts';
import { ownDatabase } from '../src/index.js';
import { startTestDatabase, type TestDatabase } from './support/database.js';

describe('ownership of the database', function () {
  this.timeout(60_000);
  let db: TestDatabase;
  const own = () => ownDatabase({ knex: db.knex, logger: silentLogger, clock: systemClock() });

  before(async () => {
    db = await startTestDatabase();
  });
  after(() => db.stop());

  it('a second hotline on the same database is refused, and may have it when the first has let go', async () => {
    const first = await own();
    await assert.rejects(own(), /another Yixian runs with this database/);
    await first.release();
    const second = await own();
    await second.release();
  });

  it('is taken again after its connection was cut', async () => {
    const holder = `select pid from pg_locks where locktype = 'advisory' and granted`;
    const first = await own();
    const before = (await db.knex.raw<{ rows: { pid: number }[] }>(holder)).rows;
    assert.equal(before.length, 1);
    await db.knex.raw('select pg_terminate_backend(?)', [before[0]?.pid ?? 0]);
    const deadline = Date.now() + 20_000;
    for (;;) {
      const now = (await db.knex.raw<{ rows: { pid: number }[] }>(holder)).rows;
      if (now.length === 1 && now[0]?.pid !== before[0]?.pid) break;
      assert.ok(Date.now() < deadline, 'the lock was not taken again');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await assert.rejects(own(), /another Yixian/);
    await first.release();
  });
});
