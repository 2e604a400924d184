import {
  type Acd,
  type AgentSnapshot,
  agentView,
  type CallRegistry,
  DomainError,
  isoTime,
  maySeeAgent,
  type RecordQueries,
  type TodayAgentFigures,
} from '@yixian/contracts';
import type { z } from 'zod';
import type { CommandSet } from '../commands/index.js';
import type { GuardedRequest } from '../core/route.js';
import type { byExtension, livePage, seatBody, stateBody } from '../core/schemas.js';
import { pageOf } from './page.js';

export interface AgentDeps {
  acd: Acd;
  calls: CallRegistry;
  records: Pick<RecordQueries, 'todayByAgent'>;
}

const NO_FIGURES: TodayAgentFigures = { callsHandled: 0, talkSeconds: 0, holdSeconds: 0, missed: 0 };

function present(deps: AgentDeps, agent: AgentSnapshot, today: TodayAgentFigures | undefined) {
  const record = agent.callId === null ? undefined : deps.calls.record(agent.callId);
  const call = record && {
    id: record.id,
    direction: record.direction,
    caller: record.caller,
    called: record.called,
    startedAt: isoTime(record.startedAt),
    queue: record.queueId,
  };
  return { ...agentView(agent, today ?? NO_FIGURES), call: call ?? null };
}

/** The agents the user may see: an agent the own entry, a supervisor the led groups. */
export function createListAgents(deps: AgentDeps) {
  return async ({ viewer, query }: GuardedRequest<unknown, z.output<typeof livePage>, unknown>) => {
    const today = await deps.records.todayByAgent();
    const visible = deps.acd.agents().filter((agent) => maySeeAgent(viewer, agent.agentId));
    const { items, next } = pageOf(visible, (agent) => agent.agentId, query);
    return { items: items.map((agent) => present(deps, agent, today.get(agent.agentId))), next };
  };
}

export function createGetAgent(deps: AgentDeps) {
  return async ({ viewer, params }: GuardedRequest<z.output<typeof byExtension>, unknown, unknown>) => {
    if (!maySeeAgent(viewer, params.extension)) {
      throw new DomainError('forbidden', `agent ${params.extension} is not of your groups`, { extension: params.extension });
    }
    const agent = deps.acd.agent(params.extension);
    if (!agent) throw new DomainError('not-found', `there is no agent ${params.extension}`, { extension: params.extension });
    const today = await deps.records.todayByAgent();
    return present(deps, agent, today.get(agent.agentId));
  };
}

export function createPutState(deps: AgentDeps & { commands: CommandSet }) {
  return async (request: GuardedRequest<z.output<typeof byExtension>, unknown, z.output<typeof stateBody>>) => {
    const agent = await deps.commands.state.give(request, { ...request.params, ...request.body });
    return present(deps, agent, (await deps.records.todayByAgent()).get(agent.agentId));
  };
}

export function createPutSeat(deps: AgentDeps & { commands: CommandSet }) {
  return async (request: GuardedRequest<z.output<typeof byExtension>, unknown, z.output<typeof seatBody>>) => {
    const agent = await deps.commands.seat.give(request, { ...request.params, ...request.body });
    return present(deps, agent, (await deps.records.todayByAgent()).get(agent.agentId));
  };
}
