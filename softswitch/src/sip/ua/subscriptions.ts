import type { SubscribeRequest } from '../notifier/subscribe.js';
import { type HeaderField, header } from '../parser/message.js';
import { parseUri, sameUri } from '../parser/uri.js';
import type { NewRequest } from '../transaction/port.js';
import type { Hop } from '../transport/types.js';
import type { UaContext } from './context.js';
import { Subscription } from './subscription.js';

/** Seconds. */
export const SUBSCRIBE_LIMITS = { minExpires: 60, maxExpires: 3_600 };

export type Refuse = (incoming: NewRequest, status: number, phrase: string, headers?: readonly HeaderField[]) => void;

export interface SubscriptionsDeps {
  ctx: UaContext;
  /** Of all together; beyond it 503. */
  maxSubscriptions: number;
  /** To one extension; beyond it the oldest is forgotten. */
  perExtension: number;
}

/** Subscriptions of one event package, by the extension that is watched. */
export class Subscriptions {
  readonly #deps: SubscriptionsDeps;
  readonly #byExtension = new Map<string, Set<Subscription>>();
  #size = 0;
  #stopped = false;

  constructor(deps: SubscriptionsDeps) {
    this.#deps = deps;
  }

  get size(): number {
    return this.#size;
  }

  of(extension: string): readonly Subscription[] {
    return [...(this.#byExtension.get(extension) ?? [])];
  }

  /** Answers a SUBSCRIBE that may be granted. */
  begin(
    incoming: NewRequest,
    asked: SubscribeRequest,
    extension: string,
    body: (hop: Hop, version: number) => Buffer,
    refuse: Refuse,
  ): void {
    if (this.#stopped || this.#size >= this.#deps.maxSubscriptions) {
      refuse(incoming, 503, 'Service Unavailable', [header('Retry-After', '60')]);
      return;
    }
    const { ctx } = this.#deps;
    const deps = { ctx, limits: SUBSCRIBE_LIMITS, body, over: (s: Subscription) => this.#forget(extension, s) };
    const subscription = Subscription.begin(deps, incoming, asked, extension);
    if (!subscription) refuse(incoming, 400, 'Bad Request - missing or malformed Contact');
    else if (asked.seconds > 0) this.#keep(extension, subscription);
  }

  #keep(extension: string, subscription: Subscription): void {
    const all = this.#byExtension.get(extension) ?? new Set();
    for (const other of [...all]) if (sameContact(other.contact, subscription.contact)) other.drop();
    const [oldest] = all;
    if (oldest && all.size >= this.#deps.perExtension) oldest.drop();
    all.add(subscription);
    this.#size++;
    this.#byExtension.set(extension, all);
  }

  #forget(extension: string, subscription: Subscription): void {
    const all = this.#byExtension.get(extension);
    if (!all?.delete(subscription)) return;
    this.#size--;
    if (all.size === 0) this.#byExtension.delete(extension);
  }

  /** Tells every subscriber that it is over; a phone that goes on wanting it subscribes anew (RFC 6665 §4.1.3). */
  stop(): void {
    this.#stopped = true;
    for (const all of [...this.#byExtension.values()]) for (const subscription of [...all]) subscription.stop();
  }
}

export function sameContact(a: string, b: string): boolean {
  const ua = parseUri(a);
  const ub = parseUri(b);
  return a === b || (ua !== undefined && ub !== undefined && sameUri(ua, ub));
}
