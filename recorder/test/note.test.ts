import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger, systemClock } from '@yixian/contracts';
import { createRecorder, type RecorderService } from '../src/index.js';
import { countingIds, FakeConfiguration, FakeSwitch, fakeLeg, TestBus } from './support/fakes.js';
import { MemoryRows } from './support/memory-rows.js';

describe('what a caller says for a flow', () => {
  let directory: string;
  let sw: FakeSwitch;
  let rows: MemoryRows;
  let events: TestBus;
  let configuration: FakeConfiguration;
  let recorder: RecorderService;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'yixian-note-'));
    sw = new FakeSwitch();
    rows = new MemoryRows();
    events = new TestBus();
    configuration = new FakeConfiguration();
    recorder = createRecorder({
      ...{ switch: sw, rows, events, directory, ids: countingIds(), logger: silentLogger, clock: systemClock() },
      ...{ configuration, keysDirectory: join(directory, 'keys') },
    });
  });
  afterEach(async () => {
    await recorder.close();
    await rm(directory, { recursive: true, force: true });
  });

  const request = { callId: 'call-1', caller: '13800000000', maxDurationMs: 30_000, endAfterSilenceMs: 3000, finishOn: '#' };

  it('is beeped for and recorded whatever the policy, until a key ends it; the row is the call’s', async () => {
    configuration.change({
      recording: { ...configuration.current.recording, inbound: { mode: 'none', sharePercent: 0, announcement: null } },
    });
    const leg = fakeLeg();
    const taking = recorder.notes.record({ ...request, leg });
    await sw.begun(1);
    assert.deepEqual(leg.played, ['beep']);
    assert.deepEqual([sw.requests[0]?.left, sw.requests[0]?.maxDurationMs, sw.requests[0]?.endAfterSilenceMs], [leg, 30_000, 3000]);
    await events.next('recording.started');
    sw.frames = 16_000;
    leg.press('5');
    leg.press('#');
    assert.deepEqual(await taking, { recordingId: 'rec-1', durationMs: 2000 });
    assert.deepEqual(events.events[0]?.data, { recordingId: 'rec-1', note: true });
    assert.equal(leg.listeners, 0);
    await recorder.close();
    assert.deepEqual(
      [...rows.recordings.values()].map(({ id, callId, state }) => [id, callId, state]),
      [['rec-1', 'call-1', 'complete']],
    );
  });

  it('is nothing when only silence came, or the switch cannot record', async () => {
    const silent = recorder.notes.record({ ...request, leg: fakeLeg() });
    await sw.begun(1);
    await events.next('recording.started');
    sw.frames = 26_000;
    await sw.end(0, 'silence');
    assert.equal(await silent, undefined);
    sw.failStart = new Error('no');
    assert.equal(await recorder.notes.record({ ...request, leg: fakeLeg() }), undefined);
    const gone = fakeLeg();
    gone.state = 'ended';
    assert.equal(await recorder.notes.record({ ...request, leg: gone }), undefined);
  });
});
