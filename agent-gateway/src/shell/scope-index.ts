import type { CallId, CallRecord, DomainEvent } from '@yixian/contracts';
import { type CallScope, scopeAfter, scopeOfRecord } from '../core/call-scope.js';

/**
 * Whose the calls are, of those whose events can still be asked for.
 * @param recordOf of a call that began on another process before this one listened
 */
export function createScopeIndex(recordOf: (callId: CallId) => CallRecord | undefined = () => undefined) {
  const scopes = new Map<CallId, CallScope>();
  const begun = (event: DomainEvent, callId: CallId): CallScope | undefined => {
    const record = event.type === 'call.arrived' ? undefined : recordOf(callId);
    return record && scopeOfRecord(record, event.seq);
  };
  return {
    get size() {
      return scopes.size;
    },
    learn(event: DomainEvent): void {
      if (event.callId !== undefined) scopes.set(event.callId, scopeAfter(scopes.get(event.callId) ?? begun(event, event.callId), event));
    },
    /** The event is told to nobody any more; with the end of a call its scope goes. */
    forget(event: DomainEvent): void {
      if (event.type === 'call.ended' && event.callId !== undefined) scopes.delete(event.callId);
    },
    of(event: DomainEvent): CallScope | undefined {
      return event.callId === undefined ? undefined : scopes.get(event.callId);
    },
  };
}
export type ScopeIndex = ReturnType<typeof createScopeIndex>;
