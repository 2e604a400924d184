import type { AudioSink, DigitEvent, LegStats, MediaItem, PlaybackEnd, RecordingResult } from '@yixian/contracts';
import type { MediaParameters } from '../port.js';
import type { Priority } from './priority.js';

// What crosses between the signalling thread and the media thread. Sessions, playbacks and recordings are numbered by the front.

export interface WorkerSettings {
  rtpPorts: { min: number; max: number };
  mediaTimeoutMs: number;
  priority: Priority;
  /** RTP by the system's own calls, where they can be reached. */
  nativeSockets: boolean;
}

export interface RecordSettings {
  file: string;
  channels: 1 | 2;
  left: number;
  right: number | undefined;
  maxDurationMs: number | undefined;
  endAfterSilenceMs: number | undefined;
  /** Where the audio goes, in the place of the file. */
  sink: AudioSink | undefined;
}

export type Command =
  | { do: 'open'; session: number; address: string }
  | { do: 'configure'; session: number; parameters: MediaParameters }
  | { do: 'close'; session: number }
  | { do: 'stats'; session: number; request: number }
  | { do: 'play'; session: number; playback: number; items: readonly MediaItem[]; loop: boolean }
  | { do: 'stop-play'; session: number; playback: number; end: 'stopped' | 'interrupted' }
  | { do: 'listen-in-band'; session: number; on: boolean }
  | { do: 'send-digits'; session: number; request: number; digits: string }
  | { do: 'expect-packets'; session: number; withinMs: number }
  | { do: 'mute'; session: number; on: boolean }
  /** Listener → those it hears. */
  | { do: 'route'; hearing: readonly (readonly [number, readonly number[]])[] }
  | { do: 'record'; recording: number; settings: RecordSettings }
  | { do: 'set-channel'; recording: number; channel: 'left' | 'right'; sessions: readonly number[] }
  | { do: 'pause'; recording: number; on: boolean }
  | { do: 'stop-record'; recording: number }
  | { do: 'stop' };

/** What the thread leaves to whoever outlives it. */
export interface NativeSockets {
  /** An eventfd: eight octets written to it end the thread's waiting for packets. */
  wakeFd: number;
  /** Descriptor → 1 while it is open. Shared. */
  open: Uint8Array;
}

export type Notice =
  /** `native`: RTP goes by the system's own calls. */
  | { is: 'ready'; native: NativeSockets | undefined }
  | { is: 'opened'; session: number; rtpPort: number }
  | { is: 'open-failed'; session: number; error: string }
  | { is: 'closed'; session: number; stats: LegStats }
  | { is: 'stats'; request: number; stats: LegStats | undefined }
  | { is: 'digit'; session: number; digit: DigitEvent }
  | { is: 'media-timeout'; session: number }
  | { is: 'first-packet'; session: number }
  | { is: 'play-ended'; session: number; playback: number; end: PlaybackEnd; error: string | undefined }
  | { is: 'digits-sent'; request: number; error: string | undefined }
  | { is: 'recording'; recording: number; error: string | undefined }
  | { is: 'recording-ended'; recording: number; result: RecordingResult }
  | { is: 'metrics'; values: Record<string, number> }
  | { is: 'log'; level: 'debug' | 'info' | 'warn' | 'error'; facts: Record<string, unknown>; message: string }
  | { is: 'stopped' };
