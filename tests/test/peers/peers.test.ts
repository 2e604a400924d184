import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type BaresipPhone,
  calleeScenario,
  callerScenario,
  dominantFrequency,
  freePort,
  freePorts,
  isSilent,
  keys,
  levelDbfs,
  readWav,
  requirePeers,
  runSipp,
  scenario,
  silence,
  startBaresip,
  startSipp,
  steps,
  succeeded,
  tone,
  toneDurationMs,
  toneShare,
  toneSpans,
  writeCapture,
  writeWav,
} from '../../src/peers/index.js';

describe('peers: the instruments themselves', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'yx-peers-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('finds many ports in a row however many single ones it has given before', async () => {
    for (let i = 0; i < 40; i++) {
      for (let single = 0; single < 40; single++) await freePort();
      const first = await freePorts(160);
      assert.equal(first % 2, 0);
    }
  });

  it('finds a tone where it stands and nowhere else', async () => {
    const file = join(folder, 'two.wav');
    const left = new Int16Array([...silence(1), ...tone(700, 1), ...silence(1)]);
    await writeWav(file, [left, tone(1100, 3)]);
    const sound = await readWav(file);
    const [heardLeft, heardRight] = sound.channels;
    assert.ok(heardLeft && heardRight);
    const [span, ...others] = toneSpans(heardLeft, 700);
    assert.ok(span && Math.abs(span.startMs - 1000) <= 40 && Math.abs(span.endMs - 2000) <= 40, JSON.stringify(span));
    assert.deepEqual(others, []);
    assert.equal(toneDurationMs(heardLeft, 1100), 0);
    assert.ok(toneShare(heardRight, 1100) > 0.95);
    assert.equal(dominantFrequency(heardRight), 1100);
    assert.ok(isSilent(heardLeft.subarray(0, 8000)));
    assert.ok(!isSilent(heardRight));
    assert.ok(Math.abs(levelDbfs(heardRight) - 20 * Math.log10(0.25)) < 0.1);
  });

  it('rejects a file that is no WAV, naming it', async () => {
    await assert.rejects(readWav(import.meta.filename), /peers\.test\.js: not a WAV/);
  });
});

describe('peers: sipp and baresip between themselves', function () {
  this.timeout(60_000);
  let folder: string;
  const phones: BaresipPhone[] = [];
  before(async function () {
    await requirePeers(this, 'sipp', 'baresip');
    folder = await mkdtemp(join(tmpdir(), 'yx-peers-'));
  });
  afterEach(() => Promise.all(phones.splice(0).map((p) => p.stop())));
  after(async () => {
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  it('a sipp caller is heard and its keys are told by the phone', async () => {
    const phone = await startBaresip({ user: '1001', toneHz: 700, answer: 'auto' });
    phones.push(phone);
    const capture = join(folder, 'caller.pcap');
    const length = await writeCapture(capture, [{ kind: 'tone', hz: 1000, ms: 1000 }, ...keys('11#')]);
    await runSipp({
      remote: { address: '127.0.0.1', port: phone.sipPort },
      service: '1001',
      scenario: callerScenario({ during: [steps.play(capture), steps.pause(length + 300)] }),
    });
    await phone.waitFor('CALL_CLOSED');
    const pressed = phone.events.filter((e) => e.type === 'CALL_DTMF_START').map((e) => e.param);
    assert.deepEqual(pressed, ['1', '1', '#']);
    const heard = await phone.lastHeard();
    assert.ok(toneDurationMs(heard.channels[0] ?? silence(0), 1000) > 600);
  });

  it('a phone calls a sipp gateway that echoes and hangs up', async () => {
    const gateway = await startSipp({
      scenario: calleeScenario({ hangUp: 'us', during: [steps.pause(1500)], ringMs: 100 }),
      echo: true,
    });
    const phone = await startBaresip({ user: '1001', toneHz: 700, codecs: ['PCMA'] });
    phones.push(phone);
    await phone.dial(`sip:02112345678@127.0.0.1:${gateway.port}`);
    await phone.waitFor('CALL_ESTABLISHED');
    await phone.waitFor('CALL_CLOSED');
    succeeded(await gateway.finished);
    const heard = await phone.lastHeard();
    assert.ok(toneDurationMs(heard.channels[0] ?? silence(0), 700) > 600);
  });

  it('a scenario that does not go as written is an error with the messages', async () => {
    const phone = await startBaresip({ user: '1001' });
    phones.push(phone);
    const wrong = scenario([steps.invite(), steps.recvResponse(404, { timeoutMs: 1000 })]);
    await assert.rejects(
      runSipp({ remote: { address: '127.0.0.1', port: phone.sipPort }, service: '1001', scenario: wrong }),
      /sipp ended with 1[\s\S]*INVITE sip:1001/,
    );
  });
});
