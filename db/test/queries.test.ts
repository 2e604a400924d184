import assert from 'node:assert/strict';
import { type CallRecord, RECORDING_DEFAULTS, type RecordQueries, silentLogger, systemClock, VOICEMAIL_DEFAULTS } from '@yixian/contracts';
import { createJournal, createRecordingRows, createRecordQueries, type Journal } from '../src/index.js';
import { testBus } from './support/bus.js';
import { abandonedCall, answeredCall, arrive } from './support/calls.js';
import { startTestDatabase, type TestDatabase } from './support/database.js';

/** Midnight of 1 March 2026 in Shanghai is 16:00 of the day before in UTC. */
const MIDNIGHT = Date.UTC(2026, 1, 28, 16);
const NOON = MIDNIGHT + 12 * 3_600_000;

describe('record queries', function () {
  this.timeout(60_000);
  let db: TestDatabase;
  let journal: Journal;
  let queries: RecordQueries;

  before(async () => {
    db = await startTestDatabase();
  });
  beforeEach(() => {
    journal = createJournal({ knex: db.knex, logger: silentLogger, clock: systemClock() });
    queries = createRecordQueries(db.knex, { timezone: 'Asia/Shanghai', now: () => NOON, settled: journal.flush, figuresCacheMs: 0 });
  });
  afterEach(async () => {
    await journal.close();
    await db.clear();
  });
  after(() => db.stop());

  const bus = (startAt: number) => {
    const made = testBus(1, startAt);
    made.subscribe(journal.append);
    return made;
  };

  describe('lists', () => {
    it('pages cover everything once, newest first, although many calls began in the same millisecond and more arrive meanwhile', async () => {
      const b = bus(MIDNIGHT);
      for (let i = 0; i < 25; i++) {
        b.at = MIDNIGHT + Math.floor(i / 5) * 1_000;
        arrive(b, `call-${String(i).padStart(2, '0')}`);
      }
      await journal.flush();
      const seen: CallRecord[] = [];
      let cursor: string | undefined;
      do {
        const page = await queries.calls({ limit: 4, ...(cursor ? { cursor } : {}) });
        seen.push(...page.items);
        cursor = page.next ?? undefined;
        b.at += 60_000;
        arrive(b, `late-${seen.length}`);
        await journal.flush();
      } while (cursor);
      assert.deepEqual(
        seen.map((r) => r.id),
        Array.from({ length: 25 }, (_, i) => `call-${String(24 - i).padStart(2, '0')}`),
      );
    });

    it('filters by each of the query fields', async () => {
      const b = bus(MIDNIGHT);
      answeredCall(b, 'call-answered', { queue: 'consult', agent: '1001', waitMs: 100, talkMs: 100 });
      b.at = MIDNIGHT + 3_600_000;
      abandonedCall(b, 'call-abandoned', { queue: 'complaint', waitMs: 100 });
      b.at = MIDNIGHT + 7_200_000;
      const data = { direction: 'outbound', caller: '1002', called: '0212345678' } as const;
      b.publish({ type: 'call.arrived', callId: 'call-out', data });
      await journal.flush();
      const ids = async (query: Partial<Parameters<RecordQueries['calls']>[0]>): Promise<string[]> =>
        (await queries.calls({ limit: 50, ...query })).items.map((r) => r.id);
      assert.deepEqual(await ids({ agent: '1001' }), ['call-answered']);
      assert.deepEqual(await ids({ queue: 'complaint' }), ['call-abandoned']);
      assert.deepEqual(await ids({ outcome: 'abandoned-in-queue' }), ['call-abandoned']);
      assert.deepEqual(await ids({ direction: 'outbound' }), ['call-out']);
      assert.deepEqual(await ids({ caller: '1002' }), ['call-out']);
      assert.deepEqual(await ids({ caller: '1380*' }), ['call-abandoned', 'call-answered']);
      assert.deepEqual(await ids({ called: '0212345678' }), ['call-out']);
      assert.deepEqual(await ids({ called: '%' }), []);
      assert.deepEqual(await ids({ from: MIDNIGHT + 3_600_000, to: MIDNIGHT + 7_200_000 }), ['call-abandoned']);
    });

    it('the calls of an agent: taken, put through to another, in progress or over, and dialled; not those that only rang', async () => {
      const b = bus(MIDNIGHT);
      const rung = (callId: string, agentId: string) =>
        b.publish({ type: 'offer.made', callId, agentId, queueId: 'consult', data: { offerId: `o2-${callId}`, expiresAt: b.at + 20_000 } });
      const putThrough = (callId: string): void => {
        arrive(b, callId);
        rung(callId, '1003');
        b.publish({ type: 'call.connected', callId, agentId: '1001', queueId: 'consult', data: { to: '1001' } });
        b.at += 1_000;
        b.publish({ type: 'call.connected', callId, agentId: '1002', data: { to: '1002' } });
        b.at += 1_000;
      };
      putThrough('call-over');
      b.publish({ type: 'call.ended', callId: 'call-over', data: { termination: { by: 'caller', reason: 'normal' } } });
      putThrough('call-goes-on');
      b.publish({ type: 'call.arrived', callId: 'call-dialled', data: { direction: 'outbound', caller: '1001', called: '0212345678' } });
      await journal.flush();
      const of = async (agent: string): Promise<string[]> => (await queries.calls({ limit: 50, agent })).items.map((r) => r.id);
      assert.deepEqual(await of('1001'), ['call-dialled', 'call-goes-on', 'call-over']);
      assert.deepEqual(await of('1002'), ['call-goes-on', 'call-over']);
      assert.deepEqual(await of('1003'), []);
    });

    it('an invalid cursor is a bad request naming the cursor, in every list', async () => {
      const wrong = { name: 'DomainError', code: 'bad-request', details: { field: 'cursor' } };
      await assert.rejects(queries.calls({ limit: 5, cursor: 'nonsense' }), wrong);
      await assert.rejects(queries.recordings({ limit: 5, cursor: 'nonsense' }), wrong);
      await assert.rejects(queries.voicemails({ limit: 5, cursor: 'nonsense' }), wrong);
    });

    it('recordings: insert, update, unfinished, search by caller, deleted ones hidden', async () => {
      const b = bus(MIDNIGHT);
      arrive(b, 'call-a', '111');
      arrive(b, 'call-b', '222');
      await journal.flush();
      const rows = createRecordingRows(db.knex);
      const row = {
        callId: 'call-a',
        agentId: '1001',
        queueId: 'consult',
        startedAt: MIDNIGHT,
        endedAt: null,
        durationMs: null,
        bytes: null,
        ...RECORDING_DEFAULTS,
      };
      const first = { ...row, id: 'rec-1', file: '2026/03/01/rec-1.wav', state: 'recording', sha256: null } as const;
      await rows.insert(first);
      await rows.insert(first);
      await rows.insert({ ...first, id: 'rec-2', callId: 'call-b', startedAt: MIDNIGHT + 1 });
      await rows.insert({ ...first, id: 'rec-3', startedAt: MIDNIGHT + 2 });
      assert.deepEqual(await rows.unfinished(), [
        first,
        { ...first, id: 'rec-2', callId: 'call-b', startedAt: MIDNIGHT + 1 },
        { ...first, id: 'rec-3', startedAt: MIDNIGHT + 2 },
      ]);
      const done = { state: 'complete', endedAt: MIDNIGHT + 5_000, durationMs: 5_000, bytes: 160_044, sha256: 'ab' } as const;
      await rows.update('rec-1', done);
      await rows.update('rec-3', { state: 'deleted' });
      assert.deepEqual(await queries.recording('rec-1'), { ...first, ...done, outcome: null });
      assert.deepEqual(await rows.recording('rec-1'), { ...first, ...done });
      assert.equal((await queries.recording('rec-3'))?.state, 'deleted');
      const ids = async (query: object): Promise<string[]> => (await queries.recordings({ limit: 10, ...query })).items.map((r) => r.id);
      assert.deepEqual(await ids({}), ['rec-2', 'rec-1']);
      assert.deepEqual(await ids({ caller: '222' }), ['rec-2']);
      assert.deepEqual(await ids({ callId: 'call-a', agent: '1001', queue: 'consult' }), ['rec-1']);
      const page = await queries.recordings({ limit: 1 });
      assert.deepEqual(
        (await queries.recordings({ limit: 1, cursor: page.next ?? '' })).items.map((r) => r.id),
        ['rec-1'],
      );
    });

    it('voicemails come back as they were left', async () => {
      const rows = createRecordingRows(db.knex);
      const row = {
        id: 'vm-1',
        callId: 'call-a',
        box: 'main',
        caller: '111',
        leftAt: MIDNIGHT,
        durationMs: 3_000,
        file: 'voicemail/2026/vm-1.wav',
        ...VOICEMAIL_DEFAULTS,
      };
      await rows.insertVoicemail(row);
      await rows.insertVoicemail(row);
      assert.deepEqual(await queries.voicemail('vm-1'), row);
      assert.deepEqual(await queries.voicemails({ limit: 5 }), { items: [row], next: null });
      assert.equal(await queries.voicemail('none'), undefined);
    });
  });

  it('a call is read with what has just happened, oldest event first', async () => {
    const b = bus(MIDNIGHT);
    answeredCall(b, 'call-a', { queue: 'consult', agent: '1001', waitMs: 100, talkMs: 100 });
    const found = await queries.call('call-a');
    assert.equal(found?.timeline[0]?.type, 'call.arrived');
    assert.equal(found?.timeline.at(-1)?.type, 'call.ended');
    assert.equal((await queries.eventsSince(3, 2)).map((e) => e.seq).join(), '4,5');
    assert.equal(await queries.call('none'), undefined);
  });

  it('a journal that cannot store does not keep readers waiting for ever', async () => {
    const b = bus(MIDNIGHT);
    arrive(b, 'call-a');
    await journal.flush();
    const stuck = createRecordQueries(db.knex, { timezone: 'UTC', settled: () => new Promise<void>(() => undefined) });
    assert.equal((await stuck.call('call-a'))?.record.id, 'call-a');
  });

  describe('today', () => {
    const queue = async (id: string, seconds: number): Promise<void> => {
      const durations = { ring_timeout_ms: 20_000, wrap_up_ms: 0, max_wait_ms: 60_000, announce_every_ms: 0 };
      await db.knex('queues').insert({ ...durations, id, name: id, max_length: 10, music: 'm', service_level_seconds: seconds });
    };

    it('queues: offered, answered, abandoned, average wait, service level by the threshold of each queue', async () => {
      await queue('consult', 20);
      await queue('complaint', 5);
      const b = bus(MIDNIGHT);
      answeredCall(b, 'c1', { queue: 'consult', agent: '1001', waitMs: 20_000, talkMs: 1_000 });
      answeredCall(b, 'c2', { queue: 'consult', agent: '1001', waitMs: 20_001, talkMs: 1_000 });
      abandonedCall(b, 'c3', { queue: 'consult', waitMs: 90_000 });
      answeredCall(b, 'c4', { queue: 'complaint', agent: '1003', waitMs: 5_000, talkMs: 1_000 });
      answeredCall(b, 'c5', { queue: 'complaint', agent: '1003', waitMs: 6_000, talkMs: 1_000 });
      answeredCall(b, 'c6', { queue: 'complaint', agent: '1003', waitMs: 7_000, talkMs: 1_000 });
      arrive(b, 'c7');
      b.publish({ type: 'call.queued', callId: 'c7', queueId: 'complaint', data: { position: 1, priority: 0 } });
      await journal.flush();
      const figures = await queries.todayByQueue();
      assert.deepEqual(figures.get('consult'), { offered: 3, answered: 2, abandoned: 1, serviceLevel: 0.5, averageWaitSeconds: 20.0005 });
      assert.deepEqual(figures.get('complaint'), { offered: 4, answered: 3, abandoned: 0, serviceLevel: 1 / 3, averageWaitSeconds: 6 });
    });

    it('a queue nobody was answered in has no service level', async () => {
      await queue('consult', 20);
      abandonedCall(bus(MIDNIGHT), 'c1', { queue: 'consult', waitMs: 1_000 });
      await journal.flush();
      assert.deepEqual((await queries.todayByQueue()).get('consult'), {
        ...{ offered: 1, answered: 0, abandoned: 1, serviceLevel: null, averageWaitSeconds: null },
      });
    });

    it('agents: calls, talk, hold and missed, also of a call that goes on', async () => {
      const b = bus(MIDNIGHT);
      answeredCall(b, 'c1', { queue: 'consult', agent: '1001', waitMs: 1_000, talkMs: 60_000 });
      arrive(b, 'c2');
      const offer = { callId: 'c2', agentId: '1001', queueId: 'consult' };
      b.publish({ type: 'offer.made', ...offer, data: { offerId: 'o', expiresAt: b.at } });
      b.publish({ type: 'offer.timed-out', ...offer, data: { offerId: 'o' } });
      b.publish({ type: 'call.connected', callId: 'c2', agentId: '1002', data: { to: '1002' } });
      b.at += 10_000;
      b.publish({ type: 'call.held', callId: 'c2', data: { by: '1002' } });
      b.at = NOON - 5_000;
      b.publish({ type: 'call.resumed', callId: 'c2', data: { by: '1002' } });
      await journal.flush();
      const figures = await queries.todayByAgent();
      assert.deepEqual(figures.get('1001'), { callsHandled: 1, talkSeconds: 60, holdSeconds: 0, missed: 1 });
      const held = Math.round((NOON - 5_000 - (MIDNIGHT + 63_000 + 10_000)) / 1000);
      assert.deepEqual(figures.get('1002'), { callsHandled: 1, talkSeconds: 15, holdSeconds: held, missed: 0 });
    });

    it('begins at midnight of the hotline, not of UTC', async () => {
      answeredCall(bus(MIDNIGHT - 10_000), 'yesterday', { queue: 'consult', agent: '1001', waitMs: 1, talkMs: 1_000 });
      await journal.flush();
      assert.equal((await queries.todayByAgent()).get('1001'), undefined);
      const utc = createRecordQueries(db.knex, { timezone: 'UTC', now: () => MIDNIGHT + 3_600_000, figuresCacheMs: 0 });
      assert.equal((await utc.todayByAgent()).get('1001')?.callsHandled, 1);
    });

    it('counts on from the last look: calls that ended since are added once, calls that are up are read afresh', async () => {
      await queue('consult', 20);
      const b = bus(MIDNIGHT);
      let expected = 0;
      for (let round = 0; round < 4; round++) {
        answeredCall(b, `c-${round}`, { queue: 'consult', agent: '1001', waitMs: 1_000, talkMs: 10_000 });
        arrive(b, `up-${round}`);
        b.publish({ type: 'call.connected', callId: `up-${round}`, agentId: '1001', data: { to: '1001' } });
        b.at += 1_000;
        await journal.flush();
        expected += 2;
        const looks = await Promise.all([queries.todayByAgent(), queries.todayByAgent()]);
        for (const figures of looks) assert.equal(figures.get('1001')?.callsHandled, expected);
        assert.equal((await queries.todayByQueue()).get('consult')?.answered, round + 1);
        b.publish({ type: 'call.ended', callId: `up-${round}`, data: { termination: { by: 'caller', reason: 'normal' } } });
      }
      await journal.flush();
      const fresh = createRecordQueries(db.knex, { timezone: 'Asia/Shanghai', now: () => NOON, figuresCacheMs: 0 });
      assert.deepEqual(await queries.todayByAgent(), await fresh.todayByAgent());
    });

    it('a threshold that is changed holds for the whole day', async () => {
      await queue('consult', 20);
      answeredCall(bus(MIDNIGHT), 'c1', { queue: 'consult', agent: '1001', waitMs: 15_000, talkMs: 1_000 });
      await journal.flush();
      assert.equal((await queries.todayByQueue()).get('consult')?.serviceLevel, 1);
      await db.knex('queues').update({ service_level_seconds: 10 });
      assert.equal((await queries.todayByQueue()).get('consult')?.serviceLevel, 0);
    });

    it('the figures of a day are gone at the next midnight', async () => {
      let now = NOON;
      const moving = createRecordQueries(db.knex, { timezone: 'Asia/Shanghai', now: () => now, figuresCacheMs: 0 });
      answeredCall(bus(MIDNIGHT), 'c1', { queue: 'consult', agent: '1001', waitMs: 1, talkMs: 1_000 });
      await journal.flush();
      assert.equal((await moving.todayByAgent()).size, 1);
      now = MIDNIGHT + 24 * 3_600_000;
      assert.equal((await moving.todayByAgent()).size, 0);
    });

    it('an unknown time zone is refused at once', () => {
      assert.throws(() => createRecordQueries(db.knex, { timezone: 'Asia/Nowhere' }), /unknown time zone "Asia\/Nowhere"/);
    });
  });
});
