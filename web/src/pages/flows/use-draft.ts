import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { ApiError, post, put } from '../../app/api.js';
import type { FlowDocument, Problem } from './model/document.js';
import { change, type History, historyOf, redo, undo } from './model/history.js';
import type { FlowDetail } from './types.js';

const CHECK_AFTER_MS = 350;
const KEEP_AFTER_MS = 600;

export interface Draft {
  doc: FlowDocument;
  problems: readonly Problem[];
  checking: boolean;
  dirty: boolean;
  canUndo: boolean;
  canRedo: boolean;
  edit(next: FlowDocument | ((doc: FlowDocument) => FlowDocument), about?: string): void;
  undo(): void;
  redo(): void;
  /** Rejects with ApiError `conflict` when somebody else has saved meanwhile; `over` saves all the same. */
  save(over?: boolean): Promise<FlowDetail>;
  /** What was left unsaved here before, if anything. */
  left: FlowDocument | undefined;
  discardLeft(): void;
  reset(flow: FlowDetail, doc: FlowDocument): void;
}

const keyOf = (id: string): string => `yixian.flow.${id}`;

/** The document that is edited: its history, its problems as one types, what is not saved yet. */
export function useDraft(flow: FlowDetail, opened: FlowDocument): Draft {
  const [history, setHistory] = useState<History>(() => historyOf(opened));
  const [saved, setSaved] = useState(opened);
  const [problems, setProblems] = useState<readonly Problem[]>(flow.problems);
  const [checking, setChecking] = useState(false);
  const [left, setLeft] = useState(() => leftFor(flow.id, opened));
  const revision = useRef(flow.revision);
  revision.current = flow.revision;
  const doc = history.present;
  const dirty = doc !== saved;
  const first = useRef(true);

  useEffect(() => {
    if (first.current) {
      first.current = false;
      return undefined;
    }
    const asked = new AbortController();
    setChecking(true);
    const timer = setTimeout(() => {
      void post<{ problems: Problem[] }>(`/flows/${flow.id}/validate`, { document: doc }).then(
        (answer) => {
          if (asked.signal.aborted) return;
          setProblems(answer.problems);
          setChecking(false);
        },
        () => !asked.signal.aborted && setChecking(false),
      );
    }, CHECK_AFTER_MS);
    return () => {
      asked.abort();
      clearTimeout(timer);
    };
  }, [doc, flow.id]);

  useEffect(() => {
    const timer = setTimeout(() => keep(flow.id, dirty ? doc : undefined), dirty ? KEEP_AFTER_MS : 0);
    return () => clearTimeout(timer);
  }, [doc, dirty, flow.id]);

  const edit = useCallback<Draft['edit']>((next, about) => {
    setHistory((now) => change(now, typeof next === 'function' ? next(now.present) : next, about, Date.now()));
  }, []);
  const save = useCallback<Draft['save']>(
    async (over = false) => {
      const answer = await put<FlowDetail>(`/flows/${flow.id}`, {
        document: doc,
        name: doc.name,
        ...(over ? {} : { revision: revision.current }),
      });
      setSaved(doc);
      setProblems(answer.problems);
      return answer;
    },
    [doc, flow.id],
  );
  return useMemo(
    () => ({
      doc,
      problems,
      checking,
      dirty,
      canUndo: history.past.length > 0,
      canRedo: history.future.length > 0,
      edit,
      undo: () => setHistory(undo),
      redo: () => setHistory(redo),
      save,
      left,
      discardLeft() {
        keep(flow.id, undefined);
        setLeft(undefined);
      },
      reset(fresh, next) {
        setHistory(historyOf(next));
        setSaved(next);
        setProblems(fresh.problems);
      },
    }),
    [doc, problems, checking, dirty, history, edit, save, left, flow.id],
  );
}

export const isConflict = (error: unknown): boolean =>
  error instanceof ApiError && error.code === 'conflict' && error.details.field === 'revision';

function keep(id: string, doc: FlowDocument | undefined): void {
  try {
    if (doc) sessionStorage.setItem(keyOf(id), JSON.stringify(doc));
    else sessionStorage.removeItem(keyOf(id));
  } catch {
    // a browser that keeps nothing: the guard still asks
  }
}

function leftFor(id: string, opened: FlowDocument): FlowDocument | undefined {
  try {
    const text = sessionStorage.getItem(keyOf(id));
    return text === null || text === JSON.stringify(opened) ? undefined : (JSON.parse(text) as FlowDocument);
  } catch {
    return undefined;
  }
}
