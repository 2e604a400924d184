import type { Timer } from '@yixian/contracts';
import { advance, type Dialog, dialogRequest, keyOf, receiveSeq, refreshTarget, routing, uasDialog } from '../dialog/dialog.js';
import { ALLOW_EVENTS, EVENT_PACKAGES } from '../notifier/packages.js';
import { judgeSubscribe, type SubscribeLimits, type SubscribeRequest } from '../notifier/subscribe.js';
import {
  endsSubscription,
  NEW_SUBSCRIPTION,
  type SubscriptionEffect,
  type SubscriptionInput,
  type SubscriptionState,
  stepSubscription,
} from '../notifier/subscription.js';
import { type HeaderField, header } from '../parser/message.js';
import type { NewRequest } from '../transaction/port.js';
import { responseTo } from '../transaction/responses.js';
import type { Hop } from '../transport/types.js';
import { allowHeader, contactFor, type DialogEndpoint, hopOf, sendRequest, type UaContext } from './context.js';
import { natHop } from './usage.js';

export interface SubscriptionDeps {
  ctx: UaContext;
  limits: SubscribeLimits;
  /** What is to be told now; `hop` says at which of our addresses it is seen, `version` counts what was told, from 0. */
  body(hop: Hop, version: number): Buffer;
  over(subscription: Subscription): void;
}

/** One phone's subscription: a dialog of its own, one timer, one NOTIFY at a time. */
export class Subscription implements DialogEndpoint {
  readonly #deps: SubscriptionDeps;
  readonly #asked: SubscribeRequest;
  readonly #contactUser: string;
  readonly #peer: Hop | undefined;
  readonly source: Hop;
  #dialog: Dialog;
  #state: SubscriptionState = NEW_SUBSCRIPTION;
  #timer: Timer | undefined;
  #endsAt = 0;
  #told = 0;

  /** Answers the SUBSCRIBE and begins. @returns undefined when it cannot make a dialog (no usable Contact) */
  static begin(deps: SubscriptionDeps, incoming: NewRequest, asked: SubscribeRequest, user: string) {
    const { ctx } = deps;
    const dialog = uasDialog(incoming.request, incoming.fields, ctx.token(8), Number.parseInt(ctx.token(2), 16));
    return dialog && new Subscription(deps, incoming, asked, user, dialog);
  }

  private constructor(deps: SubscriptionDeps, incoming: NewRequest, asked: SubscribeRequest, user: string, dialog: Dialog) {
    this.#deps = deps;
    this.#asked = asked;
    this.#contactUser = user;
    this.#dialog = dialog;
    this.#peer = natHop(incoming.fields, incoming.source, dialog.routeSet.length > 0);
    this.source = incoming.source;
    deps.ctx.dialogs.set(keyOf(dialog), this);
    this.#granted(incoming, asked.seconds);
    this.#input(asked.seconds === 0 ? { type: 'unsubscribed' } : { type: 'begun' });
  }

  /** Where the phone is reached, as it says itself. */
  get contact(): string {
    return this.#dialog.remoteTarget;
  }

  changed(): void {
    this.#input({ type: 'changed' });
  }

  stop(): void {
    this.#input({ type: 'stopped' });
  }

  /** Forgets it without a word: the same phone has subscribed anew. */
  drop(): void {
    this.#input({ type: 'lost' });
  }

  acknowledge(): void {
    // No INVITE, no ACK.
  }

  receive(incoming: NewRequest): void {
    const seq = receiveSeq(this.#dialog, incoming.fields.cseq.number);
    if (seq === 'out-of-order') {
      this.#respond(incoming, 500, 'Server Internal Error - CSeq out of order');
      return;
    }
    this.#dialog = seq.dialog;
    if (incoming.request.method !== 'SUBSCRIBE') {
      this.#respond(incoming, 405, 'Method Not Allowed', [allowHeader(['SUBSCRIBE'])]);
      return;
    }
    const asked = judgeSubscribe(incoming.request, this.#deps.limits);
    if (!asked.ok) {
      this.#respond(incoming, asked.status, asked.phrase, asked.headers);
      return;
    }
    if (asked.package !== this.#asked.package) {
      this.#respond(incoming, 489, 'Bad Event', [ALLOW_EVENTS]);
      return;
    }
    this.#dialog = refreshTarget(this.#dialog, incoming.request);
    this.#granted(incoming, asked.seconds);
    this.#input(asked.seconds === 0 ? { type: 'unsubscribed' } : { type: 'refreshed' });
  }

  #granted(incoming: NewRequest, seconds: number): void {
    const { ctx } = this.#deps;
    this.#timer?.cancel();
    this.#endsAt = ctx.clock.monotonic() + seconds * 1_000;
    if (seconds > 0) this.#timer = ctx.clock.setTimer(seconds * 1_000, () => this.#input({ type: 'ran-out' }));
    const contact = header('Contact', contactFor(ctx, incoming.source, this.#contactUser));
    this.#respond(incoming, 200, 'OK', [header('Expires', String(seconds)), contact]);
  }

  #respond(incoming: NewRequest, status: number, phrase: string, headers: readonly HeaderField[] = []): void {
    const { ctx } = this.#deps;
    if (status >= 300) ctx.discards.refused(status, incoming.source, { method: incoming.request.method, sipCallId: this.#dialog.callId });
    const all = [header('Server', ctx.userAgent), ...headers];
    incoming.open().respond(responseTo(incoming.request, status, phrase, { toTag: this.#dialog.localTag, headers: all }));
  }

  #input(input: SubscriptionInput): void {
    const { state, effects } = stepSubscription(this.#state, input);
    this.#state = state;
    for (const effect of effects) this.#run(effect);
  }

  #run(effect: SubscriptionEffect): void {
    switch (effect.type) {
      case 'notify':
        this.#notify(effect.terminated);
        break;
      case 'over':
        this.#timer?.cancel();
        this.#deps.ctx.dialogs.delete(keyOf(this.#dialog));
        this.#deps.over(this);
        break;
    }
  }

  #notify(terminated: string | undefined): void {
    const { ctx } = this.#deps;
    const peer = this.#peer;
    // A stream may be gone; then the Contact has to do.
    if (peer && ctx.transport.connected(peer)) this.#notifyAt(peer, terminated);
    else {
      hopOf(ctx, routing(this.#dialog).nextHop, (hop) => {
        if (hop) this.#notifyAt(hop, terminated);
        else this.#input({ type: 'lost' });
      });
    }
  }

  #notifyAt(hop: Hop, terminated: string | undefined): void {
    const { ctx } = this.#deps;
    const seconds = Math.max(0, Math.ceil((this.#endsAt - ctx.clock.monotonic()) / 1_000));
    const state = terminated === undefined ? `active;expires=${seconds}` : `terminated;reason=${terminated}`;
    const next = advance(this.#dialog);
    this.#dialog = next.dialog;
    const headers = [
      header('Contact', contactFor(ctx, hop, this.#contactUser)),
      header('User-Agent', ctx.userAgent),
      header('Event', this.#asked.event),
      header('Subscription-State', state),
      header('Content-Type', EVENT_PACKAGES[this.#asked.package]),
    ];
    const { request } = dialogRequest(this.#dialog, 'NOTIFY', next.number, headers, this.#deps.body(hop, this.#told++));
    sendRequest(ctx, request, hop, {
      response: ({ status }) => {
        if (status >= 200) this.#input({ type: endsSubscription(status) ? 'lost' : 'notified' });
      },
      failed: () => this.#input({ type: 'lost' }),
    });
  }
}
