/** Codes of errors that reach a user of the API; the HTTP status follows from the code. */
export type ErrorCode =
  | 'bad-request'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'locked'
  | 'too-many-requests'
  | 'unavailable';

const STATUS: Record<ErrorCode, number> = {
  'bad-request': 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  locked: 423,
  'too-many-requests': 429,
  unavailable: 503,
};

/** A refusal the user can understand and mend. `details` names the field or thing at fault. */
export class DomainError extends Error {
  readonly code: ErrorCode;
  readonly details: Record<string, unknown> | undefined;

  constructor(code: ErrorCode, message: string, details?: Record<string, unknown>) {
    super(message);
    this.name = 'DomainError';
    this.code = code;
    this.details = details;
  }

  /** The HTTP status of this error. */
  get status(): number {
    return STATUS[this.code];
  }
}

/** Our own mistake: a step was asked for that no diagram has. Thrown in one place per machine, never caught to go on. */
export class IllegalTransition extends Error {
  constructor(machine: string, state: string, input: string) {
    super(`${machine}: ${input} is not possible in state ${state}`);
    this.name = 'IllegalTransition';
  }
}
