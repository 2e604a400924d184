import { App } from 'antd';
import { useContext, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { UNSAFE_NavigationContext as NavigationContext } from 'react-router';
import { askBeforeBack } from '../../app/leaving.js';

/** Asks before unsaved work is left: by a link of the application, the browser's back button, or closing the tab. */
export function useGuard(dirty: boolean): void {
  const { t } = useTranslation('flows');
  const { modal } = App.useApp();
  const { navigator } = useContext(NavigationContext);
  useEffect(() => {
    if (!dirty) return undefined;
    let asking = false;
    const ask = (leave: () => void): void => {
      if (asking) return;
      asking = true;
      modal.confirm({
        title: t('editor.leaveTitle'),
        content: t('editor.leaveHint'),
        okText: t('editor.leave'),
        cancelText: t('editor.stay'),
        okButtonProps: { danger: true },
        autoFocusButton: 'cancel',
        onOk: leave,
        afterClose: () => {
          asking = false;
        },
      });
    };
    const restoreLinks = guardLinks(navigator, ask);
    const restoreHistory = askBeforeBack(ask);
    const onClose = (event: BeforeUnloadEvent): void => {
      event.preventDefault();
      // browsers of before 2024
      event.returnValue = true;
    };
    window.addEventListener('beforeunload', onClose);
    return () => {
      window.removeEventListener('beforeunload', onClose);
      restoreHistory();
      restoreLinks();
    };
  }, [dirty, navigator, modal, t]);
}

type Ask = (leave: () => void) => void;
type Links = { push: (...args: never[]) => void; replace: (...args: never[]) => void };

function guardLinks(navigator: Links, ask: Ask): () => void {
  const { push, replace } = navigator;
  navigator.push = (...args) => ask(() => push.apply(navigator, args));
  navigator.replace = (...args) => ask(() => replace.apply(navigator, args));
  return () => {
    navigator.push = push;
    navigator.replace = replace;
  };
}
