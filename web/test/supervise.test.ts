import assert from 'node:assert/strict';
import type { AgentView, EventView, QueueView } from '@yixian/contracts/browser';
import { foldEvent, foldFigures, type LivePicture, NOTHING_LIVE } from '../src/app/live-fold.js';
import { type AlarmRule, acknowledged, look, MOST_ALARMS } from '../src/pages/supervise/alarms.js';
import { figureOf, figureText, type QueueToday, type Today } from '../src/pages/supervise/figures.js';

const rule: AlarmRule = { id: 'r', figure: 'waiting', queue: null, when: 'above', value: 3 };

const queue = (id: string, since: string[]): QueueView => ({
  id,
  name: id,
  waiting: since.map((at, i) => ({ callId: `${id}${i}`, caller: '1', position: i + 1, priority: 0, since: at, offeredTo: null })),
  waitingCount: since.length,
  longestWaitSeconds: 0,
  estimatedWaitSeconds: null,
  ready: 2,
  serving: 1,
  signedIn: 3,
  door: { door: 'schedule', open: true, because: 'always' },
  callbacks: 0,
  estimateErrorSeconds: null,
});
const agent = (extension: string, state: AgentView['state']): AgentView => ({
  ...{ extension, name: extension, state, since: '2026-11-25T00:00:00Z', reason: null, seat: { kind: 'sip' as const }, reachable: true },
  ...{ callId: null, skills: [], skillLevels: {}, groups: [], next: null, wrapUpUntil: null },
});
const sums = (queueId: string, more: Partial<QueueToday>): QueueToday => ({
  ...{ queue: queueId, offered: 0, answered: 0, abandoned: 0, shortAbandoned: 0, overflowed: 0, timedOut: 0, turnedAway: 0, failed: 0 },
  ...{ callbacks: 0, serviceLevel: null, averageWaitSeconds: null },
  ...more,
});
const NOW = Date.parse('2026-11-25T08:01:00Z');
const picture: LivePicture = {
  ...NOTHING_LIVE,
  queues: new Map([
    ['a', queue('a', ['2026-11-25T08:00:00Z'])],
    ['b', queue('b', ['2026-11-25T08:00:30Z', '2026-11-25T08:00:40Z'])],
  ]),
  agents: new Map([
    ['1001', agent('1001', 'ready')],
    ['1002', agent('1002', 'offline')],
  ]),
};
const today: Today = {
  formula: 'answered',
  agents: new Map(),
  queues: new Map([
    ['a', sums('a', { offered: 10, answered: 6, abandoned: 2, serviceLevel: 0.5, averageWaitSeconds: 10 })],
    ['b', sums('b', { offered: 4, answered: 2, abandoned: 2, serviceLevel: 1, averageWaitSeconds: 30 })],
  ]),
};

describe('figures of the supervisor’s desk', () => {
  it('waits tick, agents who serve several queues are counted once, shares are weighted by the calls behind them', () => {
    const of = (figure: Parameters<typeof figureOf>[0], id: string | null = null) => figureOf(figure, id, picture, today, NOW);
    assert.deepEqual(
      [of('waiting'), of('longestWait'), of('longestWait', 'b'), of('ready'), of('ready', 'a'), of('signedIn')],
      [3, 60, 30, 1, 2, 1],
    );
    assert.equal(of('serviceLevel'), (0.5 * 6 + 1 * 2) / 8);
    assert.equal(of('averageWait'), (10 * 6 + 30 * 2) / 8);
    assert.equal(of('lossRate', 'a'), 2 / 8, 'who still waited when it was summed up is not lost');
    assert.equal(of('waiting', 'nowhere'), null);
    assert.deepEqual([figureText('lossRate', 0.25), figureText('longestWait', 65), figureText('ready', null)], ['25.0%', '1:05', '–']);
  });

  it('who is moved to another queue keeps the time waited', () => {
    const at = (second: number) => new Date(NOW + second * 1000).toISOString();
    const event = (second: number, type: EventView['type'], queueId: string | undefined, data: EventView['data']): EventView => ({
      ...{ id: 'e', seq: 1, type, at: at(second), callId: 'm', data },
      ...(queueId === undefined ? {} : { queueId }),
    });
    const after = [
      event(0, 'call.arrived', undefined, { direction: 'inbound', caller: '021', called: '12320' }),
      event(1, 'call.queued', 'a', { position: 1, priority: 0 }),
      event(9, 'call.left-queue', 'a', { result: 'moved', waitMs: 8000 }),
      event(9, 'call.moved', 'b', { by: 'x', from: 'a', to: 'b', priority: 0 }),
      event(9, 'call.queued', 'b', { position: 1, priority: 0 }),
    ].reduce(foldEvent, picture);
    assert.equal(after.queues.get('b')?.waiting.find((one) => one.callId === 'm')?.since, at(1));
    assert.equal(after.queues.get('a')?.waitingCount, 1);
  });

  it('supervisors on a call are seen until they stop or the call ends; figures change what they name', () => {
    const event = (type: EventView['type'], data: EventView['data'], more: Partial<EventView> = {}): EventView => ({
      ...{ id: 'e', seq: 1, type, at: '2026-11-25T08:00:00Z', callId: 'c', data },
      ...more,
    });
    const listening = foldEvent(picture, event('call.supervised', { by: '1100', mode: 'listen' }, { agentId: '1001' }));
    assert.deepEqual(
      listening.watched.get('c')?.map((one) => [one.by, one.mode, one.agent]),
      [['1100', 'listen', '1001']],
    );
    const barging = foldEvent(listening, event('call.supervised', { by: '1100', mode: 'barge' }, { agentId: '1001' }));
    assert.equal(barging.watched.get('c')?.[0]?.mode, 'barge');
    assert.equal(foldEvent(barging, event('call.supervision-ended', { by: '1100' })).watched.size, 0);
    const told = foldFigures(picture, { seq: 2, queues: [{ ...queue('a', []), ready: 9 }], agents: [] });
    assert.deepEqual([told.queues.get('a')?.ready, told.queues.get('b')?.ready], [9, 2]);
  });
});

describe('alarms', () => {
  it('begin once beyond the threshold, end below it, and begin anew', () => {
    const first = look({ list: [] }, [rule], () => 4, 1000);
    assert.equal(first.began.length, 1);
    const still = look(first.state, [rule], () => 5, 2000);
    assert.equal(still.state, first.state, 'nothing has changed');
    const over = look(still.state, [rule], () => 3, 3000);
    assert.deepEqual([over.began.length, over.state.list[0]?.until], [0, 3000]);
    assert.equal(look(over.state, [rule], () => 4, 4000).state.list.length, 2);
    assert.equal(acknowledged(over.state, 'all').list[0]?.acknowledged, true);
  });

  it('the list is bounded, however often they come; of a rule that is gone none goes on', () => {
    let state = look({ list: [] }, [rule], () => 4, 0).state;
    for (let i = 1; i <= 1000; i++) state = look(state, [rule], () => (i % 2 ? 0 : 9), i).state;
    assert.equal(state.list.length, MOST_ALARMS);
    assert.equal(look(state, [], () => null, 2000).state.list.filter((one) => one.until === null).length, 0);
  });
});
