import type { Role } from '@yixian/contracts';
import * as shape from './core/desk-schemas.js';
import { guarded, type Route } from './core/route.js';
import { type AnySchema, byExtension, byId, listOf, summary } from './core/schemas.js';
import { createGetDesk, createGetFlowNames, createListSeats, createListTargets, type DeskDeps } from './handlers/desk.js';
import { createCallHistory, createGetSummary, createPutSummary, type SummaryDeps } from './handlers/summaries.js';

const V1 = '/api/v1';
const roles: readonly Role[] = ['agent', 'supervisor', 'admin'];
const json = (schema: AnySchema) => ({ kind: 'json' as const, schema, status: 200 as const });

/** What an agent's desk needs beside the live picture: choices, whom to put through to, summaries and earlier calls. */
export function deskRoutes(deps: DeskDeps & SummaryDeps): Route[] {
  return [...choiceRoutes(deps), ...summaryRoutes(deps)];
}

function choiceRoutes(deps: DeskDeps): Route[] {
  const tag = 'desk';
  return [
    guarded({
      method: 'get',
      path: `${V1}/desk`,
      tag,
      roles,
      summary: 'What a desk offers to choose from: reasons, dispositions',
      response: json(shape.desk),
      handler: createGetDesk(deps),
    }),
    guarded({
      method: 'get',
      path: `${V1}/desk/targets`,
      tag,
      roles,
      summary: 'Whom a caller can be put through to, who is free first',
      description: 'Colleagues by name and state, queues by how many wait, extensions, flows; at most 50 of each.',
      query: shape.targetsQuery,
      response: json(shape.targets),
      handler: createListTargets(deps),
    }),
    guarded({
      method: 'get',
      path: `${V1}/desk/flows/:id`,
      tag,
      roles,
      summary: 'What a published flow and its nodes are called, for the path of a call in words',
      params: byId,
      response: json(shape.flowNames),
      handler: createGetFlowNames(deps),
    }),
    guarded({
      method: 'get',
      path: `${V1}/agents/:extension/seats`,
      tag: 'agents',
      roles,
      summary: 'Each kind of seat, whether it could ring now, and what is in the way',
      params: byExtension,
      query: shape.seatsQuery,
      response: json(listOf(shape.seatChoice)),
      handler: createListSeats(deps),
    }),
  ];
}

function summaryRoutes(deps: SummaryDeps): Route[] {
  const at = { path: `${V1}/calls/:id/summary`, tag: 'calls', roles, params: byId, response: json(summary) } as const;
  return [
    guarded({
      ...at,
      method: 'get',
      summary: 'The call summary 小结',
      description: 'An empty one at revision 0 while nobody has written any.',
      handler: createGetSummary(deps),
    }),
    guarded({
      ...at,
      method: 'put',
      summary: 'Write the call summary',
      description:
        'By agents who were on the call, supervisors who see it, administrators. 409 when another was faster than the revision given; audited when it is somebody else’s.',
      body: shape.summaryBody,
      response: json(summary),
      handler: createPutSummary(deps),
    }),
    guarded({
      ...at,
      method: 'get',
      path: `${V1}/calls/:id/history`,
      summary: 'Earlier calls of the same number, with their summaries',
      description: 'For whoever may see the call; also calls that others took.',
      query: shape.historyQuery,
      response: json(listOf(shape.pastCall)),
      handler: createCallHistory(deps),
    }),
  ];
}
