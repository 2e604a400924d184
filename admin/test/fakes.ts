import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Clock,
  DEFAULT_SETTINGS,
  DomainError,
  EXTENSION_DEFAULTS,
  type FoundRecording,
  type HotlineSettings,
  type Logger,
  type MediaServerState,
  RECORDING_DEFAULTS,
  randomIds,
  type SipTrace,
  systemClock,
  type VoicemailBox,
} from '@yixian/contracts';
import { createAuthenticator, createPromptFiles, hashPassword } from '../src/index.js';
import { assemble } from '../src/shell/api.js';
import { flowTools, MemoryConfig, shippedPrompts, validators } from './config-fakes.js';
import { MemorySummaries } from './desk-fakes.js';
import { MemoryArchive } from './memory-archive.js';
import { directory, MemoryAcd, MemoryBus, MemoryCallbacks, MemoryIdentity, TEST_COST } from './memory-live.js';
import { MemoryCalls, MemoryRecords, MemoryReports } from './memory-records.js';

export * from './memory-live.js';
export * from './memory-records.js';

/** As far as names go. */
const MAIN_FLOW = { name: '一线服务热线', nodes: { menu: { type: 'menu', label: '主菜单' }, end: { type: 'hangup' }, odd: null } };

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
  /** SIP messages by call. */
  sipTraces: Map<string, SipTrace>;
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
  media: Map<string, MediaServerState>;
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
  options: {
    signInLimit?: { maxFailures: number; windowMs: number };
    addressOf?: (request: IncomingMessage) => string;
    clock?: Clock;
    applied?: () => Promise<void>;
  } = {},
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
  const sipTraces = new Map<string, SipTrace>();
  const metrics: Record<string, number> = {};
  const media = new Map<string, MediaServerState>();
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
    mediaServers: {
      list: () => [...media.values()],
      drain: async (name, on) => {
        const found = media.get(name);
        if (found) media.set(name, { ...found, drained: on });
      },
    },
    system: async () => ({
      version: '0.1.0',
      node: process.versions.node,
      startedAt: new Date(clock.now()).toISOString(),
      uptimeSeconds: 0,
      ready: true,
      checks: [{ name: 'database', state: 'ok', text: 'PostgreSQL answers', finding: 'database-own', values: {} }],
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
      agent: (id) => directory.agents().find((a) => a.id === id),
      extension: (number) => config.extensions.rows.get(number),
      accessCode: (number) => config.numbers.rows.get(number),
      extensionGroup: (number) => config.groups.rows.get(number),
      trunks: () => [...config.trunks.rows.values()],
      extensions: () => [...config.extensions.rows.values()],
      flowIds: () => ['main'],
      flow: (id) => (id === 'main' ? { version: 3, document: MAIN_FLOW } : undefined),
    },
    summaries,
    sipTraces: { days: 14, of: async (id) => sipTraces.get(id) ?? { messages: [], dropped: 0 } },
    seats: {
      reachable: (_id, seat) => seat.kind !== 'softphone',
      refusal: (_id, seat) => (seat.number?.startsWith('00') ? `no trunk may call ${seat.number}` : undefined),
    },
    ...(options.addressOf ? { addressOf: options.addressOf } : {}),
    health: async () => ({ ok: problems.length === 0, problems }),
    metrics: [() => metrics],
    draining: () => draining,
    clock,
    logger,
    options: { checkResponses: true, ...(options.signInLimit ? { signInLimit: options.signInLimit } : {}) },
  });
  // a machine that stands still for a moment must not meet a connection that was closed meanwhile
  const server = createServer({ keepAliveTimeout: 75_000 }, app);
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
    sipTraces,
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
    media,
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
