import {
  type CallRecord,
  type CallSummary,
  type Clock,
  type Directory,
  DomainError,
  type IdentityStore,
  type MaskFacts,
  maskFor,
  maySeeCall,
  type RecordQueries,
  type SummaryRows,
  type Viewer,
} from '@yixian/contracts';
import type { z } from 'zod';
import { CALL_SHEET, callColumns } from '../core/call-sheet.js';
import type { GuardedRequest, StreamReply } from '../core/route.js';
import type { callsExport } from '../core/schemas.js';
import { localTimes } from '../shell/local-time.js';
import { workbook, XLSX } from '../shell/zip.js';
import { epochRange, visiblePage } from './page.js';

export interface CallExportDeps {
  records: Pick<RecordQueries, 'calls'>;
  summaries: Pick<SummaryRows, 'of'>;
  directory: Pick<Directory, 'agent' | 'queue'> & MaskFacts;
  identity: Pick<IdentityStore, 'audit'>;
  clock: Clock;
  /** Of the hotline: times in the list. */
  timeZone: string;
}

type Search = z.output<typeof callsExport>;

/** Rows are held in memory while the sheet is made. */
const MOST_ROWS = 20_000;
const PAGE = 500;

/** What a search of calls finds, with their summaries, as an Excel list. Audited with its criteria. */
export function createExportCalls(deps: CallExportDeps) {
  const times = localTimes(deps.timeZone);
  return async (request: GuardedRequest<unknown, Search, unknown>): Promise<StreamReply> => {
    const { rows, summaries } = await everything(deps, request.viewer, request.query);
    const now = deps.clock.now();
    await deps.identity.audit({
      at: now,
      username: request.principal.user.username,
      action: 'call.exported',
      subject: 'xlsx',
      details: { ...request.query, rows: rows.length, address: request.address },
    });
    const labels = new Map(deps.directory.settings().dispositions.map(({ code, label }) => [code, label]));
    const columns = callColumns({
      serial: times.serial,
      agentName: (id) => deps.directory.agent(id)?.name,
      queueName: (id) => deps.directory.queue(id)?.name,
      disposition: (code) => labels.get(code),
      summary: (id) => summaries.get(id),
      shown: maskFor(deps.directory, request.viewer.role),
    });
    return {
      content: workbook(CALL_SHEET, columns, rows, new Date(now)),
      contentType: XLSX,
      name: `${CALL_SHEET}-${times.stamp(now)}.xlsx`,
    };
  };
}

async function everything(
  deps: CallExportDeps,
  viewer: Viewer,
  { from, to, ...others }: Search,
): Promise<{ rows: CallRecord[]; summaries: Map<string, CallSummary> }> {
  const filter = { ...others, ...epochRange({ from, to }) };
  const rows: CallRecord[] = [];
  const summaries = new Map<string, CallSummary>();
  let cursor: string | undefined;
  do {
    const page = await visiblePage(
      (limit, after) => deps.records.calls({ ...filter, limit, ...(after === undefined ? {} : { cursor: after }) }),
      (record) => maySeeCall(viewer, record),
      { limit: PAGE, cursor },
    );
    rows.push(...page.items);
    if (rows.length > MOST_ROWS) {
      throw new DomainError('bad-request', `more than ${MOST_ROWS} calls fit: narrow the search, e.g. by from and to`, {
        limit: MOST_ROWS,
      });
    }
    for (const [id, summary] of await deps.summaries.of(page.items.map((record) => record.id))) summaries.set(id, summary);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return { rows, summaries };
}
