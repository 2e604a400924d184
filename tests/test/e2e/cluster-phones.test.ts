import assert from 'node:assert/strict';
import { ClusterHotline, metric } from '../../src/cluster.js';
import { type BaresipPhone, phoneHears, requirePeers } from '../../src/peers/index.js';
import { Scenario } from '../../src/scenario.js';

const CALLER_HZ = 700;
const AGENT_HZ = 1100;
const SECOND_HZ = 1500;

// Callers come to one process, agents' phones are connected to the other.
describe('phones of several processes', function () {
  this.timeout(240_000);
  let cluster: ClusterHotline;
  let a: Scenario;
  let b: Scenario;

  before(async function () {
    await requirePeers(this, 'baresip', 'sipp', 'redis');
    cluster = await ClusterHotline.start(['a', 'b']);
    a = await Scenario.on(cluster.node('a'));
    b = await Scenario.on(cluster.node('b'));
  });
  afterEach(async () => {
    await a?.hangUpAllPhones();
    await b?.hangUpAllPhones();
  });
  after(async () => {
    await a?.leave();
    await b?.leave();
    await cluster?.close();
  });

  /** A phone that holds a connection to one process, and its agent, ready there. */
  async function agentAt(s: Scenario, extension: string, hertz = AGENT_HZ): Promise<BaresipPhone> {
    const registrar = { address: '127.0.0.1', port: s.hotline.sipPort, transport: 'tcp' } as const;
    const phone = await s.phone(extension, { toneHz: hertz, registrar });
    await s.ready(extension);
    await s.agentState(extension, 'ready');
    return phone;
  }

  async function callerAt(s: Scenario, number: string, keys = '1'): Promise<{ caller: BaresipPhone; callId: string }> {
    const caller = await s.caller(number, { toneHz: CALLER_HZ });
    await caller.dial(s.uri('12320'));
    await caller.waitFor('CALL_ESTABLISHED');
    const callId = await s.callOf(number);
    await s.events.wait('call.entered-flow', (e) => e.callId === callId);
    if (keys) await caller.sendDigits(keys);
    return { caller, callId };
  }

  it('an agent whose phone is connected to b answers a caller at a: tones both ways, keys, hold; the record is a whole one', async () => {
    const phone = await agentAt(b, '1001');
    const { caller, callId } = await callerAt(a, '13900000021');
    const incoming = await phone.waitFor('CALL_INCOMING', 30_000);
    assert.match(incoming.peeruri ?? '', /13900000021/);
    await phone.accept();
    await a.events.wait('call.connected', (e) => e.callId === callId);
    await phoneHears(phone, CALLER_HZ);
    await phoneHears(caller, AGENT_HZ);
    await phone.hold();
    await phoneHears(caller, AGENT_HZ, false);
    await phone.resume();
    await phoneHears(caller, AGENT_HZ);
    await phone.hangUp();
    await caller.hangUp();
    const record = await b.record(callId);
    assert.equal(record.agent, '1001');
    assert.equal(record.outcome, 'answered');
    await b.signOut('1001');
  });

  it('the phone transfers the caller by its own key to another one, which is connected to a', async () => {
    const phone = await agentAt(b, '1001');
    const second = await a.phone('1002', { toneHz: SECOND_HZ, answer: 'auto' });
    const { caller, callId } = await callerAt(a, '13900000022');
    await phone.waitFor('CALL_INCOMING', 30_000);
    await phone.accept();
    await a.events.wait('call.connected', (e) => e.callId === callId);
    await phone.transfer(b.uri('1002'));
    await second.waitFor('CALL_ESTABLISHED');
    await phoneHears(caller, SECOND_HZ);
    await phone.waitFor('CALL_CLOSED');
    await caller.hangUp();
    await b.record(callId);
    await b.signOut('1001');
  });

  it('the agent’s second call is made where the first one is: b hands it over', async () => {
    const phone = await agentAt(b, '1001');
    const second = await b.phone('1002', { toneHz: SECOND_HZ, answer: 'auto' });
    const { caller, callId } = await callerAt(a, '13900000023');
    await phone.waitFor('CALL_INCOMING', 30_000);
    await phone.accept();
    await a.events.wait('call.connected', (e) => e.callId === callId);
    await phone.hold();
    await phone.dial(b.uri('1002'));
    await second.waitFor('CALL_ESTABLISHED');
    await phoneHears(phone, SECOND_HZ);
    assert.equal(await metric(b.hotline, 'sip_handed_over_calls_total'), 1, 'b has given it to a');
    await phone.hangUp();
    await caller.hangUp();
    await b.record(callId);
    await b.signOut('1001');
  });

  it('who is parked at a is fetched by a phone that dials b, and by a click at b', async () => {
    for (const [number, how] of [
      ['13900000025', 'dialled'],
      ['13900000026', 'clicked'],
    ] as const) {
      const phone = await agentAt(b, '1001');
      const other = await b.phone('1003', { toneHz: SECOND_HZ, answer: 'auto' });
      const { caller, callId } = await callerAt(a, number);
      await phone.waitFor('CALL_INCOMING', 30_000);
      await phone.accept();
      await b.events.wait('call.connected', (e) => e.callId === callId);
      const { slot } = await (await b.api('1001')).post<{ slot: string }>(`/calls/${callId}/park`);
      await phone.waitFor('CALL_CLOSED');
      if (how === 'dialled') await other.dial(b.uri(`*5${slot}`));
      else await (await b.api('1003')).post('/calls', { from: '1003', to: `*5${slot}` });
      await a.events.wait('call.retrieved', (e) => e.callId === callId && e.data.by === '1003');
      await phoneHears(caller, SECOND_HZ);
      await caller.hangUp();
      await other.waitFor('CALL_CLOSED');
      assert.ok((await b.record(callId)).segments.some((one) => one.kind === 'parked'));
      await b.signOut('1001');
      await b.hangUpAllPhones();
    }
  });

  it('what rings for a call of a is picked up by a phone that dials b (*8), and by nobody of another group', async () => {
    for (const extension of ['1001', '1002']) {
      const { revision } = await a.admin.get<{ revision: number }>(`/extensions/${extension}`);
      await a.admin.put(`/extensions/${extension}`, { pickupGroup: 'desk', revision });
    }
    const from = await a.phone('1004', { toneHz: CALLER_HZ });
    const rung = await b.phone('1002');
    const taker = await b.phone('1001', { toneHz: SECOND_HZ });
    const stranger = await b.phone('1003');
    await from.dial(a.uri('1002'));
    await rung.waitFor('CALL_INCOMING');
    await stranger.dial(b.uri('*81002'));
    assert.match((await stranger.waitFor('CALL_CLOSED')).param ?? '', /404/);
    await taker.dial(b.uri('*8'));
    await taker.waitFor('CALL_ESTABLISHED');
    await rung.waitFor('CALL_CLOSED');
    await phoneHears(from, SECOND_HZ);
    await phoneHears(taker, CALLER_HZ);
    await from.hangUp();
    await taker.waitFor('CALL_CLOSED');
  });

  it('a phone that has no connection (UDP) is rung by the other process when its own is killed', async () => {
    await cluster.startNode('c');
    const c = await Scenario.on(cluster.node('c'));
    const phone = await c.phone('1003', { toneHz: AGENT_HZ });
    await a.ready('1003');
    await a.agentState('1003', 'ready');
    c.events.close();
    await cluster.kill('c');
    const { caller, callId } = await callerAt(a, '13900000024');
    await phone.waitFor('CALL_INCOMING', 60_000);
    await phone.accept();
    await a.events.wait('call.connected', (e) => e.callId === callId);
    await phoneHears(caller, AGENT_HZ);
    await phone.hangUp();
    await caller.hangUp();
    await a.record(callId);
    await a.signOut('1003');
    await phone.stop();
  });
});
