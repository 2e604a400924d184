import assert from 'node:assert/strict';
import fc from 'fast-check';
import { digitPieces, numberPieces } from '../../src/index.js';

const WORDS = new Map([
  ...[...'零一二三四五六七八九'].map((word, i) => [`num-${i}`, word] as const),
  ['num-liang', '两'],
  ['num-yao', '幺'],
  ['num-10', '十'],
  ['num-100', '百'],
  ['num-1000', '千'],
  ['num-10000', '万'],
  ['num-100000000', '亿'],
]);
const read = (pieces: string[]): string => pieces.map((piece) => WORDS.get(piece) ?? `<${piece}>`).join('');
const say = (value: number, counting = false): string => read(numberPieces(value, { counting }));

/** Understands spoken Mandarin: the reverse, written independently of how it is said. */
function understand(words: string): number {
  let total = 0;
  let pending: number | undefined;
  const units: Record<string, number> = { 十: 10, 百: 100, 千: 1000 };
  for (const word of words) {
    const unit = units[word];
    if (unit !== undefined) {
      total += (pending ?? 1) * unit;
      pending = undefined;
    } else pending = word === '两' ? 2 : '零一二三四五六七八九'.indexOf(word);
  }
  return total + (pending ?? 0);
}

describe('numbers in Mandarin', () => {
  const cases: Array<[number, string]> = [
    [0, '零'],
    [1, '一'],
    [2, '二'],
    [10, '十'],
    [12, '十二'],
    [20, '二十'],
    [22, '二十二'],
    [23, '二十三'],
    [99, '九十九'],
    [100, '一百'],
    [102, '一百零二'],
    [105, '一百零五'],
    [110, '一百一十'],
    [115, '一百一十五'],
    [120, '一百二十'],
    [200, '二百'],
    [222, '二百二十二'],
    [1000, '一千'],
    [1005, '一千零五'],
    [1010, '一千零一十'],
    [1050, '一千零五十'],
    [1105, '一千一百零五'],
    [1110, '一千一百一十'],
    [2000, '两千'],
    [2002, '两千零二'],
    [2222, '两千二百二十二'],
    [9999, '九千九百九十九'],
    [10_000, '一万'],
    [10_001, '一万零一'],
    [10_010, '一万零一十'],
    [12_000, '一万两千'],
    [20_000, '两万'],
    [22_222, '两万两千二百二十二'],
    [100_000, '十万'],
    [105_000, '十万五千'],
    [100_500, '十万零五百'],
    [120_000, '十二万'],
    [200_000, '二十万'],
    [1_005_000, '一百万五千'],
    [10_050_000, '一千零五万'],
    [20_000_000, '两千万'],
    [100_000_000, '一亿'],
    [100_005_000, '一亿零五千'],
    [100_000_005, '一亿零五'],
    [200_000_000, '两亿'],
    [1_000_100_000, '十亿零一十万'],
    [1_234_567_890, '十二亿三千四百五十六万七千八百九十'],
  ];
  for (const [value, words] of cases) it(`${value} is ${words}`, () => assert.equal(say(value), words));

  it('a lone 2 before a measure word is 两, other numbers do not change', () => {
    assert.equal(say(2, true), '两');
    assert.equal(say(12, true), '十二');
    assert.equal(say(20, true), '二十');
  });

  it('every number 0–9999 is understood as itself, with no double 零 and none at the end', () => {
    for (let value = 0; value <= 9999; value++) {
      const words = say(value);
      assert.equal(understand(words), value, words);
      assert.ok(!words.includes('零零') && (value === 0 || !/^零|零$/.test(words)), words);
    }
  });

  it('other values are refused by name', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.double({ noInteger: true }), fc.integer({ min: 1e12, max: Number.MAX_SAFE_INTEGER }), fc.integer({ max: -1 })),
        (value) => {
          assert.throws(() => numberPieces(value), { name: 'RangeError', message: /from 0 to 999999999999/ });
        },
      ),
    );
  });

  it('telephone numbers are read digit by digit with 幺 for 1', () => {
    assert.equal(read(digitPieces('12320')), '幺二三二零');
    assert.equal(read(digitPieces('010-8')), '零幺零八');
  });
});
