import type { Directory, HotlineSettings, Role } from './directory.js';

// Personal numbers hidden by role: one pure rule for REST answers, events and snapshots alike.

/** A whole string that is a telephone number, or a kind and one, as in `number:13800001234`. */
const NUMBER = /^((?:[a-z-]+:)?\+?)(\d{7,32})$/i;

/** Province codes an identity number begins with (GB/T 2260). */
const PROVINCE = '(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3])';
const MONTH_AND_DAY = '(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\\d|3[01])';

/**
 * Personal numbers in the middle of a text: identity numbers of 18 or 15 digits (GB 11643: place, date of birth, order, check digit),
 * mobiles, lines with an area code, and numbers in international form; written in one piece or in groups. Dates, amounts, order numbers
 * and ids have another form, or are part of something longer, and are none.
 */
const IN_TEXT = new RegExp(
  `(?<![\\w.*-])(?:${[
    `${PROVINCE}\\d{4}(?:19|20)\\d{2}${MONTH_AND_DAY}\\d{3}[\\dXx]`,
    `${PROVINCE}\\d{6}${MONTH_AND_DAY}\\d{3}`,
    '(?:(?:\\+|00)?86[ -]?)?1[3-9]\\d(?:[ -]?\\d{4}){2}',
    '\\(?0(?:10|2\\d|[3-9]\\d{2})\\)?[ -]?[2-8]\\d{2,3}[ -]?\\d{4}',
    '\\+[1-9]\\d{0,2}(?:[ -]?\\d{2,4}){2,4}',
  ].join('|')})(?![\\w*]|[.-]\\w)`,
  'gu',
);

/** Country and area say little of a person, and stay. */
const PLACE = /^(?:(?:(?:\+|00)?86[ -]?)(?=1[3-9])|\(?0(?:10|2\d|[3-9]\d{2})\)?[ -]?|\+[1-9]\d{0,2}[ -])/u;

/** The middle goes; whatever stands between the digits stays. */
function maskedDigits(found: string): string {
  const [place = ''] = PLACE.exec(found) ?? [];
  const rest = found.slice(place.length);
  const count = rest.replace(/[^\dXx]/gu, '').length;
  const first = count >= 15 ? 6 : count === 11 ? 3 : 0;
  let at = 0;
  const hidden = rest.replace(/[\dXx]/gu, (digit) => {
    at += 1;
    return at <= first || at > count - 4 ? digit : '*';
  });
  return place + hidden;
}

/**
 * Every personal number in a text masked, and nothing else of it.
 * @param isOurs tells the hotline's own numbers, which stay
 */
export function maskedText(text: string, isOurs: (number: string) => boolean): string {
  return text.replace(IN_TEXT, (found) => (isOurs(found.replace(/[^+\d]/gu, '')) ? found : maskedDigits(found)));
}

/**
 * What somebody who sees numbers masked has written, with the numbers it was read with: nobody loses a number by saving what he was shown.
 * @param before the text as it is stored
 */
export function unmaskedText(text: string, before: string): string {
  const known = new Map<string, string[]>();
  for (const [found] of before.matchAll(IN_TEXT)) {
    const shown = maskedDigits(found);
    known.set(shown, [...(known.get(shown) ?? []), found]);
  }
  let whole = text;
  for (const [shown, numbers] of known) {
    // of several that look the same, each is put back in its turn
    whole = whole.replaceAll(shown, () => (numbers.length > 1 ? numbers.shift() : numbers[0]) ?? shown);
  }
  return whole;
}

/** What is never a personal number, whatever it looks like. */
const OTHER_FIELDS = new Set(['id', 'callId', 'username', 'extension', 'agent', 'agentId', 'queue', 'next', 'sha256', 'digits']);

/** The middle four digits or more hidden: 138****5678, 021****4567. Shorter than seven digits it is no personal number. */
export function maskedNumber(number: string): string {
  const match = NUMBER.exec(number);
  if (!match) return number;
  const [, kind = '', digits = ''] = match;
  const kept = digits.length - 4;
  const last = Math.min(4, Math.ceil(kept / 2));
  const first = Math.min(4, kept - last);
  return `${kind}${digits.slice(0, first)}${'*'.repeat(digits.length - first - last)}${digits.slice(-last)}`;
}

/** Whether this role sees numbers masked. */
export function isMasked(settings: Pick<HotlineSettings, 'maskNumbersFor'>, role: Role): boolean {
  return settings.maskNumbersFor.includes(role);
}

/**
 * A copy of something that is about to go out, with every personal number in it masked.
 * @param isOurs tells the hotline's own numbers, which stay: extensions, access codes, what is shown on calls
 */
export function withMaskedNumbers<T>(view: T, isOurs: (number: string) => boolean): T {
  const walk = (value: unknown): unknown => {
    if (typeof value === 'string') return isOurs(value) ? value : NUMBER.test(value) ? maskedNumber(value) : maskedText(value, isOurs);
    if (Array.isArray(value)) return value.map(walk);
    if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) return value;
    return Object.fromEntries(Object.entries(value).map(([field, inner]) => [field, OTHER_FIELDS.has(field) ? inner : walk(inner)]));
  };
  return walk(view) as T;
}

/** What a mask depends on. */
export type MaskFacts = Pick<Directory, 'settings' | 'extension' | 'accessCode' | 'extensionGroup' | 'trunks'>;

/** How this role sees what goes out: as it is, or with personal numbers masked. */
export function maskFor(facts: MaskFacts, role: Role): <T>(view: T) => T {
  if (!isMasked(facts.settings(), role)) return (view) => view;
  const shown = new Set(facts.trunks().map((trunk) => trunk.outboundCallerId));
  const isOurs = (number: string): boolean =>
    shown.has(number) || Boolean(facts.extension(number) ?? facts.accessCode(number) ?? facts.extensionGroup(number));
  return (view) => withMaskedNumbers(view, isOurs);
}
