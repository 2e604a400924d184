import { useQueries } from '@tanstack/react-query';
import type { FlowNamesView } from '@yixian/contracts/browser';
import { useTranslation } from 'react-i18next';
import { get } from '../app/api.js';
import { useLive } from '../app/live.js';

/** A published flow is rarely renamed while somebody looks at a call. */
const KEEP_MS = 5 * 60_000;

export interface PathStep {
  kind: string;
  /** For people: names of flows, nodes, queues and agents, not their ids. */
  text: string;
}

const splitStep = (step: string): [kind: string, what: string] => {
  const at = step.indexOf(':');
  return at < 0 ? [step, ''] : [step.slice(0, at), step.slice(at + 1)];
};

/** The flows on the way, by id, as far as they are known. */
export function useFlows(path: readonly string[]): ReadonlyMap<string, FlowNamesView> {
  const ids = [...new Set(path.map(splitStep).flatMap(([kind, what]) => (kind === 'flow' ? [what] : [])))];
  return useQueries({
    queries: ids.map((id) => ({
      queryKey: ['flow-names', id],
      queryFn: () => get<FlowNamesView>(`/desk/flows/${encodeURIComponent(id)}`),
      staleTime: KEEP_MS,
      retry: false,
    })),
    combine: (results) => new Map(results.flatMap(({ data }) => (data ? [[data.id, data] as const] : []))),
  });
}

/** The way a call has taken, in words. A key is told with what it stands for: the label of the node it led to. */
export function useCallPath(path: readonly string[]): PathStep[] {
  const { t } = useTranslation('desk');
  const queues = useLive((picture) => picture.queues);
  const agents = useLive((picture) => picture.agents);
  const flows = useFlows(path);
  let flow = '';
  let node = '';
  // A flow that was returned from is not told: its caller's nodes are looked for in every flow of the path.
  const label = (id: string): string =>
    flows.get(flow)?.nodes[id] ?? [...flows.values()].find(({ nodes }) => nodes[id] !== undefined)?.nodes[id] ?? id;
  const nameOf = (kind: string, what: string): string => {
    if (kind === 'queue') return queues.get(what)?.name ?? what;
    if (kind === 'agent') return agents.get(what)?.name ?? what;
    return kind === 'flow' ? (flows.get(what)?.name ?? what) : what;
  };
  const steps = path.map(splitStep);
  return steps.map(([kind, what], i) => {
    switch (kind) {
      case 'flow':
        flow = what;
        return { kind, text: t('path.flow', { what: nameOf(kind, what) }) };
      case 'node':
        node = what;
        return { kind, text: label(what) };
      case 'key': {
        const [next, to = ''] = steps[i + 1] ?? [];
        const words = { node: label(node), key: what, to: label(to) };
        return { kind, text: t(next === 'node' && to !== node ? 'path.keyTo' : 'path.key', words) };
      }
      case 'transfer':
      case 'consult':
        return { kind, text: t(`path.${kind}`, { what: nameOf(...splitStep(what)) || what }) };
      case 'queue':
      case 'agent':
      case 'to':
      case 'park':
      case 'retrieve':
      case 'survey':
        return { kind, text: t(`path.${kind}`, { what: nameOf(kind, what) }) };
      default:
        return { kind, text: what === '' ? kind : `${kind} ${what}` };
    }
  });
}
