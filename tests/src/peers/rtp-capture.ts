import { writeFile } from 'node:fs/promises';
import { encodeAlaw, encodeUlaw } from './g711-encode.js';

// What a sipp caller says, as a packet capture for `play_pcap_audio`: one stream, sequence and time stamps going on
// through tones, silence and keys, as a real telephone sends them.

export type Said =
  | { kind: 'tone'; hz: number; ms: number; secondHz?: number }
  | { kind: 'silence'; ms: number }
  /** RFC 4733 event, 100 ms long, in place of audio; followed by 100 ms of silence. */
  | { kind: 'key'; key: string; ms?: number }
  /** Nothing is sent at all. */
  | { kind: 'gap'; ms: number };

export interface CaptureOptions {
  codec?: 'PCMA' | 'PCMU';
  telephoneEvent?: number;
  ssrc?: number;
}

const FRAME = 160;
const EVENTS = '0123456789*#ABCD';

interface Packet {
  atMs: number;
  rtp: Buffer;
}

/** The keys of a keypad, one after the other with pauses, for `writeCapture`. */
export function keys(digits: string): Said[] {
  return [...digits].map((key) => ({ kind: 'key', key }));
}

class Stream {
  readonly packets: Packet[] = [];
  #sequence = 1000;
  #timestamp = 160_000;
  #atMs = 0;
  #marker = true;
  readonly #codec: 'PCMA' | 'PCMU';
  readonly #event: number;
  readonly #ssrc: number;

  constructor(options: CaptureOptions) {
    this.#codec = options.codec ?? 'PCMA';
    this.#event = options.telephoneEvent ?? 101;
    this.#ssrc = options.ssrc ?? 0x59580001;
  }

  audio(frequencies: readonly number[], ms: number): void {
    const encode = this.#codec === 'PCMA' ? encodeAlaw : encodeUlaw;
    const frames = Math.round(ms / 20);
    for (let frame = 0; frame < frames; frame++) {
      const payload = Buffer.alloc(FRAME);
      for (let i = 0; i < FRAME; i++) {
        const t = (frame * FRAME + i) / 8000;
        payload[i] = encode(Math.round(frequencies.reduce((sum, hz) => sum + 6000 * Math.sin(2 * Math.PI * hz * t), 0)));
      }
      this.#send(this.#codec === 'PCMA' ? 8 : 0, this.#timestamp, payload, this.#marker);
      this.#marker = false;
      this.#advance(20);
    }
  }

  key(key: string, ms: number): void {
    const event = EVENTS.indexOf(key.toUpperCase());
    if (event < 0) throw new Error(`no such key: ${key}`);
    const start = this.#timestamp;
    for (let sent = 20; sent <= ms; sent += 20) {
      this.#advance(20);
      this.#send(this.#event, start, eventPayload(event, sent * 8, false), sent === 20);
    }
    // The end is sent three times (RFC 4733 §2.5.1.4).
    for (let i = 0; i < 3; i++) this.#send(this.#event, start, eventPayload(event, ms * 8, true), false);
    this.#marker = true;
  }

  gap(ms: number): void {
    this.#advance(ms);
    this.#marker = true;
  }

  #send(payloadType: number, timestamp: number, payload: Buffer, marker: boolean): void {
    const header = Buffer.alloc(12);
    header[0] = 0x80;
    header[1] = (marker ? 0x80 : 0) | payloadType;
    header.writeUInt16BE(this.#sequence++ & 0xffff, 2);
    header.writeUInt32BE(timestamp >>> 0, 4);
    header.writeUInt32BE(this.#ssrc >>> 0, 8);
    this.packets.push({ atMs: this.#atMs, rtp: Buffer.concat([header, payload]) });
  }

  #advance(ms: number): void {
    this.#atMs += ms;
    this.#timestamp += ms * 8;
  }
}

function eventPayload(event: number, duration: number, end: boolean): Buffer {
  const payload = Buffer.alloc(4);
  payload[0] = event;
  payload[1] = (end ? 0x80 : 0) | 10;
  payload.writeUInt16BE(duration, 2);
  return payload;
}

/** Writes the capture and tells how long it takes to play, milliseconds. */
export async function writeCapture(file: string, said: readonly Said[], options: CaptureOptions = {}): Promise<number> {
  const stream = new Stream(options);
  let length = 0;
  for (const part of said) {
    if (part.kind === 'tone') stream.audio(part.secondHz ? [part.hz, part.secondHz] : [part.hz], part.ms);
    else if (part.kind === 'silence') stream.audio([], part.ms);
    else if (part.kind === 'gap') stream.gap(part.ms);
    else {
      stream.key(part.key, part.ms ?? 100);
      stream.audio([], 100);
    }
    length += part.kind === 'key' ? (part.ms ?? 100) + 100 : part.ms;
  }
  await writeFile(file, Buffer.concat([fileHeader(), ...stream.packets.map(record)]));
  return length;
}

function fileHeader(): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(65_535, 16);
  header.writeUInt32LE(1, 20);
  return header;
}

// Ethernet, IPv4 and UDP headers only have to be well-formed: sipp puts its own addresses and ports in.
function record(packet: Packet): Buffer {
  const length = 14 + 20 + 8 + packet.rtp.length;
  const bytes = Buffer.alloc(16 + length - packet.rtp.length);
  bytes.writeUInt32LE(Math.floor(packet.atMs / 1000), 0);
  bytes.writeUInt32LE((packet.atMs % 1000) * 1000, 4);
  bytes.writeUInt32LE(length, 8);
  bytes.writeUInt32LE(length, 12);
  bytes.writeUInt16BE(0x0800, 16 + 12);
  const ip = 16 + 14;
  bytes[ip] = 0x45;
  bytes.writeUInt16BE(28 + packet.rtp.length, ip + 2);
  bytes[ip + 8] = 64;
  bytes[ip + 9] = 17;
  bytes.writeUInt32BE(0x7f000001, ip + 12);
  bytes.writeUInt32BE(0x7f000001, ip + 16);
  bytes.writeUInt16BE(6000, ip + 20);
  bytes.writeUInt16BE(6000, ip + 22);
  bytes.writeUInt16BE(8 + packet.rtp.length, ip + 24);
  return Buffer.concat([bytes, packet.rtp]);
}
