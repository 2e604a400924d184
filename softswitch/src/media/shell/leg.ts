import type { DigitEvent, LegStats } from '@yixian/contracts';
import { CLEAN_TONES, CODED_TONES, DtmfDetector } from '../core/dtmf-detector.js';
import { ALAW_TO_LINEAR, ALAW_TO_ULAW, SAMPLES, SILENCE, translate, ULAW_TO_ALAW, ULAW_TO_LINEAR } from '../core/g711.js';
import { G729LegCodec } from '../core/g729/leg-codec.js';
import type { JitterBuffer } from '../core/jitter-buffer.js';
import { OutgoingStream } from '../core/outgoing-stream.js';
import { ReceiveStream } from '../core/receive-stream.js';
import { newRtpHeader, parseRtp, RTP_HEADER_LENGTH, type RtpHeader, writeRtpHeader } from '../core/rtp.js';
import { PORT_CHANGE_SILENCE_MS, SourceLock } from '../core/source-lock.js';
import { TelephoneEventReceiver } from '../core/telephone-event.js';
import type { Law, MediaParameters } from '../port.js';
import { countDiscarded, type LegOwner, type MediaEnvironment } from './environment.js';
import { LegReports } from './leg-reports.js';
import type { Source, UdpPort } from './udp.js';

/** Comfort noise, RFC 3389: says that the party is silent, carries no audio. */
const COMFORT_NOISE = 13;

/** Takes the audio of a party as it arrives. */
export interface Tap {
  hear(h: RtpHeader, b: Uint8Array, codec: Law, now: number): void;
}

// One header for all legs: a packet is dealt with to the end before the next one is looked at.
const header = newRtpHeader();

/** What was negotiated, in terms of the audio inside. */
export type LegParameters = Omit<MediaParameters, 'codec'> & { readonly codec: Law };

/** One party's RTP: receiving, passing on to those who hear it, and sending. */
export class MediaLeg {
  readonly id: number;
  readonly reports: LegReports;
  readonly out: OutgoingStream;
  readonly input = new ReceiveStream();
  readonly lock = new SourceLock();
  readonly taps: Tap[] = [];
  parameters: LegParameters | undefined;
  /** The G.729 payload of the packet that is being dealt with, for those who take it as it is. */
  wire: Uint8Array | undefined;
  muted = false;
  /** Set by `Routes` alone: whom this party hears, who hears this party alone, and for whom it is mixed with others. */
  hears: readonly MediaLeg[] = [];
  readonly relayTo: MediaLeg[] = [];
  readonly mixedFor: MediaLeg[] = [];
  /** What it says on its way into mixes; only there while it is in one. */
  speaker: JitterBuffer | undefined;
  /** Own audio that now takes the place of what is heard: a playback, keys being sent. */
  ownFeeds = 0;
  sendingDigits = false;
  detector: DtmfDetector | undefined;
  /** A party that negotiated no telephone-event has its keys in the audio alone; between two people nobody asks for them. */
  #fallbackDetector: DtmfDetector | undefined;
  #rtp: UdpPort | undefined;
  readonly #env: MediaEnvironment;
  readonly #owner: LegOwner;
  readonly #events = new TelephoneEventReceiver();
  #eventsSeen = false;
  /** The party sends from where it said: the socket may be connected. */
  #certain = false;
  #codec: Law = 'PCMA';
  #linear: Int16Array = ALAW_TO_LINEAR;
  #discarded = 0;
  #g729: G729LegCodec | undefined;
  #lastPacketAt = 0;
  #silentSince: number | undefined;
  /** How soon a party that has begun to send is missed; undefined: as any other. */
  #missedAfterMs: number | undefined;

  constructor(id: number, env: MediaEnvironment, owner: LegOwner) {
    this.id = id;
    this.#env = env;
    this.#owner = owner;
    this.out = new OutgoingStream(env.random32(), env.random32() & 0x7fff, env.random32());
    this.reports = new LegReports(this, env);
  }

  attach(rtp: UdpPort, rtcp: UdpPort): void {
    this.#rtp = rtp;
    this.reports.attach(rtcp);
  }

  get receives(): boolean {
    const direction = this.parameters?.direction;
    return direction === 'sendrecv' || direction === 'recvonly';
  }

  get sends(): boolean {
    const p = this.parameters;
    return p?.remote !== undefined && p.remote.rtpPort !== 0 && (p.direction === 'sendrecv' || p.direction === 'sendonly');
  }

  configure(parameters: MediaParameters): void {
    if (parameters.direction !== this.parameters?.direction) {
      // What was not sent during a hold must not look like loss after it.
      this.out.newFeed();
      for (const listener of this.relayTo) listener.out.newFeed();
      if (this.#silentSince !== undefined) this.#silentSince = this.#env.now();
    }
    const codec = parameters.codec === 'G729' ? 'PCMA' : parameters.codec;
    this.parameters = { ...parameters, codec };
    const codecChanges = (parameters.codec === 'G729') !== (this.#g729 !== undefined);
    if (parameters.codec === 'G729') this.#g729 ??= new G729LegCodec();
    else this.#g729 = undefined;
    if (parameters.telephoneEventReceive !== undefined) this.#fallbackDetector = undefined;
    else if (!this.#fallbackDetector || codecChanges) this.#fallbackDetector = this.#newDetector();
    if (this.detector && codecChanges) this.detector = this.#newDetector();
    this.#codec = codec;
    this.#linear = codec === 'PCMA' ? ALAW_TO_LINEAR : ULAW_TO_LINEAR;
    if (parameters.remote && this.lock.signal(parameters.remote.address, parameters.remote.rtpPort)) {
      this.#certain = false;
      this.#rtp?.disconnect();
    }
  }

  /** Keys in the audio are listened to, or no longer. */
  listen(on: boolean): void {
    if (on !== (this.detector !== undefined)) this.detector = on ? this.#newDetector() : undefined;
  }

  #newDetector(): DtmfDetector {
    return new DtmfDetector(this.#g729 ? CODED_TONES : CLEAN_TONES);
  }

  expectPackets(withinMs: number): void {
    this.#missedAfterMs = withinMs;
  }

  readonly onPacket = (b: Uint8Array, length: number, from: Source): void => {
    const now = this.#env.now();
    const h = header;
    const p = this.parameters;
    const fault = parseRtp(b, length, h);
    if (fault !== 'ok') {
      this.#discard(fault);
      return;
    }
    if (!p) {
      this.#discard('not-negotiated');
      return;
    }
    const event = h.payloadType === p.telephoneEventReceive;
    if (!event && h.payloadType !== p.payloadType && h.payloadType !== COMFORT_NOISE) {
      this.#discard('payload-type');
      return;
    }
    const verdict = this.lock.judge(from.address, from.port, now);
    if (verdict === 'stranger') {
      this.#discard('stranger');
      return;
    }
    if (verdict === 'latched') this.#follow(from.address, from.port);
    this.#count(h, now, event);
    if (!this.receives) return;
    if (event) this.#event(b, h, now);
    else if (h.payloadType === COMFORT_NOISE) for (const listener of this.relayTo) listener.out.skip(h.ssrc);
    else if (this.#g729) this.#compressed(this.#g729, b, h, now);
    else this.#audio(b, h, now);
  };

  /** The party's port is closed (ICMP), as it is between its hang-up and ours: nothing of it was received. */
  readonly onSocketError = (): void => countDiscarded(this.#env.counters, 'refused');

  /** Sends the packet from `start` to `end`: a header and its payload; audio as the party wants it. */
  send(b: Uint8Array, payloadOctets: number, start = 0, end = b.length): void {
    const audio = this.#g729 && ((b[start + 1] as number) & 0x7f) === this.parameters?.payloadType;
    if (!this.#g729 || !audio) {
      this.#put(b, payloadOctets, start, end);
      return;
    }
    const closed = this.#g729.close(b, start, end);
    if (!closed) return;
    this.#env.counters.transcoded++;
    this.#put(closed, closed.length - RTP_HEADER_LENGTH, 0, closed.length);
  }

  #put(b: Uint8Array, payloadOctets: number, start: number, end: number): void {
    const remote = this.parameters?.remote;
    if (!remote || !this.#rtp) return;
    this.out.count(payloadOctets);
    this.#env.counters.sent++;
    if (this.lock.port !== 0) this.#rtp.send(b, start, end, this.lock.address, this.lock.port);
    else this.#rtp.send(b, start, end, remote.address, remote.rtpPort);
  }

  /** Once every 100 ms or so. */
  housekeep(now: number, mediaTimeoutMs: number): void {
    const key = this.#events.expire(now);
    if (key) this.#digit({ ...key, via: 'rfc4733' });
    // A party that fell silent may come back from another port: only an unconnected socket hears it.
    if (this.#rtp?.connected && now - this.#lastPacketAt >= PORT_CHANGE_SILENCE_MS) this.#rtp.disconnect();
    this.#watch(now, mediaTimeoutMs);
    this.reports.housekeep(now);
  }

  stats(): LegStats {
    return {
      codec: this.#g729 ? 'G729' : (this.parameters?.codec ?? ''),
      packetsReceived: this.input.received,
      packetsSent: this.out.packets,
      packetsLost: this.input.lost,
      packetsDiscarded: this.#discarded,
      jitterMs: this.input.jitterMs,
      ...this.reports.remote,
      ssrcChanges: this.input.ssrcChanges,
    };
  }

  /** Frees the ports. */
  close(): void {
    this.reports.close();
    this.#rtp?.close();
    this.#rtp = undefined;
  }

  #follow(address: string, port: number): void {
    const remote = this.parameters?.remote;
    this.#rtp?.disconnect();
    // Behind NAT the signalled source may still turn up and is to be believed, so only that one is connected.
    this.#certain = remote?.address === address && remote.rtpPort === port;
  }

  #count(h: RtpHeader, now: number, event: boolean): void {
    const first = !this.input.started;
    this.#env.counters.received++;
    this.#lastPacketAt = now;
    this.input.update(h.ssrc, h.sequence, h.timestamp, now * 8, !event);
    if (first) this.#owner.firstPacket(this.id);
    const rtp = this.#rtp;
    if (this.#certain && rtp && !rtp.connected) this.#certain = rtp.connect(this.lock.address, this.lock.port);
  }

  #compressed(g729: G729LegCodec, b: Uint8Array, h: RtpHeader, now: number): void {
    const opened = g729.open(b, h.payloadOffset, h.payloadLength, h.ssrc, h.sequence);
    if (opened === undefined) {
      this.#discard('not-decodable');
      return;
    }
    if (opened === 'silent') {
      for (const listener of this.relayTo) listener.out.skip(h.ssrc);
      return;
    }
    this.#env.counters.transcoded++;
    this.wire = this.muted ? undefined : b.subarray(h.payloadOffset, h.payloadOffset + h.payloadLength);
    h.payloadOffset = RTP_HEADER_LENGTH;
    h.payloadLength = opened.length - RTP_HEADER_LENGTH;
    this.#audio(opened, h, now);
    this.wire = undefined;
  }

  #audio(b: Uint8Array, h: RtpHeader, now: number): void {
    const heard = this.relayTo.length > 0 || this.mixedFor.length > 0;
    const detector = this.detector ?? (heard ? undefined : this.#fallbackDetector);
    if (detector && !this.#eventsSeen) {
      const key = detector.feed(b, h.payloadOffset, h.payloadLength, this.#linear);
      if (key) this.#digit({ ...key, via: 'in-band' });
    }
    // The packets go on, so that nobody takes a muted party for a dead one.
    if (this.muted) b.fill(SILENCE[this.#codec], h.payloadOffset, h.payloadOffset + h.payloadLength);
    const taps = this.taps;
    for (let i = 0; i < taps.length; i++) (taps[i] as Tap).hear(h, b, this.#codec, now);
    this.speaker?.put(h.ssrc, h.timestamp, b, h.payloadOffset, h.payloadLength, SAMPLES[this.#codec]);
    this.#passOn(b, h, now, false);
  }

  #event(b: Uint8Array, h: RtpHeader, now: number): void {
    this.#eventsSeen = true;
    for (const key of this.#events.receive(h, b, now)) this.#digit({ ...key, via: 'rfc4733' });
    this.#passOn(b, h, now, true);
  }

  /** Each listener's packet is rewritten where it lies: all but the last get a copy. */
  #passOn(b: Uint8Array, h: RtpHeader, now: number, event: boolean): void {
    const to = this.relayTo;
    const last = to.length - 1;
    for (let i = 0; i < last; i++) (to[i] as MediaLeg).relay(this, b.slice(0, h.payloadOffset + h.payloadLength), h, now, event);
    if (last >= 0) (to[last] as MediaLeg).relay(this, b, h, now, event);
  }

  /** Passes on the other party's packet, rewritten where it lies. */
  relay(from: MediaLeg, b: Uint8Array, h: RtpHeader, now: number, event: boolean): void {
    const p = this.parameters;
    if (!p || this.ownFeeds > 0 || !this.sends) return;
    let payloadType = p.payloadType;
    if (event) {
      if (p.telephoneEventSend === undefined) {
        this.out.skip(h.ssrc);
        return;
      }
      payloadType = p.telephoneEventSend;
    } else if (p.codec !== from.parameters?.codec) {
      translate(b, h.payloadOffset, h.payloadLength, p.codec === 'PCMA' ? ULAW_TO_ALAW : ALAW_TO_ULAW);
      this.#env.counters.transcoded++;
    }
    const passed = !event && this.#g729 ? from.wire : undefined;
    if (passed) {
      this.#passThrough(passed, h, payloadType, now);
      return;
    }
    const out = this.out;
    out.relay(h.ssrc, h.sequence, h.timestamp, h.marker, event, now);
    const start = h.payloadOffset - RTP_HEADER_LENGTH;
    writeRtpHeader(b, start, out.marker, payloadType, out.sequence, out.timestamp, out.ssrc);
    this.#env.counters.relayed++;
    this.send(b, h.payloadLength, start, h.payloadOffset + h.payloadLength);
  }

  /** Both ends speak G.729: its payload goes on as it came. */
  #passThrough(payload: Uint8Array, h: RtpHeader, payloadType: number, now: number): void {
    const out = this.out;
    out.relay(h.ssrc, h.sequence, h.timestamp, h.marker, false, now);
    const packet = new Uint8Array(RTP_HEADER_LENGTH + payload.length);
    packet.set(payload, RTP_HEADER_LENGTH);
    writeRtpHeader(packet, 0, out.marker, payloadType, out.sequence, out.timestamp, out.ssrc);
    this.#env.counters.relayed++;
    this.#put(packet, payload.length, 0, packet.length);
  }

  #digit(digit: DigitEvent): void {
    this.#owner.digit(this.id, digit);
  }

  #watch(now: number, mediaTimeoutMs: number): void {
    if (!this.parameters?.remote) return;
    // Also on hold: a held party may lose its power like any other.
    this.#silentSince ??= now;
    const limit = this.input.started && this.receives ? (this.#missedAfterMs ?? mediaTimeoutMs) : mediaTimeoutMs;
    if (now - Math.max(this.#silentSince, this.#lastPacketAt) < limit) return;
    this.#silentSince = now;
    this.#owner.mediaTimeout(this.id);
  }

  #discard(reason: string): void {
    this.#discarded++;
    countDiscarded(this.#env.counters, reason);
  }
}
