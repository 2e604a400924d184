import type { AgentStateName, EventDraft } from '@yixian/contracts';
import type { CallbackPhase } from '../core/callback-state.js';
import { estimateErrorMs } from '../core/estimate.js';
import type { StepResult } from '../core/inputs.js';
import { callersIn } from '../core/tables.js';
import type { AcdState } from '../core/types.js';

const STATES: readonly AgentStateName[] = ['offline', 'not-ready', 'ready', 'ringing', 'on-call', 'wrap-up'];

const PHASES: readonly CallbackPhase[] = ['resting', 'in-line', 'calling'];

/** Counters in Prometheus naming. */
export interface Figures {
  count(result: StepResult): void;
  effectFailed(): void;
  /** @param state undefined where another process decides: its figures are there */
  read(state: AcdState | undefined, gauges: Record<string, number>): Record<string, number>;
}

export function createFigures(): Figures {
  const counters: Record<string, number> = { acd_decisions_total: 0, acd_ignored_inputs_total: 0, acd_effect_failures_total: 0 };
  const add = (name: string): void => {
    counters[name] = (counters[name] ?? 0) + 1;
  };
  return {
    count(result) {
      add('acd_decisions_total');
      if (result.ignored !== undefined) add('acd_ignored_inputs_total');
      for (const event of result.events) {
        const name = counterOf(event);
        if (name) add(name);
      }
    },
    effectFailed: () => add('acd_effect_failures_total'),
    read(state, gauges) {
      const figures: Record<string, number> = { ...counters, ...gauges };
      if (!state) return figures;
      for (const name of STATES) figures[`acd_agents{state="${name}"}`] = 0;
      for (const agent of state.tables.agents.values()) {
        const name = `acd_agents{state="${agent.state}"}`;
        figures[name] = (figures[name] ?? 0) + 1;
      }
      for (const queue of state.tables.queues.values()) {
        figures[`acd_calls_waiting{queue="${queue.id}"}`] = callersIn(queue);
        figures[`acd_calls_serving{queue="${queue.id}"}`] = queue.serving;
        figures[`acd_queue_open{queue="${queue.id}"}`] = Number(queue.isOpen);
        figures[`acd_estimates_compared_total{queue="${queue.id}"}`] = queue.estimates;
        const error = estimateErrorMs(queue);
        if (error !== null) figures[`acd_estimate_mean_absolute_error_seconds{queue="${queue.id}"}`] = error / 1000;
      }
      for (const phase of PHASES) figures[`acd_callbacks{state="${phase}"}`] = 0;
      for (const { phase } of state.tables.callbacks.values()) {
        const name = `acd_callbacks{state="${phase}"}`;
        figures[name] = (figures[name] ?? 0) + 1;
      }
      return figures;
    },
  };
}

function counterOf(event: EventDraft): string | undefined {
  switch (event.type) {
    case 'call.queued':
      return `acd_calls_queued_total{queue="${event.queueId}"}`;
    case 'call.left-queue':
      return `acd_calls_left_total{queue="${event.queueId}",result="${event.data.result}"}`;
    case 'offer.made':
    case 'offer.accepted':
    case 'offer.rejected':
    case 'offer.timed-out':
    case 'offer.withdrawn':
      return `acd_offers_total{step="${event.type.slice('offer.'.length)}"}`;
    case 'call.overflowed':
      return `acd_calls_overflowed_total{queue="${event.queueId}",rule="${event.data.rule}"}`;
    case 'call.requirements-relaxed':
      return `acd_requirements_relaxed_total{queue="${event.queueId}"}`;
    case 'callback.requested':
    case 'callback.attempted':
    case 'callback.attempt-failed':
    case 'callback.completed':
    case 'callback.closed':
      return `acd_callback_steps_total{step="${event.type.slice('callback.'.length)}"}`;
    default:
      return undefined;
  }
}
