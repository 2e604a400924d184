import assert from 'node:assert/strict';
import {
  RECORDING_DEFAULTS,
  type RecordingQuery,
  type RecordingRow,
  type RecordingRows,
  type RecordQueries,
  silentLogger,
  systemClock,
  VOICEMAIL_DEFAULTS,
} from '@yixian/contracts';
import { createJournal, createRecordingRows, createRecordQueries } from '../src/index.js';
import { testBus } from './support/bus.js';
import { abandonedCall, answeredCall, arrive } from './support/calls.js';
import { startTestDatabase, type TestDatabase } from './support/database.js';

const T = Date.UTC(2026, 2, 1, 4);
const HOUR = 3_600_000;

describe('rows of recordings and messages', function () {
  this.timeout(60_000);
  let db: TestDatabase;
  let rows: RecordingRows;
  let queries: RecordQueries;

  before(async () => {
    db = await startTestDatabase();
    rows = createRecordingRows(db.knex);
    queries = createRecordQueries(db.knex, { timezone: 'Asia/Shanghai' });
  });
  afterEach(() => db.clear());
  after(() => db.stop());

  const seal = (keyId: string) => ({ hash: 'sm3', content: 'ab', keyId, signature: 'cd' }) as const;
  const insert = async (id: string, change: Partial<RecordingRow> = {}): Promise<RecordingRow> => {
    const row: RecordingRow = {
      ...RECORDING_DEFAULTS,
      ...{ id, callId: `call-${id}`, agentId: null, queueId: null, startedAt: T, endedAt: T + 1_000, durationMs: 1_000 },
      ...{ bytes: 16_044, file: `2026/03/01/${id}.wav`, state: 'complete', sha256: 'ab' },
      ...change,
    };
    await rows.insert(row);
    return row;
  };

  it('every field of a row comes back as it was written', async () => {
    const row = await insert('rec-1', {
      ...{ agentId: '1001', queueId: 'consult', direction: 'outbound', trunkId: 'demo', extension: '1001', otherParty: '021' },
      ...{ groups: ['demo', 'night'], pauses: [{ from: T, to: T + 500 }], pausedMs: 500, held: true, cipher: 'sm4-ctr-sm3' },
      seal: seal('k1'),
    });
    assert.deepEqual(await rows.recording('rec-1'), row);
    const change = { seal: seal('k2'), pauses: [], endedAt: null, otherParty: '022' };
    await rows.update('rec-1', change);
    assert.deepEqual(await rows.recording('rec-1'), { ...row, ...change });
  });

  describe('search (REC-03)', () => {
    const all: Record<string, Partial<RecordingQuery>> = {
      from: { from: T + HOUR },
      to: { to: T + 3 * HOUR },
      extension: { extension: '1001' },
      agent: { agent: '1001' },
      party: { party: '13800000000' },
      queue: { queue: 'consult' },
      group: { group: 'night' },
      outcome: { outcome: 'answered' },
      minDurationMs: { minDurationMs: 5_000 },
      maxDurationMs: { maxDurationMs: 60_000 },
      callId: { callId: 'call-target' },
      direction: { direction: 'inbound' },
    };
    const target: Partial<RecordingRow> = {
      ...{ callId: 'call-target', startedAt: T + 2 * HOUR, extension: '1001', agentId: '1001', otherParty: '13800000000' },
      ...{ queueId: 'consult', groups: ['demo', 'night'], durationMs: 20_000, direction: 'inbound' },
    };
    /** Differs from the target in what one criterion asks for, and in nothing else. */
    const others: Record<string, Partial<RecordingRow>> = {
      from: { startedAt: T },
      to: { startedAt: T + 3 * HOUR },
      extension: { extension: '1002', agentId: '1002' },
      agent: { agentId: '1002' },
      party: { otherParty: '13900000000' },
      queue: { queueId: 'complaint' },
      group: { groups: ['demo'] },
      outcome: { callId: 'call-lost' },
      minDurationMs: { durationMs: 4_999 },
      maxDurationMs: { durationMs: 60_001 },
      callId: { callId: 'call-other' },
      direction: { direction: 'outbound' },
    };
    beforeEach(async () => {
      const journal = createJournal({ knex: db.knex, logger: silentLogger, clock: systemClock() });
      const bus = testBus(1, T);
      bus.subscribe((event) => journal.append(event));
      for (const id of ['call-target', 'call-other']) answeredCall(bus, id, { queue: 'consult', agent: '1001', waitMs: 1, talkMs: 1 });
      abandonedCall(bus, 'call-lost', { queue: 'consult', waitMs: 1 });
      await journal.close();
      await insert('target', target);
      for (const [name, change] of Object.entries(others)) await insert(`other-${name}`, { ...target, ...change });
    });
    const found = async (query: Partial<RecordingQuery>): Promise<string[]> =>
      (await queries.recordings({ limit: 50, ...query })).items.map((row) => row.id).sort();

    for (const name of Object.keys(all)) {
      it(`${name} alone leaves out exactly what differs in it`, async () => {
        const different = [
          `other-${name}`,
          ...(name === 'agent' ? ['other-extension'] : []),
          ...(name === 'callId' ? ['other-outcome'] : []),
        ];
        const expected = ['target', ...Object.keys(others).map((other) => `other-${other}`)].filter((id) => !different.includes(id));
        assert.deepEqual(await found(all[name] ?? {}), expected.sort());
      });
    }

    it('all together find the one recording they describe', async () => {
      assert.deepEqual(await found(Object.assign({}, ...Object.values(all))), ['target']);
    });

    it('any two together find what fits both', async () => {
      const names = Object.keys(all);
      for (const [i, a] of names.entries()) {
        for (const b of names.slice(i + 1)) {
          const [onlyA, onlyB, both] = [await found(all[a] ?? {}), await found(all[b] ?? {}), await found({ ...all[a], ...all[b] })];
          const expected = onlyA.filter((id) => onlyB.includes(id));
          assert.deepEqual(both, expected, `${a} and ${b}`);
        }
      }
    });

    it('the number of the other party may be a beginning, and %, _ and \\ stand for themselves', async () => {
      assert.equal((await found({ party: '138*' })).length, 12);
      assert.deepEqual(await found({ party: '139*' }), ['other-party']);
      for (const party of ['%', '1_800000000', '1%*', '\\*']) assert.deepEqual(await found({ party }), []);
    });

    it('in an internal call the extension may be on either side', async () => {
      await insert('internal', { extension: '1004', otherParty: '1009', direction: 'internal' });
      assert.deepEqual(await found({ extension: '1009' }), ['internal']);
      assert.deepEqual(await found({ extension: '1004' }), ['internal']);
    });

    it('every agent who spoke in it finds it, whoever was the last; not who was only rung, or spoke in another of the call', async () => {
      const journal = createJournal({ knex: db.knex, logger: silentLogger, clock: systemClock() });
      const bus = testBus(1_000, T);
      bus.subscribe((event) => journal.append(event));
      const callId = 'call-sent-on';
      const tell = (type: 'call.connected' | 'offer.made' | 'call.transferred', agentId: string, data: object): void =>
        void bus.publish({ type, callId, agentId, data } as never);
      arrive(bus, callId);
      tell('call.connected', '1005', { to: '1005' });
      bus.at += 10_000;
      tell('call.transferred', '1005', { by: '1005', to: 'agent:1006' });
      tell('offer.made', '1007', { offerId: 'o', expiresAt: bus.at + 1 });
      bus.at += 1_000;
      tell('call.connected', '1006', { to: '1006' });
      bus.at += 10_000;
      bus.publish({ type: 'call.ended', callId, data: { termination: { by: 'caller', reason: 'normal' } } });
      await journal.close();
      await insert('both', { callId, startedAt: T, endedAt: T + 21_000, extension: '1006', agentId: '1006' });
      await insert('second', { callId, startedAt: T + 10_500, endedAt: T + 21_000, extension: '1006', agentId: '1006' });
      assert.deepEqual(await found({ agent: '1005' }), ['both']);
      assert.deepEqual(await found({ agent: '1006' }), ['both', 'second']);
      assert.deepEqual(await found({ agent: '1007' }), []);
    });

    it('a staff number may be the user name, and is not a pattern', async () => {
      await db.knex('extensions').insert({ number: '1002', display_name: 'x', sip_password: 'x' });
      await db
        .knex('users')
        .insert({ id: 'u', username: 'agent1002', display_name: 'x', roles: ['agent'], extension: '1002', password_hash: 'x' });
      assert.deepEqual(await found({ agent: 'agent1002' }), ['other-agent', 'other-extension']);
      assert.deepEqual(await found({ agent: '%' }), []);
    });

    it('pages by key: nothing twice, nothing left out, also among equal times and with rows that come in between', async () => {
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await queries.recordings({ queue: 'consult', limit: 2, ...(cursor === undefined ? {} : { cursor }) });
        seen.push(...page.items.map((row) => row.id));
        cursor = page.next ?? undefined;
        await insert(`late-${seen.length}`, { ...target, startedAt: T + 9 * HOUR });
      } while (cursor !== undefined);
      assert.deepEqual(seen.sort(), (await found({ queue: 'consult', to: T + 8 * HOUR })).sort());
    });

    it('tells the outcome of the call', async () => {
      assert.equal((await queries.recording('target'))?.outcome, 'answered');
      assert.equal((await queries.recording('other-outcome'))?.outcome, 'abandoned-in-queue');
      assert.deepEqual((await queries.recording('other-callId'))?.outcome, 'answered');
    });
  });

  it('what is held, running or deleted already cannot be marked deleted; the row stays', async () => {
    await insert('held', { held: true });
    await insert('running', { state: 'recording' });
    await insert('plain');
    assert.equal(await rows.markDeleted('recording', 'held', T), undefined);
    assert.equal(await rows.markDeleted('recording', 'running', T), undefined);
    assert.equal(await rows.markDeleted('recording', 'never', T), undefined);
    assert.deepEqual(await rows.markDeleted('recording', 'plain', T), { file: '2026/03/01/plain.wav' });
    assert.equal(await rows.markDeleted('recording', 'plain', T), undefined);
    assert.deepEqual(await rows.notErased('recording', 10), [{ id: 'plain', file: '2026/03/01/plain.wav' }]);
    await rows.erased('recording', 'plain');
    assert.deepEqual(await rows.notErased('recording', 10), []);
    assert.equal((await queries.recording('plain'))?.state, 'deleted');
    assert.equal((await rows.hold('held', false))?.held, false);
    assert.equal(await rows.hold('plain', true), undefined);
    assert.ok(await rows.markDeleted('recording', 'held', T));
  });

  it('expired is what began before, is finished and not held', async () => {
    await insert('a-old', { startedAt: T - HOUR });
    await insert('b-held', { startedAt: T - HOUR, held: true });
    await insert('c-running', { startedAt: T - HOUR, state: 'recording' });
    await insert('d-new');
    assert.deepEqual(await rows.expiredRecordings(T, 10), ['a-old']);
  });

  it('knows which master keys are in use, and what depends on others', async () => {
    await insert('a', { seal: seal('k1') });
    await insert('b', { seal: seal('k2') });
    await insert('c', { seal: seal('k3'), state: 'deleted' });
    await insert('d');
    assert.deepEqual((await rows.keysInUse()).sort(), ['k1', 'k2']);
    assert.deepEqual(
      (await rows.recordingsOfOtherKeys('k2', 10)).map((row) => row.id),
      ['a'],
    );
    assert.deepEqual(
      (await rows.keptRecordings('a', 10)).map((row) => row.id),
      ['b', 'd'],
    );
  });

  it('messages: heard, deleted, counted and found by box', async () => {
    const message = (id: string, box: string, leftAt = T) => ({
      ...VOICEMAIL_DEFAULTS,
      ...{ id, box, leftAt, callId: 'c', caller: '021', durationMs: 3_000, file: `voicemail/${id}.wav` },
    });
    for (const [id, box] of [
      ['a', 'main'],
      ['b', 'main'],
      ['c', 'night'],
    ] as const)
      await rows.insertVoicemail(message(id, box));
    await rows.updateVoicemail('a', { heardAt: T + 5, heardBy: 'agent1001', seal: seal('k1') });
    assert.deepEqual(await rows.voicemail('a'), { ...message('a', 'main'), heardAt: T + 5, heardBy: 'agent1001', seal: seal('k1') });
    const counts = async () => (await rows.messageCounts()).toSorted((x, y) => (x.box < y.box ? -1 : 1));
    assert.deepEqual(await counts(), [
      { box: 'main', newMessages: 1, oldMessages: 1 },
      { box: 'night', newMessages: 1, oldMessages: 0 },
    ]);
    const found = async (query: object) => (await queries.voicemails({ limit: 5, ...query })).items.map((row) => row.id);
    assert.deepEqual(await found({ boxes: ['main'] }), ['b', 'a']);
    assert.deepEqual(await found({ boxes: [] }), []);
    assert.deepEqual(await found({ heard: false }), ['c', 'b']);
    assert.deepEqual(await rows.markDeleted('voicemail', 'a', T), { file: 'voicemail/a.wav' });
    assert.equal(await rows.markDeleted('voicemail', 'a', T), undefined);
    assert.deepEqual(await found({ heard: true }), []);
    assert.deepEqual(await rows.notErased('voicemail', 5), [{ id: 'a', file: 'voicemail/a.wav' }]);
    assert.deepEqual(await rows.expiredVoicemails('main', T + 1, 5), ['b']);
    assert.deepEqual(await rows.keysInUse(), []);
  });

  it('each search by a number or extension can use an index', async () => {
    const plan = async (query: Partial<RecordingQuery>): Promise<string> => {
      await db.knex.raw('set enable_seqscan = off');
      const sql: string[] = [];
      db.knex.on('query', (data: { sql: string; bindings: unknown[] }) =>
        sql.push(db.knex.raw(data.sql.replace(/\$\d+/g, '?'), data.bindings as string[]).toString()),
      );
      await queries.recordings({ limit: 10, ...query });
      db.knex.removeAllListeners('query');
      const { rows: lines } = await db.knex.raw<{ rows: Record<string, string>[] }>(`explain ${sql.at(-1)}`);
      return lines.map((line) => Object.values(line)[0]).join('\n');
    };
    assert.match(await plan({ party: '13800000000' }), /recordings_party/);
    assert.match(await plan({ callId: 'call-1' }), /recordings_call/);
    assert.match(await plan({ queue: 'consult' }), /recordings_queue|recordings_started/);
  });
});
