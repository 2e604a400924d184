import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RECORDING_DEFAULTS, type RecordingRow, SimulatedClock, silentLogger, systemClock } from '@yixian/contracts';
import { createRecorder, type RecorderOptions, type RecorderService, readWavHeader } from '../src/index.js';
import { countingIds, FakeConfiguration, FakeSwitch, fakeLeg, TestBus, wav } from './support/fakes.js';
import { MemoryRows } from './support/memory-rows.js';

const NOW = Date.UTC(2026, 2, 1, 23, 30);

describe('recorder', () => {
  let directory: string;
  let sw: FakeSwitch;
  let rows: MemoryRows;
  let events: TestBus;
  let configuration: FakeConfiguration;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'yixian-rec-'));
    sw = new FakeSwitch();
    rows = new MemoryRows();
    events = new TestBus();
    configuration = new FakeConfiguration();
    sw.startedAt = NOW;
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const create = (change: Partial<RecorderOptions> = {}): RecorderService =>
    createRecorder({
      ...{ switch: sw, rows, events, directory, ids: countingIds(), logger: silentLogger },
      ...{ configuration, keysDirectory: join(directory, 'keys') },
      clock: { ...systemClock(), now: () => NOW },
      ...change,
    });
  const request = { callId: 'call-1', direction: 'inbound', agentId: '1001', queueId: 'consult' } as const;

  it('writes stereo with the caller left and the agent right, in a folder of the day that only its owner can enter', async () => {
    const recorder = create();
    const [left, right] = [fakeLeg(), fakeLeg()];
    const active = await recorder.start({ ...request, left, right });
    assert.equal(active?.id, 'rec-1');
    const asked = sw.requests[0];
    assert.equal(asked?.file, join(directory, '2026/03/01/rec-1.wav'));
    assert.equal(asked?.channels, 2);
    assert.equal(asked?.left, left);
    assert.equal(asked?.right, right);
    assert.equal((await stat(join(directory, '2026/03/01'))).mode & 0o777, 0o700);
    await active?.stop();
    await recorder.close();
    assert.equal((await stat(asked?.file ?? '')).mode & 0o777, 0o600);
  });

  it('has row, events, duration, size and checksum of a finished recording', async () => {
    const recorder = create();
    const active = await recorder.start({ ...request, left: fakeLeg() });
    sw.frames = 16_000;
    await active?.stop();
    const stopped = await events.next('recording.stopped');
    const file = await readFile(join(directory, '2026/03/01/rec-1.wav'));
    assert.deepEqual(stopped.data, { recordingId: 'rec-1', durationMs: 2_000, bytes: file.byteLength });
    assert.equal(stopped.callId, 'call-1');
    assert.equal(stopped.agentId, '1001');
    assert.equal(stopped.queueId, 'consult');
    assert.deepEqual(events.types, ['recording.started', 'recording.stopped']);
    // Whoever hears that it stopped finds the row complete.
    const row = rows.recordings.get('rec-1');
    assert.deepEqual(row, {
      ...RECORDING_DEFAULTS,
      direction: 'inbound',
      extension: '1001',
      seal: row?.seal ?? null,
      ...{ id: 'rec-1', callId: 'call-1', agentId: '1001', queueId: 'consult', file: '2026/03/01/rec-1.wav', state: 'complete' },
      ...{ startedAt: NOW, endedAt: NOW + 2_000, durationMs: 2_000, bytes: file.byteLength },
      sha256: createHash('sha256').update(file).digest('hex'),
    } satisfies RecordingRow);
    assert.deepEqual([recorder.metrics().recorder_started_total, recorder.metrics().recorder_completed_total], [1, 1]);
    assert.equal(recorder.metrics().recorder_active, 0);
  });

  it('a recording that ends by itself, with its legs, is completed all the same', async () => {
    const recorder = create();
    await recorder.start({ ...request, left: fakeLeg() });
    await sw.end(0, 'legs-ended');
    await events.next('recording.stopped');
    assert.equal(rows.recordings.get('rec-1')?.state, 'complete');
  });

  it('pause, resume and the agent who comes later reach the tap, each once', async () => {
    const recorder = create();
    const active = await recorder.start({ ...request, left: fakeLeg() });
    active?.setRight(fakeLeg());
    active?.resume();
    active?.pause();
    active?.pause();
    active?.resume();
    active?.setRight(undefined);
    assert.deepEqual(sw.log, ['right', 'pause', 'resume', 'no-right']);
    await active?.stop();
    active?.pause();
    await events.next('recording.stopped');
    assert.deepEqual(events.types, ['recording.started', 'recording.paused', 'recording.resumed', 'recording.stopped']);
  });

  it('does not wait for the database before audio is recorded, and writes the row when it is back', async () => {
    rows.failures = 2;
    const recorder = create();
    const active = await recorder.start({ ...request, left: fakeLeg() });
    assert.ok(active);
    assert.equal(rows.recordings.size, 0);
    await active.stop();
    await events.next('recording.stopped');
    await recorder.close();
    assert.equal(rows.recordings.get('rec-1')?.state, 'complete');
  }).timeout(20_000);

  it('a switch that cannot record is an event and a metric, never an exception in the call', async () => {
    sw.failStart = new Error('no media worker');
    const recorder = create();
    assert.equal(await recorder.start({ ...request, left: fakeLeg() }), undefined);
    assert.deepEqual(events.events[0]?.data, { recordingId: 'rec-1', message: 'no media worker' });
    assert.equal(events.events[0]?.type, 'recording.failed');
    assert.equal(recorder.metrics().recorder_failed_total, 1);
    assert.equal(rows.recordings.size, 0);
  });

  it('a call that was over before its recording began has not failed to be recorded', async () => {
    sw.failStart = new Error('leg has ended and cannot be recorded');
    const recorder = create();
    const left = Object.assign(fakeLeg(), { state: 'ended' as const });
    assert.equal(await recorder.start({ ...request, left }), undefined);
    assert.deepEqual(events.types, []);
    assert.equal(recorder.metrics().recorder_failed_total, 0);
  });

  it('a switch that never answers is given up after the deadline', async () => {
    sw.hang = true;
    const clock = new SimulatedClock(NOW);
    const recorder = create({ clock });
    const started = recorder.start({ ...request, left: fakeLeg() });
    await sw.asked(1);
    clock.advance(5_000);
    assert.equal(await started, undefined);
    assert.equal(clock.pendingTimers, 0);
  });

  it('with a disk that is nearly full recording is refused loudly and calls go on', async () => {
    configuration.change({ recordingMinFreeMegabytes: 200 });
    const recorder = create({ freeBytes: async () => 100 * 1024 * 1024 });
    assert.equal(await recorder.start({ ...request, left: fakeLeg() }), undefined);
    assert.equal(sw.requests.length, 0);
    const event = await events.next('recording.failed');
    assert.match((event.data as { message: string }).message, /only 100 MB free in .*, 200 MB are needed/);
    assert.equal(recorder.metrics()['recorder_refused_total{reason="disk-full"}'], 1);
  });

  it('asks the file system itself how much room there is', async () => {
    configuration.change({ recordingMinFreeMegabytes: 1_000_000_000 });
    const recorder = create();
    assert.equal(await recorder.start({ ...request, left: fakeLeg() }), undefined);
    assert.ok((recorder.metrics().recorder_free_bytes ?? 0) > 0);
  });

  it('when the switch fails on the way, what was written stays playable and the failure is told', async () => {
    const recorder = create();
    await recorder.start({ ...request, left: fakeLeg() });
    await sw.end(0, 'failed', 'write error: ENOSPC');
    const failed = await events.next('recording.failed');
    assert.deepEqual(failed.data, { recordingId: 'rec-1', message: 'write error: ENOSPC' });
    const row = rows.recordings.get('rec-1');
    assert.equal(row?.state, 'complete');
    assert.equal(row?.durationMs, 1_000);
    const header = readWavHeader(await readFile(join(directory, row?.file ?? '')));
    assert.equal(header.dataBytes, 32_000);
  });

  describe('after a process that died', () => {
    const left = async (id: string, content: Uint8Array | undefined, file = `2026/03/01/${id}.wav`): Promise<void> => {
      const row = {
        ...RECORDING_DEFAULTS,
        id,
        callId: `call-${id}`,
        agentId: '1001',
        queueId: null,
        startedAt: NOW,
        endedAt: null,
        durationMs: null,
      };
      await rows.insert({ ...row, bytes: null, file, state: 'recording', sha256: null });
      if (content) await writeFile(join(directory, file), content);
    };
    beforeEach(async () => {
      const recorder = create();
      await (await recorder.start({ callId: 'call-0', direction: 'inbound', left: fakeLeg() }))?.stop();
      await recorder.close();
      rows.recordings.clear();
      events.events = [];
    });

    it('a recording it left is playable up to the kill: sizes from the file, half a frame cut off', async () => {
      await left('rec-k', wav(2, 12_345, 8_000));
      await truncate(join(directory, '2026/03/01/rec-k.wav'), 44 + 12_000 * 4 + 3);
      const recorder = create();
      await recorder.repairUnfinished();
      const file = await readFile(join(directory, '2026/03/01/rec-k.wav'));
      assert.equal(file.byteLength, 44 + 48_000);
      assert.equal(readWavHeader(file).dataBytes, 48_000);
      assert.equal(file.readUInt32LE(4), file.byteLength - 8);
      const row = rows.recordings.get('rec-k');
      assert.deepEqual([row?.state, row?.durationMs, row?.bytes, row?.endedAt], ['complete', 1_500, file.byteLength, NOW + 1_500]);
      assert.equal(row?.sha256, createHash('sha256').update(file).digest('hex'));
      assert.deepEqual(events.types, ['recording.stopped']);
    });

    it('a missing file, a file that is no audio and a path out of the folder are failures that say why; the rest is repaired', async () => {
      await left('rec-gone', undefined);
      await left('rec-text', new TextEncoder().encode('hello'));
      await left('rec-out', undefined, '../../etc/passwd');
      await left('rec-good', wav(2, 8_000, 0));
      const recorder = create();
      await recorder.repairUnfinished();
      const states = ['rec-gone', 'rec-text', 'rec-out', 'rec-good'].map((id) => rows.recordings.get(id)?.state);
      assert.deepEqual(states, ['failed', 'failed', 'failed', 'complete']);
      const messages = events.events.filter((e) => e.type === 'recording.failed').map((e) => (e.data as { message: string }).message);
      assert.match(messages[0] ?? '', /2026\/03\/01\/rec-gone\.wav is missing/);
      assert.match(messages[1] ?? '', /not a WAV/);
      assert.match(messages[2] ?? '', /not inside the recordings folder/);
    });

    it('leaves alone what this process is recording', async () => {
      const recorder = create({ ids: { next: () => 'rec-mine' } });
      await recorder.start({ ...request, left: fakeLeg() });
      await recorder.repairUnfinished();
      assert.equal(rows.recordings.get('rec-mine')?.state, 'recording');
    });

    it('a voicemail it was taking is kept with its row', async () => {
      const first = create({ ids: { next: () => 'vm-k' } });
      const taking = first.voicemail({ callId: 'call-v', box: 'main', caller: '13800000000', leg: fakeLeg(), maxDurationMs: 60_000 });
      await sw.begun(2);
      const path = sw.requests[1]?.file ?? '';
      await writeFile(path, wav(1, 20_000, 100));
      await chmod(path, 0o600);
      // The second recorder stands for the next process.
      await create().repairUnfinished();
      assert.equal(rows.voicemails.length, 1);
      assert.deepEqual(
        [rows.voicemails[0]?.id, rows.voicemails[0]?.callId, rows.voicemails[0]?.box, rows.voicemails[0]?.durationMs],
        ['vm-k', 'call-v', 'main', 2_500],
      );
      assert.equal(readWavHeader(await readFile(path)).dataBytes, 40_000);
      await create().repairUnfinished();
      assert.equal(rows.voicemails.length, 1);
      await sw.end(1, 'stopped');
      await taking;
    });
  });
});
