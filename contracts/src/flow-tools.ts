// What the editor of flows works with: the vocabulary of flows, simulated calls, speech.

/** A way out of a node type. */
export interface NodeWay {
  /** Path inside the node; `*` stands for each entry of a list, e.g. `choices.*.next`. */
  field: string;
  /** Left out it goes to `otherwise`, or the call ends. */
  optional: boolean;
}

/** A node type, made from the very schema that checks it. */
export interface NodeTypeDescription {
  type: string;
  /** JSON schema (draft 2020-12) of the node as it is written, with `x-kind` where a name or text stands for something. */
  schema: Record<string, unknown>;
  ways: NodeWay[];
}

export interface FlowVocabulary {
  nodes: NodeTypeDescription[];
  /** Variables every call has. */
  variables: string[];
  /** Of those, the ones a node cannot set by name. */
  readOnlyVariables: string[];
  /** Kinds `{ "as": … }` speaks. */
  spokenAs: string[];
}

export type SimulatedQueueOutcome = 'served' | 'timeout' | 'no-agents' | 'full' | 'closed' | 'failed' | 'callback' | 'abandoned';
export type SimulatedTransferOutcome = 'connected' | 'busy' | 'no-answer' | 'failed' | 'not-allowed';
export type SimulatedHttpFailure = 'timeout' | 'unreachable' | 'not-allowed' | 'too-large' | 'no-json';

/** One thing the caller of a simulated call, or the world around it, does. */
export type SimulationInput =
  | { keys: string }
  /** No key, until the time is up. */
  | { silence: true }
  /** What is said was heard to its end. */
  | { heard: true }
  | { hangUp: true }
  | { queueResult: { outcome: SimulatedQueueOutcome; agent: string; callerStays: boolean } }
  | { transferResult: { outcome: SimulatedTransferOutcome; callerStays: boolean } }
  | { httpResult: SimulatedHttpFailure | { status: number; body?: unknown } }
  /** How long the caller spoke, seconds; 0: nothing was left. */
  | { messageSeconds: number }
  /** `ok`, or the code of a refusal. */
  | { callbackResult: string }
  | { parkResult: { outcome: 'retrieved' | 'timeout' | 'unavailable'; callerStays: boolean } };

export interface SaidItem {
  kind: 'prompt' | 'say' | 'phrase';
  prompt: string | null;
  /** Prompts a phrase is joined of. */
  pieces: string[];
  text: string;
}

export type SimulationEvent =
  | { kind: 'node'; flow: string; node: string; type: string }
  | { kind: 'said'; items: SaidItem[]; language: string }
  | { kind: 'keys'; keys: string }
  | { kind: 'score'; score: number }
  | { kind: 'schedule'; schedule: string; open: boolean; because: string }
  | { kind: 'list'; list: string; listed: boolean }
  | { kind: 'asked'; effect: string; about: string }
  | { kind: 'warning'; message: string }
  | { kind: 'end'; reason: string; text: string | null };

export type SimulationWait =
  | { for: 'collect'; about: string; maxDigits: number; terminators: string }
  /** `play` only where prompts are stopped at. */
  | { for: 'play' | 'enqueue' | 'transfer' | 'voicemail' | 'record' | 'http' | 'requestCallback' | 'park'; about: string };

/** How a simulated call stands, and what happened since it was last asked. */
export interface SimulationPicture {
  over: boolean;
  result: { reason: string; text: string | null } | null;
  node: { flow: string; node: string } | null;
  /** Null only when it is over. */
  waiting: SimulationWait | null;
  variables: Record<string, string>;
  /** Local time in the simulation, `2026-10-01T08:30`. */
  at: string;
  events: SimulationEvent[];
}

export type SimulationView = SimulationPicture & { session: string };

export interface SimulationRequest {
  document: unknown;
  caller: string;
  called: string;
  /** Local time `2026-10-01T08:30`; now without it. */
  at?: string | undefined;
  /** Also waits at what is said, for `heard`, keys or a hang-up; else it is said at once. */
  stopAtPrompts: boolean;
}

/** ivr ▸ admin: simulated calls of those who draw flows. In memory, bounded in number and time, without any effect outside. */
export interface Simulator {
  /** @throws DomainError `bad-request` naming the first fault of the document */
  start(user: string, request: SimulationRequest): SimulationView;
  /** @throws DomainError `not-found` when the session is over, `conflict` when the flow waits for something else */
  input(user: string, session: string, input: SimulationInput): SimulationView;
  end(user: string, session: string): void;
}

/** ivr ▸ admin: what callers hear, as files. */
export interface SpeechFiles {
  /** The prompt in this language, or in the base set; undefined when there is none. */
  prompt(id: string, language: string): string | undefined;
  /** The text by speech synthesis; undefined when it cannot be spoken. */
  text(text: string, language: string): Promise<string | undefined>;
}
