import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'mocha';
import { yixian } from '../../src/command.js';
import { type BaresipPhone, eventually, requirePeers, toneDurationMs } from '../../src/peers/index.js';
import { Scenario } from '../../src/scenario.js';
import { RealServer } from '../../src/servers/real-server.js';

const { SWITCH, DRACHTIO_URL = '', FREESWITCH_URL = '', DRACHTIO_COMMAND, FREESWITCH_COMMAND } = process.env;
const CALLER_HZ = 700;
const AGENT_HZ = 1100;
/** Silent for 6 s before it is given up, tried again every 5 s. */
const BACK_MS = 40_000;

// By hand, on the real servers, which this file starts and kills: docs/freeswitch-conformance.md. On fakes: outside-switch.test.ts.
describe('drachtio-server and FreeSWITCH are lost in the middle of calls', function () {
  this.timeout(240_000);
  let drachtio: RealServer | undefined;
  let freeswitch: RealServer | undefined;
  let s: Scenario;
  let pid = 0;

  before(async function () {
    if (SWITCH !== 'freeswitch' || !DRACHTIO_COMMAND || !FREESWITCH_COMMAND) {
      console.log('      skipped: SWITCH is not freeswitch, or DRACHTIO_COMMAND and FREESWITCH_COMMAND are not set');
      this.skip();
    }
    await requirePeers(this, 'baresip', 'redis');
    drachtio = new RealServer(DRACHTIO_COMMAND, DRACHTIO_URL);
    freeswitch = new RealServer(FREESWITCH_COMMAND, FREESWITCH_URL);
    await Promise.all([drachtio.start(), freeswitch.start()]);
    s = await Scenario.start();
    ({ pid } = s.hotline);
  });

  afterEach(async () => {
    await s?.hangUpAllPhones();
    if (s) process.kill(pid, 0);
  });

  after(async () => {
    await s?.close();
    await Promise.all([drachtio?.kill(), freeswitch?.kill()]);
  });

  async function waiting(number: string): Promise<{ caller: BaresipPhone; callId: string }> {
    const { caller, callId } = await s.consults(number, { toneHz: CALLER_HZ });
    await s.events.wait('call.queued', (e) => e.callId === callId);
    return { caller, callId };
  }

  /** A caller and the agent who talk. */
  async function talking(number: string) {
    const agent = await s.phone('1001', { toneHz: AGENT_HZ, answer: 'auto' });
    await s.ready('1001');
    const { caller, callId } = await waiting(number);
    await s.events.wait('recording.started', (e) => e.callId === callId);
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    return { agent, caller, callId };
  }

  const ready = async () => {
    const response = await fetch(`${s.hotline.http}/readyz`);
    return { ok: response.ok, text: await response.text() };
  };
  const isReady = () => eventually('the hotline takes calls', async () => (await ready()).ok, BACK_MS);
  const doctor = async () => (await yixian(['doctor'], { ...s.hotline.env })).stdout;
  const ended = async (callId: string) => (await s.record(callId)).termination;

  async function assertServes(number: string): Promise<void> {
    const { agent, caller, callId } = await talking(number);
    await caller.hangUp();
    await agent.waitFor('CALL_CLOSED');
    assert.equal((await s.record(callId)).outcome, 'answered');
    const heard = async (phone: BaresipPhone, hz: number) => toneDurationMs((await phone.lastHeard()).channels[0] ?? new Int16Array(), hz);
    const [byCaller, byAgent] = [await heard(caller, AGENT_HZ), await heard(agent, CALLER_HZ)];
    assert.ok(byCaller > 1_000 && byAgent > 1_000, `the caller heard ${byCaller} ms, the agent ${byAgent} ms`);
  }

  it('FreeSWITCH is killed: who talks and who waits is hung up truthfully, the recording is kept; it is back by itself', async () => {
    const { agent, caller, callId } = await talking('13800000091');
    const other = await waiting('13800000092');
    await freeswitch?.kill();
    await Promise.all([agent, caller, other.caller].map((phone) => phone.waitFor('CALL_CLOSED', 30_000)));
    for (const id of [callId, other.callId]) {
      const termination = await ended(id);
      assert.deepEqual([termination?.by, termination?.reason], ['system', 'media-failure'], id);
    }
    const { channels } = await s.recording(callId);
    assert.ok(toneDurationMs(channels[0] ?? new Int16Array(), CALLER_HZ) > 1_000, 'the caller, until then');
    assert.ok(toneDurationMs(channels[1] ?? new Int16Array(), AGENT_HZ) > 1_000, 'the agent, until then');
    assert.match((await ready()).text, /FreeSWITCH at \S+ /);
    assert.match(await doctor(), /✗ freeswitch +FreeSWITCH at \S+ cannot be reached/);
    const refused = await s.caller('13800000093');
    await refused.dial(s.uri('12320'));
    assert.match((await refused.waitFor('CALL_CLOSED', 30_000)).param ?? '', /^5\d\d /);
    await s.hangUpAllPhones();
    await freeswitch?.start();
    await isReady();
    assert.match(await doctor(), /nothing is wrong/);
    await assertServes('13800000094');
  });

  it('drachtio-server is killed: the call ends truthfully, its channels too; it is back by itself', async () => {
    const { callId } = await talking('13800000095');
    await drachtio?.kill();
    const termination = await ended(callId);
    assert.deepEqual([termination?.by, termination?.reason], ['network', 'transport-failure']);
    await eventually('FreeSWITCH has no channel left', async () => {
      const { items } = await s.admin.get<{ items: { sessions: number }[] }>('/media-servers');
      return items.every((one) => one.sessions === 0);
    });
    assert.match((await ready()).text, /the SIP server is not connected/);
    assert.match(await doctor(), /✗ switch +\/readyz says 503: .*the SIP server is not connected/);
    await s.hangUpAllPhones();
    await drachtio?.start();
    await isReady();
    await assertServes('13800000096');
  });

  it('both are killed at once, and come back one after the other', async () => {
    const { callId } = await talking('13800000097');
    await Promise.all([drachtio?.kill(), freeswitch?.kill()]);
    const termination = await ended(callId);
    assert.match(`${termination?.by} ${termination?.reason}`, /^(network transport-failure|system media-failure)$/);
    await s.hangUpAllPhones();
    await freeswitch?.start();
    await drachtio?.start();
    await isReady();
    await assertServes('13800000098');
  });
});
