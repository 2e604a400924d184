import type { Clock, DomainEvent, EventDraft, EventRoad, IdSource, Logger } from '@yixian/contracts';

/** The bus of one process. Numbers go on from `lastSeq`, the last one the journal holds. */
export function createEventBus(deps: { clock: Clock; ids: IdSource; logger: Logger; lastSeq: number }): EventRoad {
  const listeners = new Set<(event: DomainEvent) => void>();
  let seq = deps.lastSeq;
  const subscribe: EventRoad['subscribe'] = (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  return {
    subscribe,
    follow: subscribe,
    publish(draft: EventDraft): DomainEvent {
      seq += 1;
      const event = { ...draft, id: deps.ids.next('evt'), seq, at: draft.at ?? deps.clock.now() } as DomainEvent;
      for (const listener of listeners) {
        try {
          listener(event);
        } catch (error) {
          deps.logger.error({ err: error, type: event.type, seq }, 'a subscriber failed on an event');
        }
      }
      return event;
    },
  };
}
