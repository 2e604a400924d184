// Where a party's samples stand in a recording. A stream is anchored to the clock when it starts, changes its SSRC or jumps;
// from then on its own timestamps place it, which takes the network's jitter out. A sender whose clock drifts away, or that did
// not count while it was silent, is anchored again.

/** The sender's clock may lead or lag so far before it is corrected (80 ms). */
export const MAX_DRIFT_SAMPLES = 640;
/** Lag is jitter until a whole second of packets shows it. */
const LAG_PACKETS = 50;
/** A packet later than this cannot be placed any more (500 ms). */
export const REORDER_SAMPLES = 4000;

export class StreamTimeline {
  #anchored = false;
  #ssrc = 0;
  #timestamp = 0;
  #position = 0;
  #highest = 0;
  #leastLag = Number.POSITIVE_INFINITY;
  #packets = 0;

  /** The position of a packet's first sample. `arrival`: the sample of the recording's clock at which it came. */
  place(ssrc: number, sequence: number, timestamp: number, arrival: number): number {
    if (!this.#anchored || ssrc !== this.#ssrc) return this.#anchor(ssrc, sequence, timestamp, arrival);
    const position = this.#position + ((timestamp - this.#timestamp) | 0);
    const newer = ((sequence - this.#highest) & 0xffff) < 0x8000;
    if (!newer) return position;
    this.#highest = sequence;
    const lag = arrival - position;
    if (lag < -MAX_DRIFT_SAMPLES || lag > REORDER_SAMPLES) return this.#anchor(ssrc, sequence, timestamp, arrival);
    if (lag < this.#leastLag) this.#leastLag = lag;
    if (++this.#packets >= LAG_PACKETS) {
      const drifted = this.#leastLag > MAX_DRIFT_SAMPLES;
      this.#leastLag = Number.POSITIVE_INFINITY;
      this.#packets = 0;
      if (drifted) return this.#anchor(ssrc, sequence, timestamp, arrival);
    }
    // Moves with the stream, so that the 32-bit difference never wraps.
    this.#timestamp = timestamp;
    this.#position = position;
    return position;
  }

  #anchor(ssrc: number, sequence: number, timestamp: number, arrival: number): number {
    this.#anchored = true;
    this.#ssrc = ssrc;
    this.#timestamp = timestamp;
    this.#position = arrival;
    this.#highest = sequence;
    this.#leastLag = Number.POSITIVE_INFINITY;
    this.#packets = 0;
    return arrival;
  }
}
