import { type CallRegistry, callView, DomainError, eventView, maySeeCall, type RecordQueries } from '@yixian/contracts';
import type { z } from 'zod';
import type { CommandSet } from '../commands/index.js';
import type { GuardedRequest } from '../core/route.js';
import type { byId, callsQuery, dialBody, digitsBody } from '../core/schemas.js';
import { epochRange, visiblePage } from './page.js';

export interface CallDeps {
  calls: CallRegistry;
  records: Pick<RecordQueries, 'calls' | 'call'>;
  commands: CommandSet;
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
    return { items: page.items.map(callView), next: page.next };
  };
}

/** One record with its timeline; a call in progress is shown as it stands this moment. */
export function createGetCall(deps: CallDeps) {
  return async ({ viewer, params }: GuardedRequest<z.output<typeof byId>, unknown, unknown>) => {
    const stored = await deps.records.call(params.id);
    const record = deps.calls.record(params.id) ?? stored?.record;
    if (!record) throw new DomainError('not-found', `there is no call ${params.id}`, { id: params.id });
    if (!maySeeCall(viewer, record)) throw new DomainError('forbidden', `call ${params.id} is not yours`, { id: params.id });
    return { ...callView(record), timeline: (stored?.timeline ?? []).map(eventView) };
  };
}

export function createDialCall(deps: CallDeps) {
  return (request: GuardedRequest<unknown, unknown, z.output<typeof dialBody>>) => deps.commands.dial.give(request, request.body);
}

/** Hang up, hold, resume: by the agent on the call. */
export function createCallVerb(deps: CallDeps, verb: 'hangup' | 'hold' | 'resume') {
  return (request: GuardedRequest<z.output<typeof byId>, unknown, unknown>) =>
    deps.commands[verb].give(request, { callId: request.params.id });
}

export function createSendKeys(deps: CallDeps) {
  return (request: GuardedRequest<z.output<typeof byId>, unknown, z.output<typeof digitsBody>>) =>
    deps.commands.dtmf.give(request, { callId: request.params.id, digits: request.body.digits });
}
