import type { Clock, IdentityStore, Principal, User } from '@yixian/contracts';
import { BoundedMap } from '../core/bounded-map.js';

interface Entry {
  principal: Principal;
  tokenHash: string;
  expiresAt: number;
  checkedAt: number;
}

interface StoredSession {
  id: string;
  tokenHash: string;
  expiresAt: number;
}

/** How much longer a session that was good is trusted while the store does not answer, milliseconds. */
const TRUST_MS = 5 * 60_000;

/** Sessions in memory, asked of the store again after `recheckMs`: a disabled user or a sign-out elsewhere is noticed by then. */
export function createSessionCache(deps: { store: IdentityStore; clock: Clock; recheckMs: number; limit?: number }) {
  const limit = deps.limit ?? 10_000;
  const byHash = new BoundedMap<string, Entry>(limit);
  const bySession = new BoundedMap<string, Entry>(limit);
  // Sessions that ended while a look-up of them may have been under way.
  const ended = new BoundedMap<string, true>(limit);
  /** Grows when a user was changed: what was being looked up meanwhile may be what the user was before. */
  let changes = 0;

  function remember(session: StoredSession, user: User): Principal {
    const { id, username, displayName, roles, extension, groups, enabled } = user;
    const principal: Principal = { user: { id, username, displayName, roles, extension, groups, enabled }, roles, sessionId: session.id };
    const entry = { principal, tokenHash: session.tokenHash, expiresAt: session.expiresAt, checkedAt: deps.clock.now() };
    byHash.set(session.tokenHash, entry);
    bySession.set(session.id, entry);
    return principal;
  }

  function drop(entry: Entry): void {
    byHash.delete(entry.tokenHash);
    bySession.delete(entry.principal.sessionId);
  }

  async function lookUp(tokenHash: string): Promise<Principal | undefined> {
    const before = changes;
    const session = await deps.store.sessionByTokenHash(tokenHash);
    const user = session && (await deps.store.userById(session.userId));
    const known = byHash.get(tokenHash);
    if (!session || !user?.enabled || session.expiresAt <= deps.clock.now() || ended.get(session.id)) {
      if (known) drop(known);
      return undefined;
    }
    if (before !== changes) return lookUp(tokenHash);
    return remember({ ...session, tokenHash }, user);
  }

  return {
    remember,
    /** The principal of a session that has neither ended nor run out; rejects when the store cannot be asked. */
    async principal(tokenHash: string): Promise<Principal | undefined> {
      const entry = byHash.get(tokenHash);
      const now = deps.clock.now();
      if (entry && now >= entry.expiresAt) {
        drop(entry);
        return undefined;
      }
      if (entry && now - entry.checkedAt < deps.recheckMs) return entry.principal;
      try {
        return await lookUp(tokenHash);
      } catch (error) {
        // Agents at work are not thrown out by a database that is away for a moment.
        if (entry && now - entry.checkedAt < deps.recheckMs + TRUST_MS && !ended.get(entry.principal.sessionId)) return entry.principal;
        throw error;
      }
    },
    /** A user's roles or groups have changed: the sessions are looked up again at their next use. */
    distrust(userId: string): void {
      changes += 1;
      for (const entry of byHash.values()) if (entry.principal.user.id === userId) entry.checkedAt = Number.NEGATIVE_INFINITY;
    },
    prolong(sessionId: string, expiresAt: number): void {
      const entry = bySession.get(sessionId);
      if (entry) entry.expiresAt = expiresAt;
    },
    /** Ends a session at once; returns whose it was, when that is known here. */
    forget(sessionId: string): Principal | undefined {
      ended.set(sessionId, true);
      const entry = bySession.get(sessionId);
      if (entry) drop(entry);
      return entry?.principal;
    },
  };
}
