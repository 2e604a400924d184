import { english } from './spoken-english.js';
import type { SpokenDate, SpokenLanguage, SpokenNumber } from './spoken-language.js';
import { mandarin } from './spoken-mandarin.js';

// Values of a flow as they are spoken: number, date, time, duration, money. What they are is read here, how they are said is
// each language's own file.

/** What is said: pieces to join, which are prompt ids, and the same as text for speech synthesis where a piece has no file. */
export interface Phrase {
  readonly pieces: readonly string[];
  readonly text: string;
}

export const SPOKEN_AS = ['number', 'count', 'digits', 'date', 'time', 'datetime', 'weekday', 'duration', 'amount'] as const;
/**
 * `number` 12, -3.5 · `count` a number before a measure word (两) · `digits` one by one · `date` `2026-10-01` or `10-01` ·
 * `time` `08:30` · `datetime` both · `weekday` of a date · `duration` seconds · `amount` yuan, e.g. `12.50`.
 */
export type SpokenAs = (typeof SPOKEN_AS)[number];

/** Language of a tag; what is not known is spoken as Mandarin. */
export const spokenLanguage = (tag: string): SpokenLanguage => (/^en\b/i.test(tag) ? english : mandarin);

const MAX_WHOLE = 999_999_999_999;

/**
 * @param value as a variable holds it
 * @returns undefined when the value is no such thing
 */
export function phraseOf(as: SpokenAs, value: string, language: string): Phrase | undefined {
  const voice = spokenLanguage(language);
  const pieces = piecesOf(as, value.trim(), voice);
  return pieces && pieces.length > 0 ? { pieces, text: voice.text(pieces) } : undefined;
}

function piecesOf(as: SpokenAs, value: string, voice: SpokenLanguage): string[] | undefined {
  switch (as) {
    case 'number': {
      const number = readNumber(value);
      return number && voice.number(number);
    }
    case 'count': {
      const number = readNumber(value);
      return number && number.fraction === '' && !number.negative ? voice.count(number.whole) : undefined;
    }
    case 'digits':
      return voice.digits(value);
    case 'date': {
      const date = readDate(value);
      return date && voice.date(date);
    }
    case 'time': {
      const time = readTime(value);
      return time && voice.time(time.hour, time.minute);
    }
    case 'datetime': {
      const [date, time] = [readDate(value), readTime(value)];
      return date && time && [...voice.date(date), ...voice.time(time.hour, time.minute)];
    }
    case 'weekday': {
      const date = readDate(value);
      return date && date.weekday > 0 ? voice.weekday(date.weekday) : undefined;
    }
    case 'duration': {
      const number = readNumber(value);
      return number && !number.negative ? voice.duration(number.whole) : undefined;
    }
    case 'amount':
      return amount(value, voice);
  }
}

function amount(value: string, voice: SpokenLanguage): string[] | undefined {
  const number = readNumber(value);
  if (!number) return undefined;
  // Rounded half up to a hundredth on the digits themselves: 1.005 is 1.01, not what a binary fraction makes of it.
  const digits = `${number.fraction}000`;
  const cents = number.whole * 100 + Number(digits.slice(0, 2)) + (Number(digits.charAt(2)) >= 5 ? 1 : 0);
  return Number.isSafeInteger(cents) && cents <= MAX_WHOLE * 100 ? voice.amount(cents, number.negative && cents > 0) : undefined;
}

function readNumber(text: string): SpokenNumber | undefined {
  const match = /^(-?)(\d{1,12})(?:\.(\d{1,10}))?$/.exec(text);
  if (!match) return undefined;
  const [, sign, whole = '', fraction = ''] = match;
  const meant = fraction.replace(/0+$/, '');
  const zero = Number(whole) === 0 && meant === '';
  return { negative: sign === '-' && !zero, whole: Number(whole), fraction: meant };
}

function readDate(text: string): SpokenDate | undefined {
  const match = /^(?:(\d{4})-)?(\d{2})-(\d{2})(?=$|[T ])/.exec(text);
  if (!match) return undefined;
  const [year, month, day] = [Number(match[1] ?? 0), Number(match[2]), Number(match[3])];
  if (month < 1 || month > 12 || day < 1 || day > daysIn(month, year)) return undefined;
  return { year, month, day, weekday: year === 0 ? 0 : weekdayOf(year, month, day) };
}

/** Without a year 29 February may be meant. */
function daysIn(month: number, year: number): number {
  if (month !== 2) return [4, 6, 9, 11].includes(month) ? 30 : 31;
  return year % 400 === 0 || (year % 4 === 0 && year % 100 !== 0) ? 29 : 28;
}

const MONTH_SHIFT = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4];

/** 1 Monday … 7 Sunday, by Sakamoto's rule for the Gregorian calendar. */
function weekdayOf(year: number, month: number, day: number): number {
  const y = month < 3 ? year - 1 : year;
  const shift = MONTH_SHIFT[month - 1] ?? 0;
  return (y + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + shift + day) % 7 || 7;
}

function readTime(text: string): { hour: number; minute: number } | undefined {
  const match = /(?:^|[T ])([01]\d|2[0-3]):([0-5]\d)(?::[0-5]\d(?:\.\d+)?)?$/.exec(text);
  return match ? { hour: Number(match[1]), minute: Number(match[2]) } : undefined;
}
