import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  buildHead,
  buildSlot,
  chunksOf,
  DamagedContainer,
  fileBytes,
  HEAD_BYTES,
  parseHead,
  parseSlot,
  SLOT_BYTES,
} from '../src/core/container.js';
import { bytesOf, encryptAudio, KeyMissing, openContainer, rewrapFile } from '../src/shell/container-file.js';
import type { MasterKey } from '../src/shell/keyring.js';
import { plainSource } from '../src/shell/store-audio.js';

const CHUNK = 65_536;
const SUITES = ['aes-256-gcm', 'sm4-ctr-sm3'] as const;

class Keys {
  readonly all = new Map<string, MasterKey>();
  add(id: string): MasterKey {
    const master = { id, key: randomBytes(32) };
    this.all.set(id, master);
    return master;
  }
  get = async (id: string): Promise<MasterKey | undefined> => this.all.get(id);
}

describe('encrypted files', () => {
  let folder: string;
  let keys: Keys;
  let master: MasterKey;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'yixian-box-'));
    keys = new Keys();
    master = keys.add('key-1');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const encrypt = async (suite: (typeof SUITES)[number], plain: Uint8Array, id = 'rec-1', name = 'a'): Promise<string> => {
    const [from, to] = [join(folder, `${name}.wav`), join(folder, `${name}.yxr`)];
    await writeFile(from, plain);
    await encryptAudio({ from: await plainSource(from), to, id, suite, master, hash: suite === 'sm4-ctr-sm3' ? 'sm3' : 'sha256' });
    return to;
  };
  const whole = async (path: string, id = 'rec-1'): Promise<Buffer> => {
    const source = await openContainer(path, id, keys);
    return bytesOf(source, 0, source.bytes);
  };

  for (const suite of SUITES) {
    describe(suite, () => {
      it('what comes out is what went in, at every edge of a chunk; nothing of it can be read in the file', async () => {
        for (const length of [0, 1, 44, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK - 1]) {
          const plain = randomBytes(length);
          const path = await encrypt(suite, plain);
          assert.deepEqual(await whole(path), plain, `${length} bytes`);
          const stored = await readFile(path);
          assert.equal(stored.length, fileBytes(parseHead(stored)));
          if (length >= 44) assert.equal(stored.includes(plain.subarray(0, 16)), false);
          assert.equal((await stat(path)).mode & 0o777, 0o600);
        }
      });

      it('any range is exactly its bytes, and only the chunks it touches are opened', async () => {
        const plain = randomBytes(3 * CHUNK + 1_234);
        const source = await openContainer(await encrypt(suite, plain), 'rec-1', keys);
        await fc.assert(
          fc.asyncProperty(fc.nat(plain.length), fc.nat(plain.length + 10), async (a, b) => {
            const [from, to] = [Math.min(a, b), Math.max(a, b)];
            assert.deepEqual(await bytesOf(source, from, to), plain.subarray(from, to));
          }),
          { numRuns: 60 },
        );
        const head = parseHead(buildHead({ suite, audioBytes: plain.length, id: 'rec-1' }));
        assert.deepEqual(
          [...chunksOf(head, CHUNK - 1, CHUNK + 1)].map(({ place }) => place.index),
          [0, 1],
        );
        assert.deepEqual(
          [...chunksOf(head, 5, 6)].map(({ place, start, end }) => [place.index, start, end]),
          [[0, 5, 6]],
        );
        assert.deepEqual([...chunksOf(head, 7, 7)], []);
      });

      it('a byte changed anywhere is noticed: by whoever opens the file, or reads the part it stands in', async () => {
        const plain = randomBytes(CHUNK + 500);
        const path = await encrypt(suite, plain);
        const good = await readFile(path);
        await fc.assert(
          fc.asyncProperty(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
            const bad = Buffer.from(good);
            bad[at] = (bad[at] ?? 0) ^ flip;
            await writeFile(path, bad);
            const read = await whole(path).catch((error: unknown) => error);
            // The empty second slot and the unused rest of a slot say nothing.
            if (read instanceof Buffer) assert.ok(at >= HEAD_BYTES && at < 512 && read.equals(plain), `byte ${at} was changed unnoticed`);
            else assert.ok(read instanceof DamagedContainer || read instanceof KeyMissing, String(read));
          }),
          { numRuns: 150 },
        );
      });

      it('what was cut off or added is said in bytes', async () => {
        const path = await encrypt(suite, randomBytes(CHUNK + 500));
        const good = await readFile(path);
        for (const length of [0, 3, 100, 127, 300, 511, 512, CHUNK, good.length - 1]) {
          await writeFile(path, good);
          await truncate(path, length);
          await assert.rejects(whole(path), DamagedContainer, `${length} bytes left`);
        }
        await truncate(path, 700);
        await writeFile(path, good.subarray(0, 700));
        await assert.rejects(whole(path), /truncated: 700 bytes of/);
        await writeFile(path, Buffer.concat([good, Buffer.from('more')]));
        await assert.rejects(whole(path), /4 bytes were added/);
      });

      it('chunks that change places or come from another file do not open', async () => {
        const tag = suite === 'aes-256-gcm' ? 16 : 32;
        const one = await encrypt(suite, randomBytes(2 * CHUNK), 'rec-1', 'a');
        const two = await encrypt(suite, randomBytes(2 * CHUNK), 'rec-2', 'b');
        const [a, b] = [await readFile(one), await readFile(two)];
        const part = (of: Buffer, n: number): Buffer => of.subarray(512 + n * (CHUNK + tag), 512 + (n + 1) * (CHUNK + tag));
        await writeFile(one, Buffer.concat([a.subarray(0, 512), part(a, 1), part(a, 0)]));
        await assert.rejects(whole(one), /was changed within bytes/);
        await writeFile(one, Buffer.concat([a.subarray(0, 512), part(a, 0), part(b, 1)]));
        await assert.rejects(whole(one), /was changed within bytes/);
        await writeFile(one, Buffer.concat([a.subarray(0, HEAD_BYTES), b.subarray(HEAD_BYTES)]));
        await assert.rejects(whole(one), /the head or the key of the file was changed/);
        await writeFile(one, b);
        await assert.rejects(whole(one), /the file holds rec-2/);
      });

      it('depends on another master key after a rewrap, with the audio untouched, and no longer on the old one', async () => {
        const plain = randomBytes(CHUNK + 9);
        const path = await encrypt(suite, plain);
        const before = await readFile(path);
        const next = keys.add('key-2');
        await rewrapFile(path, keys, next);
        const after = await readFile(path);
        assert.ok(after.subarray(0, HEAD_BYTES).equals(before.subarray(0, HEAD_BYTES)));
        assert.ok(after.subarray(512).equals(before.subarray(512)), 'no chunk was encrypted again');
        keys.all.delete('key-1');
        assert.deepEqual(await whole(path), plain);
        await rewrapFile(path, keys, next);
        await rewrapFile(path, keys, keys.add('key-3'));
        keys.all.delete('key-2');
        assert.deepEqual(await whole(path), plain);
        keys.all.clear();
        await assert.rejects(whole(path), KeyMissing);
      });

      it('a power cut at any write of a rewrap leaves a file that opens', async () => {
        const plain = randomBytes(1_000);
        const path = await encrypt(suite, plain);
        const before = await readFile(path);
        await rewrapFile(path, keys, keys.add('key-2'));
        const after = await readFile(path);
        const slot = (of: Buffer, n: number): Buffer => of.subarray(HEAD_BYTES + n * SLOT_BYTES, HEAD_BYTES + (n + 1) * SLOT_BYTES);
        const file = (first: Buffer, second: Buffer): Buffer =>
          Buffer.concat([before.subarray(0, HEAD_BYTES), first, second, before.subarray(512)]);
        for (let torn = 0; torn <= SLOT_BYTES; torn += 8) {
          const newSlot = Buffer.concat([slot(after, 1).subarray(0, torn), slot(before, 1).subarray(torn)]);
          await writeFile(path, file(slot(before, 0), newSlot));
          assert.deepEqual(await whole(path), plain, `the new slot torn at ${torn}`);
          const emptied = Buffer.concat([slot(after, 0).subarray(0, torn), slot(before, 0).subarray(torn)]);
          await writeFile(path, file(emptied, slot(after, 1)));
          assert.deepEqual(await whole(path), plain, `the old slot torn at ${torn}`);
          await rewrapFile(path, keys, keys.all.get('key-2') ?? master);
          assert.deepEqual(await whole(path), plain);
        }
      });
    });
  }

  it('any bytes at all are refused as damaged, never otherwise', async () => {
    const path = join(folder, 'noise.yxr');
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 700 }), fc.boolean(), async (noise, magic) => {
        const bytes = magic ? Buffer.concat([Buffer.from('YXR1'), noise]) : Buffer.from(noise);
        await writeFile(path, bytes);
        await assert.rejects(whole(path), (error) => error instanceof DamagedContainer || error instanceof KeyMissing);
      }),
      { numRuns: 200 },
    );
  });

  it('a head of impossible lengths is refused before anything is read or reserved', () => {
    const head = buildHead({ suite: 'aes-256-gcm', audioBytes: 5, id: 'rec-1' });
    const changed = (at: number, value: number): Uint8Array => {
      const copy = Uint8Array.from(head);
      copy[at] = value;
      return copy;
    };
    for (const [at, value] of [
      [4, 0],
      [4, 9],
      [5, 31],
      [5, 0],
      [6, 200],
      [8, 255],
    ] as const) {
      assert.throws(() => parseHead(changed(at, value)), DamagedContainer, `byte ${at} = ${value}`);
    }
    assert.throws(() => buildHead({ suite: 'aes-256-gcm', audioBytes: 5, id: 'x'.repeat(65) }), /does not fit/);
    assert.throws(() => buildHead({ suite: 'aes-256-gcm', audioBytes: 5, id: '' }), /does not fit/);
  });

  it('a slot comes back as it was written; any other bytes are no slot or one that opens nothing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: SLOT_BYTES, maxLength: SLOT_BYTES }), (bytes) => {
        const parsed = parseSlot(bytes);
        if (parsed) assert.deepEqual(parseSlot(buildSlot(parsed))?.wrapped, parsed.wrapped);
      }),
    );
    const key = { keyId: 'k', iv: new Uint8Array(12).fill(1), wrapped: new Uint8Array(32).fill(2), tag: new Uint8Array(16).fill(3) };
    assert.deepEqual(parseSlot(buildSlot(key)), key);
    assert.equal(parseSlot(buildSlot(undefined)), undefined);
  });
});
