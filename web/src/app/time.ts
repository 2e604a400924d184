import { useSyncExternalStore } from 'react';
import { livePicture } from './live.js';

// One clock for all the timers of a page: a hundred durations tick with one interval.

const listeners = new Set<() => void>();
let second = Math.floor(Date.now() / 1000);
let ticking: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  ticking ??= setInterval(() => {
    const next = Math.floor(Date.now() / 1000);
    if (next === second) return;
    second = next;
    for (const one of listeners) one();
  }, 250);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(ticking);
    ticking = undefined;
  };
}

/** The server's time in whole seconds, as epoch milliseconds; a new render each second. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => second) * 1000 + livePicture().clockOffset;
}

/** `3:05`, `1:02:09`. Never negative. */
export function clockText(ms: number): string {
  const total = Math.max(0, Math.round(ms / 1000));
  const [h, m, s] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
  const two = (n: number): string => String(n).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** A point in time in the words of the browser's zone: `11-25 09:30:12`, with the year when it is another. */
export function momentText(iso: string | number | null | undefined): string {
  if (iso === null || iso === undefined) return '';
  const at = new Date(iso);
  const two = (n: number): string => String(n).padStart(2, '0');
  const year = at.getFullYear() === new Date().getFullYear() ? '' : `${at.getFullYear()}-`;
  return `${year}${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}
