import { type AgentView, lossRate, type QueueView, type WallFigure } from '@yixian/contracts/browser';
import type { LivePicture } from '../../app/live-fold.js';

// Every figure of the supervisor's desk and the wallboard, worked out in one place. Pure.

/** Of `/reports/queues`, today's total of one queue. */
export interface QueueToday {
  queue: string;
  offered: number;
  answered: number;
  abandoned: number;
  shortAbandoned: number;
  overflowed: number;
  timedOut: number;
  turnedAway: number;
  failed: number;
  callbacks: number;
  serviceLevel: number | null;
  averageWaitSeconds: number | null;
}

/** Of `/reports/agents`, today's total of one agent. */
export interface AgentToday {
  agent: string;
  signedInSeconds: number;
  notReadySeconds: number;
  ringingSeconds: number;
  onCallSeconds: number;
  wrapUpSeconds: number;
  occupancy: number | null;
  handled: number;
  missed: number;
}

export interface Today {
  queues: ReadonlyMap<string, QueueToday>;
  agents: ReadonlyMap<string, AgentToday>;
  formula: 'answered' | 'answered-and-abandoned' | 'without-short-abandons';
}

export const NO_TODAY: Today = { queues: new Map(), agents: new Map(), formula: 'answered' };

/** Milliseconds the first has waited; 0 when nobody waits. */
export function longestWait(queue: Pick<QueueView, 'waiting'>, now: number): number {
  let first = now;
  for (const { since } of queue.waiting) first = Math.min(first, Date.parse(since));
  return now - first;
}

/** Calls of today that count for the service level by the formula of the settings. */
function weight(q: QueueToday, formula: Today['formula']): number {
  if (formula === 'answered') return q.answered;
  return q.answered + q.abandoned - (formula === 'without-short-abandons' ? q.shortAbandoned : 0);
}

/** Visits that were not over when the sums were read, and callbacks: neither is lost. */
function pendingOf(q: QueueToday): number {
  return q.offered - q.answered - q.abandoned - q.overflowed - q.timedOut - q.turnedAway - q.failed;
}

/** Mean of what the queues say, by how many calls stand behind each. */
function mean(queues: readonly QueueToday[], value: (q: QueueToday) => number | null, by: (q: QueueToday) => number): number | null {
  let sum = 0;
  let whole = 0;
  for (const q of queues) {
    const v = value(q);
    const n = by(q);
    if (v === null || n <= 0) continue;
    sum += v * n;
    whole += n;
  }
  return whole > 0 ? sum / whole : null;
}

function add<T>(items: Iterable<T>, of: (item: T) => number): number {
  let sum = 0;
  for (const item of items) sum += of(item);
  return sum;
}

const isSignedIn = (agent: AgentView): boolean => agent.state !== 'offline';

/** Of all the agents together, today. */
export function occupancyOf(agents: readonly AgentToday[]): number | null {
  const handling = add(agents, (a) => a.ringingSeconds + a.onCallSeconds + a.wrapUpSeconds);
  const available = add(agents, (a) => a.signedInSeconds - a.notReadySeconds);
  return available > 0 ? Math.min(1, handling / available) : null;
}

/**
 * Seconds for waits, 0–1 for shares, else a count; null when there is nothing to say.
 * @param queueId null: of everything this user may see
 */
export function figureOf(figure: WallFigure, queueId: string | null, picture: LivePicture, today: Today, now: number): number | null {
  const named = queueId === null ? undefined : picture.queues.get(queueId);
  if (queueId !== null && !named) return null;
  const queues = named ? [named] : [...picture.queues.values()];
  const agents = [...picture.agents.values()];
  const reports = queues.flatMap((queue) => today.queues.get(queue.id) ?? []);
  const live = liveFigure(figure, { named, queues, agents, now });
  return live === undefined ? todayFigure(figure, reports, today) : live;
}

interface LiveParts {
  named: QueueView | undefined;
  queues: readonly QueueView[];
  agents: readonly AgentView[];
  now: number;
}

function liveFigure(figure: WallFigure, { named, queues, agents, now }: LiveParts): number | undefined {
  switch (figure) {
    case 'waiting':
      return add(queues, (q) => q.waitingCount);
    case 'longestWait':
      return Math.floor(Math.max(0, ...queues.map((q) => longestWait(q, now))) / 1000);
    // an agent who serves three queues is one agent
    case 'ready':
      return named ? named.ready : agents.filter((a) => a.state === 'ready' && a.reachable).length;
    case 'signedIn':
      return named ? named.signedIn : agents.filter(isSignedIn).length;
    case 'serving':
      return add(queues, (q) => q.serving);
    default:
      return undefined;
  }
}

function todayFigure(figure: WallFigure, reports: readonly QueueToday[], today: Today): number | null {
  switch (figure) {
    case 'serviceLevel':
      return mean(
        reports,
        (q) => q.serviceLevel,
        (q) => weight(q, today.formula),
      );
    case 'averageWait':
      return mean(
        reports,
        (q) => q.averageWaitSeconds,
        (q) => q.answered,
      );
    case 'lossRate': {
      const pending = add(reports, pendingOf);
      return lossRate(
        add(reports, (q) => q.offered),
        add(reports, (q) => q.answered),
        pending,
      );
    }
    case 'occupancy':
      return occupancyOf([...today.agents.values()]);
    case 'offered':
      return add(reports, (q) => q.offered);
    case 'answered':
      return add(reports, (q) => q.answered);
    case 'abandoned':
      return add(reports, (q) => q.abandoned);
    default:
      return null;
  }
}

const SHARES: readonly WallFigure[] = ['serviceLevel', 'lossRate', 'occupancy'];
const TIMES: readonly WallFigure[] = ['longestWait', 'averageWait'];

export function unitOf(figure: WallFigure): 'share' | 'time' | 'count' {
  if (SHARES.includes(figure)) return 'share';
  return TIMES.includes(figure) ? 'time' : 'count';
}

/** `85.2%`, `1:05`, `12`; `–` for nothing. */
export function figureText(figure: WallFigure, value: number | null): string {
  if (value === null) return '–';
  switch (unitOf(figure)) {
    case 'share':
      return `${(value * 100).toFixed(value === 1 || value === 0 ? 0 : 1)}%`;
    case 'time': {
      const s = Math.round(value);
      return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}`;
    }
    default:
      return String(value);
  }
}
