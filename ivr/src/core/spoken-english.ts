import type { SpokenLanguage } from './spoken-language.js';

const SMALL =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const TENS = 'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');
const ORDINALS =
  'first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth'.split(
    ' ',
  );
const MONTHS = 'January February March April May June July August September October November December'.split(' ');
const WEEKDAYS = 'Monday Tuesday Wednesday Thursday Friday Saturday Sunday'.split(' ');

const named = (prefix: string, words: readonly string[], from: number, step = 1): Record<string, string> =>
  Object.fromEntries(words.map((word, i) => [`${prefix}-${from + i * step}`, word]));

/** Text of each piece; the same texts stand in prompts/en/prompts.json. */
const TEXT: Readonly<Record<string, string>> = {
  ...named('num', SMALL, 0),
  ...named('num', TENS, 20, 10),
  'num-100': 'hundred',
  'num-1000': 'thousand',
  'num-1000000': 'million',
  'num-1000000000': 'billion',
  'num-point': 'point',
  'num-minus': 'minus',
  'num-and': 'and',
  'num-oh': 'oh',
  ...named('ord', ORDINALS, 1),
  'ord-30': 'thirtieth',
  ...named('month', MONTHS, 1),
  ...named('weekday', WEEKDAYS, 1),
  'clock-am': 'a m',
  'clock-pm': 'p m',
  ...Object.fromEntries(['day', 'hour', 'minute', 'second'].flatMap((unit) => [unit, `${unit}s`]).map((unit) => [`unit-${unit}`, unit])),
  'money-yuan': 'yuan',
  'money-fen': 'fen',
};

/** 0–99. */
function underHundred(value: number): string[] {
  if (value < 20) return [`num-${value}`];
  return [`num-${value - (value % 10)}`, ...(value % 10 === 0 ? [] : [`num-${value % 10}`])];
}

function underThousand(value: number): string[] {
  const rest = value % 100;
  const hundreds = value >= 100 ? [`num-${Math.floor(value / 100)}`, 'num-100'] : [];
  return rest === 0 && value > 0 ? hundreds : [...hundreds, ...underHundred(rest)];
}

/** A whole number, without "and": one hundred five. */
function whole(value: number): string[] {
  if (value === 0) return ['num-0'];
  return [1_000_000_000, 1_000_000, 1000, 1].flatMap((unit) => {
    const group = Math.floor(value / unit) % 1000;
    if (group === 0) return [];
    return [...underThousand(group), ...(unit === 1 ? [] : [`num-${unit}`])];
  });
}

/** Nineteen ninety-nine, nineteen oh five, two thousand nine, twenty twenty-six. */
function yearPieces(year: number): string[] {
  const [century, rest] = [Math.floor(year / 100), year % 100];
  if (year < 1000 || (year >= 2000 && year < 2010) || (rest === 0 && century % 10 === 0)) return whole(year);
  if (rest === 0) return [...underHundred(century), 'num-100'];
  return [...underHundred(century), ...(rest < 10 ? ['num-oh'] : []), ...underHundred(rest)];
}

function ordinal(day: number): string[] {
  if (day <= 20 || day === 30) return [`ord-${day}`];
  return [`num-${day - (day % 10)}`, `ord-${day % 10}`];
}

const counted = (count: number, unit: string): string[] => [...whole(count), count === 1 ? `unit-${unit}` : `unit-${unit}s`];

/** October first twenty twenty-six, two oh five p m, two hours three minutes, twelve yuan and fifty fen. */
export const english: SpokenLanguage = {
  number: ({ negative, whole: value, fraction }) => [
    ...(negative ? ['num-minus'] : []),
    ...whole(value),
    ...(fraction === '' ? [] : ['num-point', ...[...fraction].map((d) => `num-${d}`)]),
  ],
  count: whole,
  digits: (digits) => [...digits].filter((d) => d >= '0' && d <= '9').map((d) => `num-${d}`),
  date: ({ year, month, day }) => [`month-${month}`, ...ordinal(day), ...(year === 0 ? [] : yearPieces(year))],
  time: (hour, minute) => [
    ...underHundred(hour % 12 || 12),
    ...(minute === 0 ? [] : [...(minute < 10 ? ['num-oh'] : []), ...underHundred(minute)]),
    hour < 12 ? 'clock-am' : 'clock-pm',
  ],
  weekday: (day) => [`weekday-${day}`],
  duration(seconds) {
    const parts = [
      [Math.floor(seconds / 86_400), 'day'],
      [Math.floor(seconds / 3600) % 24, 'hour'],
      [Math.floor(seconds / 60) % 60, 'minute'],
      [seconds % 60, 'second'],
    ] as const;
    const spoken = parts.filter(([count]) => count > 0).flatMap(([count, unit]) => counted(count, unit));
    return spoken.length > 0 ? spoken : counted(0, 'second');
  },
  amount(cents, negative) {
    const [yuan, fen] = [Math.floor(cents / 100), cents % 100];
    const big = yuan > 0 || cents === 0 ? [...whole(yuan), 'money-yuan'] : [];
    const small = fen > 0 ? [...underHundred(fen), 'money-fen'] : [];
    return [...(negative ? ['num-minus'] : []), ...big, ...(big.length > 0 && small.length > 0 ? ['num-and'] : []), ...small];
  },
  text: (pieces) => pieces.map((piece) => TEXT[piece] ?? '').join(' '),
};
