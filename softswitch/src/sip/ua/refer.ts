import type { Timer } from '@yixian/contracts';
import { type ReferEffect, type ReferInput, type ReferState, referAsked, stepRefer } from '../dialog/refer-subscription.js';
import { listValues } from '../parser/fields.js';
import { header, headerCount, headerValue } from '../parser/message.js';
import { parseReferTo } from '../parser/refer-to.js';
import type { IncomingRefer } from '../port.js';
import type { NewRequest, ServerTransaction } from '../transaction/port.js';
import { responseTo } from '../transaction/responses.js';
import { contactFor } from './context.js';
import { phraseOf } from './phrases.js';
import type { UsagePort } from './usage-port.js';

/** The phone itself gives up after 32 s (timer F); the refusal has to reach it before. */
const UNSETTLED_MS = 30_000;
/** How long what was referred to may take. Longer than any phone rings. */
const SUBSCRIPTION_SECONDS = 300;

/** REFER requests of one dialog (RFC 3515) and the implicit subscription of the one that is open. */
export class ReferUsage {
  readonly #usage: UsagePort;
  #open: OpenRefer | undefined;
  #count = 0;

  constructor(usage: UsagePort) {
    this.#usage = usage;
  }

  receive(incoming: NewRequest): void {
    const usage = this.#usage;
    const { request, fields } = incoming;
    // §2.4.2: exactly one Refer-To.
    const many = headerCount(request, 'refer-to') > 1 || listValues(request, 'refer-to').length > 1;
    const read = many ? { ok: false as const, fault: 'several Refer-To' } : parseReferTo(headerValue(request, 'refer-to'));
    if (!read.ok) {
      usage.respond(incoming, 400, `Bad Request - ${read.fault}`);
      return;
    }
    if (this.#open) {
      usage.respond(incoming, 491, 'Request Pending');
      return;
    }
    this.#count++;
    // §2.4.6: the first needs no id, every later one has to be told from it.
    const event = this.#count === 1 ? 'refer' : `refer;id=${fields.cseq.number}`;
    const { user, replaces } = read.referTo;
    const open = new OpenRefer(usage, incoming, event, () => {
      if (this.#open === open) this.#open = undefined;
    });
    this.#open = open;
    const heard = usage.owner.referred?.({
      target: user,
      replaces: replaces && {
        callId: replaces.callId,
        localTag: replaces.toTag,
        remoteTag: replaces.fromTag,
        earlyOnly: replaces.earlyOnly,
      },
      accept: () => open.input({ type: 'accept' }),
      progress: (status) => open.input({ type: 'progress', status }),
      done: (status) => open.input({ type: 'done', status }),
      refuse: (status, phrase) => open.input({ type: 'refuse', status, phrase }),
    } satisfies IncomingRefer);
    if (heard === undefined) open.input({ type: 'refuse', status: 603, phrase: 'Decline' });
  }

  /** SUBSCRIBE to the open REFER (§2.4.4): longer is not granted, shorter ends it. */
  subscribe(incoming: NewRequest): void {
    const usage = this.#usage;
    const event = (headerValue(incoming.request, 'event') ?? '').split(';', 1)[0]?.trim().toLowerCase();
    if (event !== 'refer') {
      usage.respond(incoming, 489, 'Bad Event', [header('Allow-Events', 'refer')]);
      return;
    }
    if (!this.#open?.active) {
      // 481 would end the call with it (RFC 5057 §5.1).
      usage.respond(incoming, 403, 'Forbidden - nothing is being referred');
      return;
    }
    const ends = headerValue(incoming.request, 'expires')?.trim() === '0';
    const contact = header('Contact', contactFor(usage.ctx, incoming.source, usage.contactUser));
    usage.respond(incoming, 200, 'OK', [header('Expires', ends ? '0' : String(this.#open.secondsLeft)), contact]);
    if (ends) this.#open.input({ type: 'expired' });
  }

  /** The dialog ends. */
  close(theirs: boolean): void {
    this.#open?.input({ type: 'closed', theirs });
  }
}

/** Runs one REFER: its transaction, its deadline, its NOTIFYs. */
class OpenRefer {
  readonly #usage: UsagePort;
  readonly #incoming: NewRequest;
  readonly #transaction: ServerTransaction;
  readonly #event: string;
  readonly #over: () => void;
  #state: ReferState;
  #deadline: Timer;
  #endsAt = 0;

  constructor(usage: UsagePort, incoming: NewRequest, event: string, over: () => void) {
    this.#usage = usage;
    this.#incoming = incoming;
    this.#transaction = incoming.open();
    this.#event = event;
    this.#over = over;
    const unwanted = headerValue(incoming.request, 'refer-sub')?.split(';', 1)[0]?.trim().toLowerCase() === 'false';
    this.#state = referAsked(unwanted);
    this.#deadline = this.#expireIn(UNSETTLED_MS);
  }

  get active(): boolean {
    return this.#state.phase === 'active';
  }

  get secondsLeft(): number {
    return Math.max(0, Math.ceil((this.#endsAt - this.#usage.ctx.clock.monotonic()) / 1_000));
  }

  input(input: ReferInput): void {
    const { state, effects } = stepRefer(this.#state, input);
    this.#state = state;
    for (const effect of effects) this.#run(effect);
  }

  #expireIn(ms: number): Timer {
    this.#endsAt = this.#usage.ctx.clock.monotonic() + ms;
    return this.#usage.ctx.clock.setTimer(ms, () => this.input({ type: 'expired' }));
  }

  #run(effect: ReferEffect): void {
    switch (effect.type) {
      case 'respond':
        this.#respond(effect.status, effect.phrase);
        break;
      case 'notify':
        this.#notify(effect.notice);
        break;
      case 'start-expiry':
        this.#deadline.cancel();
        this.#deadline = this.#expireIn(SUBSCRIPTION_SECONDS * 1_000);
        break;
      case 'over':
        this.#deadline.cancel();
        this.#over();
        break;
    }
  }

  #respond(status: number, phrase: string): void {
    const { ctx, contactUser, dialog } = this.#usage;
    const { source, request } = this.#incoming;
    if (status >= 300) ctx.discards.refused(status, source, { method: 'REFER', sipCallId: dialog.callId, phrase });
    const headers = [
      header('Server', ctx.userAgent),
      ...(status < 300 ? [header('Contact', contactFor(ctx, source, contactUser))] : []),
      ...(status < 300 && this.#state.silent ? [header('Refer-Sub', 'false')] : []),
    ];
    this.#transaction.respond(responseTo(request, status, phrase, { headers }));
  }

  #notify(notice: { status: number; final: boolean; reason?: string }): void {
    const state = notice.final ? `terminated;reason=${notice.reason ?? 'noresource'}` : `active;expires=${this.secondsLeft}`;
    const headers = [
      header('Event', this.#event),
      header('Subscription-State', state),
      header('Content-Type', 'message/sipfrag;version=2.0'),
    ];
    const body = Buffer.from(`SIP/2.0 ${notice.status} ${phraseOf(notice.status)}\r\n`);
    this.#usage.request('NOTIFY', headers, body, {
      response: ({ status }) => {
        if (status < 200) return;
        this.input({ type: status === 481 || status === 489 ? 'forgotten' : 'notified' });
      },
      // A phone that does not answer is found out by media timeout and session timer; the transfer goes on.
      failed: () => this.input({ type: 'forgotten' }),
    });
  }
}
