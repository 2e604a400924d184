import { type Variables, valueOfVariable } from './variables.js';

// Texts with places for variables: `Order {{orderNumber}}`, and in requests also `{{secret:crm-token}}`.

/** A piece of a filled text; a secret stays a name until it is on the wire. */
export type TemplatePart = string | { readonly secret: string };

const PLACE = /\{\{(secret:)?([A-Za-z0-9][A-Za-z0-9_-]{0,63})\}\}/g;

type Place = { kind: 'text'; text: string } | { kind: 'variable' | 'secret'; name: string };

function places(template: string): Place[] {
  const found: Place[] = [];
  let end = 0;
  for (const match of template.matchAll(PLACE)) {
    if (match.index > end) found.push({ kind: 'text', text: template.slice(end, match.index) });
    found.push({ kind: match[1] ? 'secret' : 'variable', name: match[2] ?? '' });
    end = match.index + match[0].length;
  }
  if (end < template.length) found.push({ kind: 'text', text: template.slice(end) });
  return found;
}

const named = (template: string, kind: 'variable' | 'secret'): string[] =>
  places(template).flatMap((place) => (place.kind === kind ? [place.name] : []));

/** Variables the template names. */
export const templateVariables = (template: string): string[] => named(template, 'variable');

/** Secrets the template names. */
export const templateSecrets = (template: string): string[] => named(template, 'secret');

/**
 * Fills a template, once: what a variable holds is never looked at for places again.
 * @param encode how a variable's value is written, e.g. for an URL
 */
export function fill(template: string, variables: Variables, encode: (value: string) => string = (value) => value): TemplatePart[] {
  return places(template).map((place) => {
    if (place.kind === 'text') return place.text;
    return place.kind === 'secret' ? { secret: place.name } : encode(valueOfVariable(variables, place.name));
  });
}

/** Fills a template that holds no secrets. */
export function fillText(template: string, variables: Variables, encode?: (value: string) => string): string {
  return fill(template, variables, encode)
    .map((part) => (typeof part === 'string' ? part : ''))
    .join('');
}

/** JSON text of a value whose strings are templates; a variable cannot break out of its string. */
export function fillJson(value: unknown, variables: Variables): TemplatePart[] {
  if (typeof value === 'string') {
    const inner = fill(value, variables).map((part) => (typeof part === 'string' ? JSON.stringify(part).slice(1, -1) : part));
    return ['"', ...inner, '"'];
  }
  if (Array.isArray(value)) return ['[', ...joined(value.map((item) => fillJson(item, variables))), ']'];
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(([name, item]) => [`${JSON.stringify(name)}:`, ...fillJson(item, variables)]);
    return ['{', ...joined(members), '}'];
  }
  return [JSON.stringify(value ?? null)];
}

const joined = (items: TemplatePart[][]): TemplatePart[] => items.flatMap((item, i) => (i === 0 ? item : [',', ...item]));

/** Every string in a JSON value, with its path. */
export function jsonStrings(value: unknown, path: string): { field: string; text: string }[] {
  if (typeof value === 'string') return [{ field: path, text: value }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) => jsonStrings(item, `${path}.${name}`));
}
