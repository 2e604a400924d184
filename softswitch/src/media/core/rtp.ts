// RTP fixed header, RFC 3550 §5.1. Parsing fills a header that its caller keeps, so that a packet costs no allocation.

export interface RtpHeader {
  marker: boolean;
  payloadType: number;
  sequence: number;
  timestamp: number;
  ssrc: number;
  /** Where the payload begins and how long it is, after CSRCs, extension and padding. */
  payloadOffset: number;
  payloadLength: number;
}

export type RtpFault = 'ok' | 'too-short' | 'too-long' | 'version' | 'csrc' | 'extension' | 'padding' | 'rtcp';

export const RTP_HEADER_LENGTH = 12;
/** Longest packet accepted: 200 ms of G.711 with room for extensions. */
export const RTP_MAX_LENGTH = 2048;

export const newRtpHeader = (): RtpHeader => ({
  marker: false,
  payloadType: 0,
  sequence: 0,
  timestamp: 0,
  ssrc: 0,
  payloadOffset: 0,
  payloadLength: 0,
});

/** Checks a datagram as RFC 3550 A.1 asks and fills `into`. Never throws; reads nothing beyond `length`. */
export function parseRtp(b: Uint8Array, length: number, into: RtpHeader): RtpFault {
  if (length < RTP_HEADER_LENGTH) return 'too-short';
  if (length > RTP_MAX_LENGTH) return 'too-long';
  const first = b[0] as number;
  if (first >> 6 !== 2) return 'version';
  const second = b[1] as number;
  // RTCP types 192–223 would read as payload types 64–95 (RFC 5761 §4).
  if (second >= 192 && second <= 223) return 'rtcp';
  let offset = RTP_HEADER_LENGTH + (first & 0x0f) * 4;
  if (offset > length) return 'csrc';
  if (first & 0x10) {
    if (offset + 4 > length) return 'extension';
    offset += 4 + 4 * (((b[offset + 2] as number) << 8) | (b[offset + 3] as number));
    if (offset > length) return 'extension';
  }
  let end = length;
  if (first & 0x20) {
    const padding = b[length - 1] as number;
    if (padding === 0 || padding > length - offset) return 'padding';
    end -= padding;
  }
  into.marker = second > 127;
  into.payloadType = second & 0x7f;
  into.sequence = ((b[2] as number) << 8) | (b[3] as number);
  into.timestamp = readUint32(b, 4);
  into.ssrc = readUint32(b, 8);
  into.payloadOffset = offset;
  into.payloadLength = end - offset;
  return 'ok';
}

/** Big-endian 32 bits, unsigned. */
export const readUint32 = (b: Uint8Array, at: number): number =>
  (((b[at] as number) << 24) | ((b[at + 1] as number) << 16) | ((b[at + 2] as number) << 8) | (b[at + 3] as number)) >>> 0;

export function writeUint32(b: Uint8Array, at: number, value: number): void {
  b[at] = value >>> 24;
  b[at + 1] = value >>> 16;
  b[at + 2] = value >>> 8;
  b[at + 3] = value;
}

/** Writes a header without CSRCs, extension or padding at `at`. */
export function writeRtpHeader(
  b: Uint8Array,
  at: number,
  marker: boolean,
  payloadType: number,
  sequence: number,
  timestamp: number,
  ssrc: number,
): void {
  b[at] = 0x80;
  b[at + 1] = marker ? payloadType | 0x80 : payloadType;
  b[at + 2] = sequence >>> 8;
  b[at + 3] = sequence;
  writeUint32(b, at + 4, timestamp);
  writeUint32(b, at + 8, ssrc);
}
