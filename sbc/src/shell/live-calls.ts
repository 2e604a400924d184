import { type CallId, type Clock, type Cluster, createSharedTable, type TrunkId } from '@yixian/contracts';
import { within } from './deadline.js';

/** The calls that run through the edge now, and how many of them each trunk carries. */
export interface LiveCalls {
  begin(callId: CallId): void;
  end(callId: CallId): void;
  /** Work a call still owes (recording, reports of called legs); the call's record is closed after it. */
  owe(callId: CallId, work: Promise<unknown>): void;
  /** Resolves when everything owed so far is done; rejects with the first failure. */
  paid(callId: CallId): Promise<void>;
  /** Counts a call on a trunk until the returned function is called; calling it twice changes nothing. */
  onTrunk(trunkId: TrunkId): () => void;
  /** Over all processes of the hotline, the others as of a moment ago. */
  trunk(trunkId: TrunkId): number;
  /** Of this process. */
  trunks(): ReadonlyMap<TrunkId, number>;
  readonly size: number;
  readonly begun: number;
  /** Resolves when no call is left, or after `timeoutMs`; true when none is left. */
  idle(timeoutMs: number): Promise<boolean>;
}

/** @param cluster the other processes, whose calls count against the limits of trunks as well */
export function createLiveCalls(clock: Pick<Clock, 'setTimer'>, cluster?: Cluster): LiveCalls {
  const calls = new Map<CallId, Array<Promise<unknown>>>();
  const perTrunk = new Map<TrunkId, number>();
  let waiters: Array<() => void> = [];
  const shared = cluster && createSharedTable<number>(cluster, 'sbc.trunk-calls');
  let begun = 0;

  function setTrunk(trunkId: TrunkId, count: number): void {
    if (count > 0) perTrunk.set(trunkId, count);
    else perTrunk.delete(trunkId);
    shared?.set(trunkId, count > 0 ? count : undefined);
  }

  return {
    begin(callId) {
      begun++;
      calls.set(callId, []);
    },
    end(callId) {
      calls.delete(callId);
      if (calls.size > 0) return;
      for (const wake of waiters) wake();
      waiters = [];
    },
    owe(callId, work) {
      work.catch(() => undefined); // `paid` tells it; unpaid work must not end the process
      calls.get(callId)?.push(work);
    },
    async paid(callId) {
      await Promise.all(calls.get(callId) ?? []);
    },
    onTrunk(trunkId) {
      setTrunk(trunkId, (perTrunk.get(trunkId) ?? 0) + 1);
      let counted = true;
      return () => {
        if (!counted) return;
        counted = false;
        setTrunk(trunkId, (perTrunk.get(trunkId) ?? 1) - 1);
      };
    },
    trunk(trunkId) {
      if (!shared) return perTrunk.get(trunkId) ?? 0;
      let calls = 0;
      for (const count of shared.at(trunkId).values()) calls += count;
      return calls;
    },
    trunks: () => perTrunk,
    get size() {
      return calls.size;
    },
    get begun() {
      return begun;
    },
    async idle(timeoutMs) {
      if (calls.size > 0) await within(clock, timeoutMs, new Promise<void>((resolve) => waiters.push(resolve)));
      return calls.size === 0;
    },
  };
}
