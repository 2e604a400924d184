import type { FlowDocument } from './document.js';

/** What was, is, and was undone; typing in one field is one step. */
export interface History {
  readonly past: readonly FlowDocument[];
  readonly present: FlowDocument;
  readonly future: readonly FlowDocument[];
  /** What the last change was about, and when: the next one of the same within a moment joins it. */
  readonly about: string | undefined;
  readonly at: number;
}

const MOMENT_MS = 1_000;
const MOST = 200;

export const historyOf = (present: FlowDocument): History => ({ past: [], present, future: [], about: undefined, at: 0 });

export function change(history: History, present: FlowDocument, about: string | undefined, now: number): History {
  if (present === history.present) return history;
  const joins = about !== undefined && about === history.about && now - history.at < MOMENT_MS;
  const past = joins ? history.past : [...history.past, history.present].slice(-MOST);
  return { past, present, future: [], about, at: now };
}

export function undo(history: History): History {
  const present = history.past.at(-1);
  if (!present) return history;
  return { past: history.past.slice(0, -1), present, future: [history.present, ...history.future], about: undefined, at: 0 };
}

export function redo(history: History): History {
  const [present, ...future] = history.future;
  if (!present) return history;
  return { past: [...history.past, history.present], present, future, about: undefined, at: 0 };
}
