import { AT_ONCE, admins, json, leaders, rowsOf, V1 } from './config-rows.js';
import * as config from './core/config/schemas.js';
import { guarded, type Route } from './core/route.js';
import { byId, listOf, livePage } from './core/schemas.js';
import { createListAudit } from './handlers/config/audit.js';
import type { AdministrationDeps } from './handlers/config/change.js';
import { createExtensions } from './handlers/config/extensions.js';
import { createFlows } from './handlers/config/flows.js';
import { createNumbers } from './handlers/config/numbers.js';
import { createPromptHandlers } from './handlers/config/prompts.js';
import { createQueueConfigs } from './handlers/config/queues.js';
import { createSkillMatrix, createSkills } from './handlers/config/skills.js';
import { createTrunks } from './handlers/config/trunks.js';
import { importUsers } from './handlers/config/user-import.js';
import { createUsers } from './handlers/config/users.js';
import { hotlineRoutes } from './hotline-routes.js';
import { wallboardRoutes } from './wallboard-routes.js';

const FLOW_LIMIT = 2 * 1024 * 1024;
/** Ten minutes of PCM16. */
const PROMPT_LIMIT = 10 * 1024 * 1024;
/** 500 users with all they can have. */
const IMPORT_LIMIT = 2 * 1024 * 1024;
/** 10,000 agents with their skills. */
const MATRIX_LIMIT = 8 * 1024 * 1024;

/** Rows of the table for administrators. */
export function administrationRoutes(deps: AdministrationDeps): Route[] {
  const routes = [
    ...userRoutes(deps),
    ...extensionRoutes(deps),
    ...skillRoutes(deps),
    ...queueRoutes(deps),
    ...numberRoutes(deps),
    ...trunkRoutes(deps),
    ...flowRoutes(deps),
    ...promptRoutes(deps),
    guarded({
      method: 'get',
      path: `${V1}/audit`,
      tag: 'audit',
      roles: admins,
      summary: 'Who did what, newest first',
      query: config.auditQuery,
      response: json(listOf(config.auditEntry)),
      handler: createListAudit(deps),
    }),
    ...hotlineRoutes(deps),
    ...wallboardRoutes(deps),
  ];
  // what is read here is sent back changed: a mask would be stored
  return routes.map((route) => ({ ...route, plainNumbers: true }));
}

function userRoutes(deps: AdministrationDeps): Route[] {
  const users = createUsers(deps);
  const rows = rowsOf('users', 'id');
  const params = config.byUser;
  return [
    guarded({ ...rows.list, summary: 'Users', response: json(listOf(config.configuredUser)), handler: users.list }),
    guarded({ ...rows.get, summary: 'One user, by id or name', params, response: json(config.configuredUser), handler: users.get }),
    guarded({
      ...rows.add,
      summary: 'Add a user, with an extension and skills where calls shall come',
      description: `Secrets that are made here are in the answer, once. ${AT_ONCE}`,
      body: config.newUser,
      response: json(config.changedUser, 201),
      handler: users.add,
    }),
    guarded({
      ...rows.add,
      path: `${V1}/users/import`,
      summary: 'Add many users at once',
      description: `JSON, or text/csv. All of them or none; \`fields\` of a refusal names every line at fault. Secrets that are made here are in the answer, once. ${AT_ONCE}`,
      bodyType: 'json-or-csv',
      bodyLimit: IMPORT_LIMIT,
      body: config.userImport,
      response: json(listOf(config.changedUser), 201),
      handler: (request) => importUsers(deps, request),
    }),
    guarded({
      ...rows.change,
      summary: 'Change a user: roles, skills, extension, password',
      description: `Fields left out stay as they are. A new password, or a role taken away, ends the user’s sessions. ${AT_ONCE}`,
      params,
      body: config.userChange,
      response: json(config.changedUser),
      handler: users.change,
    }),
    guarded({ ...rows.remove, summary: 'Delete a user and its extension', params, query: config.userRemoval, handler: users.remove }),
  ];
}

function extensionRoutes(deps: AdministrationDeps): Route[] {
  const extensions = createExtensions(deps);
  const rows = rowsOf('extensions', 'extension');
  const params = config.byExtensionNumber;
  const response = json(config.configuredExtension);
  return [
    guarded({ ...rows.list, summary: 'Extensions', response: json(listOf(config.configuredExtension)), handler: extensions.list }),
    guarded({ ...rows.get, summary: 'One extension', params, response, handler: extensions.get }),
    guarded({
      ...rows.add,
      summary: 'Add an extension; its SIP secret is in the answer, once',
      body: config.newExtension,
      response: json(config.changedExtension, 201),
      handler: extensions.add,
    }),
    guarded({
      ...rows.change,
      summary: 'Change an extension',
      params,
      body: config.extensionChange,
      response: json(config.changedExtension),
      handler: extensions.change,
    }),
    guarded({ ...rows.remove, summary: 'Delete an extension', params, query: config.removal, handler: extensions.remove }),
  ];
}

function skillRoutes(deps: AdministrationDeps): Route[] {
  const skills = createSkills(deps);
  const matrix = createSkillMatrix(deps);
  const rows = rowsOf('skills', 'id', leaders);
  const response = json(config.skill);
  return [
    guarded({ ...rows.list, summary: 'Skills', response: json(listOf(config.skill)), handler: skills.list }),
    // before the skill of any id
    guarded({
      ...{ method: 'get', path: `${V1}/skills/matrix`, tag: 'skills', roles: leaders, summary: 'Who has which skill at which level' },
      response: json(config.skillMatrix),
      handler: matrix.get,
    }),
    guarded({
      ...{
        method: 'put',
        path: `${V1}/skills/matrix`,
        tag: 'skills',
        roles: admins,
        summary: 'Set skills and levels of many agents at once',
      },
      description: `All of it or nothing. ${AT_ONCE}`,
      body: config.skillMatrixChange,
      bodyLimit: MATRIX_LIMIT,
      response: json(config.skillMatrix),
      handler: matrix.change,
    }),
    guarded({ ...rows.get, summary: 'One skill', params: byId, response, handler: skills.get }),
    guarded({ ...rows.add, summary: 'Add a skill', body: config.newSkill, response: json(config.skill, 201), handler: skills.add }),
    guarded({ ...rows.change, summary: 'Rename a skill', params: byId, body: config.skillChange, response, handler: skills.change }),
    guarded({ ...rows.remove, summary: 'Delete a skill', params: byId, query: config.removal, handler: skills.remove }),
  ];
}

/** Queues are read with their live figures: those rows stand beside the other live ones. */
function queueRoutes(deps: AdministrationDeps): Route[] {
  const queues = createQueueConfigs(deps);
  const { add, change, remove } = rowsOf('queues', 'id');
  const body = config.newQueue;
  return [
    guarded({ ...add, summary: 'Add a queue', body, response: json(config.configuredQueue, 201), handler: queues.add }),
    guarded({
      ...change,
      summary: 'Change a queue; calls that wait keep their place',
      params: byId,
      body: config.queueChange,
      response: json(config.configuredQueue),
      handler: queues.change,
    }),
    guarded({ ...remove, summary: 'Delete a queue', params: byId, query: config.removal, handler: queues.remove }),
  ];
}

function numberRoutes(deps: AdministrationDeps): Route[] {
  const numbers = createNumbers(deps);
  const rows = rowsOf('numbers', 'number');
  const params = config.byNumber;
  const response = json(config.configuredNumber);
  const { newNumber, numberChange, removal } = config;
  return [
    guarded({ ...rows.list, summary: 'Access codes and numbers', response: json(listOf(config.configuredNumber)), handler: numbers.list }),
    guarded({ ...rows.get, summary: 'One number and where it leads', params, response, handler: numbers.get }),
    guarded({ ...rows.add, summary: 'Add a number', body: newNumber, response: { ...response, status: 201 }, handler: numbers.add }),
    guarded({ ...rows.change, summary: 'Let a number lead elsewhere', params, body: numberChange, response, handler: numbers.change }),
    guarded({ ...rows.remove, summary: 'Retire a number', params, query: removal, handler: numbers.remove }),
  ];
}

function trunkRoutes(deps: AdministrationDeps): Route[] {
  const trunks = createTrunks(deps);
  const rows = rowsOf('trunks', 'id');
  const response = json(config.configuredTrunk);
  const { newTrunk, trunkChange, removal } = config;
  return [
    guarded({ ...rows.list, summary: 'Trunks', response: json(listOf(config.configuredTrunk)), handler: trunks.list }),
    guarded({ ...rows.get, summary: 'One trunk', params: byId, response, handler: trunks.get }),
    guarded({ ...rows.add, summary: 'Add a trunk', body: newTrunk, response: { ...response, status: 201 }, handler: trunks.add }),
    guarded({ ...rows.change, summary: 'Change a trunk', params: byId, body: trunkChange, response, handler: trunks.change }),
    guarded({ ...rows.remove, summary: 'Delete a trunk', params: byId, query: removal, handler: trunks.remove }),
  ];
}

function flowRoutes(deps: AdministrationDeps): Route[] {
  const flows = createFlows(deps);
  const rows = rowsOf('flows', 'id');
  const response = json(config.flowDetail);
  const params = byId;
  const draft = 'Kept as a draft, with what is wrong in `problems`; callers hear it when it is published. Audited.';
  return [
    guarded({ ...rows.list, summary: 'Flows', response: json(listOf(config.flow)), handler: flows.list }),
    guarded({ ...rows.get, summary: 'One flow with its document', params, response, handler: flows.get }),
    guarded({
      ...rows.add,
      summary: 'Add a flow, as a draft',
      description: draft,
      body: config.newFlow,
      bodyLimit: FLOW_LIMIT,
      response: { ...response, status: 201 },
      handler: flows.add,
    }),
    guarded({
      ...rows.change,
      summary: 'Save the draft',
      description: draft,
      params,
      body: config.flowChange,
      bodyLimit: FLOW_LIMIT,
      response,
      handler: flows.change,
    }),
    ...flowVersionRoutes(flows),
    guarded({ ...rows.remove, summary: 'Delete a flow and its versions', params, query: config.removal, handler: flows.remove }),
  ];
}

/** What is in force, and what was. */
function flowVersionRoutes(flows: ReturnType<typeof createFlows>): Route[] {
  const { get } = rowsOf('flows', 'id');
  const one = { method: 'post' as const, tag: 'flows', roles: admins, params: byId, response: json(config.flowDetail) };
  return [
    guarded({
      ...one,
      path: `${V1}/flows/:id/publish`,
      summary: 'Put the draft into force',
      description: `Refused with the node and field at fault when it is not valid. Calls in progress keep their version. ${AT_ONCE}`,
      body: config.oneRevision,
      handler: flows.publish,
    }),
    guarded({
      ...one,
      path: `${V1}/flows/:id/rollback`,
      summary: 'Put an earlier version into force',
      description: `The one before, or \`version\`. ${AT_ONCE}`,
      body: config.rollback,
      handler: flows.rollback,
    }),
    guarded({
      ...get,
      path: `${V1}/flows/:id/versions`,
      summary: 'Versions, newest first: by whom and when',
      params: byId,
      query: livePage,
      response: json(listOf(config.flowVersion)),
      handler: flows.versions,
    }),
    guarded({
      ...get,
      path: `${V1}/flows/:id/versions/:version`,
      summary: 'One version with its document',
      params: config.byVersion,
      response: json(config.flowVersionDocument),
      handler: flows.version,
    }),
  ];
}

function promptRoutes(deps: AdministrationDeps): Route[] {
  const prompts = createPromptHandlers(deps);
  const rows = rowsOf('prompts', 'id');
  const response = json(config.prompt);
  const one = { params: byId, query: config.promptSet };
  const upload = { bodyType: 'audio/wav' as const, bodyLimit: PROMPT_LIMIT, body: config.wavBody };
  const description =
    'The body is a WAV: 8 kHz, mono, PCM 16 bits, A-law or µ-law, at most 10 MiB. The next one who hears it hears the new one. Audited.';
  return [
    guarded({
      ...rows.list,
      summary: 'Prompts of a language, shipped and uploaded',
      query: config.promptsQuery,
      response: json(listOf(config.prompt)),
      handler: prompts.list,
    }),
    guarded({ ...rows.get, ...one, summary: 'One prompt', response, handler: prompts.get }),
    guarded({
      ...rows.get,
      path: `${V1}/prompts/:id/audio`,
      ...one,
      summary: 'Its audio',
      response: { kind: 'file', contentType: 'audio/wav' },
      handler: prompts.audio,
    }),
    guarded({
      ...rows.add,
      ...upload,
      summary: 'Upload a prompt',
      description,
      query: config.newPrompt,
      response: { ...response, status: 201 },
      handler: prompts.add,
    }),
    guarded({
      ...rows.change,
      ...upload,
      ...one,
      summary: 'Upload or replace a prompt',
      description,
      response,
      handler: prompts.change,
    }),
    guarded({ ...rows.remove, ...one, summary: 'Delete an uploaded prompt', handler: prompts.remove }),
  ];
}
