import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Condition, conditionSchema, holds } from '../../src/core/condition.js';
import { matchesPattern, patternSchema } from '../../src/core/pattern.js';
import { SCENE } from '../support/dialogue.js';

const at = (iso: string) => Date.parse(iso);
const holdsFor = (condition: Condition, variables: Record<string, string> = {}, now = 0): boolean => {
  assert.ok(conditionSchema.safeParse(condition).success, JSON.stringify(condition));
  return holds(condition, { ...SCENE, variables, now });
};

describe('conditions of a branch', () => {
  it('equals, oneOf and matches compare text', () => {
    assert.equal(holdsFor({ variable: 'digits', equals: '1' }, { digits: '1' }), true);
    assert.equal(holdsFor({ variable: 'digits', equals: '1' }, { digits: '11' }), false);
    assert.equal(holdsFor({ variable: 'caller', oneOf: ['110', '119'] }, { caller: '119' }), true);
    assert.equal(holdsFor({ variable: 'caller', oneOf: ['110', '119'] }, { caller: '120' }), false);
    assert.equal(holdsFor({ variable: 'caller', matches: '1[3-9]XXXXXXXXX' }, { caller: '13800000000' }), true);
    assert.equal(holdsFor({ variable: 'caller', matches: '1[3-9]XXXXXXXXX' }, { caller: '12800000000' }), false);
  });

  it('less and greater compare numbers; no number is neither', () => {
    assert.equal(holdsFor({ variable: 'survey', lessThan: 3 }, { survey: '2' }), true);
    assert.equal(holdsFor({ variable: 'survey', lessThan: 3 }, { survey: '3' }), false);
    assert.equal(holdsFor({ variable: 'survey', greaterThan: 3 }, { survey: '10' }), true);
    for (const value of ['', 'x', ' ']) {
      assert.equal(holdsFor({ variable: 'survey', lessThan: 3 }, { survey: value }), false);
      assert.equal(holdsFor({ variable: 'survey', greaterThan: -1 }, { survey: value }), false);
    }
  });

  it('all, any and not combine', () => {
    const one = { variable: 'a', equals: '1' };
    const two = { variable: 'b', equals: '2' };
    assert.equal(holdsFor({ all: [one, two] }, { a: '1' }), false);
    assert.equal(holdsFor({ any: [one, two] }, { a: '1' }), true);
    assert.equal(holdsFor({ not: one }, { a: '1' }), false);
  });

  it('a time of day is that of the hotline’s zone, from the first minute to before the last', () => {
    const office: Condition = { timeOfDay: { from: '09:00', to: '18:00', days: [1, 2, 3, 4, 5] } };
    assert.equal(holdsFor(office, {}, at('2026-03-02T00:59:59Z')), false, 'Monday 08:59 in Shanghai');
    assert.equal(holdsFor(office, {}, at('2026-03-02T01:00:00Z')), true, 'Monday 09:00 in Shanghai');
    assert.equal(holdsFor(office, {}, at('2026-03-02T09:59:59Z')), true, 'Monday 17:59 in Shanghai');
    assert.equal(holdsFor(office, {}, at('2026-03-02T10:00:00Z')), false, 'Monday 18:00 in Shanghai');
    assert.equal(holdsFor(office, {}, at('2026-03-01T02:00:00Z')), false, 'Sunday');
  });

  it('a range past midnight belongs to the day it began', () => {
    const night: Condition = { timeOfDay: { from: '22:00', to: '06:00', days: [7] } };
    assert.equal(holdsFor(night, {}, at('2026-03-01T15:00:00Z')), true, 'Sunday 23:00');
    assert.equal(holdsFor(night, {}, at('2026-03-01T21:00:00Z')), true, 'Monday 05:00');
    assert.equal(holdsFor(night, {}, at('2026-03-01T22:00:00Z')), false, 'Monday 06:00');
    assert.equal(holdsFor(night, {}, at('2026-02-28T21:00:00Z')), false, 'Sunday 05:00 belongs to Saturday');
  });

  it('dates include both days', () => {
    const holiday: Condition = { date: { from: '2026-10-01', to: '2026-10-07' } };
    assert.equal(holdsFor(holiday, {}, at('2026-09-30T16:00:00Z')), true, 'begins at midnight in Shanghai');
    assert.equal(holdsFor(holiday, {}, at('2026-10-07T15:59:00Z')), true);
    assert.equal(holdsFor(holiday, {}, at('2026-10-07T16:00:00Z')), false);
  });
});

describe('number patterns', () => {
  const cases: Array<[string, string, boolean]> = [
    ['12320', '12320', true],
    ['12320', '123200', false],
    ['0.', '0', true],
    ['0.', '02112345678', true],
    ['0.', '1', false],
    ['[79]X', '75', true],
    ['[79]X', '85', false],
    ['X', '*', false],
    ['*11', '*11', true],
    ['+86.', '+8613800000000', true],
  ];
  for (const [pattern, text, expected] of cases) {
    it(`${pattern} ${expected ? 'fits' : 'does not fit'} ${text}`, () => assert.equal(matchesPattern(pattern, text), expected));
  }

  it('what is no pattern is refused', () => {
    for (const bad of ['', '(a+)+$', '.1', '[', '[]', 'Y', 'X{3}']) assert.equal(patternSchema.safeParse(bad).success, false, bad);
  });

  it('a number fits itself and its number of Xs, whatever it is', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9]{1,32}$/), (digits) => {
        assert.ok(matchesPattern(digits, digits));
        assert.ok(matchesPattern('X'.repeat(digits.length), digits));
        assert.ok(!matchesPattern('X'.repeat(digits.length), `${digits}0`));
      }),
    );
  });
});
