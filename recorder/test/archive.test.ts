import assert from 'node:assert/strict';
import { mkdir, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DomainError, type VoicemailBox } from '@yixian/contracts';
import { bytesOf } from '../src/shell/container-file.js';
import { Bench, NOW } from './support/bench.js';
import { fakeLeg, wav } from './support/fakes.js';

const DAY = 86_400_000;
const MB = 1024 * 1024;

describe('what is kept', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await Bench.open();
  });
  afterEach(() => bench.close());

  const row = (id: string) => bench.row(id);
  const audio = async (): Promise<string[]> =>
    (await readdir(bench.directory, { recursive: true })).filter((name) => /\.(wav|yxr)$/.test(name));
  const refusal = (code: string, words: RegExp) => (error: unknown) => {
    assert.ok(error instanceof DomainError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, words);
    return true;
  };

  it('no path leaves the recordings folder, not even one stored in the database', async () => {
    const recorder = bench.recorder();
    const id = await bench.record(recorder);
    await writeFile(join(bench.directory, '..', 'secret.wav'), 'secret');
    for (const file of ['../secret.wav', join(bench.directory, '..', 'secret.wav'), '/etc/passwd']) {
      for (const cipher of ['none', 'aes-256-gcm'] as const) {
        await assert.rejects(recorder.archive.open('recording', { ...row(id), file, cipher }), refusal('not-found', /missing/), file);
      }
    }
  });

  it('a missing file, a changed one and a lost key are refusals that say which', async () => {
    bench.configuration.change({ recordingEncryption: 'aes-256-gcm' });
    const recorder = bench.recorder();
    const id = await bench.record(recorder);
    await rm(bench.keys, { recursive: true });
    await assert.rejects(
      bench.recorder().archive.open('recording', row(id)),
      refusal('unavailable', /master key .* is not in the keys folder/),
    );
    await writeFile(join(bench.directory, row(id).file), 'YXR1 and then nothing of ours');
    await assert.rejects(recorder.archive.open('recording', row(id)), refusal('unavailable', /cannot be opened/));
    await rm(join(bench.directory, row(id).file));
    await assert.rejects(recorder.archive.open('recording', row(id)), refusal('not-found', /missing on disk/));
  });

  it('a recording can be heard while it runs, as far as it is written', async () => {
    const recorder = bench.recorder();
    const active = await recorder.start({ callId: 'c', direction: 'inbound', left: fakeLeg() });
    await bench.until(() => bench.rows.recordings.has('rec-1'));
    const source = await recorder.archive.open('recording', row('rec-1'));
    assert.equal((await bytesOf(source, 0, source.bytes)).toString('latin1', 0, 4), 'RIFF');
    await active?.stop();
  });

  it('the outline is made once, also of an encrypted file, and not kept of one that is still growing', async () => {
    bench.configuration.change({ recordingEncryption: 'sm4-ctr-sm3' });
    const recorder = bench.recorder();
    const id = await bench.record(recorder, 40_000);
    const outline = await recorder.archive.waveform('recording', row(id), 100);
    assert.equal(outline.durationMs, 5_000);
    assert.deepEqual(
      outline.peaks.map((channel) => channel.length),
      [100, 100],
    );
    await rm(join(bench.directory, row(id).file));
    assert.deepEqual(await recorder.archive.waveform('recording', row(id), 100), outline);
    await recorder.start({ callId: 'c', direction: 'inbound', left: fakeLeg() });
    await bench.until(() => bench.rows.recordings.has('rec-2'));
    const growing = async () => (await recorder.archive.waveform('recording', row('rec-2'), 100)).durationMs;
    assert.equal(await growing(), 0);
    await writeFile(join(bench.directory, row('rec-2').file), wav(2, 8_000));
    assert.equal(await growing(), 1_000);
  });

  it('deletion takes the file, keeps the row as deleted, and is told with who and why; twice is not found', async () => {
    const recorder = bench.recorder();
    const id = await bench.record(recorder);
    await recorder.archive.remove(id, 'admin');
    assert.deepEqual(await audio(), []);
    assert.equal(row(id).state, 'deleted');
    const told = bench.events.events.find((event) => event.type === 'recording.deleted');
    assert.deepEqual([told?.callId, told?.data], ['call-1', { recordingId: id, by: 'admin', because: 'request' }]);
    await assert.rejects(recorder.archive.remove(id, 'admin'), refusal('not-found', /no recording/));
  });

  it('one under legal hold, or still being written, is not deleted', async () => {
    const recorder = bench.recorder();
    const id = await bench.record(recorder);
    assert.equal((await recorder.archive.hold(id, true)).held, true);
    await assert.rejects(recorder.archive.remove(id, 'admin'), refusal('conflict', /legal hold/));
    await recorder.archive.hold(id, false);
    await recorder.archive.remove(id, 'admin');
    await recorder.start({ callId: 'c', direction: 'inbound', left: fakeLeg() });
    await bench.until(() => bench.rows.recordings.has('rec-2'));
    await assert.rejects(recorder.archive.remove('rec-2', 'admin'), refusal('conflict', /still being written/));
    await assert.rejects(recorder.archive.hold('never', true), refusal('not-found', /no recording/));
  });

  it('a hold that is set while a recording runs is still there when it has ended', async () => {
    const recorder = bench.recorder();
    const active = await recorder.start({ callId: 'c', direction: 'inbound', left: fakeLeg() });
    await bench.until(() => bench.rows.recordings.has('rec-1'));
    await recorder.archive.hold('rec-1', true);
    await active?.stop();
    await bench.until(() => row('rec-1').state === 'complete');
    assert.equal(row('rec-1').held, true);
  });

  it('a file that a dead process had marked and not yet removed goes with the next round', async () => {
    const recorder = bench.recorder();
    const id = await bench.record(recorder);
    await bench.rows.markDeleted('recording', id, NOW);
    assert.equal((await audio()).length, 1);
    await bench.recorder().applyRetention();
    assert.deepEqual(await audio(), []);
    assert.deepEqual([...bench.rows.erasedIds], [id]);
  });

  describe('retention', () => {
    const box = (id: string, keepDays: number | null): VoicemailBox => ({ id, name: id, extensions: [], notifyUrl: null, keepDays });

    it('deletes what is older than the rules, and neither what is held, running nor younger; audited', async () => {
      const audited: string[] = [];
      const recorder = bench.recorder({
        audit: async ({ action, subject, username }) => void audited.push(`${username} ${action} ${subject}`),
      });
      const [old, held, young] = [await bench.record(recorder), await bench.record(recorder), await bench.record(recorder)];
      await bench.rows.update(old, { startedAt: NOW - 31 * DAY });
      await bench.rows.update(held, { startedAt: NOW - 31 * DAY, held: true });
      await bench.rows.update(young, { startedAt: NOW - 29 * DAY });
      bench.configuration.voicemailBoxes = [box('main', 7), box('keep', null)];
      const messages = [
        await bench.message(recorder, 'main'),
        await bench.message(recorder, 'keep'),
        await bench.message(recorder, 'main'),
      ];
      for (const message of bench.rows.voicemails.slice(0, 2)) message.leftAt = NOW - 8 * DAY;

      assert.deepEqual(await recorder.applyRetention(), { recordings: 0, voicemails: 1 }, 'recordings are kept where nobody says how long');
      bench.configuration.change({ recordingKeepDays: 30 });
      assert.deepEqual(await recorder.applyRetention(), { recordings: 1, voicemails: 0 });
      assert.deepEqual(await recorder.applyRetention(), { recordings: 0, voicemails: 0 });
      assert.deepEqual([row(old).state, row(held).state, row(young).state], ['deleted', 'complete', 'complete']);
      assert.equal((await audio()).length, 4);
      assert.deepEqual(audited, [`system voicemail.deleted ${messages[0]}`, `system recording.deleted ${old}`]);
      const told = bench.events.events.find((event) => event.type === 'recording.deleted');
      assert.deepEqual(told?.data, { recordingId: old, by: 'system', because: 'retention' });
    });

    it('two rounds at the same time delete each thing once', async () => {
      const recorder = bench.recorder();
      for (let n = 0; n < 5; n += 1) await bench.rows.update(await bench.record(recorder), { startedAt: NOW - 31 * DAY });
      bench.configuration.change({ recordingKeepDays: 30 });
      const rounds = await Promise.all([recorder.applyRetention(), bench.recorder().applyRetention()]);
      assert.equal(
        rounds.reduce((sum, round) => sum + round.recordings, 0),
        5,
      );
      assert.equal(bench.events.types.filter((type) => type === 'recording.deleted').length, 5);
    });

    it('a file that cannot be removed keeps nothing else back, and does not turn for ever', async () => {
      const recorder = bench.recorder();
      const [bad, good] = [await bench.record(recorder), await bench.record(recorder)];
      for (const id of [bad, good]) await bench.rows.update(id, { startedAt: NOW - 31 * DAY });
      await rm(join(bench.directory, row(bad).file));
      await mkdir(join(bench.directory, row(bad).file));
      bench.configuration.change({ recordingKeepDays: 30 });
      await recorder.applyRetention();
      assert.equal(row(good).state, 'deleted');
      assert.ok(await stat(join(bench.directory, row(bad).file)));
      await rm(join(bench.directory, row(bad).file), { recursive: true });
      await recorder.applyRetention();
      assert.ok(bench.rows.erasedIds.has(bad));
    });
  });

  describe('messages', () => {
    const boxes = (...list: [string, string[], string?][]): VoicemailBox[] =>
      list.map(([id, extensions, notifyUrl]) => ({ id, name: id, extensions, notifyUrl: notifyUrl ?? null, keepDays: null }));
    const said = async (count: number): Promise<string[]> => {
      await bench.sw.saidToPhones(count);
      return bench.sw.waiting.splice(0);
    };

    it('phones of a box are told at the start and at every change, each only what is new to it; a phone of two boxes the sum', async () => {
      bench.configuration.voicemailBoxes = boxes(['main', ['1001', '1002']], ['night', ['1002']]);
      const recorder = bench.recorder();
      const first = await bench.message(recorder, 'main');
      assert.deepEqual(await said(2), ['1001 1/0', '1002 1/0']);
      const next = bench.recorder();
      next.watch();
      assert.deepEqual(await said(2), ['1001 1/0', '1002 1/0']);
      const second = await bench.message(next, 'night');
      assert.deepEqual(await said(1), ['1002 2/0']);
      await next.archive.markHeard(first, true, 'agent1001');
      assert.deepEqual(await said(2), ['1001 0/1', '1002 1/1']);
      await next.archive.markHeard(first, true, 'agent1002');
      await next.archive.removeVoicemail(second, 'agent1002');
      assert.deepEqual(await said(1), ['1002 0/1']);
      bench.configuration.voicemailBoxes = boxes(['main', ['1001']]);
      bench.configuration.change({});
      assert.deepEqual(await said(1), ['1002 0/0']);
      assert.deepEqual(
        bench.events.events.filter((e) => e.type.startsWith('voicemail.')).map((e) => [e.type, (e.data as { by?: string }).by]),
        [
          ['voicemail.started', undefined],
          ['voicemail.left', undefined],
          ['voicemail.started', undefined],
          ['voicemail.left', undefined],
          ['voicemail.heard', 'agent1001'],
          ['voicemail.deleted', 'agent1002'],
        ],
      );
      await next.close();
      assert.equal(bench.configuration.listeners, 0);
    });

    it('whoever is named in the box is told of each message, of other boxes nobody', async () => {
      bench.configuration.voicemailBoxes = boxes(['main', [], 'http://desk.example/messages'], ['night', []]);
      const told: string[] = [];
      const recorder = bench.recorder({
        notify: (url, message) => void told.push(`${url} ${message.id} ${message.box} ${message.durationMs}`),
      });
      const id = await bench.message(recorder, 'main', 24_000);
      await bench.message(recorder, 'night');
      await bench.until(() => told.length > 0);
      assert.deepEqual(told, [`http://desk.example/messages ${id} main 3000`]);
    });

    it('a message can be new again; one that is gone cannot be heard', async () => {
      const recorder = bench.recorder();
      const id = await bench.message(recorder);
      assert.deepEqual((await recorder.archive.markHeard(id, true, 'x')).heardBy, 'x');
      assert.deepEqual((await recorder.archive.markHeard(id, false, 'x')).heardAt, null);
      await recorder.archive.removeVoicemail(id, 'x');
      await assert.rejects(recorder.archive.markHeard(id, true, 'x'), refusal('not-found', /no voicemail/));
      await assert.rejects(recorder.archive.removeVoicemail(id, 'x'), refusal('not-found', /no voicemail/));
      assert.deepEqual(await audio(), []);
    });
  });

  describe('when the disk fills up', () => {
    let free = 1_000 * MB;
    const recorder = () => bench.recorder({ freeBytes: async () => free });
    beforeEach(() => {
      free = 1_000 * MB;
      bench.configuration.change({ recordingMinFreeMegabytes: 500 });
    });

    it('what runs is closed properly, nothing new begins, and all of it goes on by itself when there is room again', async () => {
      const service = recorder();
      service.watch();
      const left = fakeLeg();
      bench.sw.frames = 16_000;
      const active = await service.start({ callId: 'call-1', direction: 'inbound', left, right: fakeLeg() });
      active?.pause();
      free = 499 * MB;
      const halted = await bench.events.next('recording.halted');
      assert.deepEqual(halted.data, { freeMegabytes: 499 });
      await bench.until(() => row('rec-1').state === 'complete');
      assert.equal(row('rec-1').durationMs, 2_000);
      assert.match(service.problems()[0] ?? '', /disk is nearly full: 499 MB free/);
      assert.equal(service.metrics().recorder_halted, 1);
      assert.equal(await service.start({ callId: 'call-2', direction: 'inbound', left: fakeLeg() }), undefined);
      assert.match(
        String((await bench.events.next('recording.failed')).data && JSON.stringify(bench.events.events.at(-1)?.data)),
        /only 499 MB free/,
      );
      const newRight = fakeLeg();
      active?.setRight(newRight);

      free = 600 * MB;
      await bench.events.next('recording.going-on');
      await bench.events.next('recording.started', 2);
      assert.deepEqual(service.problems(), []);
      const again = bench.sw.requests.at(-1);
      assert.deepEqual([again?.left, again?.right], [left, newRight], 'with whoever talks now');
      assert.equal(bench.sw.log.at(-1), 'pause', 'and paused as it was');
      assert.notEqual(active?.id, 'rec-1');
      await active?.stop();
      await bench.until(() => [...bench.rows.recordings.values()].filter((r) => r.state === 'complete').length === 2);
      assert.equal(bench.events.types.filter((type) => type === 'recording.halted').length, 1);
    }).timeout(10_000);

    it('a call that ended meanwhile is not begun again', async () => {
      const service = recorder();
      service.watch();
      const active = await service.start({ callId: 'call-1', direction: 'inbound', left: fakeLeg() });
      free = 0;
      await bench.events.next('recording.halted');
      await active?.stop();
      free = 600 * MB;
      await bench.events.next('recording.going-on');
      assert.equal(bench.events.types.filter((type) => type === 'recording.started').length, 1);
    }).timeout(10_000);

    it('a message under way ends as if the caller had finished', async () => {
      const service = recorder();
      service.watch();
      const taking = service.voicemail({ callId: 'c', box: 'main', caller: '021', leg: fakeLeg(), maxDurationMs: 60_000 });
      await bench.sw.begun(1);
      free = 0;
      assert.equal((await taking)?.durationMs, 1_000);
    }).timeout(10_000);

    it('the real file system is asked: a folder on another disk counts by that disk', async function () {
      const shm = await stat('/dev/shm').catch(() => undefined);
      if (!shm) {
        console.log('      skipped: there is no /dev/shm');
        return this.skip();
      }
      const folder = `/dev/shm/yixian-${process.pid}`;
      await mkdir(folder);
      try {
        await rm(bench.directory, { recursive: true, force: true });
        await symlink(folder, bench.directory);
        const service = bench.recorder();
        await bench.record(service);
        assert.ok((service.metrics().recorder_free_bytes ?? 0) > 0);
      } finally {
        await rm(folder, { recursive: true });
      }
    });
  });
});
