import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { DomainError } from '@yixian/contracts';
import { formatHash, memoryOf, type PasswordHash, parseHash, type ScryptCost } from '../core/password-hash.js';

export const DEFAULT_COST: ScryptCost = { ln: 15, r: 8, p: 1 };
/**
 * For secrets of our own making with 90 bits or more of randomness: guessing is hopeless at any cost, so two hundred
 * agents are added in a moment, and their sign-ins in the morning do not queue for the processor.
 */
export const GENERATED_SECRET_COST: ScryptCost = { ln: 10, r: 8, p: 1 };
const KEY_BYTES = 32;

/** Runs at most `concurrency` jobs at a time; more than `maxWaiting` in line are refused with `unavailable`. */
export function createTurnstile(concurrency: number, maxWaiting: number): <T>(job: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (job) => {
    if (running >= concurrency) {
      if (waiting.length >= maxWaiting) throw new DomainError('unavailable', 'too many sign-ins at one time; try again in a moment');
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else running += 1;
    try {
      return await job();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}

// One line for the whole process: a core is left for calls, and memory stays at 32 MB per running hash.
const turn = createTurnstile(Math.max(1, Math.min(4, availableParallelism() - 1)), 1000);

function derive(password: string, salt: Buffer, cost: ScryptCost, length: number): Promise<Buffer> {
  const options = { N: 2 ** cost.ln, r: cost.r, p: cost.p, maxmem: memoryOf(cost) + 1024 * 1024 * (1 + cost.p) };
  return turn(
    () =>
      new Promise((resolve, reject) => {
        scrypt(password.normalize('NFKC'), salt, length, options, (error, key) => (error ? reject(error) : resolve(key)));
      }),
  );
}

/**
 * The hash of a password with a salt of its own, as text to be stored (`$scrypt$ln=15,r=8,p=1$…`).
 * Runs off the event loop, a few at a time; rejects with `unavailable` when a thousand wait already.
 */
export async function hashPassword(password: string, cost: ScryptCost = DEFAULT_COST): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, salt, cost, KEY_BYTES);
  return formatHash({ ...cost, salt, key });
}

/** `hashPassword` for a secret that a random source made, never for one that a person chose. */
export function hashGeneratedSecret(secret: string): Promise<string> {
  return hashPassword(secret, GENERATED_SECRET_COST);
}

/** Whether checking against this stored hash takes less work than `cost`. */
export function isCheaper(stored: string, cost: ScryptCost): boolean {
  const hash = parseHash(stored);
  return hash !== undefined && hash.ln < cost.ln;
}

/** Whether the password belongs to the stored hash. False for a hash that is not ours. */
export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const hash = parseHash(stored);
  return hash ? verifyAgainst(password, hash) : false;
}

async function verifyAgainst(password: string, hash: PasswordHash): Promise<boolean> {
  const key = await derive(password, hash.salt, hash, hash.key.length);
  return timingSafeEqual(key, hash.key);
}
