import { type LegOrigin, type SourceAddress, sipStatusFor, type Termination, TRICKLE_ICE } from '@yixian/contracts';
import { Leg, type LegOwner } from './leg.js';
import { LegMedia, type LegMediaDeps } from './leg-media.js';
import { reasonHeaderFor, terminationOf } from './leg-termination.js';
import type { CodecName, MediaSession } from './media/port.js';
import { Negotiator, type SessionNegotiator } from './negotiator.js';
import { initialSdp, type Negotiated } from './sdp/index.js';
import type { InviteSession, SessionEnd } from './sip/port.js';
import type { WebGateway, WebLink } from './webrtc/gateway.js';
import { WebNegotiator } from './webrtc/negotiator.js';

export interface InboundLegDeps extends Omit<LegMediaDeps, 'onDigit' | 'onMediaTimeout' | 'onMediaFailed'> {
  id: string;
  /** For the o= line, numeric. */
  sdpSessionId: string;
  localAddress: string;
  codecs?: readonly CodecName[];
  owner: LegOwner;
  /** Given for a browser: its media goes through there. */
  web?: Pick<WebGateway, 'link'> | undefined;
  /** The leg this one asks to take the place of (RFC 3891). */
  replaces?: Leg | undefined;
}

interface LocalDescription {
  sdp: string;
  /** Undefined while the answer to our offer is still to come in the ACK. */
  negotiated: Negotiated | undefined;
}

/** A party that called us. Its ports are asked for at once, so that `answer()` has nothing left to wait for. */
export class InboundLeg extends Leg {
  readonly direction = 'inbound';
  readonly origin: LegOrigin;
  readonly source: SourceAddress | undefined;
  readonly sipCallId: string;
  readonly extension: string | undefined;
  readonly replaces: Leg | undefined;
  readonly media: LegMedia;
  protected readonly session: InviteSession;
  readonly #deps: InboundLegDeps;
  #negotiator: SessionNegotiator | undefined;
  readonly #link: WebLink | undefined;
  #description: Promise<LocalDescription> | undefined;
  #answering: Promise<void> | undefined;

  constructor(session: InviteSession, origin: LegOrigin, deps: InboundLegDeps) {
    // A trunk asserts the caller where From may be anonymous (RFC 3325); an extension is who its digest says.
    const number = origin.kind === 'trunk' ? (session.assertedUser ?? session.fromUser) : session.fromUser;
    super({
      id: deps.id,
      from: { number, ...(session.fromDisplayName ? { displayName: session.fromDisplayName } : {}) },
      to: { number: session.requestUser },
      logger: deps.logger,
      owner: deps.owner,
    });
    this.session = session;
    this.origin = origin;
    this.extension = origin.kind === 'extension' ? origin.extension : undefined;
    this.replaces = deps.replaces;
    this.source = session.source;
    this.sipCallId = session.callId;
    this.#deps = deps;
    this.#link = deps.web?.link((why) => this.hangUp({ by: 'network', reason: 'transport-failure', text: why }));
    this.media = new LegMedia(deps.localAddress, {
      ...deps,
      ...(this.#link ? { link: this.#link } : {}),
      onDigit: (digit) => this.digitPressed(digit),
      onMediaTimeout: () => this.mediaTimedOut(),
      onMediaFailed: (reason) => this.mediaFailed(reason),
    });
    this.#listenTo(session);
    this.media.opened.catch((error: unknown) => {
      this.hangUp({ by: 'system', reason: 'media-failure', sipStatus: 503, text: String(error) });
    });
  }

  #listenTo(session: InviteSession): void {
    session.setHandlers({
      ...this.inDialog(
        () => this.#negotiator,
        () => this.media,
        () => true,
      ),
      ...(this.#link ? { infoPackages: [this.#link.candidates.infoPackage] } : {}),
      onConfirmed: (sdp) => this.#confirmed(sdp),
      onEnded: (end: SessionEnd) => {
        this.finish(terminationOf(end, 'caller'));
      },
    });
  }

  has(session: InviteSession): boolean {
    return session === this.session;
  }

  #describe(): Promise<LocalDescription> {
    this.#description ??= this.media.opened.then(async (media) => {
      const offer = this.session.remoteSdp;
      const negotiator = await this.#negotiatorFor(media, offer);
      this.#negotiator = negotiator;
      if (offer === undefined) return { sdp: negotiator.offer(), negotiated: undefined };
      const outcome = negotiator.answer(offer);
      if (!outcome.ok) throw new Error(outcome.refusal.text);
      return { sdp: outcome.sdp, negotiated: outcome.negotiated };
    });
    return this.#description;
  }

  async #negotiatorFor({ address, rtpPort }: MediaSession, offer: string | undefined): Promise<SessionNegotiator> {
    const { sdpSessionId, codecs } = this.#deps;
    const plain = new Negotiator(initialSdp({ sessionId: sdpSessionId, address, rtpPort, ...(codecs ? { codecs } : {}) }));
    if (!this.#link) return plain;
    if (offer === undefined) throw new Error('a browser has to make the offer');
    const { transport, gateway } = await this.#link.open({ address, port: rtpPort }, this.session.takesInfo(TRICKLE_ICE), offer);
    return new WebNegotiator(plain, transport, gateway);
  }

  ring(): void {
    if (this.step('ring')) this.session.progress(180);
  }

  async early(): Promise<void> {
    // Without their offer an early description would have to be ours, in a reliable 1xx the peer may not know (RFC 3262 §5).
    if (this.session.remoteSdp === undefined) {
      this.ring();
      return;
    }
    const { sdp, negotiated } = await this.#describe();
    this.#mustLive();
    if (!this.step('early')) return;
    if (negotiated) this.apply(this.media, negotiated);
    this.session.progress(183, sdp);
    this.#link?.candidates.through(this.session);
  }

  answer(): Promise<void> {
    this.#answering ??= this.#answer();
    return this.#answering;
  }

  async #answer(): Promise<void> {
    this.#mustLive();
    const { sdp, negotiated } = await this.#describe();
    this.#mustLive();
    if (negotiated) this.apply(this.media, negotiated);
    this.session.accept(sdp);
    if (this.step('answer')) this.emit({ type: 'answered' });
  }

  #mustLive(): void {
    const t = this.termination;
    if (t) throw new Error(`leg ${this.id} has ended: ${t.reason} by ${t.by}`);
  }

  #confirmed(sdp: string | undefined): void {
    if (this.session.remoteSdp === undefined && !this.#lateAnswer(sdp)) return;
    this.#link?.candidates.through(this.session);
    this.confirmAnswered();
  }

  // RFC 3261 §13.2.1: the offer was ours, in the 200; its answer has to be in the ACK.
  #lateAnswer(sdp: string | undefined): boolean {
    const outcome = sdp === undefined ? undefined : this.#negotiator?.take(sdp);
    if (outcome?.ok) {
      this.apply(this.media, outcome.negotiated);
      return true;
    }
    const text = outcome ? outcome.refusal.text : 'the ACK had no SDP answer';
    this.hangUp({ by: 'system', reason: 'no-common-codec', text });
    return false;
  }

  hangUp(termination: Termination): void {
    const wasAnswered = this.state === 'answered';
    // Ended first, told to the wire second: what the stack reports of our own BYE no longer counts.
    this.finish(termination, (notify) => {
      const reason = reasonHeaderFor(termination);
      const { status, phrase } = sipStatusFor(termination);
      if (wasAnswered) this.session.end(reason);
      else this.session.refuse(status, phrase, [['Reason', reason]]);
      notify();
    });
  }

  protected release(): void {
    void this.media.close();
  }
}
