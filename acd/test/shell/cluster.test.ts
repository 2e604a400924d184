import assert from 'node:assert/strict';
import { agentConfig, queueConfig } from '../support/core-driver.js';
import { Processes } from '../support/processes.js';

const BYE = { by: 'caller', reason: 'normal' } as const;

async function hotline(nodes = 2, queue = queueConfig('consult', { wrapUpMs: 0 })): Promise<{ h: Processes; names: string[] }> {
  const h = new Processes(
    ['1001', '1002', '1003'].map((id) => agentConfig(id)),
    [queue],
  );
  const names: string[] = [];
  for (let n = 0; n < nodes; n++) names.push(await h.start());
  h.network.elect(names[0] as string);
  await h.quiet();
  return { h, names };
}

describe('several processes', function () {
  this.timeout(60_000);

  it('an agent signed in by one is rung by the process of the caller, which another decides', async () => {
    const { h, names } = await hotline(3);
    const [, p, q] = names as [string, string, string];
    await h.setState(q, '1001', 'ready');
    const caller = h.call(p);
    await h.quiet();
    assert.deepEqual(
      h.seats('1001').map(({ node, callId }) => [node, callId]),
      [[p, caller.id]],
    );
    assert.equal(h.stateOf('1001'), 'ringing');
    assert.deepEqual(h.waiting(), [`${caller.id}>1001`]);
    h.seat('1001').pickUp();
    await h.quiet();
    assert.equal(h.stateOf('1001'), 'on-call');
    assert.equal(h.world(p).bridges.filter((b) => b.standing).length, 1);
    assert.deepEqual(h.waiting(), []);
    const told = h
      .world(p)
      .took()
      .filter((type) => type.startsWith('call.') || type.startsWith('offer.'));
    assert.deepEqual(told, ['call.queued', 'offer.made', 'offer.accepted', 'call.left-queue', 'call.connected']);
    caller.leg.die(BYE);
    await h.quiet();
    assert.equal(h.stateOf('1001'), 'ready');
    assert.equal(caller.result?.outcome, 'served');
  });

  it('the leader is killed: places are kept, a seat that rings rings on, whoever talks talks on', async () => {
    const { h, names } = await hotline(3);
    const [leader, p, q] = names as [string, string, string];
    await h.setState(p, '1001', 'ready');
    await h.setState(q, '1002', 'ready');
    const talks = h.call(p);
    await h.quiet();
    h.seat('1001').pickUp();
    await h.quiet();
    const rings = h.call(q);
    await h.quiet();
    const waits = [h.call(p), h.call(q), h.call(p)];
    await h.quiet();
    const before = h.waiting();
    assert.deepEqual(before, [`${rings.id}>1002`, ...waits.map(({ id }) => id)]);
    const seat = h.seat('1002');
    h.kill(leader);
    await h.pass(300);
    const meanwhile = h.call(q);
    await h.pass(100);
    h.network.elect(p);
    await h.quiet();
    assert.deepEqual(h.waiting(), [...before, meanwhile.id]);
    assert.equal(h.seat('1002'), seat, 'the same seat rings');
    assert.deepEqual([h.stateOf('1001'), h.stateOf('1002')], ['on-call', 'ringing']);
    seat.pickUp();
    await h.quiet();
    assert.equal(h.stateOf('1002'), 'on-call');
    talks.leg.die(BYE);
    await h.quiet();
    assert.deepEqual(
      h.seats('1001').map(({ callId }) => callId),
      [waits[0]?.id],
      'the next in line is offered',
    );
  });

  it('what happens while nobody decides is told to the next: an answer, a hang-up, a refusal', async () => {
    const { h, names } = await hotline(3);
    const [leader, p, q] = names as [string, string, string];
    for (const id of ['1001', '1002']) await h.setState(q, id, 'ready');
    const [first, second, third, fourth] = [h.call(p), h.call(q), h.call(p), h.call(q)];
    await h.quiet();
    h.kill(leader);
    h.seat('1001').pickUp();
    h.seat('1002').die({ by: 'called', reason: 'busy', sipStatus: 486 });
    third?.leg.die(BYE);
    await h.pass(200);
    h.network.elect(q);
    await h.quiet();
    assert.equal(h.stateOf('1001'), 'on-call');
    assert.equal(h.stateOf('1002'), 'not-ready');
    assert.deepEqual(h.waiting(), [second?.id, fourth?.id]);
    assert.equal(third?.result?.outcome, 'abandoned');
    assert.equal(first?.result, undefined);
    await h.setState(p, '1002', 'ready');
    await h.quiet();
    assert.deepEqual(
      h.seats('1002').map(({ callId }) => callId),
      [second?.id],
    );
  });

  it('the process of calls is killed: its agents are free at once, whoever waits elsewhere comes next', async () => {
    const { h, names } = await hotline(3);
    const [leader, p, q] = names as [string, string, string];
    for (const id of ['1001', '1002']) await h.setState(q, id, 'ready');
    h.call(p);
    h.call(p);
    await h.quiet();
    h.seat('1001').pickUp();
    await h.quiet();
    const gone = h.call(p);
    const waits = h.call(q);
    await h.quiet();
    assert.deepEqual([h.stateOf('1001'), h.stateOf('1002')], ['on-call', 'ringing']);
    h.kill(p);
    await h.quiet();
    await h.quiet();
    assert.equal(
      h.waiting().some((id) => id.startsWith(gone.id)),
      false,
    );
    assert.equal([...h.seats('1001'), ...h.seats('1002')].filter(({ callId, node }) => callId === waits.id && node === q).length, 1);
    assert.equal([h.stateOf('1001'), h.stateOf('1002')].sort().join(), 'ready,ringing');
    const left = h.world(leader).events.filter((e) => e.type === 'call.left-queue' && e.callId === gone.id);
    assert.equal(left.length, 1, 'whoever decides tells what became of it');
  });

  it('the lease passes while its holder lives: its own calls go on as well', async () => {
    const { h, names } = await hotline(2);
    const [a, b] = names as [string, string];
    await h.setState(b, '1001', 'ready');
    const first = h.call(a);
    const second = h.call(a);
    await h.quiet();
    h.network.depose();
    await h.pass(200);
    h.seat('1001').pickUp();
    await h.pass(200);
    h.network.elect(b);
    await h.quiet();
    assert.equal(h.stateOf('1001'), 'on-call');
    assert.deepEqual(h.waiting(), [second.id]);
    h.network.elect(a);
    await h.quiet();
    first.leg.die(BYE);
    await h.quiet();
    assert.deepEqual(
      h.seats('1001').map(({ callId }) => callId),
      [second.id],
    );
  });

  it('commands of another process: doors, moves, answering, refusing, callbacks', async () => {
    const h = new Processes(
      ['1001'].map((id) => agentConfig(id)),
      [queueConfig('consult'), queueConfig('other', { requiredSkills: ['consult'] })],
    );
    const [a, b, c] = [await h.start(), await h.start(), await h.start()];
    h.network.elect(a);
    await h.quiet();
    const acd = h.world(b).service.acd;
    const done = async <T>(asked: Promise<T>): Promise<T> => {
      const box: { value?: T; error?: unknown; over?: boolean } = {};
      asked.then(
        (value) => Object.assign(box, { value, over: true }),
        (error: unknown) => Object.assign(box, { error, over: true }),
      );
      for (let n = 0; n < 500 && !box.over; n++) await h.pass(5);
      if (box.error) throw box.error;
      assert.ok(box.over);
      return box.value as T;
    };
    await h.setState(b, '1001', 'not-ready');
    const one = h.call(c);
    await h.quiet();
    await done(acd.moveCall(one.id, { queueId: 'other' }, 'super'));
    assert.deepEqual(
      h
        .world(b)
        .service.acd.queue('other')
        ?.waiting.map(({ callId }) => callId),
      [one.id],
      'who has moved it sees it',
    );
    assert.equal((await done(acd.setDoor('other', 'closed', 'super'))).open, false);
    await assert.rejects(done(acd.moveCall('nobody', { priority: 1 }, 'super')), /waits in no queue/);
    const callback = await done(
      h.world(c).service.callbacks.request({ queueId: 'other', number: '13900000000', callId: one.id, by: 'caller' }),
    );
    await h.quiet();
    one.leg.plays.at(-1)?.finish('finished');
    await h.quiet();
    assert.equal(one.result?.outcome, 'callback');
    assert.deepEqual(
      h
        .world(b)
        .service.callbacks.list()
        .map(({ id }) => id),
      [callback.id],
    );
    await done(h.world(b).service.callbacks.cancel(callback.id, 'super'));
    assert.deepEqual(h.world(b).service.callbacks.list(), []);
    await h.setState(b, '1001', 'ready');
    const two = h.call(c);
    await h.quiet();
    await done(acd.answer('1001', two.id));
    assert.equal(h.world(c).rung.at(-1)?.autoAnswer, true);
    await done(acd.reject('1001', two.id));
    await h.quiet();
    assert.deepEqual([h.stateOf('1001'), h.seats('1001').length], ['not-ready', 0]);
    await assert.rejects(done(acd.reject('1001', two.id)), /no seat/);
  });

  it('a process that goes down in order: its calls go on, the others are untouched', async () => {
    const { h, names } = await hotline(3);
    const [, p, q] = names as [string, string, string];
    await h.setState(q, '1001', 'not-ready');
    const [mine, other] = [h.call(p), h.call(q)];
    await h.quiet();
    let stopped = false;
    void h
      .world(p)
      .service.stop()
      .then(() => {
        stopped = true;
      });
    for (let n = 0; n < 1_000 && !stopped; n++) await h.pass(5);
    assert.ok(stopped);
    assert.deepEqual(mine.result, { outcome: 'failed', message: 'the hotline is stopping' });
    h.kill(p);
    await h.quiet();
    assert.deepEqual(h.waiting(), [other.id]);
  });

  it('whoever decides is killed while it calls somebody back: the callback has its place and is tried again', async () => {
    const callback = {
      offerAfterMs: 0,
      key: '1',
      prompt: 'p',
      order: 'agent-first',
      attempts: 3,
      retryEveryMs: 1_000,
      ringMs: 10_000,
    } as const;
    const { h, names } = await hotline(3, queueConfig('consult', { callback }));
    const [leader, p, q] = names as [string, string, string];
    await h.setState(q, '1001', 'not-ready');
    h.world(q).service.callbacks.request({ queueId: 'consult', number: '13911112222', by: 'super' }).catch(assert.fail);
    await h.quiet();
    await h.setState(q, '1001', 'ready');
    await h.quiet();
    assert.deepEqual(
      h.seats('1001').map(({ node }) => node),
      [leader],
      'rung where it is decided: there is no call yet',
    );
    h.seat('1001').pickUp();
    await h.quiet();
    assert.equal(h.world(leader).placed.length, 1);
    h.kill(leader);
    h.network.elect(p);
    await h.quiet();
    assert.deepEqual(
      h.seats('1001').map(({ node }) => node),
      [p],
      'the agent is free and asked again',
    );
    h.seat('1001').pickUp();
    await h.quiet();
    const { leg } = h.world(p).placed.at(-1)?.answer() ?? assert.fail('the number is called again');
    await h.quiet();
    assert.equal(h.stateOf('1001'), 'on-call');
    assert.deepEqual(h.world(q).service.callbacks.list(), []);
    h.network.elect(q);
    await h.quiet();
    assert.equal(h.stateOf('1001'), 'on-call', 'the call stays where it was dialled');
    leg.die(BYE);
    await h.quiet();
    assert.equal(h.stateOf('1001'), 'ready');
  });

  it('the lease passes while a number is called back: what rings stops, the next one calls', async () => {
    const callback = {
      offerAfterMs: 0,
      key: '1',
      prompt: 'p',
      order: 'agent-first',
      attempts: 3,
      retryEveryMs: 1_000,
      ringMs: 10_000,
    } as const;
    const { h, names } = await hotline(2, queueConfig('consult', { callback }));
    const [a, b] = names as [string, string];
    await h.setState(b, '1001', 'ready');
    h.world(b).service.callbacks.request({ queueId: 'consult', number: '13911112222', by: 'super' }).catch(assert.fail);
    await h.quiet();
    h.seat('1001').pickUp();
    await h.quiet();
    h.network.elect(b);
    await h.quiet();
    assert.notEqual(h.world(a).placed[0]?.cancelled, undefined);
    assert.deepEqual(
      h.seats('1001').map(({ node }) => node),
      [b],
    );
  });

  it('an agent asks a queue from one process, a colleague comes; every process shows both on the one call', async () => {
    const { h, names } = await hotline(3);
    const [, p, q] = names as [string, string, string];
    await h.setState(q, '1001', 'ready');
    const caller = h.call(p);
    await h.quiet();
    h.seat('1001').pickUp();
    await h.quiet();
    await h.setState(q, '1002', 'ready');
    const asked = h.world(p).control(caller.id).consult('1001', { kind: 'queue', queueId: 'consult' });
    asked.catch(assert.fail);
    await h.quiet();
    assert.deepEqual(
      h.seats('1002').map(({ node }) => node),
      [p],
    );
    h.seat('1002').pickUp();
    await h.quiet();
    for (const world of h.worlds.values()) assert.equal(world.service.acd.agent('1002')?.callId, caller.id);
    assert.equal(h.stateOf('1002'), 'on-call');
    h.kill(names[0] as string);
    h.network.elect(q);
    await h.quiet();
    assert.deepEqual([h.stateOf('1001'), h.stateOf('1002')], ['on-call', 'on-call']);
    caller.leg.die(BYE);
    await h.quiet();
    assert.deepEqual([h.stateOf('1001'), h.stateOf('1002')], ['ready', 'ready']);
  });

  it('a queue where somebody waits for a named agent, with levels: all of it is known to the next who decides', async () => {
    const { h, names } = await hotline(2);
    const [a, b] = names as [string, string];
    for (const id of ['1001', '1002']) await h.setState(a, id, 'not-ready');
    const { call } = h.world(b).call('named');
    h.world(b).service.queues.enqueue({ call, queueId: 'consult', agentId: '1002' });
    await h.quiet();
    h.network.elect(b);
    await h.quiet();
    await h.setState(a, '1001', 'ready');
    await h.quiet();
    assert.deepEqual(h.waiting(), ['named']);
    await h.setState(a, '1002', 'ready');
    await h.quiet();
    assert.deepEqual(h.waiting(), ['named>1002']);
  });
});
