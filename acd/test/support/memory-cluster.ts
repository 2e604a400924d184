import {
  type Cluster,
  type ClusterMessage,
  DomainError,
  type Leadership,
  type NodeId,
  type NodeView,
  type SimulatedClock,
} from '@yixian/contracts';

type Handler = (body: unknown, from: NodeId) => Promise<unknown>;

interface Packet {
  from: NodeId;
  to: NodeId;
  run(): void;
}

/** Several processes in one, with a clock of their own making: what is said takes its time, in order from each to each. */
export class MemoryNetwork {
  readonly #clock: SimulatedClock;
  readonly #delay: () => number;
  readonly #nodes = new Map<NodeId, Node>();
  /** When the last thing said from one to another arrives. */
  readonly #lastAt = new Map<string, number>();
  readonly #packets = new Set<Packet>();
  #leader: NodeId | null = null;
  #term = 0;

  /** @param delay milliseconds of each message */
  constructor(clock: SimulatedClock, delay: () => number = () => 1) {
    this.#clock = clock;
    this.#delay = delay;
  }

  get inFlight(): number {
    return this.#packets.size;
  }

  get leader(): NodeId | null {
    return this.#leader;
  }

  join(name: NodeId): Cluster {
    const view: NodeView = {
      node: name,
      incarnation: `${name}-${this.#clock.now()}`,
      state: 'up',
      sip: null,
      http: '',
      version: '',
      startedAt: this.#clock.now(),
    };
    const node = new Node(this, view);
    for (const other of this.#nodes.values()) this.say(name, other.self.node, () => other.joined(view));
    node.known = [...[...this.#nodes.values()].map((other) => other.self), view];
    this.#nodes.set(name, node);
    node.told({ leader: this.#leader, term: this.#term, mine: false });
    return node;
  }

  /** The lease runs out: by its own clock its holder has stopped before. */
  depose(): void {
    if (this.#leader === null) return;
    this.#leader = null;
    this.#tell();
  }

  elect(name: NodeId): void {
    if (this.#leader === name) return;
    this.depose();
    this.#leader = name;
    this.#term += 1;
    this.#tell();
  }

  /** Another is given the lease while its holder still takes it for its own, for so long; only a store that lost it does this. */
  usurp(name: NodeId, unnoticedMs: number): void {
    const holder = this.#leader === null ? undefined : this.#nodes.get(this.#leader);
    this.#leader = name;
    this.#term += 1;
    const now = { leader: name, term: this.#term };
    for (const node of this.#nodes.values()) {
      const mine = node.self.node === name;
      if (mine) node.told({ ...now, mine });
      else this.#clock.setTimer(node === holder ? unnoticedMs : this.#delay(), () => node.told({ ...now, mine }));
    }
  }

  /** kill -9: some of what it said last is lost, and the others notice after a while. */
  kill(name: NodeId, lost: () => boolean, noticedAfterMs: number): void {
    const node = this.#nodes.get(name);
    if (!node) return;
    node.dead = true;
    this.#nodes.delete(name);
    const cut = new Set<NodeId>();
    for (const packet of this.#packets) {
      if (packet.to === name) this.#packets.delete(packet);
      if (packet.from !== name) continue;
      if (lost()) cut.add(packet.to);
      if (cut.has(packet.to)) this.#packets.delete(packet);
    }
    if (this.#leader === name) this.depose();
    for (const other of this.#nodes.values()) {
      this.#clock.setTimer(noticedAfterMs + this.#delay(), () => {
        for (const packet of [...this.#packets]) if (packet.from === name && packet.to === other.self.node) this.#packets.delete(packet);
        this.#lastAt.delete(`${name} ${other.self.node}`);
        if (!other.dead) other.left(node.self);
      });
    }
  }

  say(from: NodeId, to: NodeId, run: () => void): void {
    const pair = `${from} ${to}`;
    const at = Math.max(this.#clock.now() + this.#delay(), this.#lastAt.get(pair) ?? 0);
    this.#lastAt.set(pair, at);
    const packet: Packet = { from, to, run };
    this.#packets.add(packet);
    this.#clock.setTimer(at - this.#clock.now(), () => {
      if (this.#packets.delete(packet)) packet.run();
    });
  }

  node(name: NodeId): Node | undefined {
    return this.#nodes.get(name);
  }

  #tell(): void {
    const now = { leader: this.#leader, term: this.#term };
    for (const node of this.#nodes.values()) {
      const mine = node.self.node === this.#leader;
      // whoever holds the lease knows at once whether it does
      if (mine || node.leadership().mine) node.told({ ...now, mine });
      else this.#clock.setTimer(this.#delay(), () => node.told({ ...now, mine: false }));
    }
  }
}

class Node implements Cluster {
  readonly self: NodeView;
  known: NodeView[] = [];
  dead = false;
  readonly #network: MemoryNetwork;
  readonly #topics = new Map<string, Set<(message: ClusterMessage) => void>>();
  readonly #handlers = new Map<string, Handler>();
  readonly #nodeListeners = new Set<Parameters<Cluster['onNodes']>[0]>();
  readonly #leaderListeners = new Set<(now: Leadership) => void>();
  readonly #asks = new Map<number, { to: NodeId; reject(error: Error): void }>();
  #forLeader: ((leader: NodeId) => void)[] = [];
  #leadership: Leadership = { leader: null, term: 0, mine: false };
  #count = 0;

  constructor(network: MemoryNetwork, self: NodeView) {
    this.#network = network;
    this.self = self;
  }

  nodes(): readonly NodeView[] {
    return this.known;
  }
  onNodes(listener: Parameters<Cluster['onNodes']>[0]): () => void {
    this.#nodeListeners.add(listener);
    return () => this.#nodeListeners.delete(listener);
  }
  joined(view: NodeView): void {
    this.known = [...this.known, view];
    for (const listener of [...this.#nodeListeners]) listener({ node: view, kind: 'joined' });
  }
  left(view: NodeView): void {
    this.known = this.known.filter(({ incarnation }) => incarnation !== view.incarnation);
    for (const [id, { to, reject }] of this.#asks) {
      if (to !== view.node) continue;
      this.#asks.delete(id);
      reject(new DomainError('unavailable', `${to} is gone`));
    }
    for (const listener of [...this.#nodeListeners]) listener({ node: view, kind: 'left' });
  }

  leadership(): Leadership {
    return this.dead ? { ...this.#leadership, mine: false } : this.#leadership;
  }
  onLeadership(listener: (now: Leadership) => void): () => void {
    this.#leaderListeners.add(listener);
    return () => this.#leaderListeners.delete(listener);
  }
  told(now: Leadership): void {
    if (this.dead || now.term < this.#leadership.term || (this.#leadership.mine && now.term === this.#leadership.term && now.mine)) return;
    this.#leadership = now;
    for (const listener of [...this.#leaderListeners]) listener(now);
    const { leader } = now;
    if (leader !== null) for (const send of this.#forLeader.splice(0)) send(leader);
  }

  post(to: NodeId | 'leader', topic: string, body: unknown): void {
    if (this.dead) return;
    if (to === 'leader') {
      this.#toLeader((leader) => this.post(leader, topic, body));
      return;
    }
    const { term } = this.#leadership;
    if (to === this.self.node) {
      this.deliver(topic, { from: to, term, body });
      return;
    }
    const copy: unknown = JSON.parse(JSON.stringify(body));
    this.#network.say(this.self.node, to, () => this.#network.node(to)?.deliver(topic, { from: this.self.node, term, body: copy }));
  }
  broadcast(topic: string, body: unknown): void {
    for (const { node } of this.known) this.post(node, topic, body);
  }
  receive(topic: string, listener: (message: ClusterMessage) => void): () => void {
    const all = this.#topics.get(topic) ?? new Set();
    this.#topics.set(topic, all.add(listener));
    return () => all.delete(listener);
  }

  ask(to: NodeId | 'leader', method: string, body: unknown, _deadlineMs: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const send = (node: NodeId): void => this.#ask(node, method, body, resolve, reject);
      if (to === 'leader') this.#toLeader(send);
      else send(to);
    });
  }
  answer(method: string, handler: Handler): () => void {
    this.#handlers.set(method, handler);
    return () => this.#handlers.delete(method);
  }

  #toLeader(send: (leader: NodeId) => void): void {
    const { leader } = this.#leadership;
    if (leader === null) this.#forLeader.push(send);
    else send(leader);
  }

  #ask(to: NodeId, method: string, body: unknown, resolve: (value: unknown) => void, reject: (error: Error) => void): void {
    if (this.dead) return;
    if (to === this.self.node) {
      this.#handle(method, body, to).then(resolve, reject);
      return;
    }
    if (!this.known.some(({ node }) => node === to)) {
      reject(new DomainError('unavailable', `${to} is gone`));
      return;
    }
    const id = this.#count++;
    this.#asks.set(id, { to, reject });
    const settle = (run: () => void) => (): void => {
      if (!this.dead && this.#asks.delete(id)) run();
    };
    const reply = (run: () => void): void => this.#network.say(to, this.self.node, settle(run));
    this.#network.say(this.self.node, to, () => {
      const other = this.#network.node(to);
      if (!other) return;
      other.#handle(method, JSON.parse(JSON.stringify(body)), this.self.node).then(
        (value) => other.dead || reply(() => resolve(value === undefined ? undefined : JSON.parse(JSON.stringify(value)))),
        (error: Error) => other.dead || reply(() => reject(error)),
      );
    });
  }

  #handle(method: string, body: unknown, from: NodeId): Promise<unknown> {
    const handler = this.#handlers.get(method);
    return handler ? handler(body, from) : Promise.reject(new DomainError('unavailable', `nobody answers ${method}`));
  }

  deliver(topic: string, message: ClusterMessage): void {
    if (!this.dead) for (const listener of [...(this.#topics.get(topic) ?? [])]) listener(message);
  }
}
