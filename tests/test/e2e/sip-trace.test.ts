import assert from 'node:assert/strict';
import { type Api, type ApiError, Hotline } from '../../src/hotline.js';
import { eventually, requirePeers, runSipp, scenario, startSipp, steps, succeeded } from '../../src/peers/index.js';
import { Scenario } from '../../src/scenario.js';

interface TraceMessage {
  n: number;
  at: string;
  direction: 'received' | 'sent';
  transport: string;
  local: string;
  remote: string;
  startLine: string;
  method: string;
  status: number | null;
  sipCallId: string;
  cseq: string;
  retransmission: boolean;
  text: string | null;
}
interface Trace {
  messages: TraceMessage[];
  dropped: number;
  masked: boolean;
  keptDays: number;
}

describe('the SIP messages of a call', function () {
  this.timeout(180_000);
  let s: Scenario;

  before(async function () {
    await requirePeers(this, 'sipp', 'baresip', 'redis');
    s = await Scenario.start();
  });

  afterEach(async () => {
    await s?.hangUpAllPhones();
  });

  after(async () => {
    await s?.close();
  });

  const traceOf = (callId: string, api: Api = s.admin): Promise<Trace> => api.get<Trace>(`/calls/${callId}/sip`);
  const short = (m: TraceMessage): string => `${m.direction === 'received' ? '>' : '<'} ${m.status ?? m.method} ${m.cseq.split(' ')[1]}`;

  /** A caller who sends the INVITE twice, is late with the ACK, presses 1, talks with 1001 and hangs up. */
  async function call(number: string): Promise<{ callId: string; sipCallId: string; port: number }> {
    const agent = await s.phone('1001', { answer: 'auto' });
    await s.ready('1001');
    const run = await startSipp({
      scenario: scenario([
        steps.invite({ from: number }),
        steps.recvResponse(100),
        steps.invite({ from: number }),
        steps.provisional(),
        steps.recvResponse(200, { timeoutMs: 30_000 }),
        steps.pause(1_300), // the 200 comes again before it is acknowledged (RFC 3261 §13.3.1.4)
        steps.ack({ from: number }),
        steps.key('1', 1_500),
        steps.pause(4_000),
        steps.bye({ from: number, cseq: 9 }),
        steps.recvResponse(200, { timeoutMs: 10_000 }),
      ]),
      remote: { address: '127.0.0.1', port: s.hotline.sipPort },
      service: '12320',
    });
    const callId = await s.callOf(number);
    await s.events.wait('call.connected', (e) => e.callId === callId);
    await agent.waitFor('CALL_ESTABLISHED');
    const result = await run.finished;
    succeeded(result);
    const sipCallId = /^Call-ID: (\S+)/m.exec(result.messages)?.[1] ?? '';
    await s.record(callId);
    return { callId, sipCallId, port: run.port };
  }

  it('are kept for both legs as they were on the wire, with what came twice marked; nothing of registrations', async () => {
    const { callId, sipCallId, port } = await call('13800000001');
    const trace = await eventually('both BYEs answered in the trace', async () => {
      const read = await traceOf(callId);
      return read.messages.filter((m) => m.status === 200 && m.cseq.endsWith('BYE')).length >= 2 ? read : undefined;
    });
    assert.equal(trace.dropped, 0);
    const caller = trace.messages.filter((m) => m.sipCallId === sipCallId);
    assert.ok(caller.length > 0, `sipp’s Call-ID ${sipCallId} among ${[...new Set(trace.messages.map((m) => m.sipCallId))]}`);
    assert.deepEqual(
      [...new Set(caller.map((m) => `${m.transport} ${m.local} ${m.remote}`))],
      [`udp 127.0.0.1:${s.hotline.sipPort} 127.0.0.1:${port}`],
    );
    const first = caller.filter((m) => !m.retransmission).map(short);
    for (const step of ['> INVITE INVITE', '< 100 INVITE', '< 200 INVITE', '> ACK ACK', '> BYE BYE', '< 200 BYE']) {
      assert.equal(first.filter((one) => one === step).length, 1, `${step} once in ${first}`);
    }
    const again = caller.filter((m) => m.retransmission).map(short);
    assert.ok(again.includes('> INVITE INVITE'), `the second INVITE is marked: ${again}`);
    assert.ok(again.includes('< 200 INVITE'), `the repeated 200 is marked: ${again}`);

    const agent = trace.messages.filter((m) => m.sipCallId !== sipCallId);
    assert.equal(new Set(agent.map((m) => m.sipCallId)).size, 1, 'one more dialog: the agent’s');
    const steps_ = agent.map(short);
    for (const step of ['< INVITE INVITE', '> 180 INVITE', '> 200 INVITE', '< ACK ACK', '< BYE BYE', '> 200 BYE']) {
      assert.ok(steps_.includes(step), `${step} in ${steps_}`);
    }
    const ours = agent.find((m) => m.method === 'INVITE' && m.status === null);
    assert.ok(ours?.text?.includes(`X-Yixian-Call: ${callId}`), 'the raw text');
    assert.match(ours?.text ?? '', /\r\n\r\nv=0\r\n[\s\S]*m=audio /, 'its SDP with it');
    assert.ok(trace.messages.every((m) => !/REGISTER/.test(m.cseq)));
    const times = trace.messages.map((m) => Date.parse(m.at));
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
      'in the order of time',
    );
  });

  it('can be taken along as a text and as a capture for Wireshark', async () => {
    const { callId, sipCallId, port } = await call('13800000002');
    const text = await (await s.admin.raw('GET', `/calls/${callId}/sip/text`)).text();
    assert.match(text, new RegExp(`127\\.0\\.0\\.1:${port} -> 127\\.0\\.0\\.1:${s.hotline.sipPort}`));
    assert.ok(text.includes(`Call-ID: ${sipCallId}`));
    const pcap = Buffer.from(await (await s.admin.raw('GET', `/calls/${callId}/sip/pcap`)).arrayBuffer());
    assert.equal(pcap.readUInt32LE(0), 0xa1b2c3d4);
    // the first packet: record header 16 bytes, IPv4 20, UDP 8, then SIP
    assert.equal(pcap.subarray(24 + 16 + 28, 24 + 16 + 28 + 17).toString(), 'INVITE sip:12320@');
    assert.equal(pcap.readUInt16BE(24 + 16 + 20), port, 'source port of sipp');
  });

  it('show no password’s digest, and an extension’s challenge belongs to its call', async () => {
    const number = '1003';
    const auth = { username: number, password: s.hotline.agent(number).sipPassword };
    const called = await s.phone('1001', { answer: 'auto' });
    succeeded(
      await runSipp({
        scenario: scenario([
          steps.invite({ from: number }),
          steps.provisional(),
          steps.recvResponse(407, { auth: true }),
          steps.ackRefusal({ from: number }),
          steps.invite({ from: number, cseq: 2, authenticate: true }),
          steps.provisional(),
          steps.recvResponse(200, { timeoutMs: 30_000 }),
          steps.ack({ from: number, cseq: 2 }),
          steps.bye({ from: number, cseq: 9 }),
          steps.recvResponse(200, { timeoutMs: 10_000 }),
        ]),
        remote: { address: '127.0.0.1', port: s.hotline.sipPort },
        service: '1001',
        auth,
      }),
    );
    await called.waitFor('CALL_CLOSED');
    const { messages } = await traceOf(await s.callOf(number));
    assert.ok(messages.some((m) => m.status === 407));
    const authorized = messages.filter((m) => /^Proxy-Authorization:/m.test(m.text ?? ''));
    assert.ok(
      authorized.length > 0 && authorized.every((m) => !/response="?[0-9a-f]{16}/.test(m.text ?? '')),
      authorized[0]?.text ?? 'none',
    );
    assert.match(authorized[0]?.text ?? '', /username="1003"/);
  });

  it('are for administrators and supervisors; where numbers are masked there are lines, but no text', async () => {
    const { callId } = await call('13812345678');
    await assert.rejects(
      async () => traceOf(callId, await s.api('1001')),
      (error: ApiError) => error.status === 403,
    );
    await assert.rejects(traceOf('no-such-call'), (error: ApiError) => error.status === 404);
    const settings = await s.admin.get<{ revision: number; maskNumbersFor: string[] }>('/settings');
    await s.admin.put('/settings', { ...settings, maskNumbersFor: ['supervisor'] });
    const supervisor = await s.hotline.signIn(s.hotline.firstRun().supervisor);
    const trace = await traceOf(callId, supervisor);
    assert.equal(trace.masked, true);
    assert.ok(trace.messages.length > 10 && trace.messages.every((m) => m.text === null));
    assert.ok(!JSON.stringify(trace).includes('13812345678'));
    for (const kind of ['text', 'pcap']) {
      assert.equal((await supervisor.raw('GET', `/calls/${callId}/sip/${kind}`)).status, 403, kind);
    }
  });

  it('outlive the process: of a call cut short by a kill, what was there some seconds before; off by SIP_TRACE_DAYS=0', async () => {
    const { callId: whole } = await call('13800000004');
    const caller = await s.caller('13800000005');
    await caller.dial(s.uri('12320'));
    await caller.waitFor('CALL_ESTABLISHED');
    const cut = await s.callOf('13800000005');
    await eventually('the first messages are stored', async () => {
      const metrics = await (await fetch(`${s.hotline.http}/metrics`)).text();
      return /^sip_trace_unstored_messages 0$/m.test(metrics);
    });
    await s.hotline.kill();
    const again = await Hotline.start({ dataDir: s.hotline.dataDir });
    try {
      const admin = await again.admin();
      const kept = await traceOf(cut, admin);
      assert.ok(
        kept.messages.some((m) => m.method === 'INVITE' && m.direction === 'received'),
        JSON.stringify(kept),
      );
      assert.ok((await traceOf(whole, admin)).messages.some((m) => m.method === 'BYE'));
    } finally {
      await again.stop();
    }
    const off = await Hotline.start({ dataDir: s.hotline.dataDir, env: { SIP_TRACE_DAYS: '0' } });
    try {
      const admin = await off.admin();
      const silent = await eventually('what was kept is gone', async () => {
        const trace = await traceOf(whole, admin);
        return trace.messages.length === 0 ? trace : undefined;
      });
      assert.equal(silent.keptDays, 0);
    } finally {
      await off.stop();
    }
  });
});
