import { DomainError } from './errors.js';
import type { EpochMs } from './ids.js';

// Several processes that are one hotline. A stage is written against this port once; alone, a process is leader of itself.

/** A process of the hotline is known by its name, e.g. `a`, unique among those that share a database. */
export type NodeId = string;

export interface NodeView {
  node: NodeId;
  /** Drawn at each start: the same name started again is another incarnation, and what the former held is lost. */
  incarnation: string;
  state: 'up' | 'draining';
  /** Where the other processes reach its SIP, `host:port`; null before its switch listens. */
  sip: string | null;
  /** Where browsers reach it. */
  http: string;
  version: string;
  startedAt: EpochMs;
}

export interface Leadership {
  /** Who decides; null between two leaders. */
  leader: NodeId | null;
  /** The fencing token: grows by each leader, never shrinks. What an older one still says is not listened to. */
  term: number;
  /** True as long as this process surely holds the lease; it turns false before another can hold it. */
  mine: boolean;
}

export interface ClusterMessage {
  from: NodeId;
  /** Of the leader the sender followed, or was, when it sent this. */
  term: number;
  body: unknown;
}

/**
 * What one process says to the others. Messages from one to another arrive in the order they were sent, each once, none
 * lost while both live (also over a broken connection); bodies are plain JSON. A message to this process itself is delivered
 * like any other, but at once, without a copy.
 */
export interface Cluster {
  readonly self: NodeView;
  /** Those that live, this one among them. */
  nodes(): readonly NodeView[];
  /** `left`: it is silent for longer than a lease, or has said goodbye; whatever it held is gone. */
  onNodes(listener: (change: { node: NodeView; kind: 'joined' | 'changed' | 'left' }) => void): () => void;
  leadership(): Leadership;
  onLeadership(listener: (now: Leadership) => void): () => void;
  /** `leader`: whoever it is when it arrives; kept for the next one while there is none. */
  post(to: NodeId | 'leader', topic: string, body: unknown): void;
  /** To all, this process too. */
  broadcast(topic: string, body: unknown): void;
  receive(topic: string, listener: (message: ClusterMessage) => void): () => void;
  /** @throws DomainError the other side's, or `unavailable` when it is gone or silent for `deadlineMs` */
  ask(to: NodeId | 'leader', method: string, body: unknown, deadlineMs: number): Promise<unknown>;
  /** One handler a method. */
  answer(method: string, handler: (body: unknown, from: NodeId) => Promise<unknown>): () => void;
}

/** The cluster of a process that is alone: it leads itself, for ever. */
export function soloCluster(self: Partial<NodeView> = {}): Cluster {
  const view: NodeView = { node: 'solo', incarnation: 'solo', state: 'up', sip: null, http: '', version: '', startedAt: 0, ...self };
  const leadership: Leadership = { leader: view.node, term: 1, mine: true };
  const listeners = new Map<string, Set<(message: ClusterMessage) => void>>();
  const handlers = new Map<string, (body: unknown, from: NodeId) => Promise<unknown>>();
  const deliver = (topic: string, body: unknown): void => {
    for (const listener of listeners.get(topic) ?? []) listener({ from: view.node, term: leadership.term, body });
  };
  return {
    self: view,
    nodes: () => [view],
    onNodes: () => () => {},
    leadership: () => leadership,
    onLeadership: () => () => {},
    post: (_to, topic, body) => deliver(topic, body),
    broadcast: deliver,
    receive(topic, listener) {
      const all = listeners.get(topic) ?? new Set();
      listeners.set(topic, all.add(listener));
      return () => all.delete(listener);
    },
    ask(to, method, body) {
      const handler = to === view.node || to === 'leader' ? handlers.get(method) : undefined;
      return handler ? handler(body, view.node) : Promise.reject(new DomainError('unavailable', `nobody answers ${method}`, { node: to }));
    },
    answer(method, handler) {
      if (handlers.has(method)) throw new Error(`${method} has a handler already`);
      handlers.set(method, handler);
      return () => handlers.delete(method);
    },
  };
}
