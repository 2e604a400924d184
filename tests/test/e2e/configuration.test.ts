import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { yixian } from '../../src/command.js';
import type { Api, EventStream } from '../../src/hotline.js';
import { requirePeers } from '../../src/peers/index.js';
import { Scenario } from '../../src/scenario.js';

const CALENDAR = path.resolve(import.meta.dirname, '../../../../server/calendars/china-2026.json');

/** A flow that tells by the node it ends at what the configuration said of the caller. */
const document = {
  id: 'screen',
  name: '筛选',
  language: 'zh-CN',
  start: 'black',
  nodes: {
    black: { type: 'caller-list', list: 'black', listed: 'refused', notListed: 'hours' },
    hours: { type: 'schedule', schedule: 'office', open: 'unit', closed: 'closed' },
    unit: { type: 'queue', queue: 'unit', next: 'done', otherwise: 'failed' },
    ...Object.fromEntries(['refused', 'closed', 'done', 'failed'].map((name) => [name, { type: 'hangup' }])),
  },
};
const always = { weekly: [{ days: [1, 2, 3, 4, 5, 6, 7], from: '00:00', to: '24:00' }], holidays: 'ignore', special: [] };

describe('configuration: schedules, lists, boxes, groups, queues and settings are in force for the next call, and outlive backup and restore', function () {
  this.timeout(120_000);
  let s: Scenario;
  let folder: string;
  const backup = () => path.join(folder, 'backup.tar.gz');

  before(async function () {
    await requirePeers(this, 'baresip', 'redis');
    folder = mkdtempSync(path.join(tmpdir(), 'yixian-configuration-'));
    chmodSync(folder, 0o755);
    s = await Scenario.start();
    await configure(s.admin);
  });
  afterEach(() => s?.hangUpAllPhones());
  after(async () => {
    await s?.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  async function configure(admin: Api): Promise<void> {
    await admin.post('/schedules', { id: 'office', name: '工作时间', ...always });
    await admin.post('/lists', { id: 'black', kind: 'black' });
    await admin.put('/lists/black/entries', { entries: [{ number: '1390000', prefix: true, note: '骚扰' }] });
    await admin.post('/boxes', { id: 'night', extensions: ['1001'], keepDays: 30 });
    await admin.post('/groups', { number: '8000', members: ['1001', '1002'] });
    await admin.put('/skills/matrix', { agents: [{ agent: '1001', skills: { consult: 8, operator: 5 } }] });
    await admin.post('/queues', {
      ...{ id: 'unit', name: '承办单位', requiredSkills: ['consult'], minLevels: { consult: 7 }, group: 'demo', strategy: 'top-down' },
      ...{ agentOrder: ['1002', '1001'], scheduleId: 'office', announceEverySeconds: 0, wrapUp: 'open' },
      relaxation: [{ afterSeconds: 60, minLevels: { consult: 1 } }],
      overflow: [{ when: { kind: 'length', atLeast: 50 }, to: { kind: 'voicemail', box: 'night' } }],
      consequences: { noAnswer: { action: 'ready', afterSeconds: 5 } },
    });
    await admin.post('/flows', { document });
    await admin.post('/flows/screen/publish', {});
    await admin.post('/numbers', { number: '12345', target: { kind: 'toFlow', flowId: 'screen' } });
  }

  /** A call that is hung up once it has reached this node. */
  async function reaches(on: Scenario, caller: string, node: string): Promise<void> {
    const peer = await on.caller(caller, { toneHz: 700 });
    await peer.dial(on.uri('12345'));
    const callId = await on.callOf(caller);
    await on.events.wait('call.reached-node', (e) => e.callId === callId && e.data.nodeId === node);
    await on.stopPhone(peer);
  }

  it('a list and a schedule decide over the next call, entry by entry and hour by hour', async () => {
    await reaches(s, '13900001234', 'refused');
    await reaches(s, '13911111111', 'unit');
    await s.admin.request('DELETE', '/lists/black/entries/1390000');
    await s.admin.post('/lists/black/entries', { entries: [{ number: '13911111111' }] });
    await reaches(s, '13900001235', 'unit');
    await reaches(s, '13911111111', 'refused');
    await s.admin.put('/schedules/office', { weekly: [] });
    const state = await s.admin.get<{ open: boolean; because: string }>('/schedules/office/state');
    assert.deepEqual([state.open, state.because], [false, 'weekly']);
    await reaches(s, '13900001236', 'closed');
    await s.admin.put('/schedules/office', always);
    await reaches(s, '13900001237', 'unit');
  });

  it('the agent with the level is rung, though another is first in the order; personal numbers are masked for agents', async () => {
    await s.admin.put('/settings', { maskNumbersFor: ['agent'] });
    const [first, agent] = [await s.phone('1002', { toneHz: 900 }), await s.phone('1001', { toneHz: 1100 })];
    await s.ready('1002');
    await s.ready('1001');
    const own: EventStream = await (await s.api('1001')).events();
    const caller = await s.caller('13922222222', { toneHz: 700 });
    await caller.dial(s.uri('12345'));
    await agent.waitFor('CALL_INCOMING');
    const callId = await s.callOf('13922222222');
    await agent.accept();
    await s.events.wait('call.connected', (e) => e.callId === callId && e.agentId === '1001');
    const seen = await (await s.api('1001')).get<{ caller: string; called: string }>(`/calls/${callId}`);
    assert.deepEqual([seen.caller, seen.called], ['139****2222', '12345']);
    assert.equal((await s.admin.get<{ caller: string }>(`/calls/${callId}`)).caller, '13922222222');
    await own.wait('call.connected', (e) => e.callId === callId);
    assert.doesNotMatch(JSON.stringify([own.seen, own.snapshots]), /13922222222/);
    own.close();
    await caller.hangUp();
    await s.agentState('1001', 'wrap-up');
    assert.equal((await s.record(callId)).queue, 'unit');
    await s.signOut('1001', '1002');
    await s.stopPhone(first);
  });

  it('holidays are imported from a file, and one in use or wrong is refused in words', async () => {
    const imported = await yixian(['calendar', 'import', CALENDAR], { ...s.hotline.env });
    assert.deepEqual([imported.code, imported.stdout], [0, '2026: 33 holidays, 6 make-up workdays\n'], imported.stderr);
    await s.admin.put('/schedules/office', { weekly: [{ days: [1, 2, 3, 4, 5], from: '08:30', to: '17:30' }], holidays: 'closed' });
    const at = async (time: string) =>
      (await s.admin.get<{ because: string; open: boolean }>(`/schedules/office/state?at=${encodeURIComponent(time)}`)).because;
    assert.equal(await at('2026-02-17T10:00:00+08:00'), 'holiday:春节');
    assert.equal(await at('2026-02-14T10:00:00+08:00'), 'workday:春节调休');
    assert.equal(await at('2026-02-24T10:00:00+08:00'), 'weekly');
    await s.admin.put('/schedules/office', always);
    const csv = path.join(folder, 'bad.csv');
    writeFileSync(csv, 'date,kind,name\n2027-01-01,holiday,元旦\n2027-02-30,holiday,春节\n');
    const refused = await yixian(['calendar', 'import', csv], { ...s.hotline.env });
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /^yixian: .*bad\.csv: line 3: date must be a date.*\n$/);
    const inUse = await s.admin.raw('DELETE', '/schedules/office');
    assert.equal(inUse.status, 409);
    assert.match(await inUse.text(), /queue unit, flow screen/);
  });

  it('what was backed up while the hotline ran is the same hotline in another data folder, and takes calls', async () => {
    const made = await yixian(['backup', backup()], { ...s.hotline.env });
    assert.equal(made.code, 0, made.stderr);
    assert.equal(statSync(backup()).mode & 0o777, 0o600);
    const everything = async (admin: Api) => {
      const kinds = [
        'schedules',
        'calendars',
        'lists',
        'lists/black/entries',
        'boxes',
        'groups',
        'skills/matrix',
        'settings',
        'users',
        'numbers',
      ];
      const rest = ['trunks', 'extensions', 'flows', 'calls', 'audit?limit=1000'];
      const found = await Promise.all([...kinds, ...rest].map(async (kind) => [kind, await admin.get(`/${kind}`)]));
      const { config } = await admin.get<{ config: object }>('/queues/unit');
      return JSON.parse(JSON.stringify({ ...Object.fromEntries(found), unit: config }));
    };
    const before = await everything(s.admin);
    const running = await yixian(['restore', backup()], { ...s.hotline.env });
    assert.match(running.stderr, /stop it first/);

    const dataDir = path.join(folder, 'restored');
    const restored = await yixian(['restore', backup()], { DATA_DIR: dataDir });
    assert.equal(restored.code, 0, restored.stderr);
    assert.deepEqual(readFileSync(path.join(dataDir, 'first-run.json')), readFileSync(path.join(s.hotline.dataDir, 'first-run.json')));
    const again = await yixian(['restore', backup()], { DATA_DIR: dataDir });
    assert.equal(again.code, 1);
    assert.match(again.stderr, /the database is not empty; with --force/);
    const forced = await yixian(['restore', backup(), '--force'], { DATA_DIR: dataDir });
    assert.equal(forced.code, 0, forced.stderr);

    const other = await Scenario.start({ dataDir });
    try {
      const after = await everything(other.admin);
      // signing in there is an entry of its own
      after['audit?limit=1000'].items = after['audit?limit=1000'].items.filter(
        (e: { id: number }) => e.id <= before['audit?limit=1000'].items[0].id,
      );
      assert.deepEqual(after, before);
      await reaches(other, '13933333333', 'unit');
      const entry = await other.admin.post<{ entries: number }>('/lists/black/entries', { entries: [{ number: '10000' }] });
      assert.equal(entry.entries, before.lists.items[0].entries + 1);
    } finally {
      await other.close();
    }
  });

  it('a damaged backup is refused before anything is touched', async () => {
    const damaged = path.join(folder, 'damaged.tar.gz');
    const bytes = readFileSync(backup());
    bytes[Math.floor(bytes.length / 2)] = (bytes[Math.floor(bytes.length / 2)] ?? 0) ^ 0xff;
    writeFileSync(damaged, bytes);
    const dataDir = path.join(folder, 'untouched');
    const refused = await yixian(['restore', damaged], { DATA_DIR: dataDir });
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /^yixian: .*damaged\.tar\.gz: .*\n$/);
    assert.equal(existsSync(dataDir), false);
    const none = await yixian(['restore', path.join(folder, 'none')], { DATA_DIR: dataDir });
    assert.match(none.stderr, /there is no file/);
  });
});
