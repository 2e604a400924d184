import type { OverflowTarget } from '@yixian/contracts';
import { climb, climbNoMore, landed } from './ladder.js';
import type { Turn } from './turn-state.js';
import type { CallEntry, CallRung, CallRungs, Lane, QueueEntry, Tables } from './types.js';

// Which waiting calls a rule about the whole queue could take elsewhere. Kept as they begin and cease to wait, so that a
// queue whose measure changes looks at those who go and at nobody else.

/** Whether the target is there, and no queue the call was in before. */
export function leads(tables: Tables, call: CallEntry, to: OverflowTarget): boolean {
  if (to.kind !== 'queue') return true;
  return tables.queues.has(to.queueId) && to.queueId !== call.queue.id && !call.visited.includes(to.queueId);
}

/** Its length, its handling time or the agents at work have changed: it is measured at the end of the step. */
export function mark({ toMeasure }: Tables, queue: QueueEntry): void {
  if (queue.measured.length > 0) toMeasure.add(queue);
}

/** No agent is asked for the call: it is found by those who may have it. */
export function openUp(turn: Turn, call: CallEntry): void {
  const { lane } = call;
  if (!lane.open.add(call)) return;
  showFirst(turn.tables, lane, lane.open.first === call);
  if (lane.relaxesAfter !== null) climb(turn, call, lane.rung as CallRung);
  const { measured } = call.queue;
  if (measured.length === 0) return;
  const { tables } = turn;
  tables.toMeasure.add(call.queue);
  if (call.callback || call.stays) return;
  for (const { rule, movable } of measured) if (leads(tables, call, rule.to)) movable.add(call);
}

/** Whoever becomes free finds the first of the line here. */
function showFirst({ heads }: Tables, { rung, row, open }: Lane, changed: boolean): void {
  const all = rung?.all;
  if (all && all.isWhole !== all.shownWhole) showOtherwise(heads, all);
  else if (changed && all?.isWhole) heads.set(all.row as number, all);
  else if (changed) heads.set(row, open);
}

/** As one line, or each of its lanes by itself. */
function showOtherwise(heads: Tables['heads'], all: CallRungs): void {
  all.shownWhole = all.isWhole;
  if (all.isWhole) {
    heads.apart -= 1;
    heads.set(all.row as number, all);
    for (const { row } of all.rungs) heads.hide(row);
  } else {
    heads.apart += 1;
    heads.hide(all.row as number);
    for (const rung of all.rungs) heads.set(rung.row, rung);
  }
}

/** The oldest of a rung has relaxed so far that it stands on another now; nobody is ready for it. */
export function descend(turn: Turn, call: CallEntry, from: CallRung, to: CallRung): void {
  const { tables } = turn;
  const first = from.first === call;
  from.all.descend(from, to);
  if (!from.all.isWhole) {
    showFirst(tables, from.lane, first);
    showFirst(tables, to.lane, to.first === call);
  }
  landed(turn, call, to);
  if (call.queue.measured.length > 0) tables.toMeasure.add(call.queue);
}

/** An agent is asked for it, or it leaves. */
export function shut(tables: Tables, call: CallEntry): void {
  const { lane, queue } = call;
  const { open, rung } = lane;
  const first = open.first === call;
  const { heads } = tables;
  const ofAll = rung?.all.shownWhole && heads.callAt(rung.all.row as number) === call;
  if (open.delete(call)) {
    // Whoever stood behind the first of all is mostly of the same lane, and known without a look at the whole line.
    if (ofAll && rung.size > 0) heads.set(rung.all.row as number, rung);
    else showFirst(tables, lane, first);
    if (lane.relaxesAfter !== null) climbNoMore(tables, lane.rung as CallRung);
  }
  if (queue.measured.length > 0) for (const { movable } of queue.measured) movable.delete(call);
}
