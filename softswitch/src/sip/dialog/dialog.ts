import { addressList, formatNameAddr, type NameAddr, parseNameAddr } from '../parser/fields.js';
import {
  type HeaderField,
  header,
  headerValue,
  makeRequest,
  type SipMessage,
  type SipRequest,
  type SipResponse,
} from '../parser/message.js';
import { parseUri } from '../parser/uri.js';
import type { CoreFields } from '../parser/validate.js';

/**
 * A dialog, RFC 3261 §12: what both ends must agree on to talk within a call.
 *
 *        1xx with To tag            2xx
 *   ───────────────────▶ early ───────────▶ confirmed ──BYE──▶ gone
 *   ──────────────────────2xx─────────────────▲
 */
export interface Dialog {
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  /** Name-addr for From of our requests, without tag. */
  readonly local: NameAddr;
  readonly remote: NameAddr;
  /** CSeq of our last request. */
  readonly localSeq: number;
  /** CSeq of their last request; undefined until one came. */
  readonly remoteSeq: number | undefined;
  readonly remoteTarget: string;
  /** Route values in the order they are sent. */
  readonly routeSet: readonly string[];
  readonly confirmed: boolean;
}

export function dialogKey(callId: string, localTag: string, remoteTag: string): string {
  return `${callId}|${localTag}|${remoteTag}`;
}

export function keyOf(dialog: Dialog): string {
  return dialogKey(dialog.callId, dialog.localTag, dialog.remoteTag);
}

function withoutTag(address: NameAddr): NameAddr {
  const params = new Map(address.params);
  params.delete('tag');
  return { ...address, params };
}

function contactOf(message: SipMessage): string | undefined {
  const address = addressList(message, 'contact')[0];
  return address !== undefined && parseUri(address.uri) ? address.uri : undefined;
}

function recordRoute(message: SipMessage): string[] {
  return addressList(message, 'record-route').map(formatNameAddr);
}

/** The UAS side (§12.1.1); undefined when the INVITE has no usable Contact. */
export function uasDialog(request: SipRequest, fields: CoreFields, localTag: string, localSeq: number): Dialog | undefined {
  const remoteTarget = contactOf(request);
  if (remoteTarget === undefined) return undefined;
  return {
    callId: fields.callId,
    localTag,
    remoteTag: fields.from.tag ?? '',
    local: withoutTag(fields.to.address),
    remote: withoutTag(fields.from.address),
    localSeq,
    remoteSeq: fields.cseq.number,
    remoteTarget,
    routeSet: recordRoute(request),
    confirmed: false,
  };
}

/** The UAC side (§12.1.2) from a response with a To tag; a 1xx may lack a Contact, then requests go where the INVITE went. */
export function uacDialog(request: SipRequest, requestFields: CoreFields, response: SipResponse, fields: CoreFields): Dialog {
  return {
    callId: fields.callId,
    localTag: requestFields.from.tag ?? '',
    remoteTag: fields.to.tag ?? '',
    local: withoutTag(requestFields.from.address),
    remote: withoutTag(fields.to.address),
    localSeq: requestFields.cseq.number,
    remoteSeq: undefined,
    remoteTarget: contactOf(response) ?? request.uri,
    routeSet: recordRoute(response).reverse(),
    confirmed: response.status >= 200,
  };
}

/** A 2xx confirms an early dialog: target and, on the UAC side, route set are taken anew (§13.2.2.4). */
export function confirm(dialog: Dialog, response?: SipResponse): Dialog {
  if (!response) return { ...dialog, confirmed: true };
  return {
    ...dialog,
    confirmed: true,
    remoteTarget: contactOf(response) ?? dialog.remoteTarget,
    routeSet: recordRoute(response).reverse(),
  };
}

/** Target refresh by the Contact of a re-INVITE, an UPDATE or their 2xx (§12.2). */
export function refreshTarget(dialog: Dialog, message: SipMessage): Dialog {
  const remoteTarget = contactOf(message);
  return remoteTarget === undefined ? dialog : { ...dialog, remoteTarget };
}

/** A request received in the dialog (§12.2.2): `out-of-order` is owed a 500. */
export function receiveSeq(dialog: Dialog, cseq: number): { dialog: Dialog } | 'out-of-order' {
  if (dialog.remoteSeq !== undefined && cseq <= dialog.remoteSeq) return 'out-of-order';
  return { dialog: { ...dialog, remoteSeq: cseq } };
}

/** Where a request of the dialog goes: its Request-URI, its Route values, and the URI of the next hop (§12.2.1.1). */
export function routing(dialog: Dialog): { requestUri: string; routes: readonly string[]; nextHop: string } {
  const first = dialog.routeSet[0];
  const address = first === undefined ? undefined : parseNameAddr(first);
  if (address === undefined) return { requestUri: dialog.remoteTarget, routes: [], nextHop: dialog.remoteTarget };
  if (parseUri(address.uri)?.params.has('lr')) {
    return { requestUri: dialog.remoteTarget, routes: dialog.routeSet, nextHop: address.uri };
  }
  // A strict router (RFC 2543) takes the Request-URI for itself and finds the target last in Route.
  return { requestUri: address.uri, routes: [...dialog.routeSet.slice(1), `<${dialog.remoteTarget}>`], nextHop: address.uri };
}

/** A request of the dialog without Via and Contact. ACK and CANCEL take the number of their INVITE. */
export function dialogRequest(
  dialog: Dialog,
  method: string,
  number: number,
  extra: readonly HeaderField[],
  body?: Buffer,
): { request: SipRequest; nextHop: string } {
  const { requestUri, routes, nextHop } = routing(dialog);
  const headers: HeaderField[] = [
    header('Max-Forwards', '70'),
    ...routes.map((r) => header('Route', r)),
    header('From', `${formatNameAddr(dialog.local)};tag=${dialog.localTag}`),
    header('To', dialog.remoteTag === '' ? formatNameAddr(dialog.remote) : `${formatNameAddr(dialog.remote)};tag=${dialog.remoteTag}`),
    header('Call-ID', dialog.callId),
    header('CSeq', `${number} ${method}`),
    ...extra,
  ];
  return { request: makeRequest(method, requestUri, headers, body), nextHop };
}

/** The next CSeq of our side. */
export function advance(dialog: Dialog): { dialog: Dialog; number: number } {
  const number = dialog.localSeq + 1;
  return { dialog: { ...dialog, localSeq: number }, number };
}

/** RSeq of a reliable provisional response (RFC 3262 §7.1), or undefined when it is not one. */
export function reliableSeq(response: SipResponse): number | undefined {
  const required = response.headers.some((h) => h.key === 'require' && h.value.toLowerCase().includes('100rel'));
  const rseq = Number(headerValue(response, 'rseq'));
  return required && response.status > 100 && response.status < 200 && Number.isInteger(rseq) && rseq > 0 ? rseq : undefined;
}
