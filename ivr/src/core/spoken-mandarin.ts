import { digitPieces, numberPieces } from './numbers.js';
import type { SpokenLanguage } from './spoken-language.js';

/** Text of each piece; the same texts stand in prompts/zh/prompts.json. */
const TEXT: Readonly<Record<string, string>> = {
  ...Object.fromEntries([...'零一二三四五六七八九十'].map((text, i) => [`num-${i}`, text])),
  'num-100': '百',
  'num-1000': '千',
  'num-10000': '万',
  'num-100000000': '亿',
  'num-liang': '两',
  'num-yao': '幺',
  'num-point': '点',
  'num-minus': '负',
  'date-year': '年',
  'date-month': '月',
  'date-day': '日',
  ...Object.fromEntries([...'一二三四五六日'].map((day, i) => [`weekday-${i + 1}`, `星期${day}`])),
  'day-before-dawn': '凌晨',
  'day-morning': '上午',
  'day-noon': '中午',
  'day-afternoon': '下午',
  'day-evening': '晚上',
  'hour-point': '点',
  'minute-part': '分',
  'half-past': '半',
  'on-the-hour': '整',
  'unit-days': '天',
  'unit-hours': '小时',
  'unit-minutes': '分钟',
  'unit-seconds': '秒',
  'money-yuan': '元',
  'money-jiao': '角',
  'money-fen': '分',
};

const counted = (value: number): string[] => numberPieces(value, { counting: true });

/** The part of the day an hour falls into, and from which hour. */
const PARTS = [
  [18, 'day-evening'],
  [13, 'day-afternoon'],
  [12, 'day-noon'],
  [6, 'day-morning'],
  [0, 'day-before-dawn'],
] as const;

function minutePieces(minute: number): string[] {
  if (minute === 0) return ['on-the-hour'];
  if (minute === 30) return ['half-past'];
  return [...(minute < 10 ? ['num-0'] : []), ...numberPieces(minute), 'minute-part'];
}

/** 二零二六年十月一日, 下午两点零五分, 两小时三分钟, 十二元五角. */
export const mandarin: SpokenLanguage = {
  number: ({ negative, whole, fraction }) => [
    ...(negative ? ['num-minus'] : []),
    ...numberPieces(whole),
    ...(fraction === '' ? [] : ['num-point', ...[...fraction].map((d) => `num-${d}`)]),
  ],
  count: counted,
  digits: digitPieces,
  date: ({ year, month, day }) => [
    ...(year === 0 ? [] : [...[...String(year)].map((d) => `num-${d}`), 'date-year']),
    ...numberPieces(month),
    'date-month',
    ...numberPieces(day),
    'date-day',
  ],
  time(hour, minute) {
    const part = PARTS.find(([from]) => hour >= from)?.[1] ?? 'day-before-dawn';
    return [part, ...counted(hour > 12 ? hour - 12 : hour), 'hour-point', ...minutePieces(minute)];
  },
  weekday: (day) => [`weekday-${day}`],
  duration(seconds) {
    const parts = [
      [Math.floor(seconds / 86_400), 'unit-days'],
      [Math.floor(seconds / 3600) % 24, 'unit-hours'],
      [Math.floor(seconds / 60) % 60, 'unit-minutes'],
      [seconds % 60, 'unit-seconds'],
    ] as const;
    const spoken = parts.filter(([count]) => count > 0).flatMap(([count, unit]) => [...counted(count), unit]);
    return spoken.length > 0 ? spoken : ['num-0', 'unit-seconds'];
  },
  amount(cents, negative) {
    const [yuan, jiao, fen] = [Math.floor(cents / 100), Math.floor(cents / 10) % 10, cents % 10];
    const pieces = yuan > 0 || cents === 0 ? [...counted(yuan), 'money-yuan'] : [];
    // 两 only where nothing stands before it: 两角, but 五元二角.
    const say = (count: number): string[] => (pieces.length === 0 ? counted(count) : numberPieces(count));
    if (jiao > 0) pieces.push(...say(jiao), 'money-jiao');
    if (fen > 0) pieces.push(...(jiao === 0 && yuan > 0 ? ['num-0'] : []), ...say(fen), 'money-fen');
    return [...(negative ? ['num-minus'] : []), ...pieces];
  },
  text: (pieces) => pieces.map((piece) => TEXT[piece] ?? '').join(''),
};
