import { DomainError, type IdentityStore, type Logger, type MaskFacts, maskFor } from '@yixian/contracts';
import type { z } from 'zod';
import type { reportSheetBody } from '../core/report-schemas.js';
import type { GuardedRequest, StreamReply } from '../core/route.js';
import type { Column } from '../core/xlsx.js';
import { localTimes } from '../shell/local-time.js';
import { workbook, XLSX } from '../shell/zip.js';
import {
  createAgentCallLog,
  createAgentReport,
  createMissedCallLog,
  createQueueReport,
  createSignInLog,
  createStateLog,
  createTrendReport,
  type ReportDeps,
} from './reports.js';

export interface ReportSheetDeps extends ReportDeps {
  directory: ReportDeps['directory'] & MaskFacts;
  identity: Pick<IdentityStore, 'audit'>;
  logger: Logger;
}

type Body = z.output<typeof reportSheetBody>;
type Request = GuardedRequest<unknown, unknown, Body>;
type Row = Record<string, unknown>;
type Page = { items: Row[]; next: string | null };
type Reader = (request: Omit<Request, 'query'> & { query: object }) => Promise<Page>;

/** Rows are held in memory while the sheet is made. */
const MOST_ROWS = 20_000;
const PAGE = 500;
const FOR_LEADERS: ReadonlySet<Body['report']> = new Set(['trend', 'queues', 'missed-calls']);
const LOGS: ReadonlySet<Body['report']> = new Set(['missed-calls', 'agent-calls', 'agent-states', 'sign-ins']);

/** A report or a whole log as an Excel sheet, as far as the user may see it; audited. */
export function createReportSheet(deps: ReportSheetDeps) {
  const times = localTimes(deps.timeZone);
  // Each reads what its JSON answer would hold: who sees what is decided there.
  const readers = {
    trend: createTrendReport(deps),
    queues: createQueueReport(deps),
    agents: createAgentReport(deps),
    'missed-calls': createMissedCallLog(deps),
    'agent-calls': createAgentCallLog(deps),
    'agent-states': createStateLog(deps),
    'sign-ins': createSignInLog(deps),
  } as unknown as Record<Body['report'], Reader>;

  return async (request: Request): Promise<StreamReply> => {
    const { report, title, columns } = request.body;
    if (request.viewer.role === 'agent' && FOR_LEADERS.has(report)) {
      throw new DomainError('forbidden', `report ${report} is for supervisors and administrators`, { field: 'report' });
    }
    const mask = maskFor(deps.directory, request.viewer.role);
    const rows = mask(LOGS.has(report) ? await wholeLog(readers[report], request) : await wholeReport(readers[report], request));
    await audit(deps, request, rows.length);
    const now = deps.clock.now();
    const sheet = columns.map((column): Column<Row> => columnOf(column, times.serial));
    return { content: workbook(title, sheet, rows, new Date(now)), contentType: XLSX, name: `${title}-${times.stamp(now)}.xlsx` };
  };
}

async function wholeReport(read: Reader, request: Request): Promise<Row[]> {
  const { from, to, interval } = request.body;
  const { items } = await read({ ...request, query: { from, to, interval } });
  assertFits(items.length);
  return items;
}

async function wholeLog(read: Reader, request: Request): Promise<Row[]> {
  const { from, to } = request.body;
  const rows: Row[] = [];
  let cursor: string | undefined;
  do {
    const page = await read({ ...request, query: { from, to, limit: PAGE, cursor } });
    rows.push(...page.items);
    assertFits(rows.length);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return rows;
}

function assertFits(rows: number): void {
  if (rows <= MOST_ROWS) return;
  throw new DomainError('bad-request', `more than ${MOST_ROWS} rows: choose a shorter range`, { field: 'to', limit: MOST_ROWS });
}

function columnOf({ name, heading, as, words }: Body['columns'][number], serial: (at: number) => number): Column<Row> {
  const width = as === 'time' ? 20 : as === 'text' ? 16 : 12;
  return {
    heading,
    width,
    value(row) {
      const value = row[name];
      if (typeof value === 'number') return as === 'seconds' ? { seconds: value } : as === 'ratio' ? { share: value } : value;
      if (typeof value !== 'string') return undefined;
      if (as === 'time') return { serial: serial(Date.parse(value)) };
      return words?.[value] ?? value;
    },
  };
}

async function audit(deps: ReportSheetDeps, { principal, body }: Request, rows: number): Promise<void> {
  const { username } = principal.user;
  const { report, from, to, interval } = body;
  try {
    const details = { from: from ?? null, to: to ?? null, interval, rows };
    await deps.identity.audit({ at: deps.clock.now(), username, action: 'report.exported', subject: report, details });
  } catch (error) {
    deps.logger.error({ err: error, username, report }, 'an audit entry could not be stored');
  }
}
