import type {
  Authenticator,
  Backups,
  Clock,
  IdentityStore,
  Logger,
  MediaServers,
  RecordQueries,
  Role,
  SeatDialer,
  SipTraces,
  SummaryRows,
  SystemView,
  WebCredentials,
} from '@yixian/contracts';
import { administrationRoutes } from './administration-routes.js';
import { audioRoutes } from './audio-routes.js';
import { backupRoutes } from './backup-routes.js';
import { callControlRoutes, callRoutes } from './call-routes.js';
import type { CommandDeps } from './commands/command.js';
import { createCommandSet } from './commands/index.js';
import { liveQueue } from './core/config/schemas.js';
import type { SourcePolicy } from './core/failure-limit.js';
import { guarded, open, type Route } from './core/route.js';
import * as shape from './core/schemas.js';
import { system } from './core/system-schemas.js';
import { deskRoutes } from './desk-routes.js';
import { flowToolRoutes } from './flow-tool-routes.js';
import { createGetAgent, createListAgents, createPutSeat, createPutState } from './handlers/agents.js';
import type { AdministrationDeps } from './handlers/config/change.js';
import { createHealthz, createReadyz, type HealthDeps } from './handlers/health.js';
import type { MessageDeps } from './handlers/messages.js';
import { createGetQueue, createListQueues } from './handlers/queues.js';
import type { AudioDeps } from './handlers/recordings.js';
import type { ReportSheetDeps } from './handlers/report-sheet.js';
import { createMe, createProlong, createSignIn, createSignOut, createSoftphone } from './handlers/session.js';
import type { WaitingDeps } from './handlers/waiting.js';
import { mediaServerRoutes } from './media-server-routes.js';
import { messageRoutes } from './message-routes.js';
import { reportRoutes } from './report-routes.js';
import { waitingRoutes } from './waiting-routes.js';

export interface RouteDeps extends CommandDeps, HealthDeps, MessageDeps, Pick<WaitingDeps, 'callbacks'> {
  reports: Omit<ReportSheetDeps, 'identity' | 'logger'>;
  administration: AdministrationDeps;
  auth: Authenticator;
  records: RecordQueries;
  audio: AudioDeps;
  identity: IdentityStore;
  summaries: SummaryRows;
  sipTraces: SipTraces;
  seats: Pick<SeatDialer, 'reachable' | 'refusal'>;
  webCredentials: WebCredentials;
  clock: Clock;
  logger: Logger;
  backups: Backups;
  mediaServers: MediaServers;
  system: () => Promise<SystemView>;
  metricsText: () => Promise<string>;
  metricsContentType: string;
  signInLimit: SourcePolicy;
}

const V1 = '/api/v1';
const everyone: readonly Role[] = ['agent', 'supervisor', 'admin'];
const json = (schema: shape.AnySchema, status: 200 | 201 = 200) => ({ kind: 'json' as const, schema, status });
const empty = { kind: 'empty' as const, status: 204 as const };

/** The table: every route there is, in one place. Router, roles, checks and OpenAPI are made from it. */
export function createRoutes(deps: RouteDeps): Route[] {
  const showsSupervision = () => deps.directory.settings().showSupervision;
  const shared = { ...deps, commands: createCommandSet(deps), showsSupervision };
  return [
    ...sessionRoutes(shared),
    ...agentRoutes(shared),
    ...queueRoutes(shared),
    ...callRoutes({ ...shared, ...deps.audio }),
    ...callControlRoutes(shared),
    ...deskRoutes(shared),
    ...audioRoutes({ ...shared, ...deps.audio }),
    ...messageRoutes(deps),
    ...waitingRoutes(deps),
    ...reportRoutes({ ...deps.reports, identity: deps.identity, logger: deps.logger }),
    ...administrationRoutes(deps.administration),
    ...flowToolRoutes({ ...deps.administration, clickToDial: deps.clickToDial }),
    ...backupRoutes({ ...deps.administration, backups: deps.backups }),
    ...systemRoutes(shared),
    ...mediaServerRoutes({ ...deps.administration, mediaServers: deps.mediaServers }),
  ];
}

type Shared = RouteDeps & { commands: ReturnType<typeof createCommandSet>; showsSupervision(): boolean };

function sessionRoutes(deps: Shared): Route[] {
  const tag = 'session';
  return [
    open({
      method: 'post',
      path: `${V1}/session`,
      tag,
      summary: 'Sign in',
      description: 'Five failures in a row lock the user name for a quarter of an hour.',
      body: shape.credentials,
      bodyLimit: 8 * 1024,
      response: json(shape.session),
      handler: createSignIn({ ...deps, limit: deps.signInLimit }),
    }),
    guarded({
      method: 'put',
      path: `${V1}/session`,
      tag,
      summary: 'Prolong the session',
      description: 'It lasts as long again from now. A wallboard that nobody stands before stays signed in by it.',
      roles: ['supervisor', 'admin'],
      response: json(shape.sessionUntil),
      handler: createProlong(deps.administration),
    }),
    guarded({
      method: 'delete',
      path: `${V1}/session`,
      tag,
      summary: 'Sign out',
      roles: everyone,
      response: empty,
      handler: createSignOut(deps),
    }),
    guarded({
      method: 'post',
      path: `${V1}/softphone`,
      tag,
      summary: 'Credentials that make this page a telephone',
      description:
        'For SIP over WebSocket at `path`, as the own extension. Bound to this session: signing out revokes them and closes the connection. Ask again before `expiresAt` to keep them.',
      roles: everyone,
      response: json(shape.softphone),
      handler: createSoftphone(deps),
    }),
    guarded({
      method: 'get',
      path: `${V1}/me`,
      tag,
      summary: 'Who am I',
      roles: everyone,
      response: json(shape.me),
      handler: createMe(),
    }),
  ];
}

function agentRoutes(deps: Shared): Route[] {
  const tag = 'agents';
  const roles = everyone;
  const one = { tag, roles, params: shape.byExtension, response: json(shape.agent) };
  return [
    guarded({
      method: 'get',
      path: `${V1}/agents`,
      tag,
      roles,
      summary: 'Agents, live',
      description: 'An agent sees the own entry, a supervisor the led groups.',
      query: shape.livePage,
      response: json(shape.listOf(shape.agent)),
      handler: createListAgents(deps),
    }),
    guarded({ ...one, method: 'get', path: `${V1}/agents/:extension`, summary: 'One agent, live', handler: createGetAgent(deps) }),
    guarded({
      ...one,
      method: 'put',
      path: `${V1}/agents/:extension/state`,
      summary: 'Ready, not ready, offline',
      description: 'The own state, or by a supervisor that of an agent of the group (audited). During a call it takes effect afterwards.',
      body: shape.stateBody,
      handler: createPutState(deps),
    }),
    guarded({
      ...one,
      method: 'put',
      path: `${V1}/agents/:extension/seat`,
      summary: 'Where this agent’s calls ring',
      description:
        'Kind sip is the phone registered at the extension; kind phone any telephone number over a trunk (virtual seat). Kind softphone is the browser, once a page is connected with credentials of `POST /softphone`.',
      body: shape.seatBody,
      handler: createPutSeat(deps),
    }),
  ];
}

function queueRoutes(deps: Shared): Route[] {
  const tag = 'queues';
  return [
    guarded({
      method: 'get',
      path: `${V1}/queues`,
      tag,
      roles: everyone,
      summary: 'Queues, live',
      description:
        'An agent sees the queues of the own skills, a supervisor those of the led groups; supervisors and admins with the settings.',
      query: shape.livePage,
      response: json(shape.listOf(liveQueue)),
      handler: createListQueues({ ...deps, config: deps.administration.config }),
    }),
    guarded({
      method: 'get',
      path: `${V1}/queues/:id`,
      tag,
      roles: everyone,
      summary: 'One queue, live',
      params: shape.byId,
      response: json(liveQueue),
      handler: createGetQueue({ ...deps, config: deps.administration.config }),
    }),
  ];
}

function systemRoutes(deps: Shared): Route[] {
  const tag = 'system';
  const metrics = { kind: 'text' as const, contentType: deps.metricsContentType };
  return [
    open({ method: 'get', path: '/healthz', tag, summary: 'The process lives', response: json(shape.health), handler: createHealthz() }),
    open({
      method: 'get',
      path: '/readyz',
      tag,
      summary: 'Ready for calls; 503 names what is not',
      response: json(shape.readiness),
      handler: createReadyz(deps),
    }),
    guarded({
      method: 'get',
      path: `${V1}/system`,
      tag,
      roles: ['admin'],
      summary: 'How the running system is: version, what doctor finds, calls, registrations',
      response: json(system),
      handler: () => deps.system(),
    }),
    open({ method: 'get', path: '/metrics', tag, summary: 'Prometheus', response: metrics, handler: () => deps.metricsText() }),
  ];
}
