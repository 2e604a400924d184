import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { io, type Socket } from 'socket.io-client';
import { eventually, freePort, MEDIA_PORTS } from './peers/index.js';
import { copyDatabase } from './prepared-database.js';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const START_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 40_000;

export interface AgentCredentials {
  extension: string;
  username: string;
  password: string;
  sipPassword: string;
  skills: string[];
}

export interface FirstRun {
  http: string;
  admin: { username: string; password: string };
  supervisor: AgentCredentials;
  agents: AgentCredentials[];
}

export interface HotlineOptions {
  /** Reuse the folder of an earlier start (restart). */
  dataDir?: string;
  env?: Record<string, string>;
}

/** A Yixian started the way `npm start` starts it, in a process of its own with its own data folder and ports. */
/** Those of this process, for the reporter (`scripts/counting-reporter.cjs`): of a failed test it tells what they logged last. */
const running = new Set<Hotline>();
Object.assign(globalThis, { yixianHotlines: running });

export class Hotline {
  readonly dataDir: string;
  readonly httpPort: number;
  readonly sipPort: number;
  readonly env: Record<string, string>;
  #child: ChildProcess;
  #output = '';

  private constructor(child: ChildProcess, dataDir: string, httpPort: number, sipPort: number, env: Record<string, string>) {
    this.#child = child;
    this.dataDir = dataDir;
    this.httpPort = httpPort;
    this.sipPort = sipPort;
    this.env = env;
    const keep = (chunk: Buffer) => {
      this.#output += chunk.toString();
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    running.add(this);
    child.once('exit', () => running.delete(this));
  }

  static async start(options: HotlineOptions = {}): Promise<Hotline> {
    const dataDir = options.dataDir ?? mkdtempSync(path.join(tmpdir(), 'yixian-e2e-'));
    chmodSync(dataDir, 0o755); // PostgreSQL runs as another user when we are root
    if (options.dataDir === undefined && options.env?.DATABASE_URL === undefined) await copyDatabase(path.join(dataDir, 'postgres'));
    const httpPort = await freePort();
    const outside = outsideSwitch();
    const sipPort = Number(outside.SIP_PORT ?? (await freePort()));
    const rtp = MEDIA_PORTS.first + 2 * Math.floor((Math.random() * (MEDIA_PORTS.count - 500)) / 2);
    const env = {
      HOTLINE_HOST: '127.0.0.1',
      HTTP_PORT: String(httpPort),
      SIP_PORT: String(sipPort),
      RTP_PORTS: `${rtp}-${rtp + 499}`,
      DATA_DIR: dataDir,
      DRAIN_SECONDS: '5',
      ...outside,
      ...options.env,
    };
    const child = spawn(process.execPath, [path.join(ROOT, 'server/bin/yixian.mjs'), 'start'], {
      cwd: dataDir,
      env: { ...cleanEnvironment(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const hotline = new Hotline(child, dataDir, httpPort, sipPort, env);
    try {
      await eventually(
        'the banner',
        () => {
          if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode}`);
          return hotline.#output.includes('is ready');
        },
        START_DEADLINE_MS,
      );
    } catch (error) {
      await hotline.kill();
      throw new Error(`${error}\n${hotline.#output}`);
    }
    return hotline;
  }

  get http(): string {
    const host = this.env.HOTLINE_HOST?.split(',')[0] ?? '127.0.0.1';
    return `${this.env.TLS_CERT ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${this.httpPort}`;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get log(): string {
    return this.#output;
  }

  firstRun(): FirstRun {
    return JSON.parse(readFileSync(path.join(this.dataDir, 'first-run.json'), 'utf8')) as FirstRun;
  }

  agent(extension: string): AgentCredentials {
    const found = this.firstRun().agents.find((a) => a.extension === extension);
    if (!found) throw new Error(`no agent ${extension} in first-run.json`);
    return found;
  }

  /** Ctrl-C; resolves with the exit code. */
  async stop(signal: 'SIGINT' | 'SIGTERM' = 'SIGINT'): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill(signal);
    return this.#gone();
  }

  /** The cable is pulled. */
  async kill(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGKILL');
    await this.#gone();
  }

  exited(): Promise<number | null> {
    return this.#gone();
  }

  removeData(): void {
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  /** Signs in through the API. */
  async signIn(user: { username: string; password: string }): Promise<Api> {
    const api = new Api(this.http);
    const { token } = await api.post<{ token: string }>('/session', { username: user.username, password: user.password });
    api.token = token;
    return api;
  }

  admin(): Promise<Api> {
    return this.signIn(this.firstRun().admin);
  }

  #gone(): Promise<number | null> {
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        child.kill('SIGKILL');
        reject(new Error(`Yixian did not end within ${STOP_DEADLINE_MS} ms\n${this.#output.slice(-3000)}`));
      }, STOP_DEADLINE_MS);
      child.once('exit', (code) => {
        clearTimeout(timer);
        resolve(code);
      });
    });
  }
}

/**
 * With SWITCH=freeswitch in the shell the same tests run on drachtio-server and FreeSWITCH, one hotline at a time: DRACHTIO_URL and
 * FREESWITCH_URL say where they are, SIP_PORT where drachtio-server listens for SIP.
 */
function outsideSwitch(): Record<string, string> {
  const { SWITCH, DRACHTIO_URL = '', FREESWITCH_URL = '', SIP_PORT = '5060' } = process.env;
  return SWITCH === 'freeswitch' ? { SWITCH, DRACHTIO_URL, FREESWITCH_URL, SIP_PORT } : {};
}

/** Variables of the surrounding shell must not configure the hotline under test. */
function cleanEnvironment(): Record<string, string> {
  const keep = ['PATH', 'HOME', 'LANG', 'TZ', 'NODE_OPTIONS', 'LD_LIBRARY_PATH', 'YIXIAN_TEST_FILE'];
  return Object.fromEntries(keep.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}

export class ApiError extends Error {
  readonly status: number;
  readonly body: { error?: { code: string; message: string; details?: unknown } };

  constructor(status: number, body: ApiError['body']) {
    super(`${status} ${body.error?.code}: ${body.error?.message}`);
    this.status = status;
    this.body = body;
  }
}

/** Refused with this status, naming this field of what was sent. */
export async function refusedFor(asked: Promise<unknown>, status: number, field?: string): Promise<void> {
  const error = await asked.then(
    () => assert.fail(`not refused for ${field}`),
    (e: unknown) => e,
  );
  assert.ok(error instanceof ApiError, String(error));
  const details = error.body.error?.details as { field?: string; fields?: { field: string }[] } | undefined;
  assert.equal(error.status, status, error.message);
  if (field) assert.ok(details?.field === field || details?.fields?.[0]?.field === field, `${error.message} ${JSON.stringify(details)}`);
}

/** The REST API as a third-party system would use it. */
export class Api {
  token = '';
  readonly base: string;

  constructor(base: string) {
    this.base = base;
  }

  async request<T>(method: string, route: string, body?: unknown): Promise<T> {
    const response = await this.raw(method, route, body);
    const text = await response.text();
    const json = text ? JSON.parse(text) : undefined;
    if (!response.ok) throw new ApiError(response.status, json ?? {});
    return json as T;
  }

  raw(method: string, route: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${this.base}/api/v1${route}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(this.token ? { authorization: `Bearer ${this.token}` } : {}),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(20_000),
    });
  }

  get<T>(route: string): Promise<T> {
    return this.request<T>('GET', route);
  }

  post<T = unknown>(route: string, body?: unknown): Promise<T> {
    return this.request<T>('POST', route, body);
  }

  put<T = unknown>(route: string, body: unknown): Promise<T> {
    return this.request<T>('PUT', route, body);
  }

  /** Connects to the event stream; remembers everything it heard. */
  async events(since?: number): Promise<EventStream> {
    const socket = io(`${this.base}/events`, {
      rejectUnauthorized: process.env.NODE_TLS_REJECT_UNAUTHORIZED !== '0',
      auth: { token: this.token, ...(since === undefined ? {} : { since }) },
      transports: ['websocket'],
      reconnection: false,
    });
    const stream = new EventStream(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', () => resolve());
      socket.once('connect_error', reject);
    });
    return stream;
  }
}

export interface WireEvent {
  id: string;
  seq: number;
  type: string;
  at: string;
  callId?: string;
  agentId?: string;
  queueId?: string;
  data: Record<string, unknown>;
}

export class EventStream {
  readonly seen: WireEvent[] = [];
  readonly snapshots: unknown[] = [];
  readonly #socket: Socket;
  #waiting = new Set<() => void>();

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('event', (event: WireEvent) => {
      this.seen.push(event);
      for (const wake of [...this.#waiting]) wake();
    });
    socket.on('snapshot', (snapshot: unknown) => {
      this.snapshots.push(snapshot);
      for (const wake of [...this.#waiting]) wake();
    });
  }

  get socket(): Socket {
    return this.#socket;
  }

  /** The first event, seen already or still to come, that fits. */
  async wait(type: string, fits: (event: WireEvent) => boolean = () => true, deadlineMs = 20_000): Promise<WireEvent> {
    const find = () => this.seen.find((event) => event.type === type && fits(event));
    const already = find();
    if (already) return already;
    return new Promise((resolve, reject) => {
      const check = () => {
        const found = find();
        if (!found) return;
        clearTimeout(timer);
        this.#waiting.delete(check);
        resolve(found);
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(check);
        reject(new Error(`no ${type} within ${deadlineMs} ms; seen: ${this.seen.map((event) => event.type).join(' ')}`));
      }, deadlineMs);
      this.#waiting.add(check);
    });
  }

  close(): void {
    this.#socket.disconnect();
  }
}

/** What the running hotline tells its own commands: database and redis URLs. */
export function runFileOf(hotline: Hotline): { pid: number; databaseUrl: string; redisUrl: string; http: string } {
  return JSON.parse(readFileSync(path.join(hotline.dataDir, 'run.json'), 'utf8'));
}
