import { App } from 'antd';
import { useContext, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { UNSAFE_NavigationContext as NavigationContext } from 'react-router';
import { askBeforeLeaving } from '../app/leaving.js';

interface Unsaved {
  /** Closes a form that stands on the page: at once, or after a question when something would be lost. */
  close(leave: () => void): void;
  /** It is saved and the page will be left for that: nothing is asked any more. */
  saved(): void;
}

/** Whether two states of a form would be saved as the same. */
export const same = (one: unknown, other: unknown): boolean => one === other || JSON.stringify(one) === JSON.stringify(other);

/**
 * Asks before unsaved work is left: by a link of the application, the browser's back button, closing the tab, signing out.
 * `hint` says what becomes of it; by default that it is lost.
 */
export function useUnsaved(dirty: boolean, hint?: string): Unsaved {
  const { t } = useTranslation();
  const { modal } = App.useApp();
  const { navigator } = useContext(NavigationContext);
  const end = useRef<() => void>(undefined);
  useEffect(() => {
    if (!dirty) return undefined;
    let asking = false;
    const release = askBeforeLeaving(navigator, (leave) => {
      if (asking) return;
      asking = true;
      modal.confirm({
        title: t('unsaved.leaveTitle'),
        content: hint ?? t('unsaved.leaveHint'),
        okText: t('unsaved.leave'),
        cancelText: t('unsaved.stay'),
        okButtonProps: { danger: true },
        autoFocusButton: 'cancel',
        onOk: leave,
        afterClose: () => {
          asking = false;
        },
      });
    });
    end.current = release;
    return release;
  }, [dirty, hint, navigator, modal, t]);
  return {
    close(leave) {
      if (!dirty) return leave();
      void modal.confirm({
        title: t('unsaved.discardTitle'),
        okText: t('unsaved.discard'),
        cancelText: t('unsaved.keep'),
        okButtonProps: { danger: true },
        autoFocusButton: 'cancel',
        onOk: leave,
      });
    },
    saved: () => end.current?.(),
  };
}
