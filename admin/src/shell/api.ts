import type { IncomingMessage } from 'node:http';
import type {
  Authenticator,
  Backups,
  Callbacks,
  IdentityStore,
  MediaServers,
  RecordQueries,
  SeatDialer,
  SipTraces,
  SummaryRows,
  SystemView,
  WebCredentials,
} from '@yixian/contracts';
import express, { type Express } from 'express';
import type { CommandDeps } from '../commands/command.js';
import type { SourcePolicy } from '../core/failure-limit.js';
import { openApiOf } from '../core/openapi.js';
import type { Route } from '../core/route.js';
import type { AdministrationDeps } from '../handlers/config/change.js';
import type { HealthDeps } from '../handlers/health.js';
import type { MessageDeps } from '../handlers/messages.js';
import type { AudioDeps } from '../handlers/recordings.js';
import { createRoutes, type RouteDeps } from '../routes.js';
import { createDocs } from './docs.js';
import { createErrorHandler, createNotFound } from './errors.js';
import { createSecurityHeaders } from './headers.js';
import { createMetrics } from './metrics.js';
import { mountRoutes } from './mount.js';
import { createWeb } from './web.js';

export interface ApiDeps extends CommandDeps, HealthDeps, MessageDeps {
  auth: Authenticator;
  /** Where a request comes from, for limits; default: the other end of its connection. */
  addressOf?(request: IncomingMessage): string;
  /** Whether it is served over HTTPS. */
  secure?: boolean;
  callbacks: Callbacks;
  records: RecordQueries;
  /** Recordings and messages as they may be heard, held and deleted. */
  audio: AudioDeps;
  identity: IdentityStore;
  /** What agents note of calls. */
  summaries: SummaryRows;
  /** The SIP messages of calls. */
  sipTraces: SipTraces;
  /** Whether a seat could ring. */
  seats: Pick<SeatDialer, 'reachable' | 'refusal'>;
  webCredentials: WebCredentials;
  administration: AdministrationDeps;
  /** The built browser application. */
  webDir: string;
  reports: RouteDeps['reports'];
  /** Name → value of every stage, read at each scrape. */
  metrics: readonly (() => Record<string, number>)[];
  backups: Backups;
  mediaServers: MediaServers;
  /** How the running system is. */
  system: () => Promise<SystemView>;
  /** Shown in the OpenAPI document. */
  version?: string;
  options?: {
    /** Failed sign-ins of one address before it has to wait. Default 60 in 5 minutes. */
    signInLimit?: SourcePolicy;
    /** Check answers against the table, for tests. */
    checkResponses?: boolean;
  };
}

/** The REST API, its documents and the routes for operators as an Express app, still to be put behind an HTTP server. */
export function createApi(deps: ApiDeps): Express {
  return assemble(deps).app;
}

/** The app and the table it was made from. */
export function assemble(deps: ApiDeps): { app: Express; routes: readonly Route[] } {
  const { logger, options = {} } = deps;
  const metrics = createMetrics({ sources: deps.metrics, logger });
  const routes = createRoutes({
    ...deps,
    metricsText: metrics.text,
    metricsContentType: metrics.contentType,
    signInLimit: options.signInLimit ?? { maxFailures: 60, windowMs: 5 * 60_000 },
  });
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.set('etag', false);
  app.use(createSecurityHeaders(deps.secure ?? false));
  mountRoutes(app, routes, {
    auth: deps.auth,
    directory: deps.directory,
    logger,
    counted: metrics.counted,
    addressOf: deps.addressOf ?? ((request) => request.socket.remoteAddress ?? ''),
    checkResponses: options.checkResponses ?? false,
  });
  app.use(
    '/api',
    createDocs(() => openApiOf(routes, deps.version ?? '0.1.0')),
  );
  app.use(createWeb(deps.webDir));
  app.use(createNotFound());
  app.use(createErrorHandler(logger));
  return { app, routes };
}
