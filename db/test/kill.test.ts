import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type CallRecord, silentLogger, systemClock } from '@yixian/contracts';
import type { Knex } from 'knex';
import {
  connect,
  createJournal,
  createRecordQueries,
  type EmbeddedPostgres,
  runningEmbeddedPostgres,
  startEmbeddedPostgres,
} from '../src/index.js';
import { startMark } from '../src/shell/postgres/processes.js';
import { testBus } from './support/bus.js';
import { temporaryFolder } from './support/database.js';

interface Promised {
  opened: Set<string>;
  stored: number;
}

/** Starts the child and resolves once it has been promised enough, with what it was promised so far, growing. */
async function runChild(dataDir: string): Promise<{ child: ChildProcess; promised: Promised; enough: Promise<void> }> {
  const script = fileURLToPath(new URL('./support/journal-child.js', import.meta.url));
  const child = spawn(process.execPath, [script, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  const promised: Promised = { opened: new Set(), stored: 0 };
  let ready = (): void => {};
  const started = new Promise<void>((resolve) => {
    ready = resolve;
  });
  const enough = new Promise<void>((resolve, reject) => {
    child.once('exit', () => reject(new Error('the child ended by itself')));
    createInterface({ input: child.stdout ?? process.stdin }).on('line', (line) => {
      const fact = JSON.parse(line) as { ready?: number; opened?: string; stored?: number };
      if (fact.ready) ready();
      if (fact.opened) promised.opened.add(fact.opened);
      if (fact.stored) promised.stored = fact.stored;
      if (promised.opened.size >= 200) resolve();
    });
  });
  enough.catch(() => undefined);
  await started;
  return { child, promised, enough };
}

const exited = (child: ChildProcess): Promise<void> => new Promise((resolve) => child.once('close', () => resolve()));

describe('SIGKILL in the middle of the journal', function () {
  this.timeout(120_000);
  let folder: string;
  let dataDir: string;
  let postgres: EmbeddedPostgres | undefined;
  let knex: Knex | undefined;
  let promised: Promised;
  let childPid = 0;
  let orphanPid = 0;
  let urlBefore: string | undefined;
  let refusedStart = '';
  let killedAt = 0;

  before(async () => {
    folder = await temporaryFolder();
    dataDir = join(folder, 'postgres');
    const run = await runChild(dataDir);
    promised = run.promised;
    childPid = run.child.pid ?? 0;
    await run.enough;
    refusedStart = await startEmbeddedPostgres({ dataDir, logger: silentLogger }).then(
      () => 'started',
      (error: Error) => error.message,
    );
    urlBefore = await runningEmbeddedPostgres(dataDir);
    orphanPid = Number((await readFile(join(dataDir, 'cluster', 'postmaster.pid'), 'utf8')).split('\n')[0]);
    const gone = exited(run.child);
    killedAt = Date.now();
    run.child.kill('SIGKILL');
    await gone;
    postgres = await startEmbeddedPostgres({ dataDir, logger: silentLogger });
    knex = connect({ url: postgres.url });
  });
  after(async () => {
    await knex?.destroy();
    await postgres?.stop();
    await rm(folder, { recursive: true, force: true });
  });
  const db = (): Knex => {
    assert.ok(knex);
    return knex;
  };

  it('while the process lived its database could not be started twice', () => {
    assert.match(refusedStart, new RegExp(`already run by process ${childPid}: stop it first`));
    assert.match(urlBefore ?? '', /^postgres:\/\/yixian:/);
  });

  it('the PostgreSQL it left was stopped, and a new one runs on the same port', async () => {
    assert.equal(await startMark(orphanPid), undefined);
    const text = await readFile(join(dataDir, 'cluster', 'postmaster.pid'), 'utf8');
    assert.notEqual(Number(text.split('\n')[0]), orphanPid);
    assert.equal(postgres?.url, urlBefore);
  });

  it('every call that was let in has its row, every event that was promised is there, none twice, none out of order', async () => {
    const rows = (await db()('calls').select('id')) as { id: string }[];
    const known = new Set(rows.map((row) => row.id));
    assert.deepEqual(
      [...promised.opened].filter((id) => !known.has(id)),
      [],
    );
    const seqs = (await db()('event_journal').orderBy('seq').pluck('seq')) as number[];
    assert.ok(promised.stored > 0 && (seqs.at(-1) ?? 0) >= promised.stored);
    assert.deepEqual(
      seqs,
      seqs.map((_, i) => i + 1),
    );
  });

  it('calls that were up end with a truthful termination, not before their last event and not after the kill', async () => {
    const clock = systemClock();
    const open = (await db()('calls').whereNull('ended_at').pluck('id')) as string[];
    assert.ok(open.length > 50);
    const journal = createJournal({ knex: db(), logger: silentLogger, clock });
    const last = await journal.lastSeq();
    const seqs = (await db()('event_journal').max('seq as max')) as [{ max: number }];
    // Numbers that may have been shown to clients and not stored are not used again.
    assert.ok(last > seqs[0].max + 1_000);
    const bus = testBus(last + 1, Date.now());
    bus.subscribe(journal.append);
    assert.equal(await journal.closeOrphans({ now: Date.now(), publish: bus.publish }), open.length);
    assert.equal(await journal.closeOrphans({ now: Date.now(), publish: bus.publish }), 0);
    const queries = createRecordQueries(db(), { timezone: 'Asia/Shanghai' });
    for (const id of open) checkOrphan(await queries.call(id));
    assert.equal((await db()('calls').whereNull('ended_at')).length, 0);
    await journal.close();
    assert.deepEqual(await db()('instances'), []);
  });

  function checkOrphan(found: Awaited<ReturnType<ReturnType<typeof createRecordQueries>['call']>>): void {
    assert.ok(found);
    const { record, timeline } = found as { record: CallRecord; timeline: typeof found.timeline };
    const before = timeline.filter((event) => event.type !== 'call.ended');
    assert.equal(record.termination?.reason, 'process-died');
    assert.equal(record.termination?.by, 'system');
    assert.equal(timeline.at(-1)?.type, 'call.ended');
    assert.equal(timeline.at(-1)?.at, record.endedAt);
    const lastEventAt = Math.max(...before.map((event) => event.at));
    assert.ok(record.endedAt !== null && record.endedAt >= lastEventAt && record.endedAt <= killedAt + 1);
    if (record.connectedAt !== null) {
      assert.equal(record.outcome, 'answered');
      assert.equal(record.talkMs, record.endedAt - record.connectedAt);
    }
  }

  it('a pid file whose number now belongs to another program is not believed', async () => {
    await db().destroy();
    knex = undefined;
    await postgres?.stop();
    const file = join(dataDir, 'cluster', 'postmaster.pid');
    await writeFile(file, `${process.pid}\n${dataDir}/cluster\n0\n1\n`);
    postgres = await startEmbeddedPostgres({ dataDir, logger: silentLogger });
    knex = connect({ url: postgres.url });
    assert.ok((await knex('calls').count())[0]);
  });

  it('a PostgreSQL that dies by itself is started again on the same port', async () => {
    const file = join(dataDir, 'cluster', 'postmaster.pid');
    const pid = Number((await readFile(file, 'utf8')).split('\n')[0]);
    process.kill(pid, 'SIGQUIT');
    const url = postgres?.url ?? '';
    let answered = false;
    // Asks until it answers; the timeout of the test is the deadline.
    while (!answered) {
      const fresh = connect({ url });
      answered = await fresh.raw('select 1').then(
        () => true,
        () => false,
      );
      await fresh.destroy();
    }
    assert.notEqual(Number((await readFile(file, 'utf8')).split('\n')[0]), pid);
  });
});
