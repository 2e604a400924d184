import type { createClient } from '@redis/client';
import type { Logger } from '@yixian/contracts';
import { BEAT, BURY, LEAVE, RESIGN } from './scripts.js';

export type RedisClient = ReturnType<typeof createClient>;

export interface BeatRequest {
  node: string;
  incarnation: string;
  entry: string;
  aliveMs: number;
  leaseMs: number;
  knownTerm: number;
  candidate: boolean;
  heldTerm: number;
  known: readonly string[];
}

export type BeatAnswer =
  | { verdict: 'dead' | 'taken' }
  | { verdict: 'ok'; term: number; leader: string; dead: string[]; nodes: { node: string; entry: string; alive: boolean }[] };

/** An entry of a stream: its fields. */
export type StreamListener = (fields: Record<string, string>) => void;

/** What the processes of a hotline do in Redis: atomic steps over one connection, streams read over another. */
export interface Wire {
  beat(request: BeatRequest): Promise<BeatAnswer>;
  /** The incarnations that are known as living. */
  living(): Promise<string[]>;
  /** Whether that incarnation is dead now. */
  bury(node: string, incarnation: string): Promise<boolean>;
  leave(node: string, incarnation: string): Promise<void>;
  resign(holder: string): Promise<void>;
  /** Puts a batch into the inbox of that incarnation. */
  send(to: string, fields: Record<string, string>): Promise<void>;
  /** Runs a script of another file on the same connection. */
  evaluate(script: string, keys: readonly string[], args: readonly string[]): Promise<unknown>;
  /** The newest entries of a stream, oldest first. */
  recent(key: string, most: number): Promise<{ id: string; fields: Record<string, string> }[]>;
  /** Reads a stream after the entry `from`, each entry once, over broken connections too. */
  read(key: string, from: string, listener: StreamListener, options?: { trim?: boolean }): void;
  /** Connected, as far as is known. */
  readonly connected: boolean;
  close(): Promise<void>;
}

export const PREFIX = 'yixian:cluster:';
export const INBOX = `${PREFIX}in:`;
export const KEYS = { nodes: `${PREFIX}nodes`, term: `${PREFIX}term`, leader: `${PREFIX}leader` };
const { nodes: NODES, term: TERM, leader: LEADER } = KEYS;
/** A read waits so long for something to come; then new streams are taken in. */
const BLOCK_MS = 400;
const AT_ONCE = 500;
const RETRY_MS = 50;
const CLOSE_MS = 1_000;

/** @param connect makes a connection of its own, which fails its commands at once while it is not connected */
export async function openWire(connect: () => RedisClient, logger: Logger): Promise<Wire> {
  const commands = await open(connect(), logger);
  const reading = await open(connect(), logger);
  const streams = new Map<string, { at: string; listener: StreamListener; trim: boolean }>();
  let closed = false;
  const evaluate: Wire['evaluate'] = (script, keys, args) => commands.eval(script, { keys: [...keys], arguments: [...args] });

  async function turn(): Promise<void> {
    if (streams.size === 0) return pause();
    const asked = [...streams].map(([key, { at }]) => ({ key, id: at }));
    const answer = (await reading.xRead(asked, { BLOCK: BLOCK_MS, COUNT: AT_ONCE })) as
      | { name: string; messages: { id: string; message: Record<string, string> }[] }[]
      | null;
    for (const { name, messages } of answer ?? []) {
      const stream = streams.get(name);
      if (!stream) continue;
      for (const { id, message } of messages) {
        stream.at = id;
        heard(stream.listener, message);
      }
      // what is left is gone with the process, so nobody waits for this
      if (stream.trim) commands.xTrim(name, 'MINID', after(stream.at) as never).catch(() => undefined);
    }
  }

  function heard(listener: StreamListener, fields: Record<string, string>): void {
    try {
      listener(fields);
    } catch (error) {
      logger.error({ err: error }, 'a message of another process could not be taken');
    }
  }

  const loop = (async () => {
    while (!closed) await turn().catch(pause);
  })();

  return {
    evaluate,
    async beat(r) {
      const keys = [NODES, TERM, LEADER];
      const numbers = [r.aliveMs, r.leaseMs, r.knownTerm, r.candidate ? 1 : 0, r.heldTerm].map(String);
      const answer = await evaluate(BEAT, keys, [PREFIX, r.node, r.incarnation, r.entry, ...numbers, r.known.join(' ')]);
      return parseBeat(answer as unknown[]);
    },
    living: async () => Object.values(await commands.hGetAll(NODES)).map((entry) => entry.split(' ')[0] ?? ''),
    bury: async (node, incarnation) => (await evaluate(BURY, [NODES], [PREFIX, node, incarnation])) === 1,
    async leave(node, incarnation) {
      await evaluate(LEAVE, [NODES, LEADER], [PREFIX, node, incarnation]);
    },
    async resign(holder) {
      await evaluate(RESIGN, [LEADER], [holder]);
    },
    async send(to, fields) {
      await commands.xAdd(`${INBOX}${to}`, '*', fields);
    },
    async recent(key, most) {
      const newest = (await commands.xRevRange(key, '+', '-', { COUNT: most })) ?? [];
      return newest.map(({ id, message }) => ({ id, fields: message as Record<string, string> })).reverse();
    },
    read(key, from, listener, options = {}) {
      streams.set(key, { at: from, listener, trim: options.trim ?? false });
    },
    get connected() {
      return commands.isReady;
    },
    async close() {
      closed = true;
      reading.destroy();
      await loop;
      const late = new Promise<void>((resolve) => setTimeout(resolve, CLOSE_MS).unref());
      await Promise.race([commands.close().catch(() => undefined), late]);
      if (commands.isOpen) commands.destroy();
    },
  };
}

async function open(client: RedisClient, logger: Logger): Promise<RedisClient> {
  // why it is away is said by the hotline's own connection
  client.on('error', (error: Error) => logger.debug({ reason: error.message }, 'cluster: redis does not answer'));
  await client.connect();
  return client;
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, RETRY_MS));

/** The smallest id beyond this one. */
function after(id: string): string {
  const [ms = '0', n = '0'] = id.split('-');
  return `${ms}-${Number(n) + 1}`;
}

function parseBeat(answer: unknown[]): BeatAnswer {
  const [verdict, term, leader, dead, living] = answer as [string, string, string, string[], string[]];
  if (verdict !== 'ok') return { verdict: verdict === 'taken' ? 'taken' : 'dead' };
  const nodes = [];
  for (let i = 0; i < living.length; i += 3)
    nodes.push({ node: living[i] ?? '', entry: living[i + 1] ?? '', alive: living[i + 2] === '1' });
  return { verdict: 'ok', term: Number(term), leader, dead, nodes };
}
