import assert from 'node:assert/strict';
import { type AgentConfig, QUEUE_DEFAULTS, type QueueConfig, type TerminationReason } from '@yixian/contracts';
import type { Asked } from '../../src/core/inputs.js';
import type { CallEntry } from '../../src/core/types.js';
import { createRandom, type Random } from '../../src/simulator/random.js';
import { agentConfig, BYE, CoreDriver, queueConfig } from './core-driver.js';
import { checkInvariants } from './invariants.js';

// Anything that can happen to the core, in any order, from a seed. Every input there is occurs, every strategy, every rule.

const SKILLS = ['a', 'b', 'c'];
const REASONS: TerminationReason[] = [
  'busy',
  'declined',
  'no-answer',
  'not-registered',
  'switched-off',
  'not-confirmed',
  'no-response',
  'switch-failure',
  'normal',
];
const CALLBACK = { offerAfterMs: 0, key: '1', prompt: 'p', attempts: 2, retryEveryMs: 20_000, ringMs: 10_000 };
const CONSEQUENCES = QUEUE_DEFAULTS.consequences;

export const AGENTS: readonly AgentConfig[] = [
  agentConfig('1', ['a'], { skillLevels: { a: 9 } }),
  agentConfig('2', ['a', 'b'], { skillLevels: { a: 3, b: 8 } }),
  agentConfig('3', ['b', 'a'], { skillLevels: { a: 3, b: 8 } }),
  agentConfig('4', ['b', 'c'], { groups: ['all', 'unit'] }),
  agentConfig('5', ['c'], { skillLevels: { c: 10 }, groups: ['unit'] }),
  agentConfig('6', ['a', 'b', 'c'], { skillLevels: { a: 1, b: 1, c: 1 } }),
  agentConfig('7', ['a', 'c'], { groups: ['unit'] }),
];

export const QUEUES: readonly QueueConfig[] = [
  queueConfig('a', {
    maxLength: 6,
    minLevels: { a: 8 },
    relaxation: [
      { afterMs: 5_000, minLevels: { a: 3 } },
      { afterMs: 12_000, minLevels: { a: 0, b: 1 } },
    ],
    overflow: [
      { when: { kind: 'length', atLeast: 5 }, to: { kind: 'queue', queueId: 'b', priority: 1 } },
      { when: { kind: 'waited', atLeastMs: 40_000 }, to: { kind: 'voicemail', box: 'v' } },
      { when: { kind: 'nobody-signed-in' }, to: { kind: 'queue', queueId: 'talk', priority: 0 } },
    ],
    sticky: { withinMs: 3_600_000, waitMs: 8_000 },
  }),
  queueConfig('b', {
    wrapUpMs: 3_000,
    priority: 1,
    maxWaitMs: 20_000,
    ageingPerMinute: 4,
    strategy: 'fewest-calls',
    overflow: [
      { when: { kind: 'closed' }, to: { kind: 'queue', queueId: 'c', priority: 0 } },
      { when: { kind: 'nobody-signed-in' }, to: { kind: 'queue', queueId: 'a', priority: 2 } },
      { when: { kind: 'longest-wait', atLeastMs: 15_000 }, to: { kind: 'flow', flowId: 'f' } },
    ],
    consequences: { ...CONSEQUENCES, busy: { action: 'ready', afterMs: 0 }, rejected: { action: 'ready', afterMs: 4_000 } },
    callback: { ...CALLBACK, order: 'agent-first' },
  }),
  queueConfig('c', {
    ringTimeoutMs: 5_000,
    strategy: 'ring-all',
    overflow: [
      { when: { kind: 'waited', atLeastMs: 10_000 }, to: { kind: 'queue', queueId: 'bc', priority: 0 } },
      { when: { kind: 'closed' }, to: { kind: 'queue', queueId: 'b', priority: 0 } },
    ],
    consequences: { ...CONSEQUENCES, noAnswer: { action: 'sign-out' }, notReachable: { action: 'ready', afterMs: 1_000 } },
    callback: { ...CALLBACK, order: 'caller-first' },
  }),
  queueConfig('bc', {
    requiredSkills: ['b', 'c'],
    priority: 2,
    wrapUp: 'open',
    strategy: 'random',
    ageingPerMinute: 1,
    overflow: [
      { when: { kind: 'longest-wait', atLeastMs: 60_000 }, to: { kind: 'queue', queueId: 'unit', priority: 1 } },
      { when: { kind: 'estimated-wait', atLeastMs: 30_000 }, to: { kind: 'number', number: '0100' } },
    ],
  }),
  queueConfig('unit', {
    requiredSkills: ['c'],
    group: 'unit',
    strategy: 'sequential',
    agentOrder: ['7', '4'],
    relaxation: [{ afterMs: 6_000, minLevels: { c: 0 } }],
    overflow: [{ when: { kind: 'estimated-wait', atLeastMs: 12_000 }, to: { kind: 'queue', queueId: 'bc', priority: 0 } }],
  }),
  queueConfig('talk', { requiredSkills: ['b'], strategy: 'least-talk-time', sticky: { withinMs: 60_000, waitMs: 60_000 } }),
  queueConfig('round', { requiredSkills: ['a'], strategy: 'round-robin', ringTimeoutMs: 8_000 }),
  queueConfig('top', { requiredSkills: ['a'], strategy: 'top-down', agentOrder: ['6', '2'], minLevels: { a: 2 } }),
];

/** What relaxes in a steady hotline: always less, in three, two and one steps. */
const RELAXING: Readonly<Record<string, Partial<QueueConfig>>> = {
  a: {
    minLevels: { a: 9 },
    relaxation: [8, 3, 1].map((level, n) => ({ afterMs: (n + 1) * 4_000, minLevels: { a: level } })),
  },
  bc: { minLevels: { b: 8, c: 5 }, relaxation: [{ afterMs: 3_000, minLevels: { b: 2, c: 1 } }] },
  round: {
    minLevels: { a: 5 },
    relaxation: [
      { afterMs: 6_000, minLevels: { a: 2 } },
      { afterMs: 20_000, minLevels: { a: 1 } },
    ],
  },
};

/**
 * The same queues without ageing or an agent who is waited for, their calls mostly of one priority: each queue whose levels
 * relax is one line, and as long as everybody is busy its relaxations are told many at once.
 */
const STEADY: readonly QueueConfig[] = QUEUES.map((q) => ({ ...q, ageingPerMinute: 0, sticky: null, ...RELAXING[q.id] }));

/** In the order they came, so that a seed always draws the same. */
function callsOf({ state }: CoreDriver): CallEntry[] {
  return [...state.tables.calls.values()].sort((a, b) => a.order - b.order);
}

/** What the world outside the core does, drawn from a seed; the core's own state says what is possible. */
export class Chaos {
  readonly d: CoreDriver;
  readonly #random: Random;
  readonly #queues: readonly QueueConfig[];
  readonly #past: { offerId: string; callId: string }[] = [];
  #calls = 0;
  #days = 0;
  /** Inputs given so far, those of timers counted. */
  events = 0;

  constructor(seed: number, light = false) {
    this.#random = createRandom(seed, 0);
    this.#queues = seed % 2 === 0 ? STEADY : QUEUES;
    this.d = new CoreDriver([...AGENTS], [...this.#queues], light);
    for (const { id } of AGENTS) this.d.reach(id, true);
    for (const { id } of AGENTS) this.d.wish(id, 'ready');
  }

  #below(n: number): number {
    return Math.floor(this.#random.next() * n);
  }

  #one<T>(list: readonly T[]): T {
    return list[this.#below(list.length)] as T;
  }

  /** One event; with time passing, some. */
  act(): void {
    const draw = this.#below(100);
    if (draw < 18) this.#call();
    else if (draw < 27)
      this.d.wish(
        this.#one(AGENTS).id,
        this.#one(['ready', 'ready', 'ready', 'not-ready', 'offline'] as const),
        this.#one([null, 'lunch']),
      );
    else if (draw < 30) this.d.reach(this.#one(AGENTS).id, this.#below(4) > 0);
    else if (draw < 34) this.#line();
    else if (draw < 40) this.#leave();
    else if (draw < 72) this.#seat();
    else if (draw < 86) this.d.advance(this.#one([1, 500, 1_000, 3_000, 15_000]));
    else if (draw < 93) this.#callback();
    else if (draw < 96) this.#move();
    else if (draw < 98) this.d.door(this.#one(this.#queues).id, this.#below(3) > 0);
    else if (draw < 99) this.#stale();
    else this.#rare();
    this.events = this.d.inputs;
  }

  #call(): void {
    const asked: Partial<Asked> & { caller?: string } = { caller: `0${this.#below(8)}` };
    const steady = this.#queues === STEADY;
    const more = this.#below(steady ? 400 : 12);
    if (more === 0) asked.agentId = this.#one(AGENTS).id;
    if (more === 1) asked.group = 'unit';
    if (more === 2) asked.minLevels = { [this.#one(SKILLS)]: 1 + this.#below(10) };
    if (more === 3) asked.since = this.d.now - this.#below(30_000);
    const priority = steady && this.#below(50) > 0 ? 0 : this.#below(3);
    this.d.call(`c${this.#calls++}`, this.#one(this.#queues).id, priority, asked);
  }

  #line(): void {
    const type = this.#one(['line-occupied', 'line-released', 'line-released'] as const);
    this.d.input({ type, agentId: this.#one(AGENTS).id, callId: `line-${this.#below(2)}` });
  }

  #leave(): void {
    const calls = callsOf(this.d).filter((call) => !call.callback);
    if (calls.length > 0) this.d.input({ type: 'caller-left', callId: this.#one(calls).id, termination: BYE });
  }

  #seat(): void {
    const offers = [...this.d.seats.values()];
    if (offers.length === 0) return;
    const { id: offerId, callId } = this.#one(offers);
    const ids = { offerId, callId };
    if (this.#past.length > 500) this.#past.splice(0, 250);
    this.#past.push(ids);
    const draw = this.#below(16);
    const talking = this.d.state.tables.calls.get(callId)?.phase === 'talking';
    if (draw < 8 && !talking) {
      this.d.input({ type: 'seat-answered', ...ids });
      if (draw < 6) this.d.input({ type: 'bridged', ...ids });
    } else if (draw < 9) this.d.input({ type: 'bridged', ...ids });
    else if (draw < 10) this.d.input({ type: 'bridge-failed', ...ids, message: 'x' });
    else if (talking) this.d.input({ type: 'talk-ended', ...ids });
    else
      this.d.input({
        type: 'seat-ended',
        ...ids,
        termination: { by: this.#one(['called', 'system', 'network']), reason: this.#one(REASONS) },
      });
  }

  #callback(): void {
    const { d } = this;
    const draw = this.#below(10);
    const dialled = [...d.dialled.keys()];
    if (dialled.length > 0 && draw < 5) {
      if (draw < 3) d.numberAnswers(this.#one(dialled), `c${this.#calls++}`);
      else d.numberFails(this.#one(dialled));
      return;
    }
    const callbacks = [...d.state.tables.callbacks.keys()];
    if (callbacks.length > 0 && draw < 6) {
      d.input({ type: 'callback-cancelled', callbackId: this.#one(callbacks), by: 'super' });
      return;
    }
    if (callbacks.length > 8) return;
    const id = `cb${this.#calls++}`;
    const waiting = callsOf(d).filter((call) => call.phase !== 'talking' && !call.callback);
    const call = draw < 8 && waiting.length > 0 ? this.#one(waiting) : undefined;
    const notBefore = this.#below(3) === 0 ? d.now + 5_000 : null;
    d.callback(id, call?.queue.id ?? this.#one(['b', 'c', 'a']), call ? { callId: call.id } : { notBefore });
  }

  #move(): void {
    const calls = callsOf(this.d).map((call) => call.id);
    if (calls.length > 0) this.d.move(this.#one(calls), this.#one(this.#queues).id, this.#below(4));
  }

  /** What comes too late changes nothing. */
  #stale(): void {
    const past = this.#past.filter((p) => !this.d.seats.has(p.offerId));
    if (past.length === 0) return;
    const type = this.#one(['seat-answered', 'bridged', 'offer-expired', 'talk-ended'] as const);
    const effects = this.d.effectsSeen;
    this.d.input({ type, ...this.#one(past) });
    assert.equal(this.d.effectsSeen, effects, 'an offer that is over has no effects');
  }

  /** The directory is edited while in use; a day begins. */
  #rare(): void {
    const draw = this.#below(4);
    if (draw === 0) {
      this.d.input({ type: 'day-began', day: `day-${this.#days++}` });
      return;
    }
    const dropped = this.#one(AGENTS).id;
    const levels = { a: 1 + this.#below(10), b: 1 + this.#below(10), c: 1 + this.#below(10) };
    const agents = AGENTS.filter((a) => draw > 1 || a.id !== dropped).map((a) => (a.id === '6' ? { ...a, skillLevels: levels } : a));
    const gone = draw === 3 ? this.#one(this.#queues).id : '';
    const strategy = this.#one(['longest-idle', 'ring-all', 'random', 'top-down', 'round-robin'] as const);
    const queues = this.#queues.filter((q) => q.id !== gone).map((q) => (q.id === 'c' || q.id === 'a' ? { ...q, strategy } : q));
    this.d.configure(agents, queues);
    checkInvariants(this.d);
    this.d.configure([...AGENTS], [...this.#queues]);
    for (const { id } of AGENTS) if (this.d.state.tables.agents.get(id)?.reachable === false) this.d.reach(id, true);
  }

  /** Nobody does anything any more but those who talk, who hang up: deadlines alone must end the rest, and nobody is stuck. */
  settle(): void {
    const { d } = this;
    for (const queue of this.#queues) d.door(queue.id, true);
    for (const { id } of AGENTS) for (const line of [0, 1]) d.input({ type: 'line-released', agentId: id, callId: `line-${line}` });
    for (let round = 0; round < 40; round++) {
      for (const call of callsOf(d)) if (call.phase === 'talking') d.callerHangsUp(call.id);
      for (const id of [...d.dialled.keys()]) d.numberFails(id);
      d.advance(600_000);
    }
    for (const callback of [...d.state.tables.callbacks.keys()]) d.input({ type: 'callback-cancelled', callbackId: callback, by: 'super' });
    assert.equal(d.state.tables.calls.size, 0, 'no call is stuck');
    for (const { id } of AGENTS) {
      d.wish(id, 'ready');
      assert.equal(d.stateOf(id), 'ready', `agent ${id} is stuck`);
    }
    checkInvariants(d);
    assert.deepEqual([d.timers.size, d.seats.size, d.dialled.size], [0, 0, 0]);
  }
}
