import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { SummaryView } from '@yixian/contracts/browser';
import { useCallback, useEffect, useRef, useState } from 'react';
import { ApiError, get, request } from '../../app/api.js';

type Text = Pick<SummaryView, 'disposition' | 'subject' | 'notes'>;
export type SaveStatus = 'loading' | 'saved' | 'typing' | 'saving' | 'failed' | 'conflict';

const EMPTY: Text = { disposition: null, subject: '', notes: '' };
const TYPING_MS = 700;
const RETRY_MS = 4_000;

const textOf = ({ disposition, subject, notes }: Text): Text => ({ disposition, subject, notes });

/**
 * A summary that is saved as it is typed: a moment after the last key, one save at a time, again when the network is back,
 * and at once when the page goes. Who was faster is shown and decides nothing by himself.
 */
export function useSummary(id: string, writable: boolean) {
  const client = useQueryClient();
  const { data } = useQuery({ queryKey: ['summary', id], queryFn: () => get<SummaryView>(`/calls/${id}/summary`), staleTime: 0, retry: 1 });
  const [draft, setDraft] = useState<Text>();
  const [status, setStatus] = useState<SaveStatus>('loading');
  const [theirs, setTheirs] = useState<SummaryView>();
  const state = useRef({
    revision: 0,
    draft: undefined as Text | undefined,
    timer: undefined as ReturnType<typeof setTimeout> | undefined,
  });

  const save = useCallback(
    async (leaving = false): Promise<void> => {
      const now = state.current;
      clearTimeout(now.timer);
      now.timer = undefined;
      const text = now.draft;
      if (!text) return;
      setStatus('saving');
      try {
        const body = { ...text, revision: now.revision };
        const saved = await request<SummaryView>('PUT', `/calls/${id}/summary`, body, leaving ? { keepalive: true } : {});
        now.revision = saved.revision;
        client.setQueryData(['summary', id], saved);
        if (now.draft === text) {
          now.draft = undefined;
          setDraft(undefined);
          setStatus('saved');
        } else void save();
      } catch (error) {
        if (error instanceof ApiError && error.status === 409) {
          setTheirs(await get<SummaryView>(`/calls/${id}/summary`));
          setStatus('conflict');
          return;
        }
        setStatus('failed');
        const retry = error instanceof ApiError && (error.status === 0 || error.status >= 500);
        if (retry) now.timer = setTimeout(() => void save(), RETRY_MS);
      }
    },
    [id, client],
  );

  useEffect(() => {
    if (!data || state.current.draft) return;
    state.current.revision = data.revision;
    setStatus('saved');
  }, [data]);

  useEffect(() => {
    const leave = (): void => void save(true);
    window.addEventListener('pagehide', leave);
    return () => {
      window.removeEventListener('pagehide', leave);
      leave();
    };
  }, [save]);

  const text = draft ?? (data ? textOf(data) : EMPTY);
  function change(part: Partial<Text>): void {
    if (!writable) return;
    const next = { ...text, ...part };
    const now = state.current;
    now.draft = next;
    setDraft(next);
    if (status === 'conflict' || status === 'saving') return;
    setStatus('typing');
    clearTimeout(now.timer);
    now.timer = setTimeout(() => void save(), TYPING_MS);
  }
  function settle(mine: boolean): void {
    if (!theirs) return;
    state.current.revision = theirs.revision;
    client.setQueryData(['summary', id], theirs);
    setTheirs(undefined);
    if (mine) {
      void save();
      return;
    }
    state.current.draft = undefined;
    setDraft(undefined);
    setStatus('saved');
  }
  return {
    text,
    change,
    status,
    theirs,
    keepMine: () => settle(true),
    takeTheirs: () => settle(false),
    savedAt: data?.updatedAt ?? null,
  };
}
