import { useEffect } from 'react';

/** Function keys, so that they work while a note is being typed. */
export const SHORTCUTS = { answer: 'F2', hangUp: 'F4', hold: 'F8', mute: 'F9', transfer: 'F7' } as const;
export type Shortcut = keyof typeof SHORTCUTS;

/** Runs what the key stands for; a missing handler leaves the key to the browser. */
export function useShortcuts(handlers: Partial<Record<Shortcut, (() => void) | undefined>>): void {
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.repeat) return;
      const name = (Object.keys(SHORTCUTS) as Shortcut[]).find((one) => SHORTCUTS[one] === event.key);
      const run = name && handlers[name];
      if (!run) return;
      event.preventDefault();
      run();
    };
    window.addEventListener('keydown', listen);
    return () => window.removeEventListener('keydown', listen);
  });
}
