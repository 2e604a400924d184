/** Identifies one call from its arrival to its end, over all its legs. Sortable by time of creation. */
export type CallId = string;
/** Identifies one leg: one SIP dialog between the switch and one party. */
export type LegId = string;
/** An agent is known by the extension, e.g. `1001`. */
export type AgentId = string;
/** A queue is known by its short name, e.g. `consult`. */
export type QueueId = string;
/** A flow is known by its short name, e.g. `main`. */
export type FlowId = string;
export type TrunkId = string;
export type RecordingId = string;
export type UserId = string;
/** Milliseconds since 1970-01-01T00:00:00Z. */
export type EpochMs = number;

/** Where new ids come from; given as an argument so that cores stay pure and tests stay repeatable. */
export interface IdSource {
  /** @returns a new unique id, `prefix-` followed by a time-ordered part. */
  next(prefix: string): string;
}
