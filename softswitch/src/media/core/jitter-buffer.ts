// One party's audio on its way into a mix: packets come as the network brings them, frames of 20 ms go out by the mixer's clock.
//
//   idle ──packet──▶ playing ──nothing to play for IDLE_FRAMES──▶ idle
//
// Playing, the first packet waits START samples; from then on the delay follows what comes:
//   nothing there when a frame is due      the frame is made up; what comes late after it is played all the same, the delay grows
//   a packet missing before one that came  lost: made up, the delay stays
//   a packet behind what was played        late: dropped and counted, the delay grows by a frame
//   packets come ever earlier or later     the sender's clock drifts: a frame is folded away or in, in a pause if there is one soon
//
// Positions are timestamps of the sender (RFC 3550 §5.1), modulo 2³².

/** Samples of a frame: 20 ms. */
export const FRAME = 160;
/** Power of two: 1.024 s. */
const RING = 8192;
const MASK = RING - 1;
/** What the first packet waits: 40 ms, and up to 20 ms more for the mixer's next tick. */
const START = 320;
/** The packet that comes latest should be 10 to 60 ms before its time. */
const LEAST_AHEAD = 80;
const MOST_AHEAD = 480;
/** However late packets come, no more than 200 ms are put between. */
const GREATEST_DELAY = 1600;
/** A timestamp so far off (1 s) is a new beginning. */
const RESTART = 8000;
const IDLE_FRAMES = 5;
/** Two seconds of packets are looked at before the delay is changed. */
const WINDOW_FRAMES = 100;
/** How long a pause is waited for. */
const PATIENCE_FRAMES = 50;
/** Mean magnitude of a frame in which a change is not heard: about -46 dBm0. */
const QUIET = 130;
/** No sample of G.711 is this one. */
const GAP = -32768;
/** A made-up sample is the one a frame ago, gone after 40 ms. */
const FADE_SAMPLES = 320;

export class JitterBuffer {
  /** Packets that came behind what was already played. */
  late = 0;
  /** Samples made up for packets that never came in time. */
  madeUp = 0;
  /** Frames folded away and in. */
  shortened = 0;
  lengthened = 0;
  readonly #ring = new Int16Array(RING).fill(GAP);
  /** The frame before, of which missing samples are made. */
  readonly #last = new Int16Array(FRAME);
  readonly #second = new Int16Array(FRAME);
  #playing = false;
  #ssrc = 0;
  /** Next sample to play. */
  #head = 0;
  /** Behind the newest sample. */
  #end = 0;
  /** Frames made up since the last sample: that many may be gone back. */
  #empty = 0;
  #floor = 0;
  /** We stood still: what comes late now does not say anything of the network. */
  #stalled = false;
  #fade = 0;
  #least = Number.POSITIVE_INFINITY;
  #frames = 0;
  /** Frames to fold away (positive) or in (negative). */
  #wish = 0;
  #patience = 0;

  get playing(): boolean {
    return this.#playing;
  }

  /** Samples between what is played next and the newest. */
  get depth(): number {
    return this.#playing ? (this.#end - this.#head) | 0 : 0;
  }

  /** Takes a packet's octets. `linear`: octet → sample. */
  put(ssrc: number, timestamp: number, b: Uint8Array, offset: number, length: number, linear: Int16Array): void {
    let ahead = (timestamp - this.#head) | 0;
    if (!this.#playing || ssrc !== this.#ssrc || ahead > RING - length || ahead < -RESTART) {
      this.#start(ssrc, timestamp);
      ahead = START;
    } else if (ahead < 0 && this.#empty > 0) {
      // Late, and nothing has been played in its place.
      const back = ((timestamp - this.#floor) | 0) >= 0 ? timestamp : this.#floor;
      if (((this.#head - back) | 0) > 0) this.#head = back >>> 0;
      ahead = (timestamp - this.#head) | 0;
    }
    if (ahead + length <= 0 && this.#stalled) {
      this.late++;
      return;
    }
    if (ahead < this.#least) this.#least = ahead;
    if (ahead + length <= 0) {
      this.late++;
      if (this.#wish === 0 && this.depth < GREATEST_DELAY) this.#ask(-1, 0);
      return;
    }
    const from = ahead < 0 ? -ahead : 0;
    const at = (timestamp & MASK) | 0;
    for (let i = from | 0; i < length; i++) this.#ring[(at + i) & MASK] = linear[b[offset + i] as number] as number;
    if (((timestamp + length - this.#end) | 0) > 0) this.#end = (timestamp + length) >>> 0;
    this.#empty = 0;
  }

  /** The frame that is due. False, and nothing in it, while the party is silent. */
  read(into: Int16Array): boolean {
    if (!this.#playing) return false;
    if (this.depth <= 0) return this.#readNothing(into);
    if (this.#stalled) this.#newWindow();
    this.#stalled = false;
    this.#take(into);
    if (this.#wish !== 0 && (--this.#patience < 0 || isQuiet(into))) this.#fold(into);
    this.#last.set(into);
    if (++this.#frames >= WINDOW_FRAMES) this.#review();
    return true;
  }

  /** Frames that were due and cannot be sent any more: their time has passed. */
  skip(frames: number): void {
    if (!this.#playing || frames <= 0) return;
    const samples = Math.min(RING, frames * FRAME);
    for (let i = 0; i < samples; i++) this.#ring[(this.#head + i) & MASK] = GAP;
    this.#head = (this.#head + frames * FRAME) >>> 0;
    this.#floor = this.#head;
    this.#stalled = true;
    if (this.depth <= 0) this.#empty = Math.max(1, this.#empty);
  }

  #start(ssrc: number, timestamp: number): void {
    this.#ring.fill(GAP);
    this.#last.fill(0);
    this.#playing = true;
    this.#ssrc = ssrc;
    this.#head = (timestamp - START) >>> 0;
    this.#floor = this.#head;
    this.#end = timestamp;
    this.#empty = 0;
    this.#stalled = false;
    this.#fade = 0;
    this.#wish = 0;
    this.#newWindow();
  }

  #readNothing(into: Int16Array): boolean {
    if (this.#empty === 0) this.#floor = this.#head;
    this.#head = (this.#head + FRAME) >>> 0;
    if (++this.#empty > IDLE_FRAMES) {
      this.#playing = false;
      return false;
    }
    for (let i = 0; i < FRAME; i++) into[i] = this.#makeUp(i);
    this.#last.set(into);
    return true;
  }

  #take(into: Int16Array): void {
    const ring = this.#ring;
    const at = (this.#head & MASK) | 0;
    for (let i = 0; i < FRAME; i++) {
      const place = (at + i) & MASK;
      const sample = ring[place] as number;
      if (sample === GAP) {
        into[i] = this.#makeUp(i);
        continue;
      }
      ring[place] = GAP;
      into[i] = sample;
      this.#fade = FADE_SAMPLES;
    }
    this.#head = (this.#head + FRAME) >>> 0;
  }

  #makeUp(i: number): number {
    // Before the first sample there is nothing to make anything of, and nothing is missing.
    if (this.#fade === 0) return 0;
    this.madeUp++;
    this.#fade--;
    return Math.trunc(((this.#last[i] as number) * this.#fade) / FADE_SAMPLES);
  }

  /** Shortens or lengthens by one frame around the one just taken, without an edge. */
  #fold(frame: Int16Array): void {
    if (this.#wish > 0) {
      if (this.depth < FRAME) return;
      this.#take(this.#second);
      blend(frame, this.#second, frame);
      this.shortened++;
      this.#wish--;
    } else {
      // The frame fades into the one before it and is then played once more, whole.
      this.#putBack(frame);
      blend(frame, this.#last, frame);
      this.lengthened++;
      this.#wish++;
    }
    this.#patience = PATIENCE_FRAMES / 2;
    this.#newWindow();
  }

  #putBack(frame: Int16Array): void {
    this.#head = (this.#head - FRAME) >>> 0;
    for (let i = 0; i < FRAME; i++) this.#ring[(this.#head + i) & MASK] = frame[i] as number;
  }

  #review(): void {
    const least = this.#least;
    this.#newWindow();
    if (least === Number.POSITIVE_INFINITY) return;
    if (least > MOST_AHEAD) this.#ask(Math.floor((least - START) / FRAME), PATIENCE_FRAMES);
    else if (least < LEAST_AHEAD && this.depth < GREATEST_DELAY) this.#ask(-1, PATIENCE_FRAMES);
    else this.#wish = 0;
  }

  #ask(wish: number, patience: number): void {
    if (this.#wish === 0) this.#patience = patience;
    this.#wish = wish;
  }

  #newWindow(): void {
    this.#least = Number.POSITIVE_INFINITY;
    this.#frames = 0;
  }
}

/** From `a` to `b` over a frame. */
function blend(a: Int16Array, b: Int16Array, into: Int16Array): void {
  for (let i = 0; i < FRAME; i++) into[i] = Math.round(((a[i] as number) * (FRAME - i) + (b[i] as number) * i) / FRAME);
}

function isQuiet(frame: Int16Array): boolean {
  let sum = 0;
  for (let i = 0; i < FRAME; i++) sum += Math.abs(frame[i] as number);
  return sum < QUIET * FRAME;
}
