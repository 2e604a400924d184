import type { NodeId } from '@yixian/contracts';
import { addressList, formatNameAddr } from '../parser/fields.js';
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
import { responseTo } from '../transaction/responses.js';
import type { Hop } from '../transport/types.js';

/**
 * A dialog of another process that runs over a socket of this one, as far as this one has to know it: to pass messages on, and to
 * end it in the owner's stead when the owner has died.
 *
 *   ringing ──2xx──▶ answered       either ──the owner dies──▶ orphaned: CANCEL or refusal, or BYE
 *      └──≥ 300──▶ refused
 */
export interface Relayed {
  readonly owner: NodeId;
  readonly hop: Hop;
  /** Whether the owner sent the INVITE (else the phone did). */
  readonly ownerCalls: boolean;
  readonly invite: SipRequest | undefined;
  readonly state: 'ringing' | 'answered' | 'refused';
  /** To with its tag, as the called side wrote it. */
  readonly to: string | undefined;
  /** Where requests to the phone go: its Contact. */
  readonly target: string | undefined;
  /** CSeq of the owner's last request. */
  readonly ownerSeq: number;
}

function contactOf(message: SipMessage): string | undefined {
  const uri = addressList(message, 'contact')[0]?.uri;
  return uri !== undefined && parseUri(uri) ? uri : undefined;
}

/** @param invite their or our INVITE outside of dialogs; undefined for a request that begins none */
export function relayedBy(owner: NodeId, hop: Hop, ownerCalls: boolean, invite: SipRequest | undefined): Relayed {
  const target = invite && !ownerCalls ? contactOf(invite) : undefined;
  return { owner, hop, ownerCalls, invite, state: 'ringing', to: undefined, target, ownerSeq: 0 };
}

/** A message of the dialog has passed. */
export function passed(dialog: Relayed, message: SipMessage, fields: CoreFields, fromOwner: boolean): Relayed {
  if (message.kind === 'request') {
    if (!fromOwner) {
      const target = message.method === 'INVITE' || message.method === 'UPDATE' ? contactOf(message) : undefined;
      return target === undefined ? dialog : { ...dialog, target };
    }
    const opens = message.method === 'INVITE' && fields.to.tag === undefined;
    const counts = message.method !== 'ACK' && message.method !== 'CANCEL';
    const ownerSeq = counts ? Math.max(dialog.ownerSeq, fields.cseq.number) : dialog.ownerSeq;
    return opens ? { ...dialog, invite: message, state: 'ringing', to: undefined, ownerSeq } : { ...dialog, ownerSeq };
  }
  const ofInvite = fields.cseq.method === 'INVITE' && dialog.state === 'ringing' && message.status > 100;
  return ofInvite && fromOwner !== dialog.ownerCalls ? answered(dialog, message, fields) : dialog;
}

function answered(dialog: Relayed, response: SipResponse, fields: CoreFields): Relayed {
  const to = fields.to.tag === undefined ? dialog.to : headerValue(response, 'to');
  const target = dialog.ownerCalls ? (contactOf(response) ?? dialog.target) : dialog.target;
  const state = response.status >= 300 ? 'refused' : response.status >= 200 ? 'answered' : 'ringing';
  return { ...dialog, to, target, state };
}

/** What is owed to the phone of a dialog whose owner has died. */
export type LastWords =
  | { do: 'request'; request: SipRequest; branch: 'new' | 'of-invite' }
  | { do: 'response'; response: SipResponse }
  | { do: 'nothing' };

function of(invite: SipRequest, key: string): string {
  return headerValue(invite, key) ?? '';
}

/** The far end's last words, without Via where the branch is new. @param reason value of a Reason header (RFC 3326) */
export function lastWords(dialog: Relayed, tag: string, reason: string): LastWords {
  const { invite } = dialog;
  if (!invite || dialog.state === 'refused') return { do: 'nothing' };
  if (dialog.state === 'answered') return { do: 'request', request: byeFor(dialog, invite, reason), branch: 'new' };
  if (dialog.ownerCalls) return { do: 'request', request: cancelFor(invite, reason), branch: 'of-invite' };
  const asked = dialog.to === undefined ? invite : withTo(invite, dialog.to);
  return { do: 'response', response: responseTo(asked, 500, 'Server Internal Error', { toTag: tag, headers: [header('Reason', reason)] }) };
}

function withTo(request: SipRequest, to: string): SipRequest {
  return { ...request, headers: request.headers.map((h) => (h.key === 'to' ? header('To', to) : h)) };
}

function byeFor(dialog: Relayed, invite: SipRequest, reason: string): SipRequest {
  const [ours, theirs] = dialog.ownerCalls ? [of(invite, 'from'), dialog.to ?? ''] : [dialog.to ?? '', of(invite, 'from')];
  return makeRequest('BYE', dialog.target ?? invite.uri, [
    header('Max-Forwards', '70'),
    ...routesOf(dialog, invite),
    header('From', ours),
    header('To', theirs),
    header('Call-ID', of(invite, 'call-id')),
    header('CSeq', `${dialog.ownerSeq + 1} BYE`),
    header('Reason', reason),
  ]);
}

// A phone that called through proxies is answered through them (RFC 3261 §12.1.1).
function routesOf(dialog: Relayed, invite: SipRequest): HeaderField[] {
  return dialog.ownerCalls ? [] : addressList(invite, 'record-route').map((r) => header('Route', formatNameAddr(r)));
}

/** RFC 3261 §9.1: on the way of its INVITE, with its Via. */
function cancelFor(invite: SipRequest, reason: string): SipRequest {
  return makeRequest('CANCEL', invite.uri, [...sameAs(invite, 'CANCEL'), header('Reason', reason)]);
}

/** §17.1.1.3: the ACK of a final response ≥ 300. */
export function ackFor(invite: SipRequest, response: SipResponse): SipRequest {
  const to = headerValue(response, 'to');
  const headers = sameAs(invite, 'ACK').map((h) => (h.key === 'to' && to !== undefined ? header('To', to) : h));
  return makeRequest('ACK', invite.uri, headers);
}

function sameAs(invite: SipRequest, method: string): HeaderField[] {
  const via = invite.headers.find((h) => h.key === 'via');
  const kept = invite.headers.filter((h) => ['from', 'to', 'call-id', 'route'].includes(h.key));
  const number = Number.parseInt(of(invite, 'cseq'), 10);
  return [...(via ? [via] : []), header('Max-Forwards', '70'), ...kept, header('CSeq', `${number} ${method}`)];
}
