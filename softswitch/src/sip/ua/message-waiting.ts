import type { LegOrigin, MessagesWaiting, Registration } from '@yixian/contracts';
import { judgeSubscribe } from '../notifier/subscribe.js';
import { SUMMARY_TYPE, summaryBody } from '../notifier/summary.js';
import { type HeaderField, header } from '../parser/message.js';
import { formatHost, parseUri, sameUri } from '../parser/uri.js';
import type { NewRequest } from '../transaction/layer.js';
import type { Hop } from '../transport/types.js';
import type { UaContext } from './context.js';
import { sendLone } from './lone-request.js';
import { Subscription } from './subscription.js';

const LIMITS = { minExpires: 60, maxExpires: 3_600 };
const NONE: MessagesWaiting = { newMessages: 0, oldMessages: 0 };

export interface MessageWaitingDeps {
  ctx: UaContext;
  registrations(extension: string): readonly Registration[];
  /** Subscriptions of all phones together; beyond it 503. */
  maxSubscriptions: number;
  /** Of one extension; beyond it the oldest is forgotten. */
  perExtension: number;
}

type Refuse = (incoming: NewRequest, status: number, phrase: string, headers?: readonly HeaderField[]) => void;

/**
 * Message waiting (RFC 3842): told to phones that subscribed, and unasked, outside of any subscription, to registered
 * contacts that did not, as many desk phones expect.
 */
export class MessageWaiting {
  readonly #deps: MessageWaitingDeps;
  readonly #waiting = new Map<string, MessagesWaiting>();
  readonly #subscriptions = new Map<string, Set<Subscription>>();
  #size = 0;
  #stopped = false;

  constructor(deps: MessageWaitingDeps) {
    this.#deps = deps;
  }

  get size(): number {
    return this.#size;
  }

  /** An admitted SUBSCRIBE outside of dialogs: a phone may watch its own box only. */
  subscribe(incoming: NewRequest, origin: LegOrigin, refuse: Refuse): void {
    const { request, fields } = incoming;
    const asked = judgeSubscribe(request, LIMITS);
    if (!asked.ok) {
      refuse(incoming, asked.status, asked.phrase, asked.headers);
      return;
    }
    const box = parseUri(request.uri)?.user ?? fields.to.uri?.user ?? '';
    if (origin.kind !== 'extension' || box !== origin.extension) {
      refuse(incoming, 403, 'Forbidden');
      return;
    }
    if (this.#stopped || this.#size >= this.#deps.maxSubscriptions) {
      refuse(incoming, 503, 'Service Unavailable', [header('Retry-After', '60')]);
      return;
    }
    const { ctx } = this.#deps;
    const deps = {
      ctx,
      limits: LIMITS,
      body: (hop: Hop) => this.#body(box, hop),
      over: (s: Subscription) => this.#forget(box, s),
    };
    const subscription = Subscription.begin(deps, incoming, asked, box);
    if (!subscription) refuse(incoming, 400, 'Bad Request - missing or malformed Contact');
    else if (asked.seconds > 0) this.#keep(box, subscription);
  }

  #keep(box: string, subscription: Subscription): void {
    const all = this.#subscriptions.get(box) ?? new Set();
    for (const other of [...all]) if (sameContact(other.contact, subscription.contact)) other.drop();
    const [oldest] = all;
    if (oldest && all.size >= this.#deps.perExtension) oldest.drop();
    all.add(subscription);
    this.#size++;
    this.#subscriptions.set(box, all);
  }

  #forget(box: string, subscription: Subscription): void {
    const all = this.#subscriptions.get(box);
    if (!all?.delete(subscription)) return;
    this.#size--;
    if (all.size === 0) this.#subscriptions.delete(box);
  }

  #body(box: string, hop: Hop): Buffer {
    const local = this.#deps.ctx.transport.localFor(hop) ?? hop;
    return summaryBody(`sip:${box}@${formatHost(local.address)}`, this.#waiting.get(box) ?? NONE);
  }

  set(extension: string, waiting: MessagesWaiting): void {
    const before = this.#waiting.get(extension);
    if (this.#stopped || (before && before.newMessages === waiting.newMessages && before.oldMessages === waiting.oldMessages)) return;
    this.#waiting.set(extension, { ...waiting });
    for (const subscription of [...(this.#subscriptions.get(extension) ?? [])]) subscription.changed();
    this.#tellUnasked(extension);
  }

  /** A contact is new: a phone that was off shows no lamp until it is told. */
  registered(extension: string): void {
    if ((this.#waiting.get(extension)?.newMessages ?? 0) > 0) this.#tellUnasked(extension);
  }

  #tellUnasked(extension: string): void {
    const { ctx } = this.#deps;
    const subscribed = [...(this.#subscriptions.get(extension) ?? [])];
    for (const registration of this.#deps.registrations(extension)) {
      if (subscribed.some((s) => isOf(s, registration))) continue;
      const { source, contact } = registration;
      const headers = [
        header('Event', 'message-summary'),
        header('Subscription-State', 'terminated;reason=noresource'),
        header('Content-Type', SUMMARY_TYPE),
      ];
      const local = ctx.transport.localFor({ ...source, transport: source.transport === 'udp' ? 'udp' : 'tcp' }) ?? source;
      const body = summaryBody(`sip:${extension}@${formatHost(local.address)}`, this.#waiting.get(extension) ?? NONE);
      const lone = {
        method: 'NOTIFY' as const,
        uri: contact,
        nextHop: source,
        toUser: extension,
        from: { user: extension },
        contact: true,
      };
      // A phone that does not know unasked NOTIFYs refuses them; nothing follows from it.
      sendLone(ctx, { ...lone, headers, body }, (outcome) => {
        const result = outcome.kind === 'answered' && outcome.response.status < 300 ? 'taken' : 'not-taken';
        ctx.counters.add(`sip_unasked_notifies_total{result="${result}"}`);
      });
    }
  }

  /** Tells every subscriber that it is over; a phone that goes on wanting it subscribes anew (RFC 6665 §4.1.3). */
  stop(): void {
    this.#stopped = true;
    for (const all of [...this.#subscriptions.values()]) for (const subscription of [...all]) subscription.stop();
  }
}

function sameContact(a: string, b: string): boolean {
  const ua = parseUri(a);
  const ub = parseUri(b);
  return a === b || (ua !== undefined && ub !== undefined && sameUri(ua, ub));
}

/** Whether a subscription is of this registered phone: same Contact, or come from the same place. */
function isOf(subscription: Subscription, { source, contact }: Registration): boolean {
  const from = subscription.source;
  return sameContact(subscription.contact, contact) || (from.address === source.address && from.port === source.port);
}
