import {
  type Clock,
  type Cluster,
  DomainError,
  type Leadership,
  type Logger,
  type NodeId,
  type NodeView,
  type Timer,
} from '@yixian/contracts';
import { type Ask, Asks } from './asks.js';
import { LeaderQueue } from './leader-queue.js';
import { LEASE_MS, Lease } from './lease.js';
import { ALIVE_MS, type Member, Membership } from './membership.js';
import { asMessage, type Message, type Post } from './messages.js';
import { Inbox, Outbox } from './outbox.js';
import { Topics } from './topics.js';
import { type BeatAnswer, INBOX, type Wire } from './wire.js';

/** How often a process says that it lives. */
const BEAT_MS = 300;
/** A process of the same name that was killed is alive to Redis for a while. */
const NAME_PATIENCE_MS = ALIVE_MS + 3_000;
const RETRY_MS = 50;
const BATCH = 200;
/** A change of leaders is over sooner. */
const NO_LEADER_MS = 10_000;
/** What Redis took and nobody confirmed for so long is sent again. */
const OWED_MS = 5_000;

export interface RedisCluster extends Cluster {
  /** Says where this process is reached. */
  update(view: Partial<Pick<NodeView, 'sip' | 'http'>>): void;
  /** Everything listens: this process may lead, and what nobody listens to is not kept any more. */
  composed(): void;
  /** It takes no new work and hands the decisions over when there is another. */
  drain(): void;
  /** Says goodbye. */
  leave(): Promise<void>;
  /** Told once, when the others have taken this process for dead: what it held is given away, so it has to end. */
  onExpelled(listener: () => void): void;
  /** Those of these incarnations that are dead. */
  dead(incarnations: readonly string[]): Promise<string[]>;
  readonly wire: Wire;
  /** Why this process cannot do its part now. */
  problems(): string[];
  metrics(): Record<string, number>;
}

export interface RedisClusterOptions {
  wire: Wire;
  clock: Clock;
  logger: Logger;
  self: NodeView;
}

/**
 * The processes of one hotline that share a Redis: who lives, who decides, and what they say to each other.
 * @throws Error when another living process has the same name
 */
export async function joinCluster(options: RedisClusterOptions): Promise<RedisCluster> {
  const cluster = new Joined(options);
  await cluster.join();
  return cluster;
}

class Joined implements RedisCluster {
  readonly wire: Wire;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #lease: Lease;
  readonly #members = new Membership();
  readonly #topics: Topics;
  readonly #asks: Asks;
  readonly #inbox = new Inbox();
  readonly #outboxes = new Map<string, Outbox>();
  readonly #sending = new Set<string>();
  readonly #forLeader = new LeaderQueue<Post | Ask>();
  /** Of each sender, by incarnation: the last message for the leader that was taken here. */
  readonly #taken = new Map<string, number>();
  readonly #nodeListeners = new Set<Parameters<Cluster['onNodes']>[0]>();
  readonly #leaderListeners = new Set<(now: Leadership) => void>();
  readonly #counts = { sent: 0, received: 0, asks: 0, resent: 0, beatsFailed: 0, leaderships: 0, expelled: 0 };
  #self: NodeView;
  #shown: Leadership = { leader: null, term: 0, mine: false };
  #candidate = false;
  #leaderSeenAt: number;
  #draining = false;
  #beating: Promise<void> | undefined;
  #beatAgain = false;
  #timer: Timer | undefined;
  #lapse: Timer | undefined;
  #stopped = false;
  #expelled: (() => void) | undefined;

  constructor({ wire, clock, logger, self }: RedisClusterOptions) {
    this.wire = wire;
    this.#clock = clock;
    this.#logger = logger;
    this.#self = self;
    this.#leaderSeenAt = clock.monotonic();
    this.#lease = new Lease(() => clock.monotonic());
    this.#topics = new Topics(logger);
    this.#asks = new Asks(clock, logger);
  }

  async join(): Promise<void> {
    const deadline = this.#clock.monotonic() + NAME_PATIENCE_MS;
    for (;;) {
      const verdict = await this.#ask();
      if (verdict === 'ok') break;
      if (this.#clock.monotonic() >= deadline) {
        throw new Error(
          `another process of this hotline is called HOTLINE_NODE=${this.#self.node}: stop it first, or give this one another name`,
        );
      }
      await this.#pause();
    }
    this.wire.read(`${INBOX}${this.#self.incarnation}`, '0-0', (fields) => this.#arrived(fields), { trim: true });
    this.#beatLater();
  }

  get self(): NodeView {
    return this.#self;
  }

  nodes(): readonly NodeView[] {
    return this.#members.list().map(({ view }) => view);
  }

  onNodes(listener: Parameters<Cluster['onNodes']>[0]): () => void {
    this.#nodeListeners.add(listener);
    return () => this.#nodeListeners.delete(listener);
  }

  leadership(): Leadership {
    return this.#lease.now();
  }

  onLeadership(listener: (now: Leadership) => void): () => void {
    this.#leaderListeners.add(listener);
    return () => this.#leaderListeners.delete(listener);
  }

  post(to: NodeId | 'leader', topic: string, body: unknown): void {
    const post: Post = { k: 'post', topic, term: this.#lease.term, body };
    if (to === 'leader') this.#toLeader(post);
    else if (to === this.#self.node) this.#topics.deliver(topic, asMessage(to, post));
    else this.#send(to, post);
  }

  broadcast(topic: string, body: unknown): void {
    for (const { node } of this.nodes()) this.post(node, topic, body);
  }

  receive(topic: string, listener: Parameters<Cluster['receive']>[1]): () => void {
    return this.#topics.receive(topic, listener);
  }

  async ask(to: NodeId | 'leader', method: string, body: unknown, deadlineMs: number): Promise<unknown> {
    this.#counts.asks += 1;
    const { node } = this.#self;
    if (to === node || (to === 'leader' && this.leadership().mine && this.#forLeader.waiting === 0))
      return this.#asks.here(method, body, node);
    if (to !== 'leader' && !this.#members.get(to)) throw new DomainError('unavailable', `the process ${to} is gone`, { node: to });
    const { ask, answer } = this.#asks.open(to, method, body, deadlineMs, (id) => {
      this.#forLeader.drop((message) => message.k === 'ask' && message.id === id);
    });
    if (to === 'leader') this.#toLeader(ask);
    else this.#send(to, ask);
    return answer;
  }

  answer(method: string, handler: Parameters<Cluster['answer']>[1]): () => void {
    return this.#asks.answer(method, handler);
  }

  update(view: Partial<Pick<NodeView, 'sip' | 'http'>>): void {
    this.#self = { ...this.#self, ...view };
    this.#look();
  }

  composed(): void {
    this.#topics.composed();
    this.#asks.composed();
    this.#candidate = true;
    this.#look();
  }

  drain(): void {
    this.#self = { ...this.#self, state: 'draining' };
    this.#draining = true;
    this.#look();
  }

  onExpelled(listener: () => void): void {
    this.#expelled = listener;
  }

  async dead(incarnations: readonly string[]): Promise<string[]> {
    // one that Redis has forgotten is still waited for
    const living = new Set([...(await this.wire.living()), ...this.nodes().map(({ incarnation }) => incarnation)]);
    return incarnations.filter((incarnation) => !living.has(incarnation));
  }

  async leave(): Promise<void> {
    this.#stopped = true;
    this.#candidate = false;
    this.#timer?.cancel();
    this.#lapse?.cancel();
    await this.#beating;
    await this.#flushed();
    this.#lease.resign();
    this.#tellLeadership();
    this.#asks.close();
    await this.wire.leave(this.#self.node, this.#self.incarnation).catch(() => undefined);
    const others = this.nodes().filter(({ node }) => node !== this.#self.node);
    await Promise.all(others.map((view) => this.wire.send(view.incarnation, this.#packed(0, [{ k: 'look' }])).catch(() => undefined)));
  }

  problems(): string[] {
    const since = this.#clock.monotonic() - this.#leaderSeenAt;
    if (this.leadership().leader !== null || since < NO_LEADER_MS) return [];
    return [`nobody decides, for ${Math.round(since / 1000)} s`];
  }

  metrics(): Record<string, number> {
    const { sent, received, asks, resent, beatsFailed, leaderships } = this.#counts;
    return {
      cluster_nodes: this.#members.list().filter((member) => member.alive).length,
      cluster_is_leader: this.leadership().mine ? 1 : 0,
      cluster_term: this.#lease.term,
      cluster_messages_sent_total: sent,
      cluster_messages_received_total: received,
      cluster_messages_waiting: [...this.#outboxes.values()].reduce((sum, outbox) => sum + outbox.waiting, 0) + this.#forLeader.waiting,
      cluster_messages_resent_total: resent,
      cluster_asks_total: asks,
      cluster_asks_waiting: this.#asks.waiting,
      cluster_beats_failed_total: beatsFailed,
      cluster_leaderships_total: leaderships,
    };
  }

  // ---- beats

  #beatLater(): void {
    if (this.#stopped) return;
    this.#timer?.cancel();
    this.#timer = this.#clock.setTimer(BEAT_MS, () => this.#look());
  }

  /** Looks at once; one at a time, and once more when something changed meanwhile. */
  #look(): void {
    if (this.#beating) {
      this.#beatAgain = true;
      return;
    }
    if (this.#stopped) return;
    this.#beating = this.#beat().finally(() => {
      this.#beating = undefined;
      if (this.#beatAgain) {
        this.#beatAgain = false;
        this.#look();
      } else this.#beatLater();
    });
  }

  async #beat(): Promise<void> {
    try {
      const verdict = await this.#ask();
      if (verdict !== 'ok') this.#expel();
    } catch (error) {
      this.#counts.beatsFailed += 1;
      this.#logger.debug({ err: error }, 'cluster: no answer of redis');
    }
    this.#tellLeadership();
  }

  async #ask(): Promise<BeatAnswer['verdict']> {
    const askedAt = this.#clock.monotonic();
    const { node, incarnation } = this.#self;
    const others = this.#members.list().filter((member) => member.alive && member.view.node !== node && member.view.state === 'up');
    const mayLead = this.#candidate && !(this.#draining && others.length > 0);
    if (!mayLead && this.#lease.mine) await this.#resign();
    const answer = await this.wire.beat({
      node,
      incarnation,
      entry: `${incarnation} ${JSON.stringify({ view: this.#self, has: this.#inbox.confirmations() })}`,
      aliveMs: ALIVE_MS,
      leaseMs: LEASE_MS,
      knownTerm: this.#lease.term,
      candidate: mayLead,
      heldTerm: this.#lease.heldTerm,
      known: this.#members.list().map(({ view }) => view.incarnation),
    });
    if (answer.verdict === 'ok') await this.#heard(answer, askedAt);
    return answer.verdict;
  }

  async #heard(answer: Extract<BeatAnswer, { verdict: 'ok' }>, askedAt: number): Promise<void> {
    const [leader = '', leaderIncarnation = '', leaderTerm = '0'] = answer.leader.split(' ');
    this.#lease.told(
      {
        leader: leader === '' ? null : leader,
        leaderIsMe: leader === this.#self.node && leaderIncarnation === this.#self.incarnation,
        leaderTerm: Number(leaderTerm),
        term: answer.term,
      },
      askedAt,
    );
    const all = new Map(answer.nodes.map(({ node, entry, alive }) => [node, memberOf(entry, alive)] as const));
    const now = this.#clock.monotonic();
    const { changes, silent } = this.#members.told(all, answer.dead, now);
    for (const change of changes) this.#changed(change);
    this.#confirmed(now);
    this.#tellLeadership();
    let buried = false;
    for (const { node, incarnation } of silent) buried = (await this.wire.bury(node, incarnation)) || buried;
    if (buried) {
      this.#beatAgain = true;
      for (const { node } of this.nodes()) if (node !== this.#self.node) this.#send(node, { k: 'look' });
    }
  }

  #changed(change: { node: NodeView; kind: 'joined' | 'changed' | 'left' }): void {
    const { node, kind } = change;
    if (kind === 'left') {
      this.#outboxes.delete(node.incarnation);
      this.#inbox.forget(node.incarnation);
      this.#taken.delete(node.incarnation);
      this.#asks.gone(node.node);
    }
    if (node.node !== this.#self.node && kind !== 'changed') this.#logger.info({ node: node.node, kind }, `cluster: a process has ${kind}`);
    for (const listener of [...this.#nodeListeners]) this.#guard(() => listener(change));
  }

  #confirmed(now: number): void {
    for (const { view, has } of this.#members.list()) {
      const outbox = this.#outboxes.get(view.incarnation);
      if (!outbox) continue;
      outbox.confirmed(has[this.#self.incarnation] ?? 0, now);
      if (outbox.resendIfOwed(now, OWED_MS)) this.#counts.resent += 1;
      this.#flush(view.incarnation);
    }
  }

  #expel(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#counts.expelled += 1;
    this.#lease.resign();
    this.#tellLeadership();
    this.#logger.error({ node: this.#self.node }, 'the other processes have taken this one for dead and given its work away: it ends');
    this.#expelled?.();
  }

  // ---- who decides

  /** Tells of a change; also when the lease has just lapsed. */
  #tellLeadership(): void {
    const now = this.#lease.now();
    const before = this.#shown;
    if (now.leader !== null) this.#leaderSeenAt = this.#clock.monotonic();
    this.#lapse?.cancel();
    if (now.mine) this.#lapse = this.#clock.setTimer(this.#lease.leftMs + 1, () => this.#tellLeadership());
    if (now.leader === before.leader && now.term === before.term && now.mine === before.mine) return;
    this.#shown = now;
    if (now.mine && !before.mine) {
      this.#counts.leaderships += 1;
      this.#logger.info({ term: now.term }, 'cluster: this process decides from now on');
      for (const { node } of this.nodes()) if (node !== this.#self.node) this.#send(node, { k: 'look' });
    } else if (before.mine && !now.mine) this.#logger.warn({ term: before.term }, 'cluster: this process does not decide any more');
    for (const listener of [...this.#leaderListeners]) this.#guard(() => listener(now));
    this.#flushForLeader();
  }

  async #resign(): Promise<void> {
    const holder = `${this.#self.node} ${this.#self.incarnation} ${this.#lease.heldTerm}`;
    this.#lease.resign();
    this.#tellLeadership();
    await this.wire.resign(holder);
  }

  #toLeader(message: Post | Ask): void {
    this.#forLeader.push(message);
    this.#flushForLeader();
  }

  #flushForLeader(): void {
    const { leader, term, mine } = this.leadership();
    if (leader === null) return;
    if (mine) {
      for (let entry = this.#forLeader.shift(); entry; entry = this.#forLeader.shift())
        this.#lead(entry.message, this.#self.node, this.#self.incarnation);
    } else if (leader !== this.#self.node) {
      for (const { l, message } of this.#forLeader.due(term)) this.#send(leader, { k: 'leader', l, term, message });
    }
  }

  #lead(message: Post | Ask, from: NodeId, sender: string): void {
    if (message.k === 'post') this.#topics.deliver(message.topic, asMessage(from, message));
    else void this.#reply(message, from, sender);
  }

  // ---- messages

  #send(to: NodeId, message: Message): void {
    const member = this.#members.get(to);
    if (!member) {
      this.#logger.debug({ to, kind: message.k }, 'cluster: nobody of this name to say it to');
      return;
    }
    this.#sendTo(member.view.incarnation, message);
  }

  #sendTo(incarnation: string, message: Message): void {
    const outbox = this.#outboxes.get(incarnation) ?? new Outbox();
    this.#outboxes.set(incarnation, outbox);
    outbox.push(JSON.stringify(message));
    this.#counts.sent += 1;
    // what is said in one turn goes together
    queueMicrotask(() => this.#flush(incarnation));
  }

  #flush(incarnation: string): void {
    if (this.#sending.has(incarnation) || !this.#outboxes.get(incarnation)?.batch(1)) return;
    this.#sending.add(incarnation);
    void this.#transmit(incarnation).finally(() => this.#sending.delete(incarnation));
  }

  async #transmit(incarnation: string): Promise<void> {
    for (;;) {
      const outbox = this.#outboxes.get(incarnation);
      const batch = outbox?.batch(BATCH);
      if (!outbox || !batch) return;
      const { node } = this.#self;
      const fields = { from: node, sender: this.#self.incarnation, first: String(batch.first), messages: `[${batch.messages.join(',')}]` };
      try {
        await this.wire.send(incarnation, fields);
        outbox.sent(batch.first + batch.messages.length - 1, this.#clock.monotonic());
      } catch {
        if (this.#stopped) return;
        await this.#pause(); // redis is away: the same again
      }
    }
  }

  #packed(first: number, messages: Message[]): Record<string, string> {
    return { from: this.#self.node, sender: this.#self.incarnation, first: String(first), messages: JSON.stringify(messages) };
  }

  #arrived({ from = '', sender = '', first = '0', messages = '[]' }: Record<string, string>): void {
    const all = JSON.parse(messages) as Message[];
    // one that has just joined speaks before it was seen
    if (this.#members.get(from)?.view.incarnation !== sender) this.#look();
    // a goodbye has no number: nothing comes after it
    const fresh = first === '0' ? all : this.#inbox.take(sender, Number(first), all);
    let taken = 0;
    for (const message of fresh) {
      this.#counts.received += 1;
      if (message.k === 'leader') taken = this.#takenForLeader(message, from, sender) || taken;
      else this.#guard(() => this.#heardFrom(message, from, sender));
    }
    if (taken > 0) this.#sendTo(sender, { k: 'taken', l: taken });
  }

  #heardFrom(message: Exclude<Message, { k: 'leader' }>, from: NodeId, sender: string): void {
    if (message.k === 'post') this.#topics.deliver(message.topic, asMessage(from, message));
    else if (message.k === 'ask') void this.#reply(message, from, sender);
    else if (message.k === 'reply') this.#asks.replied(message);
    else if (message.k === 'taken') this.#forLeader.taken(message.l);
    else this.#look();
  }

  /** @returns the number of the message when it was for this leader, 0 when it has to be said to another */
  #takenForLeader(message: Extract<Message, { k: 'leader' }>, from: NodeId, sender: string): number {
    const { mine, term } = this.leadership();
    if (!mine || message.term !== term) return 0;
    if (message.l <= (this.#taken.get(sender) ?? 0)) return message.l;
    this.#taken.set(sender, message.l);
    this.#guard(() => this.#lead(message.message, from, sender));
    return message.l;
  }

  async #reply(ask: Ask, from: NodeId, sender: string): Promise<void> {
    const reply = await this.#asks.handle(ask, from);
    if (from === this.#self.node) this.#asks.replied(reply);
    else this.#sendTo(sender, reply);
  }

  /** What was said goes out before the goodbye. */
  async #flushed(): Promise<void> {
    const deadline = this.#clock.monotonic() + 1_000;
    while (this.#sending.size > 0 && this.wire.connected && this.#clock.monotonic() < deadline) await this.#pause();
  }

  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#logger.error({ err: error }, 'cluster: a listener failed');
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => this.#clock.setTimer(RETRY_MS, resolve));
  }
}

function memberOf(entry: string, alive: boolean): Member {
  const { view, has } = JSON.parse(entry.slice(entry.indexOf(' ') + 1)) as { view: NodeView; has: Record<string, number> };
  return { view, has, alive };
}
