import { createHash, randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { AudioSource } from '@yixian/contracts';
import {
  buildHead,
  buildSlot,
  type ChunkPlace,
  chunkCount,
  chunkPlace,
  chunksOf,
  DamagedContainer,
  fileBytes,
  HEAD_BYTES,
  type Head,
  PREFIX_BYTES,
  parseHead,
  SLOT_BYTES,
  type Suite,
  slotsOf,
  type WrappedKey,
} from '../core/container.js';
import type { Keyring, MasterKey } from './keyring.js';
import { syncFolder } from './keyring.js';
import { cipherOf, type Hash, unwrapKey, wrapKey } from './suites.js';

export interface Digests {
  sha256: string;
  /** The same, or SM3 where the suite asks for it. */
  content: string;
  bytes: number;
}

/** Hashes audio while it passes by. */
export function createDigester(hash: Hash): { take(bytes: Uint8Array): void; digests(): Digests } {
  const sha256 = createHash('sha256');
  const other = hash === 'sha256' ? undefined : createHash(hash);
  let bytes = 0;
  return {
    take(piece) {
      sha256.update(piece);
      other?.update(piece);
      bytes += piece.length;
    },
    digests() {
      const hex = sha256.digest('hex');
      return { sha256: hex, content: other?.digest('hex') ?? hex, bytes };
    },
  };
}

/**
 * Encrypts finished audio into a container: written, flushed, then renamed, so that it is there whole or not at all. What it is
 * read from is left as it is.
 * @throws Error of the file system
 */
export async function encryptAudio(request: {
  from: AudioSource;
  to: string;
  id: string;
  suite: Suite;
  master: MasterKey;
  hash: Hash;
}): Promise<Digests> {
  const { from, to, id, suite, master, hash } = request;
  const temporary = `${to}.tmp`;
  const target = await open(temporary, 'w', 0o600);
  try {
    const digests = await encryptInto(from, target, { suite, audioBytes: from.bytes, id }, master, hash);
    await target.sync();
    await target.close();
    await rename(temporary, to);
    await syncFolder(dirname(to));
    return digests;
  } catch (error) {
    await target.close().catch(() => undefined);
    await rm(temporary, { force: true });
    throw error;
  }
}

async function encryptInto(
  source: AudioSource,
  target: FileHandle,
  about: Omit<Head, 'chunkBytes'>,
  master: MasterKey,
  hash: Hash,
): Promise<Digests> {
  const { suite } = about;
  const cipher = cipherOf(suite);
  const headBytes = buildHead(about);
  const head = parseHead(headBytes);
  const key = randomBytes(cipher.keyBytes);
  const digester = createDigester(hash);
  await writeAll(target, Buffer.concat([headBytes, buildSlot(wrapKey(suite, master, key, headBytes)), buildSlot(undefined)]), 0);
  for (let index = 0; index < chunkCount(head); index += 1) {
    const place = chunkPlace(head, index);
    const at = index * head.chunkBytes;
    const plain = await bytesOf(source, at, at + place.length - place.tagBytes);
    if (plain.length !== place.length - place.tagBytes) throw new DamagedContainer('the audio ends too early');
    digester.take(plain);
    const { text, tag } = cipher.seal(key, cipher.chunkIv(index, head.chunkBytes), plain, authenticated(headBytes, index));
    await writeAll(target, Buffer.concat([text, tag]), place.offset);
  }
  return digester.digests();
}

/** What a chunk is authenticated with beside its content. */
export function authenticated(head: Uint8Array, index: number): Uint8Array {
  const number = Buffer.alloc(8);
  number.writeBigUInt64BE(BigInt(index));
  return Buffer.concat([head, number]);
}

export async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

/** @throws DamagedContainer when the file ends before */
export async function readExactly(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, length - done, position + done);
    if (bytesRead === 0) throw new DamagedContainer('the file ends too early');
    done += bytesRead;
  }
  return bytes;
}

interface Unlocked {
  head: Head;
  headBytes: Uint8Array;
  key: Uint8Array;
  slots: (WrappedKey | undefined)[];
  /** Slots that really open with a key of ours. */
  openedBy: string[];
}

/** No master key there is opens the file. */
export class KeyMissing extends Error {
  constructor(ids: readonly string[]) {
    super(ids.length > 0 ? `the master key ${ids.join(' or ')} is not in the keys folder` : 'the file holds no key of ours');
    this.name = 'KeyMissing';
  }
}

/** @throws DamagedContainer, KeyMissing */
async function unlock(file: FileHandle, keyring: Pick<Keyring, 'get'>): Promise<Unlocked> {
  const { size } = await file.stat();
  const prefix = await readExactly(file, 0, Math.min(size, PREFIX_BYTES));
  const head = parseHead(prefix);
  if (size < fileBytes(head)) throw new DamagedContainer(`the file is truncated: ${size} bytes of ${fileBytes(head)}`);
  if (size > fileBytes(head)) throw new DamagedContainer(`${size - fileBytes(head)} bytes were added to the file`);
  return { head, ...(await openSlots(prefix, head.suite, keyring)) };
}

/**
 * The data key in the first {@link PREFIX_BYTES} bytes of a file.
 * @throws DamagedContainer, KeyMissing
 */
export async function openSlots(prefix: Uint8Array, suite: Suite, keyring: Pick<Keyring, 'get'>): Promise<Omit<Unlocked, 'head'>> {
  const headBytes = prefix.subarray(0, HEAD_BYTES);
  const slots = slotsOf(prefix);
  let key: Uint8Array | undefined;
  const openedBy: string[] = [];
  const missing: string[] = [];
  for (const slot of slots) {
    const master = slot && (await keyring.get(slot.keyId));
    if (slot && !master) missing.push(slot.keyId);
    const opened = slot && master && unwrapKey(suite, master, slot, headBytes);
    if (!opened) continue;
    key ??= opened;
    openedBy.push(slot.keyId);
  }
  if (key) return { headBytes, key, slots, openedBy };
  if (missing.length > 0) throw new KeyMissing(missing);
  throw new DamagedContainer('the head or the key of the file was changed');
}

/**
 * The audio in a container. Only the chunks asked for are read and decrypted.
 * @param id of the recording it has to hold
 * @throws DamagedContainer, KeyMissing, or an error of the file system
 */
export async function openContainer(path: string, id: string, keyring: Pick<Keyring, 'get'>): Promise<AudioSource> {
  const file = await open(path, 'r');
  let unlocked: Unlocked;
  try {
    unlocked = await unlock(file, keyring);
  } finally {
    await file.close();
  }
  if (unlocked.head.id !== id) throw new DamagedContainer(`the file holds ${unlocked.head.id}`);
  const { head, headBytes, key } = unlocked;
  const cipher = cipherOf(head.suite);
  const chunk = async (from: FileHandle, place: ChunkPlace): Promise<Uint8Array> => {
    const bytes = await readExactly(from, place.offset, place.length);
    const text = bytes.subarray(0, bytes.length - place.tagBytes);
    const tag = bytes.subarray(bytes.length - place.tagBytes);
    const plain = cipher.open(key, cipher.chunkIv(place.index, head.chunkBytes), text, tag, authenticated(headBytes, place.index));
    if (!plain) throw new DamagedContainer(`the file was changed within bytes ${place.offset} to ${place.offset + place.length}`);
    return plain;
  };
  return {
    bytes: head.audioBytes,
    async *read(from, to) {
      const opened = await open(path, 'r');
      try {
        for (const { place, start, end } of chunksOf(head, from, to)) yield (await chunk(opened, place)).subarray(start, end);
      } finally {
        await opened.close();
      }
    },
  };
}

/** A part of it in one piece. */
export async function bytesOf(source: AudioSource, from: number, to: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source.read(from, Math.min(to, source.bytes))) pieces.push(piece);
  return Buffer.concat(pieces);
}

/**
 * Lets the file depend on another master key: its data key is wrapped anew into the slot that does not hold it, flushed, and only
 * then is the old slot emptied. A process killed in between leaves a file that opens with either.
 * @throws DamagedContainer, KeyMissing, or an error of the file system
 */
export async function rewrapFile(path: string, keyring: Pick<Keyring, 'get'>, master: MasterKey): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const unlocked = await unlock(file, keyring);
    await rewrapSlots(file, unlocked.head.suite, unlocked, master);
  } finally {
    await file.close();
  }
}

/** Of a file of either kind. */
export async function rewrapSlots(file: FileHandle, suite: Suite, opened: Omit<Unlocked, 'head'>, master: MasterKey): Promise<void> {
  const { headBytes, key, slots, openedBy } = opened;
  const kept = openedBy.includes(master.id) ? slots.findIndex((slot) => slot?.keyId === master.id) : -1;
  let target = kept;
  if (kept < 0) {
    // The slot that opens stays until the other one is written.
    const standing = slots.findIndex((slot) => slot !== undefined && slot.keyId === openedBy[0]);
    target = standing === 0 ? 1 : 0;
    await writeAll(file, buildSlot(wrapKey(suite, master, key, headBytes)), HEAD_BYTES + target * SLOT_BYTES);
    await file.sync();
  }
  await writeAll(file, buildSlot(undefined), HEAD_BYTES + (1 - target) * SLOT_BYTES);
  await file.sync();
}
