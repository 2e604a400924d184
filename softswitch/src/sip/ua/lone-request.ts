import { formatNameAddr } from '../parser/fields.js';
import { type HeaderField, header, makeRequest, type SipResponse } from '../parser/message.js';
import { formatUri, parseUri } from '../parser/uri.js';
import type { NextHop } from '../port.js';
import type { Hop } from '../transport/types.js';
import { contactFor, sendRequest, type UaContext } from './context.js';
import { routeTo } from './route.js';

export interface LoneRequest {
  method: 'MESSAGE' | 'NOTIFY';
  uri: string;
  nextHop?: NextHop;
  from: { user: string; displayName?: string };
  /** User part of To; default that of the URI. */
  toUser?: string;
  headers: readonly HeaderField[];
  body: Buffer;
  /** A Contact of ours, for requests that may begin a dialog. */
  contact?: boolean;
  /** Refuses a hop before anything is sent, e.g. a body too large for UDP. */
  veto?(hop: Hop): Error | undefined;
}

export type LoneOutcome = { kind: 'answered'; response: SipResponse } | { kind: 'timeout' | 'transport'; error: Error };

/** Sends a request outside of dialogs (RFC 3261 §8.1.1); calls back once. */
export function sendLone(ctx: UaContext, lone: LoneRequest, done: (outcome: LoneOutcome) => void): void {
  routeTo(ctx, lone.uri, lone.nextHop, (hop, error) => {
    const failure = hop ? lone.veto?.(hop) : (error ?? new Error('no route'));
    if (!hop || failure) {
      done({ kind: 'transport', error: failure ?? new Error('no route') });
      return;
    }
    sendRequest(ctx, build(ctx, lone, hop), hop, {
      response: (response) => {
        if (response.status >= 200) done({ kind: 'answered', response });
      },
      failed: (kind, failed) => done({ kind, error: failed }),
    });
  });
}

function build(ctx: UaContext, lone: LoneRequest, hop: Hop) {
  const local = ctx.transport.localFor(hop) ?? { address: hop.address, port: hop.port };
  const target = parseUri(lone.uri);
  const sip = { scheme: 'sip' as const, port: undefined, params: new Map() };
  const own = formatUri({ ...sip, user: lone.from.user === '' ? undefined : lone.from.user, host: local.address });
  const to = formatUri({ ...sip, user: lone.toUser ?? target?.user, host: target?.host || hop.address });
  return makeRequest(
    lone.method,
    lone.uri,
    [
      header('Max-Forwards', '70'),
      header('From', `${formatNameAddr({ displayName: lone.from.displayName, uri: own, params: new Map() })};tag=${ctx.token(8)}`),
      header('To', `<${to}>`),
      header('Call-ID', `${ctx.token(12)}@yixian`),
      header('CSeq', `1 ${lone.method}`),
      ...(lone.contact ? [header('Contact', contactFor(ctx, hop, lone.from.user))] : []),
      header('User-Agent', ctx.userAgent),
      ...lone.headers,
    ],
    lone.body,
  );
}
