import { randomBytes } from 'node:crypto';
import type { Clock, WebCredential, WebCredentials } from '@yixian/contracts';
import { BoundedMap } from './bounded-map.js';

/** A page that is open asks anew long before; one that is closed is worth nothing soon. */
const LIFETIME_MS = 2 * 3_600_000;
const MOST = 10_000;

interface Kept extends WebCredential {
  extension: string;
  sessionId: string;
}

export interface WebCredentialStore extends WebCredentials {
  /** The password of a user name that was given out and still holds. */
  password(username: string): string | undefined;
}

/** SIP credentials of browsers: random, in memory alone, each bound to an extension and a signed-in session. */
export function createWebCredentials(clock: Pick<Clock, 'now'>): WebCredentialStore {
  const byName = new BoundedMap<Kept>(MOST);
  const bySession = new Map<string, string>();

  function current(username: string | undefined): Kept | undefined {
    const kept = username === undefined ? undefined : byName.get(username);
    return kept && kept.expiresAt > clock.now() ? kept : undefined;
  }

  return {
    issue(extension, sessionId) {
      const known = current(bySession.get(sessionId));
      const fresh: Kept =
        known?.extension === extension
          ? { ...known, expiresAt: clock.now() + LIFETIME_MS }
          : {
              username: `${extension}.${randomBytes(6).toString('hex')}`,
              password: randomBytes(18).toString('base64url'),
              expiresAt: clock.now() + LIFETIME_MS,
              extension,
              sessionId,
            };
      byName.set(fresh.username, fresh);
      bySession.set(sessionId, fresh.username);
      return { username: fresh.username, password: fresh.password, expiresAt: fresh.expiresAt };
    },
    revoke(sessionId) {
      const username = bySession.get(sessionId);
      bySession.delete(sessionId);
      if (username === undefined) return undefined;
      const kept = byName.get(username);
      byName.delete(username);
      return kept?.extension;
    },
    password: (username) => current(username)?.password,
  };
}
