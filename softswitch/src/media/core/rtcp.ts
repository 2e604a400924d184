import { readUint32, writeUint32 } from './rtp.js';

// RTCP, RFC 3550 §6: sender and receiver reports, SDES with CNAME, BYE.

const SR = 200;
const RR = 201;
const SDES = 202;
const BYE = 203;
const MAX_LENGTH = 1500;
const NTP_EPOCH_SECONDS = 2_208_988_800;

export interface ReportBlock {
  ssrc: number;
  fractionLost: number;
  cumulativeLost: number;
  highestSequence: number;
  jitter: number;
  /** Middle 32 bits of the last SR's NTP time, and the delay since, in 1/65536 s. */
  lastSr: number;
  delaySinceLastSr: number;
}

export interface SenderInfo {
  ntpSeconds: number;
  ntpFraction: number;
  rtpTimestamp: number;
  packets: number;
  octets: number;
}

export interface OutgoingReport {
  ssrc: number;
  cname: string;
  sender: SenderInfo | undefined;
  block: ReportBlock | undefined;
  bye: boolean;
}

export interface IncomingReport {
  ssrc: number;
  sender: SenderInfo | undefined;
  blocks: ReportBlock[];
  bye: boolean;
}

/** Wall-clock milliseconds → NTP seconds and fraction. */
export function toNtp(epochMs: number): { seconds: number; fraction: number } {
  const seconds = Math.floor(epochMs / 1000);
  return { seconds: (seconds + NTP_EPOCH_SECONDS) >>> 0, fraction: Math.floor(((epochMs - seconds * 1000) / 1000) * 4294967296) >>> 0 };
}

/** The 32 bits of an NTP time that a report echoes. */
export const middleNtp = (seconds: number, fraction: number): number => (((seconds & 0xffff) << 16) | (fraction >>> 16)) >>> 0;

/** A compound packet: SR or RR, SDES, and BYE when the session ends (§6.1). */
export function buildRtcp(report: OutgoingReport): Uint8Array {
  const b = new Uint8Array(256);
  let at = writeReport(b, report);
  at = writeCname(b, at, report.ssrc, report.cname);
  if (report.bye) {
    writeHead(b, at, 1, BYE, 8);
    writeUint32(b, at + 4, report.ssrc);
    at += 8;
  }
  return b.subarray(0, at);
}

function writeHead(b: Uint8Array, at: number, count: number, type: number, bytes: number): void {
  b[at] = 0x80 | count;
  b[at + 1] = type;
  b[at + 2] = (bytes / 4 - 1) >> 8;
  b[at + 3] = bytes / 4 - 1;
}

function writeReport(b: Uint8Array, { ssrc, sender, block }: OutgoingReport): number {
  const bytes = 8 + (sender ? 20 : 0) + (block ? 24 : 0);
  writeHead(b, 0, block ? 1 : 0, sender ? SR : RR, bytes);
  writeUint32(b, 4, ssrc);
  let at = 8;
  if (sender) {
    writeUint32(b, at, sender.ntpSeconds);
    writeUint32(b, at + 4, sender.ntpFraction);
    writeUint32(b, at + 8, sender.rtpTimestamp);
    writeUint32(b, at + 12, sender.packets);
    writeUint32(b, at + 16, sender.octets);
    at += 20;
  }
  if (block) {
    writeUint32(b, at, block.ssrc);
    writeUint32(b, at + 4, ((block.fractionLost << 24) | (block.cumulativeLost & 0xffffff)) >>> 0);
    writeUint32(b, at + 8, block.highestSequence);
    writeUint32(b, at + 12, block.jitter);
    writeUint32(b, at + 16, block.lastSr);
    writeUint32(b, at + 20, block.delaySinceLastSr);
    at += 24;
  }
  return at;
}

function writeCname(b: Uint8Array, at: number, ssrc: number, cname: string): number {
  const text = cname.slice(0, 64);
  // One null octet ends the items, more fill the word (§6.5).
  const bytes = 8 + Math.ceil((2 + text.length + 1) / 4) * 4;
  writeHead(b, at, 1, SDES, bytes);
  writeUint32(b, at + 4, ssrc);
  b[at + 8] = 1;
  b[at + 9] = text.length;
  for (let i = 0; i < text.length; i++) b[at + 10 + i] = text.charCodeAt(i) & 0x7f;
  return at + bytes;
}

/** Reads a compound packet; undefined when it is not one (A.2). Never throws. */
export function parseRtcp(b: Uint8Array): IncomingReport | undefined {
  if (b.length < 8 || b.length > MAX_LENGTH) return undefined;
  const type = b[1] as number;
  if ((b[0] as number) >> 6 !== 2 || (type !== SR && type !== RR)) return undefined;
  const report: IncomingReport = { ssrc: readUint32(b, 4), sender: undefined, blocks: [], bye: false };
  for (let at = 0; at < b.length; ) {
    if (at + 4 > b.length || (b[at] as number) >> 6 !== 2) return undefined;
    const bytes = 4 + 4 * (((b[at + 2] as number) << 8) | (b[at + 3] as number));
    if (at + bytes > b.length) return undefined;
    if (!readOne(b.subarray(at, at + bytes), report)) return undefined;
    at += bytes;
  }
  return report;
}

function readOne(b: Uint8Array, into: IncomingReport): boolean {
  const count = (b[0] as number) & 0x1f;
  const type = b[1];
  if (type === BYE) into.bye = true;
  if (type !== SR && type !== RR) return true;
  let at = type === SR ? 28 : 8;
  if (b.length < at + 24 * count) return false;
  if (type === SR) {
    into.sender = {
      ntpSeconds: readUint32(b, 8),
      ntpFraction: readUint32(b, 12),
      rtpTimestamp: readUint32(b, 16),
      packets: readUint32(b, 20),
      octets: readUint32(b, 24),
    };
  }
  for (let i = 0; i < count; i++, at += 24) into.blocks.push(readBlock(b, at));
  return true;
}

const readBlock = (b: Uint8Array, at: number): ReportBlock => ({
  ssrc: readUint32(b, at),
  fractionLost: b[at + 4] as number,
  cumulativeLost: (readUint32(b, at + 4) << 8) >> 8,
  highestSequence: readUint32(b, at + 8),
  jitter: readUint32(b, at + 12),
  lastSr: readUint32(b, at + 16),
  delaySinceLastSr: readUint32(b, at + 20),
});

/** Round trip in milliseconds from a report about us (§6.4.1); undefined when it echoes nothing or makes no sense. */
export function roundTripMs(block: ReportBlock, nowMiddleNtp: number): number | undefined {
  if (block.lastSr === 0) return undefined;
  const units = (nowMiddleNtp - block.lastSr - block.delaySinceLastSr) | 0;
  return units >= 0 && units < 65536 * 60 ? (units * 1000) / 65536 : undefined;
}
