import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WavWriter } from '../../src/media/shell/wav-writer.js';

const SECOND = 32_000; // stereo PCM16 at 8 kHz

describe('WAV writer', () => {
  const folder = mkdtempSync(join(tmpdir(), 'yixian-wav-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const sizes = (file: string) => {
    const bytes = readFileSync(file);
    // the header comes by itself, after the file is there
    return bytes.length < 44 ? { told: 0, there: 0 } : { told: bytes.readUInt32LE(40), there: bytes.length - 44 };
  };

  async function write(writer: WavWriter, file: string, seconds: number): Promise<void> {
    const until = sizes(file).there + seconds * SECOND;
    for (let i = 0; i < seconds; i++) {
      writer.write(writer.borrow(), SECOND);
      // one write at a time, as a running recording makes them
      while (sizes(file).there < until - (seconds - 1 - i) * SECOND) await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  it('tells of all audio when closed, and of all but a few seconds at any time before', async () => {
    const file = join(folder, 'long.wav');
    const writer = await WavWriter.open(file, 2);
    for (let second = 1; second <= 14; second++) {
      await write(writer, file, 1);
      const { told, there } = sizes(file);
      assert.ok(there - told <= 4 * SECOND, `second ${second}: ${told} of ${there} told`);
    }
    const bytes = await new Promise<number>((resolve) => writer.close((error, n) => resolve(error === undefined ? n : -1)));
    assert.equal(bytes, 14 * SECOND);
    assert.deepEqual(sizes(file), { told: 14 * SECOND, there: 14 * SECOND });
  });
});
