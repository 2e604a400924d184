import assert from 'node:assert/strict';
import { after, before, describe, it } from 'mocha';
import { requirePeers, toneDurationMs } from '../../src/peers/index.js';
import { Scenario } from '../../src/scenario.js';

const { SWITCH, FREESWITCH_URL = '' } = process.env;
const CALLER_HZ = 700;
const AGENT_HZ = 1100;

// By hand, where two real FreeSWITCH servers are at hand; what the hotline does about servers that fail is in outside-switch.test.ts.
describe('a call over two media servers', function () {
  this.timeout(120_000);
  let s: Scenario;

  before(async function () {
    if (SWITCH !== 'freeswitch' || FREESWITCH_URL.trim().split(/\s+/).length !== 2) {
      console.log('      skipped: SWITCH is not freeswitch with two servers in FREESWITCH_URL');
      this.skip();
    }
    await requirePeers(this, 'baresip', 'redis');
    s = await Scenario.start();
  });

  after(async () => {
    await s?.close();
  });

  it('the caller is on a server that is being drained, the agent on the other: they hear each other, and are recorded', async () => {
    const { items } = await s.admin.get<{ items: { name: string; sessions: number }[] }>('/media-servers');
    const drain = async (name: string, drained: boolean) => await s.admin.put(`/media-servers/${name}`, { drained });
    const [first, second] = items.map((one) => one.name);
    assert.ok(first && second);
    // The servers keep the wish themselves, also that of a run before this one.
    await drain(first, false);
    await drain(second, true);
    const agent = await s.phone('1001', { toneHz: AGENT_HZ, answer: 'auto' });
    // Signed in, so that the caller may wait.
    const api = await s.api('1001');
    await api.put('/agents/1001/seat', { kind: 'sip' });
    await api.put('/agents/1001/state', { state: 'not-ready', reason: 'break' });
    const { caller, callId } = await s.consults('13800000081', { toneHz: CALLER_HZ });
    await s.events.wait('call.queued', (e) => e.callId === callId);
    await drain(second, false);
    await drain(first, true);
    await s.ready('1001');
    await s.events.wait('call.connected', (e) => e.callId === callId);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    const lines = await (await fetch(`${s.hotline.http}/metrics`)).text();
    assert.match(lines, /^freeswitch_lines_between_servers 2$/m);
    await caller.hangUp();
    await agent.waitFor('CALL_CLOSED');
    await s.record(callId);
    const heard = async (phone: typeof agent) => (await phone.lastHeard()).channels[0] ?? new Int16Array();
    const [byCaller, byAgent] = [toneDurationMs(await heard(caller), AGENT_HZ), toneDurationMs(await heard(agent), CALLER_HZ)];
    assert.ok(byCaller > 1_500 && byAgent > 1_500, `the caller heard ${byCaller} ms, the agent ${byAgent} ms`);
    const { channels } = await s.recording(callId);
    assert.ok(toneDurationMs(channels[0] ?? new Int16Array(), CALLER_HZ) > 1_500, 'the caller left');
    assert.ok(toneDurationMs(channels[1] ?? new Int16Array(), AGENT_HZ) > 1_500, 'the agent right');
    const left = await s.admin.get<{ items: { name: string; sessions: number; drained: boolean }[] }>('/media-servers');
    assert.deepEqual(
      left.items.map((one) => one.drained),
      [true, false],
    );
    await drain(first, false);
  });
});
