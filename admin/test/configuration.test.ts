import assert from 'node:assert/strict';
import { type House, openHouse, type Reply } from './fakes.js';

describe('administration over REST: schedules, lists, boxes, groups, settings, and all of a queue', () => {
  let house: House;
  let token: string;
  beforeEach(async () => {
    house = await openHouse();
    token = await house.token('admin');
  });
  afterEach(() => house.close());

  const ask = (method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply> =>
    house.request(method, `/api/v1${path}`, { token, ...(body === undefined ? {} : { body }), ...(headers ? { headers } : {}) });
  const get = (path: string) => ask('GET', path);
  const post = (path: string, body: unknown) => ask('POST', path, body);
  const put = (path: string, body: unknown) => ask('PUT', path, body);
  const remove = (path: string) => ask('DELETE', path);
  const fieldOf = (reply: Reply) => reply.json?.error?.details?.fields?.[0]?.field;
  const done = (action: string) => house.identity.entries.filter((entry) => entry.action === action);
  const changedFields = (action: string) => Object.keys(done(action)[0]?.details?.after ?? {});
  const usedBy = (reply: Reply) => [
    reply.status,
    ...reply.json.error.details.usedBy.map((u: { kind: string; id: string }) => `${u.kind} ${u.id}`),
  ];
  async function flowNaming(node: Record<string, string>): Promise<void> {
    await post('/flows', { document: { id: 'f', nodes: { a: node } } });
    assert.equal((await post('/flows/f/publish', {})).status, 200);
  }

  describe('schedules and calendars', () => {
    const office = { id: 'office', weekly: [{ days: [1, 2, 3, 4, 5], from: '08:30', to: '17:30' }] };

    it('a schedule says when it is open, by the calendar of that year', async () => {
      assert.equal((await post('/schedules', office)).status, 201);
      const days = [
        { date: '2026-10-10', kind: 'workday', name: '国庆节调休' },
        { date: '2026-10-01', kind: 'holiday', name: '国庆节' },
      ];
      const stored = await put('/calendars/2026', { days });
      assert.deepEqual([stored.status, stored.json.revision, stored.json.days[0].date], [200, 1, '2026-10-01']);
      const at = async (time: string) => (await get(`/schedules/office/state?at=${encodeURIComponent(time)}`)).json;
      assert.deepEqual(await at('2026-09-30T09:00:00+08:00'), { at: '2026-09-30T01:00:00.000Z', open: true, because: 'weekly' });
      assert.equal((await at('2026-10-01T09:00:00+08:00')).because, 'holiday:国庆节');
      assert.deepEqual((await at('2026-10-10T09:00:00+08:00')).open, true, 'a Saturday that is worked');
      await put('/schedules/office', { special: [{ date: '2026-09-30', name: '检修', hours: [] }] });
      assert.equal((await at('2026-09-30T09:00:00+08:00')).because, 'special:检修');
      assert.equal((await get('/schedules/office/state')).status, 200);
      assert.deepEqual([done('schedule.created').length, done('calendar.created').length], [1, 1]);
    });

    it('wrong hours, days and dates name their field', async () => {
      const weekly = (hours: object) => post('/schedules', { id: 's', weekly: [{ days: [1], from: '08:00', to: '12:00', ...hours }] });
      assert.equal(fieldOf(await weekly({ from: '8:00' })), 'weekly.0.from');
      assert.equal(fieldOf(await weekly({ from: '24:00' })), 'weekly.0.from');
      assert.equal(fieldOf(await weekly({ to: '08:00' })), 'weekly.0.to');
      assert.equal(fieldOf(await weekly({ days: [0] })), 'weekly.0.days.0');
      assert.equal(fieldOf(await weekly({ days: [1, 1] })), 'weekly.0.days.1');
      assert.equal(fieldOf(await weekly({ days: [] })), 'weekly.0.days');
      assert.equal((await weekly({ from: '00:00', to: '24:00' })).status, 201);
      const special = { date: '2026-02-29', name: 'x', hours: [] };
      assert.equal(fieldOf(await put('/schedules/s', { special: [special] })), 'special.0.date');
      const twice = [
        { ...special, date: '2026-02-28' },
        { ...special, date: '2026-02-28' },
      ];
      assert.equal(fieldOf(await put('/schedules/s', { special: twice })), 'special.1.date');
      const day = { date: '2027-01-01', kind: 'holiday', name: '元旦' };
      assert.equal(fieldOf(await put('/calendars/2026', { days: [day] })), 'days.0.date');
      assert.equal(fieldOf(await put('/calendars/2027', { days: [day, day] })), 'days.1.date');
      assert.equal((await put('/calendars/26', { days: [] })).status, 400);
      assert.equal((await get('/calendars/2031')).status, 404);
    });

    it('a year is replaced whole, by whoever knows its revision; a schedule in use stays', async () => {
      await put('/calendars/2026', { days: [{ date: '2026-01-01', kind: 'holiday', name: '元旦' }] });
      assert.equal((await put('/calendars/2026', { days: [], revision: 7 })).status, 409);
      assert.deepEqual((await put('/calendars/2026', { days: [], revision: 1 })).json.days, []);
      assert.equal((await remove('/calendars/2026')).status, 204);
      await post('/schedules', office);
      await put('/queues/consult', { scheduleId: 'office' });
      assert.deepEqual(usedBy(await remove('/schedules/office')), [409, 'queue consult']);
      await put('/queues/consult', { scheduleId: null });
      await flowNaming({ schedule: 'office' });
      assert.deepEqual(usedBy(await remove('/schedules/office')), [409, 'flow f']);
    });
  });

  describe('caller lists', () => {
    it('entries are put, added, paged and deleted, and every change is in the audit log without the numbers of many', async () => {
      const made = await post('/lists', { id: 'vip', name: '贵宾', kind: 'vip' });
      assert.deepEqual([made.status, made.json.entries], [201, 0]);
      const entries = [
        { number: '021', prefix: true, note: '上海' },
        { number: '13800000000', expiresAt: '2026-12-31T16:00:00Z' },
      ];
      assert.deepEqual((await put('/lists/vip/entries', { entries })).json.entries, 2);
      assert.equal((await post('/lists/vip/entries', { entries: [{ number: '10086' }] })).json.entries, 3);
      const first = await get('/lists/vip/entries?limit=2');
      assert.deepEqual(first.json.items[0], { number: '021', prefix: true, expiresAt: null, note: '上海' });
      const rest = await get(`/lists/vip/entries?limit=2&cursor=${first.json.next}`);
      assert.deepEqual([rest.json.items.map((e: { number: string }) => e.number), rest.json.next], [['13800000000'], null]);
      const found = async (search: string) =>
        (await get(`/lists/vip/entries?search=${search}`)).json.items.map((one: { number: string }) => one.number);
      assert.deepEqual([await found('1008'), await found('02187654321'), await found('%25')], [['10086'], ['021'], []]);
      assert.equal((await get('/lists/vip/entries?search=')).json.items.length, 3);
      assert.equal((await remove('/lists/vip/entries/021')).status, 204);
      assert.equal((await remove('/lists/vip/entries/021')).status, 404);
      assert.deepEqual(done('list.entries-replaced')[0]?.details, { before: { entries: 0 }, after: { entries: 2 } });
      assert.equal(done('list.entry-deleted').length, 1);
      assert.equal((await get('/lists/vip')).json.revision, 4);
      assert.equal((await put('/lists/vip', { name: 'VIP', kind: 'other' })).json.kind, 'other');
      assert.equal((await remove('/lists/vip?revision=1')).status, 409);
      assert.equal((await remove('/lists/vip')).status, 204);
      assert.equal((await put('/lists/vip/entries', { entries })).status, 404);
    });

    it('a CSV file is taken as it comes from a spreadsheet, and a wrong line is named', async () => {
      await post('/lists', { id: 'black', kind: 'black' });
      const csv = (text: string) => ask('PUT', '/lists/black/entries', text, { 'content-type': 'text/csv; charset=utf-8' });
      const good =
        '\uFEFFnumber,prefix,note,expiresAt\r\n13800000000,,"恶意, 多次""骚扰""",\r\n0755,true,\r\n\r\n10010,0,,2026-12-31T16:00:00Z\r\n';
      assert.equal((await csv(good)).json.entries, 3);
      const { items } = (await get('/lists/black/entries')).json;
      assert.deepEqual(items[2], { number: '13800000000', prefix: false, expiresAt: null, note: '恶意, 多次"骚扰"' });
      assert.deepEqual(
        [items[0].prefix, items[1].prefix],
        [true, false].map((_, i) => items[i].prefix),
      );
      assert.deepEqual(
        items.map((e: { number: string; prefix: boolean }) => [e.number, e.prefix]),
        [
          ['0755', true],
          ['10010', false],
          ['13800000000', false],
        ],
      );
      const problem = async (text: string) => (await csv(text)).json.error?.message;
      assert.match(await problem('number,colour\n1,red'), /line 1: there is no column colour/);
      assert.match(await problem('number\n1\n\nabc'), /line 4: number must be a number/);
      assert.match(await problem('number,prefix\n1,maybe'), /line 2: prefix must be true or false/);
      assert.match(await problem('number,note\n1,"open'), /line 2: a quotation mark is not closed/);
      assert.match(await problem('number\n1,2'), /line 2: has 2 values for 1 columns/);
      assert.match(await problem('note\nx'), /line 2: number must be a text/);
      const several = (await csv('number,prefix\n1,maybe\n2,true\nx,true\n3,1,2')).json.error;
      assert.deepEqual(
        several.details.fields.map((one: { field: string }) => one.field),
        ['line 2', 'line 4', 'line 5'],
      );
      assert.match(several.message, /line 2: prefix must be true or false \(and 2 more\)/);
      assert.equal((await get('/lists/black')).json.entries, 3, 'what is wrong in one line changes nothing');
      assert.equal((await ask('PUT', '/lists/black/entries', 'x', { 'content-type': 'text/plain' })).status, 415);
    });

    it('100,000 entries are taken in seconds, and between them the process serves', async () => {
      await post('/lists', { id: 'black', kind: 'black' });
      const entries = Array.from({ length: 100_000 }, (_, i) => ({ number: String(13_000_000_000 + i) }));
      let longest = 0;
      let last = performance.now();
      const beat = setInterval(() => {
        longest = Math.max(longest, performance.now() - last);
        last = performance.now();
      }, 1);
      const began = performance.now();
      const reply = await put('/lists/black/entries', { entries });
      clearInterval(beat);
      assert.equal(reply.json.entries, 100_000);
      assert.ok(performance.now() - began < 10_000);
      assert.ok(longest < 1_500, `stood still for ${longest} ms`);
    });

    it('a wrong entry, both ways at once or neither name the field; a list that a flow asks stays', async () => {
      await post('/lists', { id: 'vip', kind: 'vip' });
      const field = async (body: unknown) => fieldOf(await post('/lists/vip/entries', body));
      assert.equal(await field({ entries: [{ number: '1' }, { number: 'x' }] }), 'entries.1.number');
      assert.equal(await field({ entries: [{ number: '1', colour: 'red' }] }), 'entries.0.colour');
      assert.equal(await field({ entries: [7] }), 'entries.0');
      assert.equal(await field({ entries: [{ number: '1', expiresAt: 'tomorrow' }] }), 'entries.0.expiresAt');
      assert.equal(await field({}), 'entries');
      assert.equal(await field({ entries: [], csv: '' }), 'entries');
      assert.equal(fieldOf(await post('/lists', { id: 'x', kind: 'pink' })), 'kind');
      await flowNaming({ list: 'vip' });
      assert.deepEqual(usedBy(await remove('/lists/vip')), [409, 'flow f']);
    });
  });

  describe('boxes and groups', () => {
    it('a box is for extensions there are, and stays while a queue or a flow leads to it', async () => {
      const box = { id: 'night', extensions: ['1001'], notifyUrl: 'https://example.org/voicemail', keepDays: 30 };
      assert.deepEqual((await post('/boxes', box)).json, { ...box, name: 'night', revision: 1 });
      assert.equal(fieldOf(await put('/boxes/night', { extensions: ['1001', '4444'] })), 'extensions.1');
      assert.equal(fieldOf(await put('/boxes/night', { extensions: ['1001', '1001'] })), 'extensions.1');
      assert.equal(fieldOf(await put('/boxes/night', { notifyUrl: 'ftp://example.org' })), 'notifyUrl');
      assert.equal(fieldOf(await put('/boxes/night', { keepDays: 0 })), 'keepDays');
      await put('/queues/consult', { overflow: [{ when: { kind: 'closed' }, to: { kind: 'voicemail', box: 'night' } }] });
      assert.deepEqual(usedBy(await remove('/boxes/night')), [409, 'queue consult']);
      await put('/queues/consult', { overflow: [] });
      assert.equal((await remove('/boxes/night')).status, 204);
    });

    it('a group has a number of its own and members there are', async () => {
      const group = { number: '8000', members: ['1001', '1003'] };
      assert.deepEqual((await post('/groups', group)).json, { ...group, name: '8000', mode: 'ring-all', revision: 1 });
      assert.equal(fieldOf(await put('/groups/8000', { members: [] })), 'members');
      assert.equal(fieldOf(await put('/groups/8000', { members: ['4444'] })), 'members.0');
      assert.equal((await put('/groups/8000', { mode: 'conference' })).json.mode, 'conference');
      assert.equal((await post('/groups', { ...group, number: '1001' })).status, 409);
      assert.equal(fieldOf(await post('/groups', { ...group, number: '*8' })), 'number');
      assert.equal((await post('/extensions', { number: '8000' })).status, 409);
      assert.equal((await post('/numbers', { number: '8000', target: { kind: 'reject', reason: 'busy' } })).status, 409);
      assert.equal(fieldOf(await post('/numbers', { number: '77', target: { kind: 'toGroup', number: '8001' } })), 'target.number');
      await post('/numbers', { number: '77', target: { kind: 'toGroup', number: '8000' } });
      assert.deepEqual(usedBy(await remove('/groups/8000')), [409, 'number 77']);
    });

    it('an extension that a group, a box, an order or a forward names is not deleted', async () => {
      await post('/extensions', { number: '3000' });
      await post('/groups', { number: '8000', members: ['3000'] });
      await post('/boxes', { id: 'b', extensions: ['3000'] });
      await put('/extensions/1001', { forwards: { busy: '3000' } });
      assert.deepEqual(usedBy(await remove('/extensions/3000')), [409, 'group 8000', 'box b', 'extension 1001']);
    });
  });

  describe('queues', () => {
    const everything = {
      recording: { mode: 'share', sharePercent: 30, announcement: 'greeting' },
      strategy: 'top-down',
      agentOrder: ['1003', '1001'],
      group: 'main',
      minLevels: { consult: 7 },
      relaxation: [
        { afterSeconds: 30, minLevels: { consult: 3 } },
        { afterSeconds: 60.5, minLevels: { consult: 0 } },
      ],
      ageingPerMinute: 1.5,
      sticky: { withinSeconds: 86_400, waitSeconds: 10 },
      overflow: [
        { when: { kind: 'length', atLeast: 5 }, to: { kind: 'queue', queueId: 'night', priority: 1 } },
        { when: { kind: 'waited', atLeastSeconds: 120 }, to: { kind: 'number', number: '02112345678' } },
        { when: { kind: 'nobody-signed-in' }, to: { kind: 'voicemail', box: 'box' } },
      ],
      scheduleId: 'office',
      callback: {
        ...{ offerAfterSeconds: 60, key: '2', prompt: 'greeting', order: 'caller-first', attempts: 5, retryEverySeconds: 300 },
        ringSeconds: 25,
      },
      wrapUp: 'open',
      consequences: {
        noAnswer: { action: 'not-ready' },
        rejected: { action: 'ready', afterSeconds: 5 },
        busy: { action: 'ready', afterSeconds: 0 },
        notReachable: { action: 'sign-out' },
      },
    };

    it('every setting comes back as it was given, durations in seconds outside and milliseconds inside', async () => {
      await post('/schedules', { id: 'office' });
      await post('/boxes', { id: 'box' });
      const made = await post('/queues', { id: 'unit', requiredSkills: ['consult'], ...everything });
      assert.equal(made.status, 201, made.text);
      for (const [field, value] of Object.entries(everything)) assert.deepEqual(made.json[field], value, field);
      const stored = await house.config.queues.get('unit');
      assert.deepEqual(stored?.relaxation[1], { afterMs: 60_500, minLevels: { consult: 0 } });
      assert.deepEqual(stored?.overflow[1]?.when, { kind: 'waited', atLeastMs: 120_000 });
      assert.deepEqual(
        [stored?.sticky, stored?.consequences.rejected],
        [
          { withinMs: 86_400_000, waitMs: 10_000 },
          { action: 'ready', afterMs: 5_000 },
        ],
      );
      const after = await put('/queues/unit', { consequences: { busy: { action: 'sign-out' } }, sticky: null, wrapUpSeconds: 3 });
      assert.deepEqual(
        after.json.consequences,
        { ...everything.consequences, busy: { action: 'sign-out' } },
        'the other consequences stay',
      );
      assert.deepEqual([after.json.sticky, after.json.strategy], [null, 'top-down']);
      assert.deepEqual(changedFields('queue.changed'), ['wrapUpSeconds', 'sticky', 'consequences']);
      assert.deepEqual(usedBy(await remove('/schedules/office')), [409, 'queue unit']);
    });

    it('a queue made with nothing but a name behaves as queues did', async () => {
      const { json } = await post('/queues', { id: 'plain', requiredSkills: [] });
      assert.deepEqual(
        [json.strategy, json.recording, json.overflow, json.callback, json.scheduleId],
        ['longest-idle', null, [], null, null],
      );
      assert.deepEqual(json.consequences.noAnswer, { action: 'not-ready' });
    });

    it('whatever it names has to be there, and the field is named', async () => {
      await post('/flows', { document: { id: 'draft', nodes: {} } });
      const field = async (change: object) => fieldOf(await put('/queues/consult', change));
      const overflow = (to: object) => field({ overflow: [{ when: { kind: 'closed' }, to }] });
      assert.equal(await field({ scheduleId: 'never' }), 'scheduleId');
      assert.equal(await field({ agentOrder: ['1001', '1100'] }), 'agentOrder.1');
      assert.equal(await field({ minLevels: { complaint: 3 } }), 'minLevels.complaint');
      assert.equal(await field({ minLevels: { consult: 11 } }), 'minLevels.consult');
      assert.equal(await field({ relaxation: [{ afterSeconds: 5, minLevels: { complaint: 1 } }] }), 'relaxation.0.minLevels.complaint');
      const steps = [20, 10].map((afterSeconds) => ({ afterSeconds, minLevels: {} }));
      assert.equal(await field({ relaxation: steps }), 'relaxation.1.afterSeconds');
      assert.equal(await field({ recording: { mode: 'all', announcement: 'none-such' } }), 'recording.announcement');
      assert.equal(await field({ callback: { prompt: 'none-such' } }), 'callback.prompt');
      assert.equal(await field({ callback: { key: '12' } }), 'callback.key');
      assert.equal(await overflow({ kind: 'queue', queueId: 'consult' }), 'overflow.0.to.queueId');
      assert.equal(await overflow({ kind: 'queue', queueId: 'nowhere' }), 'overflow.0.to.queueId');
      assert.equal(await overflow({ kind: 'flow', flowId: 'nowhere' }), 'overflow.0.to.flowId');
      assert.match(
        (await put('/queues/consult', { overflow: [{ when: { kind: 'closed' }, to: { kind: 'flow', flowId: 'draft' } }] })).text,
        /not published/,
      );
      assert.equal(await overflow({ kind: 'voicemail', box: 'nowhere' }), 'overflow.0.to.box');
      assert.equal(await overflow({ kind: 'moon' }), 'overflow.0.to.kind');
      assert.equal(await field({ strategy: 'best' }), 'strategy');
      assert.equal(await field({ consequences: { busy: { action: 'explode' } } }), 'consequences.busy.action');
    });

    it('a queue, a flow or a prompt that another queue leads to or plays is not deleted', async () => {
      house.acd.queue = () => undefined;
      await flowNaming({ queue: 'consult' });
      const rule = (to: object) => ({ when: { kind: 'closed' }, to });
      await put('/queues/complaint', { overflow: [rule({ kind: 'queue', queueId: 'night' }), rule({ kind: 'flow', flowId: 'f' })] });
      assert.deepEqual(usedBy(await remove('/queues/night')), [409, 'queue complaint']);
      assert.deepEqual(usedBy(await remove('/flows/f')), [409, 'queue complaint']);
    });
  });

  describe('skill levels, recording and forwards', () => {
    it('a skill is given with or without a level, and keeps the level it has', async () => {
      const bo = { username: 'bo', roles: ['agent'], extension: '2001', skills: ['consult', { skill: 'night', level: 8 }] };
      const made = await post('/users', { ...bo, recording: { mode: 'none' } });
      assert.deepEqual([made.json.skills, made.json.skillLevels], [['consult', 'night'], { night: 8 }], made.text);
      assert.deepEqual(made.json.recording, { mode: 'none', sharePercent: 100, announcement: null });
      const more = await put('/users/bo', { skills: ['night', { skill: 'complaint', level: 2 }] });
      assert.deepEqual(more.json.skillLevels, { night: 8, complaint: 2 });
      assert.deepEqual((await put('/users/bo', { skillLevels: { night: 1 } })).json.skillLevels, { night: 1 });
      assert.equal(fieldOf(await put('/users/bo', { skillLevels: { consult: 3 } })), 'skillLevels.consult');
      assert.equal(fieldOf(await put('/users/bo', { skills: [{ skill: 'consult', level: 11 }] })), 'skills.0.level');
      assert.equal(fieldOf(await put('/users/bo', { recording: { mode: 'sometimes' } })), 'recording.mode');
      const role = await put('/users/bo', { roles: ['supervisor'] });
      assert.deepEqual([role.json.skills, role.json.skillLevels, role.json.recording], [[], {}, null]);
      assert.equal(fieldOf(await put('/users/bo', { recording: { mode: 'all' } })), 'recording');
    });

    it('the whole matrix of agents and skills is read and written at once, and only what differs is a change', async () => {
      const before = (await get('/skills/matrix')).json;
      assert.deepEqual(before.agents[0], { agent: '1001', name: 'agent1001', skills: { consult: 5 } });
      const reply = await put('/skills/matrix', {
        agents: [
          { agent: '1001', skills: { consult: 9, night: 1 } },
          { agent: '1003', skills: { complaint: 5 } },
        ],
      });
      assert.deepEqual(
        reply.json.agents.map((a: { skills: object }) => a.skills),
        [{ consult: 9, night: 1 }, { complaint: 5 }, { night: 5 }],
      );
      assert.deepEqual(
        done('user.changed').map((e) => [e.subject, e.details]),
        [['agent1001', { before: { skills: { consult: 5 } }, after: { skills: { consult: 9, night: 1 } } }]],
      );
      const field = async (agent: string, skills: object) => fieldOf(await put('/skills/matrix', { agents: [{ agent, skills }] }));
      assert.equal(await field('4444', {}), 'agents.0.agent');
      assert.equal(await field('1001', { chess: 3 }), 'agents.0.skills.chess');
      assert.equal(await field('1001', { consult: 0 }), 'agents.0.skills.consult');
      assert.equal(fieldOf(await post('/skills', { id: 'matrix' })), 'id');
    });

    it('forwards are changed one by one and never lead to the extension itself', async () => {
      const one = await put('/extensions/1001', { forwards: { noAnswer: { to: '1003', afterSeconds: 15 } }, pickupGroup: 'front' });
      assert.deepEqual(one.json.forwards, { always: null, busy: null, noAnswer: { to: '1003', afterSeconds: 15 }, notRegistered: null });
      const two = await put('/extensions/1001', { forwards: { busy: '13800000000' } });
      assert.deepEqual([two.json.forwards.noAnswer.to, two.json.forwards.busy, two.json.pickupGroup], ['1003', '13800000000', 'front']);
      assert.deepEqual((await house.config.extensions.get('1001'))?.forwards.noAnswer, { to: '1003', afterMs: 15_000 });
      assert.equal(fieldOf(await put('/extensions/1001', { forwards: { noAnswer: { to: '1001' } } })), 'forwards.noAnswer.to');
      assert.equal(fieldOf(await put('/extensions/1001', { forwards: { busy: 'sip:x@y' } })), 'forwards.busy');
      assert.equal((await put('/extensions/1001', { forwards: { noAnswer: null } })).json.forwards.noAnswer, null);
    });

    it('trunks have limits, a number for virtual seats and a recording policy', async () => {
      const plain = (await post('/trunks', { id: 't' })).json;
      assert.deepEqual([plain.maxOutboundCalls, plain.seatCallerId, plain.recording], [null, { show: 'caller' }, null]);
      const change = { maxOutboundCalls: 3, maxOutboundMinutesPerDay: 60, seatCallerId: { show: 'number', number: '02112345678' } };
      const { json } = await put('/trunks/t', { ...change, recording: { mode: 'on-demand' } });
      assert.deepEqual([json.maxOutboundCalls, json.maxOutboundMinutesPerDay, json.seatCallerId.number], [3, 60, '02112345678']);
      assert.equal(fieldOf(await put('/trunks/t', { seatCallerId: { show: 'number' } })), 'seatCallerId.number');
      assert.equal(fieldOf(await put('/trunks/t', { maxOutboundCalls: -1 })), 'maxOutboundCalls');
      assert.equal(fieldOf(await put('/trunks/t', { recording: { mode: 'all', announcement: 'none-such' } })), 'recording.announcement');
    });
  });

  describe('settings', () => {
    it('are read by everybody and changed by administrators, field by field', async () => {
      const agent = await house.token('agent1001');
      assert.equal((await house.request('GET', '/api/v1/settings', { token: agent })).json.maxSignedIn, null);
      assert.equal((await house.request('PUT', '/api/v1/settings', { token: agent, body: {} })).status, 403);
      const changed = await put('/settings', { maxSignedIn: 200, recording: { internal: { mode: 'all' } }, notReadyReasons: ['午餐'] });
      assert.deepEqual(
        [changed.json.recording.internal.mode, changed.json.recording.inbound.mode, changed.json.revision],
        ['all', 'all', 1],
      );
      assert.equal((await put('/settings', { maxSignedIn: null, revision: 0 })).status, 409);
      assert.equal((await get('/settings')).json.maxSignedIn, 200);
      assert.deepEqual(changedFields('settings.changed'), ['recording', 'notReadyReasons', 'maxSignedIn']);
      const field = async (change: object) => fieldOf(await put('/settings', change));
      assert.equal(await field({ recordingEncryption: 'rot13' }), 'recordingEncryption');
      assert.equal(await field({ recording: { inbound: { mode: 'share', sharePercent: 101 } } }), 'recording.inbound.sharePercent');
      assert.equal(await field({ recording: { inbound: { mode: 'all', announcement: 'none-such' } } }), 'recording.inbound.announcement');
      assert.equal(await field({ maskNumbersFor: ['agent', 'agent'] }), 'maskNumbersFor.1');
      assert.equal(await field({ colour: 'red' }), 'colour');
    });

    it('numbers are masked for the roles that are named, everywhere but where they are edited', async () => {
      house.calls.talking('call-1', '1001');
      await put('/settings', { maskNumbersFor: ['agent', 'admin'] });
      const caller = async (who: string) => {
        const reply = await house.request('GET', '/api/v1/queues/consult', { token: await house.token(who) });
        return reply.json.waiting[0].caller;
      };
      assert.deepEqual([await caller('agent1001'), await caller('super1100')], ['021****0001', '02100000001']);
      const call = await house.request('GET', '/api/v1/calls/call-1', { token: await house.token('agent1001') });
      assert.deepEqual([call.json.caller, call.json.called], ['021****5678', '12320']);
      await post('/lists', { id: 'vip', kind: 'vip' });
      await post('/lists/vip/entries', { entries: [{ number: '13812345678' }] });
      assert.equal((await get('/lists/vip/entries')).json.items[0].number, '13812345678', 'an administrator edits what it is');
      assert.equal((await get('/queues/consult')).json.waiting[0].caller, '021****0001');
    });
  });
});
