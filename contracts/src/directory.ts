import type { AgentId, FlowId, QueueId, TrunkId, UserId } from './ids.js';

/** A SIP trunk: where calls come from by address, and where calls go to by rule. */
export interface Trunk {
  id: TrunkId;
  name: string;
  /** Source addresses or CIDR blocks, IPv4 or IPv6, from which this trunk's calls arrive. */
  inboundAddresses: string[];
  /** Where outbound calls go, e.g. `sip:127.0.0.1:5080`; null when the trunk is inbound only. */
  outboundUri: string | null;
  /** Regular expressions of numbers this trunk may be used to call. */
  outboundNumbers: string[];
  /** Caller number shown on outbound calls; null keeps the extension's. */
  outboundCallerId: string | null;
  /** Digest credentials the far side may ask for on outbound calls. */
  auth: { username: string; password: string } | null;
  /** Calls at one time, both directions together. */
  maxCalls: number;
  /** New inbound calls a second. */
  maxCallsPerSecond: number;
  enabled: boolean;
}

/** An internal number with SIP credentials. Every agent has one. */
export interface Extension {
  number: string;
  displayName: string;
  sipPassword: string;
  /** Whether this extension may call over trunks. */
  outboundAllowed: boolean;
  enabled: boolean;
}

/** A dialled code or number and what it reaches. */
export interface AccessCode {
  number: string;
  target: RouteTarget;
  name: string;
  enabled: boolean;
}

export type RouteTarget =
  | { kind: 'toFlow'; flowId: FlowId }
  | { kind: 'toExtension'; extension: string }
  | { kind: 'toTrunk'; trunkId: TrunkId; number: string }
  | { kind: 'reject'; reason: 'unknown-number' | 'forbidden' | 'busy' };

export interface Skill {
  id: string;
  name: string;
}

export interface QueueConfig {
  id: QueueId;
  /** Shown to people, e.g. 咨询. */
  name: string;
  /** An agent needs every one of these skills to be offered a call of this queue. */
  requiredSkills: string[];
  /** Larger goes first. */
  priority: number;
  /** How long an agent's phone rings before the offer is taken back, milliseconds. */
  ringTimeoutMs: number;
  /** Wrap-up after a call, milliseconds; 0 for none. */
  wrapUpMs: number;
  /** Longest wait before the caller goes on with `timeout`, milliseconds. */
  maxWaitMs: number;
  /** Waiting calls at most; one more goes on with `full`. */
  maxLength: number;
  /** Prompt id of the music. */
  music: string;
  /** Between announcements of position and wait, milliseconds; 0 for none. */
  announceEveryMs: number;
  /** Service-level threshold T in seconds. */
  serviceLevelSeconds: number;
  /** Record calls of this queue. */
  record: boolean;
}

export interface AgentConfig {
  id: AgentId;
  userId: UserId;
  name: string;
  skills: string[];
  /** Groups a supervisor may be given; the demo has one. */
  groups: string[];
  enabled: boolean;
}

export type Role = 'agent' | 'supervisor' | 'admin';

export interface User {
  id: UserId;
  username: string;
  displayName: string;
  roles: Role[];
  /** The extension of an agent or supervisor, or null. */
  extension: string | null;
  /** Groups a supervisor leads. */
  groups: string[];
  enabled: boolean;
}

/**
 * The configuration as it stands, held in memory so that a call never waits for the database to be routed.
 * All look-ups are synchronous; `onChange` tells that something is different.
 */
export interface Directory {
  trunks(): readonly Trunk[];
  trunk(id: TrunkId): Trunk | undefined;
  extension(number: string): Extension | undefined;
  extensions(): readonly Extension[];
  accessCode(number: string): AccessCode | undefined;
  queue(id: QueueId): QueueConfig | undefined;
  queues(): readonly QueueConfig[];
  agent(id: AgentId): AgentConfig | undefined;
  agents(): readonly AgentConfig[];
  /** The published flow document, not yet validated; undefined when there is none. */
  flow(id: FlowId): { version: number; document: unknown } | undefined;
  flowIds(): readonly FlowId[];
  onChange(listener: () => void): () => void;
}
