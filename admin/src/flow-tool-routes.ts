import { admins, empty, json, V1 } from './config-rows.js';
import * as config from './core/config/schemas.js';
import { guarded, type Route } from './core/route.js';
import { byId } from './core/schemas.js';
import { createFlowTools, type FlowToolDeps } from './handlers/config/flow-tools.js';

const DOCUMENT_LIMIT = 2 * 1024 * 1024;

/** What the editor of flows asks for beside the flows themselves. */
export function flowToolRoutes(deps: FlowToolDeps): Route[] {
  const tools = createFlowTools(deps);
  const of = { tag: 'flows', roles: admins };
  const routes = [
    guarded({
      ...of,
      method: 'get',
      path: `${V1}/flow-nodes`,
      summary: 'The node types of flows: fields, defaults, ways',
      description: 'Made from the schemas that check flows, so that an editor knows every node type.',
      response: json(config.flowVocabulary),
      handler: tools.vocabulary,
    }),
    guarded({
      ...of,
      method: 'post',
      path: `${V1}/flows/:id/validate`,
      summary: 'Check a document without saving it',
      params: byId,
      body: config.checkedDocument,
      bodyLimit: DOCUMENT_LIMIT,
      response: json(config.flowProblems),
      handler: tools.validate,
    }),
    ...simulationRoutes(tools),
    guarded({
      ...of,
      method: 'post',
      path: `${V1}/flows/:id/call`,
      summary: 'Dial the draft from an extension',
      description:
        'Rings the extension’s seat; who answers hears the draft as a caller would. A real call: it is on record, queues and requests are real. Audited.',
      params: byId,
      body: config.draftCall,
      response: json(config.draftCallReply, 201),
      handler: tools.call,
    }),
    guarded({
      method: 'get',
      path: `${V1}/speech`,
      tag: 'prompts',
      roles: admins,
      summary: 'What callers hear: a prompt in a language, or a text by speech synthesis',
      query: config.speechQuery,
      response: { kind: 'file', contentType: 'audio/wav' },
      handler: tools.speech,
    }),
    guarded({
      method: 'post',
      path: `${V1}/prompts/:id/speak`,
      tag: 'prompts',
      roles: admins,
      summary: 'Make a prompt of a text by speech synthesis',
      description: 'Replaces the prompt’s own audio. The next one who hears it hears the new one. Audited.',
      params: byId,
      query: config.promptSet,
      body: config.spokenPrompt,
      response: json(config.prompt, 201),
      handler: tools.speak,
    }),
  ];
  return routes.map((route) => ({ ...route, plainNumbers: true }));
}

function simulationRoutes(tools: ReturnType<typeof createFlowTools>): Route[] {
  const of = { tag: 'flows', roles: admins };
  return [
    guarded({
      ...of,
      method: 'post',
      path: `${V1}/flows/:id/simulate`,
      summary: 'Begin a simulated call',
      description:
        'The interpreter that runs real calls, with this caller. Schedules and lists are read as they are at that time; nothing rings, is stored or is requested. Forgotten after a quarter of an hour without input; five at a time for each user.',
      params: byId,
      body: config.simulation,
      bodyLimit: DOCUMENT_LIMIT,
      response: json(config.simulationView, 201),
      handler: tools.simulate,
    }),
    guarded({
      ...of,
      method: 'post',
      path: `${V1}/flows/:id/simulate/:session/input`,
      summary: 'What the simulated caller does, or what the world answers',
      params: config.bySimulation,
      body: config.simulationInput,
      response: json(config.simulationView),
      handler: tools.input,
    }),
    guarded({
      ...of,
      method: 'delete',
      path: `${V1}/flows/:id/simulate/:session`,
      summary: 'Forget a simulated call',
      params: config.bySimulation,
      response: empty,
      handler: tools.endSimulation,
    }),
  ];
}
