import assert from 'node:assert/strict';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type DomainEvent, type Logger, SimulatedClock, silentLogger, systemClock } from '@yixian/contracts';
import { connect, createJournal, createRecordQueries } from '../src/index.js';
import { createWriter } from '../src/shell/writer.js';
import { testBus } from './support/bus.js';
import { answeredCall, arrive } from './support/calls.js';
import { startTestDatabase, type TestDatabase, temporaryFolder } from './support/database.js';

describe('journal when the database fails', function () {
  this.timeout(60_000);
  let db: TestDatabase;
  before(async () => {
    db = await startTestDatabase();
  });
  afterEach(() => db.clear());
  after(() => db.stop());

  /** Kills every connection of this database but the asking one. */
  const cutConnections = (): Promise<unknown> =>
    db.knex.raw('select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()');

  it('neither loses nor reorders events while connections are cut again and again', async () => {
    const journal = createJournal({ knex: db.knex, logger: silentLogger, clock: systemClock(), maxBatch: 20 });
    const bus = testBus();
    const seqs: number[] = [];
    bus.subscribe((event) => seqs.push(event.seq));
    bus.subscribe(journal.append);
    for (let round = 0; round < 5; round++) {
      for (let i = 0; i < 20; i++) answeredCall(bus, `call-${round}-${i}`, { queue: 'consult', agent: '1001', waitMs: 10, talkMs: 10 });
      await Promise.all([cutConnections().catch(() => undefined), journal.flush()]);
    }
    const events = await createRecordQueries(db.knex, { timezone: 'UTC' }).eventsSince(0, 10_000);
    assert.deepEqual(
      events.map((e) => e.seq),
      seqs,
    );
    assert.equal((await db.knex('calls').whereNull('ended_at')).length, 0);
    assert.equal((await db.knex('calls')).length, 100);
    await journal.close();
  });

  it('tries again, loudly, until the table can be written', async () => {
    const errors: string[] = [];
    let told = (): void => {};
    const failing = new Promise<void>((resolve) => {
      told = resolve;
    });
    const logger: Logger = {
      ...silentLogger,
      error(_facts, message) {
        errors.push(message);
        told();
      },
    };
    await db.knex.raw('alter table event_journal rename to event_journal_away');
    const journal = createJournal({ knex: db.knex, logger, clock: systemClock() });
    const bus = testBus();
    bus.subscribe(journal.append);
    arrive(bus, 'call-a');
    arrive(bus, 'call-b');
    await failing;
    assert.equal(journal.metrics().journal_events_waiting, 2);
    await db.knex.raw('alter table event_journal_away rename to event_journal');
    await journal.flush();
    assert.match(errors[0] ?? '', /kept and tried again/);
    assert.equal((await db.knex('calls')).length, 2);
    await journal.close();
  });

  it('refuses a call whose row is not committed within its deadline', async () => {
    const away = connect({ url: 'postgres://nobody:x@127.0.0.1:9/none' });
    const clock = new SimulatedClock();
    const journal = createJournal({ knex: away, logger: silentLogger, clock });
    const refused = assert.rejects(journal.ledger.open(arrive(testBus(), 'call-a')), /call call-a: its row was not stored within 2000 ms/);
    clock.advance(2_000);
    await refused;
    assert.equal(journal.metrics().journal_calls_refused_total, 1);
    const closing = assert.rejects(journal.close(1_000), /1 events could not be stored/);
    clock.advance(10_000);
    await closing;
    await away.destroy();
  });

  it('refuses new calls while too many events wait', async () => {
    const away = connect({ url: 'postgres://nobody:x@127.0.0.1:9/none' });
    const clock = new SimulatedClock();
    const journal = createJournal({ knex: away, logger: silentLogger, clock, maxWaiting: 10 });
    const bus = testBus();
    bus.subscribe(journal.append);
    for (let i = 0; i < 11; i++) arrive(bus, `call-${i}`);
    await assert.rejects(journal.ledger.open(arrive(bus, 'call-new')), /12 events behind/);
    const closing = assert.rejects(journal.close(1_000), /12 events could not be stored/);
    clock.advance(10_000);
    await closing;
    await away.destroy();
  });

  it('stores a batch over a new connection when its own was cut in the middle of the statement', async () => {
    const journal = createJournal({ knex: db.knex, logger: silentLogger, clock: systemClock() });
    const bus = testBus();
    bus.subscribe(journal.append);
    arrive(bus, 'call-a');
    await journal.flush();
    const blocker = await db.knex.transaction();
    await blocker.raw('lock table event_journal in access exclusive mode');
    arrive(bus, 'call-b');
    const stored = journal.flush();
    await cutJournalConnection();
    await blocker.rollback();
    await stored;
    assert.equal((await db.knex('calls')).length, 2);
    await journal.close();
  });

  it('what the database does not take before the process ends is kept in a file and stored first by the next process', async () => {
    const folder = await temporaryFolder();
    const spillFile = join(folder, 'unstored-events.ndjson');
    const bus = testBus();
    const events: DomainEvent[] = [];
    bus.subscribe((event) => events.push(event));
    const away = connect({ url: 'postgres://nobody:x@127.0.0.1:9/none' });
    const first = createJournal({ knex: away, logger: silentLogger, clock: systemClock(), spillFile });
    let stop = bus.subscribe(first.append);
    answeredCall(bus, 'call-a', { queue: 'consult', agent: '1001', waitMs: 10, talkMs: 10 });
    await first.close(50);
    await away.destroy();
    stop();
    const kept = await stat(spillFile);
    assert.equal(kept.mode & 0o777, 0o600);
    const second = createJournal({ knex: db.knex, logger: silentLogger, clock: systemClock(), spillFile });
    assert.equal(await second.lastSeq(), events.at(-1)?.seq);
    stop = bus.subscribe(second.append);
    answeredCall(bus, 'call-b', { queue: 'consult', agent: '1001', waitMs: 10, talkMs: 10 });
    await second.close();
    assert.deepEqual(await createRecordQueries(db.knex, { timezone: 'UTC' }).eventsSince(0, 1_000), events);
    assert.equal((await db.knex('calls').whereNotNull('ended_at')).length, 2);
    await assert.rejects(stat(spillFile), /ENOENT/);
    await rm(folder, { recursive: true });
  });

  it('a statement that the server does not answer is given up after its deadline, its connection with it', async () => {
    const clock = new SimulatedClock();
    const writer = createWriter(db.knex, clock);
    const blocker = await db.knex.transaction();
    await blocker.raw('lock table settings in access exclusive mode');
    const statement = { name: 'test', text: `insert into settings (key, value) values ($1, 'true')`, values: ['a'] };
    const stuck = assert.rejects(writer.run(statement, 500), /the database did not answer within 500 ms/);
    await waitingForLock('%insert into settings%');
    clock.advance(500);
    await stuck;
    await blocker.rollback();
    await writer.run({ ...statement, values: ['b'] }, 500);
    const keys = (await db.knex('settings').pluck('key')) as string[];
    assert.ok(keys.includes('b'));
    await writer.close();
    assert.equal(clock.pendingTimers, 0);
  });

  /** Asks the server until a statement like this waits for a lock; not in a transaction, which would see the same answer for ever. */
  async function waitingForLock(like: string): Promise<number> {
    for (;;) {
      const query = `select pid from pg_stat_activity where wait_event_type = 'Lock' and query like ?`;
      const { rows } = await db.knex.raw<{ rows: { pid: number }[] }>(query, [like]);
      if (rows[0]) return rows[0].pid;
    }
  }

  /** Waits on the server until the journal's statement waits for the lock, then ends its connection. */
  async function cutJournalConnection(): Promise<void> {
    const pid = await waitingForLock('%new_events%');
    await db.knex.raw('select pg_terminate_backend(?)', [pid]);
  }
});
