import type { UserView } from '@yixian/contracts/browser';
import { useSyncExternalStore } from 'react';
import { SESSION_KEY as KEY, keptSession } from './kept.js';

// Who is signed in. The token is kept for the tab's reload and for other tabs; signing out in one signs out all.

export interface Session {
  token: string;
  user: UserView;
}

let ranOut = false;
const listeners = new Set<() => void>();
let current: Session | undefined = read();

function read(): Session | undefined {
  try {
    const text = keptSession();
    return text === null ? undefined : (JSON.parse(text) as Session);
  } catch {
    return undefined;
  }
}

function tell(): void {
  for (const listener of listeners) listener();
}

window.addEventListener('storage', (event) => {
  if (event.key !== KEY) return;
  current = read();
  tell();
});

export function session(): Session | undefined {
  return current;
}

/** The server does not know the session any more. */
export function sessionRanOut(): void {
  ranOut = true;
  setSession(undefined);
}

/** Whether the last session ended by itself. */
export function hasRunOut(): boolean {
  return ranOut;
}

export function setSession(next: Session | undefined): void {
  current = next;
  if (next) ranOut = false;
  try {
    if (next) localStorage.setItem(KEY, JSON.stringify(next));
    else localStorage.removeItem(KEY);
  } catch {
    // a browser that keeps nothing: the session lives as long as the page
  }
  tell();
}

export function onSession(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The session, and a new picture when it changes. */
export function useSession(): Session | undefined {
  return useSyncExternalStore(onSession, session);
}

/** The user of the session; only used inside of the signed-in part. */
export function useUser(): UserView {
  const found = useSession();
  if (!found) throw new Error('used outside of a session');
  return found.user;
}
