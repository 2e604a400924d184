import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { wav } from './config-fakes.js';
import { type House, openHouse, PASSWORD, type Reply } from './fakes.js';

describe('administration over REST', () => {
  let house: House;
  let token: string;
  beforeEach(async () => {
    house = await openHouse();
    token = await house.token('admin');
  });
  afterEach(() => house.close());

  const ask = (method: string, path: string, body?: unknown): Promise<Reply> =>
    house.request(method, `/api/v1${path}`, { token, ...(body === undefined ? {} : { body }) });
  const get = (path: string) => ask('GET', path);
  const post = (path: string, body: unknown) => ask('POST', path, body);
  const put = (path: string, body: unknown) => ask('PUT', path, body);
  const remove = (path: string) => ask('DELETE', path);
  const fieldOf = (reply: Reply) => reply.json?.error?.details?.fields?.[0]?.field;
  const done = (action: string) => house.identity.entries.filter((entry) => entry.action === action);

  describe('users and extensions', () => {
    const bo = { username: 'bo', roles: ['agent'], extension: '2001', skills: ['consult'], groups: ['main'] };

    it('a user is made with an extension; the secrets that were made are in that answer and nowhere else', async () => {
      const made = await post('/users', bo);
      assert.equal(made.status, 201, made.text);
      assert.deepEqual([made.json.password, made.json.sipPassword], ['random-secret-1', 'random-secret-2']);
      assert.equal((await house.config.extensions.get('2001'))?.sipPassword, 'random-secret-2');
      const session = await house.request('POST', '/api/v1/session', { body: { username: 'bo', password: made.json.password } });
      assert.equal(session.status, 200);
      for (const path of ['/users', '/users/bo', `/users/${made.json.id}`, '/extensions', '/extensions/2001', '/audit']) {
        assert.doesNotMatch((await get(path)).text, /random-secret|sip-of|scrypt/, path);
      }
      assert.deepEqual(
        done('user.created').map((e) => [e.username, e.subject, e.details?.secrets]),
        [['admin', 'bo', ['password']]],
      );
      assert.equal(done('extension.created').length, 1);
      assert.equal((await get('/extensions/2001')).json.user, 'bo');
      assert.equal(house.applied(), 1);
    });

    it('many users come by CSV, all or none; every line at fault is told with what is wrong', async () => {
      const csv = (text: string): Promise<Reply> =>
        house.request('POST', '/api/v1/users/import', { token, body: text, headers: { 'content-type': 'text/csv' } });
      const head = 'username,displayName,roles,extension,groups,skills,enabled,password\n';
      const refused = await csv(
        `${head}cy,,agent,2101,main,consult:11,,\n甲,,agent,2102,,,,\nadmin,,admin,,,,,\ndo,,agent,2103,,flying,,\nem,,agent,2104,,,,,,`,
      );
      assert.deepEqual([refused.status, refused.json.error.details.faults], [400, 3], refused.text);
      assert.deepEqual(
        refused.json.error.details.fields.map((one: { field: string }) => one.field),
        ['line 2', 'line 3', 'line 6'],
      );
      const later = await csv(`${head}admin,,admin,,,,,\ncy,,agent,2101,main,consult,,\ndo,,agent,2103,,flying,,\ncy,,agent,2105,,,,`);
      assert.deepEqual(
        later.json.error.details.fields.map((one: { field: string }) => one.field),
        ['line 2', 'line 4', 'line 5'],
      );
      assert.equal((await get('/users/cy')).status, 404, 'none of them is there');
      const made = await csv(`${head}cy,曹英,agent;supervisor,2101,main other,consult:8,,\ndo,,admin,,,,false,chosen by me`);
      assert.equal(made.status, 201, made.text);
      const [cy, other] = made.json.items;
      assert.deepEqual(
        [cy.displayName, cy.roles, cy.groups, cy.skillLevels],
        ['曹英', ['agent', 'supervisor'], ['main', 'other'], { consult: 8 }],
      );
      assert.deepEqual([other.enabled, other.password, other.extension], [false, undefined, null]);
      const session = await house.request('POST', '/api/v1/session', { body: { username: 'cy', password: cy.password } });
      assert.equal(session.status, 200);
      assert.match((await csv(head)).json.error.message, /nobody in it/);
    });

    it('secrets that are given are kept and not given back; generating makes new ones', async () => {
      const made = await post('/users', { ...bo, password: 'chosen by me', sipPassword: 'sip-chosen' });
      assert.deepEqual([made.json.password, made.json.sipPassword], [undefined, undefined]);
      assert.equal((await house.config.extensions.get('2001'))?.sipPassword, 'sip-chosen');
      const changed = await put('/users/bo', { generateSipPassword: true });
      assert.equal((await house.config.extensions.get('2001'))?.sipPassword, changed.json.sipPassword);
      const one = await put('/extensions/2001', { generateSipPassword: true });
      assert.equal((await house.config.extensions.get('2001'))?.sipPassword, one.json.sipPassword);
      assert.deepEqual(done('extension.changed').at(-1)?.details, { before: {}, after: {}, secrets: ['sipPassword'] });
    });

    it('a new password ends the sessions of that user, at once, and of no other', async () => {
      const [agent, other] = [await house.token('agent1001'), await house.token('agent1003')];
      assert.equal((await put('/users/agent1001', { password: 'something new' })).status, 200);
      const me = (of: string) => house.request('GET', '/api/v1/me', { token: of });
      assert.deepEqual([(await me(agent)).status, (await me(other)).status], [401, 200]);
      const old = await house.request('POST', '/api/v1/session', { body: { username: 'agent1001', password: PASSWORD } });
      assert.equal(old.status, 401);
    });

    it('a role given is there with the next request; a role taken away ends the sessions', async () => {
      const agent = await house.token('agent1001');
      const skills = () => house.request('GET', '/api/v1/skills', { token: agent });
      assert.equal((await skills()).status, 403);
      assert.equal((await put('/users/agent1001', { roles: ['agent', 'supervisor'] })).status, 200);
      assert.equal((await skills()).status, 200);
      assert.equal((await put('/users/agent1001', { roles: ['agent'] })).status, 200);
      assert.equal((await skills()).status, 401);
      assert.deepEqual(done('user.changed').at(-1)?.details, { before: { roles: ['agent', 'supervisor'] }, after: { roles: ['agent'] } });
    });

    it('a supervisor who leads a group no more has to sign in again', async () => {
      const supervisor = await house.token('super1100');
      assert.equal((await put('/users/super1100', { groups: ['main', 'night'] })).status, 200);
      assert.equal((await house.request('GET', '/api/v1/me', { token: supervisor })).json.user.groups.length, 2);
      assert.equal((await put('/users/super1100', { groups: ['night'] })).status, 200);
      assert.equal((await house.request('GET', '/api/v1/me', { token: supervisor })).status, 401);
    });

    it('a disabled user is out at once, and cannot come back', async () => {
      const agent = await house.token('agent1001');
      await put('/users/agent1001', { enabled: false });
      assert.equal((await house.request('GET', '/api/v1/me', { token: agent })).status, 401);
      await assert.rejects(house.token('agent1001'), /401/);
    });

    it('the last administrator can neither go, nor be disabled, nor lose the role', async () => {
      for (const reply of [
        await remove('/users/admin'),
        await put('/users/admin', { enabled: false }),
        await put('/users/admin', { roles: ['agent'] }),
      ]) {
        assert.equal(reply.status, 409);
        assert.match(reply.json.error.message, /last administrator/);
      }
      assert.equal((await get('/me')).status, 200, 'nothing of it has happened');
      await post('/users', { username: 'second', roles: ['admin'] });
      assert.equal((await remove('/users/admin')).status, 204);
      assert.equal((await get('/me')).status, 401);
    });

    it('a taken name, a taken extension and an unknown skill are named', async () => {
      assert.match((await post('/users', { ...bo, username: 'agent1001' })).json.error.message, /user agent1001 already exists/);
      const taken = await post('/users', { ...bo, extension: '1001' });
      assert.deepEqual([taken.status, taken.json.error.details.usedBy], [409, [{ kind: 'user', id: 'agent1001' }]]);
      assert.equal(fieldOf(await post('/users', { ...bo, skills: ['consult', 'chess'] })), 'skills.1');
      assert.equal(fieldOf(await post('/users', { ...bo, extension: null })), 'skills');
      assert.equal(fieldOf(await post('/users', { ...bo, password: 'short' })), 'password');
      assert.equal(fieldOf(await post('/users', { ...bo, roles: [] })), 'roles');
      assert.equal(await house.config.extensions.get('2001'), undefined, 'nothing is left of a refused change');
    });

    it('whoever is signed in as an agent is not deleted; afterwards the extension goes too, unless it is kept', async () => {
      await house.acd.setState('1001', 'ready', null, 'test');
      const busy = await remove('/users/agent1001');
      assert.deepEqual([busy.status, busy.json.error.details.usedBy], [409, [{ kind: 'agent', id: '1001', at: 'signed in, ready' }]]);
      await house.acd.setState('1001', 'offline', null, 'test');
      assert.equal((await remove('/users/agent1001')).status, 204);
      assert.equal((await get('/extensions/1001')).status, 404);
      assert.equal((await remove('/users/agent1003?keepExtension=true')).status, 204);
      assert.equal((await get('/extensions/1003')).json.user, null);
      assert.equal((await remove('/extensions/1003')).status, 204);
    });

    it('an extension in use by a user, a number or a flow is not deleted: all of them are named', async () => {
      await post('/numbers', { number: '95001', target: { kind: 'toExtension', extension: '1001' } });
      await post('/flows', { document: { id: 'f', nodes: { ring: { extension: '1001' } } } });
      await post('/flows/f/publish', {});
      const reply = await remove('/extensions/1001');
      assert.equal(reply.status, 409);
      assert.match(reply.json.error.message, /user agent1001, number 95001, flow f \(node ring, field extension\)/);
    });
  });

  describe('queues and skills', () => {
    it('a queue is made with sensible settings, changed field by field, and read by supervisors', async () => {
      const made = await post('/queues', { id: 'vip', requiredSkills: ['consult'], wrapUpSeconds: 1.5 });
      assert.equal(made.status, 201, made.text);
      const stored = await house.config.queues.get('vip');
      assert.deepEqual([stored?.wrapUpMs, stored?.ringTimeoutMs, stored?.music, stored?.name], [1500, 20_000, 'queue-music', 'vip']);
      const changed = await put('/queues/vip', { maxWaitSeconds: 60 });
      assert.deepEqual([changed.json.maxWaitSeconds, changed.json.wrapUpSeconds, changed.json.revision], [60, 1.5, 2]);
      assert.deepEqual(done('queue.changed')[0]?.details, { before: { maxWaitSeconds: 1800 }, after: { maxWaitSeconds: 60 } });
      const config = async (who: string) =>
        (await house.request('GET', '/api/v1/queues/consult', { token: await house.token(who) })).json.config?.requiredSkills;
      assert.deepEqual([await config('agent1001'), await config('super1100')], [undefined, ['consult']]);
    });

    it('an unknown skill, missing music and a wrong duration name their field', async () => {
      assert.equal(fieldOf(await post('/queues', { id: 'vip', requiredSkills: ['chess'] })), 'requiredSkills.0');
      assert.equal(fieldOf(await put('/queues/consult', { music: 'silence' })), 'music');
      assert.equal(fieldOf(await put('/queues/consult', { ringTimeoutSeconds: 0 })), 'ringTimeoutSeconds');
      assert.equal(fieldOf(await put('/queues/consult', { id: 'other' })), 'id');
      assert.equal((await post('/queues', { id: 'consult', requiredSkills: [] })).status, 409);
    });

    it('a queue where calls wait, or that a flow in force names, is not deleted', async () => {
      assert.match((await remove('/queues/consult')).json.error.message, /calls wait in it \(1\)/);
      house.acd.queue = () => undefined;
      await post('/flows', { document: { id: 'f', nodes: { a: { queue: 'consult' } } } });
      await post('/flows/f/publish', {});
      const reply = await remove('/queues/consult');
      assert.deepEqual([reply.status, reply.json.error.details.usedBy], [409, [{ kind: 'flow', id: 'f', at: 'node a, field queue' }]]);
      assert.equal((await remove('/queues/night')).status, 204);
    });

    it('a skill that a queue asks for or an agent has is not deleted', async () => {
      const reply = await remove('/skills/consult');
      assert.match(reply.json.error.message, /queue consult, user agent1001/);
      await post('/skills', { id: 'chess' });
      assert.equal((await put('/skills/chess', { name: '棋' })).json.name, '棋');
      assert.equal((await remove('/skills/chess')).status, 204);
    });
  });

  describe('numbers and trunks', () => {
    it('a number leads to what there is, and nowhere else', async () => {
      const to = (target: unknown) => post('/numbers', { number: '12345', target });
      assert.equal(fieldOf(await to({ kind: 'toFlow', flowId: 'f' })), 'target.flowId');
      assert.equal(fieldOf(await to({ kind: 'toExtension', extension: '4444' })), 'target.extension');
      assert.equal(fieldOf(await to({ kind: 'toTrunk', trunkId: 't', number: '1' })), 'target.trunkId');
      assert.equal((await to({ kind: 'toMoon' })).status, 400);
      assert.equal(fieldOf(await post('/numbers', { number: '*11', target: { kind: 'reject', reason: 'busy' } })), 'number');
      assert.equal((await to({ kind: 'reject', reason: 'busy' })).status, 201);
      assert.equal((await put('/numbers/12345', { target: { kind: 'toExtension', extension: '1001' } })).json.target.extension, '1001');
      const hidden = await post('/numbers', { number: '1001', target: { kind: 'reject', reason: 'busy' } });
      assert.match(hidden.json.error.message, /1001 is an extension/);
      assert.equal((await post('/extensions', { number: '12345' })).status, 409);
      assert.equal((await remove('/numbers/12345')).status, 204);
    });

    it('wrong addresses, rules and URIs of a trunk name the entry at fault', async () => {
      assert.equal(fieldOf(await post('/trunks', { id: 't', inboundAddresses: ['10.0.0.1', '10.0.0.!'] })), 'inboundAddresses.1');
      assert.equal(fieldOf(await post('/trunks', { id: 't', outboundNumbers: ['^1$', '(1+)+'] })), 'outboundNumbers.1');
      assert.equal(fieldOf(await post('/trunks', { id: 't', outboundUri: '!' })), 'outboundUri');
      assert.equal(fieldOf(await post('/trunks', { id: 't', auth: { username: 'u' } })), 'auth.password');
    });

    it('a trunk’s password is written and never read; left out of a change it stays', async () => {
      const made = await post('/trunks', { id: 't', outboundUri: 'sip:192.0.2.1', auth: { username: 'u', password: 'trunk-secret' } });
      assert.deepEqual(made.json.auth, { username: 'u' });
      await put('/trunks/t', { auth: { username: 'v' }, maxCalls: 5 });
      assert.deepEqual((await house.config.trunks.get('t'))?.auth, { username: 'v', password: 'trunk-secret' });
      assert.doesNotMatch((await get('/trunks')).text + (await get('/audit')).text, /trunk-secret/);
      await post('/numbers', { number: '9', target: { kind: 'toTrunk', trunkId: 't', number: '10086' } });
      assert.match((await remove('/trunks/t')).json.error.message, /number 9/);
    });
  });

  describe('two administrators', () => {
    it('a change made from an older revision is refused, tells the current one and changes nothing', async () => {
      const { json: read } = await get('/skills/consult');
      assert.equal((await put('/skills/consult', { name: 'first', revision: read.revision })).status, 200);
      const late = await put('/skills/consult', { name: 'second', revision: read.revision });
      assert.deepEqual([late.status, late.json.error.details], [409, { field: 'revision', revision: read.revision + 1 }]);
      assert.equal((await get('/skills/consult')).json.name, 'first');
      assert.equal((await remove(`/queues/night?revision=7`)).status, 409);
      assert.equal((await remove('/skills/consult?revision=x')).status, 400);
    });
  });

  describe('flows', () => {
    const document = (queue: string, id = 'f') => ({ id, name: 'Flow', nodes: { a: { queue } } });

    it('a draft is kept whatever is wrong with it, and publishing names node and field', async () => {
      const made = await post('/flows', { document: document('nowhere') });
      assert.equal(made.status, 201, made.text);
      assert.deepEqual(made.json.problems, [{ node: 'a', field: 'queue', message: 'there is no queue nowhere' }]);
      const refused = await post('/flows/f/publish', {});
      assert.equal(refused.status, 400);
      assert.match(refused.json.error.message, /node a, field queue: there is no queue nowhere/);
      assert.deepEqual(refused.json.error.details.problems, made.json.problems);
      assert.equal((await put('/flows/f', { document: document('consult', 'g') })).json.problems[0].field, 'id');
    });

    it('a document nested beyond all use is refused by its field', async () => {
      const deep = `{"document":{"id":"f","nodes":${'['.repeat(200_000)}${']'.repeat(200_000)}}}`;
      assert.equal(fieldOf(await post('/flows', deep)), 'document');
      assert.equal((await post('/flows', { document: { id: 'f', name: 'a\u0000b' } })).json.name, 'ab');
    });

    it('each publication is a version that never changes; rollback goes back one, or to the one named', async () => {
      await post('/flows', { document: document('consult') });
      for (const queue of ['complaint', 'night', 'consult']) {
        assert.equal((await post('/flows/f/publish', {})).status, 200);
        assert.equal((await put('/flows/f', { document: document(queue) })).status, 200);
      }
      const versions = async () =>
        (await get('/flows/f/versions')).json.items.map((v: { version: number; state: string }) => `${v.version} ${v.state}`);
      assert.deepEqual(await versions(), ['4 draft', '3 published', '2 retired', '1 retired']);
      assert.equal((await post('/flows/f/rollback', {})).json.published.version, 2);
      assert.equal((await post('/flows/f/rollback', {})).json.published.version, 1);
      assert.equal((await post('/flows/f/rollback', {})).status, 409, 'there is none before the first');
      assert.equal((await post('/flows/f/rollback', { version: 3 })).json.published.version, 3);
      assert.equal(fieldOf(await post('/flows/f/rollback', { version: 4 })), 'version', 'a draft was never in force');
      assert.deepEqual(await versions(), ['4 draft', '3 published', '2 retired', '1 retired']);
      assert.equal((await get('/flows/f/versions/2')).json.document.nodes.a.queue, 'complaint');
      assert.equal((await get('/flows/f/versions/9')).status, 404);
      assert.deepEqual(
        done('flow.rolled-back').map((e) => [e.username, e.details]),
        [
          ['admin', { before: { version: 3 }, after: { version: 2 } }],
          ['admin', { before: { version: 2 }, after: { version: 1 } }],
          ['admin', { before: { version: 1 }, after: { version: 3 } }],
        ],
      );
    });

    it('an old version whose queue is gone cannot come back', async () => {
      house.acd.queue = () => undefined;
      await post('/flows', { document: document('night') });
      await post('/flows/f/publish', {});
      await put('/flows/f', { document: document('consult') });
      await post('/flows/f/publish', {});
      assert.equal((await remove('/queues/night')).status, 204);
      const refused = await post('/flows/f/rollback', {});
      assert.match(refused.json.error.message, /version 1 cannot be published: node a, field queue/);
      assert.equal((await get('/flows/f')).json.published.version, 2);
    });

    it('without a draft there is nothing to publish; a flow that a number or a flow leads to is not deleted', async () => {
      await post('/flows', { document: document('consult') });
      await post('/flows/f/publish', {});
      assert.equal((await post('/flows/f/publish', {})).status, 409);
      await post('/flows', { document: { id: 'g', nodes: { on: { flow: 'f' } } } });
      await post('/flows/g/publish', {});
      await post('/numbers', { number: '12345', target: { kind: 'toFlow', flowId: 'f' } });
      assert.match((await remove('/flows/f')).json.error.message, /number 12345, flow g \(node on, field flow\)/);
      assert.equal((await remove('/flows/g')).status, 204);
    });
  });

  describe('prompts', () => {
    it('shipped ones are listed with their text, and cannot be deleted', async () => {
      const { json } = await get('/prompts');
      assert.deepEqual(
        json.items.map((p: { id: string; text: string | null; origin: string }) => [p.id, p.text, p.origin]),
        [
          ['greeting', '您好', 'shipped'],
          ['queue-music', null, 'shipped'],
        ],
      );
      assert.match((await remove('/prompts/greeting')).json.error.message, /shipped with the program/);
    });

    it('an upload takes the place of the shipped one until it is deleted', async () => {
      const bytes = wav({ tag: 6, samples: 16_000 });
      const made = await put('/prompts/greeting', bytes);
      assert.deepEqual([made.status, made.json.origin, made.json.format, made.json.durationSeconds], [200, 'uploaded', 'alaw', 2]);
      assert.deepEqual(await readFile(join(house.recordingsDir, 'prompts', 'greeting.wav')), bytes);
      const audio = await get('/prompts/greeting/audio');
      assert.deepEqual([audio.status, audio.headers.get('content-length')], [200, String(bytes.length)]);
      assert.equal((await remove('/prompts/greeting')).status, 204);
      assert.equal((await get('/prompts/greeting')).json.origin, 'shipped');
      assert.deepEqual(
        house.identity.entries.map((e) => e.action).filter((a) => a.startsWith('prompt')),
        ['prompt.created', 'prompt.deleted'],
      );
    });

    it('each language has a set of its own: an English upload leaves the Chinese one alone', async () => {
      const english = wav({ tag: 6, samples: 8000 });
      const made = await post('/prompts?id=greeting&language=en', english);
      assert.deepEqual([made.status, made.json.language, made.json.durationSeconds], [201, 'en', 1]);
      assert.deepEqual(await readFile(join(house.recordingsDir, 'prompts/en/greeting.wav')), english);
      assert.equal((await get('/prompts/greeting')).json.origin, 'shipped');
      assert.deepEqual(
        (await get('/prompts?language=en')).json.items.map((p: { id: string }) => p.id),
        ['greeting'],
      );
      assert.equal((await get('/prompts/greeting/audio?language=en')).headers.get('content-length'), String(english.length));
      assert.match((await get('/prompts?language=fr')).json.error.message, /language: must be one of zh, en/);
      assert.equal((await remove('/prompts/greeting?language=en')).status, 204);
      assert.equal((await get('/prompts/greeting?language=en')).status, 404);
    });

    it('what no leg can play is refused in words that say what is needed', async () => {
      const cases: [Buffer, RegExp][] = [
        [wav({ rate: 16_000 }), /sampled at 16000 Hz; a WAV of 8000 Hz, mono/],
        [wav({ channels: 2 }), /2 channels/],
        [wav({ bits: 24 }), /format 1 with 24 bits/],
        [wav({ tag: 85 }), /format 85/],
        [wav({ samples: 0 }), /no audio/],
        [wav().subarray(0, 200), /cut short/],
        [Buffer.from('ID3 not a wav at all'), /not a RIFF\/WAVE/],
      ];
      for (const [bytes, words] of cases) {
        const reply = await put('/prompts/welcome', bytes);
        assert.equal(reply.status, 400, String(words));
        assert.match(reply.json.error.message, words);
      }
      assert.equal((await put('/prompts/welcome', Buffer.alloc(10 * 1024 * 1024 + 1))).status, 413);
      assert.equal(
        (await house.request('PUT', '/api/v1/prompts/welcome', { token, headers: { 'content-type': 'audio/wav' } })).status,
        400,
      );
      assert.equal((await put('/prompts/..%2Fwelcome', wav())).status, 400);
      assert.deepEqual((await get('/prompts')).json.items.length, 2);
    });

    it('one that a queue or a flow in force plays is not deleted', async () => {
      assert.equal((await post('/prompts?id=jazz', wav())).status, 201);
      assert.equal((await post('/prompts?id=jazz', wav())).status, 409);
      assert.equal((await put('/queues/consult', { music: 'jazz' })).status, 200);
      await post('/flows', { document: { id: 'f', nodes: { hello: { prompt: 'jazz' } } } });
      await post('/flows/f/publish', {});
      assert.match((await remove('/prompts/jazz')).json.error.message, /queue consult \(music\), flow f \(node hello, field prompt\)/);
      await put('/queues/consult', { music: 'queue-music' });
      await put('/flows/f', { document: { id: 'f', nodes: {} } });
      await post('/flows/f/publish', {});
      assert.equal((await remove('/prompts/jazz')).status, 204);
    });
  });

  it('a change that cannot be put into force here yet is stored all the same, and the log says so', async () => {
    await house.close();
    house = await openHouse({ applied: () => Promise.reject(new Error('database is away')) });
    token = await house.token('admin');
    assert.equal((await post('/skills', { id: 'chess' })).status, 201);
    assert.match(house.logger.text(), /will be in force a moment later/);
  });

  it('the audit log is filtered by who, what and whom', async () => {
    await post('/skills', { id: 'chess' });
    await put('/skills/chess', { name: 'Chess' });
    const { json } = await get('/audit?username=admin&action=skill.changed&subject=chess');
    assert.equal(json.items.length, 1);
    assert.deepEqual(json.items[0].details, { before: { name: 'chess' }, after: { name: 'Chess' } });
    assert.equal((await get('/audit?from=yesterday')).status, 400);
    assert.equal((await get('/audit?subject=%00')).status, 400);
    assert.equal((await get('/flows/main/versions/99999999999')).status, 400);
  });
});
