import assert from 'node:assert/strict';
import fc from 'fast-check';
import { expressionFault } from '../../src/core/expression-value.js';
import { ExpressionError, evaluate, parseExpression } from '../../src/index.js';

const VARIABLES = { caller: '13800138000', digits: '0012', amount: '19.90', empty: '', vip: 'true', 'order-id': 'A7' };
const value = (text: string) => evaluate(parseExpression(text), VARIABLES);

describe('expressions', () => {
  const cases: [string, number | string | boolean][] = [
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['10 - 3 - 2', 5],
    ['7 % 4 / 2', 1.5],
    ['-2 * -3', 6],
    ['amount * 2', 39.8],
    ['digits + 1', 13],
    ['digits == 12', true],
    // Two texts are the same text or not: a number with noughts before it is another number to dial.
    ["digits == '12'", false],
    ["caller == '13800138000'", true],
    ["'10' > '9'", true],
    ["'b' > 'a'", true],
    ['empty == 0', false],
    ["empty == ''", true],
    ['1 < 2 and not (2 < 1)', true],
    ['not 1 == 2', true],
    ['false or vip', true],
    ['length(caller)', 11],
    ["startsWith(caller, '138') and length(caller) == 11", true],
    ['left(caller, 3)', '138'],
    ['right(caller, 4)', '8000'],
    ['substring(caller, 4, 4)', '0013'],
    ['substring(caller, 10)', '00'],
    ["concat('a', 1, true)", 'a1true'],
    ["replace('1-2-3', '-', '')", '123'],
    ["indexOf('abc', 'c')", 3],
    ["matches(caller, '1[3-9]XXXXXXXXX')", true],
    ["upper(var('order-id'))", 'A7'],
    ["lower(var('order-id'))", 'a7'],
    ["if(amount > 10, 'much', 'little')", 'much'],
    ['round(10 / 3, 2)', 3.33],
    ['min(3, 1, 2) + max(3, 1, 2)', 4],
    ['floor(1.9) + ceil(1.1) + abs(-3)', 6],
    ["isNumber('12.5') and not isNumber('x')", true],
    ["trim('  x ')", 'x'],
    ['"it\'s"', "it's"],
    ['unset', ''],
  ];
  for (const [text, expected] of cases) it(`${text} is ${JSON.stringify(expected)}`, () => assert.equal(value(text), expected));

  const faults: [string, string][] = [
    ['', 'a value is expected, not the end (at character 1)'],
    ['1 +', 'a value is expected, not the end (at character 4)'],
    ['1 2', '2 is not expected here (at character 3)'],
    ['a & b', '"&" is not expected here (at character 3)'],
    ['(1', ') is expected, not the end (at character 3)'],
    ["'open", '"\'" is not expected here (at character 1)'],
    ['1 < 2 < 3', '< is not expected here (at character 7)'],
    ['left(caller)', 'left takes 2 values, not 1 (at character 1)'],
    ['constructor(1)', 'there is no function constructor (at character 1)'],
    ['and', 'a value is expected, not and (at character 1)'],
    ['x'.repeat(501), 'longer than 500 characters (at character 501)'],
    [`${'('.repeat(40)}1${')'.repeat(40)}`, 'nested too deeply (at character 32)'],
  ];
  for (const [text, message] of faults) {
    it(`${text.slice(0, 30) || 'nothing'}: ${message}`, () => assert.equal(expressionFault(text), message));
  }

  const failures: [string, RegExp][] = [
    ['1 / 0', /division by zero \(at character 3\)/],
    ["1 + 'x'", /"x" is no number \(at character 3\)/],
    ['caller and true', /"13800138000" is neither true nor false/],
    ['999999999 * 999999999', /the number is too large/],
    [
      `concat(${Array.from({ length: 9 }, () => "replace('aaaaaaaaaaaaaaaa', 'a', 'bbbbbbbbbb')").join(', ')})`,
      /the text is longer than 1000/,
    ],
  ];
  for (const [text, message] of failures) {
    it(`${text.slice(0, 40)} cannot be worked out`, () => assert.throws(() => value(text), { name: 'ExpressionError', message }));
  }

  it('looks at nothing but variables: inherited names are empty', () => {
    for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) assert.equal(value(name), '');
  });

  it('any text is parsed or refused with a place in it, and any result is bounded', () => {
    const piece = fc.constantFrom(
      '1',
      "'a'",
      'caller',
      '+',
      '-',
      '*',
      '/',
      '%',
      '(',
      ')',
      ',',
      'and',
      'or',
      'not',
      '==',
      '<',
      'left',
      'concat',
      ' ',
      '"',
      '\\',
      '字',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(piece, { maxLength: 60 }).map((parts) => parts.join(' ')),
          fc.string(),
        ),
        (text) => {
          try {
            const result = value(text);
            assert.ok(typeof result !== 'string' || result.length <= 1000);
          } catch (error) {
            assert.ok(error instanceof ExpressionError, String(error));
            assert.ok(error.at >= 0 && error.at <= text.length + 1);
          }
        },
      ),
      { numRuns: 3000 },
    );
  });
});
