import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { errorWords } from './error-words.js';
import { notify } from './notify.js';

/** Tells the user what went wrong: in the language of the page, with the server's own words as the detail. */
export function useFailure(): (error: unknown) => void {
  const { t, i18n } = useTranslation();
  const { language } = i18n;
  return useCallback(
    (error: unknown) => {
      const { text, detail } = errorWords(t, language, error);
      notify('error', text, detail);
    },
    [t, language],
  );
}
