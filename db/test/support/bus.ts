import type { DomainEvent, EventBus, EventDraft } from '@yixian/contracts';

/** Numbers events as the server's bus does. */
export function testBus(firstSeq = 1, startAt = Date.UTC(2026, 2, 1, 4)): EventBus & { at: number } {
  let seq = firstSeq;
  const listeners = new Set<(event: DomainEvent) => void>();
  const bus = {
    at: startAt,
    publish(draft: EventDraft): DomainEvent {
      const event = { at: bus.at, ...draft, id: `ev-${seq}-${firstSeq}`, seq } as DomainEvent;
      seq += 1;
      for (const listener of listeners) listener(event);
      return event;
    },
    subscribe(listener: (event: DomainEvent) => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  return bus;
}
