import type { Termination } from '@yixian/contracts';
import { type Flow, MAX_NODES } from './flow.js';
import type { FlowEffect, FlowEvent, Local, NodeEffect } from './machine.js';
import type { Variables } from './variables.js';

/** Nodes passed without anybody's doing before the flow is taken for a runaway. */
export const MAX_AUTOMATIC_HOPS = MAX_NODES;
/** Nodes passed in one call, whoever drives it: ends a line on which a machine presses keys for ever. */
export const MAX_HOPS = 2000;

/** A flow the call is in, at the version it had when the call entered, and where in it. */
export interface Frame {
  readonly flow: Flow;
  readonly version: number;
  readonly nodeId: string;
  /** How often each loop has gone round. */
  readonly passes: Readonly<Record<string, number>>;
}

export interface Wait {
  readonly ticket: number;
  readonly effect: NodeEffect['type'];
  readonly local: Local;
}

export interface FlowState {
  readonly phase: 'answering' | 'waiting' | 'settling' | 'over';
  readonly frame: Frame;
  /** Flows that wait for this one to return, the first entered first. */
  readonly callers: readonly Frame[];
  /** What the node waits for; undefined unless waiting or settling. */
  readonly wait: Wait | undefined;
  readonly variables: Variables;
  /** Asked of the agent in later queues. */
  readonly minLevels: Readonly<Record<string, number>>;
  readonly timeZone: string;
  readonly typedAhead: boolean;
  /** Whether the call counts as being in the flow: not while with a queue, a called party, the recorder, or parked. */
  readonly inFlow: boolean;
  readonly automaticHops: number;
  readonly hops: number;
  readonly tickets: number;
  /** How the leg ended, while settling. */
  readonly termination: Termination | undefined;
}

export interface FlowStep {
  readonly state: FlowState;
  readonly effects: readonly FlowEffect[];
  readonly events: readonly FlowEvent[];
  /** Set when the input came too late to matter. */
  readonly ignored?: string;
}
