import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger, systemClock, VOICEMAIL_DEFAULTS } from '@yixian/contracts';
import { createRecorder, type RecorderOptions, type RecorderService } from '../src/index.js';
import { countingIds, FakeConfiguration, FakeSwitch, fakeLeg, TestBus } from './support/fakes.js';
import { MemoryRows } from './support/memory-rows.js';

const NOW = Date.UTC(2026, 2, 1, 4);

describe('voicemail', () => {
  let directory: string;
  let sw: FakeSwitch;
  let rows: MemoryRows;
  let events: TestBus;
  let configuration: FakeConfiguration;
  let recorder: RecorderService;

  const create = (change: Partial<RecorderOptions> = {}): RecorderService =>
    createRecorder({
      ...{ switch: sw, rows, events, directory, ids: countingIds(), logger: silentLogger },
      ...{ configuration, keysDirectory: join(directory, 'keys') },
      clock: { ...systemClock(), now: () => NOW },
      ...change,
    });

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'yixian-vm-'));
    sw = new FakeSwitch();
    rows = new MemoryRows();
    events = new TestBus();
    configuration = new FakeConfiguration();
    recorder = create();
  });
  afterEach(async () => {
    await recorder.close();
    await rm(directory, { recursive: true, force: true });
  });

  const request = { callId: 'call-1', box: 'main', caller: '13800000000', maxDurationMs: 60_000, finishOn: '#' };
  const recordingBegun = (): Promise<void> => sw.begun(1);
  const files = async (): Promise<string[]> => (await readdir(directory, { recursive: true })).filter((name) => /\.(wav|json)$/.test(name));

  it('beeps, records the caller alone, keeps row and events', async () => {
    const leg = fakeLeg();
    const taking = recorder.voicemail({ ...request, leg });
    await recordingBegun();
    assert.deepEqual(leg.played, ['beep']);
    const asked = sw.requests[0];
    assert.equal(asked?.file, join(directory, 'voicemail/2026/03/01/vm-1.wav'));
    assert.deepEqual([asked?.channels, asked?.left, asked?.right, asked?.maxDurationMs], [1, leg, undefined, 60_000]);
    sw.frames = 40_000;
    await sw.end(0, 'legs-ended');
    assert.deepEqual(await taking, { voicemailId: 'vm-1', durationMs: 5_000 });
    assert.deepEqual(events.types, ['voicemail.started', 'voicemail.left']);
    assert.deepEqual(events.events[1]?.data, { voicemailId: 'vm-1', box: 'main', durationMs: 5_000 });
    await recorder.close();
    assert.deepEqual(rows.voicemails, [
      {
        ...VOICEMAIL_DEFAULTS,
        ...{ bytes: 80_044, sha256: rows.voicemails[0]?.sha256 ?? null, seal: rows.voicemails[0]?.seal ?? null },
        ...{ id: 'vm-1', callId: 'call-1', box: 'main', caller: '13800000000', leftAt: NOW, durationMs: 5_000 },
        file: 'voicemail/2026/03/01/vm-1.wav',
      },
    ]);
    assert.equal((await stat(asked?.file ?? '')).mode & 0o777, 0o600);
    assert.deepEqual(await files(), ['voicemail/2026/03/01/vm-1.wav']);
  });

  it('ends on the finishing key only, which is then no choice for the next menu', async () => {
    const leg = fakeLeg();
    const taking = recorder.voicemail({ ...request, leg });
    await recordingBegun();
    const cleared = leg.cleared;
    leg.press('5');
    sw.frames = 24_000;
    leg.press('#');
    assert.equal((await taking)?.durationMs, 3_000);
    assert.equal(leg.cleared, cleared + 1);
    assert.equal(leg.listeners, 0);
  });

  it('a message shorter than a second is discarded with its file', async () => {
    const taking = recorder.voicemail({ ...request, leg: fakeLeg() });
    await recordingBegun();
    sw.frames = 7_992;
    await sw.end(0, 'legs-ended');
    assert.equal(await taking, undefined);
    assert.deepEqual(rows.voicemails, []);
    assert.deepEqual(await files(), []);
    assert.deepEqual(events.types, ['voicemail.started']);
    assert.equal(recorder.metrics().recorder_voicemails_discarded_total, 1);
  });

  it('silence up to its own limit is no message', async () => {
    recorder = create({ voicemailSilenceMs: 6_000 });
    const taking = recorder.voicemail({ ...request, leg: fakeLeg() });
    await recordingBegun();
    assert.equal(sw.requests[0]?.endAfterSilenceMs, 6_000);
    sw.frames = 8 * 6_500;
    await sw.end(0, 'silence');
    assert.equal(await taking, undefined);
  });

  it('a caller who is gone after the beep leaves nothing behind', async () => {
    const leg = fakeLeg();
    leg.state = 'ended';
    assert.equal(await recorder.voicemail({ ...request, leg }), undefined);
    assert.equal(sw.requests.length, 0);
    assert.deepEqual(await files(), []);
  });

  it('a switch that cannot record is an event, never an exception in the call', async () => {
    sw.failStart = new Error('no media worker');
    const leg = fakeLeg();
    assert.equal(await recorder.voicemail({ ...request, leg }), undefined);
    assert.deepEqual(events.types, ['voicemail.started', 'recording.failed']);
    assert.equal(leg.listeners, 0);
  });

  it('is told at once and its row is written when the database is back', async () => {
    rows.failures = 1;
    const taking = recorder.voicemail({ ...request, leg: fakeLeg() });
    await recordingBegun();
    sw.frames = 16_000;
    await sw.end(0, 'stopped');
    await taking;
    assert.ok(events.types.includes('voicemail.left'));
    assert.equal((await files()).length, 2);
    await recorder.close();
    assert.equal(rows.voicemails.length, 1);
    assert.equal((await files()).length, 1);
  });
});
