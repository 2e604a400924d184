import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'mocha';
import { Desk } from '../../src/browser/desk.js';
import { type BaresipPhone, eventually, phoneHears, requirePeers } from '../../src/peers/index.js';
import { Scenario } from '../../src/scenario.js';

const CALLER_HZ = 700;
const SECOND_HZ = 900;

describe('a page that is lost while it rings', function () {
  this.timeout(180_000);
  let s: Scenario;
  let desk: Desk;

  before(async function () {
    await requirePeers(this, 'chromium', 'baresip', 'redis');
    s = await Scenario.start();
    // longer than it takes to miss a page that says nothing
    const { revision } = await s.admin.get<{ revision: number }>('/queues/consult');
    await s.admin.put('/queues/consult', { ringTimeoutSeconds: 60, revision });
    const api = await s.api('1001');
    await api.put('/agents/1001/seat', { kind: 'softphone' });
    desk = await Desk.open(s.hotline, s.hotline.agent('1001'));
    await desk.telephone();
  });

  afterEach(async () => {
    await s?.hangUpAllPhones();
  });

  after(async () => {
    await desk?.close();
    await s?.close();
  });

  async function ringing(number: string): Promise<{ caller: BaresipPhone; callId: string }> {
    const { caller, callId } = await s.consults(number, { toneHz: CALLER_HZ });
    const offer = await s.events.wait('offer.made', (e) => e.callId === callId);
    assert.equal(offer.agentId, '1001');
    await desk.page.getByTestId('pop').getByText(number).waitFor();
    await desk.phase('振铃');
    return { caller, callId };
  }

  const ofCall = (callId: string, type: string) => s.events.seen.filter((e) => e.callId === callId && e.type === type);
  const missed = async () => (await s.admin.get<{ today: { missed: number } }>('/agents/1001')).today.missed;

  it('reloaded, it rings again with its pop, and is answered: one call, nothing missed', async () => {
    await (await s.api('1001')).put('/agents/1001/state', { state: 'ready' });
    const { caller, callId } = await ringing('13800000061');
    await desk.page.reload();
    await eventually('a second offer', async () => (ofCall(callId, 'offer.made').length === 2 ? true : undefined));
    await desk.page.getByTestId('pop').getByText('13800000061').waitFor();
    await desk.phase('振铃');
    await desk.page.keyboard.press('F2');
    await s.events.wait('call.connected', (e) => e.callId === callId);
    await desk.hears(CALLER_HZ);
    assert.deepEqual(
      ['offer.made', 'offer.withdrawn', 'offer.rejected', 'offer.timed-out'].map((type) => ofCall(callId, type).length),
      [2, 1, 0, 0],
    );
    await caller.hangUp();
    const record = await s.record(callId);
    assert.deepEqual([record.outcome, record.agent], ['answered', '1001']);
    assert.equal(await missed(), 0);
  });

  it('with another agent free the call goes there at once; this one is ready again as soon as the page is', async () => {
    const second = await s.phone('1002', { toneHz: SECOND_HZ });
    await s.agentState('1001', 'ready');
    await s.ready('1002');
    const { caller, callId } = await ringing('13800000062');
    await desk.page.reload();
    await second.waitFor('CALL_INCOMING');
    await second.accept();
    await phoneHears(caller, SECOND_HZ);
    await desk.telephone();
    assert.deepEqual([(await s.agentState('1001', 'ready')).reason, await missed()], [null, 0]);
    assert.equal(ofCall(callId, 'offer.withdrawn')[0]?.agentId, '1001');
    await caller.hangUp();
    assert.equal((await s.record(callId)).agent, '1002');
    await s.signOut('1002');
  });

  it('asleep, it is missed long before the ring would end, and the call goes on; it was no "no answer"', async () => {
    const second = await s.phone('1002', { toneHz: SECOND_HZ });
    await s.agentState('1001', 'ready');
    await s.ready('1002');
    const { caller, callId } = await ringing('13800000063');
    desk.browser.sleep();
    try {
      await s.events.wait('offer.withdrawn', (e) => e.callId === callId && e.agentId === '1001', 50_000);
      await second.waitFor('CALL_INCOMING');
      await second.accept();
      await phoneHears(caller, SECOND_HZ);
    } finally {
      desk.browser.wake();
    }
    await desk.telephone();
    await eventually('it can be reached again', async () =>
      (await s.admin.get<{ reachable: boolean }>('/agents/1001')).reachable ? true : undefined,
    );
    assert.deepEqual([(await s.agentState('1001', 'ready')).reason, await missed()], [null, 0]);
    assert.equal(ofCall(callId, 'offer.timed-out').length, 0);
    await caller.hangUp();
    assert.equal((await s.record(callId)).agent, '1002');
  });
});
