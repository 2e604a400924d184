import { formatVia, type Via } from '../parser/fields.js';
import { type HeaderField, header, type SipRequest } from '../parser/message.js';
import { splitList } from '../parser/scan.js';
import type { CoreFields } from '../parser/validate.js';
import { type Hop, isStream } from '../transport/types.js';

export const MAGIC_COOKIE = 'z9hG4bK';
const DEFAULT_PORT = 5060;

/** Writes `received` and `rport` into the topmost Via (RFC 3261 §18.2.1, RFC 3581 §4). */
export function stampVia(request: SipRequest, fields: CoreFields, source: Hop): { request: SipRequest; via: Via } {
  const { via } = fields;
  const wantsPort = via.params.has('rport');
  if (!wantsPort && via.host === source.address) return { request, via };
  const params = new Map(via.params);
  params.set('received', source.address);
  if (wantsPort) params.set('rport', String(source.port));
  const stamped = { ...via, params };
  let done = false;
  const headers = request.headers.map((h): HeaderField => {
    if (done || h.key !== 'via') return h;
    done = true;
    return header('Via', [formatVia(stamped), ...splitList(h.value).slice(1)].join(', '));
  });
  return { request: { ...request, headers }, via: stamped };
}

/** Where a response goes: back where the request came from, or where Via says when it wants another port (§18.2.2, RFC 3581 §4). */
export function responseHop(via: Via, source: Hop): Hop {
  if (isStream(source) || via.params.has('rport')) return source;
  return { ...source, port: via.port ?? DEFAULT_PORT };
}

/** A second try when the connection of a request is gone (§18.2.2): the port of Via. */
export function reconnectHop(via: Via, source: Hop): Hop {
  return { transport: source.transport, address: source.address, port: via.port ?? DEFAULT_PORT };
}

/** Matching of requests to server transactions (§17.2.3); ACK matches the INVITE it acknowledges. */
export function serverKey(request: SipRequest, fields: CoreFields, method: string): string {
  const { via } = fields;
  const branch = via.params.get('branch') ?? '';
  const matched = method === 'ACK' ? 'INVITE' : method;
  const sentBy = `${via.host.toLowerCase()}:${via.port ?? DEFAULT_PORT}`;
  if (branch.startsWith(MAGIC_COOKIE) && branch.length > MAGIC_COOKIE.length) return `${branch}|${sentBy}|${matched}`;
  // RFC 2543 clients: the fields that stay the same over a retransmission.
  return `${request.uri}|${fields.callId}|${fields.from.tag ?? ''}|${fields.cseq.number}|${sentBy}|${branch}|${matched}`;
}
