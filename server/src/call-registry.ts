import { applyCallEvent, type CallControl, type CallId, type CallRecord, type CallRegistry, type EventBus } from '@yixian/contracts';

/**
 * The calls in progress, folded from the bus. Create it before the other subscribers (they look records up while they
 * handle an event) and call `sweepAfter` last, so that a call's record can still be read by those told of `call.ended`.
 */
export function createCallRegistry(events: EventBus): CallRegistry & { sweepAfter(): void } {
  const records = new Map<CallId, CallRecord>();
  const controls = new Map<CallId, CallControl[]>();

  events.subscribe((event) => {
    if (!event.callId) return;
    const next = applyCallEvent(records.get(event.callId), event);
    if (next) records.set(event.callId, next);
  });

  return {
    record: (callId) => records.get(callId),
    records: () => [...records.values()],
    control(control) {
      const stack = controls.get(control.callId) ?? [];
      stack.push(control);
      controls.set(control.callId, stack);
      return () => {
        const left = (controls.get(control.callId) ?? []).filter((one) => one !== control);
        if (left.length > 0) controls.set(control.callId, left);
        else controls.delete(control.callId);
      };
    },
    controlOf: (callId) => controls.get(callId)?.at(-1),
    sweepAfter() {
      events.subscribe((event) => {
        if (event.type === 'call.ended' && event.callId) records.delete(event.callId);
      });
    },
  };
}
