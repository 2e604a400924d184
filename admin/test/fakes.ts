import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Acd,
  type AgentConfig,
  type AgentSnapshot,
  type AgentSums,
  applyCallEvent,
  type Callbacks,
  type CallbackView,
  type CallControl,
  type CallQuery,
  type CallRecord,
  type Clock,
  DEFAULT_SETTINGS,
  DomainError,
  type DomainEvent,
  type EventBus,
  type EventDraft,
  EXTENSION_DEFAULTS,
  type FoundRecording,
  type HotlineSettings,
  type IdentityStore,
  type Logger,
  QUEUE_DEFAULTS,
  type QueueConfig,
  type QueueDoor,
  type QueueDoorState,
  type QueueSnapshot,
  type QueueSums,
  RECORDING_DEFAULTS,
  type RecordQueries,
  type ReportQueries,
  type ReportRange,
  type ReportRow,
  type ReportScope,
  randomIds,
  type StoredUser,
  systemClock,
  type VoicemailBox,
  type VoicemailRow,
} from '@yixian/contracts';
import { createAuthenticator, createPromptFiles, hashPassword } from '../src/index.js';
import { assemble } from '../src/shell/api.js';
import { flowTools, MemoryConfig, shippedPrompts, validators } from './config-fakes.js';
import { MemorySummaries } from './desk-fakes.js';
import { MemoryArchive } from './memory-archive.js';

/** Cheap enough for tests; the format and the code are those of the real cost. */
export const TEST_COST = { ln: 8, r: 8, p: 1 };

export interface AuditEntry {
  at: number;
  username: string;
  action: string;
  subject: string;
  details?: Record<string, unknown>;
}

/** Users and sessions in memory. */
export class MemoryIdentity implements IdentityStore {
  readonly users = new Map<string, StoredUser>();
  readonly sessions = new Map<string, { id: string; tokenHash: string; userId: string; expiresAt: number }>();
  readonly entries: AuditEntry[] = [];
  lookUps = 0;

  async userByName(username: string): Promise<StoredUser | undefined> {
    return structuredClone(this.users.get(username));
  }
  async userById(id: string): Promise<StoredUser | undefined> {
    this.lookUps += 1;
    return structuredClone([...this.users.values()].find((u) => u.id === id));
  }
  async recordFailure(userId: string, failedAttempts: number, lockedUntil: number | null): Promise<void> {
    for (const user of this.users.values()) if (user.id === userId) Object.assign(user, { failedAttempts, lockedUntil });
  }
  clearFailures(userId: string): Promise<void> {
    return this.recordFailure(userId, 0, null);
  }
  async createSession(session: { id: string; tokenHash: string; userId: string; expiresAt: number }): Promise<void> {
    this.sessions.set(session.id, session);
  }
  async sessionByTokenHash(tokenHash: string) {
    return [...this.sessions.values()].find((s) => s.tokenHash === tokenHash);
  }
  async prolongSession(id: string, expiresAt: number): Promise<void> {
    for (const session of this.sessions.values()) if (session.id === id) session.expiresAt = expiresAt;
  }
  async deleteSession(id: string): Promise<void> {
    this.sessions.delete(id);
  }
  async audit(entry: AuditEntry): Promise<void> {
    this.entries.push(entry);
  }
  async add(username: string, password: string, change: Partial<StoredUser> = {}): Promise<StoredUser> {
    const user: StoredUser = {
      id: `user-${username}`,
      username,
      displayName: username,
      roles: ['agent'],
      extension: null,
      groups: [],
      enabled: true,
      passwordHash: await hashPassword(password, TEST_COST),
      failedAttempts: 0,
      lockedUntil: null,
      ...change,
    };
    this.users.set(username, user);
    return user;
  }
}

export class MemoryBus implements EventBus {
  readonly events: DomainEvent[] = [];
  readonly #listeners = new Set<(event: DomainEvent) => void>();

  publish(draft: EventDraft): DomainEvent {
    const event = { ...draft, id: `e${this.events.length + 1}`, seq: this.events.length + 1, at: draft.at ?? 0 } as DomainEvent;
    this.events.push(event);
    for (const listener of this.#listeners) listener(event);
    return event;
  }
  subscribe(listener: (event: DomainEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
  of(type: string): DomainEvent[] {
    return this.events.filter((e) => e.type === type);
  }
}

const agentConfig = (id: string, skills: string[], groups: string[]): AgentConfig => ({
  id,
  userId: `user-${id}`,
  name: `Agent ${id}`,
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

/** Two groups: `main` with 1001 (consult) and 1003 (complaint), `night` with 1009. */
export const directory = {
  agents: () => [
    agentConfig('1001', ['consult'], ['main']),
    agentConfig('1003', ['complaint'], ['main']),
    agentConfig('1009', ['night'], ['night']),
  ],
  queues: () => [queueConfig('consult', ['consult']), queueConfig('complaint', ['complaint']), queueConfig('night', ['night'])],
};

/** Agents and queues that do as told. */
export class MemoryAcd implements Acd {
  readonly #agents = new Map<string, AgentSnapshot>();
  readonly said: { id: string; state: string; reason: string | null; by: string }[] = [];

  readonly moved: { callId: string; queueId?: string; priority?: number; by: string }[] = [];

  constructor() {
    for (const { id, name, skills, groups } of directory.agents()) {
      this.#agents.set(id, {
        agentId: id,
        name,
        state: 'offline',
        since: 1_000,
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
    }
  }
  agents() {
    return [...this.#agents.values()];
  }
  agent(id: string) {
    return this.#agents.get(id);
  }
  queues(): QueueSnapshot[] {
    return directory.queues().map(({ id, name }) => ({
      queueId: id,
      name,
      waiting: [{ callId: `waits-${id}`, caller: '02100000001', position: 1, priority: 0, since: 5_000, offeredTo: null }],
      longestWaitMs: 2500,
      estimatedWaitMs: 30_000,
      ready: 1,
      serving: 0,
      signedIn: 1,
      door: { queueId: id, door: 'schedule', open: true, because: 'weekly' },
      callbacks: 0,
      estimateErrorMs: null,
    }));
  }
  queue(id: string) {
    return this.queues().find((q) => q.queueId === id);
  }
  async setState(id: string, state: 'ready' | 'not-ready' | 'offline', reason: string | null, by: string) {
    this.said.push({ id, state, reason, by });
    return this.#change(id, { state, reason });
  }
  async setSeat(id: string, seat: AgentSnapshot['seat'], _by: string) {
    return this.#change(id, { seat });
  }
  onCall(id: string, callId: string) {
    return this.#change(id, { state: 'on-call', callId });
  }
  async moveCall(callId: string, to: { queueId?: string; priority?: number }, by: string): Promise<void> {
    this.moved.push({ callId, ...to, by });
  }
  async setDoor(queueId: string, door: QueueDoor, by: string): Promise<QueueDoorState> {
    return { queueId, door, open: door !== 'closed', because: `${door} by ${by}` };
  }
  async answer(): Promise<void> {}
  async reject(): Promise<void> {}
  occupy() {}
  release() {}
  #change(id: string, change: Partial<AgentSnapshot>): AgentSnapshot {
    const agent = this.#agents.get(id);
    if (!agent) throw new DomainError('not-found', `no agent ${id}`);
    const next = { ...agent, ...change };
    this.#agents.set(id, next);
    return next;
  }
}

/** Callbacks in a list. */
export class MemoryCallbacks implements Callbacks {
  readonly items: CallbackView[] = [];
  async request({ queueId, number }: { queueId: string; number: string }): Promise<CallbackView> {
    if (this.items.some((one) => one.number === number)) throw new DomainError('conflict', `${number} waits already`);
    const view = { id: `callback-${this.items.length}`, queueId, number, since: 1_000, position: 1, attempts: 0, notBefore: null };
    this.items.push({ ...view, state: 'waiting' });
    return { ...view, state: 'waiting' };
  }
  async cancel(id: string): Promise<void> {
    const at = this.items.findIndex((one) => one.id === id);
    if (at < 0) throw new DomainError('not-found', `there is no callback ${id}`);
    this.items.splice(at, 1);
  }
  list() {
    return [...this.items];
  }
}

/** Folds a record from drafts, the way the projection does. */
export function recordOf(callId: string, drafts: EventDraft[]): { record: CallRecord; timeline: DomainEvent[] } {
  const timeline = drafts.map((draft, i) => ({ at: i * 1000, ...draft, callId, id: `${callId}-${i}`, seq: i + 1 }) as DomainEvent);
  let record: CallRecord | undefined;
  for (const event of timeline) record = applyCallEvent(record, event);
  if (!record) throw new Error('the first draft must be call.arrived');
  return { record, timeline };
}

export const arrived = (caller = '02112345678'): EventDraft => ({
  type: 'call.arrived',
  data: { direction: 'inbound', caller, called: '12320', trunkId: 'demo' },
});
export const talked = (agentId: string, queueId: string): EventDraft[] => [
  arrived(),
  { type: 'call.queued', queueId, data: { position: 1, priority: 0 } },
  { type: 'call.left-queue', queueId, data: { result: 'served', waitMs: 1000 } },
  { type: 'call.connected', agentId, queueId, data: { to: agentId } },
];
export const ended: EventDraft = { type: 'call.ended', data: { termination: { by: 'caller', reason: 'normal' } } };

/** Records, recordings and voicemails in memory, with pages of the size asked for. */
export class MemoryRecords implements RecordQueries {
  readonly stored: { record: CallRecord; timeline: DomainEvent[] }[] = [];
  readonly recordingRows: FoundRecording[] = [];
  readonly voicemailRows: VoicemailRow[] = [];
  readonly asked: CallQuery[] = [];
  readonly askedRecordings: object[] = [];

  async calls(query: CallQuery) {
    this.asked.push(query);
    const all = this.stored
      .map((s) => s.record)
      .filter((r) => query.agent === undefined || r.agentId === query.agent)
      .filter((r) => query.caller === undefined || r.caller === query.caller)
      .filter((r) => query.called === undefined || r.called === query.called)
      .filter((r) => query.outcome === undefined || r.outcome === query.outcome);
    return pageFrom(all, query);
  }
  async call(id: string) {
    return this.stored.find((s) => s.record.id === id);
  }
  async recordings(query: Parameters<RecordQueries['recordings']>[0]) {
    this.askedRecordings.push(query);
    return pageFrom(this.recordingRows, query);
  }
  async recording(id: string) {
    return this.recordingRows.find((r) => r.id === id);
  }
  async voicemails(query: Parameters<RecordQueries['voicemails']>[0]) {
    const { boxes, heard } = query;
    const fits = (row: VoicemailRow) => (boxes?.includes(row.box) ?? true) && (heard === undefined || (row.heardAt !== null) === heard);
    return pageFrom(
      this.voicemailRows.filter((row) => row.deletedAt === null && fits(row)),
      query,
    );
  }
  async voicemail(id: string) {
    return this.voicemailRows.find((r) => r.id === id);
  }
  async todayByAgent() {
    return new Map([['1001', { callsHandled: 3, talkSeconds: 120, holdSeconds: 5, missed: 1 }]]);
  }
  async todayByQueue() {
    return new Map([['consult', { offered: 5, answered: 3, abandoned: 1, serviceLevel: 1, averageWaitSeconds: 2.5 }]]);
  }
  async eventsSince(): Promise<DomainEvent[]> {
    return [];
  }
}

function pageFrom<T>(all: readonly T[], query: { limit: number; cursor?: string | undefined }) {
  const start = Number(query.cursor ?? 0);
  const items = all.slice(start, start + query.limit);
  return { items, next: start + items.length < all.length ? String(start + items.length) : null };
}

/** Calls in progress and the controls registered for them; remembers what was asked. */
export class MemoryCalls {
  readonly live = new Map<string, CallRecord>();
  readonly controls = new Map<string, CallControl>();
  readonly said: string[] = [];

  record(id: string) {
    return this.live.get(id);
  }
  records() {
    return [...this.live.values()];
  }
  control(control: CallControl) {
    this.controls.set(control.callId, control);
    return () => void this.controls.delete(control.callId);
  }
  controlOf(id: string) {
    return this.controls.get(id);
  }
  talking(callId: string, agentId: string): void {
    this.live.set(callId, recordOf(callId, talked(agentId, 'consult')).record);
    const note =
      (verb: string) =>
      async (by: string, ...more: unknown[]): Promise<void> => {
        const words = more.filter((word) => word !== undefined).map((word) => (typeof word === 'string' ? word : JSON.stringify(word)));
        this.said.push([verb, by, ...words].join(' '));
      };
    this.control({
      callId,
      agents: () => [agentId],
      hangUp: note('hangUp'),
      hold: note('hold'),
      resume: note('resume'),
      sendDigits: note('sendDigits'),
      parties: () => [],
      mute: note('mute'),
      unmute: note('unmute'),
      transfer: note('transfer'),
      consult: note('consult'),
      swap: note('swap'),
      complete: note('complete'),
      cancel: note('cancel'),
      conference: note('conference'),
      park: async (by) => {
        await note('park')(by);
        return { slot: '1' };
      },
      pauseRecording: note('pauseRecording'),
      resumeRecording: note('resumeRecording'),
      startRecording: note('startRecording'),
      supervise: note('supervise'),
    });
  }
}

/** As far as names go. */
const MAIN_FLOW = { name: '一线服务热线', nodes: { menu: { type: 'menu', label: '主菜单' }, end: { type: 'hangup' }, odd: null } };

/** Remembers what it was asked and answers with the rows it was given. */
export class MemoryReports implements ReportQueries {
  readonly asked: { what: string; query: unknown; keys?: readonly string[] | undefined; scope?: ReportScope | undefined }[] = [];
  queueRows: ReportRow<string, QueueSums>[] = [];
  agentRows: ReportRow<string, AgentSums>[] = [];

  async queues(query: ReportRange, keys?: readonly string[]) {
    this.asked.push({ what: 'queues', query, keys });
    return this.queueRows;
  }
  async agents(query: ReportRange, keys?: readonly string[]) {
    this.asked.push({ what: 'agents', query, keys });
    return this.agentRows;
  }
  async system(query: ReportRange, scope?: ReportScope) {
    this.asked.push({ what: 'system', query, scope });
    return [];
  }
  stateLog = (query: unknown) => this.#log('states', query);
  signInLog = (query: unknown) => this.#log('sign-ins', query);
  agentCallLog = (query: unknown) => this.#log('agent-calls', query);
  missedCallLog = (query: unknown) => this.#log('missed-calls', query);

  async #log(what: string, query: unknown) {
    this.asked.push({ what, query });
    return { items: [], next: null };
  }
}

/** A log that can be searched. */
export function memoryLogger(): Logger & { text(): string } {
  const lines: string[] = [];
  const write = (facts: object, message: string) => void lines.push(`${message} ${JSON.stringify(facts)}`);
  return { debug: write, info: write, warn: write, error: write, text: () => lines.join('\n') };
}

export interface House {
  base: string;
  identity: MemoryIdentity;
  acd: MemoryAcd;
  callbacks: MemoryCallbacks;
  records: MemoryRecords;
  reports: MemoryReports;
  calls: MemoryCalls;
  summaries: MemorySummaries;
  dialled: { from: string; to: string; draft?: { flowId: string; version: number } }[];
  messages: { from: string; to: string; text: string }[];
  bus: MemoryBus;
  logger: ReturnType<typeof memoryLogger>;
  recordingsDir: string;
  archive: MemoryArchive;
  settings: HotlineSettings;
  boxes: VoicemailBox[];
  config: MemoryConfig;
  /** How often a change was put into force. */
  applied(): number;
  routes: ReturnType<typeof assemble>['routes'];
  problems: string[];
  drain(): void;
  metrics: Record<string, number>;
  token(username: string): Promise<string>;
  request(method: string, path: string, options?: { token?: string; body?: unknown; headers?: Record<string, string> }): Promise<Reply>;
  close(): Promise<void>;
}

export interface Reply {
  status: number;
  headers: Headers;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers whose shape they check.
  json: any;
}

export const PASSWORD = 'correct horse';

/** The whole API on a free loopback port, with users `agent1001`, `agent1003`, `agent1009`, `super1100` (main) and `admin`. */
export async function openHouse(
  options: { signInLimit?: { maxFailures: number; windowMs: number }; clock?: Clock; applied?: () => Promise<void> } = {},
): Promise<House> {
  const clock = options.clock ?? systemClock();
  const logger = memoryLogger();
  const bus = new MemoryBus();
  const identity = new MemoryIdentity();
  const [acd, records, calls, reports] = [new MemoryAcd(), new MemoryRecords(), new MemoryCalls(), new MemoryReports()];
  const dialled: House['dialled'] = [];
  const callbacks = new MemoryCallbacks();
  const messages: House['messages'] = [];
  const settings = structuredClone(DEFAULT_SETTINGS);
  const boxes: VoicemailBox[] = [];
  const problems: string[] = [];
  const summaries = new MemorySummaries();
  const metrics: Record<string, number> = {};
  let draining = false;
  for (const id of ['1001', '1003', '1009']) await identity.add(`agent${id}`, PASSWORD, { extension: id });
  await identity.add('super1100', PASSWORD, { roles: ['supervisor'], extension: '1100', groups: ['main'] });
  await identity.add('admin', PASSWORD, { roles: ['admin'] });
  const recordingsDir = await mkdtemp(join(tmpdir(), 'yixian-admin-'));
  const archive = new MemoryArchive(records, recordingsDir);
  const auth = createAuthenticator({ store: identity, clock, ids: randomIds(clock), logger, events: bus, options: { cost: TEST_COST } });
  const config = new MemoryConfig(identity);
  await fillConfig(config);
  let applied = 0;
  let secret = 0;
  const { app, routes } = assemble({
    callbacks,
    parties: {
      resolve: (to) => {
        if (/^10\d\d$/.test(to)) return { kind: 'extension', extension: to };
        throw new DomainError('bad-request', `to: ${to} leads nowhere`, { field: 'to' });
      },
    },
    messages: {
      async send(message) {
        messages.push(message);
        return { id: `message-${messages.length}`, state: 'kept' };
      },
      async list({ extension }) {
        const at = Date.UTC(2026, 9, 1);
        const own = messages.filter((m) => m.from === extension || m.to === extension);
        const kept = { sentAt: at, expiresAt: at + 86_400_000, state: 'kept', deliveredAt: null } as const;
        return { items: own.map((m, i) => ({ id: `message-${i}`, ...m, ...kept })), next: null };
      },
    },
    auth,
    administration: {
      config,
      sessions: auth,
      validators,
      prompts: createPromptFiles({
        zh: {
          ownDirectory: join(recordingsDir, 'prompts'),
          shippedDirectory: await shippedPrompts(recordingsDir),
          texts: new Map([['greeting', '您好']]),
        },
        en: { ownDirectory: join(recordingsDir, 'prompts/en'), shippedDirectory: join(recordingsDir, 'none'), texts: new Map() },
      }),
      flowTools: flowTools(recordingsDir),
      applied: async () => {
        applied += 1;
        await options.applied?.();
      },
      hashPassword: (password) => hashPassword(password, TEST_COST),
      hashGenerated: (secret) => hashPassword(secret, TEST_COST),
      randomSecret: () => `random-secret-${++secret}`,
      acd,
      timeZone: 'Asia/Shanghai',
      clock,
      ids: randomIds(clock),
      logger,
    },
    acd,
    calls,
    clickToDial: {
      async dial(request) {
        dialled.push(request);
        return { callId: 'call-new' };
      },
    },
    records,
    reports: {
      reports,
      directory: {
        ...directory,
        agent: (id) => directory.agents().find((a) => a.id === id),
        settings: () => config.settings.now(),
        extension: (number) => config.extensions.rows.get(number),
        accessCode: (number) => config.numbers.rows.get(number),
        extensionGroup: (number) => config.groups.rows.get(number),
        trunks: () => [...config.trunks.rows.values()],
      },
      timeZone: 'Asia/Shanghai',
      clock,
    },
    webDir: join(recordingsDir, 'web'),
    backups: {
      list: async () => [],
      make: () => Promise.reject(new DomainError('conflict', 'a backup is being made')),
      check: (name) => Promise.reject(new DomainError('not-found', `there is no backup ${name}`)),
      locate: () => undefined,
      delete: (name) => Promise.reject(new DomainError('not-found', `there is no backup ${name}`)),
    },
    system: async () => ({
      version: '0.1.0',
      node: process.versions.node,
      startedAt: new Date(clock.now()).toISOString(),
      uptimeSeconds: 0,
      ready: true,
      checks: [{ name: 'database', state: 'ok', text: 'PostgreSQL answers' }],
      figures: { calls: 0, callsWaiting: 0, registrations: 0, browsers: 0, agentsSignedIn: 0, memoryMegabytes: 64 },
      trunks: [],
      metrics: {},
    }),
    webCredentials: {
      issue: (extension, sessionId) => ({
        username: `${extension}.${sessionId.length}`,
        password: 'web-secret',
        expiresAt: clock.now() + 7_200_000,
      }),
      revoke: () => undefined,
    },
    audio: {
      archive,
      timeZone: 'Asia/Shanghai',
      directory: {
        settings: () => settings,
        agent: (id) => directory.agents().find((a) => a.id === id),
        queue: (id) => directory.queues().find((q) => q.id === id),
        extension: () => undefined,
        accessCode: () => undefined,
        extensionGroup: () => undefined,
        trunks: () => [],
        boxes: () => boxes,
      },
    },
    identity,
    directory: {
      ...directory,
      settings: () => config.settings.now(),
      extension: (number) => config.extensions.rows.get(number),
      accessCode: (number) => config.numbers.rows.get(number),
      extensionGroup: (number) => config.groups.rows.get(number),
      trunks: () => [...config.trunks.rows.values()],
      extensions: () => [...config.extensions.rows.values()],
      flowIds: () => ['main'],
      flow: (id) => (id === 'main' ? { version: 3, document: MAIN_FLOW } : undefined),
    },
    summaries,
    seats: {
      reachable: (_id, seat) => seat.kind !== 'softphone',
      refusal: (_id, seat) => (seat.number?.startsWith('00') ? `no trunk may call ${seat.number}` : undefined),
    },
    health: async () => ({ ok: problems.length === 0, problems }),
    metrics: [() => metrics],
    draining: () => draining,
    clock,
    logger,
    options: { checkResponses: true, ...(options.signInLimit ? { signInLimit: options.signInLimit } : {}) },
  });
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const request: House['request'] = (method, path, { token, body, headers } = {}) => call(base + path, method, token, body, headers);
  return {
    base,
    identity,
    acd,
    callbacks,
    records,
    reports,
    calls,
    summaries,
    dialled,
    messages,
    bus,
    logger,
    recordingsDir,
    archive,
    settings,
    boxes,
    config,
    applied: () => applied,
    routes,
    problems,
    metrics,
    drain: () => {
      draining = true;
    },
    request,
    async token(username) {
      const reply = await request('POST', '/api/v1/session', { body: { username, password: PASSWORD } });
      if (reply.status !== 200) throw new Error(`sign-in of ${username}: ${reply.status} ${reply.text}`);
      return reply.json.token;
    },
    close: () => closeAll(server, recordingsDir),
  };
}

/** What the directory of the house holds, for administrators. */
async function fillConfig(config: MemoryConfig): Promise<void> {
  for (const { id, requiredSkills, ...queue } of directory.queues()) {
    await config.skills.insert({ id, name: id });
    await config.queues.insert({ ...queue, id, requiredSkills });
  }
  for (const user of await config.users.list()) {
    if (user.extension === null) continue;
    const { extension: number, displayName } = user;
    await config.extensions.insert({
      ...EXTENSION_DEFAULTS,
      number,
      displayName,
      sipPassword: `sip-of-${number}`,
      outboundAllowed: true,
      enabled: true,
    });
    const skills = directory.agents().find((agent) => agent.id === number)?.skills ?? [];
    config.users.extra.set(user.id, { skills, skillLevels: {}, recording: null, revision: 1 });
  }
}

async function call(url: string, method: string, token?: string, body?: unknown, headers: Record<string, string> = {}): Promise<Reply> {
  const response = await fetch(url, {
    method,
    redirect: 'manual',
    headers: {
      ...(body === undefined ? {} : { 'content-type': Buffer.isBuffer(body) ? 'audio/wav' : 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  return { status: response.status, headers: response.headers, text, json: isJson && text !== '' ? JSON.parse(text) : undefined };
}

async function closeAll(server: Server, folder: string): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  await rm(folder, { recursive: true, force: true });
}

/** A recording row with its file of `bytes`. */
export async function addRecording(house: House, change: Partial<FoundRecording>, bytes?: Buffer): Promise<FoundRecording> {
  const row: FoundRecording = {
    ...RECORDING_DEFAULTS,
    outcome: null,
    id: 'rec-1',
    callId: 'call-1',
    agentId: '1001',
    queueId: 'consult',
    startedAt: 0,
    endedAt: 1000,
    durationMs: 1000,
    bytes: bytes?.length ?? null,
    file: 'rec-1.wav',
    state: 'complete',
    sha256: null,
    ...change,
  };
  house.records.recordingRows.push(row);
  if (bytes) await writeFile(join(house.recordingsDir, row.file), bytes);
  return row;
}
