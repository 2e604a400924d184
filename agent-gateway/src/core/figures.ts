import type { AgentView, QueueView } from '@yixian/contracts';

// What follows from events but is in none: how many are ready for a queue, the estimated wait, whether a seat can be reached.

/** Without who waits: that is in the events. */
export type QueueFigures = Pick<
  QueueView,
  'id' | 'estimatedWaitSeconds' | 'ready' | 'serving' | 'signedIn' | 'door' | 'callbacks' | 'estimateErrorSeconds'
>;

export type AgentFigures = Pick<AgentView, 'extension' | 'reachable' | 'callId' | 'next' | 'wrapUpUntil'>;

/** What has changed of it since it was last told. */
export interface Figures {
  /** Events up to this number are in it. */
  seq: number;
  queues: QueueFigures[];
  agents: AgentFigures[];
}

export function queueFigures(view: QueueView): QueueFigures {
  const { id, estimatedWaitSeconds, ready, serving, signedIn, door, callbacks, estimateErrorSeconds } = view;
  // Whole seconds: what nobody reads is no change.
  const estimate = estimatedWaitSeconds === null ? null : Math.round(estimatedWaitSeconds);
  return { id, estimatedWaitSeconds: estimate, ready, serving, signedIn, door, callbacks, estimateErrorSeconds };
}

export function agentFigures({ extension, reachable, callId, next, wrapUpUntil }: AgentView): AgentFigures {
  return { extension, reachable, callId, next, wrapUpUntil };
}

/**
 * Remembers what was told last.
 * @returns those of `now` that are not as they were; whoever is gone is forgotten
 */
export function createChanges<T>(keyOf: (item: T) => string): (now: readonly T[]) => T[] {
  let told = new Map<string, string>();
  return (now) => {
    const before = told;
    told = new Map(now.map((item) => [keyOf(item), JSON.stringify(item)]));
    return now.filter((item) => before.get(keyOf(item)) !== told.get(keyOf(item)));
  };
}
