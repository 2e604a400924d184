import type { AgentId, AgentSnapshot, CallbackView, CallId, EventDraft, QueueSnapshot } from '@yixian/contracts';
import type { Act, Input } from '../core/inputs.js';
import type { HeldLine, LiveCall } from '../core/types.js';

// What the processes of one hotline say to each other about queues. See docs/cluster.md.

/** Topics. */
export const INPUT = 'acd.input';
export const RESUME = 'acd.resume';
export const ANNOUNCE = 'acd.announce';
export const TURN = 'acd.turn';
export const VIEW = 'acd.view';
export const LOOK = 'acd.look';
export const JOINED = 'acd.joined';
/** Methods. */
export const COMMAND = 'acd.command';
export const RING_AGAIN = 'acd.ring-again';
export const RECALL = 'acd.recall';

/** A fact of a process; kept there until the leader has said that it is decided. */
export interface Told {
  /** Counts on without end, whoever leads. */
  n: number;
  /** When it happened, epoch milliseconds. */
  at: number;
  input: Input;
}

/** From a process to the leader. */
export interface InputMessage extends Told {
  term: number;
}

/** From a new leader to every process. */
export interface ResumeMessage {
  term: number;
}

/** What a process knows: its calls as it was last told, its lines, and what it has told that nobody has decided yet. */
export interface Announcement {
  calls: readonly LiveCall[];
  lines: readonly HeldLine[];
  pending: readonly Told[];
  /** The last term this process decided in, as long as it remembers what was kept then; 0: none. */
  decided: number;
}

export interface AnnounceMessage extends Announcement {
  term: number;
}

/** Something for a process to do, or to publish, in order. */
export type Deed = { effect: Act } | { event: EventDraft };

/** From the leader to the process of some calls. */
export interface TurnMessage {
  term: number;
  /** The last fact of this process that has been decided. */
  seen: number;
  acts: readonly Deed[];
  /** Its calls as they stand after it. */
  calls: readonly LiveCall[];
  /** Calls that are in no queue any more. */
  gone: readonly CallId[];
}

/** A queue as it is told: what grows by itself is left to whoever shows it. */
export interface ToldQueue {
  queue: QueueSnapshot;
  /** What the callers hear of their wait, milliseconds, in the order of `waiting`. */
  estimates: readonly (number | null)[];
}

/** From the leader to every process: what is to be seen everywhere. */
export interface ViewMessage {
  term: number;
  /** Nothing said before counts. */
  full: boolean;
  agents: readonly AgentSnapshot[];
  agentsGone: readonly AgentId[];
  queues: readonly ToldQueue[];
  queuesGone: readonly string[];
  callbacks: readonly CallbackView[] | null;
}

export interface JoinedMessage {
  callId: CallId;
  /** The call an agent is on who has taken this question; null: no more. */
  on: CallId | null;
}

export interface CommandMessage {
  name: string;
  args: readonly unknown[];
}
