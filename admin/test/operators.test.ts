import assert from 'node:assert/strict';
import { metricsText } from '../src/core/metrics-text.js';
import { type House, openHouse } from './fakes.js';

describe('operators: healthz, readyz, metrics', () => {
  let house: House;
  beforeEach(async () => {
    house = await openHouse();
  });
  afterEach(() => house.close());

  it('healthz answers while nothing is ready; readyz names everything that is not', async () => {
    assert.deepEqual((await house.request('GET', '/readyz')).json, { status: 'ready' });
    house.problems.push('database: connection refused', 'redis: no answer');
    assert.equal((await house.request('GET', '/healthz')).status, 200);
    const reply = await house.request('GET', '/readyz');
    assert.equal(reply.status, 503);
    assert.deepEqual(reply.json.error.details.problems, ['database: connection refused', 'redis: no answer']);
    assert.match(reply.json.error.message, /database.*redis/);
  });

  it('readyz is 503 while draining', async () => {
    house.drain();
    const reply = await house.request('GET', '/readyz');
    assert.equal(reply.status, 503);
    assert.match(reply.json.error.message, /draining/);
  });

  it('a database that does not answer is 503 in those words; any other inner error is 500 and tells nothing', async () => {
    const token = await house.token('admin');
    const failWith = (error: Error) => {
      house.records.calls = () => Promise.reject(error);
      return house.request('GET', '/api/v1/calls', { token });
    };
    const away = await failWith(Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' }));
    assert.equal(away.status, 503);
    assert.match(away.json.error.message, /database does not answer/);
    const inner = await failWith(new Error('select secret from inside'));
    assert.equal(inner.status, 500);
    assert.doesNotMatch(inner.text, /secret/);
    assert.match(house.logger.text(), new RegExp(inner.json.error.details.requestId));
  });

  it('metrics hold the event-loop delay, requests by route pattern, and every source', async () => {
    house.metrics['sip_requests_received_total{method="INVITE"}'] = 3;
    house.metrics.acd_calls_waiting = 2;
    house.metrics['not a name'] = 1;
    await house.request('GET', '/api/v1/agents/1001');
    const { text, headers } = await house.request('GET', '/metrics');
    assert.match(headers.get('content-type') ?? '', /^text\/plain; ?version=0\.0\.4/);
    assert.match(text, /^nodejs_eventloop_lag_p99_seconds \d/m);
    assert.match(text, /^http_requests_total\{method="GET",route="\/api\/v1\/agents\/:extension",status="401"\} 1$/m);
    assert.match(text, /^# TYPE sip_requests_received_total counter\nsip_requests_received_total\{method="INVITE"\} 3$/m);
    assert.match(text, /^# TYPE acd_calls_waiting gauge\nacd_calls_waiting 2$/m);
    assert.doesNotMatch(text, /not a name/);
    assert.match(house.logger.text(), /not a name/);
  });
});

describe('media servers', () => {
  let house: House;
  beforeEach(async () => {
    house = await openHouse();
    house.media.set('10.0.0.5:8021', { name: '10.0.0.5:8021', up: true, drained: false, sessions: 4, maxSessions: 2000 });
    const fault = 'FreeSWITCH at 10.0.0.6:8021 cannot be reached: ECONNREFUSED';
    house.media.set('10.0.0.6:8021', { name: '10.0.0.6:8021', up: false, drained: false, sessions: 0, maxSessions: 0, fault });
  });
  afterEach(() => house.close());
  const drain = async (name: string, user = 'admin', body: unknown = { drained: true }) =>
    await house.request('PUT', `/api/v1/media-servers/${name}`, { token: await house.token(user), body });

  it('are listed with what is wrong, drained and audited by administrators', async () => {
    const drained = await drain('10.0.0.5:8021');
    assert.deepEqual([drained.status, drained.json.drained, drained.json.sessions], [200, true, 4]);
    const { json } = await house.request('GET', '/api/v1/media-servers', { token: await house.token('admin') });
    assert.deepEqual(
      json.items.map((s: { drained: boolean; fault: string | null }) => [s.drained, s.fault?.slice(-12) ?? null]),
      [
        [true, null],
        [false, 'ECONNREFUSED'],
      ],
    );
    const { items } = await house.config.auditLog({ action: 'media-server.drained', limit: 10 });
    assert.deepEqual(
      items.map((e) => [e.subject, e.username]),
      [['10.0.0.5:8021', 'admin']],
    );
  });

  it('one that is down, unknown, or asked for by somebody else is refused, each in its words', async () => {
    const replies = [await drain('10.0.0.6:8021'), await drain('10.0.0.7:8021'), await drain('10.0.0.5:8021', 'super1100')];
    assert.deepEqual(
      replies.map((r) => r.status),
      [409, 404, 403],
    );
    assert.match(replies[0]?.json.error.message, /cannot be reached/);
    const wrong = await drain('10.0.0.5:8021', 'admin', { drained: 'yes' });
    assert.deepEqual([wrong.status, wrong.json.error.details.fields[0].field], [400, 'drained']);
    assert.equal(house.media.get('10.0.0.5:8021')?.drained, false);
  });
});

describe('metrics text', () => {
  it('a family stands together once, whichever sources it comes from', () => {
    const { text, refused } = metricsText(
      [
        { 'legs{state="up"}': 1, calls_total: 5 },
        { 'legs{state="down"}': 2, 'legs{state="up"}': 3, process_cpu: 1 },
      ],
      new Set(['process_cpu']),
    );
    assert.equal(text, '# TYPE legs gauge\nlegs{state="up"} 3\nlegs{state="down"} 2\n# TYPE calls_total counter\ncalls_total 5\n');
    assert.deepEqual(refused, ['process_cpu']);
  });

  it('values that are not finite are written as Prometheus reads them', () => {
    const { text } = metricsText([{ a: Number.NaN, b: Number.POSITIVE_INFINITY }], new Set());
    assert.match(text, /a NaN\n# TYPE b gauge\nb \+Inf/);
  });
});
