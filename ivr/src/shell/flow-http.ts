import { lookup } from 'node:dns';
import { type IncomingMessage, request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { Clock, Logger } from '@yixian/contracts';
import type { HttpOutcome, HttpRequest } from '../core/machine.js';
import type { TemplatePart } from '../core/template.js';
import { closedAddress } from './closed-address.js';

export interface FlowHttpDeps {
  /** Where requests may go: `host`, for the scheme's own port, or `host:port`. Empty: nowhere. */
  allowedHosts: readonly string[];
  /** Secrets by name; undefined when there is none. */
  secret(name: string): string | undefined;
  clock: Clock;
  logger: Logger;
}

/** Requests of flows to other systems. */
export interface FlowHttp {
  /** Never rejects: what went wrong is the outcome, and one log line without secrets, query or body. */
  send(request: HttpRequest, about: { callId: string }): Promise<HttpOutcome>;
}

/** Longest answer that is read, bytes. */
export const MAX_ANSWER = 65_536;

/** A try that may be made again. */
const worthARetry = (outcome: HttpOutcome): boolean =>
  outcome.outcome === 'timeout' ||
  outcome.outcome === 'unreachable' ||
  (outcome.outcome === 'status' && (outcome.status === 429 || outcome.status >= 500));

class Refused extends Error {}

/**
 * Requests go to the hosts that are allowed and nowhere else: redirects are not followed, link-local addresses (cloud
 * metadata), broadcast and multicast are closed whatever a name resolves to, and the address that was checked is the one
 * that is connected to.
 */
export function createFlowHttp(deps: FlowHttpDeps): FlowHttp {
  const allowed = new Set(deps.allowedHosts.map((host) => host.toLowerCase()));

  async function send(request: HttpRequest, about: { callId: string }): Promise<HttpOutcome> {
    const place = placeOf(request.url);
    try {
      const prepared = prepare(request);
      let outcome = await once(prepared, request.timeoutMs);
      for (let retry = 0; retry < request.retries && worthARetry(outcome); retry++) {
        await pause(request.backoffMs * 2 ** retry);
        outcome = await once(prepared, request.timeoutMs);
      }
      if (outcome.outcome !== 'ok') deps.logger.warn({ ...about, ...place, ...outcome }, `request of a flow: ${outcome.outcome}`);
      return outcome;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      deps.logger.warn({ ...about, ...place }, `request of a flow is not made: ${message}`);
      return { outcome: 'not-allowed' };
    }
  }

  function prepare(request: HttpRequest): Prepared {
    const url = new URL(request.url);
    if (!allowed.has(url.host)) throw new Refused(`host ${url.host} is not allowed`);
    if (url.username !== '' || url.password !== '') throw new Refused('an address holds no password');
    const host = url.hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) > 0 && closedAddress(host)) throw new Refused(`address ${host} is closed to flows`);
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, parts]) => [name.toLowerCase(), filled(parts, header)]));
    const body = request.body && filled(request.body, (secret) => JSON.stringify(secret).slice(1, -1));
    return {
      url,
      method: request.method,
      headers: { accept: 'application/json', ...(body === undefined ? {} : JSON_BODY), ...headers },
      body,
    };
  }

  const filled = (parts: readonly TemplatePart[], encode: (secret: string) => string): string =>
    parts
      .map((part) => {
        if (typeof part === 'string') return part;
        const secret = deps.secret(part.secret);
        if (secret === undefined) throw new Refused(`there is no secret ${part.secret}`);
        return encode(secret);
      })
      .join('');

  function once({ url, method, headers, body }: Prepared, timeoutMs: number): Promise<HttpOutcome> {
    return new Promise((resolve) => {
      const make = url.protocol === 'https:' ? tlsRequest : plainRequest;
      const request = make(url, { method, headers, lookup: guardedLookup }, (response) => {
        read(response).then(done, () => done({ outcome: 'unreachable' }));
      });
      const deadline = deps.clock.setTimer(timeoutMs, () => done({ outcome: 'timeout' }));
      let over = false;
      function done(outcome: HttpOutcome): void {
        if (over) return;
        over = true;
        deadline.cancel();
        resolve(outcome);
        request.destroy();
      }
      request.on('error', (error) => done({ outcome: error instanceof Refused ? 'not-allowed' : 'unreachable' }));
      request.end(body);
    });
  }

  const pause = (ms: number): Promise<void> => new Promise((resolve) => void deps.clock.setTimer(ms, () => resolve()));

  return { send };
}

interface Prepared {
  url: URL;
  method: string;
  headers: Record<string, string>;
  body: string | undefined;
}

const JSON_BODY = { 'content-type': 'application/json; charset=utf-8' };

/** What a header may hold. */
const header = (secret: string): string => secret.replace(/[^\x20-\x7e]/g, '');

/** For the log: no query, which may hold what callers typed. */
function placeOf(url: string): { host?: string; path?: string } {
  if (!URL.canParse(url)) return {};
  const { host, pathname } = new URL(url);
  return { host, path: pathname };
}

/** Resolves a name and refuses what it must not lead to; what is passed on is what is connected to. */
const guardedLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    const open = error ? [] : addresses.filter(({ address }) => !closedAddress(address));
    const [first] = open;
    if (error) callback(error, []);
    else if (!first) callback(new Refused(`${hostname} leads to a closed address`) as NodeJS.ErrnoException, []);
    else if (options.all) callback(null, open);
    else callback(null, first.address, first.family);
  });
};

async function read(response: IncomingMessage): Promise<HttpOutcome> {
  const status = response.statusCode ?? 0;
  if (status < 200 || status > 299) return { outcome: 'status', status };
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_ANSWER) return { outcome: 'too-large', status };
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  if (text.trim() === '') return { outcome: 'ok', status, body: null };
  try {
    return { outcome: 'ok', status, body: JSON.parse(text) as unknown };
  } catch {
    return { outcome: 'no-json', status };
  }
}
