import type {
  CallLeg,
  CollectOptions,
  CollectResult,
  DigitEvent,
  LegEvent,
  LegOrigin,
  LegState,
  LegStats,
  Logger,
  MediaItem,
  NodeId,
  PartyAddress,
  Playback,
  PlayOptions,
  SourceAddress,
  Termination,
} from '@yixian/contracts';
import { digitFromInfo, infoBody } from './info-digits.js';
import type { LegMedia } from './leg-media.js';
import { referred } from './leg-refer.js';
import { type LegInput, stepLeg } from './leg-state.js';
import type { SessionNegotiator } from './negotiator.js';
import type { Negotiated } from './sdp/index.js';
import type { DialogId, IncomingRefer, InviteSession, SessionHandlers } from './sip/port.js';

/** A page answers in milliseconds, and it has sent no packet for seconds when it is asked. */
const BROWSER_PROBE_MS = 2_500;
const DIGITS = /^[0-9*#A-D]+$/i;

/** Told by a leg to the switch that owns it. */
export interface LegOwner {
  /** Last, after the leg's subscribers. */
  ended(leg: Leg): void;
  /** The leg speaks through another media session now (a fork on another network answered). */
  mediaChanged(leg: Leg): void;
  /** A party without RTP was asked by OPTIONS whether it is there. */
  askedAfterSilence(there: boolean): void;
  /** The leg that has this dialog and has not ended. */
  legOf(dialog: DialogId): Leg | undefined;
  /** The other process that has this dialog; undefined where there is no other. */
  ownerOf(dialog: DialogId): Promise<NodeId | undefined> | undefined;
}

/** What both directions share: events, the end that comes once, media operations, requests inside the dialog. */
export abstract class Leg implements CallLeg {
  readonly id: string;
  readonly from: PartyAddress;
  readonly to: PartyAddress;
  readonly ended: Promise<Termination>;
  readonly answered: Promise<boolean>;
  abstract readonly direction: 'inbound' | 'outbound';
  abstract readonly origin: LegOrigin | undefined;
  abstract readonly source: SourceAddress | undefined;
  abstract readonly sipCallId: string;
  /** The extension at the other end, known by its digest or its registration; undefined for a trunk's party. */
  abstract readonly extension: string | undefined;
  protected readonly logger: Logger;
  protected readonly owner: LegOwner;
  #state: LegState = 'new';
  #termination: Termination | undefined;
  #remoteHeld = false;
  #muted = false;
  #probing = false;
  #refer: IncomingRefer | undefined;
  #listeners = new Set<(event: LegEvent) => void>();
  #resolveEnded: (termination: Termination) => void = () => {};
  #resolveAnswered: (answered: boolean) => void = () => {};

  constructor(given: { id: string; from: PartyAddress; to: PartyAddress; logger: Logger; owner: LegOwner }) {
    this.id = given.id;
    this.from = given.from;
    this.to = given.to;
    this.logger = given.logger;
    this.owner = given.owner;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    this.answered = new Promise((resolve) => {
      this.#resolveAnswered = resolve;
    });
  }

  /** The media session in use; undefined for a leg that never had one. */
  abstract get media(): LegMedia | undefined;
  /** The dialog in use; undefined before there is one. */
  protected abstract get session(): InviteSession | undefined;
  /** Whether this session is the leg's, or one of its forks. */
  abstract has(session: InviteSession): boolean;
  /** Takes back timers and media of this direction; called once, at the end. */
  protected abstract release(): void;

  abstract ring(): void;
  abstract early(): Promise<void>;
  abstract answer(): Promise<void>;
  abstract hangUp(termination: Termination): void;

  get state(): LegState {
    return this.#state;
  }

  get termination(): Termination | undefined {
    return this.#termination;
  }

  subscribe(listener: (event: LegEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  play(items: readonly MediaItem[], options: PlayOptions = {}): Playback {
    if (this.media && this.#state !== 'ended') return this.media.play(items, options);
    return { finished: Promise.resolve('leg-ended'), stop() {} };
  }

  async collect(options: CollectOptions): Promise<CollectResult> {
    if (this.media && this.#state !== 'ended') return await this.media.collect(options);
    return { digits: '', reason: 'leg-ended' };
  }

  cancelCollect(): void {
    this.media?.session?.cancelCollect();
  }

  clearDigits(): void {
    this.media?.session?.clearDigits();
  }

  async sendDigits(digits: string): Promise<void> {
    if (!DIGITS.test(digits)) throw new Error(`leg ${this.id}: digits must be 0-9 * # A-D, not ${JSON.stringify(digits.slice(0, 40))}`);
    if (this.#state === 'ended') throw new Error(`leg ${this.id} has ended`);
    const media = this.media;
    if (media?.session && media.parameters?.telephoneEventSend !== undefined) return await media.session.sendDigits(digits.toUpperCase());
    await this.#sendByInfo(digits.toUpperCase());
  }

  async #sendByInfo(digits: string): Promise<void> {
    const session = this.session;
    if (!session?.allows('INFO')) throw new Error(`leg ${this.id}: the party takes digits neither by RFC 4733 nor by INFO`);
    for (const digit of digits) {
      const { contentType, body } = infoBody(digit);
      const status = await session.info(contentType, body);
      if (status >= 300) throw new Error(`leg ${this.id}: INFO with digit ${digit} was answered ${status}`);
    }
  }

  mute(on: boolean): void {
    this.#muted = on;
    this.media?.mute(on);
  }

  get muted(): boolean {
    return this.#muted;
  }

  async stats(): Promise<LegStats> {
    if (this.media) return await this.media.stats();
    return { codec: '', packetsReceived: 0, packetsSent: 0, packetsLost: 0, packetsDiscarded: 0, jitterMs: 0, ssrcChanges: 0 };
  }

  protected step(input: LegInput): boolean {
    const step = stepLeg(this.#state, input);
    if ('ignored' in step) {
      this.logger.debug({ legId: this.id, ignored: step.ignored }, 'leg input ignored');
      return false;
    }
    this.#state = step.state;
    return true;
  }

  protected emit(event: LegEvent): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(event);
      } catch (error) {
        // One subscriber's mistake is not the call's.
        this.logger.error({ legId: this.id, event: event.type, error: String(error) }, 'leg subscriber failed');
      }
    }
  }

  protected confirmAnswered(): void {
    this.#resolveAnswered(true);
  }

  /** Ends the leg; only the first call counts. `tell` decides when subscribers hear of it. */
  protected finish(termination: Termination, tell: (notify: () => void) => void = (notify) => notify()): boolean {
    if (!this.step('end')) return false;
    this.#termination = termination;
    if (termination.reason === 'transferred') this.#refer?.done(200);
    this.release();
    this.#resolveEnded(termination);
    this.#resolveAnswered(false);
    tell(() => {
      this.emit({ type: 'ended', termination });
      this.#listeners.clear();
      this.owner.ended(this);
    });
    return true;
  }

  protected digitPressed(digit: DigitEvent): void {
    if (this.#state !== 'ended') this.emit({ type: 'digit', digit });
  }

  /** Silence alone ends nothing: gateways and muted phones with VAD send no RTP for minutes, phones on hold and browsers without a microphone neither. */
  protected mediaTimedOut(): void {
    // Before the answer the ring timer counts.
    if (this.#state !== 'answered' || this.#probing) return;
    this.#probing = true;
    void this.#stillThere().then((there) => {
      this.#probing = false;
      if (this.#state === 'ended') return;
      this.owner.askedAfterSilence(there);
      if (there) return;
      this.hangUp({ by: 'network', reason: 'media-timeout', text: 'no RTP from the party and no answer to OPTIONS' });
    });
  }

  async #stillThere(): Promise<boolean> {
    const before = await this.#packetsReceived();
    if (await this.session?.probe(this.media?.web ? BROWSER_PROBE_MS : undefined)) return true;
    return (await this.#packetsReceived()) > before;
  }

  async #packetsReceived(): Promise<number> {
    try {
      return (await this.stats()).packetsReceived;
    } catch (error) {
      this.logger.debug({ legId: this.id, error: String(error) }, 'a leg without media figures');
      return 0;
    }
  }

  protected mediaFailed(reason: string): void {
    this.hangUp({ by: 'system', reason: 'media-failure', text: reason });
  }

  /** Puts what was negotiated into force. */
  protected apply(media: LegMedia, negotiated: Negotiated): void {
    media.configure(negotiated.parameters);
    media.mute(this.#muted);
    if (negotiated.remoteHeld === this.#remoteHeld) return;
    this.#remoteHeld = negotiated.remoteHeld;
    this.emit({ type: negotiated.remoteHeld ? 'remote-held' : 'remote-resumed' });
  }

  /** Handlers for what happens inside a dialog, the same both ways; `inForce` tells whether the dialog's media counts (yet). */
  protected inDialog(
    negotiator: () => SessionNegotiator | undefined,
    media: () => LegMedia | undefined,
    inForce: () => boolean,
  ): Required<Pick<SessionHandlers, 'onOffer' | 'onAnswer' | 'onInfo' | 'onRefer'>> {
    return {
      onRefer: (refer) => {
        this.#refer = refer;
        referred(refer, {
          leg: this,
          legOf: (dialog) => this.owner.legOf(dialog),
          ownerOf: (dialog) => this.owner.ownerOf(dialog),
          emit: (event) => this.emit(event),
        });
      },
      onOffer: (offer) => {
        const current = negotiator();
        if (!current) return { refuse: 491, phrase: 'Request Pending' };
        if (offer === undefined) return { sdp: current.offer() };
        const outcome = current.answer(offer);
        if (!outcome.ok) return { refuse: outcome.refusal.status, phrase: outcome.refusal.phrase };
        const target = media();
        if (target && inForce()) this.apply(target, outcome.negotiated);
        return { sdp: outcome.sdp };
      },
      onAnswer: (answer) => {
        const outcome = negotiator()?.take(answer);
        const target = media();
        if (outcome?.ok && target && inForce()) this.apply(target, outcome.negotiated);
        else if (outcome && !outcome.ok)
          this.logger.warn({ legId: this.id, reason: outcome.refusal.text }, 'answer to our re-offer not usable');
      },
      onInfo: (contentType, body) => {
        const info = digitFromInfo(contentType, body);
        if (info) this.media?.session?.injectDigit(info.digit, info.durationMs);
        else this.logger.debug({ legId: this.id, contentType }, 'INFO without a digit');
      },
    };
  }
}
