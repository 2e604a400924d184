import assert from 'node:assert/strict';
import { setTimeout as talkFor } from 'node:timers/promises';
import pg from 'pg';
import { runFileOf } from '../../src/hotline.js';
import {
  calleeScenario,
  callerScenario,
  eventually,
  refusedScenario,
  requirePeers,
  runSipp,
  scenario,
  startBaresip,
  startSipp,
  steps,
  succeeded,
  toneDurationMs,
} from '../../src/peers/index.js';
import { Scenario } from '../../src/scenario.js';

describe('the edge of the hotline', function () {
  this.timeout(120_000);
  let s: Scenario;

  before(async function () {
    await requirePeers(this, 'sipp', 'baresip', 'redis');
    s = await Scenario.start({ env: { HOTLINE_HOST: '127.0.0.1,::1' } });
  });

  afterEach(async () => {
    await s?.hangUpAllPhones();
  });

  after(async () => {
    await s?.close();
  });

  const remote = () => ({ address: '127.0.0.1', port: s.hotline.sipPort });

  async function sql<T extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<T[]> {
    const client = new pg.Client({ connectionString: runFileOf(s.hotline).databaseUrl });
    await client.connect();
    try {
      return (await client.query<T>(text, values)).rows;
    } finally {
      await client.end();
    }
  }

  it('connects extension to extension with audio both ways, and records who hung up', async () => {
    const a = await s.phone('1001', { toneHz: 700 });
    const b = await s.phone('1002', { toneHz: 1100 });
    await a.dial(s.uri('1002'));
    await b.waitFor('CALL_INCOMING');
    await b.accept();
    const connected = await s.events.wait('call.connected', (e) => e.data.to === '1002');
    await talkFor(1500);
    await b.hangUp();
    await a.waitFor('CALL_CLOSED');
    const record = await s.record(connected.callId ?? '');
    assert.deepEqual([record.direction, record.caller, record.called, record.outcome], ['internal', '1001', '1002', 'answered']);
    assert.equal(record.termination?.by, 'called');
    assert.ok(toneDurationMs((await a.lastHeard()).channels[0] ?? new Int16Array(), 1100) > 800);
    assert.ok(toneDurationMs((await b.lastHeard()).channels[0] ?? new Int16Array(), 700) > 800);
  });

  it('transcodes between an A-law and a µ-law phone', async () => {
    const a = await s.phone('1001', { toneHz: 700, codecs: ['PCMA'] });
    const b = await s.phone('1002', { toneHz: 1100, codecs: ['PCMU'], answer: 'auto' });
    await a.dial(s.uri('1002'));
    await b.waitFor('CALL_ESTABLISHED');
    await talkFor(1500);
    await a.hangUp();
    await b.waitFor('CALL_CLOSED');
    assert.ok(toneDurationMs((await a.lastHeard()).channels[0] ?? new Int16Array(), 1100) > 800);
    assert.ok(toneDurationMs((await b.lastHeard()).channels[0] ?? new Int16Array(), 700) > 800);
  });

  it('offers no queue call to an agent who is on a direct call', async () => {
    const a = await s.phone('1001', { toneHz: 700 });
    const b = await s.phone('1004', { toneHz: 1100, answer: 'auto' });
    await s.ready('1001');
    await a.dial(s.uri('1004'));
    await b.waitFor('CALL_ESTABLISHED');
    await s.agentState('1001', 'on-call');
    await a.hangUp();
    await s.agentState('1001', 'ready');
    await s.signOut('1001');
  });

  it('calls out over the trunk by its number rule, shows the call as outbound, and refuses other numbers', async () => {
    const gateway = await startSipp({ scenario: calleeScenario({ during: [steps.speech()], hangUp: 'them' }) });
    await sql('update trunks set outbound_uri = $1 where id = $2', [`sip:127.0.0.1:${gateway.port}`, 'demo']);
    const agent = await s.phone('1001', { toneHz: 700 });
    const caller = await s.api('1001');
    const before = s.events.seen.length;
    await eventually('the changed trunk to be used', async () => {
      await agent.dial(s.uri('01012345678'));
      const arrived = await eventually('arrival', () =>
        s.events.seen.slice(before).findLast((e) => e.type === 'call.arrived' && e.data.called === '01012345678'),
      );
      const outcome = await eventually('ringing or end', () =>
        s.events.seen.find((e) => e.callId === arrived.callId && (e.type === 'call.connected' || e.type === 'call.ended')),
      );
      return outcome.type === 'call.connected';
    });
    const connected = await s.events.wait('call.connected', (e) => e.data.to === '01012345678');
    await talkFor(1000);
    await agent.hangUp();
    succeeded(await gateway.finished);
    const record = await s.record(connected.callId ?? '');
    assert.deepEqual([record.direction, record.outcome, record.caller], ['outbound', 'outbound-answered', '1001']);
    await agent.dial(s.uri('95555'));
    const refused = await s.events.wait('call.ended', (e) =>
      s.events.seen.some((a) => a.type === 'call.arrived' && a.callId === e.callId && a.data.called === '95555'),
    );
    const refusal = await s.record(refused.callId ?? '');
    assert.deepEqual(
      [refusal.outcome, refusal.termination?.reason, refusal.termination?.sipStatus ?? 404],
      ['rejected', 'unknown-number', 404],
    );
    assert.ok((await caller.get<{ items: unknown[] }>('/calls?direction=outbound')).items.length >= 1);
  });

  it('tells a busy called number truthfully to the caller and in the record', async () => {
    const gateway = await startSipp({ scenario: calleeScenario({ refuse: { status: 486, phrase: 'Busy Here' } }) });
    await sql('update trunks set outbound_uri = $1 where id = $2', [`sip:127.0.0.1:${gateway.port}`, 'demo']);
    await eventually('the changed trunk', async () =>
      (await sql<{ outbound_uri: string }>('select outbound_uri from trunks')).some((row) =>
        row.outbound_uri.endsWith(String(gateway.port)),
      ),
    );
    const agent = await s.phone('1001');
    await talkFor(300); // the directory is told by the database
    await agent.dial(s.uri('01000000486'));
    const closed = await agent.waitFor('CALL_CLOSED');
    assert.match(String(closed.param), /486/);
    const callId = await eventually(
      'the call',
      () => s.events.seen.findLast((e) => e.type === 'call.arrived' && e.data.called === '01000000486')?.callId,
    );
    const record = await s.record(callId);
    assert.deepEqual([record.outcome, record.termination?.reason, record.termination?.by], ['outbound-unanswered', 'busy', 'called']);
    succeeded(await gateway.finished);
  });

  it('dials for the agent by click: first the own phone, then the other', async () => {
    const a = await s.phone('1001', { toneHz: 700 });
    const b = await s.phone('1002', { toneHz: 1100, answer: 'auto' });
    const { id: callId } = await (await s.api('1001')).post<{ id: string }>('/calls', { from: '1001', to: '1002' });
    await a.waitFor('CALL_INCOMING');
    await a.accept();
    await b.waitFor('CALL_ESTABLISHED');
    await s.events.wait('call.connected', (e) => e.callId === callId);
    await (await s.api('1001')).post(`/calls/${callId}/hangup`);
    await b.waitFor('CALL_CLOSED');
    assert.equal((await s.record(callId)).outcome, 'answered');
  });

  it('sets the agent state by phone codes *11, *12 and *10', async () => {
    const phone = await s.phone('1005');
    for (const [code, state] of [
      ['*11', 'ready'],
      ['*12', 'not-ready'],
      ['*10', 'offline'],
    ] as const) {
      await phone.dial(s.uri(code));
      await phone.waitFor('CALL_CLOSED');
      await s.agentState('1005', state);
    }
  });

  it('refuses a registration with a wrong password, and says the same of an unknown extension', async () => {
    for (const user of ['1001', '1999']) {
      const phone = await startBaresip({ user, password: 'wrong', registrar: remote() });
      try {
        await phone.waitFor('REGISTER_FAIL');
      } finally {
        await phone.stop();
      }
    }
    const metrics = await (await fetch(`${s.hotline.http}/metrics`)).text();
    assert.match(metrics, /sip_|sbc_/);
  });

  it('challenges an INVITE of a provisioned extension (407) and refuses a wrong digest', async () => {
    const wrong = scenario([
      steps.invite({ from: '1001' }),
      steps.provisional(),
      steps.recvResponse(407, { auth: true }),
      steps.ackRefusal({ from: '1001' }),
      steps.invite({ from: '1001', cseq: 2, authenticate: true }),
      steps.provisional(),
      steps.recvResponse(403),
      steps.ackRefusal({ from: '1001', cseq: 2 }),
    ]);
    const run = await startSipp({ scenario: wrong, remote: remote(), service: '1002', auth: { username: '1001', password: 'wrong' } });
    const result = await run.finished;
    assert.ok(/SIP\/2\.0 (403|407)/.test(result.messages.split('Proxy-Authorization')[1] ?? ''), result.messages.slice(-3000));
    assert.ok(!result.messages.includes('SIP/2.0 200'), 'never answered');
  });

  it('refuses a source that is on no trunk, without a hint which extensions exist', async () => {
    const result = await runSipp({
      scenario: refusedScenario(403, { from: '13800009999' }),
      remote: remote(),
      service: '12320',
      address: '127.0.0.2',
    });
    assert.ok(!result.messages.includes('SIP/2.0 200'));
  });

  it('answers 404 to an unknown number and writes it down as rejected', async () => {
    await runSipp({ scenario: refusedScenario(404, { from: '13800008888' }), remote: remote(), service: '99999' });
    const record = await s.record(await s.callOf('13800008888'));
    assert.deepEqual([record.outcome, record.termination?.reason], ['rejected', 'unknown-number']);
  });

  it('retransmits the 200 until the ACK comes (RFC 3261 §13.3.1.4)', async () => {
    const lostAck = scenario([
      steps.invite({ from: '13800007001' }),
      steps.provisional(),
      steps.recvResponse(200),
      steps.recvResponse(200, { timeoutMs: 5000 }), // the first ACK was lost: the 200 comes again
      steps.ack({ from: '13800007001' }),
      steps.pause(500),
      steps.bye({ from: '13800007001' }),
      steps.recvResponse(200),
    ]);
    await runSipp({ scenario: lostAck, remote: remote(), service: '12320', extraArgs: ['-nr'] });
    const record = await s.record(await s.callOf('13800007001'));
    assert.equal(record.outcome, 'abandoned-in-flow');
  });

  it('takes a late offer: our offer in the 200, the answer in the ACK (RFC 3264 §4)', async () => {
    const result = await runSipp({
      scenario: callerScenario({ from: '13800007002', sdp: null, during: [steps.pause(1000)] }),
      remote: remote(),
      service: '12320',
    });
    assert.match(result.messages, /m=audio \d+ RTP\/AVP 8 0/);
  });

  it('takes calls over TCP', async () => {
    await runSipp({
      scenario: callerScenario({ from: '13800007003', during: [steps.pause(500)] }),
      remote: remote(),
      service: '12320',
      transport: 'tcp',
    });
    assert.equal((await s.record(await s.callOf('13800007003'))).outcome, 'abandoned-in-flow');
  });

  it('takes calls over IPv6', async () => {
    await runSipp({
      scenario: callerScenario({ from: '13800007004', during: [steps.pause(500)] }),
      remote: { address: '::1', port: s.hotline.sipPort },
      service: '12320',
      address: '::1',
    });
    assert.equal((await s.record(await s.callOf('13800007004'))).outcome, 'abandoned-in-flow');
  });

  it('answers malformed requests as owed or not at all, and other calls do not notice', async () => {
    const caller = await s.caller('13800007005', { toneHz: 700 });
    await caller.dial(s.uri('12320'));
    await caller.waitFor('CALL_ESTABLISHED');
    const { createSocket } = await import('node:dgram');
    const socket = createSocket('udp4');
    const garbage = [
      '',
      '\0\0\0\0',
      'INVITE',
      'INVITE sip:12320@x SIP/2.0\r\n\r\n',
      'INVITE sip:12320@x SIP/9.0\r\nVia: x\r\n\r\n',
      `OPTIONS sip:x SIP/2.0\r\n${'X: y\r\n'.repeat(5000)}\r\n`,
      'SIP/2.0 200 OK\r\n\r\n',
      'x'.repeat(60_000),
    ];
    for (const text of garbage) await new Promise((resolve) => socket.send(text, s.hotline.sipPort, '127.0.0.1', resolve));
    socket.close();
    await runSipp({ scenario: refusedScenario(404, { from: '13800007006' }), remote: remote(), service: '99998' });
    assert.ok(!caller.events.some((e) => e.type === 'CALL_CLOSED'));
    await caller.hangUp();
    const metrics = await (await fetch(`${s.hotline.http}/metrics`)).text();
    assert.match(metrics, /sip_messages_discarded_total\{[^}]*\} [1-9]/);
  });

  it('refuses the call beyond the trunk limit with 503 and a record of why (TEL-10)', async () => {
    await sql('update trunks set max_calls = 1 where id = $1', ['demo']);
    await talkFor(300);
    const first = await s.caller('13800007007');
    await first.dial(s.uri('12320'));
    await first.waitFor('CALL_ESTABLISHED');
    await runSipp({ scenario: refusedScenario(503, { from: '13800007008' }), remote: remote(), service: '12320' });
    await first.hangUp();
    await sql('update trunks set max_calls = 400 where id = $1', ['demo']);
  });
});
