import type { Clock, Logger } from '@yixian/contracts';
import type { SessionTimerConfig } from '../dialog/session-timer.js';
import type { Counters, Discards } from '../metrics.js';
import { formatVia } from '../parser/fields.js';
import { type HeaderField, header, type SipRequest } from '../parser/message.js';
import { serialize } from '../parser/serialize.js';
import { escapeUser, formatHost, parseUri } from '../parser/uri.js';
import type { CoreFields } from '../parser/validate.js';
import type { InviteSession, SessionEnd } from '../port.js';
import type { ClientTransaction, NewRequest, Transactions } from '../transaction/port.js';
import { MAGIC_COOKIE } from '../transaction/via.js';
import type { Resolver } from '../transport/resolve.js';
import { type Hop, isStream, type TransportLayer } from '../transport/types.js';

/** Methods we take (RFC 3261 §20.5). */
export const ALLOW = [
  'INVITE',
  'ACK',
  'CANCEL',
  'BYE',
  'OPTIONS',
  'REGISTER',
  'INFO',
  'UPDATE',
  'PRACK',
  'REFER',
  'SUBSCRIBE',
  'MESSAGE',
] as const;
/** Those of them that are taken within a call. */
export const ALLOW_IN_CALL = ['INVITE', 'ACK', 'BYE', 'OPTIONS', 'INFO', 'UPDATE', 'PRACK', 'REFER', 'SUBSCRIBE'] as const;
/** Extensions we speak: RFC 3262, RFC 4028, RFC 3891, RFC 4488. */
export const SUPPORTED = ['100rel', 'timer', 'replaces', 'norefersub'] as const;

/** What receives the requests of one dialog. */
export interface DialogEndpoint {
  receive(incoming: NewRequest): void;
  acknowledge(ack: SipRequest, fields: CoreFields): void;
  /** The connection that only the peer could open again is gone. */
  connectionLost?(hop: Hop): void;
  /** A process is gone, and with it the browsers' connections to it. */
  nodeLost?(node: string): void;
  /** Whoever kept the dialog for us is gone. */
  lost?(end: SessionEnd): void;
  /** The call this dialog is of, as long as it has not ended; none of a subscription. */
  readonly call?: { session: InviteSession; state: 'early' | 'confirmed' | 'ended' } | undefined;
}

/** What all sessions share. */
export interface UaContext {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly transport: TransportLayer;
  readonly transactions: Transactions;
  readonly resolve: Resolver;
  readonly counters: Counters;
  readonly discards: Discards;
  readonly userAgent: string;
  readonly sessionTimer: SessionTimerConfig;
  /** Unpredictable hexadecimal text from so many bytes. */
  token(bytes: number): string;
  /** By `dialogKey`. */
  readonly dialogs: Map<string, DialogEndpoint>;
  /** Sessions that have not ended, for `stop`. */
  readonly sessions: Set<{ end(reasonHeader?: string): void }>;
  /** A session is over: whoever lent it a socket may forget it. */
  sessionOver?(callId: string): void;
}

export interface ClientCallbacks {
  response(response: import('../parser/message.js').SipResponse): void;
  /** Timer B or F (408), or the transport failed (503). */
  failed(kind: 'timeout' | 'transport', error: Error): void;
}

/** The value of Contact as seen from a hop. */
export function contactFor(ctx: UaContext, hop: Hop, user: string): string {
  const local = ctx.transport.localFor(hop) ?? { address: hop.address, port: hop.port };
  const at = user === '' ? '' : `${escapeUser(user)}@`;
  const transport = isStream(hop) ? `;transport=${hop.transport}` : '';
  return `<sip:${at}${formatHost(local.address)}:${local.port}${transport}>`;
}

/** The topmost Via of a request of ours, asking for rport (RFC 3581 §3). */
function viaFor(ctx: UaContext, hop: Hop, branch: string): HeaderField {
  const local = ctx.transport.localFor(hop) ?? { address: '127.0.0.1', port: 5060 };
  const params = new Map<string, string | undefined>([
    ['branch', branch],
    ['rport', undefined],
  ]);
  return header('Via', formatVia({ transport: hop.transport.toUpperCase(), host: local.address, port: local.port, params }));
}

function withVia(ctx: UaContext, request: SipRequest, hop: Hop, branch: string): SipRequest {
  return { ...request, headers: [viaFor(ctx, hop, branch), ...request.headers] };
}

/** Sends a request in a new client transaction. */
export function sendRequest(ctx: UaContext, request: SipRequest, hop: Hop, callbacks: ClientCallbacks): ClientTransaction {
  const branch = MAGIC_COOKIE + ctx.token(10);
  return ctx.transactions.request(withVia(ctx, request, hop, branch), branch, hop, {
    response: (response) => callbacks.response(response),
    timeout: () => callbacks.failed('timeout', new Error('no answer in time')),
    transportError: (error) => callbacks.failed('transport', error),
  });
}

/** Sends an ACK of a 2xx, which is no transaction (RFC 3261 §13.2.2.4). @returns its bytes, for repeated 2xx. */
export function sendAck(ctx: UaContext, ack: SipRequest, hop: Hop): Buffer {
  const bytes = serialize(withVia(ctx, ack, hop, MAGIC_COOKIE + ctx.token(10)));
  ctx.counters.add('sip_requests_sent_total{method="ACK"}');
  ctx.transport.send(hop, bytes, () => ctx.counters.add('sip_acks_not_sent_total'));
  return bytes;
}

/** Where a URI leads (RFC 3263): its transport parameter, else UDP. */
export function hopOf(ctx: UaContext, uriText: string, done: (hop: Hop | undefined, error?: Error) => void): void {
  const uri = parseUri(uriText);
  const transport = uri?.params.get('transport')?.toLowerCase() ?? 'udp';
  if (!uri || uri.host === '') done(undefined, new Error(`nothing leads to ${uriText}`));
  else if (uri.scheme === 'sips' || (transport !== 'udp' && transport !== 'tcp')) done(undefined, new Error(`no transport for ${uriText}`));
  else ctx.resolve({ host: uri.host, port: uri.port, transport }, done);
}

export function allowHeader(methods: readonly string[] = ALLOW): HeaderField {
  return header('Allow', methods.join(', '));
}

/** @param further option tags of this dialog alone */
export function supportedHeader(further: readonly string[] = []): HeaderField {
  return header('Supported', [...SUPPORTED, ...further].join(', '));
}

export function sdpHeaders(sdp: string | undefined): HeaderField[] {
  return sdp === undefined ? [] : [header('Content-Type', 'application/sdp')];
}

export function sdpBody(sdp: string | undefined): Buffer | undefined {
  return sdp === undefined ? undefined : Buffer.from(sdp, 'utf8');
}
