// What a SUBSCRIBE asks for, or the answer it is owed (RFC 6665 §4.2.1).
import { listValues } from '../parser/fields.js';
import { type HeaderField, header, headerValue, type SipRequest } from '../parser/message.js';
import { unsigned } from '../parser/scan.js';
import { ALLOW_EVENTS, EVENT_PACKAGES, type EventPackage, packageOf } from './packages.js';

export interface SubscribeLimits {
  /** Seconds; shorter is answered 423. */
  minExpires: number;
  /** Seconds; longer is shortened. */
  maxExpires: number;
}

/** `event`: the header as it came, with the id the phone gave it. */
export interface SubscribeRequest {
  event: string;
  package: EventPackage;
  seconds: number;
}

export type SubscribeVerdict =
  | ({ ok: true } & SubscribeRequest)
  | { ok: false; status: number; phrase: string; headers: readonly HeaderField[] };

function refusal(status: number, phrase: string, ...headers: HeaderField[]): SubscribeVerdict {
  return { ok: false, status, phrase, headers };
}

/** Package, duration and body type of a SUBSCRIBE; 0 seconds asks once or ends it. */
export function judgeSubscribe(request: SipRequest, limits: SubscribeLimits): SubscribeVerdict {
  const event = headerValue(request, 'event') ?? '';
  const name = packageOf(event);
  if (!name || event.length > 256) return refusal(489, 'Bad Event', ALLOW_EVENTS);
  const type = EVENT_PACKAGES[name];
  const types = listValues(request, 'accept').map((t) => (t.split(';')[0] ?? '').trim().toLowerCase());
  const fits = types.length === 0 || types.some((t) => t === type || t === 'application/*' || t === '*/*');
  if (!fits) return refusal(406, 'Not Acceptable', header('Accept', type));
  const text = headerValue(request, 'expires');
  const asked = text === undefined ? limits.maxExpires : unsigned(text.trim());
  if (asked === undefined) return refusal(400, 'Bad Request - malformed Expires');
  if (asked > 0 && asked < limits.minExpires) {
    return refusal(423, 'Interval Too Brief', header('Min-Expires', String(limits.minExpires)));
  }
  return { ok: true, event, package: name, seconds: Math.min(asked, limits.maxExpires) };
}
