import type { Logger, MediaItem } from '@yixian/contracts';
import type { SpeechItem } from '../core/machine.js';
import type { PromptLibrary } from './prompts.js';
import type { Tts } from './tts.js';

/** Heard where nothing can be said: long enough to notice, short enough to wait for. */
const PAUSE: MediaItem = { kind: 'silence', durationMs: 500 };

export interface SpeechDeps {
  prompts: Pick<PromptLibrary, 'item' | 'sayDigits' | 'phrase'>;
  tts?: Pick<Tts, 'speak'>;
  logger: Logger;
}

/** What a leg plays for what a flow says; a promise only when a text has to be spoken. What is missing becomes a pause. */
export function mediaFor(items: readonly SpeechItem[], language: string, deps: SpeechDeps): MediaItem[] | Promise<MediaItem[]> {
  const parts = items.map((item) => mediaOf(item, language, deps));
  return parts.some((part) => part instanceof Promise) ? Promise.all(parts).then(orPause) : orPause(parts as MediaItem[][]);
}

/** What can be said without waiting for speech synthesis; the rest is left out. */
export function mediaAtOnce(items: readonly SpeechItem[], language: string, deps: Omit<SpeechDeps, 'tts'>): MediaItem[] {
  const { prompts, logger } = deps;
  return items.flatMap((item) => {
    const media = item.kind === 'say' ? [] : mediaOf(item, language, { prompts, logger });
    return media instanceof Promise ? [] : media;
  });
}

function orPause(parts: MediaItem[][]): MediaItem[] {
  const media = parts.flat();
  return media.length === 0 ? [PAUSE] : media;
}

function mediaOf(item: SpeechItem, language: string, deps: SpeechDeps): MediaItem[] | Promise<MediaItem[]> {
  switch (item.kind) {
    case 'prompt': {
      const media = deps.prompts.item(item.id, language);
      return media ? [media] : [];
    }
    case 'phrase':
      return deps.prompts.phrase(item, language) ?? say(item.text, language, deps);
    case 'say':
      return say(item.text, language, deps);
  }
}

function say(text: string, language: string, deps: SpeechDeps): MediaItem[] | Promise<MediaItem[]> {
  if (!deps.tts) {
    deps.logger.warn({ text }, 'a text cannot be spoken: no speech synthesis is configured');
    return [];
  }
  return deps.tts.speak(text, language).then((path): MediaItem[] => (path === undefined ? [] : [{ kind: 'file', path }]));
}
