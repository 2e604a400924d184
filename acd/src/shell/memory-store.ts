import type { StoreChange, StoredAgent, StoredCall } from '../core/types.js';
import type { AcdStore } from './store.js';

/** A store in memory: for tests, where another ACD started on the same one is the restart. */
export function createMemoryAcdStore(): AcdStore {
  const agents = new Map<string, StoredAgent>();
  const calls = new Map<string, StoredCall>();
  const apply = (change: StoreChange): void => {
    switch (change.type) {
      case 'agent':
        agents.set(change.agent.agentId, structuredClone(change.agent));
        return;
      case 'agent-gone':
        agents.delete(change.agentId);
        return;
      case 'call':
        calls.set(change.call.callId, structuredClone(change.call));
        return;
      case 'call-gone':
        calls.delete(change.callId);
        return;
      default:
        change satisfies never;
    }
  };
  return {
    load: async () => ({ agents: structuredClone([...agents.values()]), calls: structuredClone([...calls.values()]) }),
    write(changes) {
      for (const change of changes) apply(change);
    },
    flush: async () => {},
    pending: () => 0,
  };
}
