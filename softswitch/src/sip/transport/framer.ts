// Cuts a byte stream into SIP messages by Content-Length (RFC 3261 §18.3) and finds the keep-alives of RFC 5626 §3.5.1.

/** One message on a stream, head and body together. */
export const MAX_FRAME = 65_536;

export type FrameEvent =
  | { type: 'message'; bytes: Buffer }
  /** CRLF CRLF between messages: owed a single CRLF. */
  | { type: 'ping' }
  /** Framing is lost; nothing after it can be read. `head` is there when the header section was complete. */
  | { type: 'lost'; reason: 'too-large' | 'bad-length'; head: Buffer | undefined };

/** One chunk is answered with so many pongs at most. */
const MAX_PINGS = 16;

const CR = 13;
const LF = 10;

/** Content-Length in a header section: 0 when absent, -1 when it cannot be read. */
export function declaredLength(head: string): number {
  let at = head.indexOf('\r\n');
  while (at >= 0) {
    const start = at + 2;
    at = head.indexOf('\r\n', start);
    const first = head[start];
    if (first !== 'c' && first !== 'C' && first !== 'l' && first !== 'L') continue;
    const colon = head.indexOf(':', start);
    if (colon < 0 || (at >= 0 && colon > at)) continue;
    const name = head.slice(start, colon).trimEnd().toLowerCase();
    if (name !== 'content-length' && name !== 'l') continue;
    const value = head.slice(colon + 1, at < 0 ? undefined : at).trim();
    if (value.length === 0 || value.length > 9) return -1;
    for (let i = 0; i < value.length; i++) if (value.charCodeAt(i) < 48 || value.charCodeAt(i) > 57) return -1;
    return Number(value);
  }
  return 0;
}

/** Bytes wait in one buffer that doubles, and each byte is looked at once, so a peer that sends one byte at a time costs no more. */
export class StreamFramer {
  #buffer = Buffer.alloc(0);
  #length = 0;
  #searched = 0;
  /** Length of the whole message once its head is complete. */
  #total = 0;
  #lost = false;
  /** Line break bytes since the last message. */
  #breaks = 0;

  /** Whether a message has begun and is not complete. */
  get partial(): boolean {
    return this.#length > 0;
  }

  push(chunk: Buffer): FrameEvent[] {
    const events: FrameEvent[] = [];
    if (this.#lost) return events;
    this.#append(chunk);
    while (!this.#lost && this.#next(events));
    return events;
  }

  #append(chunk: Buffer): void {
    const needed = this.#length + chunk.length;
    if (needed > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2, 2_048));
      this.#buffer.copy(grown, 0, 0, this.#length);
      this.#buffer = grown;
    }
    chunk.copy(this.#buffer, this.#length);
    this.#length = needed;
  }

  #consume(count: number): void {
    this.#buffer.copyWithin(0, count, this.#length);
    this.#length -= count;
    this.#searched = 0;
    this.#total = 0;
    if (this.#length === 0 && this.#buffer.length > 8_192) this.#buffer = Buffer.alloc(0);
  }

  /** Consumes every line break before a message: four bytes of them are a ping, two a pong or padding. */
  #skipLineBreaks(events: FrameEvent[]): void {
    let at = 0;
    while (at < this.#length && (this.#buffer[at] === CR || this.#buffer[at] === LF)) {
      at++;
      this.#breaks++;
      if (this.#breaks < 4) continue;
      this.#breaks = 0;
      if (events.length < MAX_PINGS) events.push({ type: 'ping' });
    }
    if (at < this.#length) this.#breaks = 0;
    if (at > 0) this.#consume(at);
  }

  /** Takes one message out; false when more bytes are needed. */
  #next(events: FrameEvent[]): boolean {
    if (this.#total === 0) {
      this.#skipLineBreaks(events);
      if (this.#length === 0) return false;
      const view = this.#buffer.subarray(0, this.#length);
      const blank = view.indexOf('\r\n\r\n', Math.max(0, this.#searched - 3), 'latin1');
      if (blank < 0) {
        this.#searched = this.#length;
        if (this.#length > MAX_FRAME) this.#lose(events, 'too-large', undefined);
        return false;
      }
      const head = Buffer.from(view.subarray(0, blank + 4));
      const length = declaredLength(head.toString('latin1', 0, blank));
      if (length < 0) return this.#lose(events, 'bad-length', head);
      if (blank + 4 + length > MAX_FRAME) return this.#lose(events, 'too-large', head);
      this.#total = blank + 4 + length;
    }
    if (this.#length < this.#total) return false;
    events.push({ type: 'message', bytes: Buffer.from(this.#buffer.subarray(0, this.#total)) });
    this.#consume(this.#total);
    return this.#length > 0;
  }

  #lose(events: FrameEvent[], reason: 'too-large' | 'bad-length', head: Buffer | undefined): false {
    this.#lost = true;
    this.#buffer = Buffer.alloc(0);
    this.#length = 0;
    events.push({ type: 'lost', reason, head });
    return false;
  }
}
