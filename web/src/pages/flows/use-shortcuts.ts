import { useEffect, useRef } from 'react';
import { type Clipping, type ClippingFault, readClipping, type Types } from './model/document.js';

interface Deeds {
  undo(): void;
  redo(): void;
  save(): void;
  selectAll(): void;
  remove(): void;
  copy(): Clipping;
  paste(clipping: Clipping): void;
  /** A clipboard that was meant for the canvas, but cannot be pasted. */
  onFault(fault: ClippingFault): void;
  types: Types;
  selected: ReadonlySet<string>;
  /** False while a comparison is shown: nothing can be changed then. */
  active: boolean;
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** Ctrl or ⌘ with Z, Y, S, A, F; copy, cut and paste through the system's clipboard, so that nodes go from flow to flow. */
export function useShortcuts(deeds: Deeds): void {
  const now = useRef(deeds);
  now.current = deeds;
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (!(event.ctrlKey || event.metaKey)) return;
      const key = event.key.toLowerCase();
      if (key === 's') {
        event.preventDefault();
        now.current.save();
        return;
      }
      if (key === 'f') {
        event.preventDefault();
        document.getElementById('find-node')?.focus();
        return;
      }
      if (isTyping(event.target) || !now.current.active) return;
      if (key === 'z' && !event.shiftKey) now.current.undo();
      else if (key === 'y' || (key === 'z' && event.shiftKey)) now.current.redo();
      else if (key === 'a') now.current.selectAll();
      else return;
      event.preventDefault();
    };
    const onCopy = (event: ClipboardEvent): void => {
      if (isTyping(event.target) || now.current.selected.size === 0 || String(window.getSelection() ?? '') !== '') return;
      event.clipboardData?.setData('text/plain', JSON.stringify(now.current.copy()));
      event.preventDefault();
      if (event.type === 'cut' && now.current.active) now.current.remove();
    };
    const onPaste = (event: ClipboardEvent): void => {
      if (isTyping(event.target) || !now.current.active) return;
      const read = readClipping(event.clipboardData?.getData('text/plain') ?? '', now.current.types);
      if (!read) return;
      if ('fault' in read) now.current.onFault(read);
      else now.current.paste(read);
    };
    window.addEventListener('keydown', onKey);
    document.addEventListener('copy', onCopy);
    document.addEventListener('cut', onCopy);
    document.addEventListener('paste', onPaste);
    return () => {
      window.removeEventListener('keydown', onKey);
      document.removeEventListener('copy', onCopy);
      document.removeEventListener('cut', onCopy);
      document.removeEventListener('paste', onPaste);
    };
  }, []);
}
