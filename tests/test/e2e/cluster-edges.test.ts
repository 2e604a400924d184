import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as talkFor } from 'node:timers/promises';
import { ClusterHotline } from '../../src/cluster.js';
import { yixian } from '../../src/command.js';
import {
  type BaresipOptions,
  type BaresipPhone,
  calleeScenario,
  eventually,
  extensionCall,
  freePort,
  notified,
  phoneHears,
  replacesOf,
  requirePeers,
  runSipp,
  type SippRun,
  type Step,
  scenario,
  startBaresip,
  startSipp,
  steps,
  succeeded,
} from '../../src/peers/index.js';
import { Scenario } from '../../src/scenario.js';

const CALLER_HZ = 700;
const AGENT_HZ = 1100;
const SECOND_HZ = 1500;
const GENEROUS_MS = 60_000;

interface RecordingView {
  id: string;
  callId: string;
  state: string;
  encryption: string;
}

// Process a decides; b is killed by the last test.
describe('edges of a hotline of two processes', function () {
  this.timeout(240_000);
  let cluster: ClusterHotline;
  let a: Scenario;
  let b: Scenario;
  const peers: { stop(): Promise<unknown> }[] = [];

  before(async function () {
    await requirePeers(this, 'baresip', 'sipp', 'redis');
    cluster = await ClusterHotline.start(['a', 'b']);
    assert.equal(await cluster.leader(), 'a');
    a = await Scenario.on(cluster.node('a'));
    b = await Scenario.on(cluster.node('b'));
    await change('/queues/consult', {
      wrapUpSeconds: 0,
      ringTimeoutSeconds: 30,
      recording: { mode: 'all', sharePercent: 100, announcement: null },
    });
    await change('/settings', { recordingEncryption: 'aes-256-gcm' });
  });
  afterEach(async () => {
    await Promise.all([...peers.splice(0).map((peer) => peer.stop()), a?.hangUpAllPhones(), b?.hangUpAllPhones()]);
  });
  after(async () => {
    await a?.leave();
    await b?.leave();
    await cluster?.close();
  });

  async function change(route: string, body: object): Promise<void> {
    const { revision } = await a.admin.get<{ revision: number }>(route);
    await a.admin.put(route, { ...body, revision });
  }

  /** The agent answers the caller of this process, who has pressed 1. */
  async function talks(s: Scenario, number: string, phone: BaresipPhone): Promise<{ caller: BaresipPhone; callId: string }> {
    const { caller, callId } = await s.consults(number, { toneHz: CALLER_HZ });
    await a.events.wait('offer.made', (e) => e.callId === callId && e.agentId === phone.user, GENEROUS_MS);
    await phone.waitFor('CALL_INCOMING', GENEROUS_MS);
    await phone.accept();
    await a.events.wait('call.connected', (e) => e.callId === callId, GENEROUS_MS);
    return { caller, callId };
  }

  const recordingsOf = async (callId: string): Promise<RecordingView[]> =>
    (await a.admin.get<{ items: RecordingView[] }>(`/recordings?callId=${callId}`)).items;
  const complete = (callId: string): Promise<RecordingView> =>
    eventually(`the recording of ${callId}`, async () => (await recordingsOf(callId)).find((row) => row.state === 'complete'));

  describe('a virtual seat of a caller who is at another process than the one that decides', () => {
    /** Calls to this number go to this port of the mobile network. */
    async function reachedAt(number: string, port: number): Promise<void> {
      await a.admin.post('/trunks', {
        id: `to-${number}`,
        inboundAddresses: [],
        outboundUri: `sip:127.0.0.1:${port}`,
        outboundNumbers: [number],
        maxCalls: 10,
        maxCallsPerSecond: 10,
      });
    }
    async function mobile(number: string, options: Partial<BaresipOptions> = {}): Promise<BaresipPhone> {
      const phone = await startBaresip({ user: number, toneHz: AGENT_HZ, ...options });
      peers.push(phone);
      await reachedAt(number, phone.sipPort);
      return phone;
    }
    async function seat(extension: string, number: string): Promise<void> {
      const api = await b.api(extension);
      await api.put(`/agents/${extension}/seat`, { kind: 'phone', number });
      await api.put(`/agents/${extension}/state`, { state: 'ready' });
    }

    it('nobody presses 1, another declines: the call goes to the next, who presses it; states and reasons are true everywhere', async () => {
      const mailbox = await mobile('13811110081', { answer: 'auto' });
      const declining = await startSipp({ scenario: calleeScenario({ refuse: { status: 603, phrase: 'Decline' }, waitMs: GENEROUS_MS }) });
      peers.push(declining);
      await reachedAt('13811110082', declining.port);
      const taking = await mobile('13811110083');
      await seat('1001', '13811110081');
      const { caller, callId } = await b.consults('13900000081', { toneHz: CALLER_HZ });
      const rejected = (agent: string) =>
        a.events.wait('offer.rejected', (e) => e.callId === callId && e.agentId === agent, GENEROUS_MS).then((e) => e.data.termination);
      await mailbox.waitFor('CALL_ESTABLISHED', GENEROUS_MS);
      assert.equal(((await rejected('1001')) as { reason: string }).reason, 'not-confirmed');
      await mailbox.waitFor('CALL_CLOSED');
      for (const s of [a, b]) assert.equal((await s.agentState('1001', 'not-ready')).reason, 'not-confirmed');
      await seat('1002', '13811110082');
      assert.equal(((await rejected('1002')) as { reason: string }).reason, 'declined');
      for (const s of [a, b]) assert.equal((await s.agentState('1002', 'not-ready')).reason, 'rejected');
      const { waiting } = await a.admin.get<{ waiting: { callId: string }[] }>('/queues/consult');
      assert.deepEqual(
        waiting.map((one) => one.callId),
        [callId],
        'it waits on at its place',
      );
      await seat('1003', '13811110083');
      await taking.waitFor('CALL_INCOMING', GENEROUS_MS);
      await taking.accept();
      await taking.waitFor('CALL_ESTABLISHED');
      await taking.sendDigits('1');
      const connected = await a.events.wait('call.connected', (e) => e.callId === callId, GENEROUS_MS);
      assert.equal(connected.agentId, '1003');
      await phoneHears(caller, AGENT_HZ);
      await phoneHears(taking, CALLER_HZ);
      await caller.hangUp();
      await taking.waitFor('CALL_CLOSED');
      const record = await a.record(callId);
      assert.deepEqual([record.agent, record.outcome], ['1003', 'answered']);
      await b.agentState('1003', 'ready');
      await b.signOut('1001', '1002', '1003');
    });

    it('the agent hangs up in the place of 1, and rejects at the desk of the process that decides while being asked', async () => {
      const handset = await mobile('13811110084');
      await seat('1001', '13811110084');
      const { caller, callId } = await b.consults('13900000082');
      await handset.waitFor('CALL_INCOMING', GENEROUS_MS);
      await handset.accept();
      await handset.waitFor('CALL_ESTABLISHED');
      await handset.hangUp();
      await handset.waitFor('CALL_CLOSED');
      assert.equal((await a.agentState('1001', 'not-ready')).reason, 'rejected');
      const offers = () => a.events.seen.filter((e) => e.type === 'offer.made' && e.callId === callId).length;
      await seat('1001', '13811110084');
      await eventually('a second offer', () => offers() === 2);
      await handset.waitFor('CALL_INCOMING', GENEROUS_MS);
      await handset.accept();
      await handset.waitFor('CALL_ESTABLISHED');
      await (await a.api('1001')).post(`/calls/${callId}/reject`);
      await handset.waitFor('CALL_CLOSED');
      for (const s of [a, b]) assert.equal((await s.agentState('1001', 'not-ready')).reason, 'rejected');
      await caller.hangUp();
      const record = await b.record(callId);
      assert.deepEqual([record.outcome, record.agent], ['abandoned-in-queue', null]);
      await b.signOut('1001');
    });
  });

  describe('a phone’s two calls put through to each other (REFER with Replaces)', () => {
    const auth = (extension: string) => ({
      username: extension,
      password:
        [...a.hotline.firstRun().agents, a.hotline.firstRun().supervisor].find((one) => one.extension === extension)?.sipPassword ?? '',
    });
    const at = (s: Scenario) => ({ address: '127.0.0.1', port: s.hotline.sipPort });

    /** Registers a port, where sipp is to answer later; `expires` 0 takes it back. */
    async function registered(s: Scenario, extension: string, where: { port?: number; expires?: number } = {}): Promise<number> {
      const port = where.port ?? (await freePort());
      const register = { user: extension, port, expires: where.expires ?? 3_600 };
      await runSipp({
        scenario: scenario([
          steps.register(register),
          steps.recvResponse(401, { auth: true }),
          steps.register({ ...register, cseq: 2, authenticate: true }),
          steps.recvResponse(200),
        ]),
        ...(where.port ? {} : { port }),
        service: extension,
        remote: at(s),
        auth: auth(extension),
      });
      return port;
    }

    /** What a phone does once it has asked: told how it goes, and hung up on. */
    const putThrough = (...told: readonly string[]): Step[] => [
      steps.recvResponse(202, { timeoutMs: 10_000 }),
      ...told.flatMap(notified),
      steps.recvRequest('BYE', { timeoutMs: 10_000 }),
      steps.replyInDialog(),
    ];
    /** The called side, whose requests turn From and To of the INVITE round. */
    const calleeAnswers = (): Step[] => [
      steps.recvRequest('INVITE', { check: '<ereg regexp=".*" search_in="hdr" header="From:" assign_to="caller"/>' }),
      steps.reply(180, 'Ringing'),
      steps.reply(200, 'OK', { sdp: {}, reliable: true }),
      steps.recvRequest('ACK'),
    ];
    const calleeRefers = (to: string): Step[] => [
      `<send retrans="500">${'<![CDATA['}
REFER [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch];rport
From: <sip:[service]@[local_ip]:[local_port]>;tag=[pid]yxuas[call_number]
To:[$caller]
Call-ID: [call_id]
CSeq: 1 REFER
Contact: <sip:[service]@[local_ip]:[local_port]>
Max-Forwards: 70
Refer-To: <${to}>
Content-Length: 0

]]></send>`,
    ];
    const TOLD = ['SIP/2.0 100 Trying', 'SIP/2.0 200 OK'];

    async function phone(options: Parameters<typeof startSipp>[0]): Promise<SippRun> {
      const run = await startSipp({ deadlineMs: GENEROUS_MS, ...options });
      peers.push(run);
      return run;
    }

    it('the customer’s call came to b, the colleague was dialled at a', async () => {
      const port = await registered(a, '1003');
      const customer = await phone({ scenario: calleeScenario({ waitMs: GENEROUS_MS }), port });
      const second = await a.phone('1002', { toneHz: SECOND_HZ, answer: 'auto' });
      await a.ready('1003');
      const { caller, callId } = await b.consults('13900000083', { toneHz: CALLER_HZ });
      await a.events.wait('call.connected', (e) => e.callId === callId, GENEROUS_MS);
      const named = encodeURIComponent(await eventually('the dialog', () => replacesOf(customer, 'callee')));
      const consult = await phone({
        scenario: scenario([
          ...extensionCall('1003'),
          steps.pause(1_500), // they talk
          steps.request('REFER', { from: '1003', cseq: 3, headers: [`Refer-To: <sip:x@127.0.0.1?Replaces=${named}>`] }),
          ...putThrough(...TOLD),
        ]),
        service: '1002',
        remote: at(a),
        auth: auth('1003'),
      });
      succeeded(await consult.finished);
      succeeded(await customer.finished);
      await phoneHears(caller, SECOND_HZ);
      await phoneHears(second, CALLER_HZ);
      await caller.hangUp();
      await second.waitFor('CALL_CLOSED');
      const record = await a.record(callId);
      assert.ok(record.timeline.some((e) => e.type === 'call.transferred'));
      assert.deepEqual([record.agent, record.outcome], ['1002', 'answered']);
      await a.signOut('1003');
    });

    it('the two calls are of two processes: one came to a, the other was made at b', async () => {
      const port = await registered(a, '1100');
      const second = await b.phone('1002', { toneHz: SECOND_HZ, answer: 'auto' });
      const consult = await phone({
        scenario: scenario([...extensionCall('1100'), steps.recvRequest('BYE', { timeoutMs: GENEROUS_MS }), steps.replyInDialog()]),
        service: '1002',
        remote: at(b),
        auth: auth('1100'),
      });
      await second.waitFor('CALL_ESTABLISHED');
      const asked = await b.callOf('1100');
      await a.events.wait('call.connected', (e) => e.callId === asked);
      const named = encodeURIComponent(await eventually('the dialog', () => replacesOf(consult, 'caller')));
      await a.admin.post('/numbers', { number: '12346', name: 'front desk', target: { kind: 'toExtension', extension: '1100' } });
      const customer = await phone({
        scenario: scenario([
          ...calleeAnswers(),
          steps.pause(1_500), // they talk
          ...calleeRefers(`sip:x@127.0.0.1?Replaces=${named}`),
          ...putThrough(...TOLD),
        ]),
        port,
        service: '1100',
      });
      const caller = await a.caller('13900000084', { toneHz: CALLER_HZ });
      await caller.dial(a.uri('12346'));
      await caller.waitFor('CALL_ESTABLISHED');
      const callId = await a.callOf('13900000084');
      succeeded(await customer.finished);
      succeeded(await consult.finished);
      await phoneHears(caller, SECOND_HZ);
      await phoneHears(second, CALLER_HZ);
      await caller.hangUp();
      await second.waitFor('CALL_CLOSED');
      const [kept, given] = [await b.record(callId), await a.record(asked)];
      assert.deepEqual([kept.outcome, kept.termination?.by], ['answered', 'caller']);
      assert.ok(kept.timeline.some((e) => e.type === 'call.transferred') && given.timeline.some((e) => e.type === 'call.transferred'));
      assert.ok(given.endedAt);
    });

    it('the one that came from outside goes on, whichever the phone names; nobody names another one’s call', async () => {
      const port = await registered(a, '1100');
      const customer = await phone({ scenario: calleeScenario({ waitMs: GENEROUS_MS }), port });
      const caller = await a.caller('13900000085', { toneHz: CALLER_HZ });
      await caller.dial(a.uri('12346'));
      await caller.waitFor('CALL_ESTABLISHED');
      const callId = await a.callOf('13900000085');
      await a.events.wait('call.connected', (e) => e.callId === callId);
      const named = encodeURIComponent(await eventually('the dialog', () => replacesOf(customer, 'callee')));
      const second = await b.phone('1002', { toneHz: SECOND_HZ, answer: 'auto' });
      const refer = { cseq: 3, headers: [`Refer-To: <sip:x@127.0.0.1?Replaces=${named}>`] };
      const thief = await phone({
        scenario: scenario([
          ...extensionCall('1004'),
          steps.pause(1_000), // they talk
          steps.request('REFER', { from: '1004', ...refer }),
          steps.recvResponse(403),
          steps.bye({ from: '1004', cseq: 4 }),
          steps.recvResponse(200),
        ]),
        service: '1002',
        remote: at(b),
        auth: auth('1004'),
      });
      succeeded(await thief.finished);
      await second.waitFor('CALL_CLOSED');

      await registered(a, '1100', { port, expires: 0 });
      const asking = await phone({
        scenario: scenario([
          ...calleeAnswers(),
          steps.pause(1_500), // they talk
          ...calleeRefers(`sip:x@127.0.0.1?Replaces=${named}`),
          ...putThrough(...TOLD),
        ]),
        port: await registered(b, '1100'),
        service: '1100',
      });
      await second.dial(b.uri('1100'));
      succeeded(await asking.finished);
      succeeded(await customer.finished);
      await phoneHears(caller, SECOND_HZ);
      await phoneHears(second, CALLER_HZ);
      await second.hangUp();
      await caller.waitFor('CALL_CLOSED');
      const given = await b.callOf('1002');
      const transferred = async (id: string) => (await b.record(id)).timeline.filter((e) => e.type === 'call.transferred').length;
      assert.deepEqual([await transferred(callId), await transferred(given)], [1, 1]);
      const connected = a.events.seen.filter((e) => e.type === 'call.connected' && e.callId === callId).map((e) => e.data.to);
      assert.deepEqual(connected, ['1100', '1002']);
    });
  });

  describe('master keys of recordings are changed by hand', () => {
    const keys = () => readdirSync(path.join(cluster.dataDir, 'keys')).filter((name) => name.endsWith('.key'));
    it('at both processes in the same moment, while both record: what was recorded before, during and after plays at each, its signature is good', async () => {
      const [one, two] = [await a.phone('1001', { toneHz: AGENT_HZ }), await b.phone('1002', { toneHz: SECOND_HZ })];
      const calls: string[] = [];
      const both = async (last: number) => {
        await a.ready('1001');
        const first = await talks(a, `1390000009${last}`, one);
        await b.ready('1002');
        const second = await talks(b, `1390000009${last + 1}`, two);
        calls.push(first.callId, second.callId);
        await talkFor(600);
        return async () => {
          for (const { caller } of [first, second]) await caller.hangUp();
          for (const phone of [one, two]) await phone.waitFor('CALL_CLOSED');
          for (const { callId } of [first, second]) await complete(callId);
        };
      };
      await (await both(0))();
      const end = await both(2);
      const before = keys();
      await Promise.all([a, b, a, b].map((s) => s.admin.post('/recordings/keys/rotate')));
      const command = await yixian(['recordings', 'rotate-key'], cluster.node('b').env);
      assert.equal(command.code, 0, command.stderr);
      await talkFor(600);
      await end();
      await (await both(4))();
      const { keyId } = await b.admin.post<{ keyId: string }>('/recordings/keys/rotate');
      await eventually('the keys before to go', () => keys().join() === `${keyId}.key`);
      assert.ok(!before.includes(`${keyId}.key`));
      for (const callId of calls) {
        const { id, encryption } = await complete(callId);
        assert.equal(encryption, 'aes-256-gcm');
        for (const s of [a, b])
          assert.equal((await s.admin.raw('GET', `/recordings/${id}/audio`)).status, 200, `${id} at ${s.hotline.env.HOTLINE_NODE}`);
      }
      const verified = await yixian(['recordings', 'verify'], cluster.node('a').env);
      assert.equal(verified.code, 0, verified.stdout + verified.stderr);
    });
  });

  describe('a process dies', () => {
    it('the process a phone is connected to (TCP) is killed in mid-call: they talk on, the record has a true end, the phone comes back at the other', async () => {
      const registrar = (s: Scenario) => ({ address: '127.0.0.1', port: s.hotline.sipPort, transport: 'tcp' }) as const;
      const phone = await a.phone('1001', { toneHz: AGENT_HZ, registrar: registrar(b) });
      await a.ready('1001');
      const talk = await talks(a, '13900000097', phone);
      const lost = await b.consults('13900000098');
      await a.events.wait('call.queued', (e) => e.callId === lost.callId);
      b.events.close();
      await cluster.kill('b');
      await a.events.wait('agent.unregistered', (e) => e.agentId === '1001', GENEROUS_MS);
      const ended = await a.events.wait('call.ended', (e) => e.callId === lost.callId, GENEROUS_MS);
      assert.equal((ended.data.termination as { reason: string }).reason, 'process-died');
      await phoneHears(talk.caller, AGENT_HZ);
      await phoneHears(phone, CALLER_HZ);
      await phone.hangUp();
      await a.events.wait('call.disconnected', (e) => e.callId === talk.callId, 15_000);
      await talk.caller.hangUp();
      const record = await a.record(talk.callId);
      assert.deepEqual([record.agent, record.outcome, record.termination?.reason], ['1001', 'answered', 'normal']);
      const next = await a.consults('13900000099', { toneHz: CALLER_HZ });
      await a.events.wait('call.queued', (e) => e.callId === next.callId);
      await phone.again(registrar(a));
      await phone.waitFor('REGISTER_OK');
      await phone.waitFor('CALL_INCOMING', GENEROUS_MS);
      await phone.accept();
      await a.events.wait('call.connected', (e) => e.callId === next.callId && e.agentId === '1001');
      await phoneHears(next.caller, AGENT_HZ);
      await next.caller.hangUp();
      assert.equal((await a.record(next.callId)).outcome, 'answered');
      await a.agentState('1001', 'ready');
    });
  });
});
