import assert from 'node:assert/strict';
import { dayStart, localInstant, localMidnight, nextMidnight } from '@yixian/contracts';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { agentCallRows } from '../src/core/agent-call-rows.js';
import { addSums, groupSlots, SLOT_MS, slotOf } from '../src/core/report-slots.js';

const HOUR = 3_600_000;
const slots = (from: number, to: number) => {
  const all = [];
  for (let at = slotOf(from); at < to; at += SLOT_MS) all.push({ key: 'q', startsAt: at, sums: { n: 1 } });
  return all;
};
const grouped = (zone: string, from: number, to: number, interval: 'hour' | 'day' | 'total') =>
  groupSlots(slots(from, to), { from, to, interval }, zone).map((row) => ({ ...row, n: row.sums.n }));

describe('quarters of an hour become hours and days of the hotline', () => {
  it('a day begins at midnight of the zone, not of UTC', () => {
    const from = Date.UTC(2026, 2, 1, 16); // midnight in Shanghai
    const days = grouped('Asia/Shanghai', from, from + 48 * HOUR, 'day');
    assert.deepEqual(
      days.map((d) => [d.from - from, d.to - from, d.n]),
      [
        [0, 24 * HOUR, 96],
        [24 * HOUR, 48 * HOUR, 96],
      ],
    );
  });

  it('a day on which the clock is put forward has 23 hours, one on which it is put back 25', () => {
    const spring = Date.UTC(2026, 2, 29, 0) - HOUR; // Berlin's midnight, 29 March 2026
    assert.deepEqual(
      grouped('Europe/Berlin', spring, spring + 23 * HOUR, 'day').map((d) => [d.from - spring, d.to - spring, d.n]),
      [[0, 23 * HOUR, 92]],
    );
    const autumn = Date.UTC(2026, 9, 25, 0) - 2 * HOUR;
    assert.deepEqual(
      grouped('Europe/Berlin', autumn, autumn + 25 * HOUR, 'day').map((d) => [d.from - autumn, d.to - autumn, d.n]),
      [[0, 25 * HOUR, 100]],
    );
  });

  it('the hour that comes twice when the clock is put back is two hours', () => {
    const from = Date.UTC(2026, 9, 25, 0); // 02:00 summer time in Berlin; an hour later it is 02:00 again
    assert.deepEqual(
      grouped('Europe/Berlin', from, from + 2 * HOUR, 'hour').map((h) => h.from - from),
      [0, HOUR],
    );
  });

  it('hours of a zone that is half an hour off begin at its full hours', () => {
    const from = Date.UTC(2026, 0, 1, 18, 30); // midnight in Kolkata
    assert.deepEqual(
      grouped('Asia/Kolkata', from, from + 2 * HOUR, 'hour').map((h) => [h.from - from, h.n]),
      [
        [0, 4],
        [HOUR, 4],
      ],
    );
  });

  it('a total has the bounds that were asked for', () => {
    const from = Date.UTC(2026, 0, 1, 0, 7);
    assert.deepEqual(
      grouped('Asia/Shanghai', from, from + HOUR, 'total').map((t) => [t.from, t.to, t.n]),
      [[from, from + HOUR, 5]],
    );
  });

  it('every slot of any time belongs to the day that holds it, and days follow each other without gap, in any zone', () => {
    const zones = [
      'Asia/Shanghai',
      'Europe/Berlin',
      'America/New_York',
      'America/Sao_Paulo',
      'Asia/Beirut',
      'Australia/Lord_Howe',
      'Asia/Kathmandu',
    ];
    fc.assert(
      fc.property(fc.constantFrom(...zones), fc.integer({ min: 0, max: 40 * 365 * 96 }), (zone, n) => {
        const at = n * SLOT_MS;
        const begins = localMidnight(at, zone);
        const ends = nextMidnight(at, zone);
        assert.ok(begins <= at && at < ends, `${begins} ${at} ${ends}`);
        assert.equal(localMidnight(ends, zone), ends);
        assert.equal(nextMidnight(ends - SLOT_MS, zone), ends);
        assert.equal(dayStart(localInstant(at, zone).date, zone), begins);
      }),
    );
  });

  it('the longest is a maximum, everything else adds up', () => {
    assert.deepEqual(addSums({ offered: 1, longestWaitMs: 5 }, { offered: 2, longestWaitMs: 3, answered: 1 }), {
      offered: 3,
      longestWaitMs: 5,
      answered: 1,
    });
  });
});

describe('what each agent had to do with a call', () => {
  const call = { id: 'c', direction: 'inbound' as const, caller: '138', called: '12320', endedAt: 9_000 };

  it('one row an agent: rung in vain, then talked and held by another', () => {
    const rows = agentCallRows({
      ...call,
      segments: [
        { kind: 'queue', startedAt: 0, endedAt: 3_000, queueId: 'consult', result: 'served' },
        { kind: 'ringing', startedAt: 0, endedAt: 1_000, agentId: '1001', queueId: 'consult', result: 'timed-out' },
        { kind: 'ringing', startedAt: 1_000, endedAt: 3_000, agentId: '1002', queueId: 'consult', result: 'accepted' },
        { kind: 'talk', startedAt: 3_000, endedAt: 5_000, agentId: '1002', queueId: 'consult' },
        { kind: 'hold', startedAt: 5_000, endedAt: 5_400, agentId: '1002' },
        { kind: 'consult', startedAt: 5_400, endedAt: 6_000, agentId: '1002' },
        { kind: 'consult', startedAt: 5_500, endedAt: 6_000, agentId: '1003' },
        { kind: 'talk', startedAt: 6_000, endedAt: 9_000, agentId: '1002', queueId: 'consult' },
      ],
    });
    assert.deepEqual(
      rows.map((r) => [r.agentId, r.queueId, r.startedAt, r.ringMs, r.talkMs, r.holdMs, r.result]),
      [
        ['1001', 'consult', 0, 1_000, 0, 0, 'timed-out'],
        ['1002', 'consult', 1_000, 2_000, 5_000, 1_000, 'talked'],
        ['1003', null, 5_500, 0, 0, 0, ''],
      ],
    );
  });

  it('only the agents asked for', () => {
    const segments = [{ kind: 'talk' as const, startedAt: 0, endedAt: 1, agentId: '1001' }];
    assert.deepEqual(agentCallRows({ ...call, segments }, new Set(['1002'])), []);
  });
});

describe('an agent who talks beside others', () => {
  it('has talked: a conference is part of the talk', () => {
    const [row] = agentCallRows({
      id: 'c',
      direction: 'inbound',
      caller: '138',
      called: '12320',
      endedAt: 9_000,
      segments: [
        { kind: 'talk', startedAt: 0, endedAt: 2_000, agentId: '1001' },
        { kind: 'conference', startedAt: 2_000, endedAt: 5_000, agentId: '1001' },
      ],
    });
    assert.deepEqual([row?.talkMs, row?.result], [5_000, 'talked']);
  });
});
