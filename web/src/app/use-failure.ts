import { App } from 'antd';
import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from './api.js';

/** Tells the user what went wrong, in one line: the server's own words, or that it cannot be reached. */
export function useFailure(): (error: unknown) => void {
  const { message } = App.useApp();
  const { t } = useTranslation();
  return useCallback(
    (error: unknown) => {
      const unreachable = error instanceof ApiError && error.code === 'unreachable';
      const text = error instanceof Error ? error.message : String(error);
      void message.error(unreachable ? t('unreachable') : t('failed', { message: text }));
    },
    [message, t],
  );
}
