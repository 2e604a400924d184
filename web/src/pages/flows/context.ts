import { useQueries, useQuery } from '@tanstack/react-query';
import type { FlowVocabulary } from '@yixian/contracts/browser';
import { createContext, useContext } from 'react';
import { get, type Page } from '../../app/api.js';
import type { FlowDocument, Problem, Types } from './model/document.js';

export interface Choice {
  value: string;
  label: string;
  /** What it is called, or what a prompt says; its id where it has no name. */
  name: string;
  /** What a prompt says, in words. */
  text?: string | undefined;
}

/** Everything the panels need to know of the flow that is open. */
export interface EditorContext {
  vocabulary: FlowVocabulary;
  types: Types;
  doc: FlowDocument;
  problems: readonly Problem[];
  variables: string[];
  /** What there is, by the kind a schema names. */
  choices: Record<string, Choice[]>;
}

const Context = createContext<EditorContext | undefined>(undefined);
export const EditorProvider = Context.Provider;

export function useEditor(): EditorContext {
  const found = useContext(Context);
  if (!found) throw new Error('used outside of the editor');
  return found;
}

export function useVocabulary() {
  return useQuery({ queryKey: ['flow-nodes'], queryFn: () => get<FlowVocabulary>('/flow-nodes'), staleTime: Number.POSITIVE_INFINITY });
}

export async function allOf<T>(path: string): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const page: Page<T> = await get<Page<T>>(path, { limit: 200, cursor });
    items.push(...page.items);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return items;
}

const SOURCES: [kind: string, path: string, key: string][] = [
  ['queue', '/queues', 'id'],
  ['box', '/boxes', 'id'],
  ['extension', '/extensions', 'number'],
  ['flow', '/flows', 'id'],
  ['schedule', '/schedules', 'id'],
  ['list', '/lists', 'id'],
  ['skill', '/skills', 'id'],
  ['prompt', '/prompts', 'id'],
];

/** What a thing a flow names is called; its id where that is not known. */
export const nameAmong = (choices: Record<string, Choice[]>, kind: string, id: string): string =>
  choices[kind]?.find((one) => one.value === id)?.name ?? id;

/** Ids of everything a flow may name, with their names. */
export function useChoices(): Record<string, Choice[]> {
  return useQueries({
    queries: SOURCES.map(([, path]) => ({
      queryKey: [path.slice(1), 'choices'],
      queryFn: () => allOf<Record<string, unknown>>(path),
      staleTime: 10_000,
    })),
    combine,
  });
}

const combine = (results: readonly { data?: Record<string, unknown>[] | undefined }[]): Record<string, Choice[]> =>
  Object.fromEntries(SOURCES.map(([kind, , key], i) => [kind, (results[i]?.data ?? []).map((one) => choiceOf(one, key))]));

function choiceOf(one: Record<string, unknown>, key: string): Choice {
  const value = String(one[key] ?? one.extension ?? one.id ?? '');
  const words = [one.name, one.displayName, one.text].find((word) => typeof word === 'string' && word !== '' && word !== value);
  return {
    value,
    label: words === undefined ? value : `${value} · ${String(words)}`,
    name: words === undefined ? value : String(words),
    ...(typeof one.text === 'string' ? { text: one.text } : {}),
  };
}
