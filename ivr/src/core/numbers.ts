// Mandarin numbers as a row of spoken pieces. The pieces are prompt ids; the texts are in prompts/zh/prompts.json.

const TEN = 'num-10';
const HUNDRED = 'num-100';
const THOUSAND = 'num-1000';
const ZERO = 'num-0';

const digit = (value: number): string => `num-${value}`;

/**
 * The pieces of a whole number: 零 once for a gap (一千零五), 十 without 一 at the beginning (十二, but 一百一十),
 * 两 before 千, 二 elsewhere (两千二百二十二).
 * @param value whole number 0–9999
 * @param options `counting`: the number stands before a measure word, where a lone 2 is 两 (两分钟)
 * @throws RangeError when the value is not a whole number 0–9999
 */
export function numberPieces(value: number, options: { counting?: boolean } = {}): string[] {
  if (!Number.isInteger(value) || value < 0 || value > 9999) {
    throw new RangeError(`sayNumber: a whole number from 0 to 9999 is needed, not ${value}`);
  }
  if (value < 10) return [value === 2 && options.counting ? 'num-liang' : digit(value)];
  const pieces: string[] = [];
  let gap = false;
  for (const [unit, word] of [
    [1000, THOUSAND],
    [100, HUNDRED],
    [10, TEN],
    [1, undefined],
  ] as const) {
    const count = Math.floor(value / unit) % 10;
    if (count === 0) {
      gap = pieces.length > 0;
      continue;
    }
    if (gap) pieces.push(ZERO);
    gap = false;
    const plainTen = unit === 10 && count === 1 && pieces.length === 0;
    if (!plainTen) pieces.push(unit === 1000 && count === 2 ? 'num-liang' : digit(count));
    if (word) pieces.push(word);
  }
  return pieces;
}

/**
 * The pieces of a digit string read one by one, as telephone numbers are: 1 is 幺. Other characters are left out.
 * @param digits e.g. `12320`
 */
export function digitPieces(digits: string): string[] {
  return [...digits].filter((d) => d >= '0' && d <= '9').map((d) => (d === '1' ? 'num-yao' : `num-${d}`));
}
