import {
  type CallRecord,
  type CallRegistry,
  type Clock,
  callView,
  type Directory,
  DomainError,
  type IdentityStore,
  type Logger,
  maySeeCall,
  type RecordQueries,
  type SummaryRows,
  summaryView,
  unmaskedText,
  wasOnCall,
} from '@yixian/contracts';
import type { z } from 'zod';
import type { historyQuery, summaryBody } from '../core/desk-schemas.js';
import type { Caller, GuardedRequest } from '../core/route.js';
import type { byId } from '../core/schemas.js';

export interface SummaryDeps {
  calls: CallRegistry;
  records: Pick<RecordQueries, 'calls' | 'call'>;
  summaries: SummaryRows;
  directory: Pick<Directory, 'settings'>;
  identity: Pick<IdentityStore, 'audit'>;
  clock: Clock;
  logger: Logger;
}

type ById = z.output<typeof byId>;

const NONE = { disposition: null, subject: '', notes: '', revision: 0, updatedAt: null, updatedBy: null };

/** The record of a call this user may see, live or over. */
async function visibleCall(deps: SummaryDeps, { viewer }: Caller, id: string): Promise<CallRecord> {
  const record = deps.calls.record(id) ?? (await deps.records.call(id))?.record;
  if (!record) throw new DomainError('not-found', `there is no call ${id}`, { id });
  if (!maySeeCall(viewer, record)) throw new DomainError('forbidden', `call ${id} is not yours`, { id });
  return record;
}

/** The summary as it stands; an empty one at revision 0 while nobody has written. */
export function createGetSummary(deps: SummaryDeps) {
  return async (request: GuardedRequest<ById, unknown, unknown>) => {
    await visibleCall(deps, request, request.params.id);
    return summaryView(await deps.summaries.get(request.params.id)) ?? NONE;
  };
}

/** By the agents who were on the call, supervisors who see it, and administrators. Who was faster wins, and the other is told. */
export function createPutSummary(deps: SummaryDeps) {
  return async (request: GuardedRequest<ById, unknown, z.output<typeof summaryBody>>) => {
    const { id } = request.params;
    const { revision, ...text } = request.body;
    const record = await visibleCall(deps, request, id);
    const { role, agentId } = request.viewer;
    const own = agentId !== null && wasOnCall(record, agentId);
    if (role === 'agent' && !own) throw new DomainError('forbidden', `you were not on call ${id}`, { id });
    const before = await deps.summaries.get(id);
    assertDisposition(deps, text.disposition, before?.disposition);
    const updatedBy = request.principal.user.username;
    // who sees numbers masked has read, and sends back, masked ones
    const whole = before ? { subject: unmaskedText(text.subject, before.subject), notes: unmaskedText(text.notes, before.notes) } : {};
    const after = await deps.summaries.put({ callId: id, ...text, ...whole, updatedAt: deps.clock.now(), updatedBy }, revision);
    if (!after) {
      const now = await deps.summaries.get(id);
      throw new DomainError('conflict', `the summary of call ${id} has been changed by ${now?.updatedBy ?? 'somebody'}: read it again`, {
        field: 'revision',
        revision: now?.revision ?? 0,
      });
    }
    if (!own || (before && before.updatedBy !== updatedBy))
      await audit(deps, updatedBy, id, { before: before?.updatedBy ?? null, revision: after.revision });
    return summaryView(after);
  };
}

/** One that was taken off the list stays where it is, and is given to no other call. */
function assertDisposition(deps: SummaryDeps, wanted: string | null, before: string | null | undefined): void {
  if (wanted === null || wanted === before) return;
  const known = deps.directory.settings().dispositions.map((one) => one.code);
  if (known.includes(wanted)) return;
  throw new DomainError('bad-request', `disposition: must be one of ${known.join(', ')}`, { field: 'disposition' });
}

/** What somebody else has written was changed. It has happened by now: a log that cannot be written is reported, not undone. */
async function audit(deps: SummaryDeps, username: string, callId: string, details: Record<string, unknown>): Promise<void> {
  try {
    await deps.identity.audit({ at: deps.clock.now(), username, action: 'summary.changed', subject: callId, details });
  } catch (error) {
    deps.logger.error({ err: error, username, callId }, 'an audit entry could not be stored');
  }
}

/** Earlier calls from and to the same outside number, newest first, for whoever has a call with it: also those of other agents. */
export function createCallHistory(deps: SummaryDeps) {
  return async (request: GuardedRequest<ById, z.output<typeof historyQuery>, unknown>) => {
    const record = await visibleCall(deps, request, request.params.id);
    const { limit } = request.query;
    const number = record.direction === 'outbound' ? record.called : record.caller;
    const until = { to: record.startedAt, limit: limit + 1 };
    const [from, to] = await Promise.all([
      deps.records.calls({ caller: number, ...until }),
      deps.records.calls({ called: number, ...until }),
    ]);
    const found = new Map([...from.items, ...to.items].map((call) => [call.id, call]));
    found.delete(record.id);
    const past = [...found.values()].sort((a, b) => b.startedAt - a.startedAt).slice(0, limit);
    const summaries = await deps.summaries.of(past.map((call) => call.id));
    return { items: past.map((call) => ({ ...pastView(call), summary: summaryView(summaries.get(call.id)) })), next: null };
  };
}

function pastView(call: CallRecord) {
  const { id, direction, startedAt, queue, agent, outcome, waitSeconds, talkSeconds } = callView(call);
  return { id, direction, startedAt, queue, agent, outcome, waitSeconds, talkSeconds };
}
