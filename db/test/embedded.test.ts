import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, readlink, rm, stat, symlink, unlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { silentLogger } from '@yixian/contracts';
import { connect, migrate, pendingMigrations, ping, runningEmbeddedPostgres, startEmbeddedPostgres } from '../src/index.js';
import { MIGRATIONS } from '../src/shell/migrate.js';
import { hydrateSymlinks, locateBinaries } from '../src/shell/postgres/binaries.js';
import { postgresEnvironment } from '../src/shell/postgres/postmaster.js';
import { launchAs, passThrough, postgresUser, requireReachable } from '../src/shell/postgres/system-user.js';
import { temporaryFolder } from './support/database.js';

describe('embedded PostgreSQL', function () {
  this.timeout(60_000);
  let folder: string;
  before(async () => {
    folder = await temporaryFolder();
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const start = (dataDir: string, port?: number) => startEmbeddedPostgres({ dataDir, logger: silentLogger, ...(port ? { port } : {}) });

  describe('a new data folder', () => {
    it('gets a password only its owner can read, listens on loopback only, and keeps its port', async () => {
      const dataDir = join(folder, 'new');
      const first = await start(dataDir);
      const knex = connect({ url: first.url });
      const { rows } = await knex.raw('show listen_addresses');
      assert.equal(rows[0].listen_addresses, '127.0.0.1');
      assert.equal((await stat(join(dataDir, 'password'))).mode & 0o777, 0o600);
      assert.match(first.url, /^postgres:\/\/yixian:[\w-]{32}@127\.0\.0\.1:\d+\/yixian$/);
      assert.equal(await runningEmbeddedPostgres(dataDir), first.url);
      const wrong = connect({ url: first.url.replace(/:[\w-]{32}@/, ':wrong@') });
      const answer = await ping(wrong);
      assert.ok(!answer.ok && /password authentication failed/.test(answer.reason), JSON.stringify(answer));
      await Promise.all([knex.destroy(), wrong.destroy()]);
      await first.stop();
      await first.stop();
      assert.equal(await runningEmbeddedPostgres(dataDir), undefined);
      const second = await start(dataDir);
      assert.equal(second.url, first.url);
      await second.stop();
    });

    it('commits are flushed to disk before they are confirmed', async () => {
      const postgres = await start(join(folder, 'new'));
      const knex = connect({ url: postgres.url });
      const { rows } = await knex.raw(
        `select name, setting from pg_settings where name in ('fsync', 'synchronous_commit', 'full_page_writes') order by name`,
      );
      assert.deepEqual(
        rows.map((r: { setting: string }) => r.setting),
        ['on', 'on', 'on'],
      );
      await knex.destroy();
      await postgres.stop();
    });

    it('takes another port when the remembered one is in use', async () => {
      const dataDir = join(folder, 'new');
      const before = await start(dataDir);
      await before.stop();
      const blocker = await listenOn(Number(new URL(before.url).port));
      const postgres = await start(dataDir);
      assert.notEqual(postgres.url, before.url);
      await postgres.stop();
      blocker.close();
    });

    it('a fixed port that is in use is an error naming it', async () => {
      const blocker = await listenOn(0);
      const address = blocker.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      await assert.rejects(start(join(folder, 'new'), port), { message: `port ${port} for PostgreSQL is in use on 127.0.0.1` });
      blocker.close();
    });
  });

  it('of several starts at once on one folder, one runs and the others say who does', async () => {
    const dataDir = join(folder, 'new');
    const results = await Promise.allSettled([start(dataDir), start(dataDir), start(dataDir)]);
    const running = results.filter((r) => r.status === 'fulfilled').map((r) => r.value);
    const refused = results.filter((r) => r.status === 'rejected').map((r) => String(r.reason));
    assert.equal(running.length, 1);
    for (const reason of refused) assert.match(reason, new RegExp(`already run by process ${process.pid}`));
    const knex = connect({ url: running[0]?.url ?? '' });
    assert.deepEqual(await ping(knex), { ok: true });
    await knex.destroy();
    await running[0]?.stop();
  });

  it('a claim that a killed process left half-written is no claim', async () => {
    const dataDir = join(folder, 'new');
    await writeFile(join(dataDir, 'owner.json'), '{"pid":');
    const postgres = await start(dataDir);
    await postgres.stop();
  });

  it('a lost password file is an error saying which, and the database stays as it is', async () => {
    const dataDir = join(folder, 'lost');
    await mkdir(join(dataDir, 'cluster'), { recursive: true });
    await writeFile(join(dataDir, 'cluster', 'PG_VERSION'), '18\n');
    await assert.rejects(start(dataDir), /lost\/password is missing, but .* has a database/);
  });

  it('a cluster of another PostgreSQL is refused by version', async () => {
    const dataDir = join(folder, 'old');
    await mkdir(join(dataDir, 'cluster'), { recursive: true });
    await writeFile(join(dataDir, 'cluster', 'PG_VERSION'), '15\n');
    await writeFile(join(dataDir, 'password'), 'x');
    await assert.rejects(start(dataDir), /was made by PostgreSQL 15, this is 18/);
  });

  it('a folder that the system user cannot walk through is named with its mode', async () => {
    const home = join(folder, 'home');
    await mkdir(join(home, 'data'), { recursive: true });
    await chmod(home, 0o700);
    const user = { name: 'postgres', uid: 64_000, gid: 64_000 };
    await assert.rejects(requireReachable(join(home, 'data'), user, 'the database folder', 'move it'), (error: Error) => {
      assert.match(error.message, /cannot be reached by the system user "postgres"/);
      assert.ok(error.message.includes(`folder ${home} has mode 700`));
      assert.ok(!error.message.includes('\n'));
      return true;
    });
    await chmod(home, 0o711);
    await requireReachable(join(home, 'data'), user, 'the database folder', 'move it');
  });

  it('as root, runs in a folder closed to others (a home of mode 0700), by a capability', async function () {
    const user = await postgresUser();
    const binaries = await locateBinaries();
    if (!user || !(await passThrough(user, binaries.postgres, postgresEnvironment(binaries)))) {
      console.log('      skipped: not root, or this system does not let CAP_DAC_READ_SEARCH be given');
      this.skip();
    }
    const home = join(folder, 'root-home');
    await mkdir(home);
    await chmod(home, 0o700);
    const postgres = await start(join(home, 'data'));
    const knex = connect({ url: postgres.url });
    assert.deepEqual((await knex.raw('select 1 as one')).rows, [{ one: 1 }]);
    await knex.destroy();
    await postgres.stop();
  });

  it('as root, also programs in a closed folder are found by PostgreSQL: a clone under a home of mode 0700', async function () {
    const user = await postgresUser();
    const binaries = await locateBinaries();
    const through = user && (await passThrough(user, binaries.postgres, postgresEnvironment(binaries)));
    if (!through) {
      console.log('      skipped: not root, or this system does not let CAP_DAC_READ_SEARCH be given');
      return this.skip();
    }
    const home = join(folder, 'closed-programs');
    await mkdir(home);
    await chmod(home, 0o700);
    await writeFile(join(home, 'program'), '#!/bin/sh\n', { mode: 0o755 });
    const { command, args } = launchAs(through, 'test', ['-x', join(home, 'program')]);
    await promisify(execFile)(command, args);
  });

  it('a half-made cluster of a killed first start is thrown away', async () => {
    const dataDir = join(folder, 'half');
    await mkdir(join(dataDir, 'cluster.new', 'base'), { recursive: true });
    const postgres = await start(dataDir);
    await postgres.stop();
  });

  it('makes the library links that an install without scripts lacks', async () => {
    const root = join(folder, 'package');
    await mkdir(join(root, 'native', 'lib'), { recursive: true });
    const links = [
      { source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so' },
      { source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' },
    ];
    await writeFile(join(root, 'native', 'pg-symlinks.json'), JSON.stringify(links));
    await symlink('libpq.so.5.18', join(root, 'native', 'lib', 'libpq.so'));
    assert.equal(await hydrateSymlinks(root), 1);
    assert.equal(await readlink(join(root, 'native', 'lib', 'libpq.so.5')), 'libpq.so.5.18');
    assert.equal(await hydrateSymlinks(root), 0);
    await unlink(join(root, 'native', 'lib', 'libpq.so'));
    assert.equal(await hydrateSymlinks(root), 1);
  });

  describe('migrations', () => {
    it('run once when two processes migrate at the same time, and not again', async () => {
      const postgres = await start(join(folder, 'migrate'));
      const [a, b] = [connect({ url: postgres.url }), connect({ url: postgres.url })];
      const names = MIGRATIONS.map((migration) => migration.name);
      assert.deepEqual(names, names.toSorted());
      assert.deepEqual(await pendingMigrations(a), names);
      const applied = await Promise.all([migrate(a), migrate(b)]);
      assert.deepEqual(applied.flat(), names);
      assert.deepEqual(await migrate(a), []);
      assert.deepEqual(await pendingMigrations(a), []);
      await Promise.all([a.destroy(), b.destroy()]);
      await postgres.stop();
    });

    it('go on after a process was killed while migrating', async () => {
      const postgres = await start(join(folder, 'migrate'));
      const knex = connect({ url: postgres.url });
      await knex('schema_migrations_lock').update({ is_locked: 1 });
      assert.deepEqual(await migrate(knex), []);
      await knex.destroy();
      await postgres.stop();
    });

    it('another one is applied on top of those that were, and all can be taken back', async () => {
      const postgres = await start(join(folder, 'migrate'));
      const knex = connect({ url: postgres.url });
      const next = {
        name: '9999-next',
        up: (k: typeof knex) => k.schema.alterTable('calls', (table) => void table.text('note')),
        down: (k: typeof knex) => k.schema.alterTable('calls', (table) => void table.dropColumn('note')),
      };
      assert.deepEqual(await migrate(knex, [...MIGRATIONS, next]), ['9999-next']);
      assert.ok(await knex.schema.hasColumn('calls', 'note'));
      await assert.rejects(
        migrate(knex),
        /newer version of the program: it has migration 9999-next/,
        'a program of before leaves it alone',
      );
      for (const { down } of [...MIGRATIONS, next].toReversed()) await down(knex);
      const { rows } = await knex.raw<{ rows: { name: string }[] }>(`select tablename as name from pg_tables where schemaname = 'public'`);
      assert.deepEqual(rows.map((row) => row.name).sort(), ['schema_migrations', 'schema_migrations_lock']);
      await knex.destroy();
      await postgres.stop();
    });
  });

  it('an unreachable database is told in one line', async () => {
    const knex = connect({ url: 'postgres://nobody:x@127.0.0.1:9/none' });
    const answer = await ping(knex);
    assert.ok(!answer.ok);
    assert.match(answer.reason, /ECONNREFUSED 127\.0\.0\.1:9/);
    await knex.destroy();
  });
});

function listenOn(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
