import { type Acd, agentView, type Clock, type DomainEvent, maySeeAgent, maySeeQueue, queueView, type Timer } from '@yixian/contracts';
import { agentFigures, createChanges, type Figures, queueFigures } from '../core/figures.js';
import type { Client } from './client.js';

export interface FiguresDeps {
  acd: Acd;
  clock: Clock;
  clients: ReadonlyMap<string, Client>;
  /** Tells first what has happened, so that figures never run ahead of their events. @returns the number of the last event */
  pump(): number;
  /** Least time between two tellings, milliseconds. */
  spacingMs: number;
}

/** Events after which figures may be others. Those of a call's way through a flow change none. */
const CHANGING = /^(call\.(queued|left-queue|connected|disconnected|ended|overflowed|moved)|offer\.|agent\.|queue\.|callback\.)/;

/**
 * Tells every client the figures that are in no event: at most once in `spacingMs`, so soon after the first event, and only those
 * that have changed. Between two events nothing is told and no timer runs.
 */
export function createFigures(deps: FiguresDeps) {
  const { acd, clock, clients } = deps;
  const changedQueues = createChanges<Figures['queues'][number]>((queue) => queue.id);
  const changedAgents = createChanges<Figures['agents'][number]>((agent) => agent.extension);
  let timer: Timer | undefined;
  let told = 0;

  function tell(): void {
    timer = undefined;
    const queues = changedQueues(acd.queues().map((queue) => queueFigures(queueView(queue))));
    const agents = changedAgents(acd.agents().map((agent) => agentFigures(agentView(agent))));
    if (queues.length === 0 && agents.length === 0) return;
    const seq = deps.pump();
    for (const { state, viewer, socket } of clients.values()) {
      if (state !== 'live') continue;
      const figures: Figures = {
        seq,
        queues: queues.filter((queue) => maySeeQueue(viewer, queue.id)),
        agents: agents.filter((agent) => maySeeAgent(viewer, agent.extension)),
      };
      if (figures.queues.length === 0 && figures.agents.length === 0) continue;
      told += 1;
      socket.emit('figures', figures);
    }
  }

  return {
    happened(event: DomainEvent): void {
      if (!timer && clients.size > 0 && CHANGING.test(event.type)) timer = clock.setTimer(deps.spacingMs, tell);
    },
    stop(): void {
      timer?.cancel();
    },
    metrics: () => ({ gateway_figures_sent_total: told }),
  };
}
