import assert from 'node:assert/strict';
import type { Role } from '@yixian/contracts';
import fc from 'fast-check';
import { type House, openHouse } from './fakes.js';

const USERS: [Role, string][] = [
  ['agent', 'agent1001'],
  ['supervisor', 'super1100'],
  ['admin', 'admin'],
];

describe('route table', function () {
  this.timeout(60_000); // every route of the interface by every role
  let house: House;
  const tokens = new Map<Role, string>();
  before(async () => {
    house = await openHouse();
    for (const [role, username] of USERS) tokens.set(role, await house.token(username));
  });
  after(() => house.close());

  const filled = (path: string) =>
    path
      .replace(':extension', '1001')
      .replace(':number', '12345')
      .replace(':year', '2026')
      .replace(':ticket', 'T'.repeat(43))
      .replace(':version', '1')
      .replace(':id', 'nothing');

  it('holds every route of the interface that this version promises', () => {
    const have = new Set(house.routes.map((r) => `${r.method.toUpperCase()} ${r.path.replace('/api/v1', '')}`));
    const promised = [
      ...['POST /session', 'DELETE /session', 'GET /me', 'GET /agents', 'GET /agents/:extension', 'PUT /agents/:extension/state'],
      ...['PUT /agents/:extension/seat', 'GET /queues', 'GET /queues/:id', 'POST /calls', 'POST /calls/:id/hangup', 'POST /calls/:id/hold'],
      ...['POST /calls/:id/resume', 'POST /calls/:id/dtmf', 'GET /calls', 'GET /calls/:id', 'GET /recordings', 'GET /recordings/:id'],
      ...[
        'PUT /recordings/:id/hold',
        'POST /recordings/keys/rotate',
        'GET /voicemails',
        'GET /voicemails/:id/audio',
        'PUT /voicemails/:id',
      ],
      ...[
        'DELETE /voicemails/:id',
        'GET /recordings/:id/audio',
        'GET /recordings/:id/waveform',
        'GET /recordings/export',
        'DELETE /recordings/:id',
        'GET /healthz',
        'GET /readyz',
        'GET /metrics',
      ],
      ...['POST /messages', 'GET /messages', 'PUT /queues/:id/door', 'POST /calls/:id/move'],
      ...['GET /callbacks', 'POST /callbacks', 'DELETE /callbacks/:id'],
      ...[
        'users/:id',
        'extensions/:extension',
        'skills/:id',
        'queues/:id',
        'flows/:id',
        'prompts/:id',
        'numbers/:number',
        'trunks/:id',
        'schedules/:id',
        'lists/:id',
        'boxes/:id',
        'groups/:number',
        'wallboards/:id',
      ].flatMap((one) => {
        const all = one.replace(/\/.*/, '');
        return [`GET /${all}`, `POST /${all}`, `GET /${one}`, `PUT /${one}`, `DELETE /${one}`];
      }),
      ...['POST /flows/:id/publish', 'POST /flows/:id/rollback', 'GET /flows/:id/versions', 'GET /prompts/:id/audio', 'GET /audit'],
      ...['GET /calendars', 'GET /calendars/:year', 'PUT /calendars/:year', 'DELETE /calendars/:year', 'GET /settings', 'PUT /settings'],
      ...['GET /lists/:id/entries', 'PUT /lists/:id/entries', 'POST /lists/:id/entries', 'DELETE /lists/:id/entries/:number'],
      ...['GET /skills/matrix', 'PUT /skills/matrix', 'GET /schedules/:id/state'],
    ];
    assert.deepEqual(
      promised.filter((route) => !have.has(route)),
      [],
    );
  });

  it('only sign-in, links made a moment ago and the operators’ routes are for anyone', () => {
    const anyone = house.routes.filter((r) => r.roles === 'anyone').map((r) => r.path);
    assert.deepEqual(anyone.sort(), ['/api/v1/backups/:id/file/:ticket', '/api/v1/session', '/healthz', '/metrics', '/readyz']);
  });

  it('every other route refuses whoever is not signed in, and says how to', async () => {
    for (const route of house.routes.filter((r) => r.roles !== 'anyone')) {
      for (const token of [undefined, 'A'.repeat(43), 'nonsense']) {
        const reply = await house.request(route.method.toUpperCase(), filled(route.path), token === undefined ? {} : { token });
        assert.equal(reply.status, 401, `${route.method} ${route.path}`);
        assert.equal(reply.json.error.code, 'unauthenticated');
        assert.match(reply.headers.get('www-authenticate') ?? '', /^Bearer/);
      }
    }
  });

  it('every route refuses every role it does not list, and lets every listed one past the door', async () => {
    let refused = 0;
    for (const route of house.routes) {
      if (route.roles === 'anyone' || route.path.endsWith('/session')) continue;
      for (const [role] of USERS) {
        const body = route.method === 'get' ? {} : { body: { unexpected: 1 } };
        const reply = await house.request(route.method.toUpperCase(), filled(route.path), { token: tokens.get(role) ?? '', ...body });
        const named = reply.json?.error?.details?.roles !== undefined;
        assert.equal(reply.status === 403 && named, !route.roles.includes(role), `${role} ${route.method} ${route.path}: ${reply.text}`);
        if (named) refused += 1;
      }
    }
    assert.ok(refused > 5, 'the table restricts something');
  });

  it('every route that takes a body rejects an unknown field by its name', async () => {
    for (const route of house.routes.filter((r) => (r.method === 'post' || r.method === 'put') && r.bodyType !== 'audio/wav')) {
      const role = USERS.find(([one]) => route.roles === 'anyone' || route.roles.includes(one))?.[0];
      const token = tokens.get(role ?? 'admin') ?? '';
      const reply = await house.request(route.method.toUpperCase(), filled(route.path), { token, body: { unexpected: 1 } });
      assert.equal(reply.status, 400, `${route.method} ${route.path}`);
      const fields: { field: string }[] = reply.json.error.details.fields;
      assert.ok(
        fields.some((f) => f.field === 'unexpected'),
        `${route.method} ${route.path}: ${reply.text}`,
      );
    }
  });

  it('a route that takes audio refuses JSON (415)', async () => {
    const audio = house.routes.filter((r) => r.bodyType === 'audio/wav');
    assert.equal(audio.length, 2);
    for (const route of audio) {
      const reply = await house.request(route.method.toUpperCase(), filled(route.path), { token: tokens.get('admin') ?? '', body: {} });
      assert.deepEqual([reply.status, reply.json.error.message], [415, 'the body must be audio/wav']);
    }
  });

  it('only administrators change the configuration, and only they read all of it', () => {
    const kinds =
      /^\/api\/v1\/(users|extensions|skills|queues|flows|prompts|numbers|trunks|audit|schedules|calendars|lists|boxes|groups|settings)(\/|$)/;
    const others = house.routes.filter((r) => kinds.test(r.path) && r.roles !== 'anyone' && r.roles.join() !== 'admin');
    const read = others.map((r) => `${r.method} ${r.path.replace('/api/v1', '')} ${r.roles}`);
    const leaders = ['schedules', 'schedules/:id', 'schedules/:id/state', 'calendars', 'calendars/:year', 'boxes', 'boxes/:id', 'groups'];
    assert.deepEqual(
      read.sort(),
      [
        'put /queues/:id/door supervisor,admin',
        ...['queues', 'queues/:id', 'settings'].map((path) => `get /${path} agent,supervisor,admin`),
        ...[...leaders, 'groups/:number', 'skills', 'skills/:id', 'skills/matrix'].map((path) => `get /${path} supervisor,admin`),
      ].sort(),
    );
  });

  it('every list and detail rejects an unknown query field by its name', async () => {
    for (const route of house.routes.filter((r) => r.method === 'get')) {
      const reply = await house.request('GET', `${filled(route.path)}?colour=red`, { token: tokens.get('admin') ?? '' });
      assert.equal(reply.status, 400, route.path);
      assert.match(reply.json.error.message, /colour/);
    }
  });

  it('whatever is sent, no route fails inside: the answer is below 500 and every error has the one shape', async () => {
    const writers = house.routes.filter((r) => (r.method === 'post' || r.method === 'put') && !r.path.endsWith('/session'));
    const value = fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary' }));
    const body = fc.oneof(
      value,
      fc.dictionary(
        fc.constantFrom(
          ...['state', 'reason', 'kind', 'number', 'from', 'to', 'digits', '__proto__', 'id', 'name', 'username', 'roles', 'extension'],
          ...['skills', 'target', 'document', 'requiredSkills', 'inboundAddresses', 'auth', 'version', 'revision', 'enabled'],
        ),
        value,
      ),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...writers),
        fc.constantFrom(...USERS),
        fc.oneof(fc.constant('1001'), fc.webSegment()),
        body,
        async (route, [role], id, sent) => {
          const path = route.path.replace(/:\w+/, id || '1001');
          const reply = await house.request(route.method.toUpperCase(), path, {
            token: tokens.get(role) ?? '',
            body: JSON.stringify(sent),
          });
          assert.ok(reply.status < 500, `${reply.status} ${reply.text}`);
          if (reply.status >= 400) assert.deepEqual([typeof reply.json.error.code, typeof reply.json.error.message], ['string', 'string']);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('a path that is known, with another method, answers 405 and what it takes', async () => {
    const reply = await house.request('PATCH', '/api/v1/agents/1001/state', { body: {} });
    assert.equal(reply.status, 405);
    assert.equal(reply.headers.get('allow'), 'PUT');
    assert.equal(reply.json.error.code, 'method-not-allowed');
  });

  it('the OpenAPI document describes exactly the table, and every reference in it resolves', async () => {
    const { json: document } = await house.request('GET', '/api/openapi.json');
    assert.equal(document.openapi, '3.1.0');
    const described = Object.entries<Record<string, unknown>>(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    const table = house.routes.map((r) => `${r.method} ${r.path.replace(/:(\w+)/g, '{$1}')}`);
    assert.deepEqual(described.sort(), table.sort());
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map((m) => m[1] ?? '');
    assert.ok(references.length > 20);
    for (const name of references) assert.ok(document.components.schemas[name], name);
    assert.deepEqual(document.components.schemas.AgentStateChange.required, ['state']);
    assert.equal(document.components.schemas.AgentStateChange.additionalProperties, false);
    const ids = Object.values<Record<string, { operationId: string }>>(document.paths).flatMap((p) =>
      Object.values(p).map((o) => o.operationId),
    );
    assert.equal(new Set(ids).size, ids.length, 'operation ids are unique');
  });
});
