import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { fileURLToPath } from 'node:url';
import { createApi, createAuthenticator, createCommands } from '@yixian/admin';
import { createGateway } from '@yixian/agent-gateway';
import { createIdentityStore, createSummaryRows, ping } from '@yixian/db';
import { createSipUpgrades } from '@yixian/softswitch';
import { createBackupStore } from '../backup/store.js';
import { followCertificate, readCertificate } from '../certificate.js';
import { createClientAddress } from '../client-address.js';
import { httpUrl } from '../first-run.js';
import { version } from '../version.js';
import { administrationOf } from './administration.js';
import type { Foundation } from './foundation.js';
import { healthOf } from './health.js';
import { startReports } from './reports.js';
import { shareSessions } from './sessions.js';
import { createSystemView } from './system.js';
import type { Telephony } from './telephony.js';
import type { Undo } from './undo.js';

const CLOSE_DEADLINE_MS = 5000;
/** Longer than proxies and clients keep an idle connection: who closes second never meets a request on its way. */
const KEEP_ALIVE_MS = 75_000;
/** From `server/dist/src/compose`. */
const WEB_DIR = fileURLToPath(new URL('../../../../web/dist', import.meta.url));

/** REST, Socket.IO, health and metrics on one HTTP port. */
export async function startFaces(base: Foundation, telephony: Telephony, draining: () => boolean, undo: Undo): Promise<string> {
  const { logger, clock, ids, events, calls, records, directory, database } = base;
  const { acd, sbc, softswitch, edge, recorder, messages } = telephony;
  const identity = createIdentityStore(database.knex);
  const auth = createAuthenticator({ store: identity, clock, ids, logger, events });
  const { clickToDial, parties } = sbc;
  const { joined } = base.membership;
  const commandDeps = { acd: acd.acd, calls, clickToDial, parties, records, directory, identity, clock, logger };
  // the gateway needs the server that the API stands behind
  const gatewayMetrics = { metrics: (): Record<string, number> => ({}) };
  const metrics = [softswitch, edge, sbc, acd, recorder, messages, telephony.sipTraces, base.journal, gatewayMetrics].map(
    (stage) => () => stage.metrics(),
  );
  if (joined) metrics.push(() => ({ ...joined.metrics(), ...base.road.clustered?.metrics() }));
  const health = () =>
    healthOf({
      database: () => ping(database.knex),
      redis: () => base.redis.client.ping(),
      switch: () => softswitch.health(),
      processes: () => joined?.problems() ?? [],
    });
  const backups = createBackupStore({ config: base.config, clock, logger });
  undo.add('backups', () => backups.stop());
  const addressOf = createClientAddress(base.config.trustedProxies);
  const app = createApi({
    addressOf,
    secure: base.config.tls !== undefined,
    ...commandDeps,
    messages,
    auth,
    callbacks: acd.callbacks,
    administration: administrationOf(base, telephony, shareSessions(base.cluster, auth)),
    audio: { archive: recorder.archive, directory, timeZone: base.config.timeZone },
    summaries: createSummaryRows(database.knex),
    sipTraces: telephony.sipTraces,
    seats: telephony.seats,
    webDir: WEB_DIR,
    webCredentials: telephony.webCredentials,
    reports: { reports: startReports(base, undo), directory, timeZone: base.config.timeZone, clock },
    backups,
    mediaServers: softswitch.mediaServers,
    health,
    draining,
    version,
    metrics,
    system: createSystemView(base, telephony, { health, metrics }),
  });
  const server = serverFor(app, base, undo);
  const upgrades = createSipUpgrades({
    adopt: (socket, source) => softswitch.adopt(socket, source),
    origins: base.config.webOrigins,
    addressOf,
  });
  server.on('upgrade', (request, socket, head) => void upgrades.upgrade(request, socket, head));
  auth.onSignOut((sessionId) => {
    const extension = telephony.webCredentials.revoke(sessionId);
    if (extension !== undefined) softswitch.disconnectBrowsers(extension);
  });
  await listen(server, base);
  undo.add('http', () => close(server));
  undo.add('browsers', () => upgrades.close());
  const gateway = createGateway({
    ...base.road.told,
    httpServer: server,
    auth,
    records,
    acd: acd.acd,
    calls: base.toldCalls,
    directory,
    commands: createCommands(commandDeps),
    clock,
    logger,
  });
  gatewayMetrics.metrics = gateway.metrics;
  undo.add('gateway', () => gateway.stop());
  return httpUrl(base.config);
}

/** HTTPS where there is a certificate, and then nothing else: a password sent in the clear is one too many. */
function serverFor(app: RequestListener, { config, clock, logger }: Foundation, undo: Undo): Server {
  const options = { keepAliveTimeout: KEEP_ALIVE_MS };
  if (!config.tls) return createServer(options, app);
  const { cert, key } = readCertificate(config.tls);
  const server = createSecureServer({ ...options, cert, key, minVersion: 'TLSv1.2' }, app);
  const followed = followCertificate(server, config.tls, { clock, logger });
  undo.add('certificate', () => followed.stop());
  return server;
}

function listen(server: Server, { config }: Foundation): Promise<void> {
  const host = config.hosts[0];
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? new Error(`HTTP_PORT: ${host} port ${config.httpPort} is in use by another program`) : error);
    });
    server.listen(config.httpPort, host, resolve);
  });
}

/** Answers what is under way, then cuts what is only kept open. */
function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), CLOSE_DEADLINE_MS);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}
