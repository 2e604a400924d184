import { randomBytes } from 'node:crypto';
import { type Clock, DomainError, type IdentityStore, type Logger, type StoredUser } from '@yixian/contracts';
import { BoundedMap } from '../core/bounded-map.js';
import { afterFailure, type FailureCount, isLocked, type LockoutPolicy, NO_FAILURES } from '../core/lockout.js';
import type { ScryptCost } from '../core/password-hash.js';
import type { IdentityJournal } from './identity-journal.js';
import { hashPassword, isCheaper, verifyPassword } from './scrypt.js';

export interface PasswordCheckDeps {
  store: Pick<IdentityStore, 'userByName' | 'recordFailure'>;
  clock: Clock;
  logger: Logger;
  journal: IdentityJournal;
  policy: LockoutPolicy;
  /** Cost of the hash that unknown names are checked against. */
  cost: ScryptCost;
}

export type PasswordVerdict =
  | { ok: true; user: StoredUser }
  /** `settled`: what is still being written when the answer goes out. */
  | { ok: false; refusal: DomainError; settled?: Promise<void> };

export const REFUSED = 'user name or password is wrong';
const LOCKED = 'too many failed sign-ins with this user name; try again later';

/** One attempt: unknown names cost the same hash, count failures and lock in the same way as known ones. */
export function createPasswordCheck(deps: PasswordCheckDeps) {
  const { store, clock, logger, journal, policy } = deps;
  const strangers = new BoundedMap<string, FailureCount>(10_000);
  // Made now, so that the first unknown name costs no more than the next.
  const decoy = hashPassword(randomBytes(16).toString('hex'), deps.cost);
  decoy.catch((error: unknown) => logger.error({ err: error }, 'scrypt does not work here'));

  async function keepCount(user: StoredUser | undefined, username: string, count: FailureCount): Promise<void> {
    if (!user) return strangers.set(username, count);
    try {
      await store.recordFailure(user.id, count.failedAttempts, count.lockedUntil);
    } catch (error) {
      logger.error({ err: error, username }, 'a failed sign-in could not be stored');
    }
  }

  return async (username: string, password: string, address: string): Promise<PasswordVerdict> => {
    const user = await store.userByName(username);
    const count: FailureCount = user ?? strangers.get(username) ?? NO_FAILURES;
    if (isLocked(count, clock.now())) {
      journal.signInFailed(username, address, true);
      return { ok: false, refusal: new DomainError('locked', LOCKED) };
    }
    const right = await verifyPassword(password, user?.passwordHash ?? (await decoy));
    if (user?.enabled && right) return { ok: true, user };
    // A wrong password costs what an unknown name costs, also where the hash is that of a generated secret.
    if (user && isCheaper(user.passwordHash, deps.cost)) await verifyPassword(password, await decoy);
    const after = afterFailure(count, clock.now(), policy);
    journal.signInFailed(username, address, isLocked(after, clock.now()));
    // The answer does not wait for this write, so that its time does not tell known names from unknown ones.
    return { ok: false, refusal: new DomainError('unauthenticated', REFUSED), settled: keepCount(user, username, after) };
  };
}
