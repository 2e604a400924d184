import type { CallId, DomainEvent, RecordQueries } from '@yixian/contracts';
import { type CallScope, scopeAfter } from '../core/call-scope.js';
import type { ScopeIndex } from './scope-index.js';

export interface Told {
  event: DomainEvent;
  scope: CallScope | undefined;
}

export const PAGE = 1000;

/**
 * The next events of the journal after `cursor`, each with whose call it is of. Scopes come from the events themselves, from
 * memory, or from the call's timeline when it began before.
 * @param known scopes found for the pages before; added to
 */
export async function journalPage(
  deps: { records: Pick<RecordQueries, 'eventsSince' | 'call'>; scopes: ScopeIndex },
  cursor: number,
  known: Map<CallId, CallScope>,
): Promise<Told[]> {
  const events = await deps.records.eventsSince(cursor, PAGE);
  const told: Told[] = [];
  for (const event of events) {
    const { callId } = event;
    if (callId === undefined) {
      told.push({ event, scope: undefined });
      continue;
    }
    const before = known.get(callId) ?? (event.type === 'call.arrived' ? undefined : await scopeBefore(deps, event, callId));
    const scope = scopeAfter(before, event);
    known.set(callId, scope);
    told.push({ event, scope });
  }
  return told;
}

async function scopeBefore(
  deps: { records: Pick<RecordQueries, 'call'>; scopes: ScopeIndex },
  event: DomainEvent,
  callId: CallId,
): Promise<CallScope | undefined> {
  const held = deps.scopes.of(event);
  if (held?.complete) return held;
  let scope: CallScope | undefined;
  for (const one of (await deps.records.call(callId))?.timeline ?? []) scope = scopeAfter(scope, one);
  return scope;
}
