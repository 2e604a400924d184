import type { DigitEvent } from '@yixian/contracts';
import type { Paced, Pacer } from '../core/pacer.js';
import type { Notice } from './protocol.js';
import type { OpenUdp } from './udp.js';

/** What the parts of the media thread are given. */
export interface MediaEnvironment {
  /** Monotonic milliseconds. */
  now(): number;
  /** Wall clock, milliseconds since the epoch. */
  wallClock(): number;
  /** 32 random bits. */
  random32(): number;
  pacing: { start(paced: Paced): void; stop(paced: Paced): void; readonly pacer: Pacer };
  /** Opens a port for RTP. */
  openRtp: OpenUdp;
  notify(notice: Notice): void;
  counters: Counters;
}

/** Totals since the start of the thread. */
export interface Counters {
  received: number;
  sent: number;
  relayed: number;
  transcoded: number;
  /** Packets that carried a mix. */
  mixed: number;
  /** Packets that came too late for a mix, and samples made up for what was missing in one. */
  mixLate: number;
  mixMadeUp: number;
  discarded: Map<string, number>;
  recordingBytes: number;
  recordingFailures: number;
  pacingSkipped: number;
  /** Errors of our own that reached the top. */
  faults: number;
}

export const newCounters = (): Counters => ({
  received: 0,
  sent: 0,
  relayed: 0,
  transcoded: 0,
  mixed: 0,
  mixLate: 0,
  mixMadeUp: 0,
  discarded: new Map(),
  recordingBytes: 0,
  recordingFailures: 0,
  pacingSkipped: 0,
  faults: 0,
});

export const countDiscarded = (counters: Counters, reason: string): void => {
  counters.discarded.set(reason, (counters.discarded.get(reason) ?? 0) + 1);
};

/** What a leg tells its owner. */
export interface LegOwner {
  digit(session: number, digit: DigitEvent): void;
  firstPacket(session: number): void;
  mediaTimeout(session: number): void;
}
