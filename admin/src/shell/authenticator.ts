import { createHash, randomBytes } from 'node:crypto';
import {
  type Authenticator,
  type Clock,
  DomainError,
  type EventBus,
  type IdentityStore,
  type IdSource,
  type Logger,
  type Principal,
  type SignInResult,
  type StoredUser,
} from '@yixian/contracts';
import { BoundedMap } from '../core/bounded-map.js';
import { afterFailure, type FailureCount, isLocked, type LockoutPolicy, NO_FAILURES } from '../core/lockout.js';
import type { ScryptCost } from '../core/password-hash.js';
import { createKeyedLock } from './keyed-lock.js';
import { DEFAULT_COST, hashPassword, verifyPassword } from './scrypt.js';
import { createSessionCache } from './session-cache.js';

export interface AuthenticatorOptions extends Partial<LockoutPolicy> {
  /** How long a session lasts, milliseconds. Default 12 hours. */
  sessionMs?: number;
  /** How long a session is trusted before the store is asked again, milliseconds. Default 30 s. */
  recheckMs?: number;
  /** Cost of the hash that unknown user names are checked against: that of the stored hashes. */
  cost?: ScryptCost;
}

export interface AuthenticatorDeps {
  store: IdentityStore;
  clock: Clock;
  ids: IdSource;
  logger: Logger;
  events: EventBus;
  options?: AuthenticatorOptions;
}

const MAX_PASSWORD = 1024;
const REFUSED = 'user name or password is wrong';
const LOCKED = 'too many failed sign-ins with this user name; try again later';
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/**
 * Sign-in with passwords, sessions by random token. Whether a user exists cannot be told from outside: unknown names
 * cost the same hash, count failures and lock in the same way.
 */
export function createAuthenticator(deps: AuthenticatorDeps): Authenticator {
  const { store, clock, ids, events, logger, options = {} } = deps;
  const policy: LockoutPolicy = { maxFailures: options.maxFailures ?? 5, lockMs: options.lockMs ?? 15 * 60_000 };
  const sessionMs = options.sessionMs ?? 12 * 3_600_000;
  const strangers = new BoundedMap<string, FailureCount>(10_000);
  const cache = createSessionCache({ store, clock, recheckMs: options.recheckMs ?? 30_000 });
  const oneAtATime = createKeyedLock();
  const endedListeners = new Set<(sessionId: string) => void>();
  // Made now, so that the first unknown name costs no more than the next.
  const decoy = hashPassword(randomBytes(16).toString('hex'), options.cost ?? DEFAULT_COST);
  decoy.catch((error: unknown) => logger.error({ err: error }, 'scrypt does not work here'));

  function audit(username: string, action: string, subject: string, details: Record<string, unknown>): void {
    store.audit({ at: clock.now(), username, action, subject, details }).catch((error: unknown) => {
      logger.error({ err: error, action, username }, 'an audit entry could not be stored');
    });
  }

  async function keepCount(user: StoredUser | undefined, username: string, count: FailureCount): Promise<void> {
    if (!user) return strangers.set(username, count);
    try {
      await store.recordFailure(user.id, count.failedAttempts, count.lockedUntil);
    } catch (error) {
      logger.error({ err: error, username }, 'a failed sign-in could not be stored');
    }
  }

  function told(username: string, address: string, locked: boolean): void {
    events.publish({ type: 'user.sign-in-failed', data: { username, address, locked } });
    audit(username, 'sign-in-failed', username, { address, locked });
    logger.warn({ username, address, locked }, 'sign-in failed');
  }

  async function openSession(user: StoredUser, address: string): Promise<SignInResult> {
    const token = randomBytes(32).toString('base64url');
    const session = { id: ids.next('ses'), tokenHash: sha256(token), userId: user.id, expiresAt: clock.now() + sessionMs };
    await store.createSession(session);
    if (user.failedAttempts > 0 || user.lockedUntil !== null) await store.clearFailures(user.id);
    const principal = cache.remember(session, user);
    events.publish({ type: 'user.signed-in', data: { username: user.username, address } });
    audit(user.username, 'signed-in', user.username, { address });
    return { token, principal };
  }

  /** Checks one attempt. `settled` is what is still to be written after the answer has gone out. */
  async function attempt(
    username: string,
    password: string,
    address: string,
  ): Promise<{ result: SignInResult | DomainError; settled?: Promise<void> }> {
    const user = await store.userByName(username);
    const count: FailureCount = user ?? strangers.get(username) ?? NO_FAILURES;
    if (isLocked(count, clock.now())) {
      told(username, address, true);
      return { result: new DomainError('locked', LOCKED) };
    }
    const right = await verifyPassword(password, user?.passwordHash ?? (await decoy));
    if (user?.enabled && right) return { result: await openSession(user, address) };
    const after = afterFailure(count, clock.now(), policy);
    told(username, address, isLocked(after, clock.now()));
    // The answer does not wait for this write, so that its time does not tell known names from unknown ones.
    return { result: new DomainError('unauthenticated', REFUSED), settled: keepCount(user, username, after) };
  }

  return {
    async signIn(username, password, address) {
      if (password.length > MAX_PASSWORD || username.length > 128) throw new DomainError('unauthenticated', REFUSED);
      const outcome = await oneAtATime(username, async (release) => {
        const { result, settled } = await attempt(username, password, address);
        release(settled);
        return result;
      });
      if (outcome instanceof DomainError) throw outcome;
      return outcome;
    },

    async authenticate(token): Promise<Principal | undefined> {
      return /^[A-Za-z0-9_-]{43}$/.test(token) ? cache.principal(sha256(token)) : undefined;
    },

    async signOut(sessionId) {
      const principal = cache.forget(sessionId);
      await store.deleteSession(sessionId);
      if (principal) {
        events.publish({ type: 'user.signed-out', data: { username: principal.user.username } });
        audit(principal.user.username, 'signed-out', principal.user.username, {});
      }
      for (const listener of endedListeners) listener(sessionId);
    },

    onSignOut(listener) {
      endedListeners.add(listener);
      return () => endedListeners.delete(listener);
    },
  };
}
