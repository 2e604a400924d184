import type { Call, CallId, MediaItem, QueueResult, Termination } from '@yixian/contracts';
import type { Treatment } from './treatment.js';

/** A caller as the shell knows one: from `enqueue` to the result. */
export interface Caller {
  readonly call: Call;
  readonly result: Promise<QueueResult>;
  treatment: Treatment | undefined;
  /** The caller talks: the leg is somebody else's to watch, the result is still to come. */
  handOver(): void;
  /** Settles the result and lets go of the leg. Doing it twice changes nothing. */
  finish(result: QueueResult): void;
  /** The same, after the caller has heard this. */
  finishAfter(items: readonly MediaItem[], result: QueueResult): void;
}

/** Watches a caller's leg until the result is there. The end of a leg is heard as an event and as a promise: whichever comes first. */
export function createCaller(call: Call, onEnded: (callId: CallId, termination: Termination) => void): Caller {
  let settle: (result: QueueResult) => void = () => {};
  let finished = false;
  let watching = true;
  const result = new Promise<QueueResult>((resolve) => {
    settle = resolve;
  });
  const ended = (termination: Termination): void => {
    if (watching) onEnded(call.id, termination);
  };
  const unsubscribe = call.leg.subscribe((event) => {
    if (event.type === 'ended') ended(event.termination);
  });
  void call.leg.ended.then(ended);
  function letGo(caller: Caller): boolean {
    if (finished) return false;
    finished = true;
    caller.handOver();
    return true;
  }

  return {
    call,
    result,
    treatment: undefined,
    handOver() {
      watching = false;
      unsubscribe();
      this.treatment?.stop();
    },
    finish(outcome) {
      if (letGo(this)) settle(outcome);
    },
    finishAfter(items, outcome) {
      if (!letGo(this)) return;
      if (items.length === 0 || call.leg.state === 'ended') settle(outcome);
      else void call.leg.play(items).finished.then(() => settle(outcome));
    },
  };
}
