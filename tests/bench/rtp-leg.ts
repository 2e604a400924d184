import { createSocket, type Socket } from 'node:dgram';

const MAGIC = 0x59495849;
const FRAME_MS = 20;
const FRAME_BYTES = 160;

/** Everything heard on all legs together. */
export interface RtpFigures {
  sent: number;
  /** Of those sent from the moment the other side was first heard. */
  expected: number;
  received: number;
  delaysMs: number[];
}

/**
 * One RTP port of the load: sends PCMA frames that carry leg, number and time of sending, and reads those of its partner.
 * The bytes survive pass-through; a server that re-encodes would not be measured by this.
 */
export class RtpLeg {
  readonly #socket: Socket;
  readonly #heard = new Map<number, Set<number>>();
  #remotePort = 0;
  #sequence = Math.floor(Math.random() * 10_000);
  #number = 0;
  #talking = false;
  port = 0;
  readonly id: number;
  readonly delaysMs: number[] = [];
  /** First packet of the partner, performance.now(). */
  onHeard: (at: number) => void = () => undefined;

  constructor(id: number) {
    this.id = id;
    this.#socket = createSocket({ type: 'udp4', recvBufferSize: 256 << 10 });
    this.#socket.on('message', (bytes) => this.#received(bytes));
  }

  open(): Promise<void> {
    return new Promise((resolve) =>
      this.#socket.bind(0, '127.0.0.1', () => {
        this.port = this.#socket.address().port;
        resolve();
      }),
    );
  }

  get sdp(): string {
    return [
      'v=0',
      `o=- ${this.id} 1 IN IP4 127.0.0.1`,
      's=-',
      'c=IN IP4 127.0.0.1',
      't=0 0',
      `m=audio ${this.port} RTP/AVP 8 101`,
      'a=rtpmap:8 PCMA/8000',
      'a=rtpmap:101 telephone-event/8000',
      'a=fmtp:101 0-15',
      '',
    ].join('\r\n');
  }

  /** Sends to the port an SDP names. */
  connect(sdp: string): void {
    this.#remotePort = Number(/m=audio (\d+)/.exec(sdp)?.[1] ?? 0);
  }

  talk(on: boolean): void {
    this.#talking = on;
  }

  /** Called every 20 ms by the pacer. */
  tick(): void {
    if (!this.#talking || this.#remotePort === 0) return;
    // One of its own: dgram reads it in a later turn, and after a stall of ours two or three leave in this one.
    const p = Buffer.alloc(12 + FRAME_BYTES, 0xd5);
    p[0] = 0x80;
    p[1] = 8;
    p.writeUInt16BE(this.#sequence++ & 0xffff, 2);
    p.writeUInt32BE((this.#number * FRAME_BYTES) >>> 0, 4);
    p.writeUInt32BE(this.id, 8);
    p.writeUInt32BE(MAGIC, 12);
    p.writeUInt32BE(this.id, 16);
    p.writeUInt32BE(this.#number++, 20);
    p.writeDoubleBE(performance.now(), 24);
    this.#socket.send(p, this.#remotePort, '127.0.0.1');
  }

  /** One key by RFC 4733. @returns performance.now() at the first end packet */
  async key(digit: number): Promise<number> {
    const timestamp = this.#number * FRAME_BYTES;
    const send = (duration: number, end: boolean) => {
      const p = Buffer.alloc(16);
      p[0] = 0x80;
      p[1] = 101 | (duration === FRAME_BYTES ? 0x80 : 0);
      p.writeUInt16BE(this.#sequence++ & 0xffff, 2);
      p.writeUInt32BE(timestamp >>> 0, 4);
      p.writeUInt32BE(this.id, 8);
      p[12] = digit;
      p[13] = (end ? 0x80 : 0) | 10;
      p.writeUInt16BE(duration, 14);
      this.#socket.send(p, this.#remotePort, '127.0.0.1');
    };
    for (let n = 1; n <= 5; n++) {
      send(n * FRAME_BYTES, false);
      await new Promise((resolve) => setTimeout(resolve, FRAME_MS));
    }
    const at = performance.now();
    for (let n = 0; n < 3; n++) send(5 * FRAME_BYTES, true);
    return at;
  }

  #received(bytes: Buffer): void {
    if (bytes.length !== 12 + FRAME_BYTES || bytes.readUInt32BE(12) !== MAGIC) return;
    const now = performance.now();
    const from = bytes.readUInt32BE(16);
    if (!this.#heard.has(from)) {
      this.#heard.set(from, new Set());
      this.onHeard(now);
    }
    this.#heard.get(from)?.add(bytes.readUInt32BE(20));
    this.delaysMs.push(now - bytes.readDoubleBE(24));
  }

  /** Packets of the partner from the first heard on, and how many of them came. */
  figures(partner: RtpLeg): { expected: number; received: number } {
    const numbers = this.#heard.get(partner.id);
    if (!numbers || numbers.size === 0) return { expected: 0, received: 0 };
    let first = Number.POSITIVE_INFINITY;
    for (const n of numbers) first = Math.min(first, n);
    return { expected: partner.#number - first, received: numbers.size };
  }

  close(): void {
    this.#socket.close();
  }
}

/** Ticks all legs on absolute deadlines, a twentieth of them each millisecond, so that packets do not leave in one burst. */
export function startPacer(legs: readonly RtpLeg[]): () => void {
  const began = performance.now();
  let slot = 0;
  const timer = setInterval(() => {
    const due = Math.floor(performance.now() - began);
    for (; slot < due; slot++) for (let i = slot % FRAME_MS; i < legs.length; i += FRAME_MS) legs[i]?.tick();
  }, 1);
  return () => clearInterval(timer);
}
