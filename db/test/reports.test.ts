import assert from 'node:assert/strict';
import { type DomainEvent, silentLogger, systemClock } from '@yixian/contracts';
import { after, before, beforeEach, describe, it } from 'mocha';
import { createJournal, createReports, type Journal, type Reports } from '../src/index.js';
import { testBus } from './support/bus.js';
import { abandonedCall, answeredCall, arrive } from './support/calls.js';
import { startTestDatabase, type TestDatabase } from './support/database.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** 23:50 in Shanghai. */
const LATE = Date.UTC(2026, 2, 1, 15, 50);
const MIDNIGHT = LATE + 10 * MINUTE;

describe('reports', () => {
  let database: TestDatabase;
  let journal: Journal;
  let bus: ReturnType<typeof testBus>;
  let reports: Reports;
  let now = 0;

  before(async () => {
    database = await startTestDatabase();
  });
  after(() => database?.stop());

  beforeEach(async () => {
    await journal?.close();
    await database.clear();
    await database.knex('queues').insert({
      ...{
        id: 'consult',
        name: '咨询',
        ring_timeout_ms: 1,
        wrap_up_ms: 0,
        max_wait_ms: 1,
        max_length: 1,
        music: 'm',
        announce_every_ms: 0,
      },
      service_level_seconds: 20,
    });
    journal = createJournal({ knex: database.knex, logger: silentLogger, clock: systemClock() });
    bus = testBus(1, LATE);
    bus.subscribe((event: DomainEvent) => journal.append(event));
    reports = createReports(database.knex, {
      timezone: 'Asia/Shanghai',
      now: () => now,
      shortAbandonMs: () => 5_000,
      settled: () => journal.flush(),
    });
  });
  after(() => journal?.close());

  const state = (
    agentId: string,
    from: 'offline' | 'ready' | 'on-call' | 'wrap-up',
    to: 'offline' | 'ready' | 'on-call' | 'wrap-up',
    queueId?: string,
  ) =>
    bus.publish({ type: 'agent.state-changed', agentId, ...(queueId ? { queueId } : {}), data: { from, to, reason: null, by: agentId } });

  /** Two calls before midnight, one abandoned soon and one late, one answered after midnight; an agent at work over it. */
  function night(): void {
    state('1001', 'offline', 'ready');
    answeredCall(bus, 'a', { queue: 'consult', agent: '1001', waitMs: 10_000, talkMs: 60_000 });
    abandonedCall(bus, 'b', { queue: 'consult', waitMs: 3_000 });
    abandonedCall(bus, 'c', { queue: 'consult', waitMs: 40_000 });
    bus.at = MIDNIGHT - 60_000;
    state('1001', 'ready', 'on-call');
    // waits over midnight, talks after it
    answeredCall(bus, 'd', { queue: 'consult', agent: '1001', waitMs: 88_000, talkMs: 5 * MINUTE });
    state('1001', 'on-call', 'wrap-up', 'consult');
    bus.at += 30_000;
    state('1001', 'wrap-up', 'ready');
    bus.at = MIDNIGHT + 40 * MINUTE;
    state('1001', 'ready', 'offline');
    now = bus.at + 20 * MINUTE;
  }

  it('hold and consultation are of who has the caller, and of the queue; who is asked aside has no hold', async () => {
    const by = (agentId: string) => ({ callId: 'h', agentId });
    arrive(bus, 'h');
    bus.publish({ type: 'call.queued', callId: 'h', queueId: 'consult', data: { position: 1, priority: 0 } });
    bus.publish({ type: 'call.left-queue', callId: 'h', queueId: 'consult', data: { result: 'served', waitMs: 0 } });
    bus.publish({ type: 'call.connected', ...by('1001'), queueId: 'consult', data: { to: '1001' } });
    bus.at += 4_000;
    bus.publish({ type: 'call.held', ...by('1001'), data: { by: '1001' } });
    bus.at += 2_000;
    bus.publish({ type: 'call.consulted', ...by('1001'), data: { by: '1001', to: 'agent:1002' } });
    bus.publish({ type: 'call.party-joined', ...by('1002'), data: { party: '1002', role: 'consulted' } });
    bus.at += 3_000;
    bus.publish({ type: 'call.ended', callId: 'h', data: { termination: { by: 'caller', reason: 'normal' } } });
    now = bus.at;
    const asked = { from: LATE - HOUR, to: LATE + HOUR, interval: 'total' } as const;
    const held = (rows: { key: string; sums: { talkMs: number; holdMs: number } }[]) =>
      rows.map((r) => [r.key, r.sums.talkMs, r.sums.holdMs]);
    assert.deepEqual(held(await reports.queues(asked)), [['consult', 4_000, 5_000]]);
    assert.deepEqual(held((await reports.agents(asked)).filter((r) => r.key === '1001')), [['1001', 4_000, 5_000]]);
    const consulted = (await reports.agents(asked)).find((r) => r.key === '1002');
    assert.equal(consulted?.sums.holdMs ?? 0, 0);
  });

  it('queues: a call belongs to the interval in which it came to the queue, also over midnight', async () => {
    night();
    const days = await reports.queues({ from: LATE - HOUR, to: MIDNIGHT + 2 * HOUR, interval: 'day' });
    assert.deepEqual(
      days.map((d) => [d.key, d.to - MIDNIGHT, d.sums.offered, d.sums.answered, d.sums.abandoned, d.sums.shortAbandoned]),
      [
        ['consult', 0, 4, 2, 2, 1],
        ['consult', 24 * HOUR, 0, 0, 0, 0],
      ],
    );
    const [first, second] = days;
    assert.equal(first?.sums.answeredInTime, 1);
    assert.equal(first?.sums.abandonedInTime, 1);
    assert.equal(first?.sums.waitAnsweredMs, 98_000);
    assert.equal(first?.sums.longestWaitMs, 88_000);
    assert.equal(first?.sums.talkMs, 60_000);
    assert.equal(second?.sums.talkMs, 5 * MINUTE, 'talk stands where it began');
    assert.equal(second?.sums.wrapUpMs, 30_000);
  });

  it('agents: times per state are cut at the quarters and add up to the signed-in time (TEL-55)', async () => {
    night();
    const quarters = await reports.agents({ from: LATE - HOUR, to: MIDNIGHT + 2 * HOUR, interval: '15m' });
    const signedIn = (s: (typeof quarters)[number]['sums']) => s.readyMs + s.notReadyMs + s.ringingMs + s.onCallMs + s.wrapUpMs;
    assert.deepEqual(
      quarters.map((q) => [q.from - MIDNIGHT, signedIn(q.sums)]),
      [
        [-15 * MINUTE, 10 * MINUTE],
        [0, 15 * MINUTE],
        [15 * MINUTE, 15 * MINUTE],
        [30 * MINUTE, 10 * MINUTE],
      ],
    );
    const [total] = await reports.agents({ from: LATE - HOUR, to: MIDNIGHT + 2 * HOUR, interval: 'total' });
    assert.equal(total && signedIn(total.sums), 50 * MINUTE);
    assert.equal(total?.sums.handled, 2);
    assert.equal(total?.sums.signIns, 1);
    assert.equal(total?.sums.talkMs, 6 * MINUTE);
    assert.equal(total?.sums.wrapUpMs, 30_000);
  });

  it('system: calls by direction and outcome; the sum over agents is the number answered (TEL-56)', async () => {
    night();
    const [total] = await reports.system({ from: LATE - HOUR, to: MIDNIGHT + 2 * HOUR, interval: 'total' });
    assert.deepEqual([total?.sums.inbound, total?.sums.answered, total?.sums.abandoned, total?.sums.talkMs], [4, 2, 2, 6 * MINUTE]);
  });

  it('system, of some agents and queues: what came to them or was talked by them, also when all is summed up', async () => {
    night();
    answeredCall(bus, 'other', { queue: 'complaint', agent: '1005', waitMs: 1_000, talkMs: 2 * MINUTE });
    arrive(bus, 'nowhere');
    bus.publish({ type: 'call.ended', callId: 'nowhere', data: { termination: { by: 'caller', reason: 'normal' } } });
    now = bus.at + HOUR;
    const range = { from: LATE - HOUR, to: MIDNIGHT + 2 * HOUR, interval: 'total' } as const;
    const of = async (agents: string[], queues: string[]) => {
      const [total] = await reports.system(range, { agents, queues });
      return [total?.sums.inbound ?? 0, total?.sums.answered ?? 0, total?.sums.talkMs ?? 0];
    };
    await reports.sumUp();
    assert.deepEqual(await of(['1001'], ['consult']), [4, 2, 6 * MINUTE]);
    assert.deepEqual(await of(['1001'], []), [2, 2, 6 * MINUTE]);
    assert.deepEqual(await of(['1005'], []), [1, 1, 2 * MINUTE]);
    assert.deepEqual(await of([], ['complaint', 'consult']), [5, 3, 8 * MINUTE]);
    assert.deepEqual(await of([], []), [0, 0, 0]);
    assert.equal((await reports.system(range))[0]?.sums.inbound, 6);
  });

  it('what is summed up and what is computed when asked are the same, whenever it was summed up', async () => {
    night();
    const range = { from: LATE - HOUR, to: MIDNIGHT + 2 * HOUR, interval: '15m' as const };
    const ask = async () => [await reports.queues(range), await reports.agents(range), await reports.system(range)];
    const fresh = await ask();
    const until = now;
    now = MIDNIGHT + 20 * MINUTE;
    await reports.sumUp();
    now = until;
    assert.deepEqual(await ask(), fresh, 'half of it summed up');
    await reports.sumUp();
    assert.deepEqual(await ask(), fresh, 'all of it summed up');
    await database.knex('event_journal').delete();
    assert.deepEqual(await ask(), fresh);
  });

  it('a call that is up keeps what it may still change from being summed up', async () => {
    arrive(bus, 'long');
    bus.publish({ type: 'call.queued', callId: 'long', queueId: 'consult', data: { position: 1, priority: 0 } });
    await journal.flush();
    now = LATE + 3 * HOUR;
    assert.equal(await reports.sumUp(), Math.floor(LATE / 900_000) * 900_000);
    bus.at = now;
    bus.publish({ type: 'call.left-queue', callId: 'long', queueId: 'consult', data: { result: 'abandoned', waitMs: 3 * HOUR } });
    bus.publish({ type: 'call.ended', callId: 'long', data: { termination: { by: 'caller', reason: 'normal' } } });
    await journal.flush();
    now += HOUR;
    await reports.sumUp();
    const [total] = await reports.queues({ from: LATE - HOUR, to: now, interval: 'total' });
    assert.deepEqual([total?.sums.offered, total?.sums.abandoned], [1, 1]);
  });

  it('logs: states, sign-ins with their sign-out, calls of an agent, missed calls and whether they were reached later', async () => {
    night();
    bus.at += MINUTE;
    arrive(bus, 'again', '13800000000');
    bus.publish({ type: 'call.connected', callId: 'again', agentId: '1002', data: { to: '1002' } });
    bus.publish({ type: 'call.ended', callId: 'again', data: { termination: { by: 'caller', reason: 'normal' } } });
    await journal.flush();
    const states = await reports.stateLog({ limit: 2 });
    assert.deepEqual(
      states.items.map((s) => s.state),
      ['offline', 'ready'],
    );
    const more = await reports.stateLog({ limit: 10, ...(states.next === null ? {} : { cursor: states.next }) });
    assert.deepEqual(
      more.items.map((s) => s.state),
      ['wrap-up', 'on-call', 'ready'],
    );
    const signIns = await reports.signInLog({ limit: 10, agents: ['1001'] });
    assert.deepEqual(
      signIns.items.map((s) => [s.signedInAt, s.signedOutAt]),
      [[LATE, MIDNIGHT + 40 * MINUTE]],
    );
    const calls = await reports.agentCallLog({ limit: 10, agents: ['1001'] });
    assert.deepEqual(
      calls.items.map((c) => [c.callId, c.result, c.talkMs]),
      [
        ['d', 'talked', 5 * MINUTE],
        ['a', 'talked', MINUTE],
      ],
    );
    const missed = await reports.missedCallLog({ limit: 10 });
    assert.deepEqual(
      missed.items.map((m) => [m.callId, m.outcome, m.reachedAt !== null]),
      [
        ['c', 'abandoned-in-queue', true],
        ['b', 'abandoned-in-queue', true],
      ],
    );
  });

  it('sign-outs without a sign-in, strange cursors and empty ranges do no harm', async () => {
    now = LATE;
    assert.deepEqual(await reports.queues({ from: LATE, to: LATE, interval: 'day' }), []);
    assert.deepEqual((await reports.signInLog({ limit: 5 })).items, []);
    await assert.rejects(reports.stateLog({ limit: 5, cursor: 'x' }), /cursor/);
  });
});
