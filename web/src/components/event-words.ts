import type { CallDirection, EventCatalogue, EventType, EventView } from '@yixian/contracts/browser';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import { useLive } from '../app/live.js';
import { clockText } from '../app/time.js';
import { useFlows } from './call-path.js';
import { useStateReason } from './state-reason.js';

// An event in words: its name and what its data say, with names for ids. What says nothing to a reader is left out.

type Known<T> = T extends unknown ? (string extends keyof T ? never : keyof T) : never;
/** Every name a datum of the catalogue has. */
type Datum = Known<EventCatalogue[EventType]>;

interface Words {
  t: TFunction<['events', 'common', 'records', 'supervise']>;
  agent(id: string): string;
  queue(id: string): string;
  flow(id: string): string;
  node(id: string): string;
  stateReason(reason: string): string;
}

type Show = (value: never, words: Words, event: EventView) => string | undefined;

const asItIs: Show = (value: string | number) => String(value);
/** From a group of the catalogue; what it does not hold is told as it is. */
const word =
  (group: string): Show =>
  (value: string, { t }: Words) =>
    t(`${group}.${value}` as 'by', { defaultValue: value });
const counted =
  (key: 'position' | 'version' | 'score' | 'attempt' | 'attempts' | 'calls' | 'free'): Show =>
  (n: number, { t }: Words) =>
    t(key, { n });
const time =
  (key: 'waited' | 'lasted'): Show =>
  (ms: number, { t }: Words) =>
    t(key, { time: clockText(ms) });
const flag =
  (key: 'locked' | 'held' | 'note'): Show =>
  (value: boolean, { t }: Words) =>
    value ? t(key) : undefined;

const person = (id: string, { t, agent }: Words): string => t(`person.${id}` as 'by', { defaultValue: agent(id) });

/** `queue:complaint`, as transfers tell where they lead. */
function target(value: string, words: Words): string {
  const at = value.indexOf(':');
  if (at < 0) return words.agent(value);
  const [kind, id] = [value.slice(0, at), value.slice(at + 1)];
  const what = kind === 'agent' ? words.agent(id) : kind === 'queue' ? words.queue(id) : kind === 'flow' ? words.flow(id) : id;
  return words.t(`target.${kind}` as 'by', { what, defaultValue: value });
}

const place = (value: string, words: Words, { type }: EventView): string => {
  if (type === 'agent.state-changed') return words.t(`common:state.${value}` as 'by');
  return type === 'call.moved' ? words.queue(value) : target(value, words);
};

const RESULTS: Partial<Record<EventType, string>> = { 'call.left-flow': 'left', 'callback.closed': 'closed' };

const SHOWN: Record<Datum, Show | null> = {
  direction: (value: CallDirection, { t }: Words) => t(`common:direction.${value}`),
  caller: asItIs,
  called: asItIs,
  number: asItIs,
  extension: asItIs,
  party: (value: string, { agent }: Words) => agent(value),
  role: word('role'),
  trunkId: asItIs,
  source: asItIs,
  from: place as Show,
  to: place as Show,
  by: (value: string, words: Words) => words.t('by', { by: person(value, words) }),
  kind: word('kind'),
  mode: word('supervise:mode'),
  because: word('because'),
  termination: ({ by, reason }: { by: string; reason: string }, { t }: Words) =>
    `${t(`records:calls.by.${by}` as 'by')} · ${t(`records:calls.reason.${reason}` as 'by')}`,
  result: (value: string, { t }: Words, { type }) =>
    t(`${RESULTS[type] ?? 'records:calls.result'}.${value}` as 'by', { defaultValue: value }),
  reason(value: string | null, words: Words, { type }) {
    // why an offer is taken back is told by the events beside it; the text is for the operator
    if (value === null || type === 'offer.withdrawn') return undefined;
    return type === 'agent.unregistered' ? words.t(`registration.${value}` as 'by', { defaultValue: value }) : words.stateReason(value);
  },
  state: (value: string | null, { t }: Words) => (value === null ? undefined : t(`common:state.${value}` as 'by')),
  seat: ({ kind }: { kind: string }, { t }: Words) => t(`supervise:seat.${kind}` as 'by'),
  door: word('door'),
  rule: word('rule'),
  flowId: (value: string, { flow }: Words) => flow(value),
  nodeId: (value: string, { node }: Words) => node(value),
  version: (value: number | string, { t }: Words) => t('version', { n: value }),
  keys: asItIs,
  slot: asItIs,
  box: asItIs,
  username: asItIs,
  address: asItIs,
  message: asItIs,
  position: counted('position'),
  priority: (n: number, { t }: Words) => (n === 0 ? undefined : t('priority', { n })),
  score: counted('score'),
  attempt: counted('attempt'),
  attempts: counted('attempts'),
  calls: counted('calls'),
  freeMegabytes: counted('free'),
  waitMs: time('waited'),
  durationMs: time('lasted'),
  minLevels: (levels: Record<string, number>) =>
    Object.entries(levels)
      .map(([skill, level]) => `${skill} ≥ ${level}`)
      .join(', '),
  locked: flag('locked'),
  held: flag('held'),
  note: flag('note'),
  ...{ offerId: null, recordingId: null, voicemailId: null, callbackId: null, legId: null, surveyId: null, messageId: null },
  ...{ nodeType: null, stats: null, expiresAt: null, since: null, nextAt: null, open: null, contacts: null, bytes: null },
};

export interface EventWords {
  name(event: EventView): string;
  /** Queue and agent, then the data; empty where there is nothing to say. */
  details(event: EventView): string;
}

/** @param path of the call, whose flows give their names and those of their nodes */
export function useEventWords(path: readonly string[]): EventWords {
  const { t } = useTranslation(['events', 'common', 'records', 'supervise']);
  const queues = useLive((picture) => picture.queues);
  const agents = useLive((picture) => picture.agents);
  const flows = useFlows(path);
  const stateReason = useStateReason();
  const words: Words = {
    t,
    agent: (id) => agents.get(id)?.name ?? id,
    queue: (id) => queues.get(id)?.name ?? id,
    flow: (id) => flows.get(id)?.name ?? id,
    node: (id) => [...flows.values()].find(({ nodes }) => nodes[id] !== undefined)?.nodes[id] ?? id,
    stateReason,
  };
  return {
    name: ({ type }) => t(`type.${type}` as 'by', { defaultValue: type }),
    details(event) {
      const { queueId, agentId, data } = event;
      const said = Object.entries(data).map(([name, value]) => {
        const show = SHOWN[name as Datum];
        return show && value !== undefined ? show(value as never, words, event) : undefined;
      });
      const about = [queueId === undefined ? '' : words.queue(queueId), agentId === undefined ? '' : words.agent(agentId)];
      return [...new Set([...about, ...said].filter(Boolean))].join(' · ');
    },
  };
}
