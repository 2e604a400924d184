import assert from 'node:assert/strict';
import { DomainError, type MediaItem } from '@yixian/contracts';
import { createMemoryAcdStore } from '../../src/index.js';
import { announcement } from '../../src/shell/treatment.js';
import { agentConfig, queueConfig } from '../support/core-driver.js';
import { settled, World } from '../support/world.js';

async function world(queue = queueConfig('consult'), agents = [agentConfig('1001'), agentConfig('1002')]): Promise<World> {
  const w = new World(agents, [queue]);
  await w.service.start();
  return w;
}

function refused(code: string): (error: unknown) => boolean {
  return (error) => error instanceof DomainError && error.code === code;
}

describe('what a waiting caller hears', () => {
  it('music until an agent answers', async () => {
    const w = await world();
    await w.service.acd.setState('1001', 'not-ready', null, '1001');
    const { leg } = w.enqueue('c1');
    assert.deepEqual(leg.heard, ['queue-music']);
    assert.equal(leg.plays[0]?.loop, true);
  });

  it('ringback where the music is missing or cannot be played: the line never seems dead', async () => {
    const w = await world();
    await w.service.acd.setState('1001', 'not-ready', null, '1001');
    w.missingPrompts.add('queue-music');
    assert.deepEqual(w.enqueue('c1').leg.heard, ['ringback']);
    w.missingPrompts.clear();
    const { leg } = w.enqueue('c2');
    leg.plays[0]?.finish('failed');
    await settled();
    assert.deepEqual(leg.heard, ['ringback']);
  });

  it('the position at entry and every announceEveryMs, music in between', async () => {
    const w = await world(queueConfig('consult', { announceEveryMs: 30_000 }));
    await w.service.acd.setState('1001', 'not-ready', null, '1001');
    const first = w.enqueue('c1');
    assert.deepEqual(first.leg.heard, ['queue-music'], 'nobody ahead, nothing known: nothing to say');
    const { leg } = w.enqueue('c2');
    assert.deepEqual(leg.heard, ['queue-position-before', 'number-1', 'queue-position-after']);
    leg.plays.at(-1)?.finish('finished');
    await settled();
    assert.deepEqual(leg.heard, ['queue-music']);
    w.clock.advance(30_000);
    assert.deepEqual(leg.heard, ['queue-position-before', 'number-1', 'queue-position-after']);
    w.clock.advance(30_000);
    assert.equal(leg.plays.filter((p) => !p.loop).length, 2, 'an announcement is not interrupted by the next');
    first.leg.die({ by: 'caller', reason: 'normal' });
    leg.plays.at(-1)?.finish('finished');
    await settled();
    w.clock.advance(30_000);
    assert.deepEqual(leg.heard, ['queue-music'], 'first in line now');
  });

  it('no announcement when an agent is being rung already', async () => {
    const w = await world(queueConfig('consult', { announceEveryMs: 30_000 }));
    await w.ready('1001');
    assert.deepEqual(w.enqueue('c1').leg.heard, ['queue-music']);
  });

  it('position and wait are whole sentences or nothing', () => {
    const missing = new Set<string>();
    const prompts = {
      item: (id: string): MediaItem | undefined => (missing.has(id) ? undefined : { kind: 'file', path: id }),
      sayNumber: (n: number): MediaItem[] => [{ kind: 'file', path: String(n) }],
      sayDigits: (digits: string): MediaItem[] => [{ kind: 'file', path: digits }],
    };
    const say = (position: number, estimateMs: number | null): string[] =>
      announcement(prompts, position, estimateMs).map((i) => (i.kind === 'file' ? i.path : ''));
    assert.deepEqual(say(1, null), []);
    assert.deepEqual(say(3, 61_000), ['queue-position-before', '2', 'queue-position-after', 'queue-wait-before', '2', 'queue-wait-after']);
    assert.deepEqual(say(1, 0), [], 'an agent is free: nothing to say');
    assert.deepEqual(say(1, 1_000), ['queue-wait-before', '1', 'queue-wait-after']);
    assert.equal(say(20_000, null)[1], '9999', 'the prompts can say no more');
    missing.add('queue-position-after');
    assert.deepEqual(say(3, null), []);
  });

  it('timers and listeners are gone when the caller is', async () => {
    const w = await world(queueConfig('consult', { announceEveryMs: 30_000 }));
    await w.service.acd.setState('1001', 'not-ready', null, '1001');
    const { leg, result } = w.enqueue('c1');
    leg.die({ by: 'caller', reason: 'normal' });
    assert.deepEqual(await result, { outcome: 'abandoned' });
    assert.equal(w.timers, 0);
    assert.equal(leg.listeners, 0);
  });
});

describe('entering and leaving a queue', () => {
  it('a caller who is gone already is abandoned without ringing anybody', async () => {
    const w = await world();
    await w.ready('1001');
    const { call, leg } = w.call('c1');
    leg.die({ by: 'caller', reason: 'normal' });
    assert.deepEqual(await w.service.queues.enqueue({ call, queueId: 'consult' }).result, { outcome: 'abandoned' });
    assert.equal(w.rung.length, 0);
  });

  it('unknown queue, wrong priority, the same call twice, not started: failed with the name of the fault', async () => {
    const w = await world();
    await w.service.acd.setState('1001', 'not-ready', null, '1001');
    const message = async (result: Promise<unknown>): Promise<string> => ((await result) as { message: string }).message;
    assert.match(await message(w.enqueue('a', 'nowhere').result), /unknown queue nowhere/);
    assert.match(await message(w.enqueue('b', 'consult', Number.NaN).result), /priority/);
    const first = w.enqueue('c');
    assert.match(await message(w.service.queues.enqueue({ call: first.call, queueId: 'consult' }).result), /call c is in a queue already/);
    const idle = new World([], [queueConfig('consult')]);
    assert.match(await message(idle.enqueue('d').result), /not open/);
  });

  it('leave takes a waiting call out of the queue, and a talking one stays with its agent', async () => {
    const w = await world();
    await w.service.acd.setState('1001', 'not-ready', null, '1001');
    const waiting = w.enqueue('c1');
    waiting.leave();
    assert.deepEqual(await waiting.result, { outcome: 'abandoned' });
    waiting.leave();
    await w.ready('1001');
    const talking = w.enqueue('c2');
    w.seat.leg.pickUp();
    await settled();
    talking.leave();
    assert.equal(w.stateOf('1001'), 'on-call');
  });

  it('the snapshot shows places, waits, and whose seat rings', async () => {
    const w = await world();
    await w.ready('1001');
    w.enqueue('c1');
    w.clock.advance(1_000);
    w.enqueue('c2', 'consult', 3);
    const queue = w.service.acd.queue('consult');
    assert.deepEqual(
      queue?.waiting.map((c) => [c.callId, c.position, c.offeredTo]),
      [
        ['c2', 1, null],
        ['c1', 2, '1001'],
      ],
    );
    assert.deepEqual([queue?.longestWaitMs, queue?.ready, queue?.signedIn, queue?.serving], [1_000, 0, 1, 0]);
    assert.equal(w.service.acd.agent('1001')?.callId, 'c1');
    assert.equal(w.service.acd.queue('nowhere'), undefined);
    assert.equal(w.service.acd.queues().length, 1);
    assert.equal(w.service.acd.agents().length, 2);
  });
});

describe('agents from outside', () => {
  it('unknown agents and states are refused by name', async () => {
    const w = await world();
    await assert.rejects(w.service.acd.setState('9999', 'ready', null, 'x'), /9999/);
    await assert.rejects(w.service.acd.setState('9999', 'ready', null, 'x'), refused('not-found'));
    await assert.rejects(w.service.acd.setState('1001', 'busy' as 'ready', null, 'x'), refused('bad-request'));
    await assert.rejects(w.service.acd.setSeat('9999', { kind: 'sip' }, 'x'), refused('not-found'));
  });

  it('a seat the dialler refuses is refused by name; number, confirm and persistent belong to phones', async () => {
    const w = await world();
    await assert.rejects(w.service.acd.setSeat('1001', { kind: 'sip', number: '1' }, '1001'), refused('bad-request'));
    await assert.rejects(w.service.acd.setSeat('1001', { kind: 'phone' }, '1001'), /number/);
    assert.equal((await w.service.acd.setSeat('1001', { kind: 'sip' }, '1001')).seat.kind, 'sip');
    assert.equal((await w.service.acd.setSeat('1001', { kind: 'phone', number: '13800138000' }, '1001')).seat.number, '13800138000');
    w.refusal = 'no trunk may call 0900';
    await assert.rejects(w.service.acd.setSeat('1001', { kind: 'phone', number: '0900' }, '1001'), /no trunk may call 0900/);
  });

  it('nailed-up lines are told of sign-in, seat and sign-out', async () => {
    const w = await world();
    w.lines.length = 0;
    await w.ready('1001');
    await w.service.acd.setState('1001', 'not-ready', null, '1001');
    await w.service.acd.setSeat('1001', { kind: 'phone', number: '138', persistent: true }, '1001');
    await w.service.acd.setState('1001', 'offline', null, '1001');
    assert.deepEqual(
      w.lines.map(([id, seat, signedIn]) => [id, seat.kind, signedIn]),
      [
        ['1001', 'sip', true],
        ['1001', 'phone', true],
        ['1001', 'phone', false],
      ],
    );
  });

  it('who asked stands in the event', async () => {
    const w = await world();
    await w.service.acd.setState('1001', 'not-ready', 'training', 'super1100');
    const [event] = w.events;
    assert.ok(event?.type === 'agent.state-changed');
    assert.deepEqual(event.data, { from: 'offline', to: 'not-ready', reason: 'training', by: 'super1100' });
  });

  it('registrationChanged: no contact, no offers; a contact again, offers again', async () => {
    const w = await world();
    await w.ready('1001');
    w.registered.delete('1001');
    w.service.registrationChanged({ extension: '1001', contacts: 0 });
    w.service.registrationChanged({ extension: '8888', contacts: 1 });
    w.enqueue('c1');
    assert.equal(w.rung.length, 0);
    assert.equal(w.service.acd.agent('1001')?.reachable, false);
    w.registered.add('1001');
    w.service.registrationChanged({ extension: '1001', contacts: 1 });
    assert.equal(w.seat.agentId, '1001');
  });

  it('a registration nobody told of is found when a caller needs the agent', async () => {
    const w = await world();
    w.registered.clear();
    await w.ready('1001');
    assert.equal(w.service.acd.agent('1001')?.reachable, false);
    w.registered.add('1001');
    w.enqueue('c1');
    assert.equal(w.seat.agentId, '1001');
  });

  it('occupy and release; a release that never comes is made up for by the end of the call', async () => {
    const w = await world();
    await w.ready('1001');
    w.service.acd.occupy('1001', 'x');
    w.service.acd.occupy('9999', 'x');
    assert.equal(w.stateOf('1001'), 'on-call');
    w.service.acd.release('1001', 'x');
    assert.equal(w.stateOf('1001'), 'ready');
    w.service.acd.occupy('1001', 'y');
    w.bus.publish({ type: 'call.ended', callId: 'y', data: { termination: { by: 'caller', reason: 'normal' } } });
    assert.equal(w.stateOf('1001'), 'ready');
  });

  it('a change asked for by a listener is decided after the change it hears of', async () => {
    const w = await world();
    const undo = w.bus.subscribe((event) => {
      if (event.type === 'offer.made') void w.service.acd.setState('1001', 'not-ready', 'meanwhile', 'listener');
    });
    await w.ready('1001');
    w.took();
    w.enqueue('c1');
    undo();
    assert.deepEqual(w.took(), ['call.queued', 'offer.made', 'agent.state-changed', 'offer.withdrawn', 'agent.state-changed']);
    assert.equal(w.seat.leg.termination?.reason, 'withdrawn');
  });
});

describe('the directory changes', () => {
  it('a queue edit logs nobody out and costs no caller the place', async () => {
    const w = await world();
    await w.ready('1001');
    w.enqueue('c1');
    w.enqueue('c2');
    w.queues = [queueConfig('consult', { name: 'renamed', wrapUpMs: 5_000 })];
    w.changeDirectory();
    assert.equal(w.stateOf('1001'), 'ringing');
    assert.deepEqual(
      w.service.acd.queue('consult')?.waiting.map((c) => c.callId),
      ['c1', 'c2'],
    );
  });

  it('an agent who gains the skill is offered the waiting call at once', async () => {
    const w = await world(queueConfig('consult'), [agentConfig('1001', []), agentConfig('1002')]);
    await w.service.acd.setState('1002', 'not-ready', null, '1002');
    await w.ready('1001');
    w.enqueue('c1');
    assert.equal(w.rung.length, 0);
    w.agents = [agentConfig('1001', ['consult']), agentConfig('1002')];
    w.changeDirectory();
    assert.equal(w.seat.agentId, '1001');
  });

  it('a removed agent is signed out, after the call; a removed queue lets its callers go on', async () => {
    const w = await world();
    await w.ready('1001');
    const talking = w.enqueue('c1');
    w.seat.leg.pickUp();
    await settled();
    const waiting = w.enqueue('c2');
    w.agents = [agentConfig('1002')];
    w.queues = [];
    w.changeDirectory();
    assert.equal((await waiting.result).outcome, 'failed');
    assert.equal(w.stateOf('1001'), 'on-call');
    talking.leg.die({ by: 'caller', reason: 'normal' });
    assert.equal(w.stateOf('1001'), undefined);
    await assert.rejects(w.service.acd.setState('1001', 'ready', null, 'x'), refused('not-found'));
  });
});

describe('stopping and starting again', () => {
  it('stop ends what waits, rings and talks, and leaves no timer, listener or seat', async () => {
    const w = await world(queueConfig('consult', { announceEveryMs: 10_000 }));
    await w.ready('1001', '1002');
    const talking = w.enqueue('c1');
    w.seat.leg.pickUp();
    await settled();
    w.enqueue('c2');
    const waiting = w.enqueue('c3');
    await w.service.stop();
    assert.deepEqual(await talking.result, { outcome: 'served', agentId: '1001', callerStillUp: true });
    assert.equal((await waiting.result).outcome, 'failed');
    assert.ok(w.rung.every((s) => s.leg.state === 'ended'));
    assert.equal(w.clock.pendingTimers, 0);
    assert.equal(w.subscribers, 0);
    assert.equal((await w.enqueue('c4').result).outcome, 'failed');
    await w.service.stop();
  });

  it('killed again before anybody has done anything, it comes up with the same agents signed in', async () => {
    const store = createMemoryAcdStore();
    const start = async () => {
      const w = new World(
        ['1', '2'].map((id) => agentConfig(id)),
        [queueConfig('consult')],
        store,
      );
      await w.service.start();
      return w;
    };
    const first = await start();
    await first.ready('1');
    await first.service.acd.setState('2', 'not-ready', 'lunch', '2');
    await start();
    const third = await start();
    assert.deepEqual([third.stateOf('1'), third.stateOf('2')], ['ready', 'not-ready']);
  });

  it('after a kill the agents have the state they had; calls of the dead process are gone', async () => {
    const store = createMemoryAcdStore();
    const agents = ['1', '2', '3', '4', '5', '6'].map((id) => agentConfig(id));
    const before = new World(agents, [queueConfig('consult', { wrapUpMs: 60_000 })], store);
    await before.service.start();
    await before.ready('1');
    before.enqueue('c1');
    before.seat.leg.pickUp();
    await settled();
    await before.service.acd.setState('1', 'not-ready', 'lunch', '1');
    await before.ready('2');
    before.enqueue('c2').leg;
    before.clock.advance(1);
    await before.service.acd.setState('3', 'not-ready', 'training', '3');
    before.clock.advance(1);
    await before.ready('5');
    before.clock.advance(1);
    await before.ready('4');
    before.enqueue('c3');
    before.seat.leg.pickUp();
    await settled();
    before.seat.leg.die({ by: 'called', reason: 'normal' });
    assert.deepEqual(
      ['1', '2', '3', '4', '5', '6'].map((id) => before.stateOf(id)),
      ['on-call', 'ringing', 'not-ready', 'ready', 'wrap-up', 'offline'],
    );
    const sinceOf4 = before.service.acd.agent('4')?.since;

    const after = new World(agents, [queueConfig('consult')], store);
    after.clock.advance(before.clock.now() - after.clock.now() + 10_000);
    await after.service.start();
    const states = after.service.acd.agents().map((a) => [a.agentId, a.state, a.reason]);
    assert.deepEqual(states, [
      ['1', 'not-ready', 'lunch'],
      ['2', 'ready', 'restart'],
      ['3', 'not-ready', 'training'],
      ['4', 'ready', null],
      ['5', 'wrap-up', null],
      ['6', 'offline', null],
    ]);
    assert.equal(after.service.acd.agent('4')?.since, sinceOf4);
    assert.deepEqual((await store.load()).calls, []);
    assert.deepEqual(
      after.events.map((e) => [e.type, e.agentId]),
      [
        ['agent.state-changed', '1'],
        ['agent.state-changed', '2'],
      ],
    );
    after.clock.advance(50_000);
    assert.equal(after.stateOf('5'), 'ready', 'the rest of the wrap-up was kept');
  });

  it('a store that cannot be read stops the start', async () => {
    const broken = { ...createMemoryAcdStore(), load: () => Promise.reject(new Error('connection refused')) };
    const w = new World([], [], broken);
    await assert.rejects(w.service.start(), /connection refused/);
  });

  it('stop does not wait for ever for a store that hangs', async () => {
    const w = new World([agentConfig('1')], [], { ...createMemoryAcdStore(), flush: () => new Promise<void>(() => {}) });
    await w.service.start();
    const stopped = w.service.stop();
    w.clock.advance(5_000);
    await stopped;
    assert.equal(w.clock.pendingTimers, 0);
  });
});

describe('metrics', () => {
  it('count calls, offers and agents', async () => {
    const w = await world();
    await w.ready('1001');
    const { leg } = w.enqueue('c1');
    w.seat.leg.pickUp();
    await settled();
    let m = w.service.metrics();
    assert.equal(m['acd_agents{state="on-call"}'], 1);
    assert.equal(m['acd_calls_serving{queue="consult"}'], 1);
    leg.die({ by: 'caller', reason: 'normal' });
    m = w.service.metrics();
    assert.equal(m['acd_calls_queued_total{queue="consult"}'], 1);
    assert.equal(m['acd_calls_left_total{queue="consult",result="served"}'], 1);
    assert.equal(m['acd_offers_total{step="accepted"}'], 1);
    assert.equal(m['acd_agents{state="on-call"}'], 0);
    assert.equal(m.acd_timers, 0, 'no timer of a call is left');
  });
});
