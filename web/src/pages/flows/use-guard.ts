import { App } from 'antd';
import { useContext, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { UNSAFE_NavigationContext as NavigationContext } from 'react-router';

/** Asks before unsaved work is left, by a link of the application or by closing the tab. */
export function useGuard(dirty: boolean): void {
  const { t } = useTranslation('flows');
  const { modal } = App.useApp();
  const { navigator } = useContext(NavigationContext);
  useEffect(() => {
    if (!dirty) return undefined;
    const ask = (event: BeforeUnloadEvent): void => event.preventDefault();
    window.addEventListener('beforeunload', ask);
    const { push, replace } = navigator;
    const guarded =
      (go: typeof push): typeof push =>
      (...args) => {
        modal.confirm({
          title: t('editor.leaveTitle'),
          content: t('editor.leaveHint'),
          okText: t('editor.leave'),
          cancelText: t('editor.stay'),
          okButtonProps: { danger: true },
          onOk: () => go.apply(navigator, args),
        });
      };
    navigator.push = guarded(push);
    navigator.replace = guarded(replace);
    return () => {
      window.removeEventListener('beforeunload', ask);
      navigator.push = push;
      navigator.replace = replace;
    };
  }, [dirty, navigator, modal, t]);
}
