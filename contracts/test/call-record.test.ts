import assert from 'node:assert/strict';
import { applyCallEvent, type CallRecord, type DomainEvent, type EventDraft, type Termination } from '../src/index.js';

const normal: Termination = { by: 'caller', reason: 'normal' };

/** Folds events written as [milliseconds, draft]. */
function fold(...steps: Array<[number, EventDraft]>): CallRecord {
  let record: CallRecord | undefined;
  steps.forEach(([at, draft], index) => {
    const before = record && structuredClone(record);
    const event = { ...draft, callId: 'c1', at, seq: index + 1, id: `e${index}` } as DomainEvent;
    const next = applyCallEvent(record, event);
    assert.deepEqual(record, before, 'the given record is left as it was');
    record = next;
  });
  assert.ok(record);
  return record;
}

const arrived = (direction: 'inbound' | 'outbound' | 'internal' = 'inbound'): [number, EventDraft] => [
  0,
  { type: 'call.arrived', data: { direction, caller: '13800000001', called: '12320', trunkId: 'demo' } },
];
const answered: [number, EventDraft] = [10, { type: 'call.answered', data: {} }];
const flow: [number, EventDraft] = [11, { type: 'call.entered-flow', data: { flowId: 'main', version: 1 } }];
const queued: [number, EventDraft] = [1000, { type: 'call.queued', queueId: 'consult', data: { position: 1, priority: 0 } }];
const offered: [number, EventDraft] = [
  1000,
  { type: 'offer.made', agentId: '1001', queueId: 'consult', data: { offerId: 'o1', expiresAt: 21000 } },
];
const ended = (at: number, termination: Termination = normal): [number, EventDraft] => [at, { type: 'call.ended', data: { termination } }];

describe('call record', () => {
  it('counts wait, talk and hold of an answered call', () => {
    const r = fold(
      arrived(),
      answered,
      flow,
      queued,
      offered,
      [3000, { type: 'offer.accepted', agentId: '1001', data: { offerId: 'o1' } }],
      [3000, { type: 'call.left-queue', queueId: 'consult', data: { result: 'served', waitMs: 2000 } }],
      [3000, { type: 'call.connected', agentId: '1001', queueId: 'consult', data: { to: '1001' } }],
      [3100, { type: 'recording.started', data: { recordingId: 'r1' } }],
      [5000, { type: 'call.held', data: { by: '1001' } }],
      [6000, { type: 'call.resumed', data: { by: '1001' } }],
      [9000, { type: 'call.disconnected', data: { by: 'agent', termination: { by: 'agent', reason: 'normal' } } }],
      [11000, { type: 'survey.answered', data: { score: 5 } }],
      ended(11500),
    );
    assert.equal(r.outcome, 'answered');
    assert.deepEqual([r.waitMs, r.talkMs, r.holdMs], [2000, 5000, 1000]);
    assert.deepEqual([r.agentId, r.queueId, r.survey, r.recordingId], ['1001', 'consult', 5, 'r1']);
    assert.ok(r.segments.every((s) => s.endedAt !== null));
  });

  it('is abandoned in the queue when the caller leaves while nobody rings', () => {
    const r = fold(
      arrived(),
      answered,
      flow,
      queued,
      [4000, { type: 'call.left-queue', data: { result: 'abandoned', waitMs: 3000 } }],
      ended(4000),
    );
    assert.equal(r.outcome, 'abandoned-in-queue');
    assert.equal(r.waitMs, 3000);
  });

  it('is abandoned ringing when the caller leaves while a seat rings', () => {
    const r = fold(
      arrived(),
      answered,
      queued,
      offered,
      [4000, { type: 'offer.withdrawn', agentId: '1001', data: { offerId: 'o1', reason: 'abandoned' } }],
      [4000, { type: 'call.left-queue', data: { result: 'abandoned', waitMs: 3000 } }],
      ended(4000),
    );
    assert.equal(r.outcome, 'abandoned-ringing');
  });

  it('is abandoned in the queue when an earlier seat rang out and the caller left later', () => {
    const r = fold(
      arrived(),
      answered,
      queued,
      offered,
      [3000, { type: 'offer.timed-out', agentId: '1001', data: { offerId: 'o1' } }],
      [5000, { type: 'call.left-queue', data: { result: 'abandoned', waitMs: 4000 } }],
      ended(5000),
    );
    assert.equal(r.outcome, 'abandoned-in-queue');
  });

  it('is abandoned in the flow when the caller leaves before a choice', () => {
    assert.equal(fold(arrived(), answered, flow, ended(2000)).outcome, 'abandoned-in-flow');
  });

  it('is rejected when refused before the answer', () => {
    assert.equal(fold(arrived(), ended(5, { by: 'system', reason: 'unknown-number', sipStatus: 404 })).outcome, 'rejected');
  });

  it('tells a busy or absent called person from one who was let ring', () => {
    const direct = (termination: Termination) =>
      fold(arrived('internal'), [10, { type: 'call.ringing', data: { to: '1002' } }], ended(20, termination)).outcome;
    assert.equal(direct({ by: 'caller', reason: 'cancelled' }), 'abandoned-ringing');
    const refused = fold(arrived('internal'), ended(20, { by: 'called', reason: 'busy' }));
    assert.equal(refused.outcome, 'rejected');
    assert.equal(fold(arrived(), ended(20, { by: 'called', reason: 'not-registered' })).outcome, 'rejected');
    assert.equal(fold(arrived(), ended(20, { by: 'called', reason: 'no-answer' })).outcome, 'abandoned-ringing');
  });

  it('is failed, with the time until then, when the process died', () => {
    const r = fold(arrived(), answered, queued, ended(7000, { by: 'system', reason: 'process-died' }));
    assert.equal(r.outcome, 'failed');
    assert.equal(r.waitMs, 6000);
  });

  it('stays answered when the process died during the talk: the caller was served', () => {
    const r = fold(
      arrived(),
      answered,
      [1000, { type: 'call.connected', agentId: '1001', data: { to: '1001' } }],
      ended(7000, { by: 'system', reason: 'process-died' }),
    );
    assert.equal(r.outcome, 'answered');
    assert.equal(r.talkMs, 6000);
  });

  it('tells answered and unanswered outbound calls apart', () => {
    assert.equal(fold(arrived('outbound'), ended(9000, { by: 'called', reason: 'busy' })).outcome, 'outbound-unanswered');
    const r = fold(
      arrived('outbound'),
      [100, { type: 'call.ringing', data: { to: '13900000000' } }],
      [2000, { type: 'call.connected', data: { to: '13900000000' } }],
      ended(9000),
    );
    assert.equal(r.outcome, 'outbound-answered');
    assert.equal(r.talkMs, 7000);
  });

  it('ignores events of other calls and everything after the end', () => {
    const r = fold(arrived(), ended(100));
    const late = { type: 'survey.answered', callId: 'c1', at: 200, seq: 9, id: 'x', data: { score: 1 } } as DomainEvent;
    assert.equal(applyCallEvent(r, late), r);
    const other = { ...late, callId: 'c2' } as DomainEvent;
    assert.equal(applyCallEvent(r, other), r);
  });
});

describe('call record of a call that is passed on', () => {
  const by = (agentId: string, at: number, draft: Omit<EventDraft, 'agentId'>): [number, EventDraft] => [
    at,
    { ...draft, agentId } as EventDraft,
  ];
  const talking: Array<[number, EventDraft]> = [
    arrived(),
    answered,
    queued,
    offered,
    by('1001', 3000, { type: 'offer.accepted', data: { offerId: 'o1' } } as EventDraft),
    [3000, { type: 'call.left-queue', queueId: 'consult', data: { result: 'served', waitMs: 2000 } }],
    [3000, { type: 'call.connected', agentId: '1001', queueId: 'consult', data: { to: '1001' } }],
  ];
  const disconnected = (at: number): [number, EventDraft] => [
    at,
    { type: 'call.disconnected', agentId: '1002', data: { by: 'agent', termination: { by: 'agent', reason: 'normal' } } },
  ];
  const parts = (r: CallRecord): string[] =>
    r.segments
      .filter((s) => ['talk', 'hold', 'consult', 'conference', 'parked', 'ringing'].includes(s.kind))
      .map((s) => `${s.kind} ${s.agentId ?? s.party ?? ''} ${s.startedAt}-${s.endedAt}${s.result ? ` ${s.result}` : ''}`);

  it('blind transfer: the first agent’s talk ends, the second one’s begins when answered; the agent is the last who talked', () => {
    const r = fold(
      ...talking,
      by('1001', 5000, { type: 'call.transferred', data: { by: '1001', kind: 'blind', to: 'agent:1002' } } as EventDraft),
      by('1002', 5000, { type: 'call.ringing', data: { to: '1002' } } as EventDraft),
      by('1002', 8000, { type: 'call.connected', data: { to: '1002' } } as EventDraft),
      disconnected(10_000),
      ended(10_000),
    );
    assert.deepEqual(parts(r).slice(1), ['talk 1001 3000-5000', 'ringing 1002 5000-8000 accepted', 'talk 1002 8000-10000']);
    assert.deepEqual([r.agentId, r.talkMs, r.holdMs, r.outcome], ['1002', 4000, 0, 'answered']);
    assert.ok(r.path.includes('transfer:agent:1002'));
  });

  it('two calls of a phone joined by REFER: the talk of the second is over, it goes on in the record of the first', () => {
    const r = fold(
      ...talking,
      by('1002', 5000, { type: 'call.transferred', data: { by: '1002', kind: 'attended', to: 'call:c0' } } as EventDraft),
      ended(9000),
    );
    assert.deepEqual(parts(r).slice(1), ['talk 1001 3000-5000']);
    assert.equal(r.talkMs, 2000);
  });

  it('consultation: the caller’s wait counts once as hold, and each agent has the own part', () => {
    const r = fold(
      ...talking,
      by('1001', 5000, { type: 'call.held', data: { by: '1001' } } as EventDraft),
      by('1001', 6000, { type: 'call.consulted', data: { by: '1001', to: 'agent:1002' } } as EventDraft),
      by('1002', 6000, { type: 'call.ringing', data: { to: '1002' } } as EventDraft),
      by('1002', 7000, { type: 'call.party-joined', data: { party: '1002', role: 'consulted' } } as EventDraft),
      by('1001', 9000, { type: 'call.consultation-ended', data: { by: '1001', to: 'agent:1002', result: 'completed' } } as EventDraft),
      by('1001', 9000, { type: 'call.transferred', data: { by: '1001', kind: 'attended', to: 'agent:1002' } } as EventDraft),
      by('1002', 9000, { type: 'call.connected', data: { to: '1002' } } as EventDraft),
      disconnected(12_000),
      ended(12_000),
    );
    assert.deepEqual(parts(r).slice(1), [
      'talk 1001 3000-5000',
      'hold 1001 5000-6000',
      'consult 1001 6000-9000',
      'ringing 1002 6000-7000 accepted',
      'consult 1002 7000-9000',
      'talk 1002 9000-12000',
    ]);
    assert.deepEqual([r.talkMs, r.holdMs, r.agentId], [5000, 4000, '1002']);
    // Who asks belongs to the queue, as the hold does; who is asked has not had the caller yet.
    const waiting = r.segments.filter((s) => s.kind === 'hold' || s.kind === 'consult');
    assert.deepEqual(
      waiting.map((s) => [s.kind, s.agentId, s.queueId]),
      [
        ['hold', '1001', 'consult'],
        ['consult', '1001', 'consult'],
        ['consult', '1002', undefined],
      ],
    );
  });

  it('a browser that is lost and comes back: the caller’s wait counts as hold; a hold of before goes on', () => {
    const lost = { party: '1001', role: 'agent', termination: { by: 'network', reason: 'transport-failure' } };
    const back = (held: boolean) => ({ party: '1001', role: 'agent', held });
    const r = fold(
      ...talking,
      by('1001', 5000, { type: 'call.party-lost', data: lost } as EventDraft),
      by('1001', 7000, { type: 'call.party-returned', data: back(false) } as EventDraft),
      by('1001', 8000, { type: 'call.held', data: { by: '1001' } } as EventDraft),
      by('1001', 9000, { type: 'call.party-lost', data: lost } as EventDraft),
      by('1001', 10_000, { type: 'call.party-returned', data: back(true) } as EventDraft),
      disconnected(12_000),
      ended(12_000),
    );
    assert.deepEqual(parts(r).slice(1), ['talk 1001 3000-5000', 'hold 1001 5000-7000', 'talk 1001 7000-8000', 'hold 1001 8000-12000']);
    assert.deepEqual([r.talkMs, r.holdMs, r.agentId], [3000, 6000, '1001']);
  });

  it('a consultation that is cancelled gives the caller back', () => {
    const r = fold(
      ...talking,
      by('1001', 5000, { type: 'call.consulted', data: { by: '1001', to: 'number:13800138000' } } as EventDraft),
      [5000, { type: 'call.ringing', data: { to: '13800138000' } }],
      by('1001', 6000, {
        type: 'call.consultation-ended',
        data: { by: '1001', to: 'number:13800138000', result: 'cancelled' },
      } as EventDraft),
      disconnected(9000),
      ended(9000),
    );
    assert.deepEqual(parts(r).slice(1), [
      'talk 1001 3000-5000',
      'consult 1001 5000-6000',
      'ringing 13800138000 5000-6000 cancelled',
      'talk 1001 6000-9000',
    ]);
    assert.deepEqual([r.talkMs, r.holdMs], [5000, 1000]);
  });

  it('the queue is the one that served last, with its agent; else the last it waited in', () => {
    const queue = (at: number, queueId: string): [number, EventDraft] => [
      at,
      { type: 'call.queued', queueId, data: { position: 1, priority: 0 } },
    ];
    const left = (at: number, queueId: string, result: 'served' | 'overflow' | 'abandoned'): [number, EventDraft] => [
      at,
      { type: 'call.left-queue', queueId, data: { result, waitMs: 1000 } },
    ];
    const waited = fold(
      arrived(),
      queue(1000, 'a'),
      left(2000, 'a', 'overflow'),
      queue(2000, 'b'),
      left(3000, 'b', 'abandoned'),
      ended(3000),
    );
    assert.deepEqual([waited.queueId, waited.outcome], ['b', 'abandoned-in-queue']);
    const sentOn = [...talking, disconnected(5000), queue(5000, 'second')] as const;
    assert.equal(fold(...sentOn).queueId, 'second', 'as long as it waits there');
    const died = fold(...sentOn, ended(9000));
    assert.deepEqual([died.queueId, died.agentId], ['consult', '1001']);
    const gaveUp = fold(...sentOn, left(9000, 'second', 'abandoned'), ended(9000));
    assert.deepEqual([gaveUp.queueId, gaveUp.agentId, gaveUp.path.includes('queue:second')], ['consult', '1001', true]);
    const again: [number, EventDraft] = [8000, { type: 'call.connected', agentId: '1002', queueId: 'second', data: { to: '1002' } }];
    const both = fold(...sentOn, left(8000, 'second', 'served'), again, disconnected(9000), ended(9000));
    assert.deepEqual([both.queueId, both.agentId], ['second', '1002']);
  });

  it('a conference counts its time once; who stays last is the agent', () => {
    const r = fold(
      ...talking,
      by('1002', 5000, { type: 'call.party-joined', data: { party: '1002', role: 'member' } } as EventDraft),
      by('1001', 7000, {
        type: 'call.party-left',
        data: { party: '1001', role: 'agent', termination: { by: 'agent', reason: 'normal' } },
      } as EventDraft),
      disconnected(10_000),
      ended(10_000),
    );
    assert.deepEqual(parts(r).slice(1), ['talk 1001 3000-7000', 'conference 1002 5000-10000']);
    assert.deepEqual([r.talkMs, r.agentId], [7000, '1002']);
  });

  it('parked and retrieved, taken over: whose talk it is changes, the caller’s does not', () => {
    const r = fold(
      ...talking,
      by('1001', 4000, { type: 'call.parked', data: { by: '1001', slot: '701' } } as EventDraft),
      by('1002', 6000, { type: 'call.retrieved', data: { by: '1002', slot: '701' } } as EventDraft),
      by('1002', 8000, { type: 'call.supervised', data: { by: '1100', mode: 'takeover' } } as EventDraft),
      disconnected(9000),
      ended(9000),
    );
    assert.deepEqual(parts(r).slice(1), ['talk 1001 3000-4000', 'parked  4000-6000', 'talk 1002 6000-8000', 'talk 1100 8000-9000']);
    assert.deepEqual([r.agentId, r.talkMs, r.holdMs], ['1100', 4000, 0]);
  });

  it('the call by which a parked caller was fetched was answered', () => {
    const r = fold(arrived('internal'), answered, [20, { type: 'call.retrieved', data: { by: '1002', slot: '701' } }], ended(5000));
    assert.deepEqual([r.outcome, r.talkMs], ['answered', 0]);
  });
});
