/** Frames of baresip's control port: `length:payload,` (netstrings), payloads JSON. */
export class NetstringReader {
  #pending = Buffer.alloc(0);

  /** @returns the payloads completed by these bytes. @throws Error when the bytes are no netstring. */
  push(bytes: Buffer): string[] {
    this.#pending = Buffer.concat([this.#pending, bytes]);
    const payloads: string[] = [];
    for (;;) {
      const colon = this.#pending.indexOf(0x3a);
      if (colon < 0) return payloads;
      const length = Number(this.#pending.toString('latin1', 0, colon));
      if (!Number.isSafeInteger(length) || length < 0) throw new Error('control port: not a netstring');
      if (this.#pending.length < colon + 1 + length + 1) return payloads;
      payloads.push(this.#pending.toString('utf8', colon + 1, colon + 1 + length));
      this.#pending = this.#pending.subarray(colon + 1 + length + 1);
    }
  }
}

export function netstring(payload: string): string {
  return `${Buffer.byteLength(payload)}:${payload},`;
}
