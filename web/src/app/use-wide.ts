import { useSyncExternalStore } from 'react';

const WIDE = window.matchMedia('(min-width: 992px)');

/** Whether there is room for menu and page side by side. */
export function useWide(): boolean {
  const subscribe = (listener: () => void) => {
    WIDE.addEventListener('change', listener);
    return () => WIDE.removeEventListener('change', listener);
  };
  return useSyncExternalStore(subscribe, () => WIDE.matches);
}
