// Symmetric RTP (RFC 4961) behind NAT: whom we believe to be the party.
//
//   open ──from the signalled address and port──▶ signalled (final)
//   open ──valid from elsewhere──▶ latched ──from the signalled address and port──▶ signalled
//   signalled, latched ──same address, other port, after silence──▶ latched
//
// Everything else is a stranger: dropped and counted.

/** How long the party must have been silent before another port of its address is believed. */
export const PORT_CHANGE_SILENCE_MS = 1000;

export type Verdict = 'accept' | 'latched' | 'stranger';

export class SourceLock {
  #signalledAddress = '';
  #signalledPort = 0;
  #address = '';
  #port = 0;
  #lastAt = 0;

  /** Where the party is believed to be now; port 0 before the first packet. */
  get address(): string {
    return this.#address;
  }

  get port(): number {
    return this.#port;
  }

  /** A new answer or offer. The same address and port again changes nothing. Returns true when the lock was opened. */
  signal(address: string, port: number): boolean {
    if (address === this.#signalledAddress && port === this.#signalledPort) return false;
    this.#signalledAddress = address;
    this.#signalledPort = port;
    this.#address = '';
    this.#port = 0;
    return true;
  }

  /** `latched` when the source to believe has changed with this packet. */
  judge(address: string, port: number, now: number): Verdict {
    if (port === this.#port && address === this.#address) {
      this.#lastAt = now;
      return 'accept';
    }
    const signalled = port === this.#signalledPort && address === this.#signalledAddress;
    const moved = address === this.#address && now - this.#lastAt >= PORT_CHANGE_SILENCE_MS;
    if (this.#port !== 0 && !signalled && !moved) return 'stranger';
    this.#address = address;
    this.#port = port;
    this.#lastAt = now;
    return 'latched';
  }
}
