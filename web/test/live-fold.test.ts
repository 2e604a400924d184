import assert from 'node:assert/strict';
import type { AgentView, EventView, QueueView } from '@yixian/contracts/browser';
import { describe, it } from 'mocha';
import { foldEvent, fromSnapshot, type LivePicture, NOTHING_LIVE } from '../src/app/live-fold.js';

const AT = '2026-03-01T04:00:00.000Z';

const agent = (extension: string, state: AgentView['state'] = 'ready'): AgentView => ({
  extension,
  name: extension,
  state,
  since: AT,
  reason: null,
  seat: { kind: 'sip' },
  reachable: true,
  callId: null,
  skills: ['consult'],
  skillLevels: {},
  groups: [],
  next: null,
  wrapUpUntil: null,
});

const queue = {
  id: 'consult',
  name: '咨询',
  waiting: [],
  waitingCount: 0,
  longestWaitSeconds: 0,
  estimatedWaitSeconds: null,
  ready: 1,
  serving: 0,
  signedIn: 1,
} as unknown as QueueView;

let seq = 10;
function event(type: EventView['type'], data: Record<string, unknown>, ids: Partial<EventView> = {}, atMs = 0): EventView {
  seq += 1;
  return { id: `e${seq}`, seq, type, at: new Date(Date.parse(AT) + atMs).toISOString(), data, ...ids };
}

function start(): LivePicture {
  return fromSnapshot({ seq: 10, at: AT, gap: false, agents: [agent('1001')], queues: [queue], calls: [], watched: [] }, NOTHING_LIVE);
}

function arrived(picture: LivePicture, callId: string, priority = 0, atMs = 0): LivePicture {
  const came = foldEvent(
    picture,
    event('call.arrived', { direction: 'inbound', caller: `138${callId}`, called: '12320' }, { callId }, atMs),
  );
  return foldEvent(came, event('call.queued', { position: 1, priority }, { callId, queueId: 'consult' }, atMs));
}

describe('the live picture', () => {
  it('who listens is known from the snapshot on, changes the mode, and is gone with the call', () => {
    const one = { callId: 'a', by: '1100', mode: 'listen', agent: '1001', since: AT } as const;
    let picture = fromSnapshot({ seq: 10, at: AT, gap: false, agents: [], queues: [], calls: [], watched: [one] }, NOTHING_LIVE);
    assert.deepEqual(picture.watched.get('a'), [{ by: '1100', mode: 'listen', agent: '1001', since: AT }]);
    picture = foldEvent(picture, event('call.supervised', { by: '1100', mode: 'barge' }, { callId: 'a', agentId: '1001' }));
    assert.equal(picture.watched.get('a')?.[0]?.mode, 'barge');
    picture = foldEvent(picture, event('call.supervision-ended', { by: '1100' }, { callId: 'a', agentId: '1001' }));
    assert.equal(picture.watched.size, 0);
  });

  it('a caller waits, is offered, talks, and is gone', () => {
    let picture = arrived(start(), 'a');
    assert.equal(picture.queues.get('consult')?.waiting[0]?.caller, '138a');
    const ids = { callId: 'a', agentId: '1001', queueId: 'consult' };
    picture = foldEvent(picture, event('offer.made', { offerId: 'o', expiresAt: AT }, ids));
    assert.equal(picture.queues.get('consult')?.waiting[0]?.offeredTo, '1001');
    assert.equal(picture.agents.get('1001')?.callId, 'a');
    picture = foldEvent(picture, event('call.left-queue', { result: 'served', waitMs: 0 }, ids));
    picture = foldEvent(picture, event('call.connected', { to: '1001' }, ids));
    assert.equal(picture.queues.get('consult')?.waitingCount, 0);
    assert.equal(picture.queues.get('consult')?.serving, 1);
    picture = foldEvent(picture, event('call.ended', { termination: { by: 'caller', reason: 'normal' } }, { callId: 'a' }));
    assert.equal(picture.agents.get('1001')?.callId, null);
    assert.equal(picture.calls.get('a')?.outcome, 'answered');
  });

  it('those who wait stand by priority, then by arrival, with their places', () => {
    const picture = arrived(arrived(arrived(start(), 'a', 0, 0), 'b', 0, 1_000), 'c', 5, 2_000);
    assert.deepEqual(
      picture.queues.get('consult')?.waiting.map((w) => [w.callId, w.position]),
      [
        ['c', 1],
        ['a', 2],
        ['b', 3],
      ],
    );
  });

  it('an agent’s state, reason and time are those of the event', () => {
    const picture = foldEvent(
      start(),
      event('agent.state-changed', { from: 'ready', to: 'not-ready', reason: '午餐', by: '1001' }, { agentId: '1001' }, 5_000),
    );
    const shown = picture.agents.get('1001');
    assert.deepEqual([shown?.state, shown?.reason, shown?.since], ['not-ready', '午餐', '2026-03-01T04:00:05.000Z']);
  });

  it('events of what this user does not see change nothing, and no picture is changed in place', () => {
    const before = start();
    const after = foldEvent(
      before,
      event('agent.state-changed', { from: 'ready', to: 'offline', reason: null, by: 'x' }, { agentId: '9999' }),
    );
    assert.equal(after.agents, before.agents);
    assert.equal(after.queues, before.queues);
    assert.equal(before.seq, 10);
  });

  it('does not grow for ever: of the calls that are over only the last are kept', () => {
    let picture = start();
    for (let i = 0; i < 400; i++) {
      picture = arrived(picture, `x${i}`, 0, i);
      picture = foldEvent(
        picture,
        event('call.left-queue', { result: 'abandoned', waitMs: 0 }, { callId: `x${i}`, queueId: 'consult' }, i),
      );
      picture = foldEvent(picture, event('call.ended', { termination: { by: 'caller', reason: 'normal' } }, { callId: `x${i}` }, i));
    }
    assert.ok(picture.calls.size <= 200, `${picture.calls.size} calls`);
    assert.equal(picture.queues.get('consult')?.waitingCount, 0);
  });
});
