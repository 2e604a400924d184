import assert from 'node:assert/strict';
import { QUEUE_DEFAULTS, type QueueConfig } from '@yixian/contracts';
import { agentConfig, CoreDriver, queueConfig } from '../support/core-driver.js';

const ids = ['1', '2', '3'];

/** Three agents, all ready in this order. */
function three(more: Partial<QueueConfig>, agents = ids.map((id) => agentConfig(id))): CoreDriver {
  const d = new CoreDriver(agents, [queueConfig('consult', more)]);
  for (const { id } of agents) d.ready(id);
  return d;
}

/** Handles a call from its arrival to its end. @returns who was rung */
function handle(d: CoreDriver, id: string, talkMs = 1_000): string | undefined {
  d.call(id);
  const agent = d.agentOf(id);
  d.answer(id);
  d.advance(talkMs);
  d.callerHangsUp(id);
  return agent;
}

describe('strategies', () => {
  it('fewest-calls: of the day; a new day begins at nothing', () => {
    const d = three({ strategy: 'fewest-calls' });
    d.input({ type: 'day-began', day: '2026-10-01' });
    assert.deepEqual(
      ['a', 'b', 'c', 'd'].map((c) => handle(d, c)),
      ['1', '2', '3', '1'],
    );
    d.input({ type: 'day-began', day: '2026-10-02' });
    assert.deepEqual(
      ['e', 'f', 'g'].map((c) => handle(d, c)),
      ['2', '3', '1'],
      'longest idle among equals',
    );
  });

  it('least-talk-time: whoever talked least today', () => {
    const d = three({ strategy: 'least-talk-time' });
    assert.equal(handle(d, 'a', 10_000), '1');
    assert.equal(handle(d, 'b', 5_000), '2');
    assert.equal(handle(d, 'c', 60_000), '3');
    assert.equal(handle(d, 'd', 1_000), '2');
  });

  it('round-robin: whoever was rung longest ago, whether or not he took it', () => {
    const d = three({
      strategy: 'round-robin',
      consequences: { ...QUEUE_DEFAULTS.consequences, noAnswer: { action: 'ready', afterMs: 0 } },
    });
    d.call('a');
    assert.equal(d.agentOf('a'), '1');
    d.advance(15_000);
    assert.equal(d.agentOf('a'), '2');
    d.call('b');
    assert.equal(d.agentOf('b'), '3');
    d.call('c');
    assert.equal(d.agentOf('c'), '1');
  });

  it('top-down begins at the top each time, sequential goes on after the one it last rang', () => {
    const top = three({ strategy: 'top-down', agentOrder: ['3', '1'] });
    assert.deepEqual(
      ['a', 'b'].map((c) => handle(top, c)),
      ['3', '3'],
    );
    const next = three({ strategy: 'sequential', agentOrder: ['3', '1'] });
    assert.deepEqual(
      ['a', 'b', 'c', 'd'].map((c) => handle(next, c)),
      ['3', '1', '2', '3'],
    );
  });

  it('blocking: one agent who cannot be reached does not halt top-down', () => {
    const d = three({ strategy: 'top-down', agentOrder: ['1', '2', '3'] });
    d.call('a');
    d.seatEnds('a', { by: 'called', reason: 'not-registered' });
    assert.equal(d.agentOf('a'), '2');
    d.call('b');
    assert.equal(d.agentOf('b'), '3');
  });

  it('random: everybody in time, the same seed the same', () => {
    const picks = (): (string | undefined)[] => {
      const d = three({ strategy: 'random' });
      return Array.from({ length: 30 }, (_, n) => handle(d, `c${n}`));
    };
    assert.deepEqual(new Set(picks()), new Set(ids));
    assert.deepEqual(picks(), picks());
  });
});

describe('ring-all', () => {
  const all = { strategy: 'ring-all' } as const;

  it('rings every free agent at once; the first to answer has the call, the others are free for the next', () => {
    const d = three(all);
    d.call('a');
    d.call('b');
    assert.deepEqual(d.rungFor('a'), ids);
    assert.deepEqual(d.rungFor('b'), [], 'no herding: nobody holds two offers');
    const [, second] = [...d.seats.values()];
    assert.ok(second);
    d.input({ type: 'seat-answered', offerId: second.id, callId: 'a' });
    d.input({ type: 'bridged', offerId: second.id, callId: 'a' });
    assert.equal(d.stateOf('2'), 'on-call');
    assert.deepEqual(d.rungFor('b').sort(), ['1', '3']);
  });

  it('answer-then-hang-up: the call keeps its place and rings the others again', () => {
    const d = three(all);
    d.call('a');
    const [first] = [...d.seats.values()];
    assert.ok(first);
    d.input({ type: 'seat-answered', offerId: first.id, callId: 'a' });
    assert.deepEqual(d.rungFor('a'), ['1'], 'the others were let go');
    d.input({ type: 'seat-ended', offerId: first.id, callId: 'a', termination: { by: 'agent', reason: 'normal' } });
    assert.deepEqual(d.rungFor('a').sort(), ['2', '3']);
  });

  it('two answer at once: the second is too late', () => {
    const d = three(all);
    d.call('a');
    const [first, second] = [...d.seats.values()];
    assert.ok(first && second);
    d.input({ type: 'seat-answered', offerId: first.id, callId: 'a' });
    d.input({ type: 'seat-answered', offerId: second.id, callId: 'a' });
    assert.equal(d.ignored, 'offer is over');
    assert.equal(d.stateOf('2'), 'ready');
  });

  it('whoever becomes free meanwhile is rung too; one who refuses leaves the others ringing', () => {
    const d = three(all);
    d.wish('3', 'not-ready', 'lunch');
    d.call('a');
    d.wish('3', 'ready');
    assert.deepEqual(d.rungFor('a'), ids);
    const [first] = [...d.seats.values()];
    assert.ok(first);
    d.input({ type: 'seat-ended', offerId: first.id, callId: 'a', termination: { by: 'called', reason: 'declined' } });
    assert.deepEqual(d.rungFor('a'), ['2', '3']);
    d.callerHangsUp('a');
    assert.deepEqual([d.seats.size, d.stateOf('2'), d.stateOf('3')], [0, 'ready', 'ready']);
  });
});

describe('skill levels that relax', () => {
  const relaxing = {
    minLevels: { consult: 8 },
    relaxation: [
      { afterMs: 10_000, minLevels: { consult: 5 } },
      { afterMs: 20_000, minLevels: { consult: 0 } },
    ],
  };
  const experts = [
    agentConfig('1', ['consult'], { skillLevels: { consult: 4 } }),
    agentConfig('2', ['consult']),
    agentConfig('3', ['consult'], { skillLevels: { consult: 9 } }),
  ];

  it('by timed steps inside one queue, the place kept; a level of 0 waives the skill', () => {
    const d = three(relaxing, [...experts, agentConfig('4', ['other'])]);
    d.wish('3', 'not-ready');
    d.call('a');
    d.call('b');
    d.took();
    assert.equal(d.agentOf('a'), undefined);
    d.advance(10_000);
    assert.equal(d.agentOf('a'), '2', 'level 5, as without a level');
    assert.equal(d.events.filter((e) => e.type === 'call.requirements-relaxed').length, 2);
    d.advance(10_000);
    assert.ok(['1', '4'].includes(d.agentOf('b') ?? ''), 'anybody');
    const positions = [...(d.state.tables.queues.get('consult')?.places ?? [])].map((p) => p.id);
    assert.deepEqual(positions, ['a', 'b']);
  });

  it('is told within a second where nobody is ready for it, with the next step of anything, and to the millisecond where somebody is', () => {
    const levels = {
      minLevels: { consult: 8 },
      relaxation: [6, 4, 1].map((level, n) => ({ afterMs: (n + 1) * 5_000, minLevels: { consult: level } })),
    };
    const agents = [9, 1].map((level, n) => agentConfig(String(n + 1), ['consult'], { skillLevels: { consult: level } }));
    const d = new CoreDriver(agents, [queueConfig('consult', levels)]);
    const told = (): number => d.events.filter((e) => e.type === 'call.requirements-relaxed').length;
    d.ready('1');
    d.wish('1', 'not-ready', 'lunch');
    d.ready('2');
    d.call('a');
    d.advance(6_000);
    assert.equal(told(), 1, 'by the timer, though somebody is ready only for the last step');
    d.advance(4_100);
    assert.equal(told(), 1);
    d.reach('1', false);
    assert.equal(told(), 2, 'with whatever is decided next');
    d.advance(4_899);
    assert.equal(d.agentOf('a'), undefined);
    d.advance(1);
    assert.deepEqual([d.agentOf('a'), told()], ['2', 3]);
    d.answer('a');
    assert.deepEqual([...d.timers.keys()], [], 'nothing runs when nobody waits');
  });

  it('while a seat rings nothing relaxes; when it falls silent, what is due is told and somebody else is found', () => {
    const d = three({ ...relaxing, ringTimeoutMs: 30_000 }, experts);
    d.call('a');
    assert.equal(d.agentOf('a'), '3');
    d.advance(25_000);
    assert.equal(d.events.filter((e) => e.type === 'call.requirements-relaxed').length, 0);
    d.seatEnds('a', { by: 'called', reason: 'declined' });
    assert.deepEqual(
      d.events.flatMap((e) => (e.type === 'call.requirements-relaxed' ? [e.data.minLevels] : [])),
      [{ consult: 0 }],
    );
    assert.ok(['1', '2'].includes(d.agentOf('a') ?? ''));
  });

  it('calls of several priorities each relax after their own wait', () => {
    const d = new CoreDriver([agentConfig('1')], [queueConfig('consult', relaxing)]);
    d.ready('1');
    d.wish('1', 'not-ready', 'lunch');
    d.call('first', 'consult', 0);
    d.advance(4_000);
    d.call('vip', 'consult', 5);
    d.advance(8_000);
    const steps = ['first', 'vip'].map((id) => d.state.tables.calls.get(id)?.step);
    assert.deepEqual(steps, [1, 0]);
    d.wish('1', 'ready');
    assert.equal(d.agentOf('first'), '1', 'the default level is 5');
  });

  it('a better agent who is free is found at once, whatever others wait', () => {
    const d = three(relaxing, experts);
    d.call('a');
    assert.equal(d.agentOf('a'), '3');
  });

  it('levels of the request are asked for beside the queue’s, and relaxed with them', () => {
    const d = three(relaxing, [agentConfig('1', ['consult', 'english'], { skillLevels: { consult: 9, english: 3 } })]);
    d.call('a', 'consult', 0, { minLevels: { english: 6 } });
    assert.equal(d.agentOf('a'), undefined);
    d.advance(10_000);
    assert.equal(d.agentOf('a'), '1');
  });

  it('through three steps and more, for a request of its own and for one agent, several calls at each step', () => {
    const relaxation = [6, 4, 2, 1].map((level, n) => ({ afterMs: (n + 1) * 5_000, minLevels: { consult: level } }));
    const agents = [
      agentConfig('1', ['consult', 'english'], { skillLevels: { consult: 1 } }),
      agentConfig('2', ['consult'], { skillLevels: { consult: 2 } }),
    ];
    const d = three({ minLevels: { consult: 8 }, relaxation }, agents);
    for (const id of ['a', 'b', 'c']) d.call(id, 'consult', 0, { minLevels: { english: 3 } });
    for (const id of ['d', 'e', 'f']) d.call(id, 'consult', 0, { agentId: '2' });
    d.advance(14_999);
    d.call('late', 'consult', 0, { minLevels: { english: 3 }, since: d.now - 12_000 });
    assert.deepEqual([d.agentOf('a'), d.agentOf('d')], [undefined, undefined]);
    d.advance(1);
    assert.deepEqual([d.agentOf('a'), d.agentOf('d')], [undefined, '2']);
    d.advance(5_000);
    assert.equal(d.agentOf('a'), '1');
    const serve = (...ids: string[]): void => {
      for (const id of ids) {
        d.answer(id);
        d.callerHangsUp(id);
      }
    };
    serve('a', 'b', 'c');
    d.advance(3_000);
    serve('late', 'd', 'e', 'f');
    assert.equal(d.state.tables.calls.size, 0);
  });

  it('a group of the queue and of the request', () => {
    const agents = [agentConfig('1', ['consult'], { groups: ['a'] }), agentConfig('2', ['consult'], { groups: ['a', 'b'] })];
    const d = three({ group: 'a' }, agents);
    d.call('x', 'consult', 0, { group: 'b' });
    assert.equal(d.agentOf('x'), '2');
    d.call('y', 'consult', 0, { group: 'c' });
    assert.deepEqual(d.results.get('y'), { outcome: 'no-agents' });
  });
});

describe('one agent', () => {
  it('named: only he is rung, and waited for as long as he is signed in', () => {
    const d = three({});
    d.call('busy');
    d.answer('busy');
    d.call('a', 'consult', 0, { agentId: '1' });
    assert.equal(d.agentOf('a'), undefined, 'two others are free');
    d.callerHangsUp('busy');
    assert.equal(d.agentOf('a'), '1');
    d.call('b', 'consult', 0, { agentId: '1' });
    d.wish('1', 'offline');
    assert.deepEqual(d.results.get('b'), { outcome: 'no-agents' });
  });

  it('named: needs what anybody needs, and is rung when the levels have relaxed so far', () => {
    const relaxation = [{ afterMs: 10_000, minLevels: { consult: 2 } }];
    const agents = [
      agentConfig('1', ['consult'], { skillLevels: { consult: 3 } }),
      agentConfig('2', ['consult'], { skillLevels: { consult: 9 } }),
    ];
    const d = three({ minLevels: { consult: 8 }, relaxation }, agents);
    d.call('a', 'consult', 0, { agentId: '1' });
    assert.equal(d.agentOf('a'), undefined, 'level 3 where 8 is asked for');
    d.call('b', 'consult', 0, { agentId: '2' });
    assert.equal(d.agentOf('b'), '2');
    d.advance(10_000);
    assert.equal(d.agentOf('a'), '1');
  });

  it('named, and could never have it: as if he were not signed in, on arrival and by an edit', () => {
    const agents = [agentConfig('1'), agentConfig('2', ['other'])];
    const elsewhere = { kind: 'voicemail', box: 'main' } as const;
    const d = three({}, agents);
    d.call('a', 'consult', 0, { agentId: '2' });
    d.call('b', 'consult', 0, { agentId: '1', minLevels: { consult: 6 } });
    assert.deepEqual([d.results.get('a'), d.results.get('b')], [{ outcome: 'no-agents' }, { outcome: 'no-agents' }]);
    d.wish('1', 'not-ready');
    d.call('c', 'consult', 0, { agentId: '1' });
    const overflow = [{ when: { kind: 'nobody-signed-in' }, to: elsewhere } as const];
    d.configure([agentConfig('1', ['other']), agentConfig('2')], [queueConfig('consult', { overflow })]);
    assert.deepEqual(d.results.get('c'), { outcome: 'overflow', to: elsewhere }, 'another is signed in, but not he');
  });

  it('sticky: the agent who last talked with the caller is waited for first, then anybody', () => {
    const d = three({ sticky: { withinMs: 3_600_000, waitMs: 8_000 } });
    d.call('a', 'consult', 0, { caller: '0100' });
    assert.equal(d.agentOf('a'), '1');
    d.answer('a');
    d.callerHangsUp('a');
    d.call('other');
    assert.equal(d.agentOf('other'), '2');
    d.call('again', 'consult', 0, { caller: '0100' });
    assert.equal(d.agentOf('again'), '1', 'not the longest idle');
    d.call('third', 'consult', 0, { caller: '0100' });
    assert.equal(d.agentOf('third'), undefined, 'he is busy, another is free');
    d.advance(8_000);
    assert.equal(d.agentOf('third'), '3');
  });

  it('sticky: not waited for when he is away, and let go when he leaves', () => {
    const d = three({ sticky: { withinMs: 3_600_000, waitMs: 60_000 } });
    for (const id of ids) handle(d, `first-${id}`);
    d.call('busy');
    const busy = d.agentOf('busy') ?? '';
    d.answer('busy');
    d.call('a', 'consult', 0, { caller: `from-first-${busy}` });
    assert.equal(d.agentOf('a'), undefined);
    d.wish(busy, 'not-ready', 'lunch');
    d.callerHangsUp('busy');
    assert.ok(d.agentOf('a'), 'somebody else has it');
  });
});

describe('priority and ageing', () => {
  it('who waits gains points a minute; between queues of different rates the heads are compared as they stand', () => {
    const agents = [agentConfig('1', ['slow', 'fast'])];
    const d = new CoreDriver(agents, [
      queueConfig('slow', { ageingPerMinute: 1, maxWaitMs: 3e6 }),
      queueConfig('fast', { priority: 3, maxWaitMs: 3e6 }),
    ]);
    d.wish('1', 'not-ready');
    d.reach('1', true);
    d.call('old', 'slow');
    d.advance(2 * 60_000);
    d.call('new', 'fast');
    d.wish('1', 'ready');
    assert.equal(d.agentOf('new'), '1', '3 before 2');
    d.wish('1', 'not-ready');
    d.advance(2 * 60_000);
    d.wish('1', 'ready');
    assert.equal(d.agentOf('old'), '1', '4 before 3');
  });

  it('a place kept from before goes first among equals', () => {
    const d = three({}, [agentConfig('1')]);
    d.wish('1', 'not-ready');
    d.call('a');
    d.advance(5_000);
    d.call('kept', 'consult', 0, { since: d.now - 60_000 });
    d.wish('1', 'ready');
    assert.equal(d.agentOf('kept'), '1');
  });
});
