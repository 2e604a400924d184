import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as talkFor } from 'node:timers/promises';
import { Hotline } from '../../src/hotline.js';
import { eventually, readWav, refusedScenario, requirePeers, runSipp, toneDurationMs } from '../../src/peers/index.js';
import { type CallView, Scenario } from '../../src/scenario.js';

/** Whether the caller's tone can be heard in the bytes of a file, taken as samples of two channels from either byte. */
function hasTone(bytes: Buffer): boolean {
  return [0, 1].some((shift) => {
    const left = new Int16Array(Math.floor((bytes.length - shift) / 4));
    for (let n = 0; n < left.length; n++) left[n] = bytes.readInt16LE(shift + 4 * n);
    return toneDurationMs(left, 700) > 300 || toneDurationMs(left, 1100) > 300;
  });
}

describe('nothing is lost', function () {
  this.timeout(180_000);

  before(async function () {
    await requirePeers(this, 'sipp', 'baresip', 'redis');
  });

  it('survives SIGKILL during calls: records closed truthfully, agents as they were, recordings playable', async () => {
    const s = await Scenario.start();
    let again: Hotline | undefined;
    try {
      const agent = await s.phone('1001', { toneHz: 1100 });
      await s.ready('1001');
      await (await s.api('1002')).put('/agents/1002/state', { state: 'not-ready', reason: 'training' });
      const talker = await s.caller('13800000011', { toneHz: 700 });
      await talker.dial(s.uri('12320'));
      await talker.waitFor('CALL_ESTABLISHED');
      const talking = await s.callOf('13800000011');
      await talker.sendDigits('1');
      await agent.waitFor('CALL_INCOMING');
      await agent.accept();
      await s.events.wait('recording.started', (e) => e.callId === talking);
      const waiter = await s.caller('13800000012', { toneHz: 700 });
      await waiter.dial(s.uri('12320'));
      await waiter.waitFor('CALL_ESTABLISHED');
      const waiting = await s.callOf('13800000012');
      await waiter.sendDigits('1');
      await s.events.wait('call.queued', (e) => e.callId === waiting);
      await talkFor(4000);
      const lastSeq = s.events.seen.at(-1)?.seq ?? 0;

      const killedAt = Date.now();
      await s.hotline.kill();
      await s.stopPhone(talker);
      await s.stopPhone(waiter);
      again = await Hotline.start({ dataDir: s.hotline.dataDir });
      const admin = await again.admin();

      const first = await admin.get<CallView>(`/calls/${talking}`);
      assert.equal(first.outcome, 'answered');
      assert.equal(first.termination?.reason, 'process-died');
      assert.ok(first.talkSeconds >= 3 && first.talkSeconds < 30, `talked ${first.talkSeconds} s`);
      const second = await admin.get<CallView>(`/calls/${waiting}`);
      assert.deepEqual([second.outcome, second.termination?.reason], ['failed', 'process-died']);

      const state = async (extension: string) =>
        (await (again as Hotline).admin()).get<{ state: string; reason: string | null }>(`/agents/${extension}`);
      assert.deepEqual([(await state('1002')).state, (await state('1002')).reason], ['not-ready', 'training']);
      assert.equal((await state('1001')).state, 'ready');

      const log = await admin.get<{ items: Array<{ state: string; startedAt: string; endedAt: string | null }> }>(
        '/logs/agent-states?agent=1001',
      );
      const [now, onCall] = log.items;
      assert.deepEqual([now?.state, onCall?.state], ['ready', 'on-call']);
      assert.ok(Date.parse(now?.startedAt ?? '') >= killedAt, 'ready since the restart');
      const end = Date.parse(onCall?.endedAt ?? '');
      assert.ok(
        end > Date.parse(onCall?.startedAt ?? '') && end <= killedAt,
        'on the call no longer than the process is known to have lived',
      );

      const { items } = await admin.get<{ items: Array<{ id: string; callId: string }> }>('/recordings');
      const recording = items.find((one) => one.callId === talking);
      assert.ok(recording, 'the recording is listed');
      const audio = await admin.raw('GET', `/recordings/${recording.id}/audio`);
      assert.equal(audio.status, 200);
      const file = path.join(again.dataDir, 'download.wav');
      await import('node:fs/promises').then(async (fs) => fs.writeFile(file, Buffer.from(await audio.arrayBuffer())));
      const { channels } = await readWav(file);
      assert.ok(toneDurationMs(channels[0] ?? new Int16Array(), 700) > 1500, 'the caller is on it');
      assert.ok(toneDurationMs(channels[1] ?? new Int16Array(), 1100) > 1500, 'the agent is on it');

      const stream = await admin.events(lastSeq);
      const closed = await stream.wait('call.ended', (e) => e.callId === waiting);
      assert.ok(closed.seq > lastSeq, 'a client that was away is told what happened since');

      // The agent's phone has not registered with the new process, nor has the agent done anything.
      await agent.hangUp();
      const next = await s.caller('13800000016', { toneHz: 700 });
      await next.dial(`sip:12320@127.0.0.1:${again.sipPort}`);
      await next.waitFor('CALL_ESTABLISHED');
      await stream.wait('call.entered-flow', (e) => e.seq > closed.seq);
      await next.sendDigits('1');
      await agent.waitFor('CALL_INCOMING');
      await next.hangUp();
      stream.close();
    } finally {
      s.events.close();
      await s.hangUpAllPhones();
      await again?.stop();
      await s.hotline.kill();
      s.hotline.removeData();
    }
  });

  it('survives SIGKILL in the middle of an encrypted recording: it plays to the last second, and nothing was ever plain on the disk', async function () {
    if (process.env.SWITCH === 'freeswitch') {
      console.log('      skipped: FreeSWITCH writes what each party says by itself, plain, until the call is over');
      this.skip();
    }
    const s = await Scenario.start();
    let again: Hotline | undefined;
    const folder = path.join(s.hotline.dataDir, 'recordings');
    /** Every file of audio that was ever there, and what was plain in it. */
    const seen = new Set<string>();
    const plain = new Set<string>();
    const look = (): void => {
      for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
        const extension = path.extname(name);
        if (extension === '') continue;
        seen.add(extension);
        let bytes: Buffer;
        try {
          bytes = readFileSync(path.join(folder, name));
        } catch {
          continue; // stored or renamed in this moment
        }
        if (bytes.includes('RIFF') || hasTone(bytes)) plain.add(name);
      }
    };
    const looking = setInterval(look, 50);
    try {
      const { revision } = await s.admin.get<{ revision: number }>('/settings');
      await s.admin.put('/settings', { recordingEncryption: 'sm4-ctr-sm3', revision });
      const agent = await s.phone('1001', { toneHz: 1100 });
      await s.ready('1001');
      const talker = await s.caller('13800000011', { toneHz: 700 });
      await talker.dial(s.uri('12320'));
      await talker.waitFor('CALL_ESTABLISHED');
      const callId = await s.callOf('13800000011');
      await talker.sendDigits('1');
      await agent.waitFor('CALL_INCOMING');
      await agent.accept();
      const { data } = await s.events.wait('recording.started', (e) => e.callId === callId);
      const running = path.join(folder, new Date().toISOString().slice(0, 10).replaceAll('-', '/'), `${data.recordingId}.yxp`);
      await eventually('four seconds of it on the disk', () => statSync(running).size > 4 * 32_000, 20_000);
      const live = path.join(s.hotline.dataDir, 'live.wav');
      writeFileSync(live, Buffer.from(await (await s.admin.raw('GET', `/recordings/${data.recordingId}/audio`)).arrayBuffer()));
      assert.ok(toneDurationMs((await readWav(live)).channels[0] ?? new Int16Array(), 700) > 1500, 'it plays while it goes on');

      await s.hotline.kill();
      await s.stopPhone(talker);
      look();
      again = await Hotline.start({ dataDir: s.hotline.dataDir });
      const admin = await again.admin();
      const stored = await eventually('its row', async () => {
        const view = await admin.get<{ state: string; encryption: string; sha256: string; bytes: number }>(
          `/recordings/${data.recordingId}`,
        );
        return view.state === 'complete' ? view : undefined;
      });
      assert.equal(stored.encryption, 'sm4-ctr-sm3');
      const whole = Buffer.from(await (await admin.raw('GET', `/recordings/${data.recordingId}/audio`)).arrayBuffer());
      assert.equal(createHash('sha256').update(whole).digest('hex'), stored.sha256);
      const file = path.join(again.dataDir, 'download.wav');
      writeFileSync(file, whole);
      const { channels } = await readWav(file);
      assert.ok(toneDurationMs(channels[0] ?? new Int16Array(), 700) > 2500, 'the caller is on it');
      assert.ok(toneDurationMs(channels[1] ?? new Int16Array(), 1100) > 2500, 'the agent is on it');
      assert.ok(hasTone(whole), 'what was looked for on the disk is what is heard');
      look();
      assert.deepEqual([...plain], [], 'plain on the disk');
      assert.ok(seen.has('.yxp') && seen.has('.yxr') && !seen.has('.wav'), [...seen].join());
    } finally {
      clearInterval(looking);
      s.events.close();
      await s.hangUpAllPhones();
      await again?.stop();
      await s.hotline.kill();
      s.hotline.removeData();
    }
  });

  it('survives SIGKILL with a caller parked and a conference: the records say what became of them, nobody is left on a call', async () => {
    const s = await Scenario.start();
    let again: Hotline | undefined;
    try {
      for (const ext of ['1003', '1004', '1005']) await s.phone(ext, { answer: 'auto' });
      const talking = async (number: string, key: string, agent: string) => {
        await s.ready(agent);
        const caller = await s.caller(number, { toneHz: 700 });
        await caller.dial(s.uri('12320'));
        await caller.waitFor('CALL_ESTABLISHED');
        const callId = await s.callOf(number);
        await s.events.wait('call.entered-flow', (e) => e.callId === callId);
        await caller.sendDigits(key);
        await s.events.wait('call.connected', (e) => e.callId === callId && e.agentId === agent);
        await talkFor(1_200);
        return callId;
      };
      const parked = await talking('13800000031', '1', '1003');
      await (await s.api('1003')).post(`/calls/${parked}/park`);
      await (await s.api('1003')).put('/agents/1003/state', { state: 'not-ready', reason: 'tea' });
      const conference = await talking('13800000032', '2', '1004');
      await s.ready('1005');
      await (await s.api('1004')).post(`/calls/${conference}/conference`, { agent: '1005' });
      await s.events.wait('call.party-joined', (e) => e.callId === conference && e.agentId === '1005');
      await talkFor(1_500);
      await s.hotline.kill();
      await s.hangUpAllPhones();
      again = await Hotline.start({ dataDir: s.hotline.dataDir });
      const admin = await again.admin();
      for (const [callId, agent, kind] of [
        [parked, '1003', 'parked'],
        [conference, '1004', 'conference'],
      ] as const) {
        const record = await admin.get<Omit<CallView, 'segments'> & { segments: { kind: string; endedAt: string | null }[] }>(
          `/calls/${callId}`,
        );
        assert.deepEqual([record.outcome, record.agent, record.termination?.reason], ['answered', agent, 'process-died']);
        assert.ok(
          record.segments.some((x) => x.kind === kind),
          `${kind} is on the record`,
        );
        assert.ok(
          record.segments.every((x) => x.endedAt !== null && x.endedAt <= (record.endedAt ?? '')),
          'every stretch has ended',
        );
        assert.ok(record.talkSeconds >= 1, `talked ${record.talkSeconds} s`);
      }
      for (const [ext, left] of [
        ['1003', 'not-ready'],
        ['1004', 'ready'],
        ['1005', 'ready'],
      ] as const) {
        const { state, callId } = await admin.get<{ state: string; callId: string | null }>(`/agents/${ext}`);
        assert.deepEqual([state, callId], [left, null], ext);
      }
      const queues = await admin.get<{ items: { waiting: unknown[] }[] }>('/queues');
      assert.ok(queues.items.every((queue) => queue.waiting.length === 0));
    } finally {
      s.events.close();
      await s.hangUpAllPhones();
      await again?.stop();
      await s.hotline.kill();
      s.hotline.removeData();
    }
  });

  it('drains on Ctrl-C: new calls get 503, the running one finishes, exit code 0', async () => {
    const s = await Scenario.start({ env: { DRAIN_SECONDS: '30' } });
    try {
      const caller = await s.caller('13800000013', { toneHz: 700 });
      await caller.dial(s.uri('12320'));
      await caller.waitFor('CALL_ESTABLISHED');
      const exited = s.hotline.stop('SIGINT');
      await s.events.wait('system.draining');
      const result = await runSipp({
        scenario: refusedScenario(503, { from: '13800000014' }),
        remote: { address: '127.0.0.1', port: s.hotline.sipPort },
        service: '12320',
      });
      assert.match(result.messages, /Retry-After/i);
      await talkFor(500);
      assert.ok(!caller.events.some((e) => e.type === 'CALL_CLOSED'), 'the running call goes on');
      await caller.hangUp();
      assert.equal(await exited, 0);
    } finally {
      await s.close();
    }
  });

  it('gives a client that was away every event it missed, in order, once', async () => {
    const s = await Scenario.start();
    try {
      const before = s.events.seen.at(-1)?.seq ?? 0;
      s.events.close();
      const caller = await s.caller('13800000015');
      await caller.dial(s.uri('12320'));
      await caller.waitFor('CALL_ESTABLISHED');
      await talkFor(500);
      await caller.hangUp();
      await eventually('the record', async () => (await s.admin.get<{ items: CallView[] }>('/calls?caller=13800000015')).items[0]?.endedAt);
      const stream = await s.admin.events(before);
      await stream.wait('call.ended');
      const seqs = stream.seen.map((e) => e.seq);
      assert.deepEqual(
        seqs,
        [...new Set(seqs)].sort((a, b) => a - b),
      );
      assert.ok(stream.seen.some((e) => e.type === 'call.arrived' && e.data.caller === '13800000015'));
      stream.close();
    } finally {
      await s.close();
    }
  });
});
