// Which RTP port comes next: spread through the range, a port given back goes to the end of the line, so that late packets of
// an ended call find nobody for as long as possible.

export class PortPool {
  readonly total: number;
  readonly #free: number[];
  #head = 0;

  /** Pairs of an even port (RTP) and the odd one above (RTCP) between `min` and `max`. Throws a RangeError that names the fault. */
  constructor(min: number, max: number, random: () => number) {
    if (!Number.isInteger(min) || !Number.isInteger(max) || min < 1 || max > 65535 || min > max) {
      throw new RangeError(`rtpPorts: ${min}-${max} is not a range of ports`);
    }
    this.#free = [];
    for (let port = min + (min % 2); port + 1 <= max; port += 2) this.#free.push(port);
    this.total = this.#free.length;
    if (this.total === 0) throw new RangeError(`rtpPorts: ${min}-${max} holds no even port with the odd one above it`);
    for (let i = this.total - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      [this.#free[i], this.#free[j]] = [this.#free[j] as number, this.#free[i] as number];
    }
  }

  get available(): number {
    return this.#free.length - this.#head;
  }

  take(): number | undefined {
    const port = this.#free[this.#head];
    if (port === undefined) return undefined;
    this.#head++;
    if (this.#head > 1024 && this.#head * 2 > this.#free.length) {
      this.#free.splice(0, this.#head);
      this.#head = 0;
    }
    return port;
  }

  giveBack(port: number): void {
    this.#free.push(port);
  }
}
