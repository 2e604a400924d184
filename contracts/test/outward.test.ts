import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { applyCallEvent, type CallRecord } from '../src/call-record.js';
import type { DomainEvent } from '../src/events.js';
import { callView, eventView, queueView, seconds } from '../src/outward.js';

describe('outward: the shapes of interface.md', () => {
  it('a call record has every field the interface names, with ISO times and seconds', () => {
    const t0 = Date.UTC(2026, 0, 2, 3, 4, 5);
    const events = [
      { type: 'call.arrived', at: t0, data: { direction: 'inbound', caller: '021', called: '12320', trunkId: 'demo' } },
      { type: 'call.answered', at: t0 + 10, data: {} },
      { type: 'call.queued', at: t0 + 1000, queueId: 'consult', data: { position: 1, priority: 0 } },
      { type: 'call.left-queue', at: t0 + 3500, queueId: 'consult', data: { result: 'served', waitMs: 2500 } },
      { type: 'call.connected', at: t0 + 3500, agentId: '1001', queueId: 'consult', data: { to: '1001' } },
      { type: 'call.ended', at: t0 + 9000, data: { termination: { by: 'caller', reason: 'normal' } } },
    ];
    let record: CallRecord | undefined;
    events.forEach((e, i) => {
      record = applyCallEvent(record, { id: `e${i}`, seq: i, callId: 'call-1', ...e } as DomainEvent);
    });
    assert.ok(record);
    const view = callView(record);
    assert.deepEqual(
      { ...view, segments: view.segments.length, path: view.path },
      {
        id: 'call-1',
        direction: 'inbound',
        caller: '021',
        called: '12320',
        trunk: 'demo',
        startedAt: '2026-01-02T03:04:05.000Z',
        answeredAt: '2026-01-02T03:04:05.010Z',
        connectedAt: '2026-01-02T03:04:08.500Z',
        endedAt: '2026-01-02T03:04:14.000Z',
        durationSeconds: 9,
        queue: 'consult',
        waitSeconds: 2.5,
        agent: '1001',
        talkSeconds: 5.5,
        holdSeconds: 0,
        outcome: 'answered',
        termination: { by: 'caller', reason: 'normal' },
        survey: null,
        recordingId: null,
        voicemailId: null,
        path: ['queue:consult'],
        segments: 2,
      },
    );
    assert.deepEqual(view.segments[0], {
      kind: 'queue',
      startedAt: '2026-01-02T03:04:06.000Z',
      endedAt: '2026-01-02T03:04:08.500Z',
      durationSeconds: 2.5,
      agent: null,
      party: null,
      queue: 'consult',
      result: 'served',
    });
  });

  it('no time of an event leaves as a number', () => {
    const made = eventView({
      id: 'e',
      seq: 7,
      type: 'offer.made',
      at: 0,
      callId: 'c',
      agentId: '1001',
      queueId: 'consult',
      data: { offerId: 'o', expiresAt: 15_000 },
    });
    assert.equal(made.at, '1970-01-01T00:00:00.000Z');
    assert.deepEqual(made.data, { offerId: 'o', expiresAt: '1970-01-01T00:00:15.000Z' });
  });

  it('call loss is unanswered / offered, and null without calls', () => {
    const door = { queueId: 'q', door: 'schedule', open: true, because: 'always' } as const;
    const queue = {
      queueId: 'q',
      name: 'q',
      waiting: [],
      longestWaitMs: 1500,
      estimatedWaitMs: null,
      ready: 0,
      serving: 0,
      signedIn: 0,
      door,
      callbacks: 0,
      estimateErrorMs: null,
    };
    const today = { offered: 4, answered: 3, abandoned: 1, serviceLevel: 1, averageWaitSeconds: 2 };
    assert.equal(queueView(queue, today).today?.lossRate, 0.25);
    assert.equal(queueView(queue, { ...today, offered: 0, answered: 0 }).today?.lossRate, null);
    const waiting = [{ callId: 'c', caller: '021', position: 1, priority: 0, since: 0, offeredTo: null }];
    assert.equal(queueView({ ...queue, waiting }, { ...today, offered: 5 }).today?.lossRate, 0.25, 'who waits is not lost');
    assert.equal(queueView(queue).longestWaitSeconds, 1.5);
  });

  it('seconds keep milliseconds and no more', () => {
    assert.equal(seconds(1234.6), 1.235);
  });
});
