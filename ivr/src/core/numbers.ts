// Mandarin numbers as a row of spoken pieces. The pieces are prompt ids; the texts are in prompts/zh/prompts.json.

const TEN = 'num-10';
const HUNDRED = 'num-100';
const THOUSAND = 'num-1000';
const ZERO = 'num-0';

/** Largest whole number that can be spoken, in any language. */
export const MAX_SPOKEN = 999_999_999_999;

const digit = (value: number): string => `num-${value}`;

/**
 * The pieces of a number: 零 once for a gap (一千零五, 十万零五百), 十 without 一 at the beginning (十二, but 一百一十),
 * 两 before 千, 万 and 亿, 二 elsewhere (两千二百二十二, 两万, 十二万), 点 and single digits for a fraction, 负 before it all.
 * @param value whole number up to twelve digits
 * @param options `counting`: the number stands before a measure word, where a lone 2 is 两 (两分钟)
 * @throws RangeError when the value cannot be spoken
 */
export function numberPieces(value: number, options: { counting?: boolean } = {}): string[] {
  if (!Number.isInteger(value) || value < 0 || value > MAX_SPOKEN) {
    throw new RangeError(`sayNumber: a whole number from 0 to ${MAX_SPOKEN} is needed, not ${value}`);
  }
  if (value < 10) return [value === 2 && options.counting ? 'num-liang' : digit(value)];
  const pieces: string[] = [];
  let skipped = false;
  for (const [unit, word] of [
    [100_000_000, 'num-100000000'],
    [10_000, 'num-10000'],
    [1, undefined],
  ] as const) {
    const group = Math.floor(value / unit) % 10_000;
    if (group === 0) {
      skipped = pieces.length > 0;
      continue;
    }
    if (pieces.length > 0 && (skipped || group < 1000)) pieces.push(ZERO);
    skipped = false;
    pieces.push(...(group === 2 && word ? ['num-liang'] : groupPieces(group, pieces.length === 0)));
    if (word) pieces.push(word);
  }
  return pieces;
}

/** Four digits, 1–9999; `first`: nothing stands before them, so that 十 needs no 一. */
function groupPieces(value: number, first: boolean): string[] {
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
    const plainTen = unit === 10 && count === 1 && pieces.length === 0 && first;
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
