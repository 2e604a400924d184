import { connectEvents, type EventClient } from '@yixian/agent-gateway/client';
import type { EventView } from '@yixian/contracts/browser';
import { useSyncExternalStore } from 'react';
import { foldEvent, foldFigures, fromSnapshot, type LivePicture, NOTHING_LIVE } from './live-fold.js';
import { onNetworkDoubt } from './network.js';
import { onSession, session, sessionRanOut } from './session.js';

// The live picture of the hotline, as far as this user may see it: one connection a page, one picture. What comes alone is told with the
// next frame; in a stream of events the picture is told ten times a second, which no eye misses and every frame can afford.

const TELL_MS = 100;
const RESYNC_MS = 60_000;

type Status = 'connecting' | 'connected' | 'interrupted';

interface Live {
  picture: LivePicture;
  status: Status;
}

let live: Live = { picture: NOTHING_LIVE, status: 'connecting' };
let client: EventClient | undefined;
let token: string | undefined;
let due: ReturnType<typeof setTimeout> | undefined;
let toldAt = Number.NEGATIVE_INFINITY;
let resync: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();
const eventListeners = new Set<(event: EventView) => void>();

/** A hidden tab has no frames and is told by the timer alone. */
function changed(next: Partial<Live>): void {
  live = { ...live, ...next };
  if (due !== undefined) return;
  const tell = (): void => {
    due = undefined;
    toldAt = performance.now();
    for (const listener of listeners) listener();
  };
  const wait = Math.max(0, toldAt + TELL_MS - performance.now());
  due = setTimeout(() => (document.hidden ? tell() : requestAnimationFrame(tell)), wait);
}

function start(): void {
  const current = session();
  if (current?.token === token) return;
  stop();
  if (!current) return;
  token = current.token;
  client = connectEvents({
    token,
    onSnapshot: (snapshot) => changed({ picture: fromSnapshot(snapshot, live.picture), status: 'connected' }),
    onEvent(event) {
      changed({ picture: foldEvent(live.picture, event) });
      for (const listener of eventListeners) listener(event);
    },
    onFigures: (figures) => changed({ picture: foldFigures(live.picture, figures) }),
    onStatus(status) {
      if (status === 'ended' && session()) sessionRanOut();
      else if (status === 'ended') return;
      else changed({ status });
    },
  });
  // For what no event tells, e.g. a trunk that was changed under a seat.
  resync = setInterval(() => {
    if (!document.hidden) client?.sync();
  }, RESYNC_MS);
}

function stop(): void {
  clearInterval(resync);
  client?.close();
  client = undefined;
  token = undefined;
  changed({ picture: NOTHING_LIVE, status: 'connecting' });
}

/** Called once: the connection follows the session from here on. */
export function startLive(): void {
  onSession(start);
  start();
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) client?.sync();
  });
  onNetworkDoubt(() => client?.check());
}

export function livePicture(): LivePicture {
  return live.picture;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** A part of the live picture; a new render only when that part is another. */
export function useLive<T>(select: (picture: LivePicture) => T): T {
  return useSyncExternalStore(subscribe, () => select(live.picture));
}

export function useLiveStatus(): Status {
  return useSyncExternalStore(subscribe, () => live.status);
}

/** Each event as it comes; the returned function ends it. */
export function onEvent(listener: (event: EventView) => void): () => void {
  eventListeners.add(listener);
  return () => eventListeners.delete(listener);
}

/** Asks for the whole picture anew. */
export function resyncNow(): void {
  client?.sync();
}
