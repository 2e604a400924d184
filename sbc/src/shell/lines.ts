import type { Acd, AgentId, CallId, Directory } from '@yixian/contracts';

/** Which agents' lines are taken by calls outside the queues, and whether an agent's line is free at all. */
export interface Lines {
  /** Takes an extension's line for a call: no offers until every taker has given it back. The returned function does so, once. */
  take(extension: string, callId: CallId): () => void;
  /** Why an agent's line is not free for another call; undefined when it is, and for extensions that are no agents'. */
  busy(extension: string): string | undefined;
  isAgent(extension: string): extension is AgentId;
}

export function createLines(deps: { directory: Directory; acd: Pick<Acd, 'occupy' | 'release' | 'agent'> }): Lines {
  const { directory, acd } = deps;
  /** Extension → call → how many parts of the program hold the line for that call. */
  const taken = new Map<string, Map<CallId, number>>();
  const isAgent = (extension: string): extension is AgentId => directory.agent(extension) !== undefined;

  function giveBack(extension: string, callId: CallId): void {
    const calls = taken.get(extension);
    const left = (calls?.get(callId) ?? 0) - 1;
    if (!calls || left < 0) return;
    if (left > 0) {
      calls.set(callId, left);
      return;
    }
    calls.delete(callId);
    if (calls.size === 0) taken.delete(extension);
    // Unknown ids are ignored there: an agent may have left the directory during the call.
    acd.release(extension, callId);
  }

  return {
    isAgent,
    take(extension, callId) {
      const calls = taken.get(extension) ?? new Map<CallId, number>();
      const holders = calls.get(callId) ?? 0;
      taken.set(extension, calls.set(callId, holders + 1));
      if (holders === 0 && isAgent(extension)) acd.occupy(extension, callId);
      let held = true;
      return () => {
        if (held) giveBack(extension, callId);
        held = false;
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
