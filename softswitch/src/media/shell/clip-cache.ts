import { readFile, stat } from 'node:fs/promises';
import type { MediaItem, ToneName } from '@yixian/contracts';
import { encode, SILENCE } from '../core/g711.js';
import type { Clip } from '../core/playlist.js';
import { tonePeriod, toneSamples } from '../core/tones.js';
import { parseWav, WavError, wavToCodec } from '../core/wav.js';
import type { Law } from '../port.js';

// Prompts and tones as octets ready to send, shared by all calls.

/** An hour of G.711. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;

interface Entry {
  octets: Uint8Array;
  mtimeMs: number;
  size: number;
}

export class ClipCache {
  readonly #limit: number;
  /** In order of use: the first is the one longest unused. */
  readonly #files = new Map<string, Entry>();
  readonly #tones = new Map<string, Uint8Array>();
  readonly #silence: Record<Law, Uint8Array> = {
    PCMA: new Uint8Array(160).fill(SILENCE.PCMA),
    PCMU: new Uint8Array(160).fill(SILENCE.PCMU),
  };
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limit = limitBytes;
  }

  /** Octets of files held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Rejects with an Error that names the file and what is wrong with it. */
  async resolve(item: MediaItem, codec: Law): Promise<Clip> {
    switch (item.kind) {
      case 'file': {
        const octets = await this.#file(item.path, codec);
        return { octets, samples: octets.length };
      }
      case 'tone':
        return { octets: this.#tone(item.tone, codec), samples: toneSamples(item.tone, item.durationMs) };
      case 'silence':
        return { octets: this.#silence[codec], samples: Math.round(item.durationMs * 8) };
    }
  }

  #tone(tone: ToneName, codec: Law): Uint8Array {
    const key = `${codec} ${tone}`;
    const known = this.#tones.get(key);
    if (known) return known;
    const octets = encode(tonePeriod(tone), codec);
    this.#tones.set(key, octets);
    return octets;
  }

  async #file(path: string, codec: Law): Promise<Uint8Array> {
    try {
      const { mtimeMs, size } = await stat(path);
      const key = `${codec} ${path}`;
      const known = this.#files.get(key);
      if (known && known.mtimeMs === mtimeMs && known.size === size) {
        this.#files.delete(key);
        this.#files.set(key, known);
        return known.octets;
      }
      if (size > MAX_FILE_BYTES) throw new WavError(`has ${size} bytes, more than ${MAX_FILE_BYTES}`);
      const octets = wavToCodec(parseWav(await readFile(path)), codec);
      this.#keep(key, { octets, mtimeMs, size });
      return octets;
    } catch (error) {
      throw describe(path, error);
    }
  }

  #keep(key: string, entry: Entry): void {
    this.#drop(key);
    if (entry.octets.length > this.#limit) return;
    this.#files.set(key, entry);
    this.#bytes += entry.octets.length;
    for (const oldest of this.#files.keys()) {
      if (this.#bytes <= this.#limit) break;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    const entry = this.#files.get(key);
    if (!entry) return;
    this.#files.delete(key);
    this.#bytes -= entry.octets.length;
  }
}

function describe(path: string, error: unknown): Error {
  if (error instanceof WavError) return new Error(`${path}: ${error.message}`);
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') return new Error(`${path}: no such file`);
  return new Error(`${path}: cannot be read (${code ?? String(error)})`);
}
