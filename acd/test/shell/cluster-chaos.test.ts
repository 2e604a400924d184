import assert from 'node:assert/strict';
import type { NodeId } from '@yixian/contracts';
import { createRandom, type Random } from '../../src/simulator/random.js';
import { agentConfig, queueConfig } from '../support/core-driver.js';
import { type Caller, Processes } from '../support/processes.js';
import { settled } from '../support/world.js';

// Several processes in one: callers, agents, phones, processes and the lease do what they like, messages take their time. Whenever
// all has come to rest every process shows the same, and it is what the phones say.

const AGENTS = ['1', '2', '3', '4'];
const BYE = { by: 'caller', reason: 'normal' } as const;

class Chaos {
  readonly h: Processes;
  readonly #random: Random;
  readonly #slow: number;
  /** Whoever waited when all was at rest, in the order of the places. */
  #order: string[] = [];
  readonly #lines: { node: NodeId; agentId: string; callId: string }[] = [];
  #lineCount = 0;

  constructor(seed: number) {
    this.#random = createRandom(seed, 0);
    this.#slow = [2, 20, 60][seed % 3] as number;
    this.h = new Processes(
      AGENTS.map((id) => agentConfig(id)),
      [
        queueConfig('consult', {
          ringTimeoutMs: 20_000,
          wrapUpMs: seed % 2 === 0 ? 0 : 300,
          strategy: seed % 4 === 3 ? 'ring-all' : 'longest-idle',
        }),
      ],
      () => 1 + this.#below(this.#slow),
    );
  }

  #below(n: number): number {
    return Math.floor(this.#random.next() * n);
  }
  #one<T>(list: readonly T[]): T {
    return list[this.#below(list.length)] as T;
  }
  get #nodes(): NodeId[] {
    return [...this.h.worlds.keys()];
  }

  async begin(): Promise<void> {
    for (let n = 0; n < 3; n++) await this.h.start();
    this.h.network.elect(this.#one(this.#nodes));
    await this.h.quiet();
    for (const id of AGENTS) await this.h.setState(this.#one(this.#nodes), id, 'ready');
    await this.h.quiet();
  }

  async act(): Promise<void> {
    const draw = this.#below(100);
    if (draw < 20) this.h.call(this.#one(this.#nodes));
    else if (draw < 30) this.#hangUp();
    else if (draw < 52) this.#answer();
    else if (draw < 60) this.#refuse();
    else if (draw < 66) this.#agentLeaves();
    else if (draw < 78) this.#wish();
    else if (draw < 84) this.#line();
    else if (draw < 90) this.#lease();
    else if (draw < 94) await this.#process();
    else if (draw < 96) this.#leave();
    await settled();
    await this.h.pass(this.#one([0, 1, 5, 20, 60]), 5);
  }

  #hangUp(): void {
    const callers = [...this.h.callers.values()].filter(({ leg }) => leg.state !== 'ended');
    if (callers.length > 0) this.#one(callers).leg.die(BYE);
  }
  #leave(): void {
    const callers = [...this.h.callers.values()].filter(({ result, leg }) => !result && leg.state !== 'ended');
    if (callers.length > 0) this.#one(callers).leave();
  }
  #rung(state: 'ringing' | 'answered') {
    return AGENTS.flatMap((id) => this.h.seats(id)).filter(({ leg }) => leg.state === state);
  }
  #answer(): void {
    const ringing = this.#rung('ringing');
    if (ringing.length > 0) this.#one(ringing).leg.pickUp();
  }
  #refuse(): void {
    const ringing = this.#rung('ringing');
    if (ringing.length === 0) return;
    this.#one(ringing).leg.die({ by: 'called', reason: this.#one(['busy', 'declined', 'no-answer'] as const), sipStatus: 486 });
  }
  #agentLeaves(): void {
    const talking = this.#rung('answered');
    if (talking.length > 0) this.#one(talking).leg.die({ by: 'called', reason: 'normal' });
  }
  #wish(): void {
    const state = this.#one(['ready', 'ready', 'ready', 'not-ready'] as const);
    // a command may find nobody who decides for so long that it is refused
    this.h
      .world(this.#one(this.#nodes))
      .service.acd.setState(this.#one(AGENTS), state, null, 'x')
      .catch(() => undefined);
  }
  /** A call outside the queues takes an agent's line. */
  #line(): void {
    const line = this.#lines[0];
    if (line && this.#below(2) === 0) {
      this.#lines.shift();
      this.h.worlds.get(line.node)?.service.acd.release(line.agentId, line.callId);
      return;
    }
    const node = this.#one(this.#nodes);
    const taken = { node, agentId: this.#one(AGENTS), callId: `line-${this.#lineCount++}` };
    this.h.world(node).service.acd.occupy(taken.agentId, taken.callId);
    this.#lines.push(taken);
  }
  #lease(): void {
    const { network } = this.h;
    if (network.leader !== null && this.#below(2) === 0) network.depose();
    else network.elect(this.#one(this.#nodes));
  }
  async #process(): Promise<void> {
    if (this.#nodes.length < 3 || (this.#nodes.length < 4 && this.#below(2) === 0)) {
      await this.h.start();
      return;
    }
    const node = this.#one(this.#nodes);
    for (let n = this.#lines.length - 1; n >= 0; n--) if (this.#lines[n]?.node === node) this.#lines.splice(n, 1);
    this.h.kill(node, () => this.#below(3) === 0, 50 + this.#below(600));
  }

  /** All comes to rest: then what everybody shows is compared with what the phones say. */
  async rest(): Promise<void> {
    if (this.h.network.leader === null) this.h.network.elect(this.#one(this.#nodes));
    await this.h.quiet();
    await this.h.quiet();
    const waiting = this.h.waiting();
    const ids = waiting.map((one) => one.split('>')[0] as string);
    const unserved = [...this.h.callers.values()].filter((one) => this.#waits(one)).map(({ id }) => id);
    assert.deepEqual([...ids].sort(), unserved.sort(), 'everybody who waits has a place, and nobody else');
    const still = this.#order.filter((id) => ids.includes(id));
    assert.deepEqual(
      ids.filter((id) => still.includes(id)),
      still,
      'places are kept',
    );
    this.#order = ids;
    for (const id of AGENTS) this.#agentIsRight(id, waiting);
    const free = AGENTS.filter((id) => this.h.stateOf(id) === 'ready');
    assert.ok(free.length === 0 || waiting.every((one) => one.includes('>')), `${free} are ready and ${waiting} wait`);
  }

  #waits({ id, result, leg, node }: Caller): boolean {
    if (result || leg.state === 'ended') return false;
    return !this.h.world(node).rung.some((seat) => seat.callId === id && seat.leg.state === 'answered');
  }

  #agentIsRight(id: string, waiting: readonly string[]): void {
    const state = this.h.stateOf(id);
    const seats = this.h.seats(id);
    const ringing = seats.filter(({ leg }) => leg.state === 'ringing');
    const talking = seats.filter(({ leg }) => leg.state === 'answered');
    const lines = this.#lines.filter(({ agentId }) => agentId === id);
    const facts = `agent ${id} ${state}, ${ringing.length} ring, ${talking.length} talk, ${lines.length} lines, waiting ${waiting}`;
    assert.equal(ringing.length, state === 'ringing' ? 1 : 0, facts);
    assert.ok(talking.length <= 1, facts);
    assert.equal(state === 'on-call', talking.length + lines.length > 0, facts);
  }

  /** Nobody does anything any more but hang up: nobody and nothing is stuck. */
  async end(): Promise<void> {
    await this.rest();
    for (const { node, agentId, callId } of this.#lines.splice(0)) this.h.worlds.get(node)?.service.acd.release(agentId, callId);
    for (const { leg } of this.h.callers.values()) leg.die(BYE);
    await this.rest();
    for (const id of AGENTS) await this.h.setState(this.#one(this.#nodes), id, 'ready');
    await this.rest();
    for (const caller of this.h.callers.values()) assert.ok(caller.result, `call ${caller.id} has its result`);
    for (const id of AGENTS) assert.equal(this.h.stateOf(id), 'ready');
    assert.deepEqual(this.h.waiting(), []);
  }
}

describe('several processes that die, and a lease that wanders', function () {
  this.timeout(120_000);

  const seeds =
    Number(process.env.SEEDS ?? 0) > 0 ? Array.from({ length: Number(process.env.SEEDS) }, (_, n) => n + 1) : [1, 2, 3, 4, 5, 6];
  for (const seed of seeds) {
    it(`no place is lost, nobody is rung twice, nobody is stuck: seed ${seed}`, async () => {
      const chaos = new Chaos(seed);
      await chaos.begin();
      for (let n = 0; n < 120; n++) {
        await chaos.act();
        if (n % 12 === 11) await chaos.rest();
      }
      await chaos.end();
    });
  }
});
