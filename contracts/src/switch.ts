import type { AudioSink } from './audio-sink.js';
import type { NodeId } from './cluster.js';
import type { CallId, LegId } from './ids.js';
import type { Termination } from './termination.js';

// The Switch port. One interface, two implementations (softswitch; drachtio + FreeSWITCH), one conformance suite in
// `tests/src/switch-conformance`. Every promise settles: with the result, or when the leg ends.

export type Transport = 'udp' | 'tcp' | 'tls' | 'ws' | 'wss';

export interface SourceAddress {
  address: string;
  port: number;
  transport: Transport;
}

/** What the edge is told of a request outside a dialog before anything is spent on it. */
export interface RequestSummary {
  method: 'INVITE' | 'REGISTER' | 'OPTIONS' | 'MESSAGE' | 'SUBSCRIBE' | 'REFER' | 'OTHER';
  source: SourceAddress;
  /** User part of the Request-URI: the dialled number. */
  requestUser: string;
  fromUser: string;
  fromDisplayName?: string;
  toUser: string;
  sipCallId: string;
  userAgent?: string;
}

export type LegOrigin = { kind: 'trunk'; trunkId: string } | { kind: 'extension'; extension: string };

/** What the edge decides; the switch obeys. */
export type Admission =
  /** Digest first (RFC 3261 §22): 401 to REGISTER, 407 otherwise. An unknown extension is challenged all the same. */
  | { action: 'challenge'; extension: string }
  | { action: 'accept'; origin: LegOrigin }
  | { action: 'refuse'; termination: Termination }
  /** No answer at all. */
  | { action: 'drop'; reason: string };

/** Asked by the switch, synchronously, once per request outside a dialog (not for retransmissions). */
export interface EdgePolicy {
  admit(request: RequestSummary): Admission;
  /** The secret of an extension, or undefined when there is none: the answer to the caller is the same as for a wrong one. */
  sipPassword(extension: string): string | undefined;
  /** Told after every completed digest check, for limits and bans. */
  authenticationResult(request: RequestSummary, extension: string, ok: boolean): void;
}

export type ToneName = 'ringback' | 'busy' | 'congestion' | 'beep' | 'silence';

/** One thing to play. Files are WAV, 8 kHz mono, PCM16, A-law or µ-law. */
export type MediaItem =
  | { kind: 'file'; path: string }
  /** A generated tone (YD/T: 450 Hz; ringback 1 s on 4 s off, busy 0.35/0.35). Without `durationMs` it goes on until stopped. */
  | { kind: 'tone'; tone: ToneName; durationMs?: number }
  | { kind: 'silence'; durationMs: number };

export interface PlayOptions {
  /** Start again from the first item until stopped. */
  loop?: boolean;
  /** Keys that stop the playback; the key stays in the type-ahead buffer for `collect`. Default none. */
  interruptOn?: 'any' | 'none' | string;
}

export type PlaybackEnd = 'finished' | 'interrupted' | 'stopped' | 'replaced' | 'leg-ended' | 'failed';

export interface Playback {
  /** Never rejects. `failed` when a file is missing or cannot be read (the reason is logged and in `error`). */
  readonly finished: Promise<PlaybackEnd>;
  readonly error?: string;
  stop(): void;
}

export interface CollectOptions {
  /** Ends as soon as so many digits are there. */
  maxDigits: number;
  /** Digits that end the collection and are not part of the result, e.g. `#`. */
  terminators?: string;
  firstDigitTimeoutMs: number;
  interDigitTimeoutMs: number;
  /** Also listen for tones in the audio (Goertzel), for peers without RFC 4733. */
  inBand?: boolean;
}

export interface CollectResult {
  digits: string;
  reason: 'max-digits' | 'terminator' | 'timeout' | 'cancelled' | 'leg-ended';
}

export interface DigitEvent {
  /** `0`–`9`, `*`, `#`, `A`–`D`. */
  digit: string;
  durationMs: number;
  via: 'rfc4733' | 'info' | 'in-band';
}

/**
 *  new ──ring()──▶ ringing ──answer()──▶ answered ──▶ ended      (inbound)
 *   └─early()─▶ early ──answer()──▲
 *  new ──180──▶ ringing ──183+SDP──▶ early ──200──▶ answered ──▶ ended   (outbound)
 *  any ──hangUp() / remote / failure──▶ ended
 */
export type LegState = 'new' | 'ringing' | 'early' | 'answered' | 'ended';

export type LegEvent =
  | { type: 'ringing' }
  /** The called side sends audio before it answers; a bridge would be heard. */
  | { type: 'early-media' }
  | { type: 'answered' }
  | { type: 'digit'; digit: DigitEvent }
  /** The party put us on hold (re-INVITE sendonly or inactive) or came back. */
  | { type: 'remote-held' }
  | { type: 'remote-resumed' }
  /** The party asks to be taken out and the other party put through (REFER, RFC 3515). Whoever owns the call must settle it. */
  | { type: 'refer'; refer: ReferRequest }
  /** Media figures changed hands after the fact: sent once, just before `ended`. */
  | { type: 'ended'; termination: Termination };

/**
 * A phone's transfer key. Nobody who listens looks at `event.refer`: refused at once. Looked at and neither accepted nor refused
 * within 30 s: refused, before the phone gives up. The party's leg goes on; hanging it up with `transferred` tells it of a success.
 */
export interface ReferRequest {
  /** User part of Refer-To: a number as one would dial it at that phone. Empty when only `replaces` counts. */
  readonly target: string;
  /** Attended transfer: the leg of this switch named by Replaces in Refer-To (RFC 3891), the same phone's other call. */
  readonly replaces: CallLeg | undefined;
  /** Where the phone's other call is another process's: that process, and the Call-ID of the dialog there. */
  readonly elsewhere?: { node: NodeId; sipCallId: string } | undefined;
  /** 202 now, then NOTIFY with message/sipfrag as `progress` and `done` say. */
  accept(): void;
  /** E.g. 180. */
  progress(status: number): void;
  /** Final status of what was referred to: 200, or how it failed. Ends the subscription. */
  done(status: number): void;
  /** Refuses instead of `accept`. */
  refuse(termination: Termination): void;
}

/** A text between extensions (RFC 3428), text/plain in UTF-8. */
export interface SipMessage {
  from: string;
  fromDisplayName?: string;
  to: string;
  text: string;
}

/** What a box tells its phones (RFC 3842). */
export interface MessagesWaiting {
  newMessages: number;
  oldMessages: number;
}

/** Media figures of a leg, from the switch's side. Jitter and delays in milliseconds, per RFC 3550 §6.4. */
export interface LegStats {
  codec: string;
  packetsReceived: number;
  packetsSent: number;
  packetsLost: number;
  packetsDiscarded: number;
  jitterMs: number;
  /** From the peer's receiver reports, where it sends any. */
  remotePacketsLost?: number;
  remoteJitterMs?: number;
  roundTripMs?: number;
  ssrcChanges: number;
}

export interface PartyAddress {
  /** User part of the SIP URI: a number or an extension. */
  number: string;
  displayName?: string;
}

/** One party's connection to the switch: a SIP dialog and its media. It ends exactly once. */
export interface CallLeg {
  readonly id: LegId;
  readonly direction: 'inbound' | 'outbound';
  readonly from: PartyAddress;
  readonly to: PartyAddress;
  /** Where an inbound leg was admitted from; undefined for outbound. */
  readonly origin: LegOrigin | undefined;
  readonly source: SourceAddress | undefined;
  readonly sipCallId: string;
  readonly state: LegState;
  readonly termination: Termination | undefined;
  /** Resolves once, with how the leg ended; never rejects. */
  readonly ended: Promise<Termination>;
  /** Outbound: true once answered, false when the leg ended before. Inbound: true after `answer()` was confirmed. */
  readonly answered: Promise<boolean>;
  subscribe(listener: (event: LegEvent) => void): () => void;

  /** Inbound, before the answer: 180. */
  ring(): void;
  /** Inbound, before the answer: 183 with SDP; audio can be played and bridged from then on. */
  early(): Promise<void>;
  /** Inbound: 200. Resolves when the 200 is on the wire (media can be played at once), rejects when the leg has ended. */
  answer(): Promise<void>;
  /** Ends the leg whatever its state: refusal, CANCEL or BYE. Doing it twice changes nothing. */
  hangUp(termination: Termination): void;

  /** Plays to this party, replacing what was playing and suspending a bridge's audio to it until it ends. */
  play(items: readonly MediaItem[], options?: PlayOptions): Playback;
  /** Collects keys, type-ahead first. A second collect cancels the first. */
  collect(options: CollectOptions): Promise<CollectResult>;
  cancelCollect(): void;
  /** Forgets keys typed ahead. */
  clearDigits(): void;
  /** Sends keys to this party as it can take them: RFC 4733, else INFO. */
  sendDigits(digits: string): Promise<void>;
  /** While muted, what this party says reaches nobody: neither bridge nor conference nor recording. Keys still count. */
  mute(on: boolean): void;
  readonly muted: boolean;
  /**
   * Inbound, before the answer: the leg this INVITE asks to take the place of (Replaces, RFC 3891), of an authenticated extension:
   * a ringing phone (pick-up: whether it may is the owner's decision) or a call of the very same extension.
   */
  readonly replaces?: CallLeg | undefined;
  /** The leg behind one that is lent for a while: what a switch is to record is that one. Undefined for a leg of a switch. */
  readonly behind?: CallLeg | undefined;
  stats(): Promise<LegStats>;
}

export type DialTarget =
  /** All registered contacts of an extension at once; the first to answer wins. */
  | { kind: 'extension'; extension: string; contacts?: 'phones' | 'browsers' }
  /** A number over a trunk. */
  | { kind: 'uri'; uri: string; auth?: { username: string; password: string } };

export interface DialRequest {
  target: DialTarget;
  /** Shown to the called party (From, P-Asserted-Identity). */
  from: PartyAddress;
  /** Rings this long, then ends with `no-answer`. */
  timeoutMs: number;
  /** For the log and as `X-Yixian-Call` header. */
  callId?: CallId;
  /** Asks the phone to answer by itself (Call-Info with answer-after=0, Alert-Info): for "answer" from the desk. */
  autoAnswer?: boolean;
}

export interface Bridge {
  readonly id: string;
  readonly legs: readonly [CallLeg, CallLeg];
  /** Audio stops crossing; the legs live on. Doing it twice changes nothing. */
  unbridge(): Promise<void>;
  /** Resolves when unbridged or when either leg has ended. The other leg is NOT hung up: that is the owner's decision. */
  readonly ended: Promise<void>;
}

/**
 * Any number of legs and who hears whom. A listener who hears one party only is passed that party's audio as it comes;
 * one who hears several gets their mix. Softswitch: routes and mixers. FreeSWITCH: conference with `relate`, or eavesdrop on a bridge.
 */
export interface Conference {
  readonly id: string;
  /** Every leg named in `hearing` that has not ended. */
  legs(): readonly CallLeg[];
  /**
   * Replaces the whole of who hears whom: listener → those heard. Legs named nowhere any more leave and hear nothing. Legs
   * that come from a bridge leave it; where the same two go on hearing each other alone nothing is audible of it. Ended legs
   * are left out, and a leg that ends later leaves by itself. Playing to a leg suspends what it hears, as in a bridge.
   */
  set(hearing: ReadonlyMap<CallLeg, readonly CallLeg[]>): Promise<void>;
  /** Nobody hears anybody; the legs live on. Doing it twice changes nothing. */
  close(): Promise<void>;
}

export interface RecordRequest {
  /** Path of the WAV to write: 8 kHz, PCM16; stereo when `right` may ever be set, else mono. Parent folder exists. */
  file: string;
  channels: 1 | 2;
  /** What this party says goes left. */
  left: CallLeg;
  /** What this party says goes right; may come later with `setRight`. */
  right?: CallLeg;
  /** Ends by itself after so long. */
  maxDurationMs?: number;
  /** Ends by itself after so much continuous silence (voicemail). */
  endAfterSilenceMs?: number;
  /** Takes the audio in the place of the file, which is then not written. Only where the switch says `takesSinks`. */
  sink?: AudioSink;
}

export interface RecordingResult {
  file: string;
  durationMs: number;
  bytes: number;
  /** Epoch milliseconds of the first sample. */
  startedAt: number;
  reason: 'stopped' | 'max-duration' | 'silence' | 'legs-ended' | 'failed';
  error?: string;
}

/** A running recording. Samples stand where they fell on the wall clock; gaps are silence. The file is a valid WAV at any moment, to the last few seconds; after a kill the next start mends it to the last second or so. */
export interface RecordingTap {
  /** The channel falls silent with undefined; several are mixed. */
  setRight(leg: CallLeg | readonly CallLeg[] | undefined): void;
  setLeft(leg: CallLeg | readonly CallLeg[] | undefined): void;
  /** Silence is written while paused. */
  pause(): void;
  resume(): void;
  stop(): Promise<RecordingResult>;
  /** Resolves when it is over, however that came; never rejects. */
  readonly finished: Promise<RecordingResult>;
}

/** One registered contact (RFC 3261 §10). */
export interface Registration {
  extension: string;
  contact: string;
  /** Where requests to it go: the source seen, for phones behind NAT. */
  source: SourceAddress;
  userAgent: string;
  /** It takes candidates by INFO: its Contact says `+sip.trickle-ice` (RFC 8840 §11.3). */
  trickleIce?: boolean;
  /** The process it registered at, where that is not this one: what has no address of its own is reached through it. */
  node?: NodeId;
  /** Epoch milliseconds of the last REGISTER, where several processes have to agree on who heard the contact last. */
  registeredAt?: number;
  expiresAt: number;
  sipCallId: string;
  cseq: number;
}

/** Whether it is a browser's (SIP over WebSocket): it rings where the seat is the softphone. */
export function isBrowserContact(registration: Pick<Registration, 'source'>): boolean {
  return registration.source.transport === 'ws' || registration.source.transport === 'wss';
}

/** Keeps registrations across a restart. */
export interface RegistrationStore {
  load(): Promise<Registration[]>;
  /** Replaces what is kept for the extension. */
  save(extension: string, registrations: readonly Registration[]): Promise<void>;
  /** Another process is gone, and what it kept has been taken over. */
  forget?(node: NodeId): Promise<void>;
}

export interface RegistrationChange {
  extension: string;
  /** Over all processes. */
  contacts: number;
  reason: 'registered' | 'unregistered' | 'expired';
  /** The process that tells the world of it, where that is not this one. */
  node?: NodeId;
}

/** An admitted INVITE. */
export interface ArrivingCall {
  origin: LegOrigin;
  /** User part of the Request-URI. */
  dialled: string;
  /** It asks to take the place of another call (RFC 3891). */
  replaces: { callId: string; localTag: string; remoteTag: string } | undefined;
}

export interface SwitchHandlers {
  /** An admitted and authenticated INVITE has become a leg, state `new`; 100 has been sent. */
  inbound(leg: CallLeg): void;
  /** The contacts of an extension changed. */
  registrationChanged(change: RegistrationChange): void;
  /** Another process that has to have this call, e.g. because the party is parked there; asked before there is a leg. */
  home?(call: ArrivingCall): NodeId | undefined | Promise<NodeId | undefined>;
  /** An admitted and authenticated MESSAGE. What it resolves to is the answer: 202 taken (delivered or kept), else a refusal. */
  message(message: SipMessage): Promise<{ status: 202 } | { status: 403 | 404 | 413 | 415 | 480 | 503; text: string }>;
}

/** How far a call of an extension is, as busy lamps show it (RFC 4235 §3.7.1). */
export type BusyState = 'trying' | 'early' | 'confirmed' | 'terminated';

/** Name → value, in Prometheus naming, e.g. `sip_requests_received_total{method="INVITE"}`. */
export type SwitchMetrics = Record<string, number>;

export interface SwitchHealth {
  ok: boolean;
  problems: string[];
  /** What is wrong and keeps it from nothing. */
  notices?: string[];
  legs: number;
  rtpPortsInUse: number;
  rtpPortsTotal: number;
}

export interface Switch {
  start(handlers: SwitchHandlers): Promise<void>;
  /** From now on new calls get 503; running ones go on. */
  drain(): void;
  /** Ends every leg with `draining`, sends what is owed and frees all sockets and ports. */
  stop(): Promise<void>;
  /** Returns at once; the leg tells the rest. An unregistered extension gives a leg that has ended with `not-registered`. */
  dial(request: DialRequest): CallLeg;
  bridge(a: CallLeg, b: CallLeg): Promise<Bridge>;
  /** Empty at first. */
  conference(): Conference;
  record(request: RecordRequest): Promise<RecordingTap>;
  /** Recordings can go into a sink. Absent: they are written as files. */
  readonly takesSinks?: boolean;
  /** To every contact of the extension; resolves with how the first to take it answered, or that none did. Never rejects. */
  sendMessage(message: SipMessage): Promise<{ delivered: true } | { delivered: false; termination: Termination }>;
  /** What phones of this extension show (MWI): to those that subscribed, and unasked to the others; kept for later subscribers. */
  setMessagesWaiting(extension: string, waiting: MessagesWaiting): void;
  /** Says which call the messages of this leg are of, for whoever traces them. A leg dialled with a `callId` needs no telling. */
  traceAs?(leg: CallLeg, callId: CallId): void;
  /**
   * Busy lamps (RFC 4235) show the calls of an extension's own legs by themselves. This adds one that is on no such leg: an agent
   * whose seat is a mobile. The same `id` again changes it; `terminated` takes it away.
   */
  showBusy?(extension: string, call: { id: string; direction: 'initiator' | 'recipient'; state: BusyState }): void;
  /** Every leg that has not ended: events can be missed, this list cannot. */
  legs(): readonly CallLeg[];
  registrations(extension?: string): readonly Registration[];
  health(): Promise<SwitchHealth>;
  metrics(): SwitchMetrics;
}
