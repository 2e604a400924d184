import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { contentOf, readArchive, verifyArchive, writeArchive } from '../src/backup/archive.js';
import { filesOf, placeFor } from '../src/backup/files.js';

describe('the file of a backup', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'yixian-archive-'));
    file = path.join(folder, 'backup.tar.gz');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const long = `files/${'recordings/'.repeat(10)}${'r'.repeat(60)}.wav`;
  const big = randomBytes(3 * 1024 * 1024 + 17);
  async function pack(): Promise<void> {
    writeFileSync(path.join(folder, 'big'), big);
    writeFileSync(path.join(folder, 'empty'), '');
    const archive = await writeArchive(file, 1_700_000_000_000);
    await archive.add('database/users/000001.jsonl', Buffer.from('{"用户": 1}\n'));
    await archive.addFile(long, path.join(folder, 'big'), big.length);
    await archive.addFile('files/empty', path.join(folder, 'empty'), 0);
    await archive.addFile('files/grown', path.join(folder, 'big'), 100);
    await archive.addFile('files/shrunk', path.join(folder, 'empty'), 600);
    await archive.close();
  }

  it('gives back what went in, is for its owner alone, and tar reads it too', async () => {
    await pack();
    assert.equal(statSync(file).mode & 0o777, 0o600);
    await verifyArchive(file);
    const found = new Map<string, Buffer>();
    for await (const entry of readArchive(file)) if (entry.name !== 'files/empty') found.set(entry.name, await contentOf(entry));
    assert.deepEqual([...found.keys()], ['database/users/000001.jsonl', long, 'files/grown', 'files/shrunk', 'SHA256SUMS']);
    assert.equal(found.get('database/users/000001.jsonl')?.toString(), '{"用户": 1}\n');
    assert.ok(found.get(long)?.equals(big));
    assert.ok(found.get('files/grown')?.equals(big.subarray(0, 100)), 'a file that grew meanwhile is taken as it was');
    assert.ok(found.get('files/shrunk')?.equals(Buffer.alloc(600)));
    const tar = spawnSync('tar', ['-tzf', file], { encoding: 'utf8' });
    if (tar.status !== null) assert.deepEqual(tar.stdout.trim().split('\n').length, 6, tar.stderr);
  });

  it('one byte changed, an end missing, an entry added or taken out is noticed', async () => {
    await pack();
    const plain = gunzipSync(readFileSync(file));
    const damaged = async (change: (bytes: Buffer) => Buffer): Promise<string> => {
      const other = path.join(folder, 'other.tar.gz');
      writeFileSync(other, gzipSync(change(Buffer.from(plain))));
      return verifyArchive(other).then(
        () => 'nothing',
        (error: Error) => error.message,
      );
    };
    assert.equal(await damaged((bytes) => bytes), 'nothing');
    assert.match(
      await damaged((bytes) => {
        bytes[bytes.indexOf('"用户"') + 1] = 0x20;
        return bytes;
      }),
      /database\/users\/000001.jsonl is damaged/,
    );
    assert.match(
      await damaged((bytes) => {
        bytes[3] = 0x41;
        return bytes;
      }),
      /damaged/,
    );
    assert.match(await damaged((bytes) => bytes.subarray(0, 4096)), /ends too early/);
    assert.match(await damaged((bytes) => bytes.subarray(1024)), /users\/000001.jsonl is damaged or missing/);
    writeFileSync(file, readFileSync(file).subarray(0, 2000));
    await assert.rejects(verifyArchive(file), /backup.tar.gz: /);
  });

  it('is not written over another file', async () => {
    writeFileSync(file, 'dear');
    await assert.rejects(writeArchive(file, 0), /EEXIST/);
    assert.equal(readFileSync(file, 'utf8'), 'dear');
  });

  it('holds what cannot be made anew, recordings only when asked for, and nothing leads out of the data folder', () => {
    const data = path.join(folder, 'data');
    for (const name of [
      'prompts/a.wav',
      'recordings/2026/b.wav',
      'postgres/x',
      'redis/y',
      'spoken/z',
      'keys/k',
      'first-run.json',
      'run.json',
    ]) {
      writeFileSync(placeFor(data, `files/${name}`), 'x');
    }
    const names = (recordings: boolean) => filesOf(data, { recordings }).map((one) => one.name);
    assert.deepEqual(names(false).sort(), ['files/first-run.json', 'files/keys/k', 'files/prompts/a.wav']);
    assert.deepEqual(names(true).includes('files/recordings/2026/b.wav'), true);
    for (const name of ['files/../x', 'files//etc/passwd', 'database/x', 'files/a/../../x'])
      assert.throws(() => placeFor(data, name), /leads out/);
  });
});
