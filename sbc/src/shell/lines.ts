import type { Acd, AgentId, CallId, Directory } from '@yixian/contracts';

/** Which agents' lines are taken by calls outside the queues, and whether an agent's line is free at all. */
export interface Lines {
  /** Takes an extension's line for a call: no offers meanwhile. The returned function gives it back, once. */
  take(extension: string, callId: CallId): () => void;
  /** Why an agent's line is not free for another call; undefined when it is, and for extensions that are no agents'. */
  busy(extension: string): string | undefined;
  isAgent(extension: string): extension is AgentId;
}

export function createLines(deps: { directory: Directory; acd: Pick<Acd, 'occupy' | 'release' | 'agent'> }): Lines {
  const { directory, acd } = deps;
  const taken = new Map<string, Set<CallId>>();
  const isAgent = (extension: string): extension is AgentId => directory.agent(extension) !== undefined;

  return {
    isAgent,
    take(extension, callId) {
      const lines = taken.get(extension) ?? new Set();
      taken.set(extension, lines.add(callId));
      const agent = isAgent(extension);
      if (agent) acd.occupy(extension, callId);
      let held = true;
      return () => {
        if (!held) return;
        held = false;
        lines.delete(callId);
        if (lines.size === 0) taken.delete(extension);
        if (agent) acd.release(extension, callId);
      };
    },
    busy(extension) {
      if (!isAgent(extension)) return undefined;
      if (taken.has(extension)) return 'is on another call';
      const state = acd.agent(extension)?.state;
      if (state === 'on-call') return 'is on a call';
      if (state === 'ringing') return 'is being offered a call';
      return undefined;
    },
  };
}
