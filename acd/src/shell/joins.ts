import type { CallId, Cluster, NodeId } from '@yixian/contracts';
import { JOINED, type JoinedMessage } from './wire.js';

/** Agents who have taken a question of another process are shown on the call they were asked for. */
export interface Joins {
  /** Tells the others; `on` null: no more. */
  tell(callId: CallId, on: CallId | null): void;
  callOf(callId: CallId | null): CallId | null;
  close(): void;
}

/** @param own questions of this process that were taken, and the calls they were for */
export function createJoins(cluster: Cluster, own: () => ReadonlyMap<CallId, CallId>): Joins {
  const joined = new Map<CallId, { node: NodeId; on: CallId }>();
  const self = cluster.self.node;

  const release = [
    cluster.receive(JOINED, ({ from, body }) => {
      const { callId, on } = body as JoinedMessage;
      if (from === self) return;
      if (on === null) joined.delete(callId);
      else joined.set(callId, { node: from, on });
    }),
    cluster.onNodes(({ node: { node }, kind }) => {
      if (node === self) return;
      if (kind === 'left') for (const [callId, one] of [...joined]) if (one.node === node) joined.delete(callId);
      if (kind === 'joined') for (const [callId, on] of own()) cluster.post(node, JOINED, { callId, on } satisfies JoinedMessage);
    }),
  ];

  return {
    tell(callId, on) {
      if (cluster.nodes().length > 1) cluster.broadcast(JOINED, { callId, on } satisfies JoinedMessage);
    },
    callOf: (callId) => (callId === null ? null : (joined.get(callId)?.on ?? callId)),
    close() {
      for (const undo of release) undo();
    },
  };
}
