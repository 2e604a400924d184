import type { Locale } from 'antd/es/locale';
import i18next, { type BackendModule } from 'i18next';
import { useSyncExternalStore } from 'react';
import { initReactI18next } from 'react-i18next';
import { firstWords, keptLanguage, LANGUAGE_KEY, type Language } from './kept.js';

/** What the first view says; all of it in one file of each language. */
const FIRST: readonly string[] = ['common', 'desk', 'phone'];

/** A catalogue is loaded when a page first asks for it, in the language that is spoken: no page waits for another's words. */
const CATALOGUES = import.meta.glob<Record<string, object>>(['../locales/*/*.ts', '!../locales/*/{index,common,desk,phone}.ts']);
const backend: BackendModule = {
  type: 'backend',
  init() {},
  read(language, namespace, callback) {
    const load = FIRST.includes(namespace) ? () => firstWords(language as Language) : CATALOGUES[`../locales/${language}/${namespace}.ts`];
    if (!load) {
      callback(new Error(`there is no catalogue ${namespace} in ${language}`), null);
      return;
    }
    load().then(
      (module) => callback(null, (module as Record<string, object>)[namespace] ?? {}),
      (error: Error) => callback(error, null),
    );
  },
};

let components: Locale | undefined;
const listeners = new Set<() => void>();

async function speak(language: Language, words: Promise<unknown>): Promise<void> {
  const [loaded] = await Promise.all([firstWords(language), words]);
  components = loaded.components;
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  for (const listener of listeners) listener();
}

export async function startI18n(): Promise<void> {
  const lng = keptLanguage();
  const words = i18next
    .use(backend)
    .use(initReactI18next)
    .init({
      lng,
      fallbackLng: false,
      load: 'currentOnly',
      // a copy: the library adds to it
      ns: [...FIRST],
      defaultNS: 'common',
      // `open` and `close` stand for braces that are to be read as such
      interpolation: { escapeValue: false, defaultVariables: { open: '{{', close: '}}' } },
      returnNull: false,
    });
  await speak(lng, words);
}

export async function setLanguage(language: Language): Promise<void> {
  try {
    localStorage.setItem(LANGUAGE_KEY, language);
  } catch {
    // not kept, but shown
  }
  await speak(language, i18next.changeLanguage(language));
}

/** The words of the components in the language that is spoken. */
export function useComponentLocale(): Locale | undefined {
  const subscribe = (listener: () => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  return useSyncExternalStore(subscribe, () => components);
}
