export type ReportRow = Record<string, unknown>;

export interface ReportColumn {
  name: string;
  /** Default: a count. */
  as?: 'time' | 'seconds' | 'ratio' | 'text' | 'word' | 'queue';
  /** Catalogue of a `word`. */
  words?: string;
}

export interface ReportSpec {
  name: string;
  path: string;
  columns: readonly ReportColumn[];
  /** Drawn, over time or over what the rows are named by. */
  series?: readonly string[];
  over?: string;
  log?: boolean;
  leadersOnly?: boolean;
}

const counts = (...names: string[]): ReportColumn[] => names.map((name) => ({ name }));
const seconds = (...names: string[]): ReportColumn[] => names.map((name) => ({ name, as: 'seconds' }));
const ratios = (...names: string[]): ReportColumn[] => names.map((name) => ({ name, as: 'ratio' }));
const text = (name: string): ReportColumn => ({ name, as: 'text' });
const queue: ReportColumn = { name: 'queue', as: 'queue' };
const time = (name: string): ReportColumn => ({ name, as: 'time' });
const word = (name: string, words: string): ReportColumn => ({ name, as: 'word', words });

/** Reports and logs as the server gives them, column by column. */
export const REPORTS: readonly ReportSpec[] = [
  {
    name: 'trend',
    path: '/reports/trend',
    leadersOnly: true,
    over: 'from',
    series: ['inbound', 'answered', 'abandoned', 'outbound'],
    columns: [
      time('from'),
      ...counts('inbound', 'answered', 'abandoned', 'abandonedInFlow', 'voicemail', 'overflowed', 'rejected', 'failed'),
      ...ratios('answerRate'),
      ...seconds('averageWaitSeconds', 'talkSeconds'),
      ...counts('outbound', 'outboundAnswered', 'internal', 'recordings'),
      ...seconds('recordedSeconds'),
    ],
  },
  {
    name: 'queues',
    path: '/reports/queues',
    leadersOnly: true,
    over: 'queue',
    series: ['offered', 'answered', 'abandoned'],
    columns: [
      queue,
      time('from'),
      ...counts('offered', 'answered', 'abandoned', 'shortAbandoned'),
      ...ratios('serviceLevel', 'lossRate', 'abandonmentRate', 'answerRate'),
      ...seconds('averageWaitSeconds', 'averageAbandonSeconds', 'longestWaitSeconds', 'averageHandlingSeconds'),
      ...counts('overflowed', 'timedOut', 'turnedAway', 'callbacks', 'failed'),
      ...seconds('talkSeconds', 'holdSeconds', 'wrapUpSeconds'),
    ],
  },
  {
    name: 'agents',
    path: '/reports/agents',
    over: 'agent',
    series: ['handled', 'missed', 'outbound'],
    columns: [
      text('agent'),
      text('name'),
      time('from'),
      ...counts('offered', 'handled', 'missed', 'outbound', 'signIns'),
      ...ratios('occupancy'),
      ...seconds('averageHandlingSeconds', 'talkSeconds', 'holdSeconds', 'signedInSeconds', 'readySeconds', 'notReadySeconds'),
      ...seconds('ringingSeconds', 'onCallSeconds', 'wrapUpSeconds'),
    ],
  },
  {
    name: 'missed-calls',
    path: '/logs/missed-calls',
    log: true,
    columns: [
      time('startedAt'),
      text('caller'),
      text('called'),
      queue,
      ...seconds('waitSeconds'),
      word('outcome', 'common:outcome'),
      time('reachedAt'),
      text('callId'),
    ],
  },
  {
    name: 'agent-calls',
    path: '/logs/agent-calls',
    log: true,
    columns: [
      time('startedAt'),
      text('agent'),
      word('direction', 'common:direction'),
      text('caller'),
      text('called'),
      queue,
      ...seconds('ringSeconds', 'talkSeconds', 'holdSeconds'),
      word('result', 'reports:result'),
      text('callId'),
    ],
  },
  {
    name: 'agent-states',
    path: '/logs/agent-states',
    log: true,
    columns: [
      time('startedAt'),
      text('agent'),
      word('state', 'common:state'),
      word('reason', 'common:stateReason'),
      word('by', 'reports:person'),
      time('endedAt'),
      ...seconds('durationSeconds'),
    ],
  },
  {
    name: 'sign-ins',
    path: '/logs/sign-ins',
    log: true,
    columns: [
      time('signedInAt'),
      text('agent'),
      word('by', 'reports:person'),
      time('signedOutAt'),
      word('signedOutBy', 'reports:person'),
      ...seconds('durationSeconds'),
    ],
  },
];
