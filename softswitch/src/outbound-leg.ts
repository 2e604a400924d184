import { type Clock, type DialRequest, reasonOfQ850, type SourceAddress, type Termination, type Timer } from '@yixian/contracts';
import { bestResponse, statusOf } from './best-response.js';
import { Fork } from './fork.js';
import { Leg, type LegOwner } from './leg.js';
import { LegMedia, type LegMediaDeps } from './leg-media.js';
import { ELSEWHERE, q850Of, reasonHeaderFor, terminationOf } from './leg-termination.js';
import type { CodecName, MediaSession } from './media/port.js';
import { Negotiator, type SessionNegotiator } from './negotiator.js';
import { initialSdp, type Negotiated } from './sdp/index.js';
import type { InviteOptions, InviteSession, NextHop, SessionEnd, SipStack } from './sip/port.js';
import type { WebGateway, WebLink } from './webrtc/gateway.js';
import { WebNegotiator } from './webrtc/negotiator.js';

/** A place that has not even said 100 after four sendings of the INVITE (RFC 3261 §17.1.1.2) is gone: others need not wait for it. */
const FIRST_RESPONSE_MS = 5_000;

/** One place where the called party may be. */
export interface DialPlace {
  uri: string;
  nextHop?: NextHop;
  toUser?: string;
  auth?: { username: string; password: string };
  localAddress: string;
  /** A browser: DTLS-SRTP through the gateway, each contact a connection of its own. */
  web?: boolean;
  /** It takes candidates by INFO (RFC 8840): its INVITE goes out before ours are all known. */
  trickle?: boolean;
}

export interface OutboundLegDeps extends Omit<LegMediaDeps, 'onDigit' | 'onMediaTimeout' | 'onMediaFailed'> {
  id: string;
  sdpSessionId: string;
  clock: Clock;
  sip: Pick<SipStack, 'invite'>;
  web: Pick<WebGateway, 'link'>;
  codecs?: readonly CodecName[];
  owner: LegOwner;
  /** Told of the Call-ID of each INVITE, before it is sent. */
  invited?(sipCallId: string): void;
}

/** A party we call: one INVITE to every place at once, the first to answer has it (forks as in RFC 3261 §16.7). */
export class OutboundLeg extends Leg {
  readonly direction = 'outbound';
  readonly origin = undefined;
  readonly extension: string | undefined;
  readonly #request: DialRequest;
  readonly #deps: OutboundLegDeps;
  readonly #media = new Map<string, LegMedia>();
  #forks: Fork[] = [];
  #winner: Fork | undefined;
  #earlyFork: Fork | undefined;
  #timer: Timer | undefined;
  #silenceTimer: Timer | undefined;
  #expected = 0;

  constructor(request: DialRequest, deps: OutboundLegDeps) {
    const number = request.target.kind === 'extension' ? request.target.extension : userOf(request.target.uri);
    super({ id: deps.id, from: request.from, to: { number }, logger: deps.logger, owner: deps.owner });
    this.#request = request;
    this.extension = request.target.kind === 'extension' ? request.target.extension : undefined;
    this.#deps = deps;
  }

  get media(): LegMedia | undefined {
    return (this.#winner ?? this.#earlyFork ?? this.#forks[0])?.media ?? this.#media.values().next().value;
  }

  protected get session(): InviteSession | undefined {
    return (this.#winner ?? this.#earlyFork ?? this.#forks[0])?.session;
  }

  has(session: InviteSession): boolean {
    return this.#forks.some((f) => f.session === session);
  }

  get sipCallId(): string {
    return this.session?.callId ?? '';
  }

  get source(): SourceAddress | undefined {
    return this.#winner?.session?.source;
  }

  /** Called once. With nowhere to ring the leg ends, and says so to those who subscribe after `dial()` returns. */
  start(places: readonly DialPlace[], otherwise: Termination): void {
    if (places.length === 0) {
      this.finish(otherwise, (notify) => queueMicrotask(notify));
      return;
    }
    this.#expected = places.length;
    this.#timer = this.#deps.clock.setTimer(this.#request.timeoutMs, () => {
      this.hangUp(this.#unanswered());
    });
    for (const place of places.filter((p) => p.web)) this.#startWeb(place);
    const plain = places.filter((p) => !p.web);
    for (const localAddress of new Set(plain.map((p) => p.localAddress))) {
      const media = this.#openMedia(localAddress);
      this.#media.set(localAddress, media);
      const here = plain.filter((p) => p.localAddress === localAddress);
      media.opened.then(
        (session) => this.#inviteSafely(media, this.#plainNegotiator(session), here),
        (error: unknown) => this.hangUp({ by: 'system', reason: 'media-failure', text: String(error) }),
      );
    }
  }

  /** A browser has a connection of its own, also beside another browser of the same extension. */
  #startWeb(place: DialPlace): void {
    const link = this.#deps.web.link((why) => this.#webLost(media, why));
    const media = this.#openMedia(place.localAddress, link);
    this.#media.set(`web ${place.uri}`, media);
    const prepared = media.opened.then(async (session) => {
      const { transport, gateway } = await link.open({ address: session.address, port: session.rtpPort }, place.trickle ?? false);
      return new WebNegotiator(this.#plainNegotiator(session), transport, gateway);
    });
    prepared.then(
      (negotiator) => this.#inviteSafely(media, negotiator, [place], link),
      (error: unknown) => this.#webLost(media, String(error)),
    );
  }

  /** One browser lost is one place less; the last one ends the leg. */
  #webLost(media: LegMedia, why: string): void {
    const fork = this.#forks.find((f) => f.media === media);
    if (this.#winner && this.#winner !== fork) return;
    if (fork && !this.#winner && this.#expected > 1) {
      fork.session?.end(reasonHeaderFor({ by: 'network', reason: 'transport-failure' }));
      this.#forkEnded(fork, { kind: 'transport', status: 503, phrase: why });
      return;
    }
    if (!fork && this.#expected > 1) {
      this.#expected -= 1;
      const last = this.#forks.at(-1);
      if (last?.end && this.#forks.length === this.#expected) this.#forkEnded(last, last.end);
      return;
    }
    this.hangUp({ by: 'network', reason: 'transport-failure', text: why });
  }

  #plainNegotiator({ address, rtpPort }: MediaSession): Negotiator {
    const { sdpSessionId, codecs } = this.#deps;
    return new Negotiator(initialSdp({ sessionId: sdpSessionId, address, rtpPort, ...(codecs ? { codecs } : {}) }));
  }

  /** A network that goes on announcing why nobody answers ("switched off") has said more than a ring that was not answered. */
  #unanswered(): Termination {
    const text = `rang for ${this.#request.timeoutMs} ms`;
    const cause = this.#forks.length === 1 ? this.#forks[0]?.announcedCause : undefined;
    const reason = cause === undefined ? undefined : reasonOfQ850(cause);
    return { by: 'called', reason: reason ?? 'no-answer', ...(reason ? { q850: cause } : {}), text };
  }

  #openMedia(localAddress: string, link?: WebLink): LegMedia {
    return new LegMedia(localAddress, {
      ...(link ? { link } : {}),
      engine: this.#deps.engine,
      logger: this.#deps.logger,
      onDigit: (digit) => this.digitPressed(digit),
      onMediaTimeout: () => this.mediaTimedOut(),
      onMediaFailed: (reason) => this.mediaFailed(reason),
    });
  }

  // What the stack refuses to send (a URI that is none) ends this leg and nothing else.
  #inviteSafely(media: LegMedia, offering: SessionNegotiator, places: readonly DialPlace[], link?: WebLink): void {
    try {
      this.#invite(media, offering, places, link);
    } catch (error) {
      this.logger.error({ legId: this.id, target: this.#request.target.kind, error: String(error) }, 'INVITE could not be made');
      this.hangUp({ by: 'system', reason: 'invalid-request', text: String(error) });
    }
  }

  #invite(media: LegMedia, offering: SessionNegotiator, places: readonly DialPlace[], link?: WebLink): void {
    if (this.state === 'ended') return;
    const sdp = offering.offer();
    for (const place of places) {
      const fork = new Fork(media, offering.clone());
      this.#forks.push(fork);
      const session = this.#deps.sip.invite(this.#options(place, sdp), {
        ...this.inDialog(
          () => fork.negotiator,
          () => fork.media,
          () => fork === this.#winner || fork === this.#earlyFork,
        ),
        ...(link ? { infoPackages: [link.candidates.infoPackage] } : {}),
        onProgress: (status, early, reason) => {
          if (link) this.#connect(link, fork, early);
          this.#progress(fork, status, early, q850Of(reason));
        },
        onAccepted: (answer) => {
          if (link) this.#connect(link, fork, answer);
          this.#accepted(fork, answer);
        },
        onEnded: (end) => this.#forkEnded(fork, end),
      });
      fork.session = session;
      this.#deps.invited?.(session.callId);
    }
    this.#silenceTimer ??= this.#deps.clock.setTimer(FIRST_RESPONSE_MS, () => this.#dropSilent());
  }

  /** A browser's answer, early or not, is the gateway's; candidates go through its dialog. */
  #connect(link: WebLink, fork: Fork, answer: string | undefined): void {
    if (answer) link.answered(answer);
    if (fork.session) link.candidates.through(fork.session);
  }

  #dropSilent(): void {
    const end: SessionEnd = { kind: 'timeout', status: 408 };
    for (const fork of this.#forks.filter((f) => !f.heard && !f.end)) {
      if (this.#winner || this.state === 'ended') return;
      // First what it died of: the stack reports our own end of it as ours.
      fork.end = end;
      fork.session?.end(reasonHeaderFor({ by: 'network', reason: 'no-response' }));
      this.#forkEnded(fork, end);
    }
  }

  #options(place: DialPlace, sdp: string): InviteOptions {
    const { from, callId, autoAnswer } = this.#request;
    const asserted = `${from.displayName ? `${quoted(from.displayName)} ` : ''}<sip:${escapedUser(from.number)}@${hostPart(place.localAddress)}>`;
    return {
      uri: place.uri,
      ...(place.nextHop ? { nextHop: place.nextHop } : {}),
      ...(place.toUser ? { toUser: place.toUser } : {}),
      ...(place.auth ? { auth: place.auth } : {}),
      from: { user: from.number, ...(from.displayName ? { displayName: from.displayName } : {}) },
      sdp,
      headers: [
        ['P-Asserted-Identity', asserted],
        ...(callId ? ([['X-Yixian-Call', callId]] as const) : []),
        ...(autoAnswer ? askToAnswer(place.localAddress) : []),
      ],
    };
  }

  #progress(fork: Fork, status: number, sdp: string | undefined, cause: number | undefined): void {
    fork.heard = true;
    fork.announcedCause = cause ?? fork.announcedCause;
    if (this.#winner || this.state === 'ended' || status === 100) return;
    if (sdp !== undefined && (this.#earlyFork === undefined || this.#earlyFork === fork)) {
      const outcome = fork.negotiator.take(sdp);
      if (outcome.ok) {
        this.#early(fork, outcome.negotiated);
        return;
      }
      this.logger.warn({ legId: this.id, reason: outcome.refusal.text }, 'early media not usable');
    }
    if (this.step('ring')) this.emit({ type: 'ringing' });
  }

  #early(fork: Fork, negotiated: Negotiated): void {
    this.#earlyFork = fork;
    fork.negotiated = negotiated;
    this.apply(fork.media, negotiated);
    if (this.step('early')) this.emit({ type: 'early-media' });
  }

  #accepted(fork: Fork, answer: string): void {
    if (this.state === 'ended' || fork.end || (this.#winner && this.#winner !== fork)) {
      // It answered while its CANCEL was on the way (RFC 3261 §9.1): the call is set up, so BYE takes it down.
      fork.session?.end(this.#winner ? ELSEWHERE : reasonHeaderFor(this.termination ?? { by: 'system', reason: 'cancelled' }));
      return;
    }
    const outcome = answer === '' && fork.negotiated ? { ok: true as const, negotiated: fork.negotiated } : fork.negotiator.take(answer);
    if (!outcome.ok) {
      this.#forkEnded(fork, { kind: 'refused', status: 488, phrase: outcome.refusal.text });
      fork.session?.end(reasonHeaderFor({ by: 'system', reason: 'no-common-codec', text: outcome.refusal.text }));
      return;
    }
    this.#win(fork, outcome.negotiated);
  }

  #win(fork: Fork, negotiated: Negotiated): void {
    const before = this.media;
    this.#winner = fork;
    this.#timer?.cancel();
    this.#silenceTimer?.cancel();
    this.apply(fork.media, negotiated);
    for (const other of this.#forks) if (other !== fork) other.session?.end(ELSEWHERE);
    for (const media of this.#media.values()) if (media !== fork.media) void media.close();
    if (before !== fork.media) this.owner.mediaChanged(this);
    if (!this.step('answer')) return;
    this.confirmAnswered();
    this.emit({ type: 'answered' });
  }

  #forkEnded(fork: Fork, end: SessionEnd): void {
    fork.end ??= end;
    if (this.#winner === fork) {
      this.finish(terminationOf(end, 'called'));
      return;
    }
    if (this.#winner || this.state === 'ended') return;
    // A 6xx speaks for the called person everywhere (§16.7 step 5): the others are cancelled.
    const decisive = fork.end.kind === 'refused' && statusOf(fork.end) >= 600;
    const over = this.#forks.length === this.#expected && this.#forks.every((f) => f.end !== undefined);
    if (!decisive && !over) return;
    const best = bestResponse(this.#forks.flatMap((f) => f.end ?? [])) ?? end;
    this.hangUp(terminationOf(best, 'called'));
  }

  ring(): void {
    this.logger.debug({ legId: this.id }, 'ring() of an outbound leg changes nothing');
  }

  async early(): Promise<void> {
    throw new Error(`leg ${this.id} is outbound: early() is for the called side`);
  }

  async answer(): Promise<void> {
    throw new Error(`leg ${this.id} is outbound: the called party answers it`);
  }

  hangUp(termination: Termination): void {
    // Ended first, told to the wire second: what the stack reports of our own BYE no longer counts.
    this.finish(termination, (notify) => {
      const open = this.#winner ? [this.#winner] : this.#forks.filter((f) => !f.end);
      for (const fork of open) fork.session?.end(reasonHeaderFor(termination));
      notify();
    });
  }

  protected release(): void {
    this.#timer?.cancel();
    this.#silenceTimer?.cancel();
    for (const media of this.#media.values()) void media.close();
  }
}

/**
 * Asks a phone to answer by itself. There is no standard for it that phones keep (RFC 5373 is not spoken): `answer-after` in
 * Call-Info is understood by Snom, Linphone, baresip ≥ 2 and many others, `info=alert-autoanswer` in Alert-Info by Yealink, Polycom, Grandstream.
 */
function askToAnswer(localAddress: string): ReadonlyArray<readonly [string, string]> {
  return [
    ['Call-Info', `<sip:${hostPart(localAddress)}>;answer-after=0`],
    ['Alert-Info', `<http://${hostPart(localAddress)}/>;info=alert-autoanswer;delay=0`],
  ];
}

function userOf(uri: string): string {
  return /^sips?:([^@;?]+)@/i.exec(uri)?.[1] ?? '';
}

function quoted(text: string): string {
  return `"${text.replaceAll(/[\r\n]/g, ' ').replaceAll(/["\\]/g, '\\$&')}"`;
}

/** RFC 3261 §25.1: what a user part may hold as it is; the rest is escaped. */
function escapedUser(user: string): string {
  return [...Buffer.from(user, 'utf8')]
    .map((byte) => {
      const char = String.fromCharCode(byte);
      return /[A-Za-z0-9\-_.!~*'()&=+$,;?/]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}

function hostPart(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}
