import type { EventView } from '@yixian/contracts/browser';
import { useSyncExternalStore } from 'react';
import { get, post } from '../../app/api.js';
import { onEvent } from '../../app/live.js';
import { onSession, session } from '../../app/session.js';

// The call this supervisor is on: from the wish, over the ringing of the own seat, to the end. Kept over a reload of the page.

export type WatchMode = 'listen' | 'whisper' | 'barge' | 'takeover';

export interface OwnSupervision {
  callId: string;
  /** Extension of the agent. */
  agent: string;
  mode: WatchMode;
  /** `calling`: the own seat rings. */
  phase: 'calling' | 'on';
  /** Epoch milliseconds. */
  since: number;
}

const KEY = 'yixian.supervision';
/** A seat that rings longer is not there; the server gives up before. */
const RING_MS = 60_000;
const WATCHING = new Set(['listening', 'whispering', 'talking', 'ringing']);

let own: OwnSupervision | undefined = read();
let deadline: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

function read(): OwnSupervision | undefined {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? 'null') ?? undefined;
  } catch {
    return undefined;
  }
}

function set(next: OwnSupervision | undefined): void {
  own = next;
  clearTimeout(deadline);
  if (next?.phase === 'calling') deadline = setTimeout(() => set(undefined), RING_MS);
  try {
    if (next) sessionStorage.setItem(KEY, JSON.stringify(next));
    else sessionStorage.removeItem(KEY);
  } catch {
    // a browser that keeps nothing: a reload forgets it
  }
  for (const listener of listeners) listener();
}

function hear(event: EventView): void {
  const me = session()?.user.extension;
  if (!own || event.callId !== own.callId) return;
  const mine = event.data.by === me || event.agentId === me;
  switch (event.type) {
    case 'call.supervised':
      if (event.data.by === me && event.data.mode !== 'release') {
        const mode = event.data.mode as WatchMode;
        set({ ...own, mode, agent: event.agentId ?? own.agent, phase: 'on', since: own.phase === 'on' ? own.since : Date.parse(event.at) });
      }
      break;
    case 'call.supervision-ended':
    case 'leg.ended':
      // a takeover ends the supervision and goes on as a conversation: until the own leg ends
      if (mine && (event.type === 'leg.ended' || own.mode !== 'takeover')) set(undefined);
      break;
    case 'call.ended':
      set(undefined);
      break;
    default:
      break;
  }
}

/** Whether what was kept over a reload is still so. */
async function verify(): Promise<void> {
  const known = own;
  const me = session()?.user.extension;
  if (!known) return;
  const there = await get<{ items: { party: string; state: string }[] }>(`/calls/${known.callId}/parties`)
    .then(({ items }) => items.some(({ party, state }) => party === me && WATCHING.has(state)))
    .catch(() => false);
  if (!there && own === known) set(undefined);
}

void verify();
onEvent(hear);
onSession(() => {
  if (!session()) set(undefined);
});

/** Rings the own seat, or changes the mode where it is on the call already. Rejects with the server's words. */
export async function supervise(callId: string, agent: string, mode: WatchMode): Promise<void> {
  const before = own;
  const changes = before?.callId === callId && before.phase === 'on';
  if (before && before.callId !== callId) await post(`/calls/${before.callId}/supervise`, { mode: 'stop' }).catch(() => undefined);
  if (!changes) set({ callId, agent, mode, phase: 'calling', since: Date.now() });
  try {
    await post(`/calls/${callId}/supervise`, { mode, agent });
  } catch (error) {
    if (!changes) set(undefined);
    throw error;
  }
}

export async function stopSupervision(): Promise<void> {
  if (own) await post(`/calls/${own.callId}/supervise`, { mode: 'stop' });
  set(undefined);
}

export function useOwnSupervision(): OwnSupervision | undefined {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => own,
  );
}
