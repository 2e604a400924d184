import type { CollectOptions, CollectResult, EventDraft, FlowId, PlaybackEnd, QueueId, QueueResult, Termination } from '@yixian/contracts';
import type { TemplatePart } from './template.js';
import type { Variables } from './variables.js';

// The words of the interpreter: what it is told, what it asks for, what it reports. The machine itself is `interpreter.ts`.

/** A flow as nodes hand it on: a `Flow` that was checked. What a node is, `flow.ts` knows, and that knows these words. */
export interface LoadedFlow {
  readonly id: string;
  readonly start: string;
}

/** One thing to play, with variables already put in. */
export type SpeechItem =
  | { kind: 'prompt'; id: string }
  | { kind: 'say'; text: string }
  /** Pieces that are prompts; the whole text is spoken where one of them has no file. */
  | { kind: 'phrase'; pieces: readonly string[]; text: string };

export type TransferTarget = { kind: 'extension' | 'number'; value: string };
export type TransferOutcome = 'connected' | 'busy' | 'no-answer' | 'failed' | 'not-allowed';

/** A request to another system. Secrets are names until it is on the wire. */
export interface HttpRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  url: string;
  headers: Readonly<Record<string, readonly TemplatePart[]>>;
  /** JSON text. */
  body?: readonly TemplatePart[];
  /** Of one try, milliseconds. */
  timeoutMs: number;
  /** Further tries after a time-out, a broken connection, 429 or 5xx. */
  retries: number;
  /** Before the first further try; doubled before each next. */
  backoffMs: number;
}

export type HttpOutcome =
  | { outcome: 'ok'; status: number; body: unknown }
  /** An answer that is no success: status outside 200–299. */
  | { outcome: 'status'; status: number }
  | { outcome: 'timeout' | 'unreachable' | 'not-allowed' | 'too-large' | 'no-json'; status?: number };

export type ParkOutcome = { outcome: 'retrieved'; callerStillUp: boolean } | { outcome: 'timeout' | 'abandoned' | 'unavailable' };

/** What the shell is asked to do, without the ticket that goes with it. */
export type NodeEffect =
  /** `language` is put in by the interpreter. */
  | { type: 'play'; items: readonly SpeechItem[]; interruptOn: 'any' | 'none'; language: string }
  | { type: 'collect'; options: CollectOptions }
  | {
      type: 'enqueue';
      queueId: QueueId;
      priority: number;
      language: string;
      agentId?: string;
      group?: string;
      minLevels?: Readonly<Record<string, number>>;
    }
  | { type: 'transfer'; target: TransferTarget }
  | { type: 'loadFlow'; flowId: FlowId }
  | { type: 'voicemail'; box: string; maxDurationMs: number; finishOn: string }
  | { type: 'record'; maxDurationMs: number; endAfterSilenceMs: number; finishOn: string }
  | { type: 'http'; request: HttpRequest }
  | { type: 'lookUpSchedule'; scheduleId: string }
  | { type: 'lookUpCaller'; listId: string; number: string }
  | { type: 'requestCallback'; queueId: QueueId; number: string; minLevels?: Readonly<Record<string, number>> }
  | {
      type: 'park';
      slot: string | undefined;
      timeoutMs: number;
      music: string;
      /** What the caller hears first, before the digits of the slot it got; empty: the slot is not announced. */
      announcement: readonly SpeechItem[];
      language: string;
    };

/** An effect that is answered by one input bearing the same ticket. */
export type TicketedEffect = { [K in NodeEffect['type']]: Extract<NodeEffect, { type: K }> & { ticket: number } }[NodeEffect['type']];

export type FlowEffect =
  | { type: 'answer' }
  | TicketedEffect
  /** Forget keys typed before: they were meant for something else. */
  | { type: 'clearDigits' }
  /** End playback and collection now; nobody listens any more. */
  | { type: 'stopMedia' }
  /** Take the caller out of the queue; the queue's result is still awaited. */
  | { type: 'leaveQueue' }
  /** Something the flow's author should know, for the log. */
  | { type: 'warn'; message: string }
  /** Tell `settle-deadline` after so long, unless the flow is over before. */
  | { type: 'awaitSettlement'; ms: number }
  /** The flow is over; the call should end so. */
  | { type: 'hangUp'; termination: Termination };

/** What a waiting node is told. */
export type NodeInput =
  | { type: 'playback-ended'; end: PlaybackEnd }
  | { type: 'digits-collected'; result: CollectResult }
  | { type: 'queue-result'; result: QueueResult }
  | { type: 'transfer-result'; outcome: TransferOutcome; callerStillUp: boolean }
  | { type: 'voicemail-result'; durationMs: number | undefined }
  | { type: 'record-result'; recordingId: string | undefined }
  | { type: 'flow-loaded'; flow: LoadedFlow; version: number }
  | { type: 'flow-unavailable'; flowId: FlowId }
  /** The flow called as a sub-flow came to a `return` node. Told by the interpreter itself. */
  | { type: 'sub-flow-returned'; result: string }
  | { type: 'http-result'; result: HttpOutcome }
  /** undefined: there is no such schedule. */
  | { type: 'schedule-state'; state: { open: boolean; because: string } | undefined }
  /** `entry` undefined: not on the list. `known` false: there is no such list. */
  | { type: 'caller-entry'; known: boolean; entry: { note: string } | undefined }
  | { type: 'callback-result'; result: { ok: true; callbackId: string } | { ok: false; code: string } }
  | { type: 'park-result'; result: ParkOutcome };

export type FlowInput =
  | { type: 'answered' }
  /** The leg ended, however that came; `termination` is the leg's. */
  | { type: 'caller-hung-up'; termination: Termination }
  | { type: 'settle-deadline' }
  | (Exclude<NodeInput, { type: 'sub-flow-returned' }> & { ticket: number });

/** Events of the catalogue; the shell adds the call. */
export type FlowEvent = Extract<
  EventDraft,
  { type: 'call.answered' | 'call.entered-flow' | 'call.reached-node' | 'call.pressed-keys' | 'call.left-flow' | 'survey.answered' }
>;

/**
 * Who made the call go on: the caller by a key, another party (an agent, a called person, a wait that was served or ran out),
 * nobody, or a counter that has an end.
 */
export type Driver = 'caller' | 'party' | 'automatic' | 'counted';

/** Where a waiting node stands. */
export interface Local {
  readonly stage: string;
  /** Attempts already used up by wrong or missing keys. */
  readonly attempt: number;
  /** Which of several questions. */
  readonly index?: number;
  /** What the stage is about, e.g. a voicemail box. */
  readonly about?: string;
}

/** What any move may bring along. */
interface Along {
  variables?: Variables;
  keys?: string;
  score?: { score: number; surveyId?: string };
  clearDigits?: boolean;
  /** For the log. */
  warning?: string;
}

/** What a node decides. */
export type Move = Along &
  (
    | { do: 'wait'; effect: NodeEffect; local: Local }
    | {
        do: 'go';
        to: string;
        driver: Driver;
        typedAhead?: boolean;
        /** How often this loop has gone round, from now on. */
        passes?: number;
        minLevels?: Readonly<Record<string, number>>;
      }
    /** Goes on in another flow and comes back to this node with `sub-flow-returned`, or (`switch`) never. */
    | { do: 'call' | 'switch'; flow: LoadedFlow; version: number }
    | { do: 'return'; result: string }
    | { do: 'end'; result: string; termination: Termination }
  );

/** What a node may look at. */
export interface Scene {
  readonly variables: Variables;
  /** A key was pressed during what was just played: it is waiting to be collected. */
  readonly typedAhead: boolean;
  /** Epoch milliseconds. */
  readonly now: number;
  /** IANA name, for conditions on the time of day. */
  readonly timeZone: string;
  /** BCP 47 tag of what the caller is spoken to in. */
  readonly language: string;
  /** Asked of the agent in later queues. */
  readonly minLevels: Readonly<Record<string, number>>;
  /** How often this node has gone round, when it is a loop. */
  readonly passes: number;
  /** Flows that wait for this one to return. */
  readonly depth: number;
}
