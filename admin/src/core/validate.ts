import { DomainError } from '@yixian/contracts';
import { z } from 'zod';

/** No fields at all; any is an error that names it. */
export const nothing = z.strictObject({});

/** One thing wrong with what was sent. */
export interface FieldProblem {
  field: string;
  problem: string;
}

/**
 * The value as the schema reads it.
 * @throws DomainError `bad-request` whose message names the first wrong field and whose details name all
 */
export function check<S extends z.ZodType>(schema: S, value: unknown, where: 'path' | 'query' | 'body' | 'command'): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const fields = result.error.issues.flatMap(problemsOf);
  const first = fields[0];
  const at = first?.field ? `${where} field ${first.field}` : where;
  throw new DomainError('bad-request', `${at}: ${first?.problem ?? 'not valid'}`, { in: where, fields });
}

function problemsOf(issue: z.core.$ZodIssue): FieldProblem[] {
  const at = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ field: [...at, key].join('.').slice(0, 100), problem: 'is not a known field' }));
  }
  return [{ field: at.join('.'), problem: issue.message }];
}
