import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { silentLogger } from '@yixian/contracts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@yixian/db';
import { Hotline } from './hotline.js';
import { eventually, freePort, MEDIA_PORTS, type PeerProcess, startProcess } from './peers/index.js';
import { copyDatabase } from './prepared-database.js';

const RTP_PORTS_EACH = 400;

/** Redis that several processes share: its own port on loopback, append-only, ended by its pid. */
export class SharedRedis {
  readonly port: number;
  readonly #folder: string;
  #server: PeerProcess | undefined;

  private constructor(port: number, folder: string) {
    this.port = port;
    this.#folder = folder;
  }

  static async start(folder: string): Promise<SharedRedis> {
    await mkdir(folder, { recursive: true });
    const redis = new SharedRedis(await freePort(), folder);
    await redis.startAgain();
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async startAgain(): Promise<void> {
    const options = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.#folder, '--save', '', '--appendonly', 'yes'];
    const server = await startProcess('redis-server', options, { cwd: this.#folder });
    this.#server = server;
    await eventually('redis-server', () => server.output().includes('Ready to accept connections'), 20_000);
  }

  /** As of a Redis without persistence: what it knew is lost. */
  async startAgainEmpty(): Promise<void> {
    for (const name of readdirSync(this.#folder)) rmSync(path.join(this.#folder, name), { recursive: true });
    await this.startAgain();
  }

  /** As `systemctl stop` does it, or at once with `kill -9`. */
  async stop(how: 'orderly' | 'killed' = 'orderly'): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#server = undefined;
    if (how === 'killed') process.kill(server.pid, 'SIGKILL');
    await server.stop(10_000);
  }
}

export interface ClusterOptions {
  /** Of every process. */
  env?: Record<string, string>;
}

/** Several processes of one hotline, each started as an operator starts it, with one PostgreSQL, one Redis and one data folder. */
export class ClusterHotline {
  readonly dataDir: string;
  readonly redis: SharedRedis;
  readonly nodes = new Map<string, Hotline>();
  readonly #postgres: EmbeddedPostgres;
  readonly #options: ClusterOptions;
  #started = 0;

  private constructor(dataDir: string, postgres: EmbeddedPostgres, redis: SharedRedis, options: ClusterOptions) {
    this.dataDir = dataDir;
    this.#postgres = postgres;
    this.redis = redis;
    this.#options = options;
  }

  /** Starts the servers and one process for each name, one after the other: the first one decides. */
  static async start(names: readonly string[], options: ClusterOptions = {}): Promise<ClusterHotline> {
    const dataDir = mkdtempSync(path.join(tmpdir(), 'yixian-cluster-'));
    await chmod(dataDir, 0o755);
    const databaseDir = path.join(dataDir, 'shared-postgres');
    await copyDatabase(databaseDir);
    const postgres = await startEmbeddedPostgres({ dataDir: databaseDir, logger: silentLogger });
    const redis = await SharedRedis.start(path.join(dataDir, 'shared-redis'));
    const cluster = new ClusterHotline(dataDir, postgres, redis, options);
    try {
      for (const name of names) await cluster.startNode(name);
    } catch (error) {
      await cluster.close();
      throw error;
    }
    return cluster;
  }

  get databaseUrl(): string {
    return this.#postgres.url;
  }

  /** Starts a process of this name, or starts it again. */
  async startNode(name: string, env: Record<string, string> = {}): Promise<Hotline> {
    const rtp = MEDIA_PORTS.first + RTP_PORTS_EACH * (this.#started % Math.floor(MEDIA_PORTS.count / RTP_PORTS_EACH));
    this.#started += 1;
    const node = await Hotline.start({
      dataDir: this.dataDir,
      env: {
        HOTLINE_NODE: name,
        DATABASE_URL: this.databaseUrl,
        REDIS_URL: this.redis.url,
        RTP_PORTS: `${rtp}-${rtp + RTP_PORTS_EACH - 1}`,
        ...this.#options.env,
        ...env,
      },
    });
    this.nodes.set(name, node);
    return node;
  }

  node(name: string): Hotline {
    const node = this.nodes.get(name);
    if (!node) throw new Error(`no process ${name} was started`);
    return node;
  }

  /** kill -9. */
  async kill(name: string): Promise<void> {
    await this.node(name).kill();
    this.nodes.delete(name);
  }

  /** Which process decides, as it says itself by its metrics. */
  async leader(deadlineMs = 20_000): Promise<string> {
    return eventually(
      'a leader',
      async () => {
        for (const [name, node] of this.nodes) if ((await metric(node, 'cluster_is_leader')) === 1) return name;
        return undefined;
      },
      deadlineMs,
    );
  }

  /** Ends every process and server that was started here, and the data folder. */
  async close(): Promise<void> {
    await Promise.all([...this.nodes.values()].map((node) => node.stop('SIGTERM').catch(() => node.kill())));
    await this.redis.stop();
    await this.#postgres.stop();
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}

/** A figure of `/metrics`; undefined when the process does not answer or does not know it. */
export async function metric(node: Hotline, name: string): Promise<number | undefined> {
  try {
    const text = await (await fetch(`${node.http}/metrics`, { signal: AbortSignal.timeout(2_000) })).text();
    const line = text.split('\n').find((one) => one.split(/[ {]/)[0]?.endsWith(name) && !one.startsWith('#'));
    return line === undefined ? undefined : Number(line.split(' ').at(-1));
  } catch {
    return undefined;
  }
}
