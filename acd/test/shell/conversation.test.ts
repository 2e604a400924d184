import assert from 'node:assert/strict';
import { queueConfig } from '../support/core-driver.js';
import { FakeLeg } from '../support/fakes.js';
import { byAgent, byCaller, heard, idleTimers, refer, refused, talking, WRAP_UP_MS, world } from '../support/talking.js';
import { settled } from '../support/world.js';

describe('call control of a caller of a queue', () => {
  it('blind transfer: wrap-up at once for who transferred, the other is on a call while it rings; the result waits for the end', async () => {
    const w = await world();
    const { leg, result, agentLeg, control } = await talking(w);
    await control.transfer('1001', { kind: 'agent', agentId: '1002' });
    assert.equal(agentLeg.termination?.reason, 'transferred');
    assert.deepEqual([w.stateOf('1001'), w.stateOf('1002')], ['wrap-up', 'on-call']);
    assert.deepEqual(leg.heard, ['queue-music']);
    w.seat.leg.pickUp();
    await settled();
    assert.deepEqual([leg.heard, heard(w)], [[], ['caller-c1 = seat-1002']]);
    let over = false;
    void result.then(() => {
      over = true;
    });
    await settled();
    assert.equal(over, false);
    w.seat.leg.die(byAgent);
    assert.deepEqual(await result, { outcome: 'served', agentId: '1002', callerStillUp: true });
    assert.equal(w.stateOf('1002'), 'ready', 'no wrap-up: the queue grants it to its own agent');
    assert.equal(w.controls.size, 0);
    w.clock.advance(WRAP_UP_MS);
    assert.equal(w.stateOf('1001'), 'ready');
    assert.equal(w.clock.pendingTimers, idleTimers);
  });

  it('who is busy, signed out or cannot be reached is refused before anything changes', async () => {
    const w = await world();
    const { agentLeg, control } = await talking(w);
    w.service.acd.occupy('1002', 'other');
    await assert.rejects(control.transfer('1001', { kind: 'agent', agentId: '1002' }), refused('conflict', /is on a call/));
    await w.service.acd.setState('1003', 'offline', null, '1003');
    await assert.rejects(control.consult('1001', { kind: 'agent', agentId: '1003' }), refused('conflict', /not signed in/));
    await assert.rejects(control.transfer('1001', { kind: 'agent', agentId: '7777' }), refused('bad-request', /agent/));
    w.unreachable.add('0100');
    await assert.rejects(control.transfer('1001', { kind: 'number', number: '0100' }), refused('conflict', /busy/));
    await assert.rejects(control.transfer('1002', { kind: 'number', number: '0100' }), refused('forbidden'));
    assert.deepEqual([agentLeg.state, heard(w)], ['answered', ['caller-c1 = seat-1001']]);
  });

  it('to a queue: the caller waits there; its agent’s end is the end of the first journey', async () => {
    const w = await world();
    const { leg, result, control } = await talking(w);
    await control.transfer('1001', { kind: 'queue', queueId: 'complaint' });
    await settled();
    assert.equal(w.seat.agentId, '1002');
    w.seat.leg.pickUp();
    await settled();
    assert.deepEqual(heard(w), ['caller-c1 = seat-1002']);
    assert.deepEqual(w.control('c1').agents(), ['1002']);
    w.seat.leg.die(byAgent);
    assert.deepEqual(await result, { outcome: 'served', agentId: '1002', callerStillUp: true });
    assert.equal(leg.listeners, 0);
    assert.equal(w.controls.size, 0);
  });

  it('to a queue where nobody is: back to who transferred', async () => {
    const w = await world();
    const { control } = await talking(w);
    for (const id of ['1002', '1003']) await w.service.acd.setState(id, 'offline', null, id);
    await w.service.acd.setState('1001', 'not-ready', 'lunch', '1001');
    w.queues.push(queueConfig('nobody', { requiredSkills: ['none'] }));
    w.changeDirectory();
    await control.transfer('1001', { kind: 'queue', queueId: 'nobody' });
    await settled();
    assert.ok(w.took().includes('call.transfer-failed'));
    assert.equal(w.seat.agentId, '1001', 'rung again');
  });

  it('to a flow: it runs on the caller, and its end is the caller’s: the flow of before does not go on', async () => {
    const w = await world();
    w.flows.add('info');
    const { leg, result, control } = await talking(w);
    await control.transfer('1001', { kind: 'flow', flowId: 'info' });
    await settled();
    assert.deepEqual([w.runs[0]?.flowId, w.runs[0]?.call.id], ['info', 'c1']);
    w.runs[0]?.finish({ by: 'system', reason: 'flow-ended' });
    assert.deepEqual(await result, { outcome: 'served', agentId: '1001', callerStillUp: false });
    assert.deepEqual(leg.termination, { by: 'system', reason: 'flow-ended' });
  });

  it('consultation, conference, leaving: a bridge for two, a conference for three, kept to the end', async () => {
    const w = await world();
    const { leg, control } = await talking(w);
    const asked = control.consult('1001', { kind: 'agent', agentId: '1002' });
    const other = w.seat.leg;
    await settled();
    assert.deepEqual(leg.heard, ['queue-music']);
    other.pickUp();
    await asked;
    await settled();
    assert.deepEqual(heard(w), ['seat-1001 = seat-1002']);
    const asking = () => control.parties().flatMap(({ party, asks }) => (asks ? [[party, asks.party, asks.front]] : []));
    assert.deepEqual(asking(), [['1001', '1002', 'target']]);
    await control.swap('1001');
    assert.deepEqual(asking(), [['1001', '1002', 'caller']]);
    await control.conference('1001');
    assert.deepEqual(asking(), []);
    assert.deepEqual(heard(w), [
      'caller-c1 hears seat-1001 seat-1002',
      'seat-1001 hears caller-c1 seat-1002',
      'seat-1002 hears caller-c1 seat-1001',
    ]);
    assert.deepEqual(leg.heard, []);
    await control.hangUp('1001');
    assert.deepEqual(heard(w), ['caller-c1 hears seat-1002', 'seat-1002 hears caller-c1']);
    assert.equal(w.stateOf('1001'), 'wrap-up');
    assert.equal(w.stateOf('1002'), 'on-call');
    leg.die(byCaller);
    await settled();
    assert.equal(other.state, 'ended');
    assert.equal(w.conferences[0]?.closed, true);
  });

  it('a consultation that nobody answers rejects with the reason, and the caller is back', async () => {
    const w = await world();
    const { control } = await talking(w);
    const asked = control.consult('1001', { kind: 'agent', agentId: '1002' });
    w.seat.leg.die({ by: 'called', reason: 'busy' });
    await assert.rejects(asked, refused('conflict', /busy/));
    await settled();
    assert.deepEqual(heard(w), ['caller-c1 = seat-1001']);
    assert.equal(w.stateOf('1002'), 'ready');
  });

  it('a ring that is never answered has a deadline of ours', async () => {
    const w = await world();
    const { control } = await talking(w);
    void control.consult('1001', { kind: 'extension', extension: '6001' }).catch(() => undefined);
    await settled();
    const rung = w.seat.leg;
    w.clock.advance(40_000);
    await settled();
    assert.deepEqual([rung.termination?.reason, heard(w)], ['no-answer', ['caller-c1 = seat-1001']]);
  });

  it('the recording follows: whoever talks with the caller stands right, one file for all', async () => {
    const w = await world();
    const { control } = await talking(w);
    await control.transfer('1001', { kind: 'agent', agentId: '1002' });
    w.seat.leg.pickUp();
    await settled();
    const [recording] = w.recordings;
    assert.equal(w.recordings.length, 1);
    assert.deepEqual(
      recording?.channels.map((c) => c.replace(/-\d+$/, '')),
      ['right:', 'right:seat-1002'],
    );
    assert.deepEqual(recording?.agents, ['1001', '1002']);
    await w.control('c1').pauseRecording('1002');
    assert.equal(recording?.paused, true);
    await assert.rejects(w.control('c1').pauseRecording('1002'), refused('conflict', /paused already/));
    await assert.rejects(w.control('c1').startRecording('1002'), refused('conflict', /recorded already/));
  });

  it('the caller gives up while a transfer rings: the ring ends and is no missed call, the recording is closed, the result told once', async () => {
    const w = await world();
    const { leg, result, control } = await talking(w);
    await control.transfer('1001', { kind: 'agent', agentId: '1002' });
    const rung = w.seat.leg;
    assert.equal(w.stateOf('1002'), 'on-call');
    leg.die(byCaller);
    assert.equal((await result).outcome, 'served');
    await settled();
    assert.equal(rung.state, 'ended');
    assert.notEqual(rung.termination?.reason, 'no-answer');
    assert.deepEqual([w.stateOf('1001'), w.stateOf('1002')], ['wrap-up', 'ready']);
    assert.deepEqual(
      w.recordings.map((r) => r.stopped),
      [true],
    );
    assert.deepEqual([heard(w), w.controls.size], [[], 0]);
    w.clock.advance(WRAP_UP_MS);
    assert.equal(w.clock.pendingTimers, idleTimers);
  });

  it('a transfer to a number is given up by both ends at once: one result, nothing rings on', async () => {
    const w = await world();
    const { leg, result, control } = await talking(w);
    await control.transfer('1001', { kind: 'number', number: '0200' });
    const rung = w.seat.leg;
    rung.die({ by: 'called', reason: 'busy' });
    leg.die(byCaller);
    assert.equal((await result).outcome, 'served');
    await settled();
    assert.deepEqual([rung.state, heard(w), w.controls.size], ['ended', [], 0]);
    w.clock.advance(60_000);
    await settled();
    assert.equal(w.rung.filter(({ leg: one }) => one.state !== 'ended').length, 0, 'nobody is rung for a caller who is gone');
    assert.equal(w.clock.pendingTimers, idleTimers);
  });

  it('a consultation is cancelled while it rings and all is recorded: one recording goes on, and the one asked was never in it', async () => {
    const w = await world();
    const { leg, result, control } = await talking(w);
    const asked = control.consult('1001', { kind: 'agent', agentId: '1002' });
    const rung = w.seat.leg;
    await settled();
    await control.cancel('1001');
    await assert.rejects(asked);
    await settled();
    assert.equal(rung.state, 'ended');
    assert.deepEqual([heard(w), w.stateOf('1002')], [['caller-c1 = seat-1001'], 'ready']);
    assert.equal(w.recordings.length, 1);
    assert.deepEqual(w.recordings[0]?.agents, ['1001']);
    assert.equal(w.recordings[0]?.stopped, false);
    leg.die(byCaller);
    await result;
    await settled();
    assert.equal(w.recordings[0]?.stopped, true);
  });

  it('sent on to a queue the recording is whole, and the next agent has one of his own; who comes back has another', async () => {
    const w = await world();
    const { control } = await talking(w);
    await control.pauseRecording('1001');
    await control.transfer('1001', { kind: 'queue', queueId: 'complaint' });
    await settled();
    assert.deepEqual(
      w.recordings.map((r) => [r.agents, r.stopped]),
      [[['1001'], true]],
    );
    assert.deepEqual(w.recordings[0]?.channels, [], 'it ends with the talk, not in silence');
    w.seat.leg.pickUp();
    await settled();
    assert.deepEqual(
      w.recordings.map((r) => [r.agents, r.stopped, r.paused]),
      [
        [['1001'], true, true],
        [['1002'], false, false],
      ],
    );
  });

  it('sent on to where nobody is, the caller comes back and is recorded anew', async () => {
    const w = await world();
    const { control } = await talking(w);
    for (const id of ['1002', '1003']) await w.service.acd.setState(id, 'offline', null, id);
    await w.service.acd.setState('1001', 'not-ready', 'lunch', '1001');
    w.queues.push(queueConfig('nobody', { requiredSkills: ['none'] }));
    w.changeDirectory();
    await control.transfer('1001', { kind: 'queue', queueId: 'nobody' });
    await settled();
    w.seat.leg.pickUp();
    await settled();
    assert.deepEqual(
      w.recordings.map((r) => [r.agents, r.stopped]),
      [
        [['1001'], true],
        [['1001'], false],
      ],
    );
  });

  it('on demand: nothing is recorded until the agent asks', async () => {
    const w = await world();
    w.recordsOnDemand = true;
    const { control } = await talking(w);
    await assert.rejects(control.pauseRecording('1001'), refused('conflict', /not recorded/));
    await control.startRecording('1001');
    assert.equal(w.recordings.length, 1);
  });

  it('mute is the leg’s; a party that joins later is not touched', async () => {
    const w = await world();
    const { agentLeg, control } = await talking(w);
    await control.mute('1001');
    assert.equal(agentLeg.muted, true);
    assert.deepEqual(
      control.parties().map((p) => [p.party, p.role, p.state, p.muted]),
      [
        ['13800138000', 'caller', 'talking', false],
        ['1001', 'agent', 'talking', true],
      ],
    );
    await control.unmute('1001');
    assert.equal(agentLeg.muted, false);
  });

  it('a conference that the switch cannot make gives the caller back', async () => {
    const w = await world();
    const { result, agentLeg, control } = await talking(w);
    void control.supervise('1100', 'listen').catch(() => undefined);
    await settled();
    const supervisor = w.seat.leg;
    Object.defineProperty(w.conferences, 'push', {
      value(conference: { failure: Error }) {
        conference.failure = new Error('no mixer');
        return Array.prototype.push.call(w.conferences, conference);
      },
    });
    supervisor.pickUp();
    await settled();
    assert.deepEqual([agentLeg.termination?.reason, supervisor.state], ['media-failure', 'ended']);
    assert.deepEqual(await result, { outcome: 'served', agentId: '1001', callerStillUp: true });
  });

  it('a leg that dies while the conference is being set is no failure of the switch', async () => {
    const w = await world();
    const { leg, result, control } = await talking(w);
    void control.supervise('1100', 'listen').catch(() => undefined);
    await settled();
    const supervisor = w.seat.leg;
    supervisor.pickUp();
    supervisor.die(byAgent);
    await settled();
    assert.equal(leg.state, 'answered');
    assert.equal(w.stateOf('1001'), 'on-call');
    leg.die(byCaller);
    assert.deepEqual(await result, { outcome: 'served', agentId: '1001', callerStillUp: false });
  });

  it('the hotline stops: everybody goes, nothing is left', async () => {
    const w = await world();
    const { agentLeg, result, control } = await talking(w);
    void control.consult('1001', { kind: 'agent', agentId: '1002' }).catch(() => undefined);
    await settled();
    const rung = w.seat.leg;
    await w.service.stop();
    assert.deepEqual([agentLeg.state, rung.state, (await result).outcome], ['ended', 'ended', 'served']);
    assert.deepEqual([w.controls.size, w.clock.pendingTimers], [0, 0]);
  });
});

describe('parking', () => {
  it('the agent is free, the caller hears music; who fetches talks; the slot is empty then', async () => {
    const w = await world();
    const { leg, result, control } = await talking(w);
    const { slot } = await control.park('1001');
    assert.deepEqual([slot, w.stateOf('1001'), leg.heard], ['701', 'wrap-up', ['queue-music']]);
    const phone = new FakeLeg('fetcher', 'inbound');
    const talk = w.service.conversations.retrieve(slot, { leg: phone, party: '1003', extension: '1003', role: 'agent' });
    assert.ok(talk);
    await settled();
    assert.deepEqual(heard(w), ['caller-c1 = fetcher']);
    assert.equal(w.service.acd.agent('1003')?.callId, 'c1', 'on the call of the caller');
    assert.equal(w.service.conversations.retrieve(slot, { leg: phone, party: '1002', role: 'agent' }), undefined);
    leg.die(byCaller);
    assert.equal((await talk).termination.reason, 'normal');
    await settled();
    assert.equal(w.service.acd.agent('1003')?.callId ?? null, null);
    assert.equal(phone.state, 'ended');
    assert.deepEqual(await result, { outcome: 'served', agentId: '1003', callerStillUp: false });
    assert.equal(w.clock.pendingTimers, idleTimers + 1, 'the wrap-up alone');
  });

  it('nobody comes: who parked is rung again', async () => {
    const w = await world();
    const { control } = await talking(w);
    await control.park('1001');
    w.clock.advance(120_000);
    await settled();
    assert.equal(w.seat.agentId, '1001');
    w.seat.leg.pickUp();
    await settled();
    assert.deepEqual(heard(w), ['caller-c1 = seat-1001']);
  });

  it('by a flow: fetched, timed out, abandoned', async () => {
    const w = await world();
    const { call, leg } = w.call('f1');
    const late = w.service.conversations.park(call, { timeoutMs: 1_000 });
    w.clock.advance(1_000);
    assert.deepEqual(await late.result, { outcome: 'timeout' });
    assert.equal(leg.state, 'answered');
    const gone = w.service.conversations.park(call, { timeoutMs: 1_000, slot: '7' });
    assert.equal(gone.slot, '7');
    leg.die(byCaller);
    assert.deepEqual(await gone.result, { outcome: 'abandoned' });
    assert.equal(w.clock.pendingTimers, idleTimers);
  });
});

describe('transfer by the phone (REFER)', () => {
  it('blind: accepted, the phone rings, done; who transferred is told before the leg goes', async () => {
    const w = await world();
    const { agentLeg } = await talking(w);
    const { refer: asked, said } = refer('6001');
    agentLeg.emit({ type: 'refer', refer: asked });
    await settled();
    assert.deepEqual([said, agentLeg.state], [['accept'], 'answered']);
    w.seat.leg.pickUp();
    await settled();
    assert.deepEqual(said, ['accept', 'done 200']);
    assert.deepEqual([agentLeg.termination?.reason, heard(w)], ['transferred', [`caller-c1 = ${w.seat.leg.id.replace(/-\d+$/, '')}`]]);
  });

  it('to nobody: refused, or told how it failed and the caller is back', async () => {
    const w = await world();
    const { agentLeg } = await talking(w);
    const wrong = refer('abc');
    agentLeg.emit({ type: 'refer', refer: wrong.refer });
    await settled();
    assert.deepEqual(wrong.said, ['refuse unknown-number']);
    const right = refer('6001');
    agentLeg.emit({ type: 'refer', refer: right.refer });
    await settled();
    w.seat.leg.die({ by: 'called', reason: 'busy' });
    await settled();
    assert.deepEqual([right.said, heard(w)], [['accept', 'done 486'], ['caller-c1 = seat-1001']]);
  });

  it('by the caller from outside: refused', async () => {
    const w = await world();
    const { leg } = await talking(w);
    const { refer: asked, said } = refer('6001');
    leg.emit({ type: 'refer', refer: asked });
    await settled();
    assert.deepEqual(said, ['refuse forbidden']);
  });

  it('attended: the two calls of the phone become one, and the second call lasts as long as its party', async () => {
    const w = await world();
    const { leg, agentLeg, result } = await talking(w);
    const own = new FakeLeg('own-1001', 'inbound');
    const asked = new FakeLeg('asked-6001', 'outbound');
    asked.state = 'answered';
    const second = { ...w.call('c2').call, direction: 'internal' as const, caller: '1001', leg: own };
    const end = w.service.conversations.begin({
      call: second,
      caller: { leg: own, party: '1001', extension: '1001', role: 'caller' },
      other: { leg: asked, party: '6001', extension: '6001', role: 'called' },
    });
    await settled();
    const { refer: joining, said } = refer('6001', own);
    agentLeg.emit({ type: 'refer', refer: joining });
    await settled();
    assert.deepEqual(said, ['accept', 'done 200']);
    assert.deepEqual([agentLeg.termination?.reason, own.termination?.reason], ['transferred', 'transferred']);
    assert.deepEqual(heard(w), ['asked = caller-c1']);
    leg.die(byCaller);
    await settled();
    assert.equal(asked.state, 'ended');
    assert.equal((await result).outcome, 'served');
    assert.equal((await end).callerStillUp, false);
  });
});

describe('supervision', () => {
  it('listening: the supervisor’s own phone rings; the two go on as before; the end of the call ends it', async () => {
    const w = await world();
    const { leg, control } = await talking(w);
    await control.supervise('1100', 'listen');
    assert.equal(w.seat.agentId, '1100');
    assert.deepEqual(heard(w), ['caller-c1 = seat-1001'], 'nothing is touched while it rings');
    const supervisor = w.seat.leg;
    supervisor.pickUp();
    await settled();
    assert.deepEqual(heard(w), ['caller-c1 hears seat-1001', 'seat-1001 hears caller-c1', 'seat-1100 hears caller-c1 seat-1001']);
    assert.equal(w.recordings[0]?.channels.length, 0);
    leg.die(byCaller);
    await settled();
    assert.equal(supervisor.state, 'ended');
    assert.ok(w.took().includes('call.supervision-ended'));
  });

  it('takeover: wrap-up for the agent, the supervisor is who served', async () => {
    const w = await world();
    const { result, agentLeg, control } = await talking(w);
    await control.supervise('1100', 'takeover');
    w.seat.leg.pickUp();
    await settled();
    assert.deepEqual([agentLeg.termination?.by, w.stateOf('1001')], ['supervisor', 'wrap-up']);
    assert.deepEqual(heard(w), ['caller-c1 = seat-1100']);
    w.seat.leg.die(byAgent);
    assert.deepEqual(await result, { outcome: 'served', agentId: '1100', callerStillUp: true });
  });

  it('release: the caller’s leg goes with all others', async () => {
    const w = await world();
    const { leg, result, control } = await talking(w);
    await control.supervise('1100', 'release');
    assert.deepEqual([leg.termination?.by, leg.termination?.reason], ['supervisor', 'forced-release']);
    assert.deepEqual(await result, { outcome: 'served', agentId: '1001', callerStillUp: false });
  });
});
