import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, describe, it } from 'mocha';
import { Balancer } from '../../src/browser/balancer.js';
import { Desk } from '../../src/browser/desk.js';
import { ClusterHotline } from '../../src/cluster.js';
import { type BaresipPhone, phoneHears, requirePeers, writeToneWav } from '../../src/peers/index.js';
import { Scenario } from '../../src/scenario.js';

const CALLER_HZ = 700;
const AGENT_HZ = 1100;
const SECOND_HZ = 1500;

// Callers come to a; the page is connected to b, or to whichever the balancer gives it when it comes back.
describe('a page of another process than its calls', function () {
  this.timeout(240_000);
  let cluster: ClusterHotline;
  let a: Scenario;
  let balancer: Balancer;
  let desk: Desk;
  let folder: string;

  before(async function () {
    await requirePeers(this, 'chromium', 'baresip', 'redis');
    folder = mkdtempSync(path.join(tmpdir(), 'yixian-mic-'));
    cluster = await ClusterHotline.start(['a', 'b']);
    a = await Scenario.on(cluster.node('a'));
    await (await a.api('1001')).put('/agents/1001/seat', { kind: 'softphone' });
    balancer = await Balancer.start(cluster.node('b'));
    const microphone = await writeToneWav(path.join(folder, 'mic.wav'), AGENT_HZ, 180);
    desk = await Desk.open({ http: balancer.http }, a.hotline.agent('1001'), { microphone });
    await desk.telephone();
    await (await a.api('1001')).put('/agents/1001/state', { state: 'ready' });
  });

  afterEach(async () => {
    await a?.hangUpAllPhones();
  });

  after(async () => {
    await desk?.close();
    await balancer?.close();
    await a?.leave();
    await cluster?.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  async function talking(number: string): Promise<{ caller: BaresipPhone; callId: string }> {
    await a.agentState('1001', 'ready');
    const caller = await a.caller(number, { toneHz: CALLER_HZ });
    await caller.dial(a.uri('12320'));
    await caller.waitFor('CALL_ESTABLISHED');
    const callId = await a.callOf(number);
    await a.events.wait('call.entered-flow', (e) => e.callId === callId);
    await caller.sendDigits('1');
    await desk.page.getByTestId('pop').getByText(number).waitFor();
    await desk.page.keyboard.press('F2');
    await a.events.wait('call.connected', (e) => e.callId === callId);
    await desk.hears(CALLER_HZ);
    await phoneHears(caller, AGENT_HZ);
    return { caller, callId };
  }

  it('answers a caller, is heard and hears; holds; puts the caller through', async () => {
    const second = await a.phone('1002', { toneHz: SECOND_HZ, answer: 'auto' });
    const { caller, callId } = await talking('13900000031');
    await desk.page.keyboard.press('F8');
    await phoneHears(caller, AGENT_HZ, false);
    await desk.page.keyboard.press('F8');
    await phoneHears(caller, AGENT_HZ);
    await (await a.api('1001')).post(`/calls/${callId}/transfer`, { to: '1002' });
    await second.waitFor('CALL_ESTABLISHED');
    await phoneHears(caller, SECOND_HZ);
    await caller.hangUp();
    await a.record(callId);
  });

  it('reloaded in a call it comes back at the other process, and the caller hears the agent again', async () => {
    const { caller, callId } = await talking('13900000032');
    balancer.turnTo(cluster.node('a'));
    await desk.page.reload();
    await a.events.wait('call.party-lost', (e) => e.callId === callId);
    await a.events.wait('call.party-returned', (e) => e.callId === callId);
    await phoneHears(caller, AGENT_HZ);
    await desk.hears(CALLER_HZ);
    await caller.hangUp();
    assert.equal((await a.record(callId)).agent, '1001');
    balancer.turnTo(cluster.node('b'));
    await desk.page.reload();
    await desk.telephone();
  });

  it('its process is killed: the page goes to the other one by itself and takes the call again', async () => {
    const { caller, callId } = await talking('13900000033');
    balancer.turnTo(cluster.node('a'));
    await cluster.kill('b');
    await a.events.wait('call.party-lost', (e) => e.callId === callId, 20_000);
    await a.events.wait('call.party-returned', (e) => e.callId === callId, 40_000);
    await phoneHears(caller, AGENT_HZ);
    await caller.hangUp();
    assert.equal((await a.record(callId)).agent, '1001');
  });
});
