import type { CallId, Clock, EpochMs, SipTraceMessage } from '@yixian/contracts';
import type { MessageTap } from '../sip/message-tap.js';
import type { Hop, TransportLayer } from '../sip/transport/types.js';
import { withoutSecrets } from './redact.js';

/** Bounds of what is held before it is stored. */
export interface SipTraceLimits {
  /** Of one message; what is longer is cut. */
  messageBytes: number;
  /** Messages of one call: the first and the last so many; those between are dropped and counted. */
  first: number;
  last: number;
  /** All messages together; beyond it new ones are dropped and counted. */
  heldBytes: number;
  /** Dialogs that are of no call (yet). */
  strangers: number;
  /** First messages of a dialog that are kept for a call it is said to be of later. */
  opening: number;
}

const DEFAULTS: SipTraceLimits = {
  messageBytes: 16_384,
  first: 500,
  last: 500,
  heldBytes: 64 * 1024 * 1024,
  strangers: 512,
  opening: 8,
};

/** 64·T1 and a little: the last message of a call that is over may still be repeated (RFC 3261 §17). */
const LINGER_MS = 35_000;
/** So long an INVITE waits for its call; what is refused never gets one. */
const STRANGER_MS = 60_000;

type Locals = Pick<TransportLayer, 'localFor'>;

interface Traced {
  readonly at: EpochMs;
  readonly received: boolean;
  readonly hop: Hop;
  readonly local: { address: string; port: number } | undefined;
  readonly text: string;
  readonly bytes: number;
  failure: string | undefined;
}

/** A message with its order in the call. */
interface Numbered {
  readonly n: number;
  readonly message: Traced;
}

interface TracedCall {
  n: number;
  /** The first, as far as they have not been collected. */
  head: Numbered[];
  headCount: number;
  tail: Numbered[];
  /** Not told yet. */
  dropped: number;
  over: EpochMs | undefined;
  readonly dialogs: Set<string>;
}

interface TracedDialog {
  readonly since: EpochMs;
  /** Mostly one; two when a phone has fetched somebody out of another call. */
  calls: TracedCall[];
  /** Its first messages, for a call that it will be of. */
  readonly opening: Traced[];
  /** It is not over with its call. */
  lasting: boolean;
}

/** Messages that are to be stored now. */
export interface CollectedMessages {
  callId: CallId;
  messages: SipTraceMessage[];
  /** Dropped since the collection before. */
  dropped: number;
}

/**
 * The SIP messages of calls from the wire until they are stored. A dialog is followed from its INVITE; which call it is of is said
 * by `belongs`, before or after. Nothing but INVITE dialogs is kept: neither registrations nor OPTIONS from outside.
 */
export class SipTrace implements MessageTap {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #limits: SipTraceLimits;
  readonly #dialogs = new Map<string, TracedDialog>();
  /** Dialogs of no call, oldest first. */
  readonly #strangers = new Set<string>();
  readonly #calls = new Map<CallId, TracedCall>();
  #held = 0;
  #seen = 0;
  #dropped = 0;

  constructor(clock: Pick<Clock, 'now'>, limits: Partial<SipTraceLimits> = {}) {
    this.#clock = clock;
    this.#limits = { ...DEFAULTS, ...limits };
  }

  received(sipCallId: string, opens: boolean, bytes: Buffer, source: Hop, locals: Locals): void {
    this.#take(sipCallId, opens, true, bytes, source, locals);
  }

  sent(sipCallId: string, opens: boolean, bytes: Buffer, hop: Hop, locals: Locals): ((error: Error) => void) | undefined {
    const traced = this.#take(sipCallId, opens, false, bytes, hop, locals);
    if (!traced) return undefined;
    return (error) => {
      traced.failure = error.message;
    };
  }

  /** Messages with this Call-ID are of this call from now on, with those that opened the dialog. */
  belongs(callId: CallId, sipCallId: string): void {
    if (sipCallId === '') return;
    const call = this.#callOf(callId);
    const dialog = this.#dialogOf(sipCallId);
    if (dialog.calls.includes(call)) return;
    // The line of a seat that is kept up has one call after the other.
    if (dialog.lasting) dialog.calls = [];
    dialog.calls.push(call);
    call.dialogs.add(sipCallId);
    this.#strangers.delete(sipCallId);
    for (const message of dialog.opening) this.#keep(call, message);
  }

  /** An INVITE of ours for no call in particular, a line that is kept up: followed until `released`. */
  standing(sipCallId: string): void {
    this.#dialogOf(sipCallId).lasting = true;
  }

  released(sipCallId: string): void {
    const dialog = this.#dialogs.get(sipCallId);
    if (!dialog) return;
    dialog.lasting = false;
    if (dialog.calls.length === 0) this.#forget(sipCallId, dialog);
  }

  /**
   * Takes what is to be stored: the first messages of calls as they come, and all of calls that have been over for long enough.
   * @param isLive tells whether a call is still in progress
   * @param all also what would otherwise wait, at the end of the process
   */
  collect(isLive: (callId: CallId) => boolean, all = false): CollectedMessages[] {
    const now = this.#clock.now();
    const collected: CollectedMessages[] = [];
    for (const [callId, call] of this.#calls) {
      if (!isLive(callId)) call.over ??= now;
      const done = all || (call.over !== undefined && now - call.over >= LINGER_MS);
      const messages = done ? [...call.head, ...call.tail] : call.head;
      if (messages.length > 0 || (done && call.dropped > 0)) {
        for (const { message } of messages) this.#held -= message.text.length;
        collected.push({ callId, messages: messages.map(outward), dropped: done ? call.dropped : 0 });
      }
      call.head = [];
      if (done) this.#close(callId, call);
    }
    this.#sweepStrangers(now);
    return collected;
  }

  /** What has not been collected of a call. */
  uncollected(callId: CallId): { messages: SipTraceMessage[]; dropped: number } {
    const call = this.#calls.get(callId);
    if (!call) return { messages: [], dropped: 0 };
    return { messages: [...call.head, ...call.tail].map(outward), dropped: call.dropped };
  }

  metrics(): Record<string, number> {
    let waiting = 0;
    for (const call of this.#calls.values()) waiting += call.head.length;
    return {
      sip_trace_messages_total: this.#seen,
      sip_trace_dropped_total: this.#dropped,
      sip_trace_held_bytes: this.#held,
      sip_trace_calls: this.#calls.size,
      sip_trace_uncollected_messages: waiting,
    };
  }

  #take(sipCallId: string, opens: boolean, received: boolean, bytes: Buffer, hop: Hop, locals: Locals): Traced | undefined {
    let dialog = this.#dialogs.get(sipCallId);
    if (!dialog) {
      if (!opens) return undefined;
      dialog = this.#dialogOf(sipCallId);
    }
    const opening = dialog.opening.length < this.#limits.opening;
    if (!opening && dialog.calls.length === 0) return undefined;
    this.#seen += 1;
    const traced: Traced = {
      at: this.#clock.now(),
      received,
      hop,
      local: locals.localFor(hop),
      // Copied: the buffer may be a slice of one that is much larger.
      text: bytes.toString('latin1', 0, Math.min(bytes.length, this.#limits.messageBytes)),
      bytes: bytes.length,
      failure: undefined,
    };
    if (opening && this.#room(traced)) {
      this.#held += traced.text.length;
      dialog.opening.push(traced);
    }
    for (const call of dialog.calls) this.#keep(call, traced);
    return traced;
  }

  #room(message: Traced): boolean {
    return this.#held + message.text.length <= this.#limits.heldBytes;
  }

  #keep(call: TracedCall, message: Traced): void {
    const n = ++call.n;
    if (!this.#room(message)) {
      this.#drop(call);
      return;
    }
    this.#held += message.text.length;
    if (call.headCount < this.#limits.first) {
      call.headCount += 1;
      call.head.push({ n, message });
      return;
    }
    call.tail.push({ n, message });
    if (call.tail.length <= this.#limits.last) return;
    this.#held -= call.tail.shift()?.message.text.length ?? 0;
    this.#drop(call);
  }

  #drop(call: TracedCall): void {
    call.dropped += 1;
    this.#dropped += 1;
  }

  #callOf(callId: CallId): TracedCall {
    let call = this.#calls.get(callId);
    if (!call) {
      call = { n: 0, head: [], headCount: 0, tail: [], dropped: 0, over: undefined, dialogs: new Set() };
      this.#calls.set(callId, call);
    }
    return call;
  }

  #dialogOf(sipCallId: string): TracedDialog {
    let dialog = this.#dialogs.get(sipCallId);
    if (dialog) return dialog;
    dialog = { since: this.#clock.now(), calls: [], opening: [], lasting: false };
    this.#dialogs.set(sipCallId, dialog);
    this.#strangers.add(sipCallId);
    if (this.#strangers.size > this.#limits.strangers) {
      const [oldest] = this.#strangers;
      const stranger = oldest === undefined ? undefined : this.#dialogs.get(oldest);
      if (oldest !== undefined && stranger) this.#forget(oldest, stranger);
    }
    return dialog;
  }

  #close(callId: CallId, call: TracedCall): void {
    this.#calls.delete(callId);
    for (const sipCallId of call.dialogs) {
      const dialog = this.#dialogs.get(sipCallId);
      if (!dialog?.calls.includes(call)) continue;
      dialog.calls = dialog.calls.filter((other) => other !== call);
      if (dialog.calls.length > 0) continue;
      if (dialog.lasting) this.#strangers.add(sipCallId);
      else this.#forget(sipCallId, dialog);
    }
  }

  #forget(sipCallId: string, dialog: TracedDialog): void {
    for (const message of dialog.opening) this.#held -= message.text.length;
    this.#dialogs.delete(sipCallId);
    this.#strangers.delete(sipCallId);
  }

  #sweepStrangers(now: EpochMs): void {
    for (const sipCallId of [...this.#strangers]) {
      const dialog = this.#dialogs.get(sipCallId);
      if (dialog && !dialog.lasting && now - dialog.since >= STRANGER_MS) this.#forget(sipCallId, dialog);
    }
  }
}

function outward({ n, message: { at, received, hop, local, text, bytes, failure } }: Numbered): SipTraceMessage {
  return {
    n,
    at,
    direction: received ? 'received' : 'sent',
    transport: hop.transport,
    local: local ? endpoint(local) : '',
    remote: endpoint(hop),
    text: withoutSecrets(text),
    ...(text.length < bytes ? { cut: true } : {}),
    bytes,
    ...(failure === undefined ? {} : { failure }),
  };
}

function endpoint({ address, port }: { address: string; port: number }): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
