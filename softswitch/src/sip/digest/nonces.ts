import { createHmac, timingSafeEqual } from 'node:crypto';

/** `stale`: it was ours and is too old or cannot be trusted any more. `replayed`: this count was used before. */
export type NonceVerdict = 'good' | 'stale' | 'foreign' | 'replayed';

const MAX_TRACKED = 65_536;
const WINDOW = 32;
const STAMP_BYTES = 6;
const SALT_BYTES = 8;
const MAC_BYTES = 16;
const NONCE_CHARS = ((STAMP_BYTES + SALT_BYTES + MAC_BYTES) * 4) / 3;

interface Uses {
  highest: number;
  /** Bit i: `highest - i` was used. */
  seen: number;
  issuedAt: number;
}

/** Another process of the hotline, whose nonce it may be, has another clock. */
const SKEW_MS = 5_000;

/**
 * Nonces that prove by themselves that we issued them and when (RFC 7616 §5.4: time stamp, salt, keyed hash), so that challenges
 * cost no memory. Only counts of nonces that were used are remembered, and boundedly.
 */
export class Nonces {
  readonly #key: Buffer;
  readonly #lifetimeMs: number;
  readonly #uses = new Map<string, Uses>();
  /** Nonces issued up to here may have been forgotten: they count as stale, never as unused. */
  #forgottenUntil = -1;

  constructor(key: Buffer, lifetimeMs: number) {
    this.#key = key;
    this.#lifetimeMs = lifetimeMs;
  }

  issue(now: number, salt: Buffer): string {
    const head = Buffer.alloc(STAMP_BYTES + SALT_BYTES);
    head.writeUIntBE(now, 0, STAMP_BYTES);
    salt.copy(head, STAMP_BYTES, 0, SALT_BYTES);
    return Buffer.concat([head, this.#mac(head)]).toString('base64url');
  }

  /** Whether the nonce is ours and fresh; counts nothing. */
  check(nonce: string, now: number): Exclude<NonceVerdict, 'replayed'> {
    const issuedAt = this.#issuedAt(nonce);
    if (issuedAt === undefined) return 'foreign';
    const fresh =
      now - issuedAt <= this.#lifetimeMs && issuedAt <= now + SKEW_MS && (issuedAt > this.#forgottenUntil || this.#uses.has(nonce));
    return fresh ? 'good' : 'stale';
  }

  /** Uses a nonce count, after the digest was found right. Counts may come a little out of order. */
  use(nonce: string, count: number, now: number): NonceVerdict {
    const verdict = this.check(nonce, now);
    if (verdict !== 'good') return verdict;
    const uses = this.#uses.get(nonce);
    if (!uses) {
      this.#makeRoom();
      this.#uses.set(nonce, { highest: count, seen: 1, issuedAt: this.#issuedAt(nonce) ?? now });
      return 'good';
    }
    if (count > uses.highest) {
      const by = count - uses.highest;
      uses.seen = by >= WINDOW ? 1 : ((uses.seen << by) | 1) >>> 0;
      uses.highest = count;
      return 'good';
    }
    const behind = uses.highest - count;
    if (behind >= WINDOW || (uses.seen >>> behind) & 1) return 'replayed';
    uses.seen = (uses.seen | (1 << behind)) >>> 0;
    return 'good';
  }

  #mac(head: Buffer): Buffer {
    return createHmac('sha256', this.#key).update(head).digest().subarray(0, MAC_BYTES);
  }

  #issuedAt(nonce: string): number | undefined {
    if (nonce.length !== NONCE_CHARS) return undefined;
    const bytes = Buffer.from(nonce, 'base64url');
    if (bytes.length !== STAMP_BYTES + SALT_BYTES + MAC_BYTES) return undefined;
    const head = bytes.subarray(0, STAMP_BYTES + SALT_BYTES);
    return timingSafeEqual(this.#mac(head), bytes.subarray(STAMP_BYTES + SALT_BYTES)) ? head.readUIntBE(0, STAMP_BYTES) : undefined;
  }

  #makeRoom(): void {
    if (this.#uses.size < MAX_TRACKED) return;
    for (const [nonce, uses] of this.#uses) {
      this.#uses.delete(nonce);
      this.#forgottenUntil = Math.max(this.#forgottenUntil, uses.issuedAt);
      if (this.#uses.size < MAX_TRACKED * 0.9) return;
    }
  }
}
