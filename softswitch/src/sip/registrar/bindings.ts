import type { Registration, SourceAddress } from '@yixian/contracts';
import { listValues, parseNameAddr } from '../parser/fields.js';
import { headerValue, type SipRequest } from '../parser/message.js';
import { unsigned } from '../parser/scan.js';
import { parseUri, sameUri } from '../parser/uri.js';
import type { CoreFields } from '../parser/validate.js';

// The registrar of RFC 3261 §10.3 as a pure step over the bindings of one extension.

export interface RegistrarLimits {
  minExpires: number;
  maxExpires: number;
  contacts: number;
}

export interface RegisterInput {
  extension: string;
  callId: string;
  cseq: number;
  source: SourceAddress;
  userAgent: string;
  /** `Contact: *` with Expires 0. */
  removeAll: boolean;
  contacts: ReadonlyArray<{ uri: string; expires: number; trickleIce: boolean }>;
}

export type RegisterOutcome =
  | { kind: 'ok'; bindings: readonly Registration[]; changed: boolean }
  | { kind: 'refused'; status: number; phrase: string; minExpires?: number };

const DEFAULT_EXPIRES = 3_600;

/** Reads a REGISTER; a refusal when its Contact headers contradict themselves (§10.3 step 6). */
export function readRegister(
  request: SipRequest,
  fields: CoreFields,
  extension: string,
  source: SourceAddress,
  userAgent: string,
): { ok: true; input: RegisterInput } | { ok: false; status: number; phrase: string } {
  const values = listValues(request, 'contact');
  const expiresText = headerValue(request, 'expires');
  // §20.19: a malformed Expires counts as the default.
  const general = expiresText === undefined ? undefined : unsigned(expiresText.trim());
  const base = { extension, callId: fields.callId, cseq: fields.cseq.number, source, userAgent };
  if (values.some((v) => v.trim() === '*')) {
    if (values.length > 1 || general !== 0) return { ok: false, status: 400, phrase: 'Bad Request - Contact: * needs Expires: 0 alone' };
    return { ok: true, input: { ...base, removeAll: true, contacts: [] } };
  }
  const contacts: { uri: string; expires: number; trickleIce: boolean }[] = [];
  for (const value of values) {
    const address = parseNameAddr(value);
    if (!address || !parseUri(address.uri)) return { ok: false, status: 400, phrase: 'Bad Request - malformed Contact' };
    const own = address.params.get('expires');
    const expires = (own === undefined ? general : unsigned(own)) ?? DEFAULT_EXPIRES;
    contacts.push({ uri: address.uri, expires, trickleIce: address.params.has('+sip.trickle-ice') });
  }
  return { ok: true, input: { ...base, removeAll: false, contacts } };
}

/** §10.3 step 7: a request older than the binding it would change must change nothing. */
function outOfOrder(binding: Registration, input: RegisterInput): boolean {
  return binding.sipCallId === input.callId && input.cseq <= binding.cseq;
}

export function sameContact(a: string, b: string): boolean {
  const ua = parseUri(a);
  const ub = parseUri(b);
  return a === b || (ua !== undefined && ub !== undefined && sameUri(ua, ub));
}

/** Bindings that have not run out. */
export function live(bindings: readonly Registration[], now: number): readonly Registration[] {
  return bindings.every((b) => b.expiresAt > now) ? bindings : bindings.filter((b) => b.expiresAt > now);
}

function apply(bindings: readonly Registration[], input: RegisterInput, limits: RegistrarLimits, now: number): RegisterOutcome {
  let next = [...bindings];
  for (const contact of input.contacts) {
    const old = next.find((b) => sameContact(b.contact, contact.uri));
    if (old && outOfOrder(old, input)) return { kind: 'refused', status: 500, phrase: 'Server Internal Error - CSeq out of order' };
    if (contact.expires > 0 && contact.expires < limits.minExpires) {
      return { kind: 'refused', status: 423, phrase: 'Interval Too Brief', minExpires: limits.minExpires };
    }
    next = next.filter((b) => b !== old);
    if (contact.expires === 0) continue;
    next.push({
      extension: input.extension,
      contact: contact.uri,
      source: input.source,
      userAgent: input.userAgent,
      ...(contact.trickleIce ? { trickleIce: true } : {}),
      expiresAt: now + Math.min(contact.expires, limits.maxExpires) * 1_000,
      sipCallId: input.callId,
      cseq: input.cseq,
    });
  }
  if (next.length > limits.contacts) return { kind: 'refused', status: 403, phrase: 'Forbidden - too many contacts' };
  return { kind: 'ok', bindings: next, changed: input.contacts.length > 0 };
}

/** All contacts change, or none does (§10.3). */
export function stepRegister(
  bindings: readonly Registration[],
  input: RegisterInput,
  limits: RegistrarLimits,
  now: number,
): RegisterOutcome {
  const current = live(bindings, now);
  if (!input.removeAll) return apply(current, input, limits, now);
  if (current.some((b) => outOfOrder(b, input)))
    return { kind: 'refused', status: 500, phrase: 'Server Internal Error - CSeq out of order' };
  return { kind: 'ok', bindings: [], changed: current.length > 0 };
}

/** The Contact values of the 200, each with what is left of it (§10.3 step 8). */
export function contactValues(bindings: readonly Registration[], now: number): string[] {
  return bindings.map((b) => `<${b.contact}>;expires=${Math.max(0, Math.ceil((b.expiresAt - now) / 1_000))}`);
}
