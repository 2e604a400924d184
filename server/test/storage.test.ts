import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { prepareDataDir } from '../src/storage.js';

describe('data folder', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'yixian-storage-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is made with its parents and nothing is left in it', () => {
    prepareDataDir(path.join(folder, 'a/b/'));
    assert.deepEqual(readdirSync(path.join(folder, 'a/b')), []);
  });

  it('one that cannot be written is refused in a message that names DATA_DIR', () => {
    const file = path.join(folder, 'file');
    writeFileSync(file, '');
    for (const dataDir of [file, path.join(file, 'below')]) {
      assert.throws(() => prepareDataDir(dataDir), { message: new RegExp(`^DATA_DIR ${dataDir} cannot be written: `) });
    }
  });
});
