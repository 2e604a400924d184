import type { Input } from './inputs.js';
import { effectiveLevels, laneFor } from './lanes.js';
import { overflow, ruleFor } from './overflow.js';
import { changeCall, ignore, relaxTo, type Turn } from './turn.js';
import type { CallEntry } from './types.js';
import { arm, leave, release, stepAt } from './waiting.js';

// What time does to a call that waits.

export function waitDue(turn: Turn, input: Extract<Input, { type: 'wait-due' }>): void {
  const call = turn.tables.calls.get(input.callId);
  if (call?.place.order !== input.order || call.phase === 'talking') {
    ignore(turn, 'call waits no more');
    return;
  }
  const aged = age(turn, call);
  if (aged) arm(turn, aged);
}

/**
 * Does what has fallen due.
 * @returns the call as it waits on; undefined when it has gone elsewhere
 */
export function age(turn: Turn, call: CallEntry): CallEntry | undefined {
  const { config } = call.queue;
  if (!call.callback && turn.ticks - call.entered >= config.maxWaitMs) {
    if (call.phase === 'connecting') return changeCall(call, { overdue: true });
    leave(turn, call, 'waited too long', 'timeout', { outcome: 'timeout' });
    return undefined;
  }
  const rule = call.phase === 'waiting' && !call.callback && config.overflow.length > 0 ? ruleFor(turn, call, 'waited') : undefined;
  if (rule) {
    overflow(turn, call, rule.rule);
    return undefined;
  }
  if (call.sticky && call.sticky.until <= turn.ticks) release(turn, call);
  return relaxed(turn, call);
}

function relaxed(turn: Turn, call: CallEntry): CallEntry {
  const step = stepAt(call.queue, turn.ticks - call.place.arrived);
  if (step <= call.step) return call;
  const { queue, ask, sticky } = call;
  const lane = call.phase === 'waiting' ? laneFor(turn.tables, { queue, ask, step, sticky }) : call.lane;
  const data = { minLevels: effectiveLevels(queue, step, ask) };
  if (!call.callback) turn.events.push({ type: 'call.requirements-relaxed', at: turn.now, callId: call.id, queueId: call.queue.id, data });
  return relaxTo(turn, call, step, lane);
}
