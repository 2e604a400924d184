import { DomainError } from '@yixian/contracts';
import { z } from 'zod';

/** What a client says when it connects. */
export const handshake = z.object({
  token: z.string('must be the token of POST /api/v1/session').min(1).max(256),
  /** `seq` of the last event the client saw. */
  since: z.number('must be the seq of the last event seen').int().min(0).nullish(),
});

/** A command is an object with a name; its fields are checked by the command itself. */
export const commandEnvelope = z.looseObject({ name: z.string('must be the name of a command').min(1).max(32) });

/** @throws DomainError `bad-request` naming the field */
export function read<S extends z.ZodType>(schema: S, value: unknown, what: string): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const field = issue?.path.map(String).join('.') ?? '';
  const where = field === '' ? what : `${what} field ${field}`;
  throw new DomainError('bad-request', `${where}: ${issue?.message ?? 'not valid'}`, { in: what, field });
}

/** The shape errors have over REST, too. */
export interface WireError {
  code: string;
  message: string;
  details?: Record<string, unknown>;
}

/** An error as it goes out; what is not meant for users stays inside. */
export function wireError(error: unknown): WireError {
  if (!(error instanceof DomainError)) return { code: 'internal', message: 'something went wrong inside; the log has it' };
  return { code: error.code, message: error.message, ...(error.details ? { details: error.details } : {}) };
}
