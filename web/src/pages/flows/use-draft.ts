import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { ApiError, post, put } from '../../app/api.js';
import { useUser } from '../../app/session.js';
import type { FlowDocument, Problem } from './model/document.js';
import { change, type History, historyOf, redo, undo } from './model/history.js';
import { forget, type Kept, keep, leftBehind } from './model/kept.js';
import type { FlowDetail } from './types.js';
import { useOtherTabs } from './use-other-tabs.js';

const CHECK_AFTER_MS = 350;
const KEEP_AFTER_MS = 600;

export interface Draft {
  doc: FlowDocument;
  problems: readonly Problem[];
  checking: boolean;
  dirty: boolean;
  canUndo: boolean;
  canRedo: boolean;
  /** What the server had when this work was begun: a save over another revision is refused. */
  revision: number;
  edit(next: FlowDocument | ((doc: FlowDocument) => FlowDocument), about?: string): void;
  undo(): void;
  redo(): void;
  /** Rejects with ApiError `conflict` when somebody else has saved meanwhile, unless `over` is the revision that was. */
  save(over?: number): Promise<FlowDetail>;
  /** What was left unsaved in this browser before, if anything. */
  left: Kept | undefined;
  restoreLeft(): void;
  discardLeft(): void;
  /** The flow is open in another tab of this browser, too. */
  elsewhere: boolean;
  /** Takes over what the server has; what was edited here comes back with undo. */
  take(flow: FlowDetail, doc: FlowDocument): void;
}

/** The document that is edited: its history, its problems as one types, what is not saved yet. */
export function useDraft(flow: FlowDetail, opened: FlowDocument): Draft {
  const [history, setHistory] = useState<History>(() => historyOf(opened));
  const [saved, setSaved] = useState(opened);
  const [revision, setRevision] = useState(flow.revision);
  const doc = history.present;
  const dirty = doc !== saved;
  const { problems, setProblems, checking } = useProblems(flow, doc);
  const { left, take: takeLeft, elsewhere } = useKept(flow.id, doc, revision, dirty);
  // published or rolled back from here: the work goes on from that
  const known = useRef(flow.revision);
  useEffect(() => {
    const before = known.current;
    known.current = flow.revision;
    setRevision((now) => (now === before ? flow.revision : now));
  }, [flow.revision]);

  const edit = useCallback<Draft['edit']>((next, about) => {
    setHistory((now) => change(now, typeof next === 'function' ? next(now.present) : next, about, Date.now()));
  }, []);
  const saving = useRef<Promise<FlowDetail>>(undefined);
  const save = useCallback<Draft['save']>(
    (over) => {
      // two saves at once would be each other's conflict
      saving.current ??= put<FlowDetail>(`/flows/${flow.id}`, { document: doc, name: doc.name, revision: over ?? revision })
        .then((answer) => {
          setSaved(doc);
          setRevision(answer.revision);
          setProblems(answer.problems);
          return answer;
        })
        .finally(() => {
          saving.current = undefined;
        });
      return saving.current;
    },
    [doc, flow.id, revision, setProblems],
  );
  const restoreLeft = useCallback(() => {
    if (!left) return;
    edit(left.document);
    setRevision(left.revision);
    takeLeft(true);
  }, [left, edit, takeLeft]);
  const discardLeft = useCallback(() => takeLeft(false), [takeLeft]);
  const take = useCallback<Draft['take']>(
    (fresh, next) => {
      edit(next);
      setSaved(next);
      setRevision(fresh.revision);
      setProblems(fresh.problems);
    },
    [edit, setProblems],
  );
  return useMemo(
    () => ({
      ...{ doc, problems, checking, dirty, revision, edit, save, left, restoreLeft, discardLeft, elsewhere, take },
      canUndo: history.past.length > 0,
      canRedo: history.future.length > 0,
      undo: () => setHistory(undo),
      redo: () => setHistory(redo),
    }),
    [doc, problems, checking, dirty, revision, history, edit, save, left, restoreLeft, discardLeft, elsewhere, take],
  );
}

/** What is wrong with the document, a moment after the last change. */
function useProblems(flow: FlowDetail, doc: FlowDocument) {
  const [problems, setProblems] = useState<readonly Problem[]>(flow.problems);
  const [checking, setChecking] = useState(false);
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
  return { problems, setProblems, checking };
}

/** Keeps what is not saved in this browser, and finds what an earlier tab has left. */
function useKept(flow: string, doc: FlowDocument, revision: number, dirty: boolean) {
  const user = useUser().username;
  const [opening] = useState(() => Array.from(crypto.getRandomValues(new Uint32Array(2)), (n) => n.toString(36)).join(''));
  const others = useOtherTabs(flow, opening);
  const [left, setLeft] = useState<Kept & { opening: string }>();
  const looked = useRef(false);
  useEffect(() => {
    if (!others || looked.current) return;
    looked.current = true;
    setLeft(leftBehind(localStorage, user, flow, (one) => one === opening || others.has(one), Date.now()));
  }, [others, user, flow, opening]);

  const put = useRef<() => void>(undefined);
  put.current = dirty ? () => void keep(localStorage, user, flow, opening, { document: doc, revision, at: Date.now() }) : undefined;
  useEffect(() => {
    if (!dirty) {
      forget(localStorage, user, flow, opening);
      return undefined;
    }
    const timer = setTimeout(() => put.current?.(), KEEP_AFTER_MS, doc);
    return () => clearTimeout(timer);
  }, [doc, dirty, user, flow, opening]);
  useEffect(() => {
    // a tab that is hidden may be gone without another word
    const hidden = (): void => {
      if (document.hidden) put.current?.();
    };
    document.addEventListener('visibilitychange', hidden);
    return () => {
      document.removeEventListener('visibilitychange', hidden);
      put.current?.();
    };
  }, []);

  /** No longer left: taken over here, or thrown away. */
  const take = useCallback(
    (adopt: boolean) => {
      if (!left) return;
      const { opening: old, ...work } = left;
      if (adopt) keep(localStorage, user, flow, opening, work);
      forget(localStorage, user, flow, old);
      setLeft(undefined);
    },
    [left, user, flow, opening],
  );
  return { left, take, elsewhere: (others?.size ?? 0) > 0 };
}

export const isConflict = (error: unknown): boolean =>
  error instanceof ApiError && error.code === 'conflict' && error.details.field === 'revision';
