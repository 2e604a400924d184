/** What can be wrong with a field, for pages that say it in their own language; the API's sentence says the same in English. */
export const FIELD_FAULTS = [
  'missing',
  'empty',
  'text',
  'flag',
  'number',
  'whole',
  'least',
  'most',
  'short',
  'length',
  'list',
  'entries',
  'choice',
  'unknown-field',
  'control-characters',
  'telephone',
  'extension',
  'id',
  'user-name',
  'password',
  'printable',
  'key',
  'keys',
  'clock',
  'date',
  'year',
  'instant',
  'address',
  'language',
  'shape',
  'none-such',
  'twice',
  'exists',
  'unpublished',
  'inbound-only',
  'phone-code',
  'itself',
  'not-listed',
  'agents-only',
  'extension-only',
  'later',
  'differ',
  'fixed',
  'fits',
  'either',
  'depth',
  'reserved',
  'file',
  /** Nothing of these: the sentence alone says it. */
  'other',
] as const;

export type FieldFault = (typeof FIELD_FAULTS)[number];

/** One field at fault, as an answer's `details.fields` names it. */
export interface FieldProblem {
  /** Path within the body: `overflow.0.to.queueId`. */
  field: string;
  /** What is wrong, in English. */
  problem: string;
  fault: FieldFault;
  /** What the words of the fault need, e.g. `{ most: '100' }`. */
  values: Record<string, string>;
}
