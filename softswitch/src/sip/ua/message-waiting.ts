import type { LegOrigin, MessagesWaiting, Registration } from '@yixian/contracts';
import { EVENT_PACKAGES } from '../notifier/packages.js';
import type { SubscribeRequest } from '../notifier/subscribe.js';
import { summaryBody } from '../notifier/summary.js';
import { header } from '../parser/message.js';
import { formatHost, parseUri } from '../parser/uri.js';
import type { NewRequest } from '../transaction/port.js';
import type { Hop } from '../transport/types.js';
import type { UaContext } from './context.js';
import { sendLone } from './lone-request.js';
import type { Subscription } from './subscription.js';
import { type Refuse, Subscriptions, sameContact } from './subscriptions.js';

const NONE: MessagesWaiting = { newMessages: 0, oldMessages: 0 };

export interface MessageWaitingDeps {
  ctx: UaContext;
  registrations(extension: string): readonly Registration[];
  /** Subscriptions of all phones together; beyond it 503. */
  maxSubscriptions: number;
  /** Of one extension; beyond it the oldest is forgotten. */
  perExtension: number;
}

/**
 * Message waiting (RFC 3842): told to phones that subscribed, and unasked, outside of any subscription, to registered
 * contacts that did not, as many desk phones expect.
 */
export class MessageWaiting {
  readonly #deps: MessageWaitingDeps;
  readonly #waiting = new Map<string, MessagesWaiting>();
  readonly #subscriptions: Subscriptions;
  #stopped = false;

  constructor(deps: MessageWaitingDeps) {
    this.#deps = deps;
    this.#subscriptions = new Subscriptions(deps);
  }

  get size(): number {
    return this.#subscriptions.size;
  }

  /** An admitted SUBSCRIBE outside of dialogs: a phone may watch its own box only. */
  subscribe(incoming: NewRequest, asked: SubscribeRequest, origin: LegOrigin, refuse: Refuse): void {
    const { request, fields } = incoming;
    const box = parseUri(request.uri)?.user ?? fields.to.uri?.user ?? '';
    if (origin.kind !== 'extension' || box !== origin.extension) {
      refuse(incoming, 403, 'Forbidden');
      return;
    }
    this.#subscriptions.begin(incoming, asked, box, (hop) => this.#body(box, hop), refuse);
  }

  #body(box: string, hop: Hop): Buffer {
    const local = this.#deps.ctx.transport.localFor(hop) ?? hop;
    return summaryBody(`sip:${box}@${formatHost(local.address)}`, this.#waiting.get(box) ?? NONE);
  }

  set(extension: string, waiting: MessagesWaiting): void {
    const before = this.#waiting.get(extension);
    if (this.#stopped || (before && before.newMessages === waiting.newMessages && before.oldMessages === waiting.oldMessages)) return;
    this.#waiting.set(extension, { ...waiting });
    for (const subscription of this.#subscriptions.of(extension)) subscription.changed();
    this.#tellUnasked(extension);
  }

  /** A contact is new: a phone that was off shows no lamp until it is told. */
  registered(extension: string): void {
    if ((this.#waiting.get(extension)?.newMessages ?? 0) > 0) this.#tellUnasked(extension);
  }

  #tellUnasked(extension: string): void {
    const { ctx } = this.#deps;
    const subscribed = this.#subscriptions.of(extension);
    for (const registration of this.#deps.registrations(extension)) {
      if (subscribed.some((s) => isOf(s, registration))) continue;
      const { source, contact } = registration;
      const headers = [
        header('Event', 'message-summary'),
        header('Subscription-State', 'terminated;reason=noresource'),
        header('Content-Type', EVENT_PACKAGES['message-summary']),
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
    this.#subscriptions.stop();
  }
}

/** Whether a subscription is of this registered phone: same Contact, or come from the same place. */
function isOf(subscription: Subscription, { source, contact }: Registration): boolean {
  const from = subscription.source;
  return sameContact(subscription.contact, contact) || (from.address === source.address && from.port === source.port);
}
