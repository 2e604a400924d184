import assert from 'node:assert/strict';
import { ClusterHotline } from '../../src/cluster.js';
import { type BaresipPhone, phoneHears, requirePeers, startBaresip } from '../../src/peers/index.js';
import { Scenario } from '../../src/scenario.js';

const CALLER_HZ = 700;
const MOBILE_HZ = 1100;
const NUMBER = '13811110061';

// The process that decides holds the line; callers come to all of them.
describe('a nailed-up line of several processes', function () {
  this.timeout(240_000);
  let cluster: ClusterHotline;
  let a: Scenario;
  let b: Scenario;
  let mobile: BaresipPhone | undefined;

  before(async function () {
    await requirePeers(this, 'baresip', 'redis');
    cluster = await ClusterHotline.start(['a', 'b']);
    a = await Scenario.on(cluster.node('a'));
    b = await Scenario.on(cluster.node('b'));
    mobile = await startBaresip({ user: NUMBER, toneHz: MOBILE_HZ, answer: 'auto' });
    await a.admin.post('/trunks', {
      id: 'mobiles',
      inboundAddresses: [],
      outboundUri: `sip:127.0.0.1:${mobile.sipPort}`,
      outboundNumbers: [NUMBER],
      maxCalls: 10,
      maxCallsPerSecond: 10,
    });
    const { revision } = await a.admin.get<{ revision: number }>('/queues/consult');
    await a.admin.put('/queues/consult', { wrapUpSeconds: 0, revision });
    const api = await b.api('1001');
    await api.put('/agents/1001/seat', { kind: 'phone', number: NUMBER, persistent: true, confirm: false });
    await api.put('/agents/1001/state', { state: 'ready' });
    await mobile.waitFor('CALL_ESTABLISHED');
  });
  afterEach(async () => {
    await b?.hangUpAllPhones();
  });
  after(async () => {
    await a?.leave();
    await b?.leave();
    await mobile?.stop();
    await cluster?.close();
  });

  /** A caller of b talks with the agent, whose line it is told to ring. */
  async function talks(number: string): Promise<{ caller: BaresipPhone; callId: string }> {
    const caller = await b.caller(number, { toneHz: CALLER_HZ });
    await caller.dial(b.uri('12320'));
    await caller.waitFor('CALL_ESTABLISHED');
    const callId = await b.callOf(number);
    await b.events.wait('call.entered-flow', (e) => e.callId === callId);
    await caller.sendDigits('1');
    await b.events.wait('call.connected', (e) => e.callId === callId, 40_000);
    assert.ok(mobile);
    await phoneHears(mobile, CALLER_HZ);
    await phoneHears(caller, MOBILE_HZ);
    return { caller, callId };
  }

  const calls = () => mobile?.events.filter((e) => e.type === 'CALL_ESTABLISHED').length;

  it('carries callers of b one after the other, in one leg, keys and all', async () => {
    for (const number of ['13900000041', '13900000042']) {
      const { caller, callId } = await talks(number);
      await mobile?.sendDigits('7');
      assert.equal((await caller.waitFor('CALL_DTMF_START')).param, '7');
      await caller.hangUp();
      assert.equal((await b.record(callId)).agent, '1001');
      await b.agentState('1001', 'ready');
    }
    assert.equal(calls(), 1);
  });

  it('its process is killed: another one calls the number, and callers are put through again', async () => {
    a.events.close();
    await cluster.kill('a');
    await mobile?.hangUp(); // nobody is left to tell the telephone
    await mobile?.waitFor('CALL_ESTABLISHED', 60_000);
    await b.agentState('1001', 'ready');
    const { caller, callId } = await talks('13900000043');
    await caller.hangUp();
    assert.equal((await b.record(callId)).agent, '1001');
  });
});
