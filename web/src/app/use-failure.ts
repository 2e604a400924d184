import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from './api.js';
import { notify } from './notify.js';

/** Tells the user what went wrong, in one line: the server's own words, or that it cannot be reached. */
export function useFailure(): (error: unknown) => void {
  const { t } = useTranslation();
  return useCallback(
    (error: unknown) => {
      const unreachable = error instanceof ApiError && error.code === 'unreachable';
      const text = error instanceof Error ? error.message : String(error);
      notify('error', unreachable ? t('unreachable') : t('failed', { message: text }));
    },
    [t],
  );
}
