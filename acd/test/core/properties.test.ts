import assert from 'node:assert/strict';
import type { AgentConfig, QueueConfig, TerminationReason } from '@yixian/contracts';
import fc from 'fast-check';
import type { StoreChange, StoredAgent, StoredCall } from '../../src/core/inputs.js';
import { agentConfig, BYE, CoreDriver, queueConfig } from '../support/core-driver.js';
import { checkInvariants } from '../support/invariants.js';

const AGENTS: AgentConfig[] = [
  agentConfig('1', ['a']),
  agentConfig('2', ['a', 'b']),
  agentConfig('3', ['b', 'a']),
  agentConfig('4', ['b', 'c']),
  agentConfig('5', ['c']),
  agentConfig('6', ['a', 'b', 'c']),
];
const QUEUES: QueueConfig[] = [
  queueConfig('a', { maxLength: 6 }),
  queueConfig('b', { wrapUpMs: 3_000, priority: 1, maxWaitMs: 20_000 }),
  queueConfig('c', { ringTimeoutMs: 5_000 }),
  queueConfig('bc', { requiredSkills: ['b', 'c'], priority: 2 }),
];
const REASONS: TerminationReason[] = ['busy', 'declined', 'no-answer', 'not-registered', 'no-response', 'switch-failure', 'normal'];

const agentId = fc.constantFrom(...AGENTS.map((a) => a.id));
/** Which of the present calls or offers a command is about. */
const pick = fc.nat({ max: 1_000 });

type Command =
  | { do: 'wish'; agentId: string; state: 'ready' | 'not-ready' | 'offline'; reason: string | null }
  | { do: 'reach'; agentId: string; reachable: boolean }
  | { do: 'occupy' | 'release'; agentId: string; line: number }
  | { do: 'call'; queueId: string; priority: number }
  | { do: 'leave' | 'answer' | 'answer-only' | 'bridge' | 'bridge-fails'; pick: number }
  | { do: 'seat-ends'; pick: number; by: 'called' | 'system'; reason: TerminationReason }
  | { do: 'stale'; pick: number; input: 'seat-answered' | 'bridged' | 'offer-expired' }
  | { do: 'time'; ms: number }
  | { do: 'configure'; drop: string | null; skills: string[]; queue: string | null };

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('call' as const), queueId: fc.constantFrom('a', 'b', 'c', 'bc'), priority: fc.nat({ max: 2 }) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('wish' as const),
      agentId,
      state: fc.constantFrom('ready' as const, 'ready' as const, 'ready' as const, 'not-ready' as const, 'offline' as const),
      reason: fc.constantFrom(null, 'lunch'),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('reach' as const), agentId, reachable: fc.constantFrom(true, true, true, false) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('occupy' as const, 'release' as const, 'release' as const),
      agentId,
      line: fc.nat({ max: 1 }),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'leave' as const,
        'answer' as const,
        'answer' as const,
        'answer-only' as const,
        'bridge' as const,
        'bridge-fails' as const,
      ),
      pick,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('seat-ends' as const),
      pick,
      by: fc.constantFrom('called' as const, 'system' as const),
      reason: fc.constantFrom(...REASONS),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('stale' as const),
      pick,
      input: fc.constantFrom('seat-answered' as const, 'bridged' as const, 'offer-expired' as const),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('time' as const), ms: fc.constantFrom(1, 500, 3_000, 15_000) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('configure' as const),
      drop: fc.option(agentId),
      skills: fc.subarray(['a', 'b', 'c']),
      queue: fc.option(fc.constantFrom('a', 'c')),
    }),
  },
);

/** What the world outside the core does, as commands; the core's own state says what is possible. */
class World {
  readonly d = new CoreDriver(AGENTS, QUEUES);
  readonly #past: { offerId: string; callId: string }[] = [];
  #calls = 0;

  constructor() {
    for (const { id } of AGENTS) this.d.reach(id, true);
  }

  run(c: Command): void {
    const { d } = this;
    switch (c.do) {
      case 'wish':
        d.wish(c.agentId, c.state, c.reason);
        return;
      case 'reach':
        d.reach(c.agentId, c.reachable);
        return;
      case 'occupy':
      case 'release':
        d.input({ type: c.do === 'occupy' ? 'line-occupied' : 'line-released', agentId: c.agentId, callId: `line-${c.line}` });
        return;
      case 'call':
        d.call(`c${this.#calls++}`, c.queueId, c.priority);
        return;
      case 'time':
        d.advance(c.ms);
        return;
      case 'configure':
        this.#configure(c);
        return;
      case 'stale':
        this.#stale(c);
        return;
      default:
        this.#onCall(c);
    }
  }

  #configure(c: Extract<Command, { do: 'configure' }>): void {
    const agents = AGENTS.filter((a) => a.id !== c.drop).map((a) => (a.id === '6' ? { ...a, skills: c.skills } : a));
    this.d.configure(
      agents,
      QUEUES.filter((q) => q.id !== c.queue),
    );
    checkInvariants(this.d);
    this.d.configure(AGENTS, QUEUES);
    for (const { id } of AGENTS) if (this.d.state.tables.agents.get(id)?.reachable === false) this.d.reach(id, true);
  }

  #stale(c: Extract<Command, { do: 'stale' }>): void {
    const past = this.#past.filter((p) => !this.d.seats.has(p.offerId));
    const old = past[c.pick % Math.max(1, past.length)];
    if (!old) return;
    const effects = this.d.effects.length;
    this.d.input({ type: c.input, ...old });
    assert.equal(this.d.effects.length, effects, 'an offer that is over has no effects');
  }

  #onCall(c: Extract<Command, { pick: number }>): void {
    const { d } = this;
    if (c.do === 'leave') {
      const calls = [...d.state.tables.calls.values()].sort((a, b) => a.order - b.order);
      const callId = calls[c.pick % Math.max(1, calls.length)]?.id;
      if (callId) d.input({ type: 'caller-left', callId, termination: BYE });
      return;
    }
    const offers = [...d.seats.values()];
    const offer = offers[c.pick % Math.max(1, offers.length)];
    if (!offer) return;
    const ids = { offerId: offer.id, callId: offer.callId };
    this.#past.push(ids);
    if (c.do === 'answer' || c.do === 'answer-only') d.input({ type: 'seat-answered', ...ids });
    if (c.do === 'answer' || c.do === 'bridge') d.input({ type: 'bridged', ...ids });
    if (c.do === 'bridge-fails') d.input({ type: 'bridge-failed', ...ids, message: 'x' });
    if (c.do === 'seat-ends') d.input({ type: 'seat-ended', ...ids, termination: { by: c.by, reason: c.reason } });
  }
}

/** Long enough for queues to fill; fast-check's own choice of length would rarely make two calls meet. */
const commands = fc.array(command, { minLength: 1, maxLength: 120, size: 'max' });
const runs = { numRuns: 300 };

describe('invariants under any sequence of inputs', function () {
  this.timeout(60_000);

  it('no agent holds two offers; no match is left undone; every lease has a deadline; indexes are right', () => {
    fc.assert(
      fc.property(commands, (sequence) => {
        const world = new World();
        for (const c of sequence) {
          world.run(c);
          checkInvariants(world.d);
        }
      }),
      runs,
    );
  });

  it('equal priority is first come, first served; larger priority before', () => {
    fc.assert(
      fc.property(commands, (sequence) => {
        const world = new World();
        const { d } = world;
        for (const c of sequence) {
          const before = new Map(
            [...d.state.tables.calls.values()].flatMap((call) => (call.phase === 'waiting' ? [[call.id, call] as const] : [])),
          );
          const offersBefore = new Set(d.seats.keys());
          world.run(c);
          if (c.do === 'configure' || c.do === 'time') continue;
          for (const offer of d.seats.values()) if (!offersBefore.has(offer.id)) assertNobodyOvertaken(d, offer, before);
        }
      }),
      runs,
    );
  });

  it('every waiting call ends, every agent can get back to ready, nothing is left over', () => {
    fc.assert(
      fc.property(commands, (sequence) => {
        const world = new World();
        const { d } = world;
        for (const c of sequence) world.run(c);
        // Nobody does anything any more but those who talk, who hang up: deadlines alone must end the rest.
        for (const call of [...d.state.tables.calls.values()]) if (call.phase === 'talking') d.callerHangsUp(call.id);
        d.advance(3_600_000);
        assert.equal(d.state.tables.calls.size, 0);
        assert.deepEqual([d.timers.size, d.seats.size], [0, 0]);
        for (const queue of d.state.tables.queues.values()) assert.deepEqual([queue.places.size, queue.serving], [0, 0]);
        for (const { id } of AGENTS) {
          for (const line of [0, 1]) d.input({ type: 'line-released', agentId: id, callId: `line-${line}` });
          d.advance(3_600_000);
          d.wish(id, 'ready');
          assert.equal(d.stateOf(id), 'ready');
        }
        checkInvariants(d);
      }),
      runs,
    );
  });

  it('every call gets exactly one result, and its events tell the same story', () => {
    fc.assert(
      fc.property(commands, (sequence) => {
        const world = new World();
        const { d } = world;
        for (const c of sequence) world.run(c);
        d.input({ type: 'stopped' });
        const untalked = d.effects.flatMap((e) => (e.type === 'finish' ? [e.callId] : []));
        assert.equal(new Set(untalked).size, untalked.length, 'no result twice');
        const finished = [...d.results.keys()];
        const queued = d.events.flatMap((e) => (e.type === 'call.queued' ? [e.callId] : []));
        const left = d.events.flatMap((e) => (e.type === 'call.left-queue' ? [e.callId] : []));
        assert.deepEqual([...queued].sort(), [...finished].sort());
        assert.deepEqual([...left].sort(), [...queued].sort());
        const made = d.events.flatMap((e) => (e.type === 'offer.made' ? [e.data.offerId] : []));
        const over = d.events.flatMap((e) =>
          e.type === 'offer.accepted' || e.type === 'offer.rejected' || e.type === 'offer.timed-out' || e.type === 'offer.withdrawn'
            ? [e.data.offerId]
            : [],
        );
        assert.deepEqual(over.sort(), made.sort(), 'every offer ends once, in one way');
      }),
      runs,
    );
  });

  it('agent.state-changed events form an unbroken chain per agent', () => {
    fc.assert(
      fc.property(commands, (sequence) => {
        const world = new World();
        for (const c of sequence) world.run(c);
        const last = new Map<string, string>();
        for (const e of world.d.events) {
          if (e.type !== 'agent.state-changed' || e.agentId === undefined) continue;
          assert.equal(e.data.from, last.get(e.agentId) ?? 'offline');
          last.set(e.agentId, e.data.to);
        }
      }),
      runs,
    );
  });

  it('what the store was told is the state: agents as they are, calls with a place', () => {
    fc.assert(
      fc.property(commands, (sequence) => {
        const world = new World();
        for (const c of sequence) world.run(c);
        const { agents, calls } = replay(world.d.changes);
        const { tables } = world.d.state;
        assert.deepEqual([...agents.keys()].sort(), [...tables.agents.keys()].sort());
        for (const [id, kept] of agents) assert.equal(kept.state, tables.agents.get(id)?.state);
        assert.deepEqual(
          [...calls.keys()].sort(),
          [...tables.calls.values()]
            .filter((c) => c.phase !== 'talking')
            .map((c) => c.id)
            .sort(),
        );
      }),
      runs,
    );
  });

  it('the same inputs at the same times give the same outputs', () => {
    fc.assert(
      fc.property(commands, (sequence) => {
        const outcome = (): unknown => {
          const world = new World();
          for (const c of sequence) world.run(c);
          return [world.d.events, world.d.changes, [...world.d.timers.keys()]];
        };
        assert.deepEqual(outcome(), outcome());
      }),
      { numRuns: 50 },
    );
  });
});

/** No call that waited, had a better place and could have had this agent was passed over. */
function assertNobodyOvertaken(
  d: CoreDriver,
  offer: { agentId: string; callId: string },
  before: ReadonlyMap<string, { priority: number; order: number }>,
): void {
  const agent = d.state.tables.agents.get(offer.agentId);
  const served = d.state.tables.calls.get(offer.callId);
  if (!agent || !served) return;
  for (const [callId, place] of before) {
    const call = d.state.tables.calls.get(callId);
    if (call?.phase !== 'waiting' || !call.queue.config.requiredSkills.every((s) => agent.config.skills.includes(s))) continue;
    const better = place.priority > served.priority || (place.priority === served.priority && place.order < served.order);
    assert.ok(!better, `call ${callId} was overtaken by ${offer.callId}`);
  }
}

function replay(changes: readonly StoreChange[]) {
  const agents = new Map<string, StoredAgent>();
  const calls = new Map<string, StoredCall>();
  for (const { table, key, value } of changes) {
    if (table === 'agents' && value) agents.set(key, value);
    else if (table === 'agents') agents.delete(key);
    if (table === 'calls' && value) calls.set(key, value);
    else if (table === 'calls') calls.delete(key);
  }
  return { agents, calls };
}
