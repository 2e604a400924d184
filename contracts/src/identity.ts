import type { Role, User } from './directory.js';

/** Who makes a request: what every route and every event room decides on. */
export interface Principal {
  user: User;
  roles: readonly Role[];
  /** The session's id, for sign-out. */
  sessionId: string;
}

export interface SignInResult {
  token: string;
  principal: Principal;
}

/** admin ▸ agent-gateway: one sign-in for REST and Socket.IO. */
export interface Authenticator {
  /** Rejects with `unauthenticated` (same words for unknown user and wrong password), or `locked` after repeated failures. */
  signIn(username: string, password: string, address: string): Promise<SignInResult>;
  /** The principal of a valid token, else undefined. */
  authenticate(token: string): Promise<Principal | undefined>;
  signOut(sessionId: string): Promise<void>;
  /** Told when a session ends, so that its sockets are closed. */
  onSignOut(listener: (sessionId: string) => void): () => void;
}

/** SIP credentials of a browser: good for one extension as long as the session lasts, or until `expiresAt`. */
export interface WebCredential {
  /** User name of the digest, `<extension>.<id>`. */
  username: string;
  password: string;
  expiresAt: number;
}

/** sbc ▸ admin: what a page needs to be a telephone; permanent SIP secrets never reach it. */
export interface WebCredentials {
  /** Asked again within the same session: the same ones, for longer. */
  issue(extension: string, sessionId: string): WebCredential;
  /** @returns the extension they were good for */
  revoke(sessionId: string): string | undefined;
}

/** Beside the sign-in: what a change of a user does to the sessions that are open. */
export interface SessionKeeper {
  /** These sessions have been deleted from the store: their tokens are worth nothing at once and their sockets are closed. */
  sessionsEnded(sessionIds: readonly string[]): void;
  /** The session lasts as long again from now. @returns until when */
  prolong(sessionId: string): Promise<number>;
  /** The user was changed: the next request sees the new roles and groups. */
  userChanged(userId: string): void;
}

export interface StoredUser extends User {
  passwordHash: string;
  failedAttempts: number;
  lockedUntil: number | null;
}

/** db ▸ admin: users and sessions. */
export interface IdentityStore {
  userByName(username: string): Promise<StoredUser | undefined>;
  userById(id: string): Promise<StoredUser | undefined>;
  recordFailure(userId: string, failedAttempts: number, lockedUntil: number | null): Promise<void>;
  clearFailures(userId: string): Promise<void>;
  /** Only a hash of the token is stored. */
  createSession(session: { id: string; tokenHash: string; userId: string; expiresAt: number }): Promise<void>;
  sessionByTokenHash(tokenHash: string): Promise<{ id: string; userId: string; expiresAt: number } | undefined>;
  /** One that has ended stays so. */
  prolongSession(id: string, expiresAt: number): Promise<void>;
  deleteSession(id: string): Promise<void>;
  audit(entry: { at: number; username: string; action: string; subject: string; details?: Record<string, unknown> }): Promise<void>;
}
