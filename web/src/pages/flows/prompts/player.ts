import type { SaidItem } from '@yixian/contracts/browser';
import { useSyncExternalStore } from 'react';
import { download, withQuery } from '../../../app/api.js';

// One thing is heard at a time: another one, or stopping, ends it.

let current: { key: string; stop(): void } | undefined;
const listeners = new Set<() => void>();

function tell(): void {
  for (const listener of listeners) listener();
}

/** Which of the things that can be heard is heard now. */
export function usePlaying(): string | undefined {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current?.key,
  );
}

export function stopPlaying(): void {
  current?.stop();
}

type Source = () => Promise<Blob>;

export const promptSource =
  (prompt: string, language: string): Source =>
  () =>
    download(withQuery('/speech', { prompt, language }));
export const textSource =
  (text: string, language: string): Source =>
  () =>
    download(withQuery('/speech', { text, language }));

/** The sounds of what a simulated call is told; a phrase that lacks a piece is spoken whole. */
export function sourcesOf(items: readonly SaidItem[], language: string): Source[] {
  return items.flatMap((item): Source[] => {
    if (item.kind === 'prompt') return [promptSource(item.prompt ?? '', language)];
    if (item.kind === 'say') return [textSource(item.text, language)];
    const pieces = item.pieces.map((piece) => promptSource(piece, language));
    return pieces.length > 0 ? pieces : [textSource(item.text, language)];
  });
}

/** Resolves true when all was heard to its end, false when it was stopped. What cannot be had is left out, and the first reason thrown at the end. */
export async function play(key: string, sources: readonly Source[]): Promise<boolean> {
  stopPlaying();
  let stopped = false;
  let audio: HTMLAudioElement | undefined;
  let wake = (): void => undefined;
  const own = {
    key,
    stop() {
      stopped = true;
      audio?.pause();
      if (current === own) current = undefined;
      tell();
      wake();
    },
  };
  current = own;
  tell();
  let failure: unknown;
  for (const source of sources) {
    if (stopped) break;
    try {
      const url = URL.createObjectURL(await source());
      if (stopped) break;
      const one = new Audio(url);
      audio = one;
      await new Promise<void>((resolve, reject) => {
        wake = resolve;
        one.onended = () => resolve();
        one.onerror = () => reject(new Error('audio'));
        one.play().catch(reject);
      }).finally(() => URL.revokeObjectURL(url));
    } catch (error) {
      failure ??= error;
    }
  }
  if (current === own) {
    current = undefined;
    tell();
  }
  if (failure !== undefined && !stopped) throw failure;
  return !stopped;
}
