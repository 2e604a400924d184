import { Buffer } from 'node:buffer';

// One file made of many: POSIX ustar, so that `tar` reads it too. Headers of 512 bytes, contents padded to 512.
// https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13_06

export const BLOCK = 512;
/** Two empty blocks end the archive. */
export const END = Buffer.alloc(2 * BLOCK);

export interface Entry {
  name: string;
  size: number;
}

/** @throws Error when the name or the size is beyond what the format can say */
export function headerOf({ name, size }: Entry, mtimeMs: number): Buffer {
  const [prefix, base] = split(name);
  if (size >= 8 ** 11) throw new Error(`${name} is too large for an archive (8 GiB at most)`);
  const header = Buffer.alloc(BLOCK);
  header.write(base, 0, 100);
  const octal = (value: number, at: number, length: number) => header.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, length);
  octal(0o600, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(Math.max(0, Math.floor(mtimeMs / 1000)), 136, 12);
  header.write('        ', 148, 8);
  header.write('0', 156, 1);
  header.write('ustar\x0000', 257, 8);
  header.write(prefix, 345, 155);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 8);
  return header;
}

/** What stands in a header; undefined for an empty block. @throws Error when it is none */
export function readHeader(header: Buffer): Entry | undefined {
  if (header.every((byte) => byte === 0)) return undefined;
  const text = (at: number, length: number): string => header.toString('utf8', at, at + length).replace(/\0.*$/s, '');
  const given = Number.parseInt(text(148, 8).trim(), 8);
  const sum = header.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 32 : byte), 0);
  if (given !== sum || !text(257, 6).startsWith('ustar')) throw new Error('is not a backup, or a damaged one');
  const prefix = text(345, 155);
  return { name: prefix === '' ? text(0, 100) : `${prefix}/${text(0, 100)}`, size: Number.parseInt(text(124, 12).trim(), 8) };
}

export const padding = (size: number): Buffer => Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);

/** A name in two parts where it is long: before and after a slash. */
function split(name: string): [prefix: string, base: string] {
  if (Buffer.byteLength(name) <= 100) return ['', name];
  for (let at = name.indexOf('/'); at >= 0; at = name.indexOf('/', at + 1)) {
    const [prefix, base] = [name.slice(0, at), name.slice(at + 1)];
    if (Buffer.byteLength(prefix) <= 155 && Buffer.byteLength(base) <= 100) return [prefix, base];
  }
  throw new Error(`the name ${name} is too long for an archive`);
}
