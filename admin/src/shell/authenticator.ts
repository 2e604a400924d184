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
  type SessionKeeper,
  type SignInResult,
  type StoredUser,
} from '@yixian/contracts';
import type { LockoutPolicy } from '../core/lockout.js';
import type { ScryptCost } from '../core/password-hash.js';
import { createIdentityJournal } from './identity-journal.js';
import { createKeyedLock } from './keyed-lock.js';
import { createPasswordCheck, REFUSED } from './password-check.js';
import { DEFAULT_COST } from './scrypt.js';
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

/** What other processes of the hotline say of sessions. */
export interface SessionsElsewhere {
  /** Another process ended the session, and has said so in the journal. */
  endedElsewhere(sessionId: string): void;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Sign-in with passwords, sessions by random token. Whether a user exists cannot be told from outside. */
export function createAuthenticator(deps: AuthenticatorDeps): Authenticator & SessionKeeper & SessionsElsewhere {
  const { store, clock, ids, logger, options = {} } = deps;
  const { maxFailures = 5, lockMs = 15 * 60_000, sessionMs = 12 * 3_600_000, recheckMs = 30_000, cost = DEFAULT_COST } = options;
  const journal = createIdentityJournal(deps);
  const check = createPasswordCheck({ store, clock, logger, journal, policy: { maxFailures, lockMs }, cost });
  const cache = createSessionCache({ store, clock, recheckMs });
  // Attempts with one name take turns, so that each sees the failures before it.
  const inTurn = createKeyedLock();
  const listeners = new Set<(sessionId: string) => void>();

  function tellEnded(sessionId: string, principal: Principal | undefined): void {
    if (principal) journal.signedOut(principal.user.username);
    for (const listener of listeners) listener(sessionId);
  }

  async function openSession(user: StoredUser, address: string): Promise<SignInResult> {
    const token = randomBytes(32).toString('base64url');
    const session = { id: ids.next('ses'), tokenHash: sha256(token), userId: user.id, expiresAt: clock.now() + sessionMs };
    await store.createSession(session);
    if (user.failedAttempts > 0 || user.lockedUntil !== null) await store.clearFailures(user.id);
    const principal = cache.remember(session, user);
    journal.signedIn(user.username, address);
    return { token, principal };
  }

  return {
    async signIn(username, password, address) {
      if (password.length > 1024 || username.length > 128) throw new DomainError('unauthenticated', REFUSED);
      return inTurn(username, async (keepTurnUntil) => {
        const verdict = await check(username, password, address);
        if (verdict.ok) return openSession(verdict.user, address);
        keepTurnUntil(verdict.settled);
        throw verdict.refusal;
      });
    },

    async authenticate(token): Promise<Principal | undefined> {
      return /^[A-Za-z0-9_-]{43}$/.test(token) ? cache.principal(sha256(token)) : undefined;
    },

    async signOut(sessionId) {
      const principal = cache.forget(sessionId);
      await store.deleteSession(sessionId);
      tellEnded(sessionId, principal);
    },

    sessionsEnded(sessionIds) {
      for (const id of sessionIds) tellEnded(id, cache.forget(id));
    },

    endedElsewhere(sessionId) {
      cache.forget(sessionId);
      for (const listener of listeners) listener(sessionId);
    },

    async prolong(sessionId) {
      const expiresAt = clock.now() + sessionMs;
      await store.prolongSession(sessionId, expiresAt);
      cache.prolong(sessionId, expiresAt);
      return expiresAt;
    },

    userChanged: (userId) => cache.distrust(userId),

    onSignOut(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
