import type { FieldProblem } from '@yixian/contracts/browser';
import type { ApiError } from '../app/api.js';
import type { SourceName } from './sources.js';

/** The content of a form, or of a part of it. */
export type Values = Record<string, unknown>;

interface Base {
  /** Name of the field in the API. Its label is `<prefix>.<name>` of the catalogue, its help `<name>Help`, its options `<name>Is`. */
  name: string;
  required?: boolean;
  /** Only when the thing is made, or only when it is changed. */
  only?: 'new' | 'old';
  /** The key: given once, never changed. */
  fixed?: boolean;
  /** Shown only where this holds of the values beside it. */
  when?(values: Values): boolean;
}

/** What kind of value a field is; nested ones are forms of their own. */
export type FieldSpec = Base &
  (
    | { kind: 'text'; nullable?: boolean; placeholder?: string }
    | { kind: 'secret' }
    | { kind: 'number'; min: number; max: number; unit?: string; nullable?: boolean }
    | { kind: 'flag' }
    | { kind: 'date' }
    | { kind: 'clock' }
    | { kind: 'choice'; options?: readonly string[]; from?: SourceName; nullable?: boolean }
    | { kind: 'choices'; options?: readonly (string | number)[]; from?: SourceName; free?: boolean }
    /** `start`: what it is filled with when it is switched on; without it, it is always there. */
    | { kind: 'object'; fields: readonly FieldSpec[]; prefix?: string; start?: Values }
    | { kind: 'list'; fields: readonly FieldSpec[]; prefix?: string; start: Values; ordered?: boolean }
    /** One of several shapes, told apart by `key`. */
    | { kind: 'variants'; key: string; prefix?: string; variants: Record<string, { fields: readonly FieldSpec[]; start: Values }> }
    /** Levels by skill, of the skills that the form names elsewhere; `least` 0 where a skill can be waived. */
    | { kind: 'levels'; skills: string; least: 0 | 1 }
  );

export interface FieldGroup {
  /** Heading: `<resource>.groups.<name>` of the catalogue. */
  name: string;
  fields: readonly FieldSpec[];
}

/** What is sent: the fields of the form, without secrets left blank and without what cannot be changed. */
export function bodyOf(fields: readonly FieldSpec[], values: Values, isNew: boolean): Values {
  const sent = fields.filter((field) => belongs(field, isNew) && !(field.fixed && !isNew));
  return Object.fromEntries(
    sent.flatMap((field) => {
      const value = values[field.name];
      if (value === undefined || (field.kind === 'secret' && value === '')) return [];
      return [[field.name, value]];
    }),
  );
}

export function belongs(field: FieldSpec, isNew: boolean): boolean {
  return field.only === undefined || (field.only === 'new') === isNew;
}

/** What the server found wrong, by the path of the field: `overflow.0.to.queueId`. */
export type Faults = Record<string, string>;

export function faultsOf(error: ApiError, words: (problem: Omit<FieldProblem, 'field'>) => string): Faults {
  const { fields, field, fault = 'other', values = {} } = error.details as Partial<FieldProblem> & { fields?: FieldProblem[] };
  if (fields) return Object.fromEntries(fields.map((one) => [one.field, words(one)]));
  return field === undefined ? {} : { [field]: words({ fault, values, problem: error.message }) };
}

/** Whether something within this field is at fault. */
export function faulty(faults: Faults, name: string): boolean {
  return Object.keys(faults).some((at) => at === name || at.startsWith(`${name}.`));
}
