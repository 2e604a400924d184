import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FromSink } from '@yixian/contracts';
import fc from 'fast-check';
import { DamagedContainer, PREFIX_BYTES, TAG_OF } from '../src/core/container.js';
import { LENGTH_BYTES } from '../src/core/running.js';
import { WAV_HEADER_BYTES, wavHeader } from '../src/core/wav.js';
import { bytesOf, KeyMissing } from '../src/shell/container-file.js';
import type { MasterKey } from '../src/shell/keyring.js';
import { keysOfRunning, mendRunning, openRunning } from '../src/shell/running-file.js';
import { createSealing, type Sealing } from '../src/shell/sealing.js';

describe('the file of an encrypted recording under way', () => {
  const master: MasterKey = { id: '20260301T000000000Z-00000001', key: randomBytes(32) };
  const keys = { get: async (id: string) => (id === master.id ? master : undefined) };
  let folder: string;
  let sealing: Sealing;
  let files = 0;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'yixian-running-'));
    sealing = createSealing();
  });
  after(async () => {
    await sealing.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Written by the thread, piece by piece. */
  async function write(suite: 'aes-256-gcm' | 'sm4-ctr-sm3', pieces: readonly Uint8Array[], id = 'rec-1'): Promise<string> {
    const path = join(folder, `${++files}.yxp`);
    const sink = await sealing.begin({ path, id, suite, channels: 2, master });
    const closed = new Promise<void>((resolve, reject) =>
      sink.on('message', (answer: FromSink) => {
        if (answer.is === 'failed') reject(new Error(answer.error));
        if (answer.is === 'closed') resolve();
      }),
    );
    for (const piece of pieces) sink.postMessage(piece);
    sink.postMessage('end');
    await closed;
    sink.close();
    return path;
  }
  const audioOf = (pieces: readonly Uint8Array[]): Buffer => {
    const audio = Buffer.concat(pieces);
    return Buffer.concat([wavHeader(2, audio.length), audio]);
  };
  const piece = fc.integer({ min: 1, max: 700 }).map((frames) => new Uint8Array(randomBytes(frames * 4)));

  for (const suite of ['aes-256-gcm', 'sm4-ctr-sm3'] as const) {
    const ends = (pieces: readonly Uint8Array[]): number[] => {
      let at = PREFIX_BYTES;
      return pieces.map(({ length }) => {
        at += LENGTH_BYTES + length + TAG_OF[suite];
        return at;
      });
    };
    const wholeBefore = (pieces: readonly Uint8Array[], cut: number): Uint8Array[] =>
      pieces.slice(0, ends(pieces).filter((end) => end <= cut).length);

    it(`${suite}: cut anywhere it gives exactly the whole pieces before, and holds nothing plain`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(piece, { maxLength: 5 }), fc.double({ min: 0, max: 1, noNaN: true }), async (pieces, share) => {
          const path = await write(suite, pieces);
          const bytes = await readFile(path);
          assert.equal(bytes.length, ends(pieces).at(-1) ?? PREFIX_BYTES);
          assert.equal(bytes.includes('RIFF'), false);
          for (const one of pieces) if (one.length >= 16) assert.equal(bytes.includes(Buffer.from(one.subarray(0, 16))), false);
          const cut = PREFIX_BYTES + Math.floor(share * (bytes.length - PREFIX_BYTES));
          await truncate(path, cut);
          const expected = audioOf(wholeBefore(pieces, cut));
          const before = await openRunning(path, 'rec-1', keys);
          assert.deepEqual(await bytesOf(before, 0, before.bytes), expected);
          const { audio, lost } = await mendRunning(path, 'rec-1', keys);
          assert.equal(lost, 0, 'a torn piece is no whole one');
          assert.deepEqual(await bytesOf(audio, 0, audio.bytes), expected);
          assert.equal((await readFile(path)).length, ends(wholeBefore(pieces, cut)).at(-1) ?? PREFIX_BYTES, 'the torn end is gone');
        }),
        { numRuns: 60 },
      );
    });

    it(`${suite}: any part is read as it was said`, async () => {
      const pieces = [1, 500, 16_000, 3].map((frames) => new Uint8Array(randomBytes(frames * 4)));
      const expected = audioOf(pieces);
      const audio = await openRunning(await write(suite, pieces), 'rec-1', keys);
      await fc.assert(
        fc.asyncProperty(fc.nat(expected.length), fc.nat(expected.length), async (a, b) => {
          const [from, to] = [Math.min(a, b), Math.max(a, b)];
          assert.deepEqual(await bytesOf(audio, from, to), expected.subarray(from, to));
        }),
        { numRuns: 40 },
      );
    });

    it(`${suite}: a changed bit is not played; what was said before it is kept`, async () => {
      const pieces = [100, 100, 100].map((frames) => new Uint8Array(randomBytes(frames * 4)));
      const intact = await readFile(await write(suite, pieces));
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: PREFIX_BYTES, max: intact.length - 1 }), fc.nat(7), async (at, bit) => {
          const path = join(folder, `${++files}.yxp`);
          const changed = Buffer.from(intact);
          changed[at] = (changed[at] as number) ^ (1 << bit);
          await writeFile(path, changed);
          const sound = wholeBefore(pieces, at);
          const { audio } = await mendRunning(path, 'rec-1', keys);
          assert.deepEqual(await bytesOf(audio, 0, audio.bytes), audioOf(sound));
        }),
        { numRuns: 60 },
      );
    });

    it(`${suite}: pieces that were exchanged are not opened`, async () => {
      const pieces = [100, 100].map((frames) => new Uint8Array(randomBytes(frames * 4)));
      const path = await write(suite, pieces);
      const bytes = await readFile(path);
      const [first = 0, second = 0] = ends(pieces);
      await writeFile(
        path,
        Buffer.concat([bytes.subarray(0, PREFIX_BYTES), bytes.subarray(first, second), bytes.subarray(PREFIX_BYTES, first)]),
      );
      const audio = await openRunning(path, 'rec-1', keys);
      await assert.rejects(bytesOf(audio, 0, audio.bytes), DamagedContainer);
      assert.equal((await mendRunning(path, 'rec-1', keys)).audio.bytes, WAV_HEADER_BYTES);
    });
  }

  it('belongs to one recording and one master key, which it names', async () => {
    const path = await write('aes-256-gcm', [new Uint8Array(400)]);
    assert.deepEqual(await keysOfRunning(path), [master.id]);
    assert.deepEqual(await keysOfRunning(join(folder, 'none.yxp')), []);
    await assert.rejects(openRunning(path, 'rec-2', keys), /holds rec-1/);
    await assert.rejects(openRunning(path, 'rec-1', { get: async () => undefined }), KeyMissing);
    await assert.rejects(openRunning(path, 'rec-1', { get: async (id) => ({ id, key: randomBytes(32) }) }), DamagedContainer);
  });

  it('is not made where there is one, nor where there is no folder: whoever began it is told why', async () => {
    const path = await write('aes-256-gcm', []);
    const again = { path, id: 'rec-1', suite: 'aes-256-gcm', channels: 2, master } as const;
    await assert.rejects(sealing.begin(again), /EEXIST/);
    await assert.rejects(sealing.begin({ ...again, path: join(folder, 'no', 'such.yxp') }), /ENOENT/);
  });
});
