import type { FieldProblem } from '@yixian/contracts/browser';

// What the server refused, in the language of the page. Its own words are English and name ids: they stay as the detail.

/** Of a text of the namespace `common`; of several keys the first there is. */
type Translate = (key: string | string[], values?: Record<string, string>) => string;

/** As much of an `ApiError` as is needed. */
interface Refusal {
  code: string;
  message: string;
  details: Record<string, unknown>;
}

const isRefusal = (error: unknown): error is Refusal => error instanceof Error && error.name === 'ApiError';

/** Refusals a person at a desk meets, by the server's words; the texts are in the catalogue under `error.known`. */
const KNOWN = {
  onCall: /is on a call$/,
  ringing: /is being offered a call$|rings already$/,
  offDuty: /is not signed in$/,
  noPhone: /no phone of extension \S+ is registered$/,
  noBrowser: /is a browser, and none is connected$/,
  notReached: /cannot be reached|nobody was reached|could not be made/,
  over: /is over$|is no longer with|is not on call/,
  nobodyTalks: /nobody talks|talks with nobody/,
  notRecorded: /is not recorded$/,
  notRinging: /does not ring yet$|no seat of agent \S+ rings/,
  noExtension: /^you have no extension/,
  stopping: /is shutting down/,
  noSlot: /^every slot is taken$/,
  exists: /already exists/,
  waitsNoMore: /waits no more/,
} as const;

/** Fields with a name in the catalogue, under `error.field`. */
const FIELDS: ReadonlySet<string> = new Set(['to', 'number', 'agent', 'queue', 'state', 'reason', 'digits', 'from', 'name', 'password']);

/** What is wrong with a field; a fault that has no name is told by the server's own sentence. */
export function faultWords(t: Translate, { fault, values, problem }: Omit<FieldProblem, 'field'>): string {
  if (fault === undefined || fault === 'other') return problem;
  return `${values.column === undefined ? '' : `${values.column}: `}${t(`error.fault.${fault}`, values)}`;
}

export interface ErrorWords {
  text: string;
  /** The server's own words, where `text` is not them. */
  detail: string | undefined;
}

export function errorWords(t: Translate, language: string, error: unknown): ErrorWords {
  const message = error instanceof Error ? error.message : String(error);
  if (!isRefusal(error)) return { text: t('failed', { message }), detail: undefined };
  if (error.code === 'unreachable') return { text: t('unreachable'), detail: undefined };
  const told = error.details.fields ?? error.details.usedBy;
  if (language === 'en' && !told) return { text: t('failed', { message }), detail: undefined };
  const detail = language === 'en' || saysAll(error) ? undefined : message;
  return { text: t('failed', { message: reasonOf(t, error) }), detail };
}

/** Each field at fault is told in the language of the page: the server's sentence adds nothing. */
function saysAll({ details }: Refusal): boolean {
  const { fields = [] } = details as { fields?: FieldProblem[] };
  return fields.length > 0 && fields.every(({ fault }) => fault !== undefined && fault !== 'other');
}

function reasonOf(t: Translate, { code, message, details }: Refusal): string {
  const { usedBy, fields } = details as { usedBy?: { kind: string; id: string }[]; fields?: FieldProblem[] };
  if (usedBy) return t('error.inUse', { by: usedBy.map(({ kind, id }) => `${t(`error.kind.${kind}`)} ${id}`).join(', ') });
  const [first] = fields ?? [];
  if (first && fields) return fields.length > 1 ? t('error.someFields', { n: String(fields.length) }) : faultWords(t, first);
  const known = (Object.keys(KNOWN) as (keyof typeof KNOWN)[]).find((name) => KNOWN[name].test(message));
  if (known) return t(`error.known.${known}`);
  const { field } = details;
  if (field === 'revision') return t('error.changed');
  const name = typeof field === 'string' ? field : /^(\w+): /.exec(message)?.[1];
  if (code === 'bad-request' && name) return t('error.badField', { field: FIELDS.has(name) ? t(`error.field.${name}`) : name });
  return t([`error.code.${code}`, 'error.code.internal']);
}
