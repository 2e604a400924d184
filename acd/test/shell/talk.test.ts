import assert from 'node:assert/strict';
import { DomainError } from '@yixian/contracts';
import { agentConfig, queueConfig } from '../support/core-driver.js';
import { settled, World } from '../support/world.js';

const recorded = queueConfig('consult', { record: true });
const byAgent = { by: 'called', reason: 'normal' } as const;
const byCaller = { by: 'caller', reason: 'normal' } as const;

async function world(queue = recorded): Promise<World> {
  const w = new World([agentConfig('1001'), agentConfig('1002')], [queue]);
  await w.service.start();
  await w.ready('1001');
  w.took();
  return w;
}

async function talking(w: World) {
  const caller = w.enqueue('c1');
  w.seat.leg.pickUp();
  await settled();
  return { ...caller, seat: w.seat };
}

function refused(code: string): (error: unknown) => boolean {
  return (error) => error instanceof DomainError && error.code === code;
}

describe('an agent of a queue and a caller', () => {
  it('rings the seat within the call to enqueue: nothing is awaited between the last key and the INVITE', async () => {
    const w = await world();
    w.enqueue('c1');
    assert.equal(w.seat.agentId, '1001');
    assert.ok(w.seat.timeoutMs >= recorded.ringTimeoutMs, 'the lease ends before the switch’s own limit');
  });

  it('bridges before anything else once the agent answers, then tells, records and hands over control', async () => {
    const w = await world();
    const { leg } = w.enqueue('c1');
    w.took();
    w.log.length = 0;
    w.seat.leg.pickUp();
    assert.deepEqual(w.log, ['bridge'], 'the bridge is asked for in the same turn as the answer, alone');
    assert.deepEqual(leg.heard, [], 'the music is off');
    await settled();
    assert.deepEqual(w.took(), ['offer.accepted', 'call.left-queue', 'agent.state-changed', 'call.connected']);
    assert.deepEqual(
      w.recordings.map((r) => [r.callId, r.left, r.right]),
      [['c1', leg, w.seat.leg]],
    );
    assert.deepEqual(w.control('c1').agents(), ['1001']);
    assert.equal(w.stateOf('1001'), 'on-call');
  });

  it('the caller keeps the place until the bridge stands', async () => {
    const w = await world();
    let stands: () => void = () => {};
    w.bridgeWith = (a, b) =>
      new Promise((resolve) => {
        stands = () => resolve(w.newBridge(a, b));
      });
    w.enqueue('c1');
    w.seat.leg.pickUp();
    await settled();
    assert.equal(w.service.acd.queue('consult')?.waiting.length, 1);
    assert.equal(w.stateOf('1001'), 'ringing');
    stands();
    await settled();
    assert.equal(w.service.acd.queue('consult')?.waiting.length, 0);
    assert.equal(w.stateOf('1001'), 'on-call');
  });

  it('the agent hangs up: the caller stays up for the survey', async () => {
    const w = await world();
    const { leg, result, seat } = await talking(w);
    w.took();
    seat.leg.die(byAgent);
    assert.deepEqual(await result, { outcome: 'served', agentId: '1001', callerStillUp: true });
    assert.equal(leg.state, 'answered');
    assert.equal(leg.listeners, 0, 'nobody listens to the leg any more');
    assert.deepEqual(w.took(), ['call.disconnected', 'agent.state-changed']);
    assert.equal(w.controls.size, 0);
    await settled();
    assert.deepEqual(
      w.recordings.map((r) => r.stopped),
      [true],
    );
    assert.equal(w.stateOf('1001'), 'ready');
    assert.equal(w.timers, 0);
  });

  it('the caller hangs up: the agent’s leg is ended with the caller’s reason', async () => {
    const w = await world();
    const { leg, result, seat } = await talking(w);
    leg.die(byCaller);
    assert.deepEqual(await result, { outcome: 'served', agentId: '1001', callerStillUp: false });
    assert.deepEqual(seat.leg.termination, byCaller);
    assert.equal(w.stateOf('1001'), 'ready');
    assert.equal(w.timers, 0);
  });

  it('the agent’s desk hangs up: the same as the phone', async () => {
    const w = await world();
    const { result, seat } = await talking(w);
    await w.control('c1').hangUp('1001');
    assert.deepEqual(seat.leg.termination, { by: 'agent', reason: 'normal' });
    assert.deepEqual(await result, { outcome: 'served', agentId: '1001', callerStillUp: true });
  });

  it('only the agent on the call controls it', async () => {
    const w = await world();
    await talking(w);
    const control = w.control('c1');
    for (const attempt of [control.hangUp('1002'), control.hold('1002'), control.resume('1002'), control.sendDigits('1002', '1')]) {
      await assert.rejects(attempt, refused('forbidden'));
    }
    assert.equal(w.stateOf('1001'), 'on-call');
  });

  it('hold: no bridge, music to the caller; resume: bridge again', async () => {
    const w = await world();
    const { leg } = await talking(w);
    w.took();
    const control = w.control('c1');
    await control.hold('1001');
    assert.equal(w.bridges[0]?.standing, false);
    assert.deepEqual(leg.heard, ['queue-music']);
    await assert.rejects(control.hold('1001'), refused('conflict'));
    await control.resume('1001');
    assert.equal(w.bridges[1]?.standing, true);
    assert.deepEqual(leg.heard, []);
    await assert.rejects(control.resume('1001'), refused('conflict'));
    assert.deepEqual(w.took(), ['call.held', 'call.resumed']);
    assert.equal(w.stateOf('1001'), 'on-call');
  });

  it('hold and resume asked for at once are done one after the other', async () => {
    const w = await world();
    const { leg } = await talking(w);
    const control = w.control('c1');
    await Promise.all([control.hold('1001'), control.resume('1001'), control.hold('1001')]);
    assert.ok(w.bridges.every((b) => !b.standing));
    assert.deepEqual(leg.heard, ['queue-music']);
  });

  it('hold by the agent’s phone: music to the caller over the standing bridge (RFC 3264 §8.4)', async () => {
    const w = await world();
    const { leg, seat } = await talking(w);
    w.took();
    seat.leg.emit({ type: 'remote-held' });
    await settled();
    assert.deepEqual(leg.heard, ['queue-music']);
    assert.equal(w.bridges[0]?.standing, true);
    seat.leg.emit({ type: 'remote-resumed' });
    await settled();
    assert.deepEqual(leg.heard, []);
    assert.deepEqual(w.took(), ['call.held', 'call.resumed']);
  });

  it('a switch that cannot join two living legs gives the caller back, and says why', async () => {
    const w = await world();
    const { leg, result, seat } = await talking(w);
    const control = w.control('c1');
    await control.hold('1001');
    w.bridgeWith = async () => {
      throw new Error('no ports');
    };
    await assert.rejects(control.resume('1001'), refused('unavailable'));
    assert.equal(seat.leg.termination?.reason, 'media-failure');
    assert.deepEqual(await result, { outcome: 'served', agentId: '1001', callerStillUp: true });
    assert.deepEqual(leg.heard, []);
  });

  it('who hung up is told truly when the network did', async () => {
    const w = await world();
    const { seat } = await talking(w);
    seat.leg.die({ by: 'network', reason: 'media-timeout' });
    const gone = w.events.find((e) => e.type === 'call.disconnected');
    assert.deepEqual(gone?.data, { by: 'system', termination: { by: 'network', reason: 'media-timeout' } });
  });

  it('the caller hangs up on hold: the agent’s leg is ended, the music is off', async () => {
    const w = await world();
    const { leg, result, seat } = await talking(w);
    await w.control('c1').hold('1001');
    leg.die(byCaller);
    assert.equal((await result).outcome, 'served');
    assert.equal(seat.leg.state, 'ended');
    assert.deepEqual(leg.heard, []);
  });

  it('digits go to the caller’s side; what is no digit is refused by name', async () => {
    const w = await world();
    const { leg } = await talking(w);
    await w.control('c1').sendDigits('1001', '12#');
    assert.deepEqual(leg.digits, ['12#']);
    await assert.rejects(w.control('c1').sendDigits('1001', '1;drop'), /digits/);
  });

  it('a bridge lost under two living legs is made again; one that cannot be gives the caller back', async () => {
    const w = await world();
    const { result, seat } = await talking(w);
    w.bridges[0]?.lose();
    await settled();
    assert.equal(w.bridges[1]?.standing, true);
    w.bridgeWith = async () => {
      throw new Error('media worker gone');
    };
    w.bridges[1]?.lose();
    await settled();
    assert.equal(seat.leg.termination?.reason, 'media-failure');
    assert.deepEqual(await result, { outcome: 'served', agentId: '1001', callerStillUp: true });
  });

  it('a recorder that breaks its promise costs the recording, not the call', async () => {
    const w = await world();
    Object.defineProperty(w.recordings, 'push', {
      value: () => {
        throw new Error('disk full');
      },
    });
    const { result, seat } = await talking(w);
    assert.equal(w.stateOf('1001'), 'on-call');
    seat.leg.die(byAgent);
    assert.equal((await result).outcome, 'served');
  });

  it('tells the media figures of the agent’s leg when it is over', async () => {
    const w = await world();
    const { seat } = await talking(w);
    seat.leg.die(byAgent);
    await settled();
    const told = w.events.filter((e) => e.type === 'leg.ended');
    assert.deepEqual(
      told.map((e) => [e.callId, e.agentId, e.data.party, e.data.termination, e.data.stats?.codec]),
      [['c1', '1001', 'agent', byAgent, 'PCMA']],
    );
  });
});

describe('offers at the wire', () => {
  it('the caller hangs up while the seat rings: CANCEL with withdrawn', async () => {
    const w = await world();
    const { leg, result } = w.enqueue('c1');
    leg.die(byCaller);
    assert.deepEqual(await result, { outcome: 'abandoned' });
    assert.equal(w.seat.leg.termination?.reason, 'withdrawn');
    assert.equal(w.stateOf('1001'), 'ready');
    assert.equal(w.timers, 0);
  });

  it('CANCEL crosses 200: nothing is bridged and the agent stays free', async () => {
    const w = await world();
    const { leg } = w.enqueue('c1');
    w.seat.leg.hangUp = () => {};
    leg.die(byCaller);
    w.seat.leg.pickUp();
    await settled();
    assert.equal(w.bridges.length, 0);
    assert.equal(w.stateOf('1001'), 'ready');
  });

  it('a bridge that stands after the caller left is undone', async () => {
    const w = await world();
    let stands: () => void = () => {};
    w.bridgeWith = (a, b) =>
      new Promise((resolve) => {
        stands = () => resolve(w.newBridge(a, b));
      });
    const { leg, result } = w.enqueue('c1');
    w.seat.leg.pickUp();
    leg.die(byCaller);
    stands();
    await settled();
    assert.deepEqual(await result, { outcome: 'abandoned' });
    assert.equal(w.bridges[0]?.standing, false);
    assert.equal(w.controls.size, 0);
    assert.equal(w.recordings.length, 0);
  });

  it('ring timeout: the seat is cancelled and the next agent rung in the same turn', async () => {
    const w = await world();
    await w.ready('1002');
    w.enqueue('c1');
    const first = w.seat;
    w.clock.advance(recorded.ringTimeoutMs);
    assert.equal(first.leg.termination?.reason, 'no-answer');
    assert.equal(w.seat.agentId, '1002');
    assert.deepEqual([w.service.acd.agent('1001')?.state, w.service.acd.agent('1001')?.reason], ['not-ready', 'no-answer']);
  });

  it('unreachable seats are passed in the same turn, however many', async () => {
    const agents = Array.from({ length: 50 }, (_, n) => agentConfig(`2${String(n).padStart(3, '0')}`));
    const w = new World(agents, [recorded]);
    await w.service.start();
    await w.ready(...agents.map((a) => a.id));
    w.registered.clear();
    w.registered.add('2049');
    w.enqueue('c1');
    assert.equal(w.rung.length, 50);
    assert.equal(w.seat.agentId, '2049');
    assert.equal(w.service.acd.agents().filter((a) => a.reason === 'not-registered').length, 49);
  });

  it('the agent’s leg fails before the bridge stands: back to the queue, music again, the next agent rung', async () => {
    const w = await world();
    w.bridgeWith = () => new Promise(() => {});
    const { leg } = w.enqueue('c1');
    await w.ready('1002');
    w.seat.leg.pickUp();
    assert.deepEqual(leg.heard, []);
    w.seat.leg.die({ by: 'agent', reason: 'normal' });
    assert.deepEqual(leg.heard, ['queue-music']);
    assert.equal(w.seat.agentId, '1002');
  });

  it('a bridge that fails: back to the queue, the next agent rung', async () => {
    const w = await world();
    const works = w.bridgeWith;
    w.bridgeWith = async () => {
      w.bridgeWith = works;
      throw new Error('no ports');
    };
    const { result } = w.enqueue('c1');
    await w.ready('1002');
    w.seat.leg.pickUp();
    await settled();
    assert.equal(w.stateOf('1001'), 'ready');
    assert.equal(w.seat.agentId, '1002');
    w.seat.leg.pickUp();
    await settled();
    w.seat.leg.die(byAgent);
    assert.deepEqual(await result, { outcome: 'served', agentId: '1002', callerStillUp: true });
  });

  it('a freed agent’s next seat rings within the hang-up: nothing is awaited in between', async () => {
    const w = await world();
    const { leg } = await talking(w);
    w.enqueue('c2');
    leg.die(byCaller);
    assert.equal(w.seat.callId, 'c2');
  });

  it('a seat dialler that throws is a failed offer, not a failed call', async () => {
    const w = await world();
    const push = w.rung.push.bind(w.rung);
    w.rung.push = () => {
      w.rung.push = push;
      throw new Error('extension disabled');
    };
    await w.ready('1002');
    w.enqueue('c1');
    assert.equal(w.service.acd.agent('1001')?.reason, 'not-registered');
    assert.equal(w.seat.agentId, '1002');
    assert.equal(w.service.metrics().acd_effect_failures_total, 1);
  });
});
