import type { Server as HttpServer } from 'node:http';
import {
  type Acd,
  type Authenticator,
  type CallRegistry,
  type Clock,
  type CommandPort,
  type Directory,
  DomainError,
  type EventBus,
  type Logger,
  type MaskFacts,
  maskFor,
  type Principal,
  type RecordQueries,
  viewerOf,
} from '@yixian/contracts';
import { type Namespace, Server, type Socket } from 'socket.io';
import { handshake, read, wireError } from '../core/messages.js';
import { sameView } from '../core/visibility.js';
import { Client, type ClientDeps } from './client.js';
import { createCommandRunner } from './commands.js';
import { createFigures } from './figures.js';
import type { OutboxLimits } from './outbox.js';
import { Stream } from './stream.js';

export interface GatewayOptions {
  /** Events held in memory for those who come back. Default 10,000. */
  ringSize?: number;
  /** Most missed events that are told again; beyond it a snapshot with `gap`. Default 10,000. */
  mostMissed?: number;
  /** What may wait in front of a slow connection. Default 2,000 packets, 4 MB. */
  outbox?: OutboxLimits;
  /** How often sessions are checked, milliseconds. Default 30 s. */
  recheckMs?: number;
  /** Between two snapshots on `sync` to one client, milliseconds. Default 1 s. */
  syncSpacingMs?: number;
  /** Between two tellings of figures that are in no event, milliseconds. Default 200. */
  figuresMs?: number;
}

export interface GatewayDeps {
  /** Where Socket.IO listens; the servers stay the composer's: `stop()` does not close them. */
  httpServer: HttpServer | readonly HttpServer[];
  auth: Authenticator;
  events: EventBus;
  /** `seq` of the last event before this process. */
  lastSeq?: number;
  records: Pick<RecordQueries, 'eventsSince' | 'call'>;
  acd: Acd;
  calls: CallRegistry;
  directory: Pick<Directory, 'agents' | 'queues' | 'onChange'> & MaskFacts;
  commands: CommandPort;
  clock: Clock;
  logger: Logger;
  options?: GatewayOptions;
}

export interface Gateway {
  /** Tells every client, closes the connections and frees everything. */
  stop(): Promise<void>;
  metrics(): Record<string, number>;
}

interface Wiring extends GatewayDeps {
  clients: Map<string, Client>;
  stream: Stream;
  counts: { tooSlow: number; refused: number; done: number; failed: number };
}

/** A connection that hangs without a word is noticed, at both ends, within the sum of these. */
const HEARTBEAT = { pingInterval: 8_000, pingTimeout: 7_000 };

/** The live stream and the commands, over Socket.IO at `/events`. */
export function createGateway(deps: GatewayDeps): Gateway {
  const { options = {} } = deps;
  const io = new Server({ serveClient: false, maxHttpBufferSize: 64 * 1024, transports: ['websocket', 'polling'], ...HEARTBEAT });
  const engines = [deps.httpServer].flat().map((server) => {
    io.attach(server);
    return io.engine;
  });
  const namespace = io.of('/events');
  const clients = new Map<string, Client>();
  const { ringSize = 10_000, mostMissed = 10_000 } = options;
  const stream = new Stream({ ...deps, namespace, clients, lastSeq: deps.lastSeq ?? 0, ringSize, mostMissed });
  const wiring: Wiring = { ...deps, clients, stream, counts: { tooSlow: 0, refused: 0, done: 0, failed: 0 } };

  io.use((_socket, next) => next(refusal(new DomainError('not-found', 'the namespace is /events'))));
  guardDoor(wiring, namespace);
  namespace.on('connection', createWelcome(wiring));
  const stopWatching = watchSessions(wiring);
  const figures = createFigures({ ...deps, clients, pump: () => stream.pump(), spacingMs: options.figuresMs ?? 200 });
  const unsubscribe = deps.events.subscribe((event) => {
    stream.happened(event);
    figures.happened(event);
  });

  return {
    async stop() {
      stopWatching();
      unsubscribe();
      figures.stop();
      stream.pump();
      const all = [...clients.values()];
      const closed = all.map((client) => new Promise<void>((resolve) => client.socket.conn.once('close', () => resolve())));
      for (const client of all) client.leave('shutting-down');
      await Promise.all(closed);
      for (const engine of engines) engine.close();
    },
    metrics: () => ({ ...metricsOf(wiring), ...figures.metrics() }),
  };
}

/** Nobody gets past the handshake without a session. */
function guardDoor(wiring: Wiring, namespace: Namespace): void {
  const { auth, logger, counts } = wiring;
  async function admit(socket: Socket): Promise<void> {
    const { token, since } = read(handshake, socket.handshake.auth, 'auth');
    const principal = await auth.authenticate(token);
    if (!principal) throw new DomainError('unauthenticated', 'the session is over or the token is not one; sign in again');
    socket.data = { token, principal, since: since ?? undefined };
  }
  namespace.use((socket, next) => {
    admit(socket).then(
      () => next(),
      (error: unknown) => {
        counts.refused += 1;
        if (!(error instanceof DomainError)) logger.error({ err: error }, 'a connection could not be admitted');
        next(refusal(error));
      },
    );
  });
}

/** `connect_error` carries it as `error.data.error`. */
function refusal(error: unknown): Error {
  const wire = wireError(error);
  return Object.assign(new Error(wire.message), { data: { error: wire } });
}

function createWelcome(wiring: Wiring): (socket: Socket) => void {
  const { clients, stream, counts, logger } = wiring;
  const runCommand = createCommandRunner({
    ...wiring,
    counted(ok) {
      if (ok) counts.done += 1;
      else counts.failed += 1;
    },
  });
  const clientDeps: ClientDeps = {
    clock: wiring.clock,
    limits: wiring.options?.outbox ?? { packets: 2000, bytes: 4 * 1024 * 1024 },
    patienceMs: 5000,
    joinMs: 60_000,
    syncSpacingMs: wiring.options?.syncSpacingMs ?? 1000,
    tooSlow(client) {
      counts.tooSlow += 1;
      logger.warn({ user: client.principal.user.username }, 'a client is too slow for the events and is sent away');
      client.leave('too-slow');
    },
  };
  return (socket) => {
    const { token, principal, since } = socket.data as { token: string; principal: Principal; since: number | undefined };
    const client = new Client(socket, { token, principal, viewer: viewerOf(principal.user, wiring.directory) }, clientDeps);
    clients.set(socket.id, client);
    socket.on('disconnect', () => {
      clients.delete(socket.id);
      client.free();
    });
    socket.on('alive', (acknowledge: unknown) => {
      if (typeof acknowledge === 'function') acknowledge();
    });
    socket.on('sync', () => client.spaced(() => stream.snapshot(client, false)));
    socket.on('command', (message: unknown, acknowledge: unknown) => {
      void runCommand(client, message).then((answer) => {
        if (typeof acknowledge === 'function') acknowledge(maskFor(wiring.directory, client.viewer.role)(answer));
      });
    });
    stream.join(client, since).catch((error: unknown) => {
      logger.error({ err: error, user: client.principal.user.username }, 'missed events could not be told');
      client.leave('failed');
    });
  };
}

/** Sign-out closes at once; sessions that run out and users that change are noticed by looking from time to time. */
function watchSessions(wiring: Wiring): () => void {
  const { auth, clients, clock, directory, logger, stream } = wiring;
  let stopped = false;

  function see(client: Client, principal: Principal): void {
    const viewer = viewerOf(principal.user, directory);
    const same = sameView(viewer, client.viewer);
    client.principal = principal;
    client.viewer = viewer;
    if (!same && client.state === 'live') stream.snapshot(client, false);
  }

  async function recheck(): Promise<void> {
    for (const client of [...clients.values()]) {
      const principal = await auth.authenticate(client.token);
      if (!principal) client.leave('signed-out');
      else if (principal !== client.principal) see(client, principal);
    }
  }

  const arm = () =>
    clock.setTimer(wiring.options?.recheckMs ?? 30_000, () => {
      recheck()
        .catch((error: unknown) => logger.error({ err: error }, 'sessions could not be checked'))
        .finally(() => {
          if (!stopped) timer = arm();
        });
    });
  let timer = arm();
  const offs = [
    auth.onSignOut((sessionId) => {
      for (const client of clients.values()) if (client.principal.sessionId === sessionId) client.leave('signed-out');
    }),
    directory.onChange(() => {
      for (const client of clients.values()) see(client, client.principal);
    }),
  ];
  return () => {
    stopped = true;
    timer.cancel();
    for (const off of offs) off();
  };
}

function metricsOf({ clients, counts, stream }: Wiring): Record<string, number> {
  return {
    gateway_clients: clients.size,
    ...stream.metrics(),
    gateway_slow_clients_total: counts.tooSlow,
    gateway_connections_refused_total: counts.refused,
    'gateway_commands_total{result="ok"}': counts.done,
    'gateway_commands_total{result="error"}': counts.failed,
  };
}
