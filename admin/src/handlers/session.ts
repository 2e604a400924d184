import { type Authenticator, type Clock, DomainError, isoTime, type SessionKeeper, userView, type WebCredentials } from '@yixian/contracts';
import type { z } from 'zod';
import { BoundedMap } from '../core/bounded-map.js';
import { afterSourceFailure, blockedFor, type SourceFailures, type SourcePolicy, sourceKey } from '../core/failure-limit.js';
import type { GuardedRequest, OpenRequest } from '../core/route.js';
import type { credentials } from '../core/schemas.js';

/** Signs in; a source with too many failures has to wait, right password or not. */
export function createSignIn(deps: { auth: Authenticator; clock: Clock; limit: SourcePolicy }) {
  const { auth, clock, limit } = deps;
  const failures = new BoundedMap<string, SourceFailures>(10_000);
  return async (request: OpenRequest<unknown, unknown, z.output<typeof credentials>>) => {
    const source = sourceKey(request.address);
    const wait = blockedFor(failures.get(source), clock.now(), limit);
    if (wait > 0) {
      const retryAfterSeconds = Math.ceil(wait / 1000);
      throw new DomainError('too-many-requests', `too many failed sign-ins from this address; try again in ${retryAfterSeconds} s`, {
        retryAfterSeconds,
      });
    }
    try {
      const { token, principal } = await auth.signIn(request.body.username, request.body.password, request.address);
      return { token, user: userView(principal.user) };
    } catch (error) {
      if (error instanceof DomainError && (error.code === 'unauthenticated' || error.code === 'locked')) {
        failures.set(source, afterSourceFailure(failures.get(source), clock.now(), limit));
      }
      throw error;
    }
  };
}

export function createSignOut(deps: { auth: Authenticator }) {
  return async (request: GuardedRequest<unknown, unknown, unknown>) => {
    await deps.auth.signOut(request.principal.sessionId);
  };
}

/** For screens on which nobody signs in again. */
export function createProlong({ sessions }: { sessions: Pick<SessionKeeper, 'prolong'> }) {
  return async ({ principal }: GuardedRequest<unknown, unknown, unknown>) => ({
    expiresAt: isoTime(await sessions.prolong(principal.sessionId)),
  });
}

export function createMe() {
  return async (request: GuardedRequest<unknown, unknown, unknown>) => {
    const user = userView(request.principal.user);
    return { user, roles: user.roles, extension: user.extension };
  };
}

/** A page becomes a telephone: credentials for the own extension that die with the session. */
export function createSoftphone(deps: { webCredentials: WebCredentials }) {
  return async ({ principal }: GuardedRequest<unknown, unknown, unknown>) => {
    const { extension, username } = principal.user;
    if (extension === null) throw new DomainError('conflict', `${username} has no extension to telephone with`, { field: 'extension' });
    const { expiresAt, ...credential } = deps.webCredentials.issue(extension, principal.sessionId);
    return { extension, ...credential, expiresAt: isoTime(expiresAt), path: '/sip' as const };
  };
}
