import assert from 'node:assert/strict';
import type { AgentConfig, QueueConfig, RecordingPolicy, Trunk } from '@yixian/contracts';
import fc from 'fast-check';
import { stepDisk } from '../src/core/disk-guard.js';
import { partiesOf } from '../src/core/parties.js';
import { pauseBegun, pauseEnded, pausesWithin } from '../src/core/pauses.js';
import { isWanted } from '../src/core/policy.js';
import { PeakMeter, resample } from '../src/core/waveform.js';
import { Bench } from './support/bench.js';
import { fakeLeg } from './support/fakes.js';

const policy = (mode: RecordingPolicy['mode'], sharePercent = 100, announcement: string | null = null): RecordingPolicy => ({
  mode,
  sharePercent,
  announcement,
});

describe('who is recorded', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await Bench.open();
  });
  afterEach(() => bench.close());

  const isRecorded = async (change: object = {}, draw = 0.5): Promise<boolean> => {
    const recorder = bench.recorder({ random: () => draw });
    const active = await recorder.start({ callId: 'c', direction: 'inbound', left: fakeLeg(), right: fakeLeg(), ...change });
    await active?.stop();
    return active !== undefined;
  };
  const settings = (mode: RecordingPolicy): void =>
    bench.configuration.change({ recording: { inbound: mode, outbound: mode, internal: mode } });

  it('all and none; none also when the agent asks for it', async () => {
    settings(policy('all'));
    assert.equal(await isRecorded(), true);
    settings(policy('none'));
    assert.equal(await isRecorded(), false);
    assert.equal(await isRecorded({ demanded: true }), false);
    assert.deepEqual(
      bench.events.types.filter((type) => type === 'recording.failed'),
      [],
      'nothing has failed',
    );
  });

  it('on demand: only when the agent asks for it', async () => {
    settings(policy('on-demand'));
    assert.equal(await isRecorded(), false);
    assert.equal(await isRecorded({ demanded: true }), true);
  });

  it('agent, queue, trunk and direction, the first that says something', async () => {
    const { configuration } = bench;
    const everyone = { agentId: '1001', queueId: 'consult', trunkId: 'demo' };
    bench.configuration.change({ recording: { inbound: policy('none'), outbound: policy('all'), internal: policy('none') } });
    assert.equal(await isRecorded(everyone), false);
    assert.equal(await isRecorded({ ...everyone, direction: 'outbound' }), true);
    configuration.trunks.set('demo', { recording: policy('all') } as Trunk);
    assert.equal(await isRecorded(everyone), true);
    configuration.queues.set('consult', { record: true, recording: policy('none') } as QueueConfig);
    assert.equal(await isRecorded(everyone), false);
    configuration.agents.set('1001', { recording: policy('all'), groups: [] as string[] } as AgentConfig);
    assert.equal(await isRecorded(everyone), true);
  });

  it('a share is drawn once a call: every part of it is recorded, or none', async () => {
    settings(policy('share', 50));
    const draws = [0.1, 0.9, 0.1, 0.9];
    const recorder = bench.recorder({ random: () => draws.shift() ?? 0 });
    const recorded = async (callId: string): Promise<boolean> =>
      (await recorder.start({ callId, direction: 'inbound', left: fakeLeg() })) !== undefined;
    assert.deepEqual([await recorded('a'), await recorded('a'), await recorded('b'), await recorded('b')], [true, true, false, false]);
    bench.events.publish({ type: 'call.ended', callId: 'b', data: { termination: { by: 'caller', reason: 'normal' } } });
    assert.deepEqual(await recorded('b'), true, 'the draw is forgotten with the call');
  });

  it('a share of p per cent records p per cent of the draws, and is no bar to demand', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100 }), (percent) => {
        const wanted = Array.from({ length: 1_000 }, (_, n) => isWanted(policy('share', percent), n / 1_000, false)).filter(Boolean);
        assert.equal(wanted.length, percent * 10);
        assert.equal(isWanted(policy('share', percent), 0.999, true), true);
      }),
    );
  });

  it('the announcement is told where a call is, or may be, recorded', () => {
    const recorder = bench.recorder();
    const prompt = () => recorder.announcement({ direction: 'inbound', queueId: 'consult' });
    const queue = (recording: RecordingPolicy) => bench.configuration.queues.set('consult', { record: true, recording } as QueueConfig);
    for (const [mode, expected] of [
      [policy('all', 100, 'recorded'), 'recorded'],
      [policy('share', 20, 'recorded'), 'recorded'],
      [policy('share', 0, 'recorded'), undefined],
      [policy('on-demand', 100, 'recorded'), undefined],
      [policy('none', 100, 'recorded'), undefined],
      [policy('all'), undefined],
    ] as const) {
      queue(mode);
      assert.equal(prompt(), expected, mode.mode);
    }
  });

  it('the row tells direction, trunk, queue, groups and both parties, also where only the call’s record knows them', async () => {
    bench.configuration.agents.set('1001', { recording: null, groups: ['demo'] } as unknown as AgentConfig);
    bench.configuration.agents.set('1002', { recording: null, groups: ['night'] } as unknown as AgentConfig);
    bench.configuration.queues.set('consult', { record: true, recording: null, group: 'first' } as QueueConfig);
    const record = { direction: 'inbound', caller: '13800000000', called: '12320', trunkId: 'demo' } as never;
    const recorder = bench.recorder({ calls: { record: () => record } });
    const active = await recorder.start({ callId: 'c', direction: 'inbound', agentId: '1001', queueId: 'consult', left: fakeLeg() });
    await bench.until(() => bench.rows.recordings.has('rec-1'));
    const about = () => {
      const { agentId, queueId, trunkId, extension, otherParty, groups, direction } = bench.rows.recordings.get('rec-1') ?? {};
      return [agentId, queueId, trunkId, extension, otherParty, groups, direction];
    };
    assert.deepEqual(about(), ['1001', 'consult', 'demo', '1001', '13800000000', ['demo', 'first'], 'inbound']);
    active?.setAgent('1002');
    await bench.until(() => bench.rows.recordings.get('rec-1')?.agentId === '1002');
    assert.deepEqual(about(), ['1002', 'consult', 'demo', '1002', '13800000000', ['night', 'first'], 'inbound']);
    await active?.stop();
    await bench.until(() => bench.rows.recordings.get('rec-1')?.state === 'complete');
    assert.deepEqual(
      (await bench.verify()).map((v) => v.verdict.state),
      ['good'],
      'signed with whoever was there last',
    );
  });

  it('parties, by direction', () => {
    const ours = (number: string): boolean => number.length === 4;
    const of = (direction: string, caller: string, called: string, agentId?: string) =>
      Object.values(partiesOf({ agentId }, { direction, caller, called } as never, ours));
    assert.deepEqual(of('inbound', '021', '12320', '1001'), ['1001', '021']);
    assert.deepEqual(of('inbound', '021', '1004'), ['1004', '021']);
    assert.deepEqual(of('outbound', '1001', '021', '1001'), ['1001', '021']);
    assert.deepEqual(of('internal', '1001', '1002', '1001'), ['1001', '1002']);
    assert.deepEqual(of('internal', '1001', '1002', '1002'), ['1002', '1001']);
    assert.deepEqual(Object.values(partiesOf({ otherParty: '110' }, undefined, ours)), [null, '110']);
  });
});

describe('pauses', () => {
  it('are marked in the row as they happen, in the timeline, and lie within the recording in the end', async () => {
    const bench = await Bench.open();
    try {
      bench.sw.frames = 80_000;
      const recorder = bench.recorder();
      const active = await recorder.start({ callId: 'c', direction: 'inbound', left: fakeLeg() });
      const pauses = () => bench.rows.recordings.get('rec-1')?.pauses;
      const at = bench.now;
      bench.now = at + 2_000;
      active?.pause();
      await bench.until(() => pauses()?.length === 1);
      assert.deepEqual(pauses(), [{ from: at + 2_000, to: null }]);
      bench.now = at + 5_000;
      active?.resume();
      bench.now = at + 8_000;
      active?.pause();
      await active?.stop();
      await bench.until(() => bench.rows.recordings.get('rec-1')?.state === 'complete');
      assert.deepEqual(pauses(), [
        { from: at + 2_000, to: at + 5_000 },
        { from: at + 8_000, to: at + 10_000 },
      ]);
      assert.equal(bench.rows.recordings.get('rec-1')?.pausedMs, 5_000);
      assert.deepEqual(bench.events.types, [
        'recording.started',
        'recording.paused',
        'recording.resumed',
        'recording.paused',
        'recording.stopped',
      ]);
      assert.deepEqual(bench.sw.log, ['pause', 'resume', 'pause']);
    } finally {
      await bench.close();
    }
  });

  it('any sequence of pauses, cut to the recording, neither overlaps nor lasts longer than it', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1_000), { maxLength: 20 }), fc.nat(1_000), fc.nat(1_000), (times, a, b) => {
        const [start, end] = [Math.min(a, b), Math.max(a, b)];
        const marks = times.toSorted((x, y) => x - y);
        const all = marks.reduce<ReturnType<typeof pauseBegun>>((p, at, n) => (n % 2 === 0 ? pauseBegun(p, at) : pauseEnded(p, at)), []);
        const { pauses, pausedMs } = pausesWithin(all, start, end);
        assert.ok(pausedMs <= end - start);
        for (const { from, to } of pauses) assert.ok(to !== null && from >= start && to <= end && from < to);
      }),
    );
  });
});

describe('the disk guard', () => {
  it('halts below the minimum and goes on above it with a margin, each once', () => {
    const effects: string[] = [];
    let state = { halted: false, freeBytes: 0 };
    for (const free of [1_000, 500, 499, 400, 510, 524, 525, 500, 499, 2_000]) {
      const step = stepDisk(state, free, 500);
      state = step.state;
      if (step.effect) effects.push(`${step.effect} ${free}`);
    }
    assert.deepEqual(effects, ['halt 499', 'go-on 525', 'halt 499', 'go-on 2000']);
  });
});

describe('the outline', () => {
  it('is the loudest sample of each stretch and channel, however the bytes come', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: -32_768, max: 32_767 }), fc.integer({ min: -32_768, max: 32_767 })), {
          minLength: 1,
          maxLength: 60,
        }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 10 }),
        fc.integer({ min: 1, max: 10 }),
        (frames, cuts, wanted) => {
          const points = Math.min(wanted, frames.length);
          const bytes = Buffer.alloc(frames.length * 4);
          frames.forEach(([left, right], n) => {
            bytes.writeInt16LE(left, n * 4);
            bytes.writeInt16LE(right, n * 4 + 2);
          });
          const meter = new PeakMeter(2, frames.length, points);
          for (let at = 0, n = 0; at < bytes.length; n += 1) {
            const length = cuts[n % cuts.length] ?? 1;
            meter.take(bytes.subarray(at, at + length));
            at += length;
          }
          for (const channel of [0, 1]) {
            const loudest = Math.max(...frames.map((frame) => Math.abs(frame[channel] ?? 0)));
            assert.equal(Math.max(...(meter.peaks[channel] ?? [])), Math.min(255, Math.ceil(loudest / 128)));
          }
        },
      ),
    );
  });

  it('with fewer points keeps the loudest of each', () => {
    assert.deepEqual(resample(Uint8Array.of(0, 255, 0, 51), 2), [1, 0.2]);
    assert.deepEqual(resample(Uint8Array.of(255), 10), [1]);
  });
});
