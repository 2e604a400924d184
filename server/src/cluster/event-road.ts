import type { Clock, DomainEvent, EventDraft, EventRoad, IdSource, Logger, NodeId, NodeView } from '@yixian/contracts';
import { NUMBER } from './scripts.js';
import { PREFIX, type Wire } from './wire.js';

const SEQ = `${PREFIX}seq`;
const STREAM = `${PREFIX}events`;
const BATCHES = `${PREFIX}batches`;
const AT_ONCE = 500;
/** Batches the stream keeps: minutes of a busy hotline, for a process that reads late. */
const KEPT = 20_000;
const RETRY_MS = 50;
/** Batches of the time before this process: by then the journal holds what is older. */
const BACKLOG = 500;

export interface ClusterRoad extends EventRoad {
  /** This process's events once they have their number, in order: for the journal. */
  numbered(listener: (event: DomainEvent) => void): () => void;
  /** Resolves when the event has its number; rejects when it has none within the deadline. */
  hasNumber(event: DomainEvent, deadlineMs: number): Promise<void>;
  /** Like `follow`, with the process each event came from. */
  followFrom(listener: (event: DomainEvent, from: NodeId) => void): () => void;
  /** The last events before this process followed, for clients that come from another process. */
  readonly backlog: readonly DomainEvent[];
  /** The number of the last event that was told to the followers. */
  readonly followedTo: number;
  /** Resolves when everything published has its number and was followed, or after the deadline; with those that have none. */
  close(deadlineMs: number): Promise<readonly DomainEvent[]>;
  metrics(): Record<string, number>;
}

interface Options {
  wire: Wire;
  self: Pick<NodeView, 'node' | 'incarnation'>;
  clock: Clock;
  ids: IdSource;
  logger: Logger;
  /** The last number stored. */
  known: number;
  /** Where numbers go on when Redis knows of none. */
  floor: number;
}

/**
 * The bus of one process of several: its own events are heard here at once and numbered for the whole hotline a moment later;
 * followers hear everybody's in the order of the numbers. While Redis is away numbers and followers wait.
 */
export async function createClusterRoad(options: Options): Promise<ClusterRoad> {
  const road = new Road(options);
  await road.start();
  return road;
}

class Road implements ClusterRoad {
  backlog: readonly DomainEvent[] = [];
  readonly #o: Options;
  readonly #listeners = new Set<(event: DomainEvent) => void>();
  readonly #numbered = new Set<(event: DomainEvent) => void>();
  readonly #followers = new Set<(event: DomainEvent, from: NodeId) => void>();
  readonly #waiters = new Set<{ event: DomainEvent; done(): void }>();
  /** Published, without a number. */
  #waiting: DomainEvent[] = [];
  /** Numbered, not yet come back by the stream; by first number. */
  readonly #ownBatches = new Map<number, readonly DomainEvent[]>();
  #batch = 0;
  #busy = false;
  #closed = false;
  #known: number;
  #followedTo = 0;
  #gaps = 0;
  #total = 0;

  constructor(options: Options) {
    this.#o = options;
    this.#known = options.known;
    this.#followedTo = options.known;
  }

  async start(): Promise<void> {
    const entries = await this.#o.wire.recent(STREAM, BACKLOG);
    this.backlog = entries.flatMap(({ fields }) => eventsOf(fields));
    const last = this.backlog.at(-1)?.seq ?? this.#known;
    this.#known = Math.max(this.#known, last);
    this.#followedTo = last;
    this.#o.wire.read(STREAM, entries.at(-1)?.id ?? '0-0', (fields) => this.#came(fields));
  }

  get followedTo(): number {
    return this.#followedTo;
  }

  publish(draft: EventDraft): DomainEvent {
    const { ids, clock } = this.#o;
    const event = { ...draft, id: ids.next('evt'), seq: 0, at: draft.at ?? clock.now() } as DomainEvent;
    this.#waiting.push(event);
    this.#tell(this.#listeners, (listener) => listener(event), event);
    // all that is published in this turn gets its numbers together
    queueMicrotask(() => this.#number());
    return event;
  }

  subscribe(listener: (event: DomainEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  follow(listener: (event: DomainEvent) => void): () => void {
    return this.followFrom(listener);
  }

  followFrom(listener: (event: DomainEvent, from: NodeId) => void): () => void {
    this.#followers.add(listener);
    return () => this.#followers.delete(listener);
  }

  numbered(listener: (event: DomainEvent) => void): () => void {
    this.#numbered.add(listener);
    return () => this.#numbered.delete(listener);
  }

  hasNumber(event: DomainEvent, deadlineMs: number): Promise<void> {
    if (event.seq > 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = this.#o.clock.setTimer(deadlineMs, () => {
        this.#waiters.delete(waiter);
        reject(
          new Error(`event ${event.type} of ${event.callId ?? 'no call'} has no number within ${deadlineMs} ms: redis does not answer`),
        );
      });
      const waiter = {
        event,
        done: () => {
          timer.cancel();
          resolve();
        },
      };
      this.#waiters.add(waiter);
    });
  }

  async close(deadlineMs: number): Promise<readonly DomainEvent[]> {
    const { clock } = this.#o;
    const deadline = clock.monotonic() + deadlineMs;
    while ((this.#waiting.length > 0 || this.#ownBatches.size > 0) && clock.monotonic() < deadline) await this.#pause();
    this.#closed = true;
    return this.#waiting;
  }

  metrics(): Record<string, number> {
    return {
      cluster_events_numbered_total: this.#total,
      cluster_events_without_number: this.#waiting.length,
      cluster_events_followed_to: this.#followedTo,
      cluster_event_gaps_total: this.#gaps,
    };
  }

  #number(): void {
    if (this.#busy || this.#waiting.length === 0) return;
    this.#busy = true;
    void this.#numberAll().finally(() => {
      this.#busy = false;
      if (!this.#closed) this.#number();
    });
  }

  async #numberAll(): Promise<void> {
    const { wire, self, logger } = this.#o;
    const events = this.#waiting.slice(0, AT_ONCE);
    this.#batch += 1;
    const text = JSON.stringify(events);
    while (!this.#closed) {
      const args = [
        PREFIX,
        self.node,
        self.incarnation,
        this.#batch,
        events.length,
        this.#known,
        Math.max(this.#o.floor, this.#known),
        KEPT,
        text,
      ];
      try {
        const first = Number(await wire.evaluate(NUMBER, [SEQ, STREAM, BATCHES], args.map(String)));
        if (first > 0) return this.#numberedFrom(first, events);
        // taken for dead: the others have said what became of its calls
        logger.error({ events: events.length }, 'this process has been declared dead: what it still says is not heard');
        this.#closed = true;
      } catch {
        await this.#pause();
      }
    }
  }

  #numberedFrom(first: number, events: readonly DomainEvent[]): void {
    this.#waiting = this.#waiting.slice(events.length);
    this.#total += events.length;
    this.#known = Math.max(this.#known, first + events.length - 1);
    // what comes by the stream may be here before this answer
    if (first > this.#followedTo) this.#ownBatches.set(first, events);
    events.forEach((event, i) => {
      if (event.seq === 0) this.#give(event, first + i);
    });
  }

  #give(event: DomainEvent, seq: number): void {
    (event as { seq: number }).seq = seq;
    this.#tell(this.#numbered, (listener) => listener(event), event);
    for (const waiter of this.#waiters) {
      if (waiter.event !== event) continue;
      this.#waiters.delete(waiter);
      waiter.done();
    }
  }

  #came({ node = '', incarnation, first: text = '0', events: json = '[]' }: Record<string, string>): void {
    const first = Number(text);
    const own = incarnation === this.#o.self.incarnation;
    const came = own ? this.#ownCame(first, json) : eventsOf({ first: text, events: json });
    this.#missed(first);
    this.#hear(first, came, node);
  }

  #ownCame(first: number, json: string): readonly DomainEvent[] {
    const known = this.#ownBatches.get(first);
    this.#ownBatches.delete(first);
    if (known) return known;
    // the answer is still on its way over the other connection
    const events = this.#waiting.slice(0, (JSON.parse(json) as unknown[]).length);
    events.forEach((event, i) => {
      this.#give(event, first + i);
    });
    return events;
  }

  /** Redis has lost some of the stream: at least what was said here is told. */
  #missed(first: number): void {
    if (first <= this.#followedTo + 1) return;
    const before = [...this.#ownBatches].filter(([own]) => own < first).sort(([a], [b]) => a - b);
    for (const [own, events] of before) {
      this.#ownBatches.delete(own);
      this.#hear(own, events, this.#o.self.node);
    }
    if (first > this.#followedTo + 1) this.#gaps += 1;
  }

  #hear(first: number, events: readonly DomainEvent[], from: NodeId): void {
    for (const event of events) this.#tell(this.#followers, (listener) => listener(event, from), event);
    this.#followedTo = Math.max(this.#followedTo, first + events.length - 1);
    this.#known = Math.max(this.#known, this.#followedTo);
  }

  #tell<L>(listeners: ReadonlySet<L>, call: (listener: L) => void, event: DomainEvent): void {
    for (const listener of listeners) {
      try {
        call(listener);
      } catch (error) {
        this.#o.logger.error({ err: error, type: event.type, seq: event.seq }, 'a subscriber failed on an event');
      }
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => this.#o.clock.setTimer(RETRY_MS, resolve));
  }
}

function eventsOf({ first = '0', events = '[]' }: Record<string, string>): DomainEvent[] {
  return (JSON.parse(events) as DomainEvent[]).map((event, i) => ({ ...event, seq: Number(first) + i }));
}
