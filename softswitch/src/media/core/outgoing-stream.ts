// What one leg hears is one RTP stream, whatever feeds it: prompts, digits, the other party. Sequence numbers and
// timestamps go on without a break when the feed changes; within one feed the sender's own spacing is kept, so that loss and
// reordering on the way to us stay visible and repairable at the receiver (RFC 3550 §7.1).

const SAMPLES_PER_MS = 8;
/** RFC 3550 A.1 MAX_DROPOUT: a larger jump is a restart, not loss. */
const MAX_DROPOUT = 3000;
/** A timestamp further from the clock than this is a restart of the sender's clock. */
const MAX_CLOCK_ERROR = 16000;

/** Feeds are told apart by a number of their own: the bridge's is the sender's SSRC, own audio has these. */
export const FEED_NONE = -1;
export const FEED_PLAY = -2;
export const FEED_DIGITS = -3;
export const FEED_MIX = -4;

export class OutgoingStream {
  readonly ssrc: number;
  /** The header of the packet to send now, set by `relay` and `generate`. */
  sequence: number;
  timestamp: number;
  marker = false;
  packets = 0;
  octets = 0;
  #feed = FEED_NONE;
  #sequenceOffset = 0;
  #timestampOffset = 0;
  #lastSequence: number;
  #lastTimestamp: number;
  #lastAt = 0;

  /** The three random starts of RFC 3550 §5.1. */
  constructor(ssrc: number, sequence: number, timestamp: number) {
    this.ssrc = ssrc >>> 0;
    this.sequence = sequence & 0xffff;
    this.timestamp = timestamp >>> 0;
    this.#lastSequence = (this.sequence - 1) & 0xffff;
    this.#lastTimestamp = this.timestamp;
  }

  /** The newest timestamp sent, for sender reports. */
  get lastTimestamp(): number {
    return this.#lastTimestamp;
  }

  get lastAt(): number {
    return this.#lastAt;
  }

  /** Maps a packet of another party. `event`: its timestamp is the start of a key press and may lag (RFC 4733 §2.1). */
  relay(feed: number, sequence: number, timestamp: number, marker: boolean, event: boolean, now: number): void {
    if (feed !== this.#feed || this.#isRestart(sequence, timestamp, event, now)) {
      this.#rebase(feed, sequence, timestamp, now);
      this.marker = true;
    } else {
      this.marker = marker;
    }
    this.sequence = (sequence + this.#sequenceOffset) & 0xffff;
    this.timestamp = (timestamp + this.#timestampOffset) >>> 0;
    if (((this.sequence - this.#lastSequence) & 0xffff) < 0x8000) this.#lastSequence = this.sequence;
    this.#advance(this.timestamp, now);
  }

  /** The next packet begins a talkspurt, whoever sends it. */
  newFeed(): void {
    this.#feed = FEED_NONE;
  }

  /** A packet of the present feed is kept back: the receiver must not take it for loss. */
  skip(feed: number): void {
    if (feed === this.#feed) this.#sequenceOffset = (this.#sequenceOffset - 1) & 0xffff;
  }

  /** The next packet of our own audio, `samples` after the last of the same feed. */
  generate(feed: number, samples: number, now: number): void {
    this.marker = feed !== this.#feed;
    this.timestamp = this.marker ? this.#continuation(now) : (this.#lastTimestamp + samples) >>> 0;
    this.#feed = feed;
    this.sequence = (this.#lastSequence + 1) & 0xffff;
    this.#lastSequence = this.sequence;
    this.#lastTimestamp = this.timestamp;
    this.#lastAt = now;
  }

  /** Own audio left out (a stall): its time passes all the same. */
  skipTime(samples: number): void {
    this.#lastTimestamp = (this.#lastTimestamp + samples) >>> 0;
  }

  /** The same of a mix, while that is what is sent. */
  skipMixed(samples: number): void {
    if (this.#feed === FEED_MIX) this.skipTime(samples);
  }

  /** A further packet of a key press: next sequence number, the timestamp of its start. */
  event(timestamp: number, marker: boolean, now: number): void {
    this.#feed = FEED_DIGITS;
    this.marker = marker;
    this.timestamp = timestamp;
    this.sequence = (this.#lastSequence + 1) & 0xffff;
    this.#lastSequence = this.sequence;
    this.#advance(timestamp, now);
  }

  /** The timestamp that a packet of a new feed gets now. */
  startTimestamp(now: number): number {
    return this.#continuation(now);
  }

  count(payloadOctets: number): void {
    this.packets++;
    this.octets += payloadOctets;
  }

  /** The newest timestamp and when it was sent belong together: the repeated timestamp of a key says nothing of the time. */
  #advance(timestamp: number, now: number): void {
    if (this.packets > 0 && ((timestamp - this.#lastTimestamp) | 0) <= 0) return;
    this.#lastTimestamp = timestamp;
    this.#lastAt = now;
  }

  #isRestart(sequence: number, timestamp: number, event: boolean, now: number): boolean {
    const step = (((sequence + this.#sequenceOffset - this.#lastSequence) & 0xffff) << 16) >> 16;
    if (step > MAX_DROPOUT || step < -MAX_DROPOUT) return true;
    if (event) return false;
    const error = ((timestamp + this.#timestampOffset - this.#lastTimestamp) | 0) - (now - this.#lastAt) * SAMPLES_PER_MS;
    return error > MAX_CLOCK_ERROR || error < -MAX_CLOCK_ERROR;
  }

  #rebase(feed: number, sequence: number, timestamp: number, now: number): void {
    this.#sequenceOffset = (this.#lastSequence + 1 - sequence) & 0xffff;
    this.#timestampOffset = (this.#continuation(now) - timestamp) | 0;
    this.#feed = feed;
  }

  /** At least one packet on from the last, else the time that has passed. */
  #continuation(now: number): number {
    if (this.packets === 0) return this.#lastTimestamp;
    const passed = Math.max(20, Math.round(now - this.#lastAt)) * SAMPLES_PER_MS;
    return (this.#lastTimestamp + passed) >>> 0;
  }
}
