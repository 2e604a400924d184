import assert from 'node:assert/strict';
import {
  type ConfigStore,
  DomainError,
  EXTENSION_DEFAULTS,
  QUEUE_DEFAULTS,
  type QueueConfig,
  silentLogger,
  TRUNK_DEFAULTS,
  type Trunk,
} from '@yixian/contracts';
import { createConfigStore, createDirectory, createIdentityStore, type LiveDirectory, seedDemo } from '../src/index.js';
import { startTestDatabase, type TestDatabase } from './support/database.js';

const conflict = (words: RegExp) => (error: unknown) =>
  error instanceof DomainError && error.code === 'conflict' && words.test(error.message);
const notFound = (error: unknown) => error instanceof DomainError && error.code === 'not-found';

describe('the configuration as administrators change it', function () {
  this.timeout(60_000);
  let db: TestDatabase;
  let store: ConfigStore;
  let directory: LiveDirectory;
  let counter = 0;
  const secrets = { hashPassword: async (pw: string) => `hash of ${pw}`, randomSecret: () => `secret-${counter++}` };

  before(async () => {
    db = await startTestDatabase();
  });
  beforeEach(async () => {
    await seedDemo(db.knex, { flow: { id: 'main', name: '主流程', document: { id: 'main', v: 1 } }, ...secrets });
    store = createConfigStore(db.knex);
    directory = await createDirectory(db.knex, silentLogger);
  });
  afterEach(async () => {
    await directory.close();
    await db.clear();
  });
  after(() => db.stop());

  const queue: QueueConfig = {
    ...QUEUE_DEFAULTS,
    id: 'night',
    name: '夜班',
    requiredSkills: ['operator', 'consult'],
    priority: 3,
    ringTimeoutMs: 12_000,
    wrapUpMs: 5_000,
    maxWaitMs: 60_000,
    maxLength: 7,
    music: 'queue-music',
    announceEveryMs: 0,
    serviceLevelSeconds: 15,
    record: false,
  };

  it('a queue is added, changed and deleted with its skills, and the directory follows by itself', async () => {
    const changed = () => new Promise<void>((resolve) => directory.onChange(resolve));
    let next = changed();
    const added = await store.change((c) => c.queues.insert(queue));
    assert.deepEqual(added, { ...queue, requiredSkills: ['consult', 'operator'], revision: 1 });
    await next;
    assert.deepEqual(directory.queue('night'), { ...queue, requiredSkills: ['consult', 'operator'] });
    next = changed();
    const after = await store.change((c) => c.queues.update('night', { wrapUpMs: 0, requiredSkills: [] }));
    assert.deepEqual([after.wrapUpMs, after.requiredSkills, after.name, after.revision], [0, [], '夜班', 2]);
    await next;
    assert.deepEqual(directory.queue('night')?.requiredSkills, []);
    await store.change((c) => c.queues.delete('night'));
    assert.equal(await store.queues.get('night'), undefined);
    await directory.reload();
    assert.equal(directory.queue('night'), undefined);
  });

  it('a taken key is a conflict, an unknown one is not found, and nothing of that change is kept', async () => {
    const twice = store.change(async (c) => {
      await c.skills.insert({ id: 'english', name: 'English' });
      await c.audit({ at: 1, username: 'anna', action: 'skill.created', subject: 'english' });
      await c.skills.insert({ id: 'consult', name: 'again' });
    });
    await assert.rejects(twice, conflict(/skill consult already exists/));
    await assert.rejects(
      store.change((c) => c.skills.update('nothing', { name: 'x' })),
      notFound,
    );
    assert.equal(await store.skills.get('english'), undefined);
    assert.deepEqual((await store.auditLog({ limit: 10 })).items, []);
  });

  it('what others refer to cannot vanish, even when nobody looked before', async () => {
    await assert.rejects(
      store.change((c) => c.skills.delete('consult')),
      conflict(/queue/),
    );
    assert.ok(await store.skills.get('consult'));
  });

  it('changes of several administrators happen one after the other', async () => {
    const add = () =>
      store.change(async (c) => {
        const { maxLength } = (await c.queues.get('consult')) ?? { maxLength: 0 };
        await new Promise((resolve) => setImmediate(resolve));
        await c.queues.update('consult', { maxLength: maxLength + 1 });
      });
    await Promise.all([add(), add(), add(), add()]);
    const after = await store.queues.get('consult');
    assert.deepEqual([after?.maxLength, after?.revision], [504, 5]);
  });

  it('a user with role agent and an extension is an agent with skills; without the role no more', async () => {
    await store.change(async (c) => {
      await c.extensions.insert({
        ...EXTENSION_DEFAULTS,
        number: '3001',
        displayName: 'Bo',
        sipPassword: 'sip-secret',
        outboundAllowed: false,
        enabled: true,
      });
      const user = { id: 'user-bo', username: 'bo', displayName: 'Bo', roles: ['agent' as const], extension: '3001', groups: ['demo'] };
      await c.users.insert({
        ...user,
        enabled: true,
        skills: ['consult'],
        skillLevels: {},
        recording: null,
        lockedUntil: null,
        passwordHash: 'hash',
      });
    });
    await directory.reload();
    const agent = {
      id: '3001',
      userId: 'user-bo',
      name: 'Bo',
      skills: ['consult'],
      skillLevels: {},
      groups: ['demo'],
      recording: null,
      enabled: true,
    };
    assert.deepEqual(directory.agent('3001'), agent);
    assert.equal(directory.extension('3001')?.outboundAllowed, false);
    const after = await store.change((c) => c.users.update('user-bo', { skills: ['complaint'], displayName: 'Bob', groups: [] }));
    assert.deepEqual([after.skills, after.displayName, after.roles, after.revision], [['complaint'], 'Bob', ['agent'], 2]);
    await directory.reload();
    assert.deepEqual(directory.agent('3001'), { ...agent, name: 'Bob', skills: ['complaint'], groups: [] });
    await store.change((c) => c.users.update('user-bo', { roles: ['supervisor'] }));
    await directory.reload();
    assert.equal(directory.agent('3001'), undefined);
    assert.deepEqual((await store.users.get('user-bo'))?.skills, []);
  });

  it('moving a user to another extension moves the agent', async () => {
    await store.change((c) =>
      c.extensions.insert({
        ...EXTENSION_DEFAULTS,
        number: '3002',
        displayName: 'x',
        sipPassword: 'y',
        outboundAllowed: true,
        enabled: true,
      }),
    );
    const before = (await store.users.list()).find((u) => u.username === 'agent1001');
    assert.ok(before);
    await store.change((c) => c.users.update(before.id, { extension: '3002' }));
    await directory.reload();
    assert.deepEqual([directory.agent('1001'), directory.agent('3002')?.skills], [undefined, ['consult', 'operator']]);
  });

  it('a new password unlocks, and ending sessions ends exactly those of the user', async () => {
    const identity = createIdentityStore(db.knex);
    const [one, two] = [await identity.userByName('agent1001'), await identity.userByName('agent1002')];
    assert.ok(one && two);
    const expiresAt = Date.now() + 60_000;
    await identity.createSession({ id: 's1', tokenHash: 'h1', userId: one.id, expiresAt });
    await identity.createSession({ id: 's2', tokenHash: 'h2', userId: two.id, expiresAt });
    await identity.recordFailure(one.id, 5, expiresAt);
    assert.equal((await store.users.get(one.id))?.lockedUntil, expiresAt);
    const ended = await store.change(async (c) => {
      await c.users.update(one.id, { passwordHash: 'new hash' });
      return c.endSessions(one.id);
    });
    assert.deepEqual(ended, ['s1']);
    const after = await identity.userByName('agent1001');
    assert.deepEqual([after?.passwordHash, after?.lockedUntil, after?.failedAttempts], ['new hash', null, 0]);
    assert.equal(await identity.sessionByTokenHash('h1'), undefined);
    assert.ok(await identity.sessionByTokenHash('h2'));
  });

  it('trunks and numbers keep every field', async () => {
    const trunk: Trunk = {
      ...TRUNK_DEFAULTS,
      id: 'carrier',
      name: '运营商',
      inboundAddresses: ['192.0.2.0/24', '2001:db8::/32'],
      outboundUri: 'sip:192.0.2.1:5060',
      outboundNumbers: ['^1\\d{10}$'],
      outboundCallerId: '02112345678',
      auth: { username: 'u', password: 'p' },
      maxCalls: 30,
      maxCallsPerSecond: 5,
      enabled: true,
    };
    await store.change((c) => c.trunks.insert(trunk));
    assert.deepEqual(await store.trunks.get('carrier'), { ...trunk, revision: 1 });
    const bare = await store.change((c) => c.trunks.update('carrier', { auth: null, outboundUri: null }));
    assert.deepEqual(bare, { ...trunk, auth: null, outboundUri: null, revision: 2 });
    const number = {
      number: '+8612345',
      name: '热线',
      target: { kind: 'toTrunk' as const, trunkId: 'carrier', number: '1*#' },
      enabled: true,
    };
    await store.change((c) => c.numbers.insert(number));
    await directory.reload();
    assert.deepEqual(directory.accessCode('+8612345'), number);
    assert.deepEqual(directory.trunk('carrier')?.auth, null);
  });

  it('a flow has one draft, one version in force, and keeps every version with who and when', async () => {
    const draft = (v: number, by: string, at: number) => ({ name: '流程', document: { id: 'x', v }, by, at });
    const first = await store.change(async (c) => {
      await c.flows.insert({ id: 'x', name: '流程' });
      return c.flows.saveDraft('x', draft(1, 'anna', 1_000));
    });
    assert.deepEqual([first.draft?.version, first.published, first.draft?.createdBy], [1, null, 'anna']);
    await directory.reload();
    assert.equal(directory.flow('x'), undefined);
    await store.change((c) => c.flows.saveDraft('x', draft(2, 'bo', 2_000)));
    await store.change((c) => c.flows.publish('x', 1, 'anna', 3_000));
    await store.change((c) => c.flows.saveDraft('x', draft(3, 'bo', 4_000)));
    await store.change((c) => c.flows.publish('x', 2, 'bo', 5_000));
    await directory.reload();
    assert.deepEqual(directory.flow('x'), { version: 2, document: { id: 'x', v: 3 } });
    const back = await store.change((c) => c.flows.publish('x', 1, 'cy', 6_000));
    assert.deepEqual([back.published?.version, back.draft], [1, null]);
    await directory.reload();
    assert.deepEqual(directory.flow('x'), { version: 1, document: { id: 'x', v: 2 } });
    assert.deepEqual(await store.flows.versions('x'), [
      { version: 2, state: 'retired', createdAt: 4_000, createdBy: 'bo', publishedAt: 5_000, publishedBy: 'bo' },
      { version: 1, state: 'published', createdAt: 2_000, createdBy: 'bo', publishedAt: 6_000, publishedBy: 'cy' },
    ]);
    assert.deepEqual((await store.flows.version('x', 2))?.document, { id: 'x', v: 3 });
    assert.deepEqual(
      (await store.flows.published()).map((f) => [f.flowId, f.version]),
      [
        ['main', 1],
        ['x', 1],
      ],
    );
    await assert.rejects(
      store.change((c) => c.flows.publish('x', 9, 'cy', 7_000)),
      notFound,
    );
    assert.equal((await store.flows.get('x'))?.published?.version, 1, 'a failed publication changes nothing');
    await store.change((c) => c.flows.delete('x'));
    assert.deepEqual([await store.flows.get('x'), await store.flows.version('x', 1)], [undefined, undefined]);
  });

  it('the audit log is read newest first, by filter, page after page', async () => {
    await store.change(async (c) => {
      for (let i = 0; i < 5; i += 1) {
        await c.audit({
          at: 1_000 + Math.floor(i / 2),
          username: i % 2 ? 'bo' : 'anna',
          action: 'queue.changed',
          subject: `q${i}`,
          details: { i },
        });
      }
    });
    const first = await store.auditLog({ limit: 2 });
    assert.deepEqual(
      first.items.map((e) => e.subject),
      ['q4', 'q3'],
    );
    const rest = await store.auditLog({ limit: 10, cursor: first.next ?? '' });
    assert.deepEqual([rest.items.map((e) => e.subject), rest.next], [['q2', 'q1', 'q0'], null]);
    const of = async (action: string) => (await store.auditLog({ limit: 10, action })).items.map((one) => one.action);
    assert.deepEqual(
      [await of('queue.*'), await of('*.nothing'), await of('queue%')],
      [first.items.concat(rest.items).map((one) => one.action), [], []],
    );
    const his = await store.auditLog({ limit: 10, username: 'bo', from: 1_000, to: 1_001 });
    assert.deepEqual(
      his.items.map(({ at, details }) => [at, details]),
      [[1_000, { i: 1 }]],
    );
    await assert.rejects(
      store.auditLog({ limit: 1, cursor: 'nonsense' }),
      (error) => error instanceof DomainError && error.code === 'bad-request',
    );
  });
});
