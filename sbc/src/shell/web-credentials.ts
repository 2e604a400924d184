import { randomBytes } from 'node:crypto';
import type { Clock, WebCredential, WebCredentials } from '@yixian/contracts';
import { BoundedMap } from './bounded-map.js';

/** A page that is open asks anew long before; one that is closed is worth nothing soon. */
const LIFETIME_MS = 2 * 3_600_000;
const MOST = 10_000;

/** A credential with whom it was given to. */
export interface GivenCredential extends WebCredential {
  extension: string;
  sessionId: string;
}

export interface WebCredentialStore extends WebCredentials {
  /** The password of a user name that was given out and still holds. */
  password(username: string): string | undefined;
  /** Another process has given it out. */
  learn(credential: GivenCredential): void;
  /** Those that hold, for a process that has just come. */
  given(): GivenCredential[];
}

/**
 * SIP credentials of browsers: random, in memory alone, each bound to an extension and a signed-in session.
 * @param told called with each that is given out, for the other processes of the hotline
 */
export function createWebCredentials(clock: Pick<Clock, 'now'>, told?: (credential: GivenCredential) => void): WebCredentialStore {
  const byName = new BoundedMap<GivenCredential>(MOST);
  const bySession = new Map<string, string>();

  function current(username: string | undefined): GivenCredential | undefined {
    const kept = username === undefined ? undefined : byName.get(username);
    return kept && kept.expiresAt > clock.now() ? kept : undefined;
  }

  function keep(credential: GivenCredential): void {
    byName.set(credential.username, credential);
    bySession.set(credential.sessionId, credential.username);
  }

  return {
    learn: keep,
    given: () => [...bySession.values()].flatMap((username) => current(username) ?? []),
    issue(extension, sessionId) {
      const known = current(bySession.get(sessionId));
      const fresh: GivenCredential =
        known?.extension === extension
          ? { ...known, expiresAt: clock.now() + LIFETIME_MS }
          : {
              username: `${extension}.${randomBytes(6).toString('hex')}`,
              password: randomBytes(18).toString('base64url'),
              expiresAt: clock.now() + LIFETIME_MS,
              extension,
              sessionId,
            };
      keep(fresh);
      told?.(fresh);
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
