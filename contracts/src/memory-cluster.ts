import type { Cluster, ClusterMessage, Leadership, NodeId, NodeView } from './cluster.js';
import { DomainError } from './errors.js';

/** Several processes' worth of `Cluster` in one, for tests: bodies are copied as JSON and arrive later, in order. */
export interface MemoryCluster {
  of(node: NodeId): Cluster;
  /** The process is gone: the others are told, it hears and says nothing any more. Whoever led is followed by the first that lives. */
  kill(node: NodeId): void;
  /** Starts another incarnation under the name. */
  join(node: NodeId, view?: Partial<NodeView>): Cluster;
  /** Makes a process the leader, or nobody. */
  elect(node: NodeId | null): void;
}

interface Member {
  view: NodeView;
  alive: boolean;
  onMessage: Map<string, Set<(message: ClusterMessage) => void>>;
  onNodes: Set<Parameters<Cluster['onNodes']>[0]>;
  onLeadership: Set<(now: Leadership) => void>;
  handlers: Map<string, (body: unknown, from: NodeId) => Promise<unknown>>;
  cluster: Cluster;
}

/** @param later when a message arrives; the default is before anything that waits for I/O. The first of `names` leads. */
export function memoryCluster(names: readonly NodeId[], later: (deliver: () => void) => void = queueMicrotask): MemoryCluster {
  const members = new Map<NodeId, Member>();
  const kept: Array<(leader: Member) => void> = [];
  let incarnations = 0;
  let leader: NodeId | null = null;
  let term = 0;

  const living = () => [...members.values()].filter((m) => m.alive);
  const copy = (body: unknown): unknown => (body === undefined ? undefined : JSON.parse(JSON.stringify(body)));
  const leadershipOf = (node: NodeId): Leadership => ({ leader, term, mine: leader === node });

  function deliver(from: Member, to: Member, topic: string, body: unknown): void {
    const message: ClusterMessage = { from: from.view.node, term, body: from === to ? body : copy(body) };
    const now = () => {
      if (to.alive && (from.alive || from === to)) for (const listener of [...(to.onMessage.get(topic) ?? [])]) listener(message);
    };
    if (from === to) now();
    else later(now);
  }

  function make(view: NodeView): Member {
    const node = view.node;
    const member: Member = {
      view,
      alive: true,
      onMessage: new Map(),
      onNodes: new Set(),
      onLeadership: new Set(),
      handlers: new Map(),
      cluster: {
        self: view,
        nodes: () => living().map((m) => m.view),
        onNodes: (listener) => added(member.onNodes, listener),
        leadership: () => leadershipOf(node),
        onLeadership: (listener) => added(member.onLeadership, listener),
        post(to, topic, body) {
          if (!member.alive) return;
          const said = copy(body);
          const target = members.get(to === 'leader' ? (leader ?? '') : to);
          if (target?.alive) deliver(member, target, topic, target === member ? body : said);
          else if (to === 'leader') kept.push((next) => deliver(member, next, topic, said));
        },
        broadcast(topic, body) {
          if (member.alive) for (const to of living()) deliver(member, to, topic, body);
        },
        receive(topic, listener) {
          const all = member.onMessage.get(topic) ?? new Set();
          member.onMessage.set(topic, all);
          return added(all, listener);
        },
        async ask(to, method, body) {
          const target = members.get(to === 'leader' ? (leader ?? '') : to);
          const handler = target?.alive ? target.handlers.get(method) : undefined;
          if (!handler) throw new DomainError('unavailable', `nobody answers ${method}`, { node: to });
          return copy(await handler(copy(body), node));
        },
        answer(method, handler) {
          if (member.handlers.has(method)) throw new Error(`${method} has a handler already`);
          member.handlers.set(method, handler);
          return () => member.handlers.delete(method);
        },
      },
    };
    return member;
  }

  function tell(node: NodeView, kind: 'joined' | 'left'): void {
    for (const m of living()) if (m.view !== node) for (const listener of [...m.onNodes]) listener({ node, kind });
  }

  function elect(node: NodeId | null): void {
    leader = node;
    if (node !== null) term += 1;
    for (const m of living()) for (const listener of [...m.onLeadership]) listener(leadershipOf(m.view.node));
    const next = node === null ? undefined : members.get(node);
    if (next) for (const post of kept.splice(0)) post(next);
  }

  function join(node: NodeId, view: Partial<NodeView> = {}): Cluster {
    incarnations += 1;
    const base: NodeView = { node, incarnation: String(incarnations), state: 'up', sip: null, http: '', version: '', startedAt: 0 };
    const member = make({ ...base, ...view });
    members.set(node, member);
    tell(member.view, 'joined');
    return member.cluster;
  }

  for (const name of names) join(name);
  if (names[0] !== undefined) elect(names[0]);

  return {
    of(node) {
      const member = members.get(node);
      if (!member) throw new Error(`there is no process ${node}`);
      return member.cluster;
    },
    kill(node) {
      const member = members.get(node);
      if (!member?.alive) return;
      member.alive = false;
      tell(member.view, 'left');
      if (leader === node) elect(living()[0]?.view.node ?? null);
    },
    join,
    elect,
  };
}

function added<T>(set: Set<T>, one: T): () => void {
  set.add(one);
  return () => set.delete(one);
}
