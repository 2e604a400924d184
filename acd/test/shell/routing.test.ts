import assert from 'node:assert/strict';
import { DEFAULT_SETTINGS, DomainError } from '@yixian/contracts';
import { createMemoryAcdStore } from '../../src/index.js';
import { agentConfig, queueConfig } from '../support/core-driver.js';
import { settled, World } from '../support/world.js';

const callback = {
  offerAfterMs: 0,
  key: '1',
  prompt: 'callback-offer',
  order: 'agent-first',
  attempts: 2,
  retryEveryMs: 60_000,
  ringMs: 20_000,
} as const;

async function world(queue = queueConfig('consult'), agents = [agentConfig('1001'), agentConfig('1002')], store = createMemoryAcdStore()) {
  const w = new World(agents, [queue], store);
  await w.service.start();
  return w;
}

function refused(code: string, field?: string): (error: unknown) => boolean {
  return (error) => error instanceof DomainError && error.code === code && (field === undefined || error.details?.field === field);
}

describe('callbacks at the wire', () => {
  const digit = (key: string) => ({ type: 'digit', digit: { digit: key, durationMs: 100, via: 'rfc4733' } }) as const;

  it('are offered while waiting; the key gives the place up, the caller is thanked, then released', async () => {
    const w = await world(queueConfig('consult', { callback }));
    await w.service.acd.setState('1001', 'not-ready', null, '1001');
    const { leg, result } = w.enqueue('c1');
    assert.deepEqual(leg.heard, ['callback-offer']);
    leg.emit(digit('7'));
    leg.emit(digit('1'));
    await settled();
    assert.deepEqual(leg.heard, ['callback-thanks']);
    const [view] = w.service.callbacks.list();
    assert.deepEqual([view?.number, view?.state, view?.position], ['13800138000', 'waiting', 1]);
    leg.plays.at(-1)?.finish('finished');
    assert.deepEqual(await result, { outcome: 'callback', callbackId: view?.id });
    leg.emit(digit('1'));
    assert.equal(w.service.callbacks.list().length, 1);
  });

  it('a key before the offer was heard means nothing; no offer to a number that cannot be called', async () => {
    const w = await world(queueConfig('consult', { callback: { ...callback, offerAfterMs: 30_000 } }));
    await w.service.acd.setState('1001', 'not-ready', null, '1001');
    const { leg } = w.enqueue('c1');
    leg.emit(digit('1'));
    await settled();
    assert.deepEqual([leg.heard, w.service.callbacks.list().length], [['queue-music'], 0]);
    w.clock.advance(30_000);
    assert.deepEqual(leg.heard, ['callback-offer']);
    const { call } = w.call('c2');
    void w.service.queues.enqueue({ call: { ...call, caller: 'anonymous' }, queueId: 'consult' });
    w.clock.advance(60_000);
    assert.equal(w.call('x').leg.plays.length, 0);
  });

  it('agent-first: ringback for the agent while the number rings, the bridge, and the end of the call', async () => {
    const w = await world(queueConfig('consult', { callback }));
    await w.service.callbacks.request({ queueId: 'consult', number: '0100', by: 'super' });
    await w.ready('1001');
    w.seat.leg.pickUp();
    assert.deepEqual(w.seat.leg.heard, ['ringback']);
    const placed = w.placed[0];
    assert.deepEqual([placed?.request.number, placed?.request.agentId, placed?.request.ringMs], ['0100', '1001', 20_000]);
    const { leg } = placed?.answer() ?? {};
    await settled();
    assert.deepEqual(w.seat.leg.heard, []);
    assert.equal(w.bridges.length, 1);
    assert.equal(w.stateOf('1001'), 'on-call');
    leg?.die({ by: 'called', reason: 'normal' });
    await settled();
    assert.equal(w.stateOf('1001'), 'ready');
    assert.equal(w.service.callbacks.list().length, 0);
  });

  it('the agent hangs up while the number rings: the call to it is cancelled; an answer that crosses ends at once', async () => {
    const w = await world(queueConfig('consult', { callback }));
    await w.service.callbacks.request({ queueId: 'consult', number: '0100', by: 'super' });
    await w.ready('1001');
    w.seat.leg.pickUp();
    w.seat.leg.die({ by: 'called', reason: 'normal' });
    assert.ok(w.placed[0]?.cancelled);
    const late = w.placed[0]?.answer();
    await settled();
    assert.equal(late?.leg.state, 'ended');
    assert.equal(w.service.callbacks.list()[0]?.state, 'waiting');
  });

  it('bad input is refused by its field', async () => {
    const w = await world();
    const { request, cancel } = w.service.callbacks;
    await assert.rejects(request({ queueId: 'consult', number: 'anonymous', by: 'x' }), refused('bad-request', 'number'));
    await assert.rejects(request({ queueId: 'nowhere', number: '0100', by: 'x' }), refused('not-found'));
    await request({ queueId: 'consult', number: '0100', by: 'x' });
    await assert.rejects(request({ queueId: 'consult', number: '0100', by: 'x' }), refused('conflict'));
    await assert.rejects(request({ queueId: 'consult', number: '0101', callId: 'gone', by: 'x' }), refused('not-found', 'callId'));
    await assert.rejects(cancel('nothing', 'x'), refused('not-found'));
  });

  it('keep levels and group over a restart, of the call that waited and of the request', async () => {
    const store = createMemoryAcdStore();
    const config = queueConfig('consult', { callback, relaxation: [{ afterMs: 600_000, minLevels: {} }] });
    const agents = [
      agentConfig('1001', ['consult'], { skillLevels: { consult: 3 } }),
      agentConfig('1002', ['consult'], { groups: ['unit'] }),
    ];
    const before = await world(config, agents, store);
    await before.ready('1001', '1002');
    await before.service.acd.setState('1002', 'not-ready', null, '1002');
    void before.service.queues.enqueue({ call: before.call('c1').call, queueId: 'consult', group: 'unit' });
    await before.service.callbacks.request({ queueId: 'consult', number: '0100', callId: 'c1', by: 'caller' });
    await before.service.callbacks.request({ queueId: 'consult', number: '0101', minLevels: { consult: 4 }, by: 'caller' });
    assert.equal(before.rung.length, 0);

    const after = new World(agents, [config], store);
    after.clock.advance(before.clock.now() - after.clock.now());
    await after.service.start();
    await after.ready('1001');
    assert.equal(after.rung.length, 0, 'neither of the group nor of the level');
    await after.ready('1002');
    assert.equal(after.seat.agentId, '1002');
  });

  it('survive a restart with place and attempts; doors, counters and what rests, too', async () => {
    const store = createMemoryAcdStore();
    const config = queueConfig('consult', {
      callback,
      consequences: { ...queueConfig('x').consequences, rejected: { action: 'ready', afterMs: 60_000 } },
    });
    const before = await world(config, undefined, store);
    await before.service.callbacks.request({ queueId: 'consult', number: '0100', by: 'super' });
    await before.ready('1001', '1002');
    before.rung[0]?.leg.pickUp();
    before.placed[0]?.fail({ by: 'network', reason: 'no-answer' });
    await settled();
    before.enqueue('c1');
    before.seat.leg.die({ by: 'called', reason: 'declined' });
    const rests = before.service.acd.agents().find((a) => a.reason === 'rejected')?.agentId ?? '';
    await before.service.acd.setDoor('consult', 'closed', 'super1100');

    const after = new World([agentConfig('1001'), agentConfig('1002')], [config], store);
    after.clock.advance(before.clock.now() - after.clock.now());
    await after.service.start();
    assert.deepEqual(after.service.acd.queue('consult')?.door, {
      queueId: 'consult',
      door: 'closed',
      open: false,
      because: 'closed by super1100',
    });
    const [kept] = after.service.callbacks.list();
    assert.deepEqual([kept?.attempts, kept?.notBefore], [1, before.service.callbacks.list()[0]?.notBefore]);
    assert.equal(after.stateOf(rests), 'not-ready');
    after.clock.advance(60_000);
    assert.equal(after.stateOf(rests), 'ready', 'the rest goes on to its end');
  });
});

describe('doors and schedules', () => {
  it('are looked at on arrival and at each minute; by hand goes before the schedule', async () => {
    const w = new World([agentConfig('1001')], [queueConfig('consult', { scheduleId: 'day' })]);
    // 1970-01-01 was a Thursday; the clock of the test stands at 08:16:40 in Shanghai
    w.schedules = [{ id: 'day', name: 'day', weekly: [{ days: [4], from: '08:18', to: '08:20' }], holidays: 'ignore', special: [] }];
    await w.service.start();
    await w.ready('1001');
    assert.deepEqual(await w.enqueue('early').result, { outcome: 'closed' });
    w.clock.advance(80_000);
    assert.deepEqual(w.service.acd.queue('consult')?.door, { queueId: 'consult', door: 'schedule', open: true, because: 'weekly' });
    w.enqueue('in-time');
    assert.equal(w.seat.callId, 'in-time');
    w.clock.advance(120_000);
    assert.equal(w.service.acd.queue('consult')?.door.open, false);
    assert.equal((await w.service.acd.setDoor('consult', 'open', 'super1100')).because, 'opened by super1100');
    const told = w.events.filter((e) => e.type === 'queue.door-changed').map((e) => e.data);
    assert.deepEqual(told, [
      { door: 'schedule', open: false, by: 'system' },
      { door: 'schedule', open: true, by: 'system' },
      { door: 'schedule', open: false, by: 'system' },
      { door: 'open', open: true, by: 'super1100' },
    ]);
    await assert.rejects(w.service.acd.setDoor('consult', 'ajar' as 'open', 'x'), refused('bad-request', 'door'));
    await assert.rejects(w.service.acd.setDoor('nowhere', 'open', 'x'), refused('not-found'));
  });
});

describe('licences, moves and answering from the desk', () => {
  it('one agent more than may be signed in is refused, naming the limit; who is signed in is not thrown out', async () => {
    const w = await world();
    w.settings = { ...DEFAULT_SETTINGS, maxSignedIn: 1 };
    await w.ready('1001');
    await assert.rejects(w.service.acd.setState('1002', 'ready', null, '1002'), /at most 1 agents/);
    await assert.rejects(w.service.acd.setState('1002', 'not-ready', null, '1002'), refused('conflict'));
    await w.service.acd.setState('1001', 'not-ready', null, '1001');
    await w.service.acd.setState('1001', 'offline', null, '1001');
    await w.ready('1002');
  });

  it('a move is refused by what is wrong with it', async () => {
    const w = await world();
    await w.service.acd.setState('1001', 'not-ready', null, '1001');
    w.enqueue('c1');
    await assert.rejects(w.service.acd.moveCall('c1', {}, 'super'), refused('bad-request', 'queue'));
    await assert.rejects(w.service.acd.moveCall('c1', { queueId: 'nowhere' }, 'super'), refused('not-found', 'queue'));
    await assert.rejects(w.service.acd.moveCall('c1', { priority: Number.NaN }, 'super'), refused('bad-request', 'priority'));
    await assert.rejects(w.service.acd.moveCall('gone', { priority: 1 }, 'super'), refused('not-found'));
    await w.service.acd.moveCall('c1', { priority: 7 }, 'super');
    assert.equal(w.service.acd.queue('consult')?.waiting[0]?.priority, 7);
    await w.ready('1001');
    w.seat.leg.pickUp();
    await settled();
    await assert.rejects(w.service.acd.moveCall('c1', { priority: 1 }, 'super'), refused('conflict'));
  });

  it('answer rings the same seat again so that the phone answers by itself; the offer stands all the while', async () => {
    const w = await world();
    await w.ready('1001');
    w.enqueue('c1');
    const first = w.seat;
    await assert.rejects(w.service.acd.answer('1002', 'c1'), refused('conflict'));
    await w.service.acd.answer('1001', 'c1');
    assert.equal(first.leg.state, 'ended');
    assert.deepEqual([w.rung.length, w.seat.autoAnswer, w.stateOf('1001')], [2, true, 'ringing']);
    w.seat.leg.pickUp();
    await settled();
    assert.equal(w.stateOf('1001'), 'on-call');
    await assert.rejects(w.service.acd.answer('1001', 'c1'), refused('conflict'));
  });

  it('group, levels and named agent of the request reach the core', async () => {
    const w = await world(queueConfig('consult'), [agentConfig('1001'), agentConfig('1002', ['consult'], { groups: ['unit'] })]);
    await w.ready('1001', '1002');
    void w.service.queues.enqueue({ call: w.call('c1').call, queueId: 'consult', group: 'unit' });
    assert.equal(w.seat.agentId, '1002');
    void w.service.queues.enqueue({ call: w.call('c2').call, queueId: 'consult', minLevels: { consult: 9 } });
    assert.equal(w.rung.length, 1);
    void w.service.queues.enqueue({ call: w.call('c3').call, queueId: 'consult', agentId: '1001' });
    assert.equal(w.seat.agentId, '1001');
  });
});
