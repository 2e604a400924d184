import type { AgentId, CallId, CallLeg } from '@yixian/contracts';

/** A call that rings at an extension and that somebody else of its group may take. */
export interface RingingCall {
  readonly extension: string;
  readonly callId: CallId;
  /** Whether this leg is one that rings for it. */
  ringsAt(leg: CallLeg): boolean;
  /** The phone that rings is let go, and the call goes on with this answered leg. False when it is too late. */
  takeOver(leg: CallLeg, by: AgentId): boolean;
}

/** What rings now, oldest first. */
export interface Pickups {
  add(call: RingingCall): () => void;
  /** The call that rings longest at an extension of `by`'s pick-up group, or at the one named. */
  find(by: AgentId, extension: string | null): RingingCall | { refused: string };
  /** The call that rings at this leg, for an INVITE that names it (Replaces, RFC 3891). */
  atLeg(by: AgentId, leg: CallLeg): RingingCall | { refused: string };
}

export function createPickups(groupOf: (extension: string) => string | null): Pickups {
  const ringing = new Set<RingingCall>();

  function mayTake(by: AgentId, extension: string): boolean {
    const group = groupOf(by);
    return group !== null && group === groupOf(extension);
  }

  return {
    add(call) {
      ringing.add(call);
      return () => ringing.delete(call);
    },
    find(by, extension) {
      if (groupOf(by) === null) return { refused: `${by} is in no pick-up group` };
      if (extension !== null && !mayTake(by, extension)) return { refused: `${by} and ${extension} are not in one pick-up group` };
      const wanted = (call: RingingCall) => (extension === null ? mayTake(by, call.extension) : call.extension === extension);
      for (const call of ringing) if (call.extension !== by && wanted(call)) return call;
      return { refused: extension === null ? `nothing rings in the pick-up group of ${by}` : `nothing rings at ${extension}` };
    },
    atLeg(by, leg) {
      for (const call of ringing) {
        if (!call.ringsAt(leg)) continue;
        return mayTake(by, call.extension) ? call : { refused: `${by} and ${call.extension} are not in one pick-up group` };
      }
      return { refused: 'the call that should be taken does not ring any more' };
    },
  };
}
