import assert from 'node:assert/strict';
import {
  type ConfigStore,
  DEFAULT_SETTINGS,
  DomainError,
  EXTENSION_DEFAULTS,
  QUEUE_DEFAULTS,
  type QueueConfig,
  silentLogger,
  TRUNK_DEFAULTS,
} from '@yixian/contracts';
import type { Knex } from 'knex';
import { createConfigStore, createDirectory, type LiveDirectory, migrate, resetDemo, seedDemo } from '../src/index.js';
import * as initial from '../src/shell/migrations/0001-initial.js';
import * as revisions from '../src/shell/migrations/0002-revisions.js';
import { startTestDatabase, type TestDatabase } from './support/database.js';

const secrets = { hashPassword: async (pw: string) => `hash of ${pw}`, randomSecret: () => 'secret' };
const flow = { id: 'main', name: '主流程', document: { id: 'main', v: 1 } };

describe('schedules, lists, boxes, groups, settings and what queues and agents have beyond the first version', function () {
  this.timeout(60_000);
  let db: TestDatabase;
  let store: ConfigStore;
  let directory: LiveDirectory;

  before(async () => {
    db = await startTestDatabase();
  });
  beforeEach(async () => {
    await seedDemo(db.knex, { flow, ...secrets });
    store = createConfigStore(db.knex);
    directory = await createDirectory(db.knex, silentLogger);
  });
  afterEach(async () => {
    await directory.close();
    await db.clear();
  });
  after(() => db.stop());

  const changed = () => new Promise<void>((resolve) => directory.onChange(resolve));
  const schedule = {
    id: 'office',
    name: '工作时间',
    weekly: [{ days: [1, 2, 3, 4, 5], from: '08:30', to: '17:30' }],
    holidays: 'closed' as const,
    special: [{ date: '2026-12-31', name: '年终', hours: [] }],
  };

  it('a queue keeps every setting there is', async () => {
    const queue: QueueConfig = {
      ...{
        id: 'unit',
        name: '承办单位',
        requiredSkills: ['consult'],
        priority: 3,
        ringTimeoutMs: 12_000,
        wrapUpMs: 5_000,
        maxWaitMs: 60_000,
      },
      ...{ maxLength: 7, music: 'queue-music', announceEveryMs: 0, serviceLevelSeconds: 15, record: false },
      recording: { mode: 'share', sharePercent: 30, announcement: 'greeting' },
      strategy: 'top-down',
      agentOrder: ['1003', '1001'],
      group: 'demo',
      minLevels: { consult: 7 },
      relaxation: [{ afterMs: 30_000, minLevels: { consult: 3 } }],
      ageingPerMinute: 1.5,
      sticky: { withinMs: 86_400_000, waitMs: 10_000 },
      overflow: [{ when: { kind: 'length', atLeast: 5 }, to: { kind: 'queue', queueId: 'operator', priority: 1 } }],
      scheduleId: 'office',
      callback: {
        offerAfterMs: 60_000,
        key: '1',
        prompt: 'offer',
        order: 'agent-first',
        attempts: 3,
        retryEveryMs: 600_000,
        ringMs: 30_000,
      },
      wrapUp: 'open',
      consequences: {
        noAnswer: { action: 'not-ready' },
        rejected: { action: 'ready', afterMs: 5_000 },
        busy: { action: 'ready', afterMs: 0 },
        notReachable: { action: 'sign-out' },
      },
    };
    await store.change(async (c) => {
      await c.schedules.insert(schedule);
      assert.deepEqual(await c.queues.insert(queue), { ...queue, revision: 1 });
    });
    await directory.reload();
    assert.deepEqual(directory.queue('unit'), queue);
    const after = await store.change((c) => c.queues.update('unit', { ...QUEUE_DEFAULTS }));
    assert.deepEqual(after, { ...queue, ...QUEUE_DEFAULTS, revision: 2 });
    await assert.rejects(
      store.change(async (c) => {
        await c.queues.update('unit', { scheduleId: 'office' });
        await c.schedules.delete('office');
      }),
      (error) => error instanceof DomainError && error.code === 'conflict',
      'a schedule in use cannot vanish, even when nobody looked before',
    );
  });

  it('trunks and extensions keep limits, recording, forwards and the pick-up group', async () => {
    const more = {
      maxOutboundCalls: 3,
      maxOutboundMinutesPerDay: 120,
      seatCallerId: { show: 'number' as const, number: '02112345678' },
      recording: { mode: 'none' as const, sharePercent: 0, announcement: null },
    };
    const trunk = await store.change((c) => c.trunks.update('demo', more));
    const forwards = { always: null, busy: '1002', noAnswer: { to: '13800000000', afterMs: 15_000 }, notRegistered: null };
    await store.change((c) => c.extensions.update('1001', { forwards, pickupGroup: 'front', language: 'en' }));
    await directory.reload();
    const { revision: _revision, ...plain } = trunk;
    assert.deepEqual(directory.trunk('demo'), { ...plain, ...more });
    const kept = directory.extension('1001');
    assert.deepEqual([kept?.forwards, kept?.pickupGroup, kept?.language], [forwards, 'front', 'en']);
    await store.change((c) => c.trunks.update('demo', { ...TRUNK_DEFAULTS }));
    await store.change((c) => c.extensions.update('1001', { ...EXTENSION_DEFAULTS }));
    await directory.reload();
    assert.deepEqual(directory.trunk('demo')?.seatCallerId, { show: 'caller' });
    assert.deepEqual(directory.extension('1001')?.forwards, EXTENSION_DEFAULTS.forwards);
  });

  it('levels and recording belong to the agent and stay when something else of the user changes', async () => {
    const user = (await store.users.list()).find((u) => u.extension === '1001');
    assert.ok(user);
    assert.deepEqual([user.skills, user.skillLevels, user.recording], [['consult', 'operator'], {}, null]);
    const recording = { mode: 'on-demand' as const, sharePercent: 100, announcement: null };
    await store.change((c) => c.users.update(user.id, { skillLevels: { consult: 9 }, recording }));
    const after = await store.change((c) => c.users.update(user.id, { displayName: 'New' }));
    assert.deepEqual([after.skills, after.skillLevels, after.recording], [['consult', 'operator'], { consult: 9 }, recording]);
    await directory.reload();
    const agent = directory.agent('1001');
    assert.deepEqual([agent?.skills, agent?.skillLevels, agent?.recording], [['consult', 'operator'], { consult: 9 }, recording]);
  });

  it('a wallboard is kept with its tiles and counts its changes; two cannot have one name', async () => {
    const tile = { id: 'a', title: '', x: 0, y: 0, w: 6, h: 4, kind: 'number' as const, figure: 'waiting' as const, queue: null };
    const board = { id: 'wall-1', name: '大厅', owner: 'admin', theme: 'dark' as const, tiles: [tile] };
    await store.change(async (c) => {
      assert.deepEqual(await c.wallboards.insert(board), { ...board, revision: 1 });
      assert.deepEqual(await c.wallboards.update('wall-1', { tiles: [] }), { ...board, tiles: [], revision: 2 });
    });
    await assert.rejects(
      store.change((c) => c.wallboards.insert({ ...board, id: 'wall-2' })),
      /already exists/,
    );
    await store.change((c) => c.wallboards.delete('wall-1'));
    assert.equal(await store.wallboards.get('wall-1'), undefined);
  });

  it('schedules, holidays, boxes and groups are in memory as soon as they are stored, and gone when deleted', async () => {
    const days = [{ date: '2026-10-01', kind: 'holiday' as const, name: '国庆节' }];
    const box = { id: 'night', name: '夜间', extensions: ['1001'], notifyUrl: 'http://127.0.0.1:9/x', keepDays: 30 };
    const group = { number: '8000', name: '前台', members: ['1001', '1002'], mode: 'ring-all' as const };
    const next = changed();
    await store.change(async (c) => {
      assert.deepEqual(await c.schedules.insert(schedule), { ...schedule, revision: 1 });
      assert.deepEqual(await c.calendars.insert({ year: '2026', days }), { year: '2026', days, revision: 1 });
      assert.deepEqual(await c.boxes.insert(box), { ...box, revision: 1 });
      assert.deepEqual(await c.groups.insert(group), { ...group, revision: 1 });
    });
    await next;
    assert.deepEqual(directory.schedule('office'), schedule);
    assert.deepEqual(directory.calendarDay('2026-10-01'), days[0]);
    assert.deepEqual(directory.box('night'), box);
    assert.deepEqual(
      directory.boxes().map(({ id }) => id),
      ['main', 'night'],
    );
    assert.deepEqual([directory.extensionGroup('8000'), directory.extensionGroups()], [group, [group]]);
    await store.change(async (c) => {
      assert.deepEqual((await c.calendars.update('2026', { days: [] })).revision, 2);
      for (const [rows, key] of [
        [c.schedules, 'office'],
        [c.calendars, '2026'],
        [c.boxes, 'night'],
        [c.groups, '8000'],
      ] as const) {
        await rows.delete(key);
      }
    });
    await directory.reload();
    assert.equal(directory.calendarDay('2026-10-01'), undefined);
    assert.deepEqual([directory.schedule('office'), directory.box('night'), directory.extensionGroups()], [undefined, undefined, []]);
    assert.equal(await store.calendars.get('nonsense'), undefined);
  });

  it('settings are the defaults until somebody changes one, and a change of one leaves the others', async () => {
    assert.deepEqual(await store.settings.get(), { ...DEFAULT_SETTINGS, revision: 0 });
    const first = await store.change((c) => c.settings.update({ maxSignedIn: 200, maskNumbersFor: ['agent'] }));
    const second = await store.change((c) => c.settings.update({ maxSignedIn: null, notReadyReasons: ['午餐'] }));
    assert.equal(first.maxSignedIn, 200);
    assert.deepEqual(second, { ...DEFAULT_SETTINGS, maskNumbersFor: ['agent'], notReadyReasons: ['午餐'], revision: 2 });
    await directory.reload();
    const { revision: _revision, ...settings } = second;
    assert.deepEqual(directory.settings(), settings);
  });

  describe('caller lists', () => {
    const entry = (number: string, more: object = {}) => ({ number, prefix: false, expiresAt: null, note: '', ...more });

    it('entries are put, replaced and deleted, and the directory looks them up', async () => {
      await store.change(async (c) => {
        await c.lists.insert({ id: 'vip', name: '贵宾', kind: 'vip' });
        await c.lists.putEntries('vip', [entry('021', { prefix: true, note: '上海' }), entry('13800000000', { expiresAt: 2_000 })]);
        const head = await c.lists.putEntries('vip', [
          entry('13800000000', { expiresAt: 3_000, note: 'again' }),
          entry('13800000000', { note: 'last' }),
        ]);
        assert.deepEqual(head, { id: 'vip', name: '贵宾', kind: 'vip', entries: 2, revision: 3 });
      });
      await directory.reload();
      assert.deepEqual(directory.callerList('vip'), { id: 'vip', name: '贵宾', kind: 'vip' });
      assert.deepEqual(directory.callerListEntry('vip', '13800000000', 9_999), entry('13800000000', { note: 'last' }));
      assert.equal(directory.callerListEntry('vip', '02155555555', 0)?.note, '上海');
      assert.equal(directory.callerListEntry('nobody', '021', 0), undefined);
      const found = async (search: string) => (await store.lists.entries('vip', { limit: 10, search })).map((one) => one.number);
      assert.deepEqual(await found('1380'), ['13800000000'], 'by the beginning of the number');
      assert.deepEqual(await found('上'), ['021'], 'by the note');
      assert.deepEqual(await found('02187654321'), ['021'], 'the prefix that covers it');
      assert.deepEqual([await found('%'), await found('_'), await found('\\')], [[], [], []], 'taken literally');
      await store.change((c) => c.lists.deleteEntry('vip', '021'));
      await directory.reload();
      assert.equal(directory.callerListEntry('vip', '02155555555', 0), undefined);
      await store.change((c) => c.lists.replaceEntries('vip', [entry('10'), entry('11')]));
      await directory.reload();
      assert.equal(directory.callerListEntry('vip', '13800000000', 0), undefined);
      assert.equal(directory.callerListEntry('vip', '10', 0)?.number, '10');
      const page = await store.lists.entries('vip', { limit: 1 });
      assert.deepEqual([page, await store.lists.entries('vip', { after: '10', limit: 5 })], [[entry('10')], [entry('11')]]);
      await assert.rejects(
        store.change((c) => c.lists.putEntries('nobody', [entry('1')])),
        { code: 'not-found' },
      );
      await store.change((c) => c.lists.delete('vip'));
      await directory.reload();
      assert.equal(directory.callerList('vip'), undefined);
    });

    it('100,000 entries are stored in seconds, one more reads one, and a look-up takes microseconds', async () => {
      const many = Array.from({ length: 100_000 }, (_, i) => entry(String(13_000_000_000 + i * 7)));
      const began = performance.now();
      await store.change(async (c) => {
        await c.lists.insert({ id: 'black', name: '黑名单', kind: 'black' });
        await c.lists.replaceEntries('black', many);
      });
      await directory.reload();
      const stored = performance.now() - began;
      assert.ok(stored < 20_000, `${stored} ms, also on a busy machine`);
      assert.equal(directory.callerListEntry('black', '13000000007', 0)?.number, '13000000007');

      let rows = 0;
      const count = (response: unknown): void => {
        rows += Array.isArray(response) ? response.length : 0;
      };
      db.knex.on('query-response', count);
      await store.change((c) => c.lists.putEntries('black', [entry('19', { prefix: true })]));
      await directory.reload();
      db.knex.off('query-response', count);
      assert.equal(directory.callerListEntry('black', '19999', 0)?.number, '19');
      assert.ok(rows < 1_000, `${rows} rows were read for one new entry`);

      const at = performance.now();
      for (let i = 0; i < 100_000; i += 1) directory.callerListEntry('black', String(13_000_000_000 + i), 0);
      const each = (performance.now() - at) / 100;
      assert.ok(each < 50, `${each} µs a look-up`);
    });

    it('whoever writes past the store is noticed, one entry or very many', async () => {
      await store.change((c) => c.lists.insert({ id: 'x', name: 'x', kind: 'other' }));
      await db.knex('caller_list_entries').insert({ list_id: 'x', number: '1' });
      await directory.reload();
      assert.equal(directory.callerListEntry('x', '1', 0)?.number, '1');
      await db.knex.raw(`insert into caller_list_entries (list_id, number) select 'x', '9' || n from generate_series(1, 2500) n`);
      await db.knex('caller_list_entries').where({ number: '1' }).delete();
      await directory.reload();
      assert.deepEqual(
        ['1', '91', '92500'].map((number) => directory.callerListEntry('x', number, 0)?.number),
        [undefined, '91', '92500'],
      );
    });
  });

  it('the demo is put back also when what was added refers to it', async () => {
    await store.change(async (c) => {
      await c.schedules.insert(schedule);
      await c.queues.update('consult', {
        scheduleId: 'office',
        overflow: [{ when: { kind: 'closed' }, to: { kind: 'voicemail', box: 'x' } }],
      });
    });
    await resetDemo(db.knex, { flow, ...secrets });
    await directory.reload();
    assert.deepEqual([directory.queue('consult')?.scheduleId, directory.queue('consult')?.overflow], [null, []]);
    assert.deepEqual(directory.schedule('office'), schedule);
  });
});

describe('a database of the version before', function () {
  this.timeout(60_000);
  let db: TestDatabase;
  before(async () => {
    db = await startTestDatabase();
  });
  after(() => db.stop());

  it('is brought up to date without loss: what was configured works as it did', async () => {
    await db.knex.raw('drop schema public cascade; create schema public');
    const old = [
      { name: '0001-initial', ...initial },
      { name: '0002-revisions', ...revisions },
    ];
    await migrate(db.knex, old);
    await plantOld(db.knex);
    const applied = await migrate(db.knex);
    assert.equal(applied[0], '0003-configuration');
    const directory = await createDirectory(db.knex, silentLogger);
    assert.deepEqual(directory.queue('q'), {
      ...QUEUE_DEFAULTS,
      ...{ id: 'q', name: 'Q', requiredSkills: ['s'], priority: 2, ringTimeoutMs: 1_000, wrapUpMs: 2, maxWaitMs: 3, maxLength: 4 },
      ...{ music: 'm', announceEveryMs: 5, serviceLevelSeconds: 6, record: false },
    });
    assert.deepEqual(directory.agent('1001'), {
      ...{ id: '1001', userId: 'u', name: 'A', skills: ['s'], skillLevels: {}, groups: ['g'], recording: null, enabled: true },
    });
    assert.deepEqual(directory.extension('1001'), {
      ...EXTENSION_DEFAULTS,
      ...{ number: '1001', displayName: 'A', sipPassword: 'p', outboundAllowed: true, enabled: true },
    });
    assert.deepEqual(directory.trunk('t'), {
      ...TRUNK_DEFAULTS,
      ...{ id: 't', name: 'T', inboundAddresses: [], outboundUri: null, outboundNumbers: [], outboundCallerId: null, auth: null },
      ...{ maxCalls: 7, maxCallsPerSecond: 8, enabled: true },
    });
    assert.deepEqual(directory.settings(), DEFAULT_SETTINGS);
    const user = await createConfigStore(db.knex).users.get('u');
    assert.deepEqual([user?.skills, user?.skillLevels, user?.revision], [['s'], {}, 4]);
    assert.deepEqual(
      directory.boxes().map(({ id }) => id),
      ['day', 'night'],
      'boxes that flows and messages name',
    );
    await directory.close();
  });

  it('and the newest migration can be taken back and done again', async () => {
    const { down, up } = await import('../src/shell/migrations/0003-configuration.js');
    await down(db.knex);
    await up(db.knex);
    assert.equal((await db.knex('queues').where({ id: 'q' }))[0].strategy, 'longest-idle');
  });
});

async function plantOld(knex: Knex): Promise<void> {
  await knex('extensions').insert({ number: '1001', display_name: 'A', sip_password: 'p' });
  await knex('users').insert({
    ...{ id: 'u', username: 'u', display_name: 'A', roles: ['agent'], extension: '1001', groups: ['g'], password_hash: 'h', revision: 4 },
  });
  await knex('skills').insert({ id: 's', name: 'S' });
  await knex('agents').insert({ id: '1001', user_id: 'u', name: 'A', groups: ['g'] });
  await knex('agent_skills').insert({ agent_id: '1001', skill_id: 's' });
  await knex('queues').insert({
    ...{ id: 'q', name: 'Q', priority: 2, ring_timeout_ms: 1_000, wrap_up_ms: 2, max_wait_ms: 3, max_length: 4, music: 'm' },
    ...{ announce_every_ms: 5, service_level_seconds: 6, record: false },
  });
  await knex('queue_skills').insert({ queue_id: 'q', skill_id: 's' });
  const document = {
    id: 'f',
    nodes: { a: { type: 'voicemail', box: 'day' }, b: { type: 'play' }, c: { type: 'voicemail', box: 'no id' } },
  };
  await knex('flows').insert({ id: 'f', name: 'F' });
  await knex('flow_versions').insert({ flow_id: 'f', version: 1, state: 'draft', document: JSON.stringify(document), created_by: 'u' });
  await knex('voicemails').insert({ id: 'v', call_id: 'c', box: 'night', caller: '1', left_at: new Date(), duration_ms: 1, file: 'v.wav' });
  await knex('trunks').insert({ id: 't', name: 'T', max_calls: 7, max_calls_per_second: 8 });
}
