import type { FieldProblem } from '@yixian/contracts/browser';
import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { type ErrorWords, errorWords, faultWords } from './error-words.js';
import { notify } from './notify.js';

/** Tells the user what went wrong: in the language of the page, with the server's own words as the detail. */
export function useFailure(): (error: unknown) => void {
  const words = useErrorWords();
  return useCallback(
    (error: unknown) => {
      const { text, detail } = words(error);
      notify('error', text, detail);
    },
    [words],
  );
}

/** What went wrong, to be shown where it belongs. */
export function useErrorWords(): (error: unknown) => ErrorWords {
  const { t, i18n } = useTranslation();
  const { language } = i18n;
  return useCallback((error: unknown) => errorWords(t, language, error), [t, language]);
}

/** What is wrong with a field. */
export function useFaultWords(): (problem: Omit<FieldProblem, 'field'>) => string {
  const { t } = useTranslation();
  return useCallback((problem: Omit<FieldProblem, 'field'>) => faultWords(t, problem), [t]);
}
