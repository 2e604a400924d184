import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Suite, WrappedKey } from '../core/container.js';

// AES-256-GCM (NIST SP 800-38D), and SM4-CTR (GB/T 32907) with HMAC-SM3 (GB/T 32905) over the cipher text. A key encrypts one file
// once, so that the number of the chunk is enough for its IV.

export type Hash = 'sha256' | 'sm3';

/** Seals and opens pieces under one key; what else is authenticated is given with each. */
export interface PieceCipher {
  readonly keyBytes: number;
  seal(key: Uint8Array, iv: Uint8Array, plain: Uint8Array, also: Uint8Array): { text: Uint8Array; tag: Uint8Array };
  /** Undefined when anything was changed. */
  open(key: Uint8Array, iv: Uint8Array, text: Uint8Array, tag: Uint8Array, also: Uint8Array): Uint8Array | undefined;
  /** For the chunk of this number. */
  chunkIv(index: number, chunkBytes: number): Uint8Array;
  /** For wrapping a key, new each time. */
  randomIv(): Uint8Array;
}

const GCM_TAG_BYTES = 16;
const BLOCK_BYTES = 16;
const SM4_KEY_BYTES = 16;

const aesGcm: PieceCipher = {
  keyBytes: 32,
  seal(key, iv, plain, also) {
    const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: GCM_TAG_BYTES }).setAAD(also);
    const text = Buffer.concat([cipher.update(plain), cipher.final()]);
    return { text, tag: cipher.getAuthTag() };
  },
  open(key, iv, text, tag, also) {
    if (tag.length !== GCM_TAG_BYTES || iv.length !== 12) return undefined;
    const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: GCM_TAG_BYTES }).setAAD(also).setAuthTag(tag);
    try {
      return Buffer.concat([decipher.update(text), decipher.final()]);
    } catch {
      return undefined; // the tag does not fit: node says no more than that
    }
  },
  chunkIv(index) {
    const iv = Buffer.alloc(12);
    iv.writeBigUInt64BE(BigInt(index), 4);
    return iv;
  },
  randomIv: () => randomBytes(12),
};

const sm4Sm3: PieceCipher = {
  // the first 16 bytes encrypt, the other 32 authenticate
  keyBytes: SM4_KEY_BYTES + 32,
  seal(key, iv, plain, also) {
    const cipher = createCipheriv('sm4-ctr', key.subarray(0, SM4_KEY_BYTES), iv);
    const text = Buffer.concat([cipher.update(plain), cipher.final()]);
    return { text, tag: sm3Tag(key, iv, text, also) };
  },
  open(key, iv, text, tag, also) {
    const expected = iv.length === BLOCK_BYTES ? sm3Tag(key, iv, text, also) : undefined;
    if (!expected || tag.length !== expected.length || !timingSafeEqual(tag, expected)) return undefined;
    const decipher = createDecipheriv('sm4-ctr', key.subarray(0, SM4_KEY_BYTES), iv);
    return Buffer.concat([decipher.update(text), decipher.final()]);
  },
  chunkIv(index, chunkBytes) {
    // the counter of the first block: the chunks of a file are one key stream
    const iv = Buffer.alloc(BLOCK_BYTES);
    iv.writeBigUInt64BE(BigInt(index) * BigInt(chunkBytes / BLOCK_BYTES), 8);
    return iv;
  },
  randomIv: () => randomBytes(BLOCK_BYTES),
};

function sm3Tag(key: Uint8Array, iv: Uint8Array, text: Uint8Array, also: Uint8Array): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(also.length));
  return createHmac('sm3', key.subarray(SM4_KEY_BYTES)).update(length).update(also).update(iv).update(text).digest();
}

const CIPHERS: Readonly<Record<Suite, PieceCipher>> = { 'aes-256-gcm': aesGcm, 'sm4-ctr-sm3': sm4Sm3 };

export const cipherOf = (suite: Suite): PieceCipher => CIPHERS[suite];
/** The hash that goes with a cipher: within a suite everything is of one family. */
export const hashOf = (cipher: Suite | 'none'): Hash => (cipher === 'sm4-ctr-sm3' ? 'sm3' : 'sha256');

/** A key for one purpose, derived from a master key (HKDF, RFC 5869). */
export function derive(hash: Hash, master: Uint8Array, purpose: 'wrap' | 'sign', bytes: number): Uint8Array {
  return new Uint8Array(hkdfSync(hash, master, new Uint8Array(0), `yixian recordings ${purpose}`, bytes));
}

/** A file's data key under a master key; it opens only together with this file's head. */
export function wrapKey(suite: Suite, master: { id: string; key: Uint8Array }, dataKey: Uint8Array, head: Uint8Array): WrappedKey {
  const cipher = cipherOf(suite);
  const iv = cipher.randomIv();
  const { text, tag } = cipher.seal(derive(hashOf(suite), master.key, 'wrap', cipher.keyBytes), iv, dataKey, bound(head, master.id));
  return { keyId: master.id, iv, wrapped: text, tag };
}

/** Undefined when slot, head or master key are not those it was wrapped with. */
export function unwrapKey(
  suite: Suite,
  master: { id: string; key: Uint8Array },
  slot: WrappedKey,
  head: Uint8Array,
): Uint8Array | undefined {
  const cipher = cipherOf(suite);
  const key = derive(hashOf(suite), master.key, 'wrap', cipher.keyBytes);
  const dataKey = cipher.open(key, slot.iv, slot.wrapped, slot.tag, bound(head, master.id));
  return dataKey?.length === cipher.keyBytes ? dataKey : undefined;
}

function bound(head: Uint8Array, keyId: string): Uint8Array {
  return Buffer.concat([head, Buffer.from(keyId)]);
}

/** HMAC over facts and content, hexadecimal. */
export function signatureOf(hash: Hash, master: Uint8Array, facts: string, content: string): string {
  return createHmac(hash, derive(hash, master, 'sign', 32))
    .update(facts)
    .update('\n')
    .update(content)
    .digest('hex');
}

export function sameHex(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a, 'hex'), Buffer.from(b, 'hex')];
  return x.length > 0 && x.length === y.length && timingSafeEqual(x, y);
}
