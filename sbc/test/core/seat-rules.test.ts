import assert from 'node:assert/strict';
import type { ForwardRules, Seat, Termination } from '@yixian/contracts';
import fc from 'fast-check';
import { newConfirmation, stepConfirmation } from '../../src/core/confirmation.js';
import { forwardAfter } from '../../src/core/forwarding.js';
import { compileOutbound, type RoutingView } from '../../src/core/routing.js';
import { seatRefusal } from '../../src/core/seat-number.js';
import { shownOutside, shownToSeat } from '../../src/core/shown-number.js';
import { textProblem } from '../../src/core/text-limits.js';
import { dayOf, outboundRefusal, partsOf } from '../../src/core/trunk-usage.js';
import { extension, trunk } from '../support/fake-directory.js';

const MOBILE = '13800138000';

describe('press 1 to accept', () => {
  it('1 accepts at any time, other keys change nothing, silence is asked again and then refused', () => {
    let state = newConfirmation(2);
    const key = (digit: string) => {
      const step = stepConfirmation(state, { type: 'key', digit });
      state = step.state;
      return `${state.phase} ${step.effect}`;
    };
    const round = () => {
      const step = stepConfirmation(state, { type: 'roundOver' });
      state = step.state;
      return `${state.phase} ${step.effect}`;
    };
    assert.deepEqual(
      [key('5'), round(), key('*'), round(), key('1')],
      ['asking listen', 'asking ask', 'asking listen', 'refused none', 'refused none'],
    );
    state = newConfirmation(1);
    assert.equal(key('1'), 'accepted none');
  });

  it('a mailbox, which presses nothing, never accepts, however often it is asked', () => {
    fc.assert(
      fc.property(fc.integer({ min: -3, max: 20 }), fc.array(fc.constantFrom('2', '#', '', '0')), (rounds, keys) => {
        let state = newConfirmation(rounds);
        for (const digit of keys) state = stepConfirmation(state, digit ? { type: 'key', digit } : { type: 'roundOver' }).state;
        assert.notEqual(state.phase, 'accepted');
      }),
    );
  });
});

describe('where a seat may be', () => {
  const view: RoutingView = {
    accessCode: (n) => (n === '12320' ? { number: n, target: { kind: 'toFlow', flowId: 'main' }, name: '', enabled: false } : undefined),
    extension: (n) => (n === '1001' ? extension(n) : undefined),
    group: (n) => (n === '6000' ? { number: n, name: '', members: [], mode: 'ring-all' } : undefined),
    isAgent: () => true,
    outboundTrunks: compileOutbound([trunk({ outboundNumbers: ['1\\d{10}', '12320', '1001', '6000'] })]).trunks,
  };
  const refusal = (seat: Seat) => seatRefusal(view, seat);

  it('any number over a trunk that allows it, by name of the field otherwise', () => {
    assert.equal(refusal({ kind: 'phone', number: MOBILE }), undefined);
    assert.equal(refusal({ kind: 'phone', number: MOBILE, persistent: true, confirmEach: true }), undefined);
    assert.equal(refusal({ kind: 'sip' }), undefined);
    assert.match(refusal({ kind: 'phone' }) ?? '', /^number: .* needs/);
    assert.match(refusal({ kind: 'phone', number: 'sip:x' }) ?? '', /^number: .* no telephone number/);
    assert.match(refusal({ kind: 'phone', number: '02112345678' }) ?? '', /^number: no trunk may call/);
    assert.match(refusal({ kind: 'phone', number: MOBILE, confirmEach: true }) ?? '', /^confirmEach/);
    assert.match(refusal({ kind: 'sip', confirm: true }) ?? '', /^confirm: goes with kind phone/);
    assert.equal(refusal({ kind: 'softphone' }), undefined);
    assert.match(refusal({ kind: 'softphone', number: MOBILE }) ?? '', /^number: goes with kind phone/);
  });

  it('a number of our own would ring in circles: access codes, also disabled ones, extensions, groups', () => {
    for (const number of ['12320', '1001', '6000']) assert.match(refusal({ kind: 'phone', number }) ?? '', /one of our own numbers/);
  });
});

describe('shown numbers', () => {
  const isOurs = (n: string) => n === '1001';
  it('outside, the trunk’s number stands for the caller’s where it has one', () => {
    assert.deepEqual(shownOutside({ outboundCallerId: null }, { number: '1001' }), { number: '1001' });
    assert.deepEqual(shownOutside({ outboundCallerId: '12320' }, { number: '1001', displayName: 'A' }), {
      number: '12320',
      displayName: 'A',
    });
  });

  it('a virtual seat is shown the caller, or a number of ours; an extension or withheld number is never shown outside', () => {
    const show = (
      seatCallerId: ReturnType<typeof trunk>['seatCallerId'],
      number: string,
      called?: string,
      outboundCallerId: string | null = null,
    ) => shownToSeat({ seatCallerId, outboundCallerId }, { number }, called, isOurs).number;
    assert.equal(show({ show: 'caller' }, '13900001111', '12320', '02100000000'), '13900001111');
    assert.equal(show({ show: 'number', number: '02188888888' }, '13900001111'), '02188888888');
    assert.equal(show({ show: 'caller' }, 'anonymous', '12320'), '12320');
    assert.equal(show({ show: 'caller' }, '1001', '12320', '02100000000'), '02100000000');
    assert.equal(show({ show: 'caller' }, '1001'), '1001');
  });
});

describe('forwards', () => {
  const rules: ForwardRules = { always: null, busy: 'b', noAnswer: { to: 'n', afterMs: 5 }, notRegistered: 'r' };
  const after = (reason: Termination['reason'], by: Termination['by'] = 'called', given: ForwardRules = rules) =>
    forwardAfter(given, { by, reason })?.to;
  it('busy and refused, no answer, not there: each has its own rule', () => {
    assert.deepEqual(
      (['busy', 'declined', 'no-answer', 'not-registered', 'switched-off', 'not-confirmed', 'no-response'] as const).map((r) => after(r)),
      ['b', 'b', 'n', 'r', 'r', 'r', 'r'],
    );
  });
  it('a call that was taken back, answered elsewhere or has no rule goes nowhere', () => {
    assert.deepEqual(
      [after('withdrawn', 'system'), after('answered-elsewhere', 'system'), after('normal')],
      [undefined, undefined, undefined],
    );
    assert.equal(after('busy', 'called', { ...rules, busy: null }), undefined);
  });
});

describe('outbound limits of a trunk', () => {
  const limits = { id: 't', maxOutboundCalls: 30, maxOutboundMinutesPerDay: 60 };
  it('the 31st call and the minute after the last are refused by name of the rule', () => {
    assert.equal(outboundRefusal(limits, { calls: 29, usedMs: 3_599_999 }), undefined);
    assert.match(outboundRefusal(limits, { calls: 30, usedMs: 0 }) ?? '', /carries its 30 outbound calls/);
    assert.match(outboundRefusal(limits, { calls: 0, usedMs: 3_600_000 }) ?? '', /has used its 60 outbound minutes/);
    assert.equal(
      outboundRefusal({ id: 't', maxOutboundCalls: null, maxOutboundMinutesPerDay: null }, { calls: 999, usedMs: 1e12 }),
      undefined,
    );
    assert.match(outboundRefusal({ id: 't', maxOutboundCalls: 0, maxOutboundMinutesPerDay: null }, { calls: 0, usedMs: 0 }) ?? '', /its 0/);
  });

  it('a call over midnight counts for each day of the hotline’s zone with its own part', () => {
    const midnight = Date.UTC(2026, 9, 1, 16); // 2026-10-02 00:00 in Shanghai
    assert.deepEqual(dayOf(midnight, 'Asia/Shanghai'), { day: '2026-10-02', sinceMidnightMs: 0 });
    assert.deepEqual(partsOf(midnight - 90_000, midnight + 30_500, 'Asia/Shanghai'), {
      day: '2026-10-02',
      todayMs: 30_500,
      beforeMs: 90_000,
    });
    assert.deepEqual(partsOf(midnight + 1_000, midnight + 2_000, 'Asia/Shanghai'), { day: '2026-10-02', todayMs: 1_000, beforeMs: 0 });
  });

  it('the parts of a call are the call, whenever it was', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 4e12 }),
        fc.integer({ min: -10, max: 86_400_000 }),
        fc.constantFrom('Asia/Shanghai', 'Europe/Berlin', 'Asia/Kolkata'),
        (from, length, zone) => {
          const { todayMs, beforeMs } = partsOf(from, from + length, zone);
          assert.equal(todayMs + beforeMs, Math.max(0, length));
          assert.ok(todayMs >= 0 && beforeMs >= 0);
        },
      ),
    );
  });
});

describe('texts', () => {
  it('900 bytes of UTF-8 at most, and not nothing', () => {
    assert.deepEqual(
      [textProblem('好'.repeat(300)), textProblem('好'.repeat(301)), textProblem(' \n'), textProblem('x')],
      [undefined, 'too-long', 'empty', undefined],
    );
  });
});
