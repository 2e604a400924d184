import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as talkFor } from 'node:timers/promises';
import { yixian } from '../../src/command.js';
import type { WireEvent } from '../../src/hotline.js';
import { eventually, isSilent, readWav, requirePeers, slice, toneDurationMs } from '../../src/peers/index.js';
import { Scenario } from '../../src/scenario.js';

const CALLER_HZ = 700;
const AGENT_HZ = 1100;
const SECOND_HZ = 1500;

interface RecordingView {
  id: string;
  callId: string;
  agent: string | null;
  party: string | null;
  state: string;
  durationSeconds: number | null;
  pauses: { from: number; to: number | null }[];
  pausedSeconds: number;
  encryption: string;
  held: boolean;
  sha256: string | null;
  bytes: number;
}

interface Page<T> {
  items: T[];
  next: string | null;
}

describe('recordings and messages', function () {
  this.timeout(90_000);
  let s: Scenario;
  let notices: Server;
  const noticed: Record<string, unknown>[] = [];

  before(async function () {
    await requirePeers(this, 'baresip', 'redis');
    notices = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => {
        body += chunk;
      });
      request.on('end', () => {
        noticed.push(JSON.parse(body) as Record<string, unknown>);
        // The first try fails: it has to come again.
        response.writeHead(noticed.length === 1 ? 503 : 204).end();
      });
    });
    await new Promise<void>((resolve) => notices.listen(0, '127.0.0.1', resolve));
    s = await Scenario.start();
    await change('/queues/consult', { wrapUpSeconds: 0 });
  });
  afterEach(() => s?.hangUpAllPhones());
  after(async () => {
    await s?.close();
    notices?.closeAllConnections();
    notices?.close();
  });

  async function change(route: string, body: object): Promise<void> {
    const { revision } = await s.admin.get<{ revision: number }>(route);
    await s.admin.put(route, { ...body, revision });
  }
  const policy = (mode: string) => ({ recording: { mode, sharePercent: 100, announcement: null } });
  const audioFiles = (): string[] =>
    readdirSync(path.join(s.hotline.dataDir, 'recordings'), { recursive: true, encoding: 'utf8' }).filter((name) =>
      /\.(wav|yxr|tmp)$/.test(name),
    );

  /** A caller of the queue and an agent who talk. */
  async function talking(number: string) {
    const agent = await s.phone('1001', { toneHz: AGENT_HZ });
    await s.ready('1001');
    const { caller, callId } = await s.consults(number, { toneHz: CALLER_HZ });
    await agent.waitFor('CALL_INCOMING');
    await agent.accept();
    await s.events.wait('call.connected', (e) => e.callId === callId);
    return { agent, caller, callId };
  }
  const ofCall = (callId: string) => (e: WireEvent) => e.callId === callId;
  /** One finished call of this caller; resolves with its recording. */
  async function recorded(number: string, seconds = 1): Promise<RecordingView> {
    const { caller, callId } = await talking(number);
    await talkFor(seconds * 1000);
    await caller.hangUp();
    await s.events.wait('recording.stopped', ofCall(callId));
    await s.record(callId);
    await s.hangUpAllPhones();
    return complete(callId);
  }
  const complete = (callId: string): Promise<RecordingView> =>
    eventually(`the recording of ${callId}`, async () => {
      const { items } = await s.admin.get<Page<RecordingView>>(`/recordings?callId=${callId}`);
      return items.find((row) => row.state === 'complete');
    });
  const download = async (
    route: string,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; bytes: Buffer; headers: Headers }> => {
    const response = await s.admin.raw('GET', route, undefined, headers);
    return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()), headers: response.headers };
  };

  it('policy none: the call is not recorded, and the agent cannot make it so', async () => {
    await change('/queues/consult', policy('none'));
    const { caller, callId } = await talking('13800000001');
    const api = await s.api('1001');
    await assert.rejects(api.post(`/calls/${callId}/start-recording`), /recorded/);
    await talkFor(300);
    await caller.hangUp();
    const record = await s.record(callId);
    assert.equal(record.recordingId, null);
    assert.deepEqual((await s.admin.get<Page<RecordingView>>(`/recordings?callId=${callId}`)).items, []);
    assert.deepEqual(audioFiles(), []);
  });

  it('sent on to another queue: what the first agent said and what the second said are two recordings, each of its queue', async () => {
    await change('/queues/consult', policy('all'));
    const { caller, callId } = await talking('13800000004');
    const second = await s.phone('1004', { toneHz: SECOND_HZ });
    await s.ready('1004');
    await talkFor(1_000);
    await (await s.api('1001')).post(`/calls/${callId}/transfer`, { queue: 'complaint' });
    await second.waitFor('CALL_INCOMING');
    // The caller still waits when the first recording is finished.
    const first = await complete(callId);
    await second.accept();
    await s.events.wait('recording.started', (e) => e.callId === callId && e.data.recordingId !== first.id);
    await talkFor(1_500);
    await caller.hangUp();
    await s.record(callId);
    const both = await eventually('both recordings', async () => {
      const { items } = await s.admin.get<Page<RecordingView & { queueId: string }>>(`/recordings?callId=${callId}`);
      return items.length === 2 && items.every((row) => row.state === 'complete') ? items : undefined;
    });
    const next = both.find((row) => row.id !== first.id);
    assert.ok(next);
    for (const [view, hertz, other] of [
      [first, AGENT_HZ, SECOND_HZ],
      [next, SECOND_HZ, AGENT_HZ],
    ] as const) {
      const file = path.join(s.hotline.dataDir, 'heard.wav');
      writeFileSync(file, (await download(`/recordings/${view.id}/audio`)).bytes);
      const [left, right] = (await readWav(file)).channels;
      assert.ok(toneDurationMs(left ?? new Int16Array(), CALLER_HZ) > 500, 'the caller');
      assert.ok(toneDurationMs(right ?? new Int16Array(), hertz) > 500, `its agent, ${hertz} Hz`);
      assert.ok(toneDurationMs(right ?? new Int16Array(), other) < 100, `nobody else, ${other} Hz`);
    }
    for (const [queue, view] of [
      ['consult', first],
      ['complaint', next],
    ] as const) {
      const { items } = await s.admin.get<Page<RecordingView>>(`/recordings?callId=${callId}&queue=${queue}`);
      assert.deepEqual(
        items.map((row) => row.id),
        [view.id],
      );
    }
    await s.signOut('1004');
  });

  it('on demand: from the agent’s wish on; a pause is silence in both channels, and marked in the timeline and the row', async () => {
    await change('/queues/consult', policy('on-demand'));
    const { caller, callId } = await talking('13800000002');
    await talkFor(500);
    assert.ok(!s.events.seen.some((e) => e.type === 'recording.started' && e.callId === callId), 'not before');
    const api = await s.api('1001');
    await api.post(`/calls/${callId}/start-recording`);
    await talkFor(1_200);
    await api.post(`/calls/${callId}/pause-recording`);
    await talkFor(1_500);
    await api.post(`/calls/${callId}/resume-recording`);
    await talkFor(1_200);
    await caller.hangUp();
    const sound = await s.recording(callId);
    const view = await complete(callId);
    const [pause] = view.pauses;
    assert.ok(pause && pause.to !== null && view.pauses.length === 1, JSON.stringify(view.pauses));
    assert.ok(Math.abs(pause.to - pause.from - view.pausedSeconds) < 0.002);
    assert.ok(view.pausedSeconds > 1.3 && view.pausedSeconds < 4, `paused ${view.pausedSeconds} s`);
    const [begins, ends] = [pause.from * 1000, pause.to * 1000];
    for (const [channel, hertz] of [CALLER_HZ, AGENT_HZ].entries()) {
      const samples = sound.channels[channel] ?? new Int16Array();
      assert.ok(toneDurationMs(slice(samples, 0, begins), hertz) > 700, `channel ${channel} before the pause`);
      // A packet's length and the way of the command are not part of it.
      assert.ok(isSilent(slice(samples, begins + 150, ends - 150)), `channel ${channel} is silent in the pause`);
      assert.ok(
        toneDurationMs(slice(samples, ends, view.durationSeconds ? view.durationSeconds * 1000 : 0), hertz) > 700,
        'and heard after it',
      );
    }
    const types = (await s.record(callId)).timeline.map((e) => e.type).filter((type) => type.startsWith('recording.'));
    assert.deepEqual(types, ['recording.started', 'recording.paused', 'recording.resumed', 'recording.stopped']);
  });

  describe('encrypted at rest', () => {
    let first: RecordingView;
    let second: RecordingView;

    before(async () => {
      await change('/queues/consult', policy('all'));
      await change('/settings', { recordingEncryption: 'sm4-ctr-sm3' });
      first = await recorded('13800000003', 2);
      await change('/settings', { recordingEncryption: 'aes-256-gcm' });
      second = await recorded('02187654321', 1);
    });

    it('plays as it was recorded, whole and by Range, while nothing on the disk is a WAV', async () => {
      assert.deepEqual([first.encryption, second.encryption], ['sm4-ctr-sm3', 'aes-256-gcm']);
      for (const view of [first, second]) {
        const stored = audioFiles().filter((name) => name.includes(view.id));
        assert.deepEqual(
          stored.map((name) => path.extname(name)),
          ['.yxr'],
        );
        assert.equal(readFileSync(path.join(s.hotline.dataDir, 'recordings', stored[0] ?? '')).includes('RIFF'), false);
        const route = `/recordings/${view.id}/audio`;
        const whole = await download(route);
        assert.equal(createHash('sha256').update(whole.bytes).digest('hex'), view.sha256);
        assert.equal(whole.bytes.length, view.bytes);
        for (const [from, to] of [
          [0, 43],
          [44, 70_000],
          [65_535, 65_536],
          [whole.bytes.length - 7, whole.bytes.length - 1],
        ] as const) {
          if (to >= whole.bytes.length) continue;
          const part = await download(route, { range: `bytes=${from}-${to}` });
          assert.equal(part.status, 206);
          assert.deepEqual(part.bytes, whole.bytes.subarray(from, to + 1), `${from}-${to}`);
        }
        const file = path.join(s.hotline.dataDir, 'heard.wav');
        writeFileSync(file, whole.bytes);
        const [left, right] = (await readWav(file)).channels;
        assert.ok(toneDurationMs(left ?? new Int16Array(), CALLER_HZ) > 500);
        assert.ok(toneDurationMs(right ?? new Int16Array(), AGENT_HZ) > 500);
      }
    });

    it('has an outline, and a name that says when, whose and with whom', async () => {
      const outline = await s.admin.get<{ durationSeconds: number; peaks: number[][] }>(`/recordings/${first.id}/waveform?points=100`);
      assert.deepEqual(
        outline.peaks.map((channel) => channel.length),
        [100, 100],
      );
      for (const channel of outline.peaks) assert.ok(channel.filter((peak) => peak > 0.1).length > 60, channel.join());
      assert.equal(outline.durationSeconds, first.durationSeconds);
      const { headers } = await download(`/recordings/${first.id}/audio?download=true`);
      assert.match(
        headers.get('content-disposition') ?? '',
        new RegExp(`attachment; filename="\\d{8}-\\d{6}_1001_13800000003_${first.id}\\.wav"`),
      );
    });

    it('is found by each criterion, and by all of them together (REC-03)', async () => {
      const found = async (query: string): Promise<string[]> =>
        (await s.admin.get<Page<RecordingView>>(`/recordings?${query}`)).items.map((row) => row.id);
      const both = [second.id, first.id];
      const criteria = {
        extension: 'extension=1001',
        agent: 'agent=agent1001',
        party: 'party=138*',
        queue: 'queue=consult',
        group: 'group=demo',
        outcome: 'outcome=answered',
        minSeconds: 'minSeconds=1.7',
        callId: `callId=${first.callId}`,
        direction: 'direction=inbound',
      };
      for (const [name, query] of Object.entries(criteria)) assert.ok((await found(query)).includes(first.id), name);
      for (const name of ['extension', 'agent', 'queue', 'group', 'outcome', 'direction'] as const) {
        assert.deepEqual(
          (await found(criteria[name])).filter((id) => both.includes(id)),
          both,
          name,
        );
      }
      assert.deepEqual(await found(Object.values(criteria).join('&')), [first.id]);
      assert.deepEqual(await found('party=02187654321'), [second.id]);
      assert.deepEqual(await found('party=02187654321&minSeconds=60'), []);
      assert.deepEqual(await found('from=2020-01-01&to=2020-02-01'), []);
      const page = await s.admin.get<Page<RecordingView>>('/recordings?limit=1');
      assert.deepEqual([page.items[0]?.id, (await found(`limit=1&cursor=${page.next}`))[0]], both);
    });

    it('is exported as an Excel list, and as a zip whose audio is byte for byte what plays (REC-07)', async function () {
      const script = `import sys, zipfile, hashlib, io, re
z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None
inner = z if 'xl/workbook.xml' in z.namelist() else zipfile.ZipFile(io.BytesIO(z.read('录音清单.xlsx')))
print(' '.join(re.findall('<t[^>]*>([^<]*)</t>', inner.read('xl/worksheets/sheet1.xml').decode('utf-8'))))
for n in z.namelist():
    if n.endswith('.wav'): print(n, hashlib.sha256(z.read(n)).hexdigest())`;
      const read = (bytes: Buffer): string => {
        const file = path.join(s.hotline.dataDir, 'export');
        writeFileSync(file, bytes);
        return execFileSync('python3', ['-c', script, file], { encoding: 'utf8', env: { ...process.env, PYTHONIOENCODING: 'utf-8' } });
      };
      try {
        execFileSync('python3', ['--version']);
      } catch {
        console.log('        skipped: python3 is not installed');
        return this.skip();
      }
      const list = read((await download('/recordings/export?queue=consult')).bytes);
      for (const word of ['录音编号', '对方号码', '业务组', first.id, second.id, '13800000003', '已接通'])
        assert.ok(list.includes(word), word);
      const zip = read((await download('/recordings/export?party=13800000003&format=zip')).bytes);
      assert.match(zip, new RegExp(`_1001_13800000003_${first.id}\\.wav ${first.sha256}`));
      assert.ok(!zip.includes(second.id));
    });

    it('a legal hold keeps it from being deleted; lifted, it goes with its file, the row and the audit log tell', async () => {
      await s.admin.put(`/recordings/${second.id}/hold`, { hold: true });
      assert.equal((await s.admin.raw('DELETE', `/recordings/${second.id}`)).status, 409);
      await s.admin.put(`/recordings/${second.id}/hold`, { hold: false });
      assert.equal((await s.admin.raw('DELETE', `/recordings/${second.id}`)).status, 204);
      await s.events.wait('recording.deleted', (e) => e.data.recordingId === second.id);
      assert.deepEqual(
        audioFiles().filter((name) => name.includes(second.id)),
        [],
      );
      assert.equal((await s.admin.get<RecordingView>(`/recordings/${second.id}`)).state, 'deleted');
      const log = await s.admin.get<Page<{ action: string; username: string }>>(`/audit?subject=${second.id}`);
      assert.deepEqual(
        log.items.map((entry) => entry.action).filter((action) => action !== 'recording.opened'),
        ['recording.deleted', 'recording.released', 'recording.held'],
      );
    });

    it('plays on with a new master key; verify finds nothing wrong, and then the one file that was changed', async () => {
      const before = (await download(`/recordings/${first.id}/audio`)).bytes;
      const keys = (): string[] => readdirSync(path.join(s.hotline.dataDir, 'keys'));
      const [old] = keys();
      const { keyId } = await s.admin.post<{ keyId: string }>('/recordings/keys/rotate');
      await eventually('the old key to go', async () => keys().join() === `${keyId}.key`);
      assert.notEqual(`${keyId}.key`, old);
      assert.deepEqual((await download(`/recordings/${first.id}/audio`)).bytes, before);

      const env = { ...s.hotline.env };
      const good = await yixian(['recordings', 'verify'], env);
      assert.equal(good.code, 0, good.stdout + good.stderr);
      assert.match(good.stdout, /recordings and messages: \d+ good\n/);
      const name = audioFiles().find((file) => file.includes(first.id)) ?? '';
      const file = path.join(s.hotline.dataDir, 'recordings', name);
      const bytes = readFileSync(file);
      bytes[5_000] = (bytes[5_000] ?? 0) ^ 1;
      writeFileSync(file, bytes);
      const bad = await yixian(['recordings', 'verify'], env);
      assert.equal(bad.code, 1);
      assert.match(bad.stdout, new RegExp(`^changed +recording ${first.id} .*was changed within bytes`, 'm'));
      assert.match(bad.stdout, /1 changed/);
      assert.equal((await download(`/recordings/${first.id}/audio`)).status, 503);
    });
  });

  it('a message lights the lamps of the box’s phones, is told to whoever asked, is heard and deleted by them', async () => {
    const notifyUrl = `http://127.0.0.1:${(notices.address() as AddressInfo).port}/`;
    await s.admin.put('/boxes/main', { extensions: ['1002'], notifyUrl });
    const phone = await s.phone('1002', { messageWaiting: true });
    const caller = await s.caller('13800000006', { toneHz: CALLER_HZ });
    await caller.dial(s.uri('12320'));
    await caller.waitFor('CALL_ESTABLISHED');
    const callId = await s.callOf('13800000006');
    await s.events.wait('call.entered-flow', ofCall(callId));
    await caller.sendDigits('3');
    await s.events.wait('voicemail.started', ofCall(callId));
    await talkFor(3_500);
    await caller.sendDigits('#');
    const left = await s.events.wait('voicemail.left', ofCall(callId));
    await eventually('the lamp', async () => phone.log().includes('Voice-Message: 1/0'));
    const api = await s.api('1002');
    const { items } = await api.get<Page<{ id: string; box: string; caller: string; heard: boolean }>>('/voicemails?box=main&heard=false');
    assert.deepEqual(
      items.map((m) => [m.id, m.caller, m.heard]),
      [[left.data.voicemailId, '13800000006', false]],
    );
    const id = items[0]?.id ?? '';
    assert.equal((await (await s.api('1001')).raw('GET', `/voicemails/${id}/audio`)).status, 403, 'not of 1001');
    const file = path.join(s.hotline.dataDir, 'message.wav');
    writeFileSync(file, Buffer.from(await (await api.raw('GET', `/voicemails/${id}/audio`)).arrayBuffer()));
    assert.ok(toneDurationMs((await readWav(file)).channels[0] ?? new Int16Array(), CALLER_HZ) > 1_000);
    await api.put(`/voicemails/${id}`, { heard: true });
    await eventually('the lamp out', async () => /Messages-Waiting: no[\s\S]*Voice-Message: 0\/1/.test(phone.log()));
    assert.equal((await api.raw('DELETE', `/voicemails/${id}`)).status, 204);
    await s.events.wait('voicemail.deleted', (e) => e.data.voicemailId === id);
    await eventually('the lamp forgets', async () => phone.log().includes('Voice-Message: 0/0'));
    await eventually('the notice, at the second try', async () => noticed.length >= 2, 40_000);
    assert.deepEqual([noticed[1]?.box, noticed[1]?.voicemailId, noticed[1]?.caller], ['main', id, '13800000006']);
  });

  describe('when the disk is nearly full', () => {
    after(() => change('/settings', { recordingMinFreeMegabytes: 1 }));

    it('the call goes on, its recording is closed properly, and goes on when there is room', async () => {
      await change('/queues/consult', policy('all'));
      const { caller, agent, callId } = await talking('13800000005');
      await s.events.wait('recording.started', ofCall(callId));
      await talkFor(500);
      await change('/settings', { recordingMinFreeMegabytes: 99_999_999 });
      await s.events.wait('recording.halted');
      await s.events.wait('recording.stopped', ofCall(callId));
      const metrics = await (await fetch(`${s.hotline.http}/metrics`)).text();
      assert.match(metrics, /recorder_halted 1/);
      assert.match((await yixian(['doctor'], s.hotline.env)).stdout, /! recordings .*calls are not recorded/);
      assert.ok(!agent.events.some((e) => e.type === 'CALL_CLOSED'), 'they still talk');
      await change('/settings', { recordingMinFreeMegabytes: 1 });
      await s.events.wait('recording.going-on');
      await eventually(
        'a second recording',
        async () => s.events.seen.filter((e) => e.type === 'recording.started' && e.callId === callId).length === 2,
      );
      await talkFor(700);
      await caller.hangUp();
      await s.record(callId);
      const parts = await eventually('both parts', async () => {
        const { items } = await s.admin.get<Page<RecordingView>>(`/recordings?callId=${callId}`);
        return items.length === 2 && items.every((row) => row.state === 'complete') ? items : undefined;
      });
      assert.ok(
        parts.every((row) => (row.durationSeconds ?? 0) > 0.4),
        JSON.stringify(parts.map((row) => row.durationSeconds)),
      );
    });
  });
});
