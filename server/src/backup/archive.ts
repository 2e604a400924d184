import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { BLOCK, END, type Entry, headerOf, padding, readHeader } from './tar.js';

/** Name of the last entry: `<SHA-256>  <name>` a line, as `sha256sum` writes it. */
const SUMS = 'SHA256SUMS';

export interface ArchiveWriter {
  add(name: string, content: Buffer): Promise<void>;
  /** Exactly `size` bytes of a file that may be growing; one that has become shorter is filled up with zeros. */
  addFile(name: string, file: string, size: number): Promise<void>;
  /** Writes the check sums and resolves when everything is on the disk. */
  close(): Promise<void>;
}

/** A gzipped tar, mode 0600; rejects when the file is there already. */
export async function writeArchive(file: string, now: number): Promise<ArchiveWriter> {
  const gzip = createGzip({ level: 6 });
  const out = createWriteStream(file, { flags: 'wx', mode: 0o600, flush: true });
  await once(out, 'open');
  gzip.pipe(out);
  const done = finished(out);
  done.catch(() => undefined);
  const failed = new Promise<never>((_, reject) => out.once('error', reject));
  failed.catch(() => undefined);
  const sums: string[] = [];
  const write = async (bytes: Buffer): Promise<void> => {
    if (!gzip.write(bytes)) await Promise.race([once(gzip, 'drain'), failed]);
  };
  async function entry(name: string, size: number, content: AsyncIterable<Buffer>): Promise<void> {
    const hash = createHash('sha256');
    await write(headerOf({ name, size }, now));
    let left = size;
    for await (const chunk of content) {
      const bytes = chunk.subarray(0, left);
      left -= bytes.length;
      hash.update(bytes);
      await write(bytes);
    }
    if (left > 0) {
      const missing = Buffer.alloc(left);
      hash.update(missing);
      await write(missing);
    }
    await write(padding(size));
    sums.push(`${hash.digest('hex')}  ${name}\n`);
  }
  return {
    add: (name, content) => entry(name, content.length, one(content)),
    addFile: (name, path, size) => entry(name, size, size === 0 ? none() : createReadStream(path, { end: size - 1 })),
    async close() {
      const content = Buffer.from(sums.join(''));
      await write(headerOf({ name: SUMS, size: content.length }, now));
      await write(Buffer.concat([content, padding(content.length), END]));
      gzip.end();
      await done;
    },
  };
}

async function* one(content: Buffer): AsyncGenerator<Buffer> {
  yield content;
}
async function* none(): AsyncGenerator<Buffer> {}

/** One entry while it is read; whoever does not read `content` skips it. */
export interface ArchiveEntry extends Entry {
  content(): AsyncGenerator<Buffer>;
}

/** The entries of an archive in order. @throws Error naming the file when it is damaged or no backup */
export async function* readArchive(file: string): AsyncGenerator<ArchiveEntry> {
  const bytes = new ByteReader(file);
  try {
    for (;;) {
      const entry = header(file, await bytes.exactly(BLOCK));
      if (!entry) return;
      let left = entry.size;
      async function* content(): AsyncGenerator<Buffer> {
        while (left > 0) {
          const chunk = await bytes.some(left);
          left -= chunk.length;
          yield chunk;
        }
      }
      yield { ...entry, content };
      for await (const _chunk of content());
      await bytes.exactly(padding(entry.size).length);
    }
  } finally {
    bytes.close();
  }
}

export async function contentOf(entry: ArchiveEntry): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of entry.content()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/**
 * Reads everything once and compares it with the check sums.
 * @throws Error naming the first entry that was changed, is missing or was added
 */
export async function verifyArchive(file: string): Promise<void> {
  const found = new Map<string, string>();
  let sums: Map<string, string> | undefined;
  for await (const entry of readArchive(file)) {
    if (sums) throw new Error(`${file}: something stands after the check sums`);
    if (entry.name === SUMS) {
      const lines = (await contentOf(entry)).toString('utf8').split('\n').filter(Boolean);
      sums = new Map(lines.map((line) => [line.slice(66), line.slice(0, 64)]));
      continue;
    }
    const hash = createHash('sha256');
    for await (const chunk of entry.content()) hash.update(chunk);
    found.set(entry.name, hash.digest('hex'));
  }
  if (!sums) throw new Error(`${file}: has no check sums; it was cut short`);
  for (const [name, sum] of sums) if (found.get(name) !== sum) throw new Error(`${file}: ${name} is damaged or missing`);
  for (const name of found.keys()) if (!sums.has(name)) throw new Error(`${file}: ${name} has no check sum`);
}

function header(file: string, bytes: Buffer): Entry | undefined {
  try {
    return readHeader(bytes);
  } catch (error) {
    throw named(file, error);
  }
}

function named(file: string, error: unknown): Error {
  return new Error(`${file}: ${error instanceof Error ? error.message : String(error)}`);
}

/** Bytes of a compressed file in portions of a wanted size; its errors name the file. */
class ByteReader {
  readonly #file: string;
  readonly #chunks: AsyncIterator<Buffer>;
  #held = Buffer.alloc(0);

  constructor(file: string) {
    this.#file = file;
    const stream = createReadStream(file);
    const plain = createGunzip();
    stream.once('error', (error) => plain.destroy(error));
    this.#chunks = (stream.pipe(plain) as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  }
  /** At least one byte, at most so many. */
  async some(most: number): Promise<Buffer> {
    if (this.#held.length === 0) {
      const next = await this.#chunks.next().catch((error: unknown) => {
        throw named(this.#file, error);
      });
      if (next.done) throw named(this.#file, new Error('ends too early'));
      this.#held = next.value as Buffer<ArrayBuffer>;
    }
    const bytes = this.#held.subarray(0, most);
    this.#held = this.#held.subarray(bytes.length);
    return bytes;
  }
  async exactly(count: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let left = count; left > 0; ) {
      const part = await this.some(left);
      parts.push(part);
      left -= part.length;
    }
    return Buffer.concat(parts);
  }
  close(): void {
    void this.#chunks.return?.();
  }
}
