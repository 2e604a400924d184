import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import { en } from '../locales/en/index.js';
import { zh } from '../locales/zh/index.js';

export type Language = 'zh' | 'en';
const KEY = 'yixian.language';

export function storedLanguage(): Language {
  try {
    return localStorage.getItem(KEY) === 'en' ? 'en' : 'zh';
  } catch {
    return 'zh';
  }
}

export async function startI18n(): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: storedLanguage(),
    fallbackLng: 'zh',
    resources: { zh, en },
    defaultNS: 'common',
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  document.documentElement.lang = storedLanguage() === 'zh' ? 'zh-CN' : 'en';
}

export function setLanguage(language: Language): void {
  try {
    localStorage.setItem(KEY, language);
  } catch {
    // not kept, but shown
  }
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  void i18next.changeLanguage(language);
}
