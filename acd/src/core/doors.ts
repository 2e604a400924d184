import { restAll, wakeAll } from './callbacks.js';
import type { Input, StoredDoor } from './inputs.js';
import { sweep } from './overflow.js';
import { ignore, keep, type Turn } from './turn.js';

// A queue's door: by hand, or by its schedule. The clock and the calendar are the shell's; here is what follows.

/** Whoever came in time is still served when the door closes, unless a rule of the queue says otherwise. */
export function changeDoor(turn: Turn, input: Extract<Input, { type: 'door-changed' }>): void {
  const queue = turn.tables.queues.get(input.queueId);
  if (!queue) {
    ignore(turn, 'unknown queue');
    return;
  }
  const { door, open, because, by } = input;
  const same = queue.door === door && queue.isOpen === open && queue.because === because;
  if (same) {
    ignore(turn, 'door unchanged');
    return;
  }
  const told = queue.door !== door || queue.isOpen !== open;
  const opened = open && !queue.isOpen;
  const closed = !open && queue.isOpen;
  queue.door = door;
  queue.isOpen = open;
  queue.because = because;
  if (by !== null) {
    queue.doorBy = by;
    keep(turn, { table: 'doors', key: queue.id, value: door === 'schedule' ? null : { queueId: queue.id, door, by } });
  }
  if (told) turn.events.push({ type: 'queue.door-changed', at: turn.now, queueId: queue.id, data: { door, open, by: by ?? 'system' } });
  if (closed) {
    sweep(turn, queue, 'closed');
    restAll(turn, queue);
  }
  if (opened) wakeAll(turn, queue);
}

/** As the store kept it; whether it is open the shell says next. */
export function restoreDoor({ tables }: Turn, { queueId, door, by }: StoredDoor): void {
  const queue = tables.queues.get(queueId);
  if (!queue) return;
  queue.door = door;
  queue.doorBy = by;
}
