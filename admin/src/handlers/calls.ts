import {
  type CallRegistry,
  callView,
  type Directory,
  DomainError,
  eventView,
  maySeeCall,
  type RecordQueries,
  type SummaryRows,
  summaryView,
} from '@yixian/contracts';
import type { z } from 'zod';
import type { PlainVerb } from '../commands/call-control.js';
import type { CommandSet } from '../commands/index.js';
import type { GuardedRequest } from '../core/route.js';
import type { byId, callsQuery, dialBody, digitsBody, joinBody, superviseBody } from '../core/schemas.js';
import { epochRange, visiblePage } from './page.js';

export interface CallDeps {
  calls: CallRegistry;
  records: Pick<RecordQueries, 'calls' | 'call'>;
  summaries: Pick<SummaryRows, 'get' | 'of'>;
  commands: CommandSet;
  directory: Pick<Directory, 'agent' | 'extension'>;
  /** Whether agents are shown who supervises them. */
  showsSupervision(): boolean;
}

/** Call records, newest first. An agent's list is of the own calls, whatever else is asked. */
export function createListCalls(deps: CallDeps) {
  return async ({ viewer, query }: GuardedRequest<unknown, z.output<typeof callsQuery>, unknown>) => {
    if (viewer.role === 'agent') {
      if (query.agent !== undefined && query.agent !== viewer.agentId) {
        throw new DomainError('forbidden', `calls of ${query.agent} are not yours`, { field: 'agent' });
      }
      if (viewer.agentId === null) return { items: [], next: null };
    }
    const agent = viewer.role === 'agent' && viewer.agentId !== null ? viewer.agentId : query.agent;
    const { from, to, ...others } = query;
    const filter = { ...others, ...epochRange({ from, to }), ...(agent === undefined ? {} : { agent }) };
    const page = await visiblePage(
      (limit, cursor) => deps.records.calls({ ...filter, limit, ...(cursor === undefined ? {} : { cursor }) }),
      (record) => maySeeCall(viewer, record),
      query,
    );
    const summaries = await deps.summaries.of(page.items.map((record) => record.id));
    return {
      items: page.items.map((record) => ({ ...callView(record), summary: summaryView(summaries.get(record.id)) })),
      next: page.next,
    };
  };
}

/** One record with its timeline; a call in progress is shown as it stands this moment. */
export function createGetCall(deps: CallDeps) {
  return async ({ viewer, params }: GuardedRequest<z.output<typeof byId>, unknown, unknown>) => {
    const stored = await deps.records.call(params.id);
    const record = deps.calls.record(params.id) ?? stored?.record;
    if (!record) throw new DomainError('not-found', `there is no call ${params.id}`, { id: params.id });
    if (!maySeeCall(viewer, record)) throw new DomainError('forbidden', `call ${params.id} is not yours`, { id: params.id });
    const hides = viewer.role === 'agent' && !deps.showsSupervision();
    const timeline = (stored?.timeline ?? []).filter((event) => !(hides && event.type.startsWith('call.supervis')));
    const summary = summaryView(await deps.summaries.get(params.id));
    return { ...callView(record), summary, timeline: timeline.map(eventView) };
  };
}

export function createDialCall(deps: CallDeps) {
  return (request: GuardedRequest<unknown, unknown, z.output<typeof dialBody>>) => deps.commands.dial.give(request, request.body);
}

/** What needs no more than the call: by whoever is on it. */
export function createCallVerb(deps: CallDeps, verb: PlainVerb | 'answer' | 'reject' | 'park') {
  return (request: GuardedRequest<z.output<typeof byId>, unknown, unknown>): Promise<unknown> =>
    deps.commands[verb].give(request, { callId: request.params.id });
}

export function createMove(deps: CallDeps, verb: 'transfer' | 'consult' | 'conference') {
  return (request: GuardedRequest<z.output<typeof byId>, unknown, z.output<typeof joinBody>>) =>
    deps.commands[verb].give(request, { callId: request.params.id, ...request.body });
}

export function createSuperviseCall(deps: CallDeps) {
  return (request: GuardedRequest<z.output<typeof byId>, unknown, z.output<typeof superviseBody>>) =>
    deps.commands.supervise.give(request, { callId: request.params.id, ...request.body });
}

/** Who is on the call now and where: for those on it and those who may see it. */
export function createListParties(deps: CallDeps) {
  return async ({ viewer, params }: GuardedRequest<z.output<typeof byId>, unknown, unknown>) => {
    const control = deps.calls.controlOf(params.id) ?? (await deps.calls.controlNow?.(params.id));
    const record = deps.calls.record(params.id) ?? (await deps.records.call(params.id))?.record;
    const there = viewer.agentId !== null && control?.agents().includes(viewer.agentId);
    if (!record || !(there || maySeeCall(viewer, record)))
      throw new DomainError('not-found', `there is no call ${params.id}`, { id: params.id });
    const parties = control?.parties() ?? [];
    const shown = viewer.role === 'agent' ? parties.filter((p) => p.role !== 'supervisor' || deps.showsSupervision()) : parties;
    const named = (party: string): string | null =>
      deps.directory.agent(party)?.name ?? deps.directory.extension(party)?.displayName ?? null;
    return { items: shown.map((p) => ({ ...p, name: named(p.party), since: new Date(p.since).toISOString() })), next: null };
  };
}

export function createSendKeys(deps: CallDeps) {
  return (request: GuardedRequest<z.output<typeof byId>, unknown, z.output<typeof digitsBody>>) =>
    deps.commands.dtmf.give(request, { callId: request.params.id, digits: request.body.digits });
}
