import assert from 'node:assert/strict';
import { silentLogger } from '@yixian/contracts';
import {
  createConfigStore,
  createDirectory,
  type DumpHead,
  type DumpPart,
  dumpDatabase,
  loadDatabase,
  migrate,
  refusesBackup,
  seedDemo,
} from '../src/index.js';
import * as initial from '../src/shell/migrations/0001-initial.js';
import * as revisions from '../src/shell/migrations/0002-revisions.js';
import { startTestDatabase, type TestDatabase } from './support/database.js';

const secrets = { hashPassword: async (pw: string) => `hash of ${pw}`, randomSecret: () => 'secret' };
const flow = { id: 'main', name: '主流程', document: { id: 'main', 'q?': ['\\ "x" \u2028', 1.5, null] } };
const OLD = [
  { name: '0001-initial', ...initial },
  { name: '0002-revisions', ...revisions },
];

describe('a whole database, dumped and loaded', function () {
  this.timeout(90_000);
  let from: TestDatabase;
  let to: TestDatabase;
  before(async () => {
    [from, to] = [await startTestDatabase(), await startTestDatabase()];
  });
  after(async () => {
    await from?.stop();
    await to?.stop();
  });

  async function dump(db: TestDatabase): Promise<{ head: DumpHead; parts: DumpPart[] }> {
    const parts: DumpPart[] = [];
    const head = await dumpDatabase(db.knex, async (part) => void parts.push(part));
    return { head, parts };
  }
  async function* each(parts: readonly DumpPart[]): AsyncGenerator<DumpPart> {
    yield* parts;
  }
  const load = (dumped: { head: DumpHead; parts: DumpPart[] }, last = async () => {}) =>
    loadDatabase(to.knex, dumped.head, each(dumped.parts), last);

  it('every row of every table is the same, times to the microsecond, and numbers go on', async () => {
    await seedDemo(from.knex, { flow, ...secrets });
    const store = createConfigStore(from.knex);
    await store.change(async (c) => {
      await c.lists.insert({ id: 'vip', name: '贵宾', kind: 'vip' });
      await c.lists.putEntries('vip', [{ number: '021', prefix: true, expiresAt: 1_800_000_000_123, note: '"quoted"\\' }]);
      await c.audit({ at: 1_000, username: 'a', action: 'b', subject: 'c', details: { before: null } });
    });
    await from.knex.raw(
      `insert into event_journal (seq, id, type, at, data) select n, 'e' || n, 'x', timestamptz '2026-01-01 00:00:00.123456Z', jsonb_build_object('n', n, 'big', 9007199254740993)
         from generate_series(1, 12345) n`,
    );
    const dumped = await dump(from);
    assert.equal(await refusesBackup(to.knex, dumped.head), undefined);
    await load(dumped);
    const again = await dump(to);
    assert.deepEqual(again.head, dumped.head);
    const text = (parts: DumpPart[], table: string) =>
      parts
        .filter((p) => p.table === table)
        .map((p) => p.lines)
        .join('');
    for (const table of dumped.head.tables.filter((name) => name !== 'caller_lists')) {
      assert.equal(text(again.parts, table), text(dumped.parts, table), table);
    }
    assert.ok(text(again.parts, 'event_journal').includes('9007199254740993'));
    const directory = await createDirectory(to.knex, silentLogger);
    assert.equal(directory.callerListEntry('vip', '02199', 0)?.note, '"quoted"\\');
    await directory.close();
    await createConfigStore(to.knex).change((c) => c.audit({ at: 2_000, username: 'a', action: 'b', subject: 'd' }));
    const ids = (await to.knex('audit_log').orderBy('id').select('id')) as { id: number }[];
    assert.deepEqual(
      ids.map((row) => row.id),
      [1, 2],
    );
  });

  it('a database with anything in it refuses, and one that fails half way is as it was', async () => {
    const dumped = await dump(from);
    assert.match((await refusesBackup(to.knex, dumped.head)) ?? '', /not empty; with --force/);
    const before = await dump(to);
    await assert.rejects(
      load(dumped, async () => {
        throw new Error('the disk is full');
      }),
      /the disk is full/,
    );
    assert.deepEqual(await dump(to), before);
  });

  it('a backup of an older version is brought up to date, one of a newer version is refused', async () => {
    await from.knex.raw('drop schema public cascade; create schema public');
    await migrate(from.knex, OLD);
    await from.knex('extensions').insert({ number: '1001', display_name: 'A', sip_password: 'p' });
    const dumped = await dump(from);
    assert.deepEqual(dumped.head.migrations, ['0001-initial', '0002-revisions']);
    await load(dumped);
    assert.equal((await createConfigStore(to.knex).extensions.get('1001'))?.pickupGroup, null);
    const newer = { ...dumped.head, migrations: [...dumped.head.migrations, '9999-future'] };
    assert.match((await refusesBackup(to.knex, newer)) ?? '', /newer version.*9999-future/);
  });
});
