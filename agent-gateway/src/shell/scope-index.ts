import type { CallId, DomainEvent } from '@yixian/contracts';
import { type CallScope, scopeAfter } from '../core/call-scope.js';

/** Whose the calls are, of those whose events can still be asked for. */
export function createScopeIndex() {
  const scopes = new Map<CallId, CallScope>();
  return {
    get size() {
      return scopes.size;
    },
    learn(event: DomainEvent): void {
      if (event.callId !== undefined) scopes.set(event.callId, scopeAfter(scopes.get(event.callId), event));
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
