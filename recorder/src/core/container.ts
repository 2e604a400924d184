import type { AudioCipher } from '@yixian/contracts';

// The file of an encrypted recording. The audio stands in chunks of equal length, each encrypted and authenticated by itself, so
// that any part can be read without the rest. Everything a chunk is authenticated with (the head, its number) belongs to this
// one file: a chunk that was changed, moved, left out or taken from another file does not open.
//
//   0    4  "YXR1"
//   4    1  suite: 1 AES-256-GCM, 2 SM4-CTR with SM3-HMAC
//   5    1  length of a chunk as a power of two
//   6    2  length of the id, big-endian
//   8    8  length of the audio, big-endian
//   16  64  id of the recording or message, UTF-8
//   80  48  zero
//   128 192 key slot A: the data key of the file, wrapped by a master key
//   320 192 key slot B: while the master key is changed both are filled; a torn write spoils only one
//   512  …  chunks: cipher text, then its tag

export const HEAD_BYTES = 128;
export const SLOT_BYTES = 192;
export const SLOTS = 2;
export const PREFIX_BYTES = 512;
/** 64 KiB, about two seconds of stereo. */
const CHUNK_POWER = 16;
const MAX_ID_BYTES = 64;
/** What a WAV can hold. */
const MAX_AUDIO_BYTES = 2n ** 32n;
const MAX_KEY_ID_BYTES = 46;
const IV_BYTES = 16;
const WRAPPED_BYTES = 48;
const TAG_BYTES = 32;

export type Suite = Exclude<AudioCipher, 'none'>;
const SUITES: Readonly<Record<number, Suite>> = { 1: 'aes-256-gcm', 2: 'sm4-ctr-sm3' };
/** Bytes of a chunk's tag. */
export const TAG_OF: Readonly<Record<Suite, number>> = { 'aes-256-gcm': 16, 'sm4-ctr-sm3': 32 };

export interface Head {
  suite: Suite;
  /** Bytes of audio in every chunk but the last. */
  chunkBytes: number;
  /** Bytes of audio altogether. */
  audioBytes: number;
  id: string;
}

/** A file that is no container of ours, or not whole. */
export class DamagedContainer extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DamagedContainer';
  }
}

export function buildHead({ suite, audioBytes, id }: Omit<Head, 'chunkBytes'>): Uint8Array {
  const name = new TextEncoder().encode(id);
  if (name.length === 0 || name.length > MAX_ID_BYTES) throw new Error(`the id ${id} does not fit into a container`);
  const head = new Uint8Array(HEAD_BYTES);
  const view = new DataView(head.buffer);
  head.set(new TextEncoder().encode('YXR1'));
  view.setUint8(4, suite === 'aes-256-gcm' ? 1 : 2);
  view.setUint8(5, CHUNK_POWER);
  view.setUint16(6, name.length);
  view.setBigUint64(8, BigInt(audioBytes));
  head.set(name, 16);
  return head;
}

/** @throws DamagedContainer saying what is not as it should be */
export function parseHead(bytes: Uint8Array): Head {
  if (bytes.length < HEAD_BYTES) throw new DamagedContainer('the file ends within its head');
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEAD_BYTES);
  if (new TextDecoder('latin1').decode(bytes.subarray(0, 4)) !== 'YXR1') throw new DamagedContainer('the file is no encrypted recording');
  const suite = SUITES[view.getUint8(4)];
  const power = view.getUint8(5);
  const idBytes = view.getUint16(6);
  const audioBytes = view.getBigUint64(8);
  if (!suite) throw new DamagedContainer('the file names an unknown cipher');
  if (power !== CHUNK_POWER) throw new DamagedContainer('the file names an impossible chunk length');
  if (idBytes === 0 || idBytes > MAX_ID_BYTES) throw new DamagedContainer('the file names no recording');
  if (audioBytes > MAX_AUDIO_BYTES) throw new DamagedContainer('the file names an impossible length');
  const id = new TextDecoder().decode(bytes.subarray(16, 16 + idBytes));
  return { suite, chunkBytes: 2 ** power, audioBytes: Number(audioBytes), id };
}

export const chunkCount = ({ audioBytes, chunkBytes }: Head): number => Math.ceil(audioBytes / chunkBytes);

/** How long the file has to be. */
export function fileBytes(head: Head): number {
  return PREFIX_BYTES + head.audioBytes + chunkCount(head) * TAG_OF[head.suite];
}

export interface ChunkPlace {
  index: number;
  /** In the file. */
  offset: number;
  /** Cipher text and tag. */
  length: number;
  tagBytes: number;
}

export function chunkPlace(head: Head, index: number): ChunkPlace {
  const tagBytes = TAG_OF[head.suite];
  const audio = Math.min(head.chunkBytes, head.audioBytes - index * head.chunkBytes);
  return { index, offset: PREFIX_BYTES + index * (head.chunkBytes + tagBytes), length: audio + tagBytes, tagBytes };
}

/** The chunks that hold the audio from byte `from` to before byte `to`, and which part of each it is. */
export function* chunksOf(head: Head, from: number, to: number): Generator<{ place: ChunkPlace; start: number; end: number }> {
  const end = Math.min(to, head.audioBytes);
  if (from >= end) return;
  for (let index = Math.floor(from / head.chunkBytes); index * head.chunkBytes < end; index += 1) {
    const base = index * head.chunkBytes;
    yield { place: chunkPlace(head, index), start: Math.max(0, from - base), end: Math.min(head.chunkBytes, end - base) };
  }
}

/** A data key as it stands in the file. */
export interface WrappedKey {
  /** Of the master key. */
  keyId: string;
  iv: Uint8Array;
  wrapped: Uint8Array;
  tag: Uint8Array;
}

/** An empty slot for undefined. */
export function buildSlot(key: WrappedKey | undefined): Uint8Array {
  const slot = new Uint8Array(SLOT_BYTES);
  if (!key) return slot;
  const name = new TextEncoder().encode(key.keyId);
  if (name.length === 0 || name.length > MAX_KEY_ID_BYTES) throw new Error(`the key id ${key.keyId} does not fit into a container`);
  slot.set([1, name.length, key.iv.length, key.wrapped.length, key.tag.length]);
  slot.set(name, 8);
  slot.set(key.iv, 8 + MAX_KEY_ID_BYTES);
  slot.set(key.wrapped, 8 + MAX_KEY_ID_BYTES + IV_BYTES);
  slot.set(key.tag, 8 + MAX_KEY_ID_BYTES + IV_BYTES + WRAPPED_BYTES);
  return slot;
}

/** Undefined for an empty slot and for one that was torn while it was written. */
export function parseSlot(slot: Uint8Array): WrappedKey | undefined {
  const [used = 0, nameBytes = 0, ivBytes = 0, wrappedBytes = 0, tagBytes = 0] = slot;
  if (used !== 1 || slot.length < SLOT_BYTES || nameBytes === 0) return undefined;
  if (nameBytes > MAX_KEY_ID_BYTES || ivBytes > IV_BYTES || wrappedBytes > WRAPPED_BYTES || tagBytes > TAG_BYTES) return undefined;
  const part = (at: number, length: number): Uint8Array => slot.slice(at, at + length);
  return {
    keyId: new TextDecoder().decode(part(8, nameBytes)),
    iv: part(8 + MAX_KEY_ID_BYTES, ivBytes),
    wrapped: part(8 + MAX_KEY_ID_BYTES + IV_BYTES, wrappedBytes),
    tag: part(8 + MAX_KEY_ID_BYTES + IV_BYTES + WRAPPED_BYTES, tagBytes),
  };
}

/** The slots of a file's first {@link PREFIX_BYTES} bytes, by number. */
export function slotsOf(prefix: Uint8Array): (WrappedKey | undefined)[] {
  return Array.from({ length: SLOTS }, (_, n) =>
    parseSlot(prefix.subarray(HEAD_BYTES + n * SLOT_BYTES, HEAD_BYTES + (n + 1) * SLOT_BYTES)),
  );
}
