import { createSocket, type Socket } from 'node:dgram';
import { encode } from '../../src/media/core/g711.js';
import { newRtpHeader, parseRtp, type RtpHeader, writeRtpHeader } from '../../src/media/core/rtp.js';
import { writeEvent } from '../../src/media/core/telephone-event.js';
import type { MediaParameters } from '../../src/media/port.js';
import { decode, sine } from './audio.js';

export interface Heard extends RtpHeader {
  payload: Uint8Array;
  at: number;
  fromPort: number;
}

const DEADLINE_MS = 8000;

/** A peer made for tests: one RTP and one RTCP socket on loopback, sending what it is told and keeping what it hears. */
export class Phone {
  readonly heard: Heard[] = [];
  readonly reports: Buffer[] = [];
  readonly ssrc: number;
  sequence = 1000;
  timestamp = 50_000;
  codec: 'PCMA' | 'PCMU';
  #rtp: Socket;
  #rtcp: Socket;
  #target = 0;
  #talking: NodeJS.Timeout | undefined;
  #waiting = new Set<() => void>();
  readonly #address: string;

  private constructor(rtp: Socket, rtcp: Socket, codec: 'PCMA' | 'PCMU', ssrc: number, address: string) {
    this.#rtp = rtp;
    this.#rtcp = rtcp;
    this.codec = codec;
    this.ssrc = ssrc;
    this.#address = address;
    rtp.on('message', (b, from) => {
      const h = newRtpHeader();
      if (parseRtp(b, b.length, h) !== 'ok') return;
      this.heard.push({
        ...h,
        payload: Uint8Array.from(b.subarray(h.payloadOffset, h.payloadOffset + h.payloadLength)),
        at: performance.now(),
        fromPort: from.port,
      });
      this.#wake();
    });
    rtcp.on('message', (b) => {
      this.reports.push(b);
      this.#wake();
    });
  }

  static async open(codec: 'PCMA' | 'PCMU' = 'PCMA', ssrc = 0x1000, address = '127.0.0.1'): Promise<Phone> {
    const bind = (): Promise<Socket> =>
      new Promise((resolve, reject) => {
        const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
        socket.once('error', reject);
        socket.bind(0, address, () => resolve(socket));
      });
    return new Phone(await bind(), await bind(), codec, ssrc, address);
  }

  get port(): number {
    return this.#rtp.address().port;
  }

  /** What the engine is told of this phone. */
  parameters(over: Partial<MediaParameters> = {}): MediaParameters {
    return {
      remote: { address: this.#address, rtpPort: this.port, rtcpPort: this.#rtcp.address().port },
      codec: this.codec,
      payloadType: this.codec === 'PCMA' ? 8 : 0,
      telephoneEventSend: 101,
      telephoneEventReceive: 101,
      direction: 'sendrecv',
      ptimeMs: 20,
      ...over,
    };
  }

  dial(port: number): void {
    this.#target = port;
  }

  raw(b: Uint8Array): void {
    this.#rtp.send(b, this.#target, this.#address);
  }

  rawReport(b: Uint8Array): void {
    this.#rtcp.send(b, this.#target + 1, this.#address);
  }

  /** One packet of audio, 20 ms on. */
  say(octets: Uint8Array, marker = false): void {
    const b = new Uint8Array(12 + octets.length);
    writeRtpHeader(b, 0, marker, this.codec === 'PCMA' ? 8 : 0, this.sequence++ & 0xffff, this.timestamp, this.ssrc);
    b.set(octets, 12);
    this.timestamp += octets.length;
    this.raw(b);
  }

  /** A tone until `hush`. */
  talk(hz: number): void {
    this.hush();
    let from = 0;
    const next = (): void => {
      this.say(encode(sine(hz, 160, 8000, from), this.codec));
      from += 160;
    };
    next();
    this.#talking = setInterval(next, 20);
  }

  hush(): void {
    clearInterval(this.#talking);
  }

  /** A key as RFC 4733 has it, all packets at once. */
  press(event: number, ends = 3): void {
    const send = (duration: number, end: boolean, marker: boolean): void => {
      const b = new Uint8Array(16);
      writeRtpHeader(b, 0, marker, 101, this.sequence++ & 0xffff, this.timestamp, this.ssrc);
      writeEvent(b, 12, { event, end, duration, first: marker });
      this.raw(b);
    };
    for (let step = 1; step <= 5; step++) send(step * 160, false, step === 1);
    for (let k = 0; k < ends; k++) send(800, true, false);
    this.timestamp += 800;
  }

  /** Audio heard since `from`, in the order of its sequence numbers. */
  audio(from = 0): Int16Array {
    const type = this.codec === 'PCMA' ? 8 : 0;
    const packets = this.heard.slice(from).filter((h) => h.payloadType === type);
    const all = packets.flatMap((h) => [...decode(h.payload, this.codec)]);
    return Int16Array.from(all);
  }

  /** Audio heard so far, each packet where its timestamp puts it; what was skipped is silence. */
  audioInTime(): Int16Array {
    const first = this.heard[0]?.timestamp ?? 0;
    const at = (h: Heard): number => (h.timestamp - first) >>> 0;
    const all = new Int16Array(Math.max(0, ...this.heard.map((h) => at(h) + h.payloadLength)));
    for (const h of this.heard) all.set(decode(h.payload, this.codec), at(h));
    return all;
  }

  /** Waits, with a deadline, until `true` is answered; asked again with everything that is heard. */
  async until(what: string, holds: () => boolean): Promise<void> {
    if (holds()) return;
    await new Promise<void>((resolve, reject) => {
      const check = (): void => {
        if (!holds()) return;
        this.#waiting.delete(check);
        clearTimeout(deadline);
        resolve();
      };
      const deadline = setTimeout(() => {
        this.#waiting.delete(check);
        reject(new Error(`never came: ${what} (heard ${this.heard.length} packets)`));
      }, DEADLINE_MS);
      this.#waiting.add(check);
    });
  }

  /** Waits for `n` more packets. */
  hears(n: number): Promise<void> {
    const before = this.heard.length;
    return this.until(`${n} packets`, () => this.heard.length >= before + n);
  }

  close(): void {
    this.hush();
    this.#rtp.close();
    this.#rtcp.close();
  }

  #wake(): void {
    for (const check of [...this.#waiting]) check();
  }
}
