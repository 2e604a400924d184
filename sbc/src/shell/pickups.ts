import { type AgentId, type CallId, type CallLeg, type Cluster, createSharedTable, type NodeId } from '@yixian/contracts';

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
  /** Where such a call rings that does not ring here; undefined when it does, or nowhere. */
  elsewhere(by: AgentId, extension: string | null): NodeId | undefined;
  /** The call that rings at this leg, for an INVITE that names it (Replaces, RFC 3891). */
  atLeg(by: AgentId, leg: CallLeg): RingingCall | { refused: string };
}

/** @param cluster the other processes, whose ringing calls are known as well */
export function createPickups(groupOf: (extension: string) => string | null, cluster?: Cluster): Pickups {
  const ringing = new Set<RingingCall>();
  const shared = cluster && createSharedTable<string>(cluster, 'sbc.ringing');
  let rings = 0;

  function mayTake(by: AgentId, extension: string): boolean {
    const group = groupOf(by);
    return group !== null && group === groupOf(extension);
  }

  function find(by: AgentId, extension: string | null): RingingCall | { refused: string } {
    if (groupOf(by) === null) return { refused: `${by} is in no pick-up group` };
    if (extension !== null && !mayTake(by, extension)) return { refused: `${by} and ${extension} are not in one pick-up group` };
    const wanted = (call: RingingCall) => (extension === null ? mayTake(by, call.extension) : call.extension === extension);
    for (const call of ringing) if (call.extension !== by && wanted(call)) return call;
    return { refused: extension === null ? `nothing rings in the pick-up group of ${by}` : `nothing rings at ${extension}` };
  }

  return {
    add(call) {
      ringing.add(call);
      rings += 1;
      const key = `${cluster?.self.node} ${rings}`;
      shared?.set(key, call.extension);
      return () => {
        if (ringing.delete(call)) shared?.set(key, undefined);
      };
    },
    elsewhere(by, extension) {
      if (!shared || !('refused' in find(by, extension))) return undefined;
      for (const key of shared.keys()) {
        for (const [node, rung] of shared.at(key)) {
          const wanted = extension === null || rung === extension;
          if (node !== cluster?.self.node && wanted && rung !== by && mayTake(by, rung)) return node;
        }
      }
      return undefined;
    },
    find,
    atLeg(by, leg) {
      for (const call of ringing) {
        if (!call.ringsAt(leg)) continue;
        return mayTake(by, call.extension) ? call : { refused: `${by} and ${call.extension} are not in one pick-up group` };
      }
      return { refused: 'the call that should be taken does not ring any more' };
    },
  };
}
