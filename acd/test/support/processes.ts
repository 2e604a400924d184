import type { AgentConfig, NodeId, QueueConfig, QueueResult, SimulatedClock } from '@yixian/contracts';
import { SimulatedClock as Simulated } from '@yixian/contracts';
import type { StoreChange } from '../../src/core/inputs.js';
import { type AcdStore, createMemoryAcdStore } from '../../src/index.js';
import { Memory } from '../../src/shell/memory.js';
import { notKept } from '../../src/shell/store.js';
import type { FakeLeg } from './fakes.js';
import { MemoryNetwork } from './memory-cluster.js';
import { settled, World } from './world.js';

/** How long something written is on its way. */
const STORE_MS = 3;

/** A store that several processes share: what is written arrives a little later, and never after the next leader has read. */
class SharedStore {
  #kept = createMemoryAcdStore();
  readonly #clock: SimulatedClock;
  #term = 0;

  constructor(clock: SimulatedClock) {
    this.#clock = clock;
  }

  /** Everything is lost, as of a Redis that comes back empty. */
  wipe(): void {
    this.#kept = createMemoryAcdStore();
    this.#term = 0;
  }

  /** @param alive false once the process is killed: what has not arrived by then is lost */
  handle(alive: () => boolean): AcdStore {
    const memory = new Memory();
    let term = 0;
    let before = 0;
    const waiting = new Set<Promise<void>>();
    return {
      memory,
      readBefore: () => before,
      load: async (of = 0) => {
        term = of;
        before = this.#term;
        this.#term = Math.max(this.#term, of);
        return this.#kept.load();
      },
      write: (changes: readonly StoreChange[]) => {
        const of = term;
        const copy = structuredClone(changes);
        memory.take(copy);
        const written = new Promise<void>((resolve, reject) => {
          this.#clock.setTimer(STORE_MS, () => {
            waiting.delete(written);
            if (alive() && of >= this.#term) this.#kept.write(copy);
            if (of >= this.#term) resolve();
            else reject(notKept());
          });
        });
        written.catch(() => undefined);
        waiting.add(written);
      },
      flush: async () => void (await Promise.all(waiting)),
      pending: () => waiting.size,
    };
  }
}

export interface Caller {
  id: string;
  node: NodeId;
  leg: FakeLeg;
  result: QueueResult | undefined;
  leave(): void;
}

/** Several processes of one hotline, with agents whose phones any of them can ring. */
export class Processes {
  readonly clock = new Simulated(1_000_000);
  readonly network: MemoryNetwork;
  readonly worlds = new Map<NodeId, World>();
  readonly callers = new Map<string, Caller>();
  readonly registered = new Set<string>();
  readonly #agents: AgentConfig[];
  readonly #queues: QueueConfig[];
  readonly #store: SharedStore;
  #names = 0;
  #calls = 0;

  constructor(agents: AgentConfig[], queues: QueueConfig[], delay: () => number = () => 1) {
    this.#agents = agents;
    this.#queues = queues;
    this.network = new MemoryNetwork(this.clock, delay);
    this.#store = new SharedStore(this.clock);
    for (const { id } of agents) this.registered.add(id);
  }

  async start(): Promise<NodeId> {
    const name = `p${this.#names++}`;
    const cluster = this.network.join(name);
    const shared = { clock: this.clock, cluster, registered: this.registered };
    const world = new World(
      this.#agents,
      this.#queues,
      this.#store.handle(() => this.worlds.get(name) === world),
      shared,
    );
    this.worlds.set(name, world);
    await world.service.start();
    return name;
  }

  world(name: NodeId): World {
    const world = this.worlds.get(name);
    if (!world) throw new Error(`no process ${name}`);
    return world;
  }

  /** The shared store comes back empty, and with it whose lease it was. */
  loseStore(): void {
    this.#store.wipe();
    this.network.depose();
  }

  /** kill -9. */
  kill(name: NodeId, lost: () => boolean = () => false, noticedAfterMs = 500): void {
    this.worlds.delete(name);
    for (const [id, { node }] of this.callers) if (node === name) this.callers.delete(id);
    this.network.kill(name, lost, noticedAfterMs);
  }

  call(name: NodeId, queueId = 'consult'): Caller {
    const id = `c${this.#calls++}`;
    const { leg, result, leave } = this.world(name).enqueue(id, queueId);
    const caller: Caller = { id, node: name, leg, result: undefined, leave };
    this.callers.set(id, caller);
    void result.then((outcome) => {
      caller.result = outcome;
    });
    return caller;
  }

  /** Time goes on in small steps, so that what is promised is kept in between. */
  async pass(ms: number, step = 5): Promise<void> {
    for (let left = ms; left > 0; left -= step) {
      this.clock.advance(Math.min(step, left));
      await settled();
    }
  }

  /** Until nothing is under way. */
  async quiet(): Promise<void> {
    for (let n = 0; n < 400; n++) {
      await this.pass(10, 10);
      if (n > 100 && this.network.inFlight === 0) return;
    }
    throw new Error('the processes do not come to rest');
  }

  /** The seats of an agent that ring or talk, at whatever process. */
  seats(agentId: string): { node: NodeId; callId: string; leg: FakeLeg }[] {
    return [...this.worlds].flatMap(([node, world]) =>
      world.rung.filter((seat) => seat.agentId === agentId && seat.leg.state !== 'ended').map(({ callId, leg }) => ({ node, callId, leg })),
    );
  }

  seat(agentId: string): FakeLeg {
    const [seat] = this.seats(agentId);
    if (!seat) throw new Error(`no seat of ${agentId} rings`);
    return seat.leg;
  }

  /** As every process shows it; throws where they differ. */
  stateOf(agentId: string): string {
    const states = new Set([...this.worlds.values()].map((world) => world.stateOf(agentId)));
    if (states.size !== 1) throw new Error(`agent ${agentId} is ${[...states].join(' and ')}`);
    return [...states][0] ?? 'unknown';
  }

  /** Who waits, in the order of the places, as every process shows it. */
  waiting(queueId = 'consult'): string[] {
    const shown = [...this.worlds.values()].map(
      (world) =>
        world.service.acd.queue(queueId)?.waiting.map(({ callId, offeredTo }) => `${callId}${offeredTo ? `>${offeredTo}` : ''}`) ?? [],
    );
    const [first = []] = shown;
    for (const other of shown) if (other.join() !== first.join()) throw new Error(`processes differ: ${JSON.stringify(shown)}`);
    return first;
  }

  async setState(name: NodeId, agentId: string, state: 'ready' | 'not-ready' | 'offline'): Promise<void> {
    let over = false;
    let failure: unknown;
    this.world(name)
      .service.acd.setState(agentId, state, null, agentId)
      .catch((error: unknown) => {
        failure = error;
      })
      .finally(() => {
        over = true;
      });
    for (let n = 0; n < 2_000 && !over; n++) await this.pass(5);
    if (failure) throw failure;
    if (!over) throw new Error(`the state of ${agentId} was never set`);
  }
}
