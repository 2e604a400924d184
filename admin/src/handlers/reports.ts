import {
  type Clock,
  type Directory,
  DomainError,
  dayStart,
  localMidnight,
  type ReportInterval,
  type ReportQueries,
  type ReportRange,
  type Viewer,
} from '@yixian/contracts';
import type { z } from 'zod';
import {
  type agentLogQuery,
  type agentReportQuery,
  isDate,
  type missedLogQuery,
  type queueReportQuery,
  type stateLogQuery,
  type trendQuery,
} from '../core/report-schemas.js';
import {
  agentCallLogView,
  agentReportView,
  missedLogView,
  queueReportView,
  signInLogView,
  stateLogView,
  trendReportView,
} from '../core/report-views.js';
import type { GuardedRequest } from '../core/route.js';

export interface ReportDeps {
  reports: ReportQueries;
  directory: Pick<Directory, 'agents' | 'queues' | 'agent' | 'settings'>;
  /** Of the hotline: where a bare date begins. */
  timeZone: string;
  clock: Pick<Clock, 'now'>;
}

type Request<Q extends z.ZodType> = GuardedRequest<unknown, z.output<Q>, unknown>;

const DAY_MS = 86_400_000;
/** Longest range by interval, days: an answer of a few hundred thousand rows helps nobody. */
const MAX_DAYS: Record<ReportInterval, number> = { '15m': 32, hour: 93, day: 1_100, total: 3_700 };

function at(text: string, timeZone: string): number {
  return isDate(text) ? dayStart(text, timeZone) : Date.parse(text);
}

function rangeOf(query: z.output<typeof trendQuery>, { timeZone, clock }: Pick<ReportDeps, 'timeZone' | 'clock'>): ReportRange {
  const { interval } = query;
  const now = clock.now();
  const to = query.to === undefined ? now + 1 : at(query.to, timeZone);
  const from = query.from === undefined ? localMidnight(Math.min(now, to - 1), timeZone) : at(query.from, timeZone);
  if (from >= to) throw new DomainError('bad-request', 'query field to: must be later than from', { field: 'to' });
  if (to - from > MAX_DAYS[interval] * DAY_MS) {
    throw new DomainError('bad-request', `query field to: at most ${MAX_DAYS[interval]} days with interval ${interval}`, { field: 'to' });
  }
  return { from, to, interval };
}

function logRange(
  query: { from?: string | undefined; to?: string | undefined; limit: number; cursor?: string | undefined },
  timeZone: string,
) {
  return {
    limit: query.limit,
    ...(query.from === undefined ? {} : { from: at(query.from, timeZone) }),
    ...(query.to === undefined ? {} : { to: at(query.to, timeZone) }),
    ...(query.cursor === undefined ? {} : { cursor: query.cursor }),
  };
}

/** The agents asked for, as far as the user may see them; undefined for all, which only an admin may. */
function agentsFor(viewer: Viewer, asked: readonly string[] | undefined): readonly string[] | undefined {
  const hidden = asked?.find((id) => viewer.role !== 'admin' && !viewer.agents.has(id));
  if (hidden !== undefined) throw new DomainError('forbidden', `agent ${hidden} is not yours`, { field: 'agent' });
  return asked ?? (viewer.role === 'admin' ? undefined : [...viewer.agents]);
}

function queuesFor(viewer: Viewer, asked: readonly string[] | undefined): readonly string[] | undefined {
  const hidden = asked?.find((id) => viewer.role !== 'admin' && !viewer.queues.has(id));
  if (hidden !== undefined) throw new DomainError('forbidden', `queue ${hidden} is not yours`, { field: 'queue' });
  return asked ?? (viewer.role === 'admin' ? undefined : [...viewer.queues]);
}

export function createQueueReport(deps: ReportDeps) {
  const { reports, directory } = deps;
  return async ({ viewer, query }: Request<typeof queueReportQuery>) => {
    const rows = await reports.queues(rangeOf(query, deps), queuesFor(viewer, query.queue));
    const { serviceLevelFormula } = directory.settings();
    return { items: rows.map((row) => queueReportView(row, serviceLevelFormula)), next: null };
  };
}

export function createAgentReport(deps: ReportDeps) {
  const { reports, directory } = deps;
  return async ({ viewer, query }: Request<typeof agentReportQuery>) => {
    const rows = await reports.agents(rangeOf(query, deps), agentsFor(viewer, query.agent));
    return { items: rows.map((row) => agentReportView(row, directory.agent(row.key)?.name ?? null)), next: null };
  };
}

export function createTrendReport(deps: ReportDeps) {
  return async ({ viewer, query }: Request<typeof trendQuery>) => {
    const scope = viewer.role === 'admin' ? undefined : { agents: [...viewer.agents], queues: [...viewer.queues] };
    const rows = await deps.reports.system(rangeOf(query, deps), scope);
    return { items: rows.map(trendReportView), next: null };
  };
}

export function createStateLog({ reports, timeZone }: ReportDeps) {
  return async ({ viewer, query }: Request<typeof stateLogQuery>) => {
    const agents = agentsFor(viewer, query.agent);
    const page = await reports.stateLog({
      ...logRange(query, timeZone),
      ...(agents === undefined ? {} : { agents }),
      ...(query.state === undefined ? {} : { state: query.state }),
    });
    return { items: page.items.map(stateLogView), next: page.next };
  };
}

export function createSignInLog({ reports, timeZone }: ReportDeps) {
  return async ({ viewer, query }: Request<typeof agentLogQuery>) => {
    const agents = agentsFor(viewer, query.agent);
    const page = await reports.signInLog({ ...logRange(query, timeZone), ...(agents === undefined ? {} : { agents }) });
    return { items: page.items.map(signInLogView), next: page.next };
  };
}

export function createAgentCallLog({ reports, timeZone }: ReportDeps) {
  return async ({ viewer, query }: Request<typeof agentLogQuery>) => {
    const agents = agentsFor(viewer, query.agent);
    const page = await reports.agentCallLog({ ...logRange(query, timeZone), ...(agents === undefined ? {} : { agents }) });
    return { items: page.items.map(agentCallLogView), next: page.next };
  };
}

export function createMissedCallLog({ reports, timeZone }: ReportDeps) {
  return async ({ viewer, query }: Request<typeof missedLogQuery>) => {
    const queues = queuesFor(viewer, query.queue);
    const page = await reports.missedCallLog({ ...logRange(query, timeZone), ...(queues === undefined ? {} : { queues }) });
    return { items: page.items.map(missedLogView), next: page.next };
  };
}
