import type { RtpHeader } from './rtp.js';

// Key presses as RTP events, RFC 4733. A press is one timestamp; its packets grow in duration and the last one comes three times.

const KEYS = '0123456789*#ABCD';
/** No further packet for so long: the end packets were lost and the press is over. */
export const EVENT_TIMEOUT_MS = 200;
/** RFC 4733 §2.5.1.3: a longer press goes on in a new segment. */
const SEGMENT_DURATION = 0xffff;

export interface ReceivedKey {
  digit: string;
  durationMs: number;
}

/** Finds one key per press in packets that may be repeated, reordered or lost. */
export class TelephoneEventReceiver {
  #known = false;
  #ssrc = 0;
  #timestamp = 0;
  #event = 0;
  #duration = 0;
  #reported = true;
  #lastAt = 0;

  /** A press has begun and not been reported: `expire` has to be called until it has. */
  get pending(): boolean {
    return !this.#reported;
  }

  /** Takes a packet; returns the keys that are complete with it (two when the end of the one before was lost). */
  receive(h: RtpHeader, b: Uint8Array, now: number): readonly ReceivedKey[] {
    if (h.payloadLength < 4) return [];
    const at = h.payloadOffset;
    const event = b[at] as number;
    if (event > 15) return [];
    const end = ((b[at + 1] as number) & 0x80) !== 0;
    const duration = ((b[at + 2] as number) << 8) | (b[at + 3] as number);
    const keys: ReceivedKey[] = [];
    const fresh = !this.#known || h.ssrc !== this.#ssrc;
    const step = fresh ? 1 : (h.timestamp - this.#timestamp) | 0;
    if (step < 0) return keys;
    if (step > 0 && !this.#continues(step, event)) {
      this.#finish(keys);
      this.#begin(h, event);
    }
    if (this.#reported) return keys;
    if (duration > this.#duration) this.#duration = duration;
    this.#lastAt = now;
    if (end) this.#finish(keys);
    return keys;
  }

  /** The key whose end packets have all been lost, once it is certain. */
  expire(now: number): ReceivedKey | undefined {
    if (this.#reported || now - this.#lastAt < EVENT_TIMEOUT_MS) return undefined;
    const keys: ReceivedKey[] = [];
    this.#finish(keys);
    return keys[0];
  }

  #continues(step: number, event: number): boolean {
    const next = !this.#reported && event === this.#event && step === SEGMENT_DURATION && this.#duration === SEGMENT_DURATION;
    if (next) this.#timestamp = (this.#timestamp + step) >>> 0;
    return next;
  }

  #begin(h: RtpHeader, event: number): void {
    this.#known = true;
    this.#ssrc = h.ssrc;
    this.#timestamp = h.timestamp;
    this.#event = event;
    this.#duration = 0;
    this.#reported = false;
  }

  #finish(into: ReceivedKey[]): void {
    if (this.#reported) return;
    this.#reported = true;
    into.push({ digit: KEYS.charAt(this.#event), durationMs: Math.round(this.#duration / 8) });
  }
}

/** Length of a key we send, and the pause after it, in 20 ms steps. */
const KEY_STEPS = 5;
const END_STEPS = 3;
const PAUSE_STEPS = 3;
const STEP_SAMPLES = 160;
const VOLUME = 10;

export interface EventPacket {
  event: number;
  end: boolean;
  /** Timestamp units since the start of the key. */
  duration: number;
  first: boolean;
}

/** True when every character is a key. */
export const areKeys = (digits: string): boolean => digits.length > 0 && [...digits].every((d) => KEYS.includes(d.toUpperCase()));

/** The packets of a string of keys, one step every 20 ms: 100 ms each, the end packet three times, 60 ms between. */
export class TelephoneEventSender {
  readonly #events: number[];
  #step = 0;

  constructor(digits: string) {
    this.#events = [...digits.toUpperCase()].map((d) => KEYS.indexOf(d)).filter((event) => event >= 0);
  }

  get done(): boolean {
    return this.#events.length === 0;
  }

  /** The packet of this step, or undefined in a pause. */
  next(): EventPacket | undefined {
    const event = this.#events[0];
    if (event === undefined) return undefined;
    const step = this.#step++;
    if (step < KEY_STEPS) return { event, end: false, duration: (step + 1) * STEP_SAMPLES, first: step === 0 };
    if (step < KEY_STEPS + END_STEPS) return { event, end: true, duration: KEY_STEPS * STEP_SAMPLES, first: false };
    if (step === KEY_STEPS + END_STEPS + PAUSE_STEPS - 1) {
      this.#events.shift();
      this.#step = 0;
    }
    return undefined;
  }
}

/** The four octets of RFC 4733 §2.3. */
export function writeEvent(b: Uint8Array, at: number, packet: EventPacket): void {
  b[at] = packet.event;
  b[at + 1] = (packet.end ? 0x80 : 0) | VOLUME;
  b[at + 2] = packet.duration >>> 8;
  b[at + 3] = packet.duration;
}
