import assert from 'node:assert/strict';
import { applyCallEvent, type CallRecord, type DomainEvent, type EventOf, silentLogger, systemClock } from '@yixian/contracts';
import { createJournal, createRecordQueries, type Journal } from '../src/index.js';
import { testBus } from './support/bus.js';
import { answeredCall, arrive } from './support/calls.js';
import { startTestDatabase, type TestDatabase } from './support/database.js';

describe('journal', function () {
  this.timeout(60_000);
  let db: TestDatabase;
  const open: Journal[] = [];

  const start = (instanceId?: string): Journal => {
    const journal = createJournal({ knex: db.knex, logger: silentLogger, clock: systemClock(), instanceId });
    open.push(journal);
    return journal;
  };
  const stored = async (): Promise<DomainEvent[]> => createRecordQueries(db.knex, { timezone: 'UTC' }).eventsSince(0, 100_000);

  before(async () => {
    db = await startTestDatabase();
  });
  afterEach(async () => {
    for (const journal of open.splice(0)) await journal.close();
    await db.clear();
  });
  after(() => db.stop());

  it('stores every event once, in order and unchanged', async () => {
    const journal = start();
    const bus = testBus();
    const published: DomainEvent[] = [];
    bus.subscribe((event) => published.push(event));
    bus.subscribe(journal.append);
    for (let i = 0; i < 60; i++) answeredCall(bus, `call-${i}`, { queue: 'consult', agent: '1001', waitMs: 4_000, talkMs: 30_000 });
    await journal.flush();
    assert.deepEqual(await stored(), published);
    assert.equal(await journal.lastSeq(), published.length);
  });

  it('keeps the call record that the events fold to', async () => {
    const journal = start();
    const bus = testBus();
    bus.subscribe(journal.append);
    let record: CallRecord | undefined;
    bus.subscribe((event) => {
      record = applyCallEvent(record, event);
    });
    answeredCall(bus, 'call-a', { queue: 'consult', agent: '1001', waitMs: 4_000, talkMs: 30_000 });
    await journal.flush();
    const found = await createRecordQueries(db.knex, { timezone: 'UTC' }).call('call-a');
    assert.deepEqual(found?.record, record);
    assert.equal(found?.record.outcome, 'answered');
    assert.equal(found?.record.waitMs, 4_000);
    assert.equal(found?.record.talkMs, 30_000);
  });

  it('has the row of a call committed when open resolves, and the later upsert agrees with it', async () => {
    const journal = start();
    const bus = testBus();
    bus.subscribe(journal.append);
    const arrived = Array.from({ length: 50 }, (_, i) => arrive(bus, `call-${i}`));
    await Promise.all(arrived.map((event) => journal.ledger.open(event)));
    const [{ count }] = (await db.knex('calls').count()) as [{ count: number }];
    assert.equal(count, 50);
    bus.at += 1_000;
    bus.publish({ type: 'call.answered', callId: 'call-7', data: {} });
    await journal.flush();
    const row = await db.knex('calls').where({ id: 'call-7' }).first();
    assert.equal(row.answered_at - row.started_at, 1_000);
  });

  it('opens a call whose event the bus has not handed over', async () => {
    const journal = start();
    const arrived = arrive(testBus(), 'call-direct') as EventOf<'call.arrived'>;
    await journal.ledger.open(arrived);
    assert.equal((await db.knex('calls').where({ id: 'call-direct' })).length, 1);
    assert.deepEqual(await stored(), [arrived]);
  });

  it('groups calls that arrive while a commit is under way into one transaction', async () => {
    const journal = start();
    const bus = testBus();
    bus.subscribe(journal.append);
    const opens = Array.from({ length: 100 }, (_, i) => journal.ledger.open(arrive(bus, `call-${i}`)));
    await Promise.all(opens);
    assert.ok((journal.metrics().journal_batches_total ?? 0) <= 3);
  });

  it('storing the same numbers again changes nothing', async () => {
    const bus = testBus();
    const events: DomainEvent[] = [];
    bus.subscribe((event) => events.push(event));
    answeredCall(bus, 'call-a', { queue: 'consult', agent: '1001', waitMs: 4_000, talkMs: 30_000 });
    bus.publish({ type: 'agent.state-changed', agentId: '1001', data: { from: 'ready', to: 'not-ready', reason: 'lunch', by: '1001' } });
    for (let round = 0; round < 2; round++) {
      const journal = start();
      for (const event of events) journal.append(event);
      await journal.flush();
    }
    assert.deepEqual(await stored(), events);
    assert.equal((await db.knex('agent_state_intervals')).length, 1);
    const row = await db.knex('calls').where({ id: 'call-a' }).first();
    assert.equal(row.talk_ms, 30_000);
  });

  it('counts a number that another process has already given out', async () => {
    const journal = start();
    const mine = testBus();
    mine.subscribe(journal.append);
    const foreign = testBus();
    arrive(mine, 'call-a');
    await journal.flush();
    const event = arrive(foreign, 'call-b');
    journal.append({ ...event, id: 'ev-foreign' });
    await journal.flush();
    assert.equal(journal.metrics().journal_foreign_seq_total, 1);
    assert.equal((await stored())[0]?.callId, 'call-a');
  });

  it('takes a caller name with U+0000 and half a surrogate pair, which jsonb refuses', async () => {
    const journal = start();
    const bus = testBus();
    bus.subscribe(journal.append);
    arrive(bus, 'call-bad', 'a\u0000b\ud800c');
    arrive(bus, 'call-good', '😀');
    await journal.flush();
    const rows = (await db.knex('calls').orderBy('id')) as { caller: string }[];
    assert.deepEqual(
      rows.map((r) => r.caller),
      ['a\ufffdb\ufffdc', '😀'],
    );
    assert.equal(journal.metrics().journal_events_rejected_total, 0);
  });

  it('one event the database refuses for ever does not hold up the others', async () => {
    const journal = start();
    const bus = testBus();
    bus.subscribe(journal.append);
    const first = arrive(bus, 'call-1');
    // The same unique id under another number.
    journal.append({ ...arrive(testBus(500), 'call-2'), id: first.id });
    arrive(bus, 'call-3');
    await journal.flush();
    const ids = (await stored()).map((event) => event.callId);
    assert.deepEqual(ids, ['call-1', 'call-3']);
    assert.equal(journal.metrics().journal_events_rejected_total, 1);
  });

  it('follows agent states in intervals that meet, across a restart of the process', async () => {
    const bus = testBus();
    const before = start();
    let stop = bus.subscribe(before.append);
    const change = (from: 'offline' | 'ready' | 'on-call' | 'wrap-up', to: 'ready' | 'on-call' | 'wrap-up', after: number): void => {
      bus.at += after;
      bus.publish({ type: 'agent.state-changed', agentId: '1001', data: { from, to, reason: null, by: 'system' } });
    };
    change('offline', 'ready', 0);
    change('ready', 'on-call', 5_000);
    await before.flush();
    stop();
    const afterRestart = start();
    stop = bus.subscribe(afterRestart.append);
    change('on-call', 'wrap-up', 30_000);
    change('wrap-up', 'ready', 2_000);
    await afterRestart.flush();
    const rows = (await db.knex('agent_state_intervals').orderBy('seq')) as {
      state: string;
      started_at: number;
      ended_at: number | null;
    }[];
    assert.deepEqual(
      rows.map((r) => [r.state, r.ended_at === null ? null : r.ended_at - r.started_at]),
      [
        ['ready', 5_000],
        ['on-call', 30_000],
        ['wrap-up', 2_000],
        ['ready', null],
      ],
    );
  });

  it('folds a late event of a call that this process has not seen begin', async () => {
    const bus = testBus();
    const before = start('first');
    const stop = bus.subscribe(before.append);
    arrive(bus, 'call-a');
    await before.flush();
    stop();
    const second = start('second');
    bus.subscribe(second.append);
    bus.publish({ type: 'survey.answered', callId: 'call-a', data: { score: 5 } });
    await second.flush();
    assert.equal((await db.knex('calls').where({ id: 'call-a' }).first()).survey, 5);
  });

  it('leaves no heartbeat row when it is closed with all calls over, and then counts on from the last number', async () => {
    const journal = start('mine');
    const bus = testBus();
    bus.subscribe(journal.append);
    answeredCall(bus, 'call-a', { queue: 'consult', agent: '1001', waitMs: 1, talkMs: 1 });
    await journal.close();
    assert.deepEqual(await db.knex('instances'), []);
    const last = (await stored()).at(-1)?.seq;
    assert.equal(await start('next').lastSeq(), last);
  });
});
