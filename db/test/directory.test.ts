import assert from 'node:assert/strict';
import { silentLogger } from '@yixian/contracts';
import {
  addDemoAgents,
  addPerson,
  addUser,
  createDirectory,
  createIdentityStore,
  firstRunDocument,
  type LiveDirectory,
  seedDemo,
} from '../src/index.js';
import { startTestDatabase, type TestDatabase } from './support/database.js';

describe('directory, people and the demo hotline', function () {
  this.timeout(60_000);
  let db: TestDatabase;
  let directory: LiveDirectory | undefined;
  let counter = 0;
  const secrets = { hashPassword: async (pw: string) => `hash of ${pw}`, randomSecret: () => `secret-${counter++}` };
  const flow = { id: 'main', name: '主流程', document: { nodes: [] } };

  before(async () => {
    db = await startTestDatabase();
  });
  afterEach(async () => {
    await directory?.close();
    directory = undefined;
    await db.clear();
  });
  after(() => db.stop());

  it('an empty database gets the demo hotline of the interface page', async () => {
    const credentials = await seedDemo(db.knex, { flow, ...secrets });
    assert.ok(credentials);
    directory = await createDirectory(db.knex, silentLogger);
    assert.deepEqual(directory.accessCode('12320')?.target, { kind: 'toFlow', flowId: 'main' });
    assert.deepEqual(directory.flow('main'), { version: 1, document: { nodes: [] } });
    const trunk = directory.trunk('demo');
    assert.deepEqual(trunk?.inboundAddresses, ['127.0.0.1', '::1']);
    assert.deepEqual([trunk?.outboundUri, trunk?.maxCalls, trunk?.maxCallsPerSecond], ['sip:127.0.0.1:5080', 400, 100]);
    const [rule] = trunk?.outboundNumbers ?? [];
    const allowed = ['02112345678', '13800000000', '10086', '123'].map((n) => new RegExp(rule ?? '').test(n));
    assert.deepEqual(allowed, [true, true, false, false]);
    assert.deepEqual(
      directory.queues().map((q) => [q.id, q.name, q.requiredSkills, q.wrapUpMs, q.record]),
      [
        ['complaint', '投诉', ['complaint'], 0, true],
        ['consult', '咨询', ['consult'], 0, true],
        ['operator', '人工', ['operator'], 0, true],
      ],
    );
    const withSkill = (skill: string): string[] => (directory?.agents() ?? []).filter((a) => a.skills.includes(skill)).map((a) => a.id);
    assert.deepEqual(withSkill('consult'), ['1001', '1002', '1003']);
    assert.deepEqual(withSkill('complaint'), ['1003', '1004', '1005']);
    assert.deepEqual(withSkill('operator'), ['1001', '1002', '1003', '1004', '1005']);
    assert.equal(directory.extension('1100')?.enabled, true);
    assert.equal(directory.agent('1100'), undefined);
  });

  it('the first-run document holds what the database holds', async () => {
    const credentials = await seedDemo(db.knex, { flow, ...secrets });
    assert.ok(credentials);
    const document = firstRunDocument(credentials, 'http://127.0.0.1:8080');
    assert.equal(document.http, 'http://127.0.0.1:8080');
    assert.equal(document.admin.username, 'admin');
    assert.equal(document.supervisor.username, 'super1100');
    assert.equal(document.agents.length, 5);
    directory = await createDirectory(db.knex, silentLogger);
    const identity = createIdentityStore(db.knex);
    for (const person of [...document.agents, document.supervisor]) {
      assert.equal(directory.extension(person.extension)?.sipPassword, person.sipPassword);
      assert.equal((await identity.userByName(person.username))?.passwordHash, `hash of ${person.password}`);
    }
    const all = JSON.stringify(document).match(/secret-\d+/g) ?? [];
    assert.equal(new Set(all).size, 13);
  });

  it('a database with anything in it is left as it is, also when two seed at once', async () => {
    const both = await Promise.all([seedDemo(db.knex, { flow, ...secrets }), seedDemo(db.knex, { flow, ...secrets })]);
    assert.equal(both.filter((c) => c !== undefined).length, 1);
    assert.equal(await seedDemo(db.knex, { flow, ...secrets }), undefined);
  });

  it('what anybody writes is in memory without being told, as one whole', async () => {
    await seedDemo(db.knex, { flow, ...secrets });
    const live = await createDirectory(db.knex, silentLogger);
    directory = live;
    const changed = new Promise<void>((resolve) => live.onChange(resolve));
    const added = await addDemoAgents(db.knex, { count: 3, from: '2001', skill: 'complaint', ...secrets });
    await changed;
    assert.deepEqual(
      added.map((a) => [a.extension, a.username, a.skills]),
      [
        ['2001', 'agent2001', ['complaint']],
        ['2002', 'agent2002', ['complaint']],
        ['2003', 'agent2003', ['complaint']],
      ],
    );
    assert.deepEqual(live.agent('2003')?.skills, ['complaint']);
  });

  it('reload sees what was written before it, and tells listeners only of a difference', async () => {
    const live = await createDirectory(db.knex, silentLogger);
    directory = live;
    let told = 0;
    live.onChange(() => {
      told += 1;
    });
    await Promise.all([live.reload(), live.reload()]);
    assert.equal(told, 0);
    await db.knex('skills').insert({ id: 'x', name: 'x' });
    await db.knex('extensions').insert({ number: '3001', display_name: 'x', sip_password: 'y' });
    await live.reload();
    assert.equal(live.extension('3001')?.sipPassword, 'y');
    await live.reload();
    assert.equal(told, 1);
  });

  it('hears of changes again after its connection was cut', async () => {
    const live = await createDirectory(db.knex, silentLogger);
    directory = live;
    await live.reload();
    await db.knex.raw(`select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen%'`);
    const changed = new Promise<void>((resolve) => live.onChange(resolve));
    await db.knex('extensions').insert({ number: '3002', display_name: 'x', sip_password: 'y' });
    await changed;
    assert.equal(live.extension('3002')?.number, '3002');
  });

  it('adding agents that exist, with an unknown skill or a wrong count names what is wrong and adds none', async () => {
    await seedDemo(db.knex, { flow, ...secrets });
    const add = (options: object) => addDemoAgents(db.knex, { count: 2, ...secrets, ...options });
    await assert.rejects(add({ from: 1000 }), {
      code: 'conflict',
      message: 'extension 1001 already exists',
      details: { extension: '1001' },
    });
    await assert.rejects(add({ skill: 'nursing' }), { code: 'not-found', message: 'there is no skill nursing' });
    await assert.rejects(add({ count: 0 }), { code: 'bad-request', details: { field: 'count' } });
    await assert.rejects(add({ from: 'abc' }), { code: 'bad-request', details: { field: 'from' } });
    assert.equal((await db.knex('agents')).length, 5);
  });

  it('a person whose extension or user name is taken is a conflict naming it', async () => {
    await seedDemo(db.knex, { flow, ...secrets });
    const person = { displayName: 'x', role: 'agent', groups: [], skills: [], takesCalls: true } as const;
    const add = (extension: string, username: string) =>
      addPerson(db.knex, { ...person, groups: [], skills: [], extension, username }, secrets);
    await assert.rejects(add('1001', 'somebody'), { code: 'conflict', message: 'extension 1001 already exists' });
    await assert.rejects(add('3001', 'agent1001'), { code: 'conflict', message: 'user agent1001 already exists' });
  });

  it('a user name that is taken is a conflict naming it', async () => {
    await addUser(db.knex, { username: 'boss', password: 'x', role: 'admin' }, secrets.hashPassword);
    await assert.rejects(addUser(db.knex, { username: 'boss', password: 'y', role: 'admin' }, secrets.hashPassword), {
      ...{ code: 'conflict', message: 'user boss already exists' },
    });
  });

  describe('identity store', () => {
    it('keeps failures and lock-outs of a user', async () => {
      const store = createIdentityStore(db.knex);
      await addUser(db.knex, { username: 'boss', displayName: 'Boss', password: 'x', role: 'admin' }, secrets.hashPassword);
      const until = Date.UTC(2026, 2, 1);
      await store.recordFailure('user-boss', 5, until);
      assert.deepEqual(await store.userByName('boss'), {
        ...{ id: 'user-boss', username: 'boss', displayName: 'Boss', roles: ['admin'], extension: null, groups: [], enabled: true },
        ...{ passwordHash: 'hash of x', failedAttempts: 5, lockedUntil: until },
      });
      await store.clearFailures('user-boss');
      assert.deepEqual([(await store.userById('user-boss'))?.failedAttempts, (await store.userById('user-boss'))?.lockedUntil], [0, null]);
    });

    it('a name nobody has, even with U+0000, is nobody', async () => {
      const store = createIdentityStore(db.knex);
      assert.equal(await store.userByName('nobody'), undefined);
      assert.equal(await store.userByName('a\u0000b'), undefined);
    });

    it('sessions are found by the hash of their token until they are deleted; expired ones are cleared away', async () => {
      const store = createIdentityStore(db.knex);
      await addUser(db.knex, { username: 'boss', password: 'x', role: 'admin' }, secrets.hashPassword);
      const session = { id: 's-1', tokenHash: 'h-1', userId: 'user-boss', expiresAt: Date.now() + 60_000 };
      await store.createSession({ ...session, id: 's-0', tokenHash: 'h-0', expiresAt: Date.now() - 1 });
      await store.createSession(session);
      assert.deepEqual(await store.sessionByTokenHash('h-1'), { id: 's-1', userId: 'user-boss', expiresAt: session.expiresAt });
      assert.equal(await store.sessionByTokenHash('h-0'), undefined);
      await store.deleteSession('s-1');
      assert.equal(await store.sessionByTokenHash('h-1'), undefined);
    });

    it('audits who did what to whom', async () => {
      const store = createIdentityStore(db.knex);
      await store.audit({ at: 1_000, username: 'admin', action: 'recording.played', subject: 'rec-1', details: { address: '127.0.0.1' } });
      const [row] = await db.knex('audit_log');
      assert.deepEqual(
        [row.at, row.username, row.action, row.subject, row.details],
        [1_000, 'admin', 'recording.played', 'rec-1', { address: '127.0.0.1' }],
      );
    });
  });
});
