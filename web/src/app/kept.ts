// What this browser keeps from one visit to the next, as far as the page must know it before anything else is there.

export type Language = 'zh' | 'en';

export const LANGUAGE_KEY = 'yixian.language';
export const SESSION_KEY = 'yixian.session';

/** What is kept under a name; nothing in a browser that keeps nothing. */
function kept(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export function keptLanguage(): Language {
  return kept(LANGUAGE_KEY) === 'en' ? 'en' : 'zh';
}

/** The session as text; it is read in `session.ts`. */
export function keptSession(): string | null {
  return kept(SESSION_KEY);
}

/** The words of the first view in one file: of every page, of the desk, of its telephone, and of the library's components. */
export const firstWords = (language: Language) => (language === 'en' ? import('../first-words/en.js') : import('../first-words/zh.js'));
