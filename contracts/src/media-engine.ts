import type { AudioSink } from './audio-sink.js';
import type { CollectResult, DigitEvent, LegStats, MediaItem, PlaybackEnd, RecordingResult } from './switch.js';

// What the media side of a switch offers to its signalling side: the softswitch on a thread of its own, FreeSWITCH over the event socket.

/** What audio is inside the switch: prompts, mixes, recordings. */
export type Law = 'PCMA' | 'PCMU';

/** What audio may be on the wire; G.729 becomes A-law at the border unless it passes through. */
export type CodecName = Law | 'G729';

/** What was negotiated (RFC 3264): where to send, as what, and in which directions. Ports 0 / undefined remote: nothing is sent. */
export interface MediaParameters {
  remote: { address: string; rtpPort: number; rtcpPort: number } | undefined;
  codec: CodecName;
  /** Payload type of the codec, both ways. */
  payloadType: number;
  /** RFC 4733 payload type the peer receives; undefined when it has none. */
  telephoneEventSend: number | undefined;
  /** RFC 4733 payload type we receive. */
  telephoneEventReceive: number | undefined;
  /** From our side. */
  direction: 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';
  /** Packet time to send, milliseconds; 20 unless the peer asked otherwise. */
  ptimeMs: number;
}

export interface MediaSessionEvents {
  onDigit(digit: DigitEvent): void;
  /** No RTP for the media timeout, also on hold; told again each time as much silence has passed. */
  onMediaTimeout(): void;
  /** The engine can do nothing for this session any more (its thread died). Where absent, `onMediaTimeout` is told instead. */
  onFailed?(reason: string): void;
  /** The first valid RTP packet. */
  onFirstPacket?(): void;
}

export interface MediaPlayback {
  readonly finished: Promise<{ end: PlaybackEnd; error?: string }>;
  stop(): void;
}

/** One RTP/RTCP port pair. Closing frees the ports; every promise settles on close. */
export interface MediaSession {
  readonly id: number;
  readonly address: string;
  readonly rtpPort: number;
  /** May be called again (re-INVITE, early media then answer). */
  configure(parameters: MediaParameters): void;
  /**
   * This party sends all the time, a browser: once it has begun, silence of so long is a media timeout, except while it is not to send.
   * @param withinMs in the place of the engine's media timeout
   */
  expectPackets(withinMs: number): void;
  /** While muted, silence takes the place of what this party says, for all who hear it and in recordings. Keys still count. */
  mute(on: boolean): void;
  play(items: readonly MediaItem[], options: { loop: boolean; interruptOn: string }): MediaPlayback;
  collect(options: {
    maxDigits: number;
    terminators: string;
    firstDigitTimeoutMs: number;
    interDigitTimeoutMs: number;
    inBand: boolean;
  }): Promise<CollectResult>;
  cancelCollect(): void;
  clearDigits(): void;
  /** A digit that came by SIP INFO, into the same buffer, playback interruption and `onDigit`. */
  injectDigit(digit: string, durationMs: number): void;
  /** RFC 4733 out; resolves when sent. Rejects when the peer takes none. */
  sendDigits(digits: string): Promise<void>;
  stats(): Promise<LegStats>;
  /** Resolves with the last figures, ports freed. */
  close(): Promise<LegStats>;
}

export interface MediaRecording {
  /** Replaces all whose voices go left; several are mixed. */
  setLeft(sessions: readonly MediaSession[]): void;
  setRight(sessions: readonly MediaSession[]): void;
  pause(): void;
  resume(): void;
  stop(): void;
  readonly finished: Promise<RecordingResult>;
}

/** A media server outside of this process. */
export interface MediaServerState {
  /** `host:port` of its control. */
  name: string;
  up: boolean;
  drained: boolean;
  /** Of all processes. */
  sessions: number;
  maxSessions: number;
  /** Why it is not up, a sentence. */
  fault?: string;
}

export interface MediaServers {
  list(): readonly MediaServerState[];
  /** A drained one takes no new calls; those it has go on. Rejects when it is not up or unknown. */
  drain(name: string, on: boolean): Promise<void>;
}

export interface MediaEngine {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** From now on some ports on this address are open before they are asked for; any address that was opened once is kept so by itself. */
  keepReady(localAddress: string): void;
  /** Allocates an even RTP port and the odd one above for RTCP on this local address. Rejects when the range is exhausted. */
  open(localAddress: string, events: MediaSessionEvents): Promise<MediaSession>;
  /**
   * From now on each of these listeners hears exactly those, all at once; other sessions hear what they heard. Nobody: nothing is
   * sent. One: its packets pass through where codecs match, else A↔µ transcoding. Several: their mix.
   */
  route(hearing: ReadonlyMap<MediaSession, readonly MediaSession[]>): void;
  record(request: {
    file: string;
    channels: 1 | 2;
    left: MediaSession;
    right?: MediaSession;
    maxDurationMs?: number;
    endAfterSilenceMs?: number;
    /** Takes the audio in the place of the file. */
    sink?: AudioSink;
  }): Promise<MediaRecording>;
  /** `record` knows what to do with a sink. */
  readonly takesSinks?: boolean;
  portsInUse(): number;
  portsTotal(): number;
  /** What keeps it from serving calls, each a sentence; none where absent. */
  problems?(): string[];
  /** What is wrong and keeps it from nothing, each a sentence; none where absent. */
  notices?(): string[];
  /** The servers it is made of; absent where it is one with the switch. */
  servers?(): MediaServerState[];
  /** A drained server takes no new calls of any process; those it has go on. Rejects when it is not up or unknown. */
  drain?(server: string, on: boolean): Promise<void>;
  /** Counters and gauges incl. `media_event_loop_delay_p99_ms`; refreshed about once a second. */
  metrics(): Record<string, number>;
}
