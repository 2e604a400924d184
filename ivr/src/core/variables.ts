/** Values a flow knows of its call, by name. Built in: `builtInVariables`; others are set by nodes. */
export type Variables = Readonly<Record<string, string>>;

/** Longest value a variable keeps, in characters; what is longer is cut. */
export const MAX_VALUE = 1000;
/** Variables a call may have. A node that would set more sets none. */
export const MAX_VARIABLES = 500;

/** The value of a variable; empty while it is not set. */
export function valueOfVariable(variables: Variables, name: string): string {
  return Object.hasOwn(variables, name) ? (variables[name] ?? '') : '';
}

/** Variables every call has, besides those that nodes save. */
export const builtInVariables = [
  'caller',
  'called',
  'language',
  'priority',
  /** `2026-10-01T08:30` in the hotline's time zone. */
  'now',
  'digits',
  'queue',
  'queueResult',
  'agent',
  'transferResult',
  'voicemailResult',
  'survey',
  'schedule',
  'scheduleReason',
  'callerList',
  'callerListNote',
  'httpResult',
  'httpStatus',
  'expressionError',
  'callbackNumber',
  'callbackResult',
  'callbackId',
  'subFlowResult',
  'parkResult',
] as const;

/** What a node may not set by name: facts of the call, and what has a node of its own. */
export const READ_ONLY_VARIABLES: ReadonlySet<string> = new Set(['caller', 'called', 'now', 'language', 'priority']);
