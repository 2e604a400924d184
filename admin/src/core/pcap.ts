import type { SipTraceMessage } from '@yixian/contracts';

// A capture of raw IP packets (libpcap, LINKTYPE_RAW) that Wireshark and sngrep open: each message in a UDP datagram between
// the addresses it went between. What went over TCP or WebSocket stands there as a datagram too.

const RAW_IP = 101;
const SNAPLEN = 262_144;
const [UDP, UDP_HEAD, HOPS] = [17, 8, 64];

/** The messages as a pcap file. Secrets have been taken out of them, so lengths may differ from the wire. */
export function sipTracePcap(messages: readonly SipTraceMessage[]): Buffer {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0); // microseconds, little endian
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(SNAPLEN, 16);
  head.writeUInt32LE(RAW_IP, 20);
  return Buffer.concat([head, ...messages.flatMap(recordOf)]);
}

function recordOf(message: SipTraceMessage): Buffer[] {
  const [from, to] = message.direction === 'received' ? [message.remote, message.local] : [message.local, message.remote];
  const packet = packetOf(endpointOf(from), endpointOf(to), Buffer.from(message.text, 'latin1'));
  const head = Buffer.alloc(16);
  head.writeUInt32LE(Math.floor(message.at / 1000), 0);
  head.writeUInt32LE((message.at % 1000) * 1000, 4);
  head.writeUInt32LE(packet.length, 8);
  head.writeUInt32LE(packet.length, 12);
  return [head, packet];
}

interface Endpoint {
  address: Buffer;
  port: number;
}

/** Of `address:port`; what is no address becomes 0.0.0.0. */
function endpointOf(text: string): Endpoint {
  const at = text.lastIndexOf(':');
  const host = text.slice(0, Math.max(at, 0)).replace(/^\[|\]$/g, '');
  return { address: host.includes(':') ? ipv6(host) : ipv4(host), port: Number(text.slice(at + 1)) & 0xffff };
}

function ipv4(host: string): Buffer {
  const parts = host.split('.').map(Number);
  return Buffer.from(parts.length === 4 ? parts : [0, 0, 0, 0]);
}

function ipv6(host: string): Buffer {
  const plain = host.split('%')[0] ?? '';
  const groups = (text: string): number[] => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)));
  const [front = '', back] = plain.split('::');
  const [first, last] = [groups(front), groups(back ?? '')];
  const all = [...first, ...new Array<number>(Math.max(0, 8 - first.length - last.length)).fill(0), ...last];
  const bytes = Buffer.alloc(16);
  for (const [i, group] of all.slice(0, 8).entries()) bytes.writeUInt16BE(group & 0xffff, 2 * i);
  return bytes;
}

function packetOf(from: Endpoint, to: Endpoint, payload: Buffer): Buffer {
  const udp = Buffer.alloc(UDP_HEAD);
  udp.writeUInt16BE(from.port, 0);
  udp.writeUInt16BE(to.port, 2);
  udp.writeUInt16BE(UDP_HEAD + payload.length, 4); // checksum 0: none
  const v6 = from.address.length === 16 || to.address.length === 16;
  const head = v6
    ? ipv6Head(wide(from.address), wide(to.address), udp.length + payload.length)
    : ipv4Head(from, to, udp.length + payload.length);
  return Buffer.concat([head, udp, payload]);
}

function ipv4Head(from: Endpoint, to: Endpoint, length: number): Buffer {
  const head = Buffer.alloc(20);
  head[0] = 0x45;
  head.writeUInt16BE(head.length + length, 2);
  head[8] = HOPS;
  head[9] = UDP;
  from.address.copy(head, 12);
  to.address.copy(head, 16);
  let sum = 0;
  for (let i = 0; i < head.length; i += 2) sum += head.readUInt16BE(i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  head.writeUInt16BE(~sum & 0xffff, 10);
  return head;
}

function ipv6Head(from: Buffer, to: Buffer, length: number): Buffer {
  const head = Buffer.alloc(8);
  head[0] = 0x60;
  head.writeUInt16BE(length, 4);
  head[6] = UDP;
  head[7] = HOPS;
  return Buffer.concat([head, from, to]);
}

/** IPv4 beside IPv6: mapped (RFC 4291 §2.5.5.2). */
function wide(address: Buffer): Buffer {
  return address.length === 16 ? address : Buffer.concat([Buffer.alloc(10), Buffer.from([0xff, 0xff]), address]);
}
