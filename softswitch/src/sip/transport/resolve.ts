import { lookup, resolveSrv } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Clock } from '@yixian/contracts';
import type { Hop } from './types.js';

/** The part of RFC 3263 we need: where a host name, port and transport lead. */
export interface ResolveRequest {
  host: string;
  port: number | undefined;
  transport: 'udp' | 'tcp';
}

/** Asks DNS; replaced in tests. */
export interface NameService {
  srv(name: string): Promise<ReadonlyArray<{ name: string; port: number; priority: number; weight: number }>>;
  address(name: string): Promise<string>;
}

export const systemNames: NameService = {
  srv: (name) => resolveSrv(name),
  address: async (name) => (await lookup(name)).address,
};

const DEADLINE_MS = 3_000;
const DEFAULT_PORT = 5060;
const CACHE_MS = 30_000;
const CACHE_SIZE = 1_024;

export type Resolver = (request: ResolveRequest, done: (hop: Hop | undefined, error?: Error) => void) => void;

/** One spelling per address: sources are compared by text. */
function canonical(address: string): string {
  if (!address.includes(':')) return address;
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}

function numeric(request: ResolveRequest, v6Only: boolean): Hop | undefined {
  const port = request.port ?? DEFAULT_PORT;
  if (isIP(request.host) !== 0) return { transport: request.transport, address: canonical(request.host), port };
  const host = request.host.toLowerCase();
  if (host === 'localhost') return { transport: request.transport, address: v6Only ? '::1' : '127.0.0.1', port };
  return undefined;
}

async function ask(names: NameService, request: ResolveRequest): Promise<Hop> {
  // RFC 3263 §4.2: SRV only when no port is given; the lowest priority, the heaviest first.
  if (request.port === undefined) {
    const records = await names.srv(`_sip._${request.transport}.${request.host}`).catch(() => []);
    const best = [...records].sort((a, b) => a.priority - b.priority || b.weight - a.weight)[0];
    if (best) return { transport: request.transport, address: await names.address(best.name), port: best.port };
  }
  return { transport: request.transport, address: await names.address(request.host), port: request.port ?? DEFAULT_PORT };
}

/** Numeric hosts and `localhost` are answered at once; names through DNS within 3 s, kept for 30 s. */
export function createResolver(clock: Clock, names: NameService, v6Only: boolean): Resolver {
  const cache = new Map<string, { hop: Hop; until: number }>();
  const remember = (key: string, hop: Hop) => {
    if (cache.size >= CACHE_SIZE) for (const oldest of [...cache.keys()].slice(0, 64)) cache.delete(oldest);
    cache.set(key, { hop, until: clock.monotonic() + CACHE_MS });
  };
  return (request, done) => {
    const direct = numeric(request, v6Only);
    if (direct) return done(direct);
    const key = `${request.transport}|${request.host}|${request.port ?? ''}`;
    const known = cache.get(key);
    if (known && known.until > clock.monotonic()) return done(known.hop);
    let open = true;
    const settle = (hop: Hop | undefined, error?: Error) => {
      if (!open) return;
      open = false;
      deadline.cancel();
      if (hop) remember(key, hop);
      done(hop, error);
    };
    const deadline = clock.setTimer(DEADLINE_MS, () => settle(undefined, new Error(`DNS gave no answer for ${request.host} in time`)));
    ask(names, request).then(
      (hop) => settle(hop),
      (error: unknown) => settle(undefined, error instanceof Error ? error : new Error(String(error))),
    );
  };
}
