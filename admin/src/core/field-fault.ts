import type { FieldFault, FieldProblem } from '@yixian/contracts';

/** The sentences of the schemas and of the rules behind them, in the order in which they are tried; their named groups are the values. */
const SENTENCES: readonly (readonly [FieldFault, RegExp])[] = [
  ['missing', /^is needed|^must say exactly one thing|: (?:a seat of kind phone needs|of the phone)/],
  ['empty', /^must not be empty$|^must have at least one/],
  ['text', /^must be a text$|expected string/],
  ['flag', /^must be true or false$|expected boolean/],
  ['whole', /^must be a whole number$|expected int/],
  ['number', /^must be a number$|^priority: a number|: expected number, /],
  ['least', /^must be at least (?<least>-?[\d.]+)$|^Too small: expected number to be >=?(?<from>-?[\d.]+)/],
  ['short', /^must be at least (?<least>\d+) characters$/],
  ['length', /^must be at most (?<most>\d+) characters$|^Too big: expected string to have <=(?<upTo>\d+)/],
  [
    'most',
    /^must be at most (?<most>-?[\d.]+)$|^must be at most (?<years>\d+) years$|^Too big: expected number to be <=?(?<upTo>-?[\d.]+)/,
  ],
  ['list', /^must be a list$|expected array/],
  ['entries', /^must have at most (?<most>\d+) entries$|^there are more than (?<upTo>\d+) entries$|expected array to have/],
  ['choice', /^(?:\w+: )?must be one of (?<values>.+)$|^must be (?<named>[a-z-]+(?:, [a-z-]+)* or [a-z-]+)$/],
  ['unknown-field', /^is not a known field$|^there is no column /],
  ['control-characters', /^must not have control characters$/],
  ['user-name', /^must be letters, digits, \. _ @ and -|^must be the id or the name of a user$|^must be a staff number/],
  ['id', /^must be an id of |^must be the name of a backup$/],
  ['password', /^must be 8 to 128 printable/],
  ['printable', /^must be printable/],
  ['extension', /^must be an extension/],
  ['key', /^must be one key/],
  ['keys', /^must be (?:1 to 32 )?keys|^must be (?:2 to 12|at most 32) of 0/],
  ['clock', /^must be a time of day/],
  ['date', /^must be a date/],
  ['year', /^must be a year/],
  ['instant', /^must be an ISO 8601 time|^must be a local time/],
  ['address', /^must be an http or https address$/],
  ['language', /^must be a language tag/],
  ['telephone', /^must be a (?:telephone )?number\b/],
  ['shape', /^must be (?:an object|a recording policy|a tile) |^must be (?:a flow document|an entry|\{)|^must have an? (?:kind|action): /],
  ['twice', /^(?<value>.+) is there twice$/],
  ['exists', /(?<value>\S+) already exists$|^extension (?<number>\S+) is in use by user/],
  ['unpublished', /^flow (?<id>\S+) is not published$/],
  ['inbound-only', /^trunk (?<id>\S+) is inbound only/],
  ['phone-code', /^(?<value>\S+) is a code of the agents’ phones$/],
  ['itself', /^is this (?:queue|extension) itself$/],
  ['not-listed', /^is not one of /],
  ['agents-only', /^(?:is|are) for users with role agent and an extension$/],
  ['extension-only', /^is for users with an extension$/],
  ['later', /must be later than/],
  ['differ', /^must differ from (?<value>[^;]+)/],
  ['fixed', /^is (?<value>\S+) and cannot be changed|^must be (?<same>\S+), as the flow it belongs to$/],
  ['fits', /^[xy] \+ [wh] must be at most (?<most>\d+)$/],
  ['either', /^(?:send|give) either/],
  ['depth', /^must not be nested more than (?<most>\d+) levels deep$/],
  ['reserved', /^must not be (?<value>\S+)$/],
  ['none-such', /^there is no \w+ (?<id>\S+)$|^flow (?<flow>\S+) never had a version/],
  ['file', /^send the file as the body|is not a RIFF|^the file /],
];

/** Names of groups that mean the same in another sentence. */
const SAME: Readonly<Record<string, string>> = {
  from: 'least',
  upTo: 'most',
  years: 'most',
  flow: 'id',
  named: 'values',
  number: 'value',
  same: 'value',
};

/** A problem with the code of its fault, by its sentence. */
export function fieldProblem(field: string, problem: string): FieldProblem {
  const whole = found(problem);
  if (whole) return { field, problem, ...whole };
  // of a line of a file: the column stands before the sentence
  const [, column = '', sentence = ''] = /^([\w.]+) (.+)$/.exec(problem) ?? [];
  const rest = found(sentence);
  return rest ? { field, problem, fault: rest.fault, values: { ...rest.values, column } } : { field, problem, fault: 'other', values: {} };
}

/** What is wrong, by the sentence alone; undefined when the sentence is none of these. */
export function found(sentence: string): Pick<FieldProblem, 'fault' | 'values'> | undefined {
  for (const [fault, pattern] of SENTENCES) {
    const match = pattern.exec(sentence);
    if (!match) continue;
    const values = Object.entries(match.groups ?? {}).flatMap(([name, value]) => (value ? [[SAME[name] ?? name, value]] : []));
    return { fault, values: Object.fromEntries(values) as Record<string, string> };
  }
  return undefined;
}
