// What arrives from one party, counted as RFC 3550 A.1 (sequence), A.3 (loss) and A.8 (jitter) have it.

const MAX_DROPOUT = 3000;
const MAX_MISORDER = 100;
const SEQUENCES = 0x10000;

export interface ReceptionReport {
  /** 1/256ths since the last report. */
  fractionLost: number;
  cumulativeLost: number;
  highestSequence: number;
  /** In timestamp units. */
  jitter: number;
}

export class ReceiveStream {
  ssrc = 0;
  started = false;
  ssrcChanges = 0;
  /** All packets of this party, over all its SSRCs. */
  received = 0;
  #lostBefore = 0;
  #base = 0;
  #max = 0;
  #cycles = 0;
  #counted = 0;
  #bad = -1;
  #jitter = 0;
  #transit = 0;
  #haveTransit = false;
  #expectedPrior = 0;
  #countedPrior = 0;

  /** Counts a valid packet. `arrival` in timestamp units; `timed` is false for key events, whose timestamps say nothing of jitter. */
  update(ssrc: number, sequence: number, timestamp: number, arrival: number, timed: boolean): void {
    if (!this.started || ssrc !== this.ssrc) {
      if (this.started) this.ssrcChanges++;
      this.#restart(ssrc, sequence);
    } else {
      this.#advance(sequence);
    }
    this.received++;
    this.#counted++;
    if (timed) this.#updateJitter(timestamp, arrival);
  }

  get lost(): number {
    return this.#lostBefore + Math.max(0, this.#expected() - this.#counted);
  }

  /** Interarrival jitter in milliseconds at 8 kHz. */
  get jitterMs(): number {
    return this.#jitter / 8;
  }

  /** The figures of a report block, and the start of a new interval (A.3). */
  report(): ReceptionReport {
    const expected = this.#expected();
    const expectedInterval = expected - this.#expectedPrior;
    const lostInterval = expectedInterval - (this.#counted - this.#countedPrior);
    this.#expectedPrior = expected;
    this.#countedPrior = this.#counted;
    const fractionLost = expectedInterval > 0 && lostInterval > 0 ? Math.min(255, Math.floor((lostInterval * 256) / expectedInterval)) : 0;
    return {
      fractionLost,
      cumulativeLost: Math.max(-0x800000, Math.min(0x7fffff, expected - this.#counted)),
      highestSequence: (this.#cycles + this.#max) >>> 0,
      jitter: Math.floor(this.#jitter),
    };
  }

  #expected(): number {
    return this.started ? this.#cycles + this.#max - this.#base + 1 : 0;
  }

  #restart(ssrc: number, sequence: number): void {
    this.#lostBefore = this.lost;
    this.ssrc = ssrc;
    this.started = true;
    this.#base = sequence;
    this.#max = sequence;
    this.#cycles = 0;
    this.#counted = 0;
    this.#bad = -1;
    this.#haveTransit = false;
    this.#expectedPrior = 0;
    this.#countedPrior = 0;
  }

  #advance(sequence: number): void {
    const step = (sequence - this.#max) & 0xffff;
    if (step < MAX_DROPOUT) {
      if (sequence < this.#max) this.#cycles += SEQUENCES;
      this.#max = sequence;
      this.#bad = -1;
    } else if (step <= SEQUENCES - MAX_MISORDER) {
      // Two in a row after a large jump: the sender has started anew.
      if (sequence === this.#bad) this.#restart(this.ssrc, sequence);
      else this.#bad = (sequence + 1) & 0xffff;
    }
  }

  #updateJitter(timestamp: number, arrival: number): void {
    const transit = (Math.round(arrival) - timestamp) | 0;
    if (this.#haveTransit) {
      const d = Math.abs((transit - this.#transit) | 0);
      // A jump of a second or more is a new clock, not jitter.
      if (d < 8000) this.#jitter += (d - this.#jitter) / 16;
    }
    this.#haveTransit = true;
    this.#transit = transit;
  }
}
