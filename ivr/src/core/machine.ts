import type { CollectOptions, CollectResult, EventDraft, FlowId, PlaybackEnd, QueueId, QueueResult, Termination } from '@yixian/contracts';
import type { PromptRef } from './schema.js';

// The words of the interpreter: what it is told, what it asks for, what it reports. The machine itself is `interpreter.ts`.

/** Values a flow knows of its call, by name. Built in: `builtInVariables`; others are set by collect nodes. */
export type Variables = Readonly<Record<string, string>>;

/** The value of a variable; empty while it is not set. */
export function valueOfVariable(variables: Variables, name: string): string {
  return Object.hasOwn(variables, name) ? (variables[name] ?? '') : '';
}

/** Variables every call has, besides those that collect nodes save. */
export const builtInVariables = [
  'caller',
  'called',
  'digits',
  'queue',
  'queueResult',
  'transferResult',
  'voicemailResult',
  'survey',
] as const;

/** One thing to play, with variables already put in. */
export type SpeechItem =
  | { kind: 'prompt'; id: string }
  | { kind: 'say'; text: string }
  | { kind: 'number'; value: number }
  | { kind: 'digits'; value: string };

export type TransferTarget = { kind: 'extension' | 'number'; value: string };
export type TransferOutcome = 'connected' | 'busy' | 'no-answer' | 'failed' | 'not-allowed';

/** What the shell is asked to do, without the ticket that goes with it. */
export type NodeEffect =
  | { type: 'play'; items: readonly SpeechItem[]; interruptOn: 'any' | 'none' }
  | { type: 'collect'; options: CollectOptions }
  | { type: 'enqueue'; queueId: QueueId; priority: number }
  | { type: 'transfer'; target: TransferTarget }
  | { type: 'switchFlow'; flowId: FlowId }
  | { type: 'voicemail'; box: string; maxDurationMs: number; finishOn: string };

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
  | { type: 'flow-unavailable'; flowId: FlowId };

export type FlowInput =
  | { type: 'answered' }
  /** The leg ended, however that came; `termination` is the leg's. */
  | { type: 'caller-hung-up'; termination: Termination }
  | { type: 'settle-deadline' }
  /** Another flow takes the call over; this one is finished. */
  | { type: 'flow-switched'; ticket: number; flowId: FlowId }
  | (NodeInput & { ticket: number });

/** Events of the catalogue; the shell adds the call. */
export type FlowEvent = Extract<
  EventDraft,
  { type: 'call.answered' | 'call.entered-flow' | 'call.reached-node' | 'call.pressed-keys' | 'call.left-flow' | 'survey.answered' }
>;

/** Who made the call go on: the caller by a key, another party (an agent, a called person, a wait that was served or ran out), or nobody. */
export type Driver = 'caller' | 'party' | 'automatic';

/** Where a waiting node stands. */
export interface Local {
  readonly stage: 'prompt' | 'collect' | 'away';
  /** Attempts already used up by wrong or missing keys. */
  readonly attempt: number;
}

/** What a node decides. */
export type Move =
  | { do: 'wait'; effect: NodeEffect; local: Local; clearDigits?: boolean; keys?: string }
  | {
      do: 'go';
      to: string;
      driver: Driver;
      variables?: Variables;
      keys?: string;
      score?: number;
      typedAhead?: boolean;
      clearDigits?: boolean;
    }
  | { do: 'end'; result: string; termination: Termination; keys?: string };

/** What a node may look at. */
export interface Scene {
  readonly variables: Variables;
  /** A key was pressed during what was just played: it is waiting to be collected. */
  readonly typedAhead: boolean;
  /** Epoch milliseconds. */
  readonly now: number;
  /** IANA name, for conditions on the time of day. */
  readonly timeZone: string;
}

/** Puts the variables into what is to be said. A variable that is no number 0–9999 is not spoken. */
export function speech(refs: readonly PromptRef[], variables: Variables): SpeechItem[] {
  const items: SpeechItem[] = [];
  for (const ref of refs) {
    if (typeof ref === 'string') items.push({ kind: 'prompt', id: ref });
    else if ('say' in ref) items.push({ kind: 'say', text: ref.say });
    else if ('digits' in ref) items.push({ kind: 'digits', value: valueOfVariable(variables, ref.digits) });
    else {
      const value = valueOfVariable(variables, ref.number);
      if (/^\d{1,4}$/.test(value)) items.push({ kind: 'number', value: Number(value) });
    }
  }
  return items;
}
