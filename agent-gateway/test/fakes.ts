import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket as TcpSocket } from 'node:net';
import {
  type AgentConfig,
  type AgentSnapshot,
  type Authenticator,
  applyCallEvent,
  type CallControl,
  type CallRecord,
  DEFAULT_SETTINGS,
  DomainError,
  type DomainEvent,
  type EventBus,
  type EventDraft,
  type EventView,
  type HotlineSettings,
  type PartyView,
  type Principal,
  QUEUE_DEFAULTS,
  type QueueConfig,
  type Role,
  silentLogger,
  systemClock,
} from '@yixian/contracts';
import { io, type Socket } from 'socket.io-client';
import { createGateway, type Gateway, type GatewayDeps, type Snapshot } from '../src/index.js';

const agentConfig = (id: string, skills: string[], groups: string[]): AgentConfig => ({
  id,
  userId: `user-${id}`,
  name: id,
  skills,
  skillLevels: {},
  groups,
  recording: null,
  enabled: true,
});
const queueConfig = (id: string, requiredSkills: string[]): QueueConfig => ({
  ...QUEUE_DEFAULTS,
  id,
  name: id,
  requiredSkills,
  priority: 0,
  ringTimeoutMs: 15_000,
  wrapUpMs: 0,
  maxWaitMs: 60_000,
  maxLength: 10,
  music: 'queue-music',
  announceEveryMs: 0,
  serviceLevelSeconds: 20,
  record: true,
});

export const AGENTS = [
  agentConfig('1001', ['consult'], ['main']),
  agentConfig('1003', ['complaint'], ['main']),
  agentConfig('1009', ['night'], ['night']),
];
export const QUEUES = [queueConfig('consult', ['consult']), queueConfig('complaint', ['complaint']), queueConfig('night', ['night'])];

export function principalOf(username: string, roles: Role[], extension: string | null, groups: string[] = []): Principal {
  const user = { id: `user-${username}`, username, displayName: username, roles, extension, groups, enabled: true };
  return { user, roles, sessionId: `ses-${username}` };
}

/** Sessions that a test can end. */
export class MemoryAuth implements Authenticator {
  readonly sessions = new Map<string, Principal>();
  readonly #ended = new Set<(sessionId: string) => void>();

  async signIn(): Promise<never> {
    throw new DomainError('unauthenticated', 'not here');
  }
  async authenticate(token: string) {
    return this.sessions.get(token);
  }
  async signOut(sessionId: string) {
    for (const [token, principal] of this.sessions) if (principal.sessionId === sessionId) this.sessions.delete(token);
    for (const listener of this.#ended) listener(sessionId);
  }
  onSignOut(listener: (sessionId: string) => void) {
    this.#ended.add(listener);
    return () => this.#ended.delete(listener);
  }
}

/** A bus and, behind it, the journal with everything that was ever published, the process before included. */
export class MemoryBus implements EventBus {
  readonly journal: DomainEvent[] = [];
  readonly #listeners = new Set<(event: DomainEvent) => void>();

  get lastSeq(): number {
    return this.journal.at(-1)?.seq ?? 0;
  }
  publish(draft: EventDraft): DomainEvent {
    const event = this.numbered(draft);
    for (const listener of this.#listeners) listener(event);
    return event;
  }
  /** Written by the process before: in the journal, told to nobody here. */
  numbered(draft: EventDraft): DomainEvent {
    const seq = this.lastSeq + 1;
    const event = { ...draft, id: `e${seq}`, seq, at: draft.at ?? seq } as DomainEvent;
    this.journal.push(event);
    return event;
  }
  subscribe(listener: (event: DomainEvent) => void) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
  get listeners(): number {
    return this.#listeners.size;
  }
}

export interface Stage {
  bus: MemoryBus;
  auth: MemoryAuth;
  gateway: Gateway;
  server: Server;
  /** Every TCP connection to it, to be cut. */
  connections: Set<TcpSocket>;
  url: string;
  commands: { username: string; name: string; input: unknown }[];
  /** Groups and skills changed. */
  change(): void;
  agents: AgentConfig[];
  settings: HotlineSettings;
  /** Of every call. */
  parties: PartyView[];
  /** How often the journal was read. */
  reads: number;
  connect(username: string, options?: { since?: number; auth?: object }): Tap;
  close(): Promise<void>;
}

/** A client that keeps what it is told, and can be waited for. */
export interface Tap {
  socket: Socket;
  events: EventView[];
  snapshots: Snapshot[];
  closing: { reason: string; message: string }[];
  /** Resolves when the condition holds; looked at after each message. */
  until(what: string, condition: () => boolean): Promise<void>;
  types(): string[];
}

/** A gateway on a free loopback port, with users a1001, a1003, a1009, super (group main) and admin; token = user name. */
export async function openStage(options: Partial<GatewayDeps> & { bus?: MemoryBus } = {}): Promise<Stage> {
  const bus = options.bus ?? new MemoryBus();
  const auth = new MemoryAuth();
  for (const id of ['1001', '1003', '1009']) auth.sessions.set(`a${id}`, principalOf(`a${id}`, ['agent'], id));
  auth.sessions.set('super', principalOf('super', ['supervisor'], '1100', ['main']));
  auth.sessions.set('admin', principalOf('admin', ['admin'], null));
  const server = createServer((_req, res) => res.writeHead(404).end());
  const connections = new Set<TcpSocket>();
  server.on('connection', (socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const records = new Map<string, CallRecord>();
  bus.subscribe((event) => {
    const next = event.callId === undefined ? undefined : applyCallEvent(records.get(event.callId), event);
    if (next) records.set(next.id, next);
  });
  const listeners = new Set<() => void>();
  const taps: Socket[] = [];
  const facts = { agents: [...AGENTS], settings: { ...DEFAULT_SETTINGS }, parties: [] as PartyView[], reads: 0 };
  const stage = { bus, auth, server, connections, commands: [] as Stage['commands'], ...facts };
  const gateway = createGateway({
    httpServer: server,
    auth,
    events: bus,
    lastSeq: bus.lastSeq,
    records: {
      async eventsSince(seq, limit) {
        stage.reads += 1;
        return bus.journal.filter((e) => e.seq > seq).slice(0, limit);
      },
      async call(id) {
        const timeline = bus.journal.filter((e) => e.callId === id);
        const record = timeline.reduce<CallRecord | undefined>(applyCallEvent, undefined);
        return record && { record, timeline };
      },
    },
    acd: fakeAcd(stage.agents),
    calls: {
      record: (id) => records.get(id),
      records: () => [...records.values()],
      control: () => () => {},
      controlOf: () => ({ parties: () => stage.parties }) as unknown as CallControl,
    },
    directory: {
      agents: () => stage.agents,
      queues: () => QUEUES,
      settings: () => stage.settings,
      extension: () => undefined,
      accessCode: () => undefined,
      extensionGroup: () => undefined,
      trunks: () => [],
      onChange(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    commands: {
      async run(principal, name, input) {
        stage.commands.push({ username: principal.user.username, name, input });
        if (name === 'hold') throw new DomainError('conflict', 'call c-1 is over', { callId: 'c-1' });
        if (name === 'dial') throw new Error('a secret of the inside');
        return name === 'hangup' ? undefined : { extension: '1001', state: 'ready' };
      },
    },
    clock: systemClock(),
    logger: silentLogger,
    ...options,
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(stage, {
    gateway,
    url,
    change: () => {
      for (const listener of listeners) listener();
    },
    connect(username: string, { since, auth: other }: { since?: number; auth?: object } = {}) {
      const tap = listen(url, other ?? { token: username, ...(since === undefined ? {} : { since }) });
      taps.push(tap.socket);
      return tap;
    },
    async close() {
      for (const socket of taps) socket.disconnect();
      await gateway.stop();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  });
}

export function fakeAcd(agents: AgentConfig[]): GatewayDeps['acd'] {
  const snapshot = ({ id, name, skills, groups }: AgentConfig): AgentSnapshot => ({
    agentId: id,
    name,
    state: 'ready',
    since: 0,
    reason: null,
    seat: { kind: 'sip' },
    reachable: true,
    callId: null,
    skills,
    skillLevels: {},
    groups,
    next: null,
    wrapUpUntil: null,
  });
  const refuse = async (): Promise<never> => {
    throw new Error('the gateway gives commands through the command port only');
  };
  return {
    agents: () => agents.map(snapshot),
    agent: () => undefined,
    queues: () =>
      QUEUES.map(({ id, name }) => ({
        queueId: id,
        name,
        waiting: [],
        longestWaitMs: 0,
        estimatedWaitMs: null,
        ready: 1,
        serving: 0,
        signedIn: 1,
        door: { queueId: id, door: 'schedule', open: true, because: 'always' },
        callbacks: 0,
        estimateErrorMs: null,
      })),
    queue: () => undefined,
    setState: refuse,
    setSeat: refuse,
    moveCall: refuse,
    setDoor: refuse,
    answer: refuse,
    reject: refuse,
    occupy() {},
    release() {},
  };
}

export function listen(url: string, auth: object, transport = 'websocket'): Tap {
  const socket = io(`${url}/events`, { auth, transports: [transport], reconnection: false, forceNew: true });
  const watchers = new Set<() => void>();
  const tap: Tap = {
    socket,
    events: [],
    snapshots: [],
    closing: [],
    types: () => tap.events.map((e) => e.type),
    until(what, condition) {
      if (condition()) return Promise.resolve();
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          watchers.delete(look);
          reject(new Error(`still not so after 8 s: ${what}; told: ${tap.types().slice(-20).join(' ')}`));
        }, 8000);
        const look = () => {
          if (!condition()) return;
          clearTimeout(timer);
          watchers.delete(look);
          resolve();
        };
        watchers.add(look);
      });
    },
  };
  const look = () => {
    for (const watcher of [...watchers]) watcher();
  };
  socket.on('event', (event: EventView) => {
    tap.events.push(event);
    look();
  });
  socket.on('snapshot', (snapshot: Snapshot) => {
    tap.snapshots.push(snapshot);
    look();
  });
  socket.on('closing', (why: { reason: string; message: string }) => {
    tap.closing.push(why);
    look();
  });
  for (const name of ['disconnect', 'connect_error', 'connect']) socket.on(name, look);
  return tap;
}

export const call = (callId: string, type: EventDraft['type'], rest: object = {}): EventDraft =>
  ({ data: {}, ...rest, type, callId }) as EventDraft;

/** A whole call through a queue to an agent. */
export function wholeCall(callId: string, queueId: string, agentId: string): EventDraft[] {
  return [
    call(callId, 'call.arrived', { data: { direction: 'inbound', caller: '021', called: '12320' } }),
    call(callId, 'call.entered-flow', { data: { flowId: 'main', version: 1 } }),
    call(callId, 'call.queued', { queueId, data: { position: 1, priority: 0 } }),
    call(callId, 'offer.made', { queueId, agentId, data: { offerId: 'o', expiresAt: 15_000 } }),
    call(callId, 'offer.accepted', { queueId, agentId, data: { offerId: 'o' } }),
    call(callId, 'call.left-queue', { queueId, data: { result: 'served', waitMs: 1 } }),
    call(callId, 'call.connected', { queueId, agentId, data: { to: agentId } }),
    call(callId, 'recording.started', { data: { recordingId: 'r' } }),
    call(callId, 'call.ended', { data: { termination: { by: 'caller', reason: 'normal' } } }),
  ];
}
