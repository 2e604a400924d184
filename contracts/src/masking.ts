import type { Directory, HotlineSettings, Role } from './directory.js';

// Personal numbers hidden by role: one pure rule for REST answers, events and snapshots alike.

/** A whole string that is a telephone number, or a kind and one, as in `number:13800001234`. */
const NUMBER = /^((?:[a-z-]+:)?\+?)(\d{7,32})$/i;

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
    if (typeof value === 'string') return isOurs(value) ? value : maskedNumber(value);
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
