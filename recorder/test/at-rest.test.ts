import assert from 'node:assert/strict';
import { createHash, createHmac, hkdfSync } from 'node:crypto';
import { appendFile, copyFile, mkdir, readdir, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { RECORDING_DEFAULTS } from '@yixian/contracts';
import { recordingFacts } from '../src/core/facts.js';
import { bytesOf } from '../src/shell/container-file.js';
import { Bench, NOW } from './support/bench.js';
import { fakeLeg, wav } from './support/fakes.js';

describe('recordings at rest', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await Bench.open();
  });
  afterEach(() => bench.close());

  const files = async (): Promise<string[]> =>
    (await readdir(bench.directory, { recursive: true })).filter((name) => /\.(wav|yxr|tmp|json)$/.test(name)).sort();
  const row = (id: string) => bench.row(id);
  const heard = (recorder: ReturnType<Bench['recorder']>, id: string): Promise<Buffer> => bench.heard(recorder, id);

  for (const cipher of ['aes-256-gcm', 'sm4-ctr-sm3'] as const) {
    it(`${cipher}: the plain file is gone when the row is complete, and plays as it was`, async () => {
      bench.configuration.change({ recordingEncryption: cipher });
      const recorder = bench.recorder();
      const id = await bench.record(recorder, 40_000);
      const plain = Buffer.from(wav(2, 40_000));
      const { file, sha256, bytes, seal } = row(id);
      assert.deepEqual(await files(), [`2026/03/01/${id}.yxr`]);
      assert.deepEqual([file, row(id).cipher, bytes], [`2026/03/01/${id}.yxr`, cipher, plain.length]);
      assert.equal(sha256, createHash('sha256').update(plain).digest('hex'), 'what is downloaded can be checked');
      const hash = cipher === 'sm4-ctr-sm3' ? 'sm3' : 'sha256';
      assert.deepEqual([seal?.hash, seal?.content], [hash, createHash(hash).update(plain).digest('hex')]);
      assert.deepEqual(await heard(recorder, id), plain);
      assert.deepEqual(
        (await bench.verify()).map((v) => v.verdict),
        [{ state: 'good' }],
      );
    });

    it(`${cipher}: a message too`, async () => {
      bench.configuration.change({ recordingEncryption: cipher });
      const recorder = bench.recorder();
      const id = await bench.message(recorder);
      await recorder.close();
      assert.deepEqual(await files(), [`voicemail/2026/03/01/${id}.yxr`]);
      const message = bench.rows.voicemails[0];
      assert.ok(message);
      const source = await recorder.archive.open('voicemail', message);
      assert.deepEqual(await bytesOf(source, 0, source.bytes), Buffer.from(wav(1, 16_000)));
    });
  }

  it('the signature is an HMAC under a key derived from the master key, as anybody with that key can compute it', async () => {
    const id = await bench.record(bench.recorder());
    const { seal } = row(id);
    const text = await readFile(join(bench.keys, `${seal?.keyId}.key`), 'utf8');
    const key = Buffer.from(hkdfSync('sha256', Buffer.from(text.trim(), 'hex'), new Uint8Array(0), 'yixian recordings sign', 32));
    const facts = recordingFacts(row(id));
    assert.equal(createHmac('sha256', key).update(`${facts}\n${seal?.content}`).digest('hex'), seal?.signature);
  });

  it('master keys are made at the first start, for their owner alone', async () => {
    await bench.recorder().repairUnfinished();
    const [name] = await readdir(bench.keys);
    assert.match(name ?? '', /^\d{8}T\d{9}Z-[0-9a-f]{8}\.key$/);
    assert.equal((await stat(join(bench.keys, name ?? ''))).mode & 0o777, 0o600);
    assert.equal((await stat(bench.keys)).mode & 0o777, 0o700);
    await bench.recorder().repairUnfinished();
    assert.deepEqual(await readdir(bench.keys), [name]);
  });

  it('while the database is away the audio is encrypted all the same, can be heard, and its row follows', async () => {
    bench.configuration.change({ recordingEncryption: 'aes-256-gcm' });
    const recorder = bench.recorder();
    const active = await recorder.start({ callId: 'c', direction: 'inbound', left: fakeLeg() });
    await bench.until(() => bench.rows.recordings.has('rec-1'));
    bench.rows.failures = 3;
    await active?.stop();
    await bench.events.next('recording.stopped');
    assert.equal(row('rec-1').state, 'recording');
    assert.deepEqual(await heard(recorder, 'rec-1'), Buffer.from(wav(2, 8_000)));
    await bench.until(() => row('rec-1').state === 'complete');
  }).timeout(10_000);

  describe('with a switch that hands the audio on', () => {
    beforeEach(() => {
      bench.sw.takesSinks = true;
      bench.configuration.change({ recordingEncryption: 'aes-256-gcm' });
    });
    const begin = async (recorder: ReturnType<Bench['recorder']>) => {
      const active = await recorder.start({ callId: 'call-1', direction: 'inbound', left: fakeLeg(), right: fakeLeg() });
      await bench.until(() => bench.rows.recordings.has(active?.id ?? ''));
      const sink = bench.sw.sinks.at(-1);
      assert.ok(active && sink);
      return { active, sink };
    };
    const folder = async (): Promise<string[]> =>
      (await readdir(bench.directory, { recursive: true })).filter((name) => /\.[a-z]+$/.test(name)).sort();

    for (const cipher of ['aes-256-gcm', 'sm4-ctr-sm3'] as const) {
      it(`${cipher}: nothing is plain at any moment; it plays while it goes on, and is stored like any other`, async () => {
        bench.configuration.change({ recordingEncryption: cipher });
        const recorder = bench.recorder();
        const { active, sink } = await begin(recorder);
        await sink.say(8_000);
        await sink.say(4_000);
        assert.deepEqual(await folder(), [`2026/03/01/${active.id}.yxp`]);
        assert.equal((await stat(join(bench.directory, `2026/03/01/${active.id}.yxp`))).mode & 0o777, 0o600);
        assert.deepEqual(await heard(recorder, active.id), Buffer.from(wav(2, 12_000)));
        const source = await recorder.archive.open('recording', row(active.id));
        assert.deepEqual(await bytesOf(source, 40_000, 40_010), Buffer.alloc(10, 1));
        assert.equal((await recorder.archive.waveform('recording', row(active.id), 10)).durationMs, 1_500);
        bench.sw.frames = 40_000;
        await active.stop();
        await bench.until(() => row(active.id).state === 'complete');
        assert.deepEqual(await folder(), [`2026/03/01/${active.id}.yxr`]);
        assert.deepEqual(await heard(recorder, active.id), Buffer.from(wav(2, 40_000)));
        const { cipher: kept, durationMs, bytes, sha256 } = row(active.id);
        const plain = Buffer.from(wav(2, 40_000));
        assert.deepEqual(
          [kept, durationMs, bytes, sha256],
          [cipher, 5_000, plain.length, createHash('sha256').update(plain).digest('hex')],
        );
        assert.deepEqual(
          (await bench.verify()).map((v) => v.verdict.state),
          ['good'],
        );
      });
    }

    it('a message too; one that is too short leaves nothing', async () => {
      const recorder = bench.recorder();
      const id = await bench.message(recorder);
      await recorder.close();
      assert.deepEqual(await folder(), [`voicemail/2026/03/01/${id}.yxr`]);
      const [message] = bench.rows.voicemails;
      assert.ok(message);
      const source = await recorder.archive.open('voicemail', message);
      assert.deepEqual(await bytesOf(source, 0, source.bytes), Buffer.from(wav(1, 16_000)));
      const short = recorder.voicemail({ callId: 'call-w', box: 'main', caller: '021', leg: fakeLeg(), maxDurationMs: 60_000 });
      await bench.sw.begun(2);
      bench.sw.frames = 800;
      await bench.sw.end(1, 'stopped');
      assert.equal(await short, undefined);
      assert.deepEqual(await folder(), [`voicemail/2026/03/01/${id}.yxr`]);
    });

    it('of a process that died it is there up to the last piece, sealed, with the settings changed meanwhile and half a piece at its end', async () => {
      const dead = bench.recorder();
      const { active, sink } = await begin(dead);
      await sink.say(8_000);
      await sink.say(2_400);
      sink.die();
      await appendFile(join(bench.directory, `2026/03/01/${active.id}.yxp`), Buffer.from([0, 0, 1, 0, 7, 7]));
      // What began encrypted is never plain.
      bench.configuration.change({ recordingEncryption: 'none' });
      const next = bench.recorder();
      await next.repairUnfinished();
      assert.deepEqual(await folder(), [`2026/03/01/${active.id}.yxr`]);
      assert.deepEqual(await heard(next, active.id), Buffer.from(wav(2, 10_400)));
      assert.deepEqual([row(active.id).state, row(active.id).durationMs, row(active.id).cipher], ['complete', 1_300, 'aes-256-gcm']);
      assert.deepEqual(
        (await bench.verify()).map((v) => v.verdict.state),
        ['good'],
      );
    });

    it('killed between its container and its row it is stored once', async () => {
      const recorder = bench.recorder();
      const { active } = await begin(recorder);
      const running = join(bench.directory, `2026/03/01/${active.id}.yxp`);
      await active.stop().then(() => bench.until(() => row(active.id).state === 'complete'));
      await recorder.close();
      await bench.rows.update(active.id, {
        state: 'recording',
        cipher: 'none',
        file: `2026/03/01/${active.id}.wav`,
        sha256: null,
        seal: null,
      });
      assert.equal(await readFile(running).catch((e: NodeJS.ErrnoException) => e.code), 'ENOENT');
      const next = bench.recorder();
      await next.repairUnfinished();
      assert.deepEqual(await heard(next, active.id), Buffer.from(wav(2, 8_000)));
      assert.equal(row(active.id).state, 'complete');
    });

    it('a switch that fails in the middle loses nothing it had handed on', async () => {
      const recorder = bench.recorder();
      const { active, sink } = await begin(recorder);
      await sink.say(8_000);
      bench.sw.frames = 8_000;
      await bench.sw.end(0, 'failed', 'the media thread ended');
      await bench.until(() => row(active.id).state === 'complete');
      assert.deepEqual(await heard(recorder, active.id), Buffer.from(wav(2, 8_000)));
    });

    it('its master key stays while it goes on, also one that a dead process left, and goes when nothing depends on it', async () => {
      const recorder = bench.recorder();
      const { active, sink } = await begin(recorder);
      await sink.say(8_000);
      const [old = ''] = await readdir(bench.keys);
      // Another process, which knows of this one's recording by its row alone, changes the keys.
      const other = bench.recorder();
      bench.now += 1_000;
      await other.archive.rotateKey();
      await other.changeKeys();
      assert.ok((await readdir(bench.keys)).includes(old), 'the key of what is not over');
      assert.deepEqual(await heard(recorder, active.id), Buffer.from(wav(2, 8_000)));
      await active.stop();
      await bench.until(() => row(active.id).state === 'complete');
      await recorder.close();
      await other.changeKeys();
      assert.equal((await readdir(bench.keys)).includes(old), false);
      assert.deepEqual(await heard(other, active.id), Buffer.from(wav(2, 8_000)));
    });

    it('a recording the switch refuses leaves no file', async () => {
      bench.sw.failStart = new Error('no room');
      const recorder = bench.recorder();
      assert.equal(await recorder.start({ callId: 'c', direction: 'inbound', left: fakeLeg() }), undefined);
      assert.deepEqual(await folder(), []);
    });
  });

  describe('after a process that died', () => {
    const left = async (name: string): Promise<void> => {
      const at = { startedAt: NOW, endedAt: null, durationMs: null, bytes: null, sha256: null, state: 'recording' } as const;
      const pauses = [{ from: NOW + 500, to: null }];
      await bench.rows.insert({
        ...RECORDING_DEFAULTS,
        ...at,
        pauses,
        id: 'rec-k',
        callId: 'call-k',
        agentId: null,
        queueId: null,
        file: name,
      });
      await mkdir(join(bench.directory, dirname(name)), { recursive: true });
    };
    const name = '2026/03/01/rec-k.wav';
    const path = (n: string): string => join(bench.directory, n);

    beforeEach(() => bench.configuration.change({ recordingEncryption: 'sm4-ctr-sm3' }));

    it('what it was writing is repaired, then encrypted; half a container it was making is swept away', async () => {
      await left(name);
      await writeFile(path(name), wav(2, 16_000, 0));
      await writeFile(path('2026/03/01/rec-k.yxr.tmp'), 'half a container');
      const recorder = bench.recorder();
      await recorder.repairUnfinished();
      assert.deepEqual(await files(), ['2026/03/01/rec-k.yxr']);
      assert.deepEqual(await heard(recorder, 'rec-k'), Buffer.from(wav(2, 16_000)));
      const { durationMs, pauses, pausedMs, state } = row('rec-k');
      assert.deepEqual([state, durationMs, pausedMs, pauses], ['complete', 2_000, 1_500, [{ from: NOW + 500, to: NOW + 2_000 }]]);
      assert.deepEqual(
        (await bench.verify()).map((v) => v.verdict.state),
        ['good'],
      );
    });

    it('a container that was complete while the plain file was still there is made anew from it', async () => {
      await left(name);
      await writeFile(path(name), wav(2, 8_000));
      await writeFile(path('2026/03/01/rec-k.yxr'), 'an older container');
      await bench.recorder().repairUnfinished();
      assert.deepEqual(
        (await bench.verify()).map((v) => v.verdict.state),
        ['good'],
      );
      assert.deepEqual(await files(), ['2026/03/01/rec-k.yxr']);
    });

    it('where the plain file was gone before the row knew, the container speaks for itself', async () => {
      const first = bench.recorder();
      const id = await bench.record(first, 24_000);
      await first.close();
      await bench.rows.update(id, {
        state: 'recording',
        file: `2026/03/01/${id}.wav`,
        cipher: 'none',
        seal: null,
        sha256: null,
        durationMs: null,
      });
      await bench.recorder().repairUnfinished();
      const { state, cipher, durationMs, bytes } = row(id);
      assert.deepEqual([state, cipher, durationMs, bytes], ['complete', 'sm4-ctr-sm3', 3_000, 96_044]);
      assert.deepEqual(
        (await bench.verify()).map((v) => v.verdict.state),
        ['good'],
      );
    });

    it('a message that was encrypted before its row existed is kept', async () => {
      const first = bench.recorder();
      const id = await bench.message(first, 'main', 24_000);
      await first.close();
      const [message] = bench.rows.voicemails.splice(0);
      const note = {
        ...message,
        file: `voicemail/2026/03/01/${id}.wav`,
        durationMs: 0,
        seal: null,
        sha256: null,
        bytes: null,
        cipher: 'none',
      };
      await writeFile(path(`voicemail/2026/03/01/${id}.wav.json`), JSON.stringify(note));
      await bench.recorder().repairUnfinished();
      assert.deepEqual([bench.rows.voicemails[0]?.durationMs, bench.rows.voicemails[0]?.cipher], [3_000, 'sm4-ctr-sm3']);
      assert.deepEqual(await files(), [`voicemail/2026/03/01/${id}.yxr`]);
      assert.deepEqual(
        (await bench.verify()).map((v) => v.verdict.state),
        ['good'],
      );
    });
  });

  describe('verify', () => {
    const path = (id: string): string => join(bench.directory, row(id).file);
    const verdictOf = async (id: string) => (await bench.verify()).find((v) => v.id === id)?.verdict;
    let ids: string[];

    for (const cipher of ['none', 'aes-256-gcm', 'sm4-ctr-sm3'] as const) {
      describe(`of ${cipher === 'none' ? 'plain' : cipher} files`, () => {
        beforeEach(async () => {
          bench.configuration.change({ recordingEncryption: cipher });
          const recorder = bench.recorder();
          ids = [await bench.record(recorder, 40_000), await bench.record(recorder, 48_000), await bench.record(recorder, 40_000 + 1)];
        });

        it('says good of what nobody touched, however often the process starts', async () => {
          await bench.recorder().repairUnfinished();
          assert.deepEqual(
            (await bench.verify()).map((v) => v.verdict.state),
            ['good', 'good', 'good'],
          );
        });

        it('tells the changed, the truncated, the swapped and the missing file from each other and from the good', async () => {
          const [a = '', b = '', c = ''] = ids;
          const bytes = await readFile(path(a));
          bytes[bytes.length - 100] = (bytes[bytes.length - 100] ?? 0) ^ 1;
          await writeFile(path(a), bytes);
          assert.equal((await verdictOf(a))?.state, 'changed');
          assert.equal((await verdictOf(b))?.state, 'good');
          await truncate(path(a), 20_000);
          assert.equal((await verdictOf(a))?.state, 'truncated');
          await copyFile(path(b), path(a));
          assert.deepEqual(await verdictOf(a), { state: 'swapped', text: `the file holds ${b}` });
          await rm(path(c));
          assert.equal((await verdictOf(c))?.state, 'missing');
          assert.equal((await verdictOf(b))?.state, 'good');
        });

        it('two files that changed places are both found', async () => {
          const [a = '', b = ''] = ids;
          await rename(path(a), `${path(a)}.aside`);
          await rename(path(b), path(a));
          await rename(`${path(a)}.aside`, path(b));
          assert.deepEqual([(await verdictOf(a))?.state, (await verdictOf(b))?.state], ['swapped', 'swapped']);
        });

        it('something added to the end is found', async () => {
          await appendFile(path(ids[0] ?? ''), 'more');
          assert.equal((await verdictOf(ids[0] ?? ''))?.state, 'changed');
        });

        it('a row whose facts were changed is found, also together with its own checksum', async () => {
          const [id = ''] = ids;
          for (const change of [
            { agentId: '1009' },
            { otherParty: '110' },
            { startedAt: NOW - 1 },
            { pauses: [{ from: NOW, to: NOW + 9 }] },
          ]) {
            const before = structuredClone(row(id));
            await bench.rows.update(id, change);
            assert.equal((await verdictOf(id))?.state, 'row-changed', Object.keys(change).join());
            bench.rows.recordings.set(id, before);
          }
          await bench.rows.update(id, { held: true });
          assert.equal((await verdictOf(id))?.state, 'good', 'a hold is no forgery');
        });
      });
    }

    it('a forger who replaces audio and checksums alike lacks the key', async () => {
      const id = await bench.record(bench.recorder());
      const forged = wav(2, 8_000).fill(7, 44);
      await writeFile(path(id), forged);
      const sha256 = createHash('sha256').update(forged).digest('hex');
      const { seal } = row(id);
      assert.ok(seal);
      await bench.rows.update(id, { sha256, bytes: forged.byteLength, seal: { ...seal, content: sha256 } });
      assert.equal((await verdictOf(id))?.state, 'row-changed');
    });

    it('a plain file in place of an encrypted one is found', async () => {
      bench.configuration.change({ recordingEncryption: 'aes-256-gcm' });
      const id = await bench.record(bench.recorder());
      await writeFile(path(id), wav(2, 8_000));
      assert.equal((await verdictOf(id))?.state, 'changed');
    });

    it('a key that is gone is said to be, and what is older than seals is told apart', async () => {
      const id = await bench.record(bench.recorder());
      await bench.rows.update(id, { seal: null });
      assert.equal((await verdictOf(id))?.state, 'unsealed');
      const other = await bench.record(bench.recorder());
      await rm(bench.keys, { recursive: true });
      assert.equal((await verdictOf(other))?.state, 'key-missing');
    });

    it('messages are looked at as well', async () => {
      const recorder = bench.recorder();
      await bench.message(recorder);
      const [message] = bench.rows.voicemails;
      assert.ok(message);
      assert.deepEqual(
        (await bench.verify()).map((v) => [v.kind, v.verdict.state]),
        [['voicemail', 'good']],
      );
      message.caller = '110';
      assert.deepEqual(
        (await bench.verify()).map((v) => v.verdict.state),
        ['row-changed'],
      );
    });
  });
});
