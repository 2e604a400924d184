// struct sockaddr_in and sockaddr_in6 (POSIX netinet/in.h) as Linux has them on little-endian machines.

export const SOCKADDR_IN_BYTES = 16;
export const SOCKADDR_IN6_BYTES = 28;
const AF_INET = 2;
const AF_INET6 = 10;

/** Numeric address and port → struct. Throws a RangeError when the address is neither IPv4 nor IPv6. */
export function writeSocketAddress(address: string, port: number): Uint8Array {
  const v6 = address.includes(':');
  const b = new Uint8Array(v6 ? SOCKADDR_IN6_BYTES : SOCKADDR_IN_BYTES);
  b[0] = v6 ? AF_INET6 : AF_INET;
  b[2] = port >>> 8;
  b[3] = port;
  if (v6) b.set(ipv6Octets(address), 8);
  else b.set(ipv4Octets(address), 4);
  return b;
}

/** Struct → address in its usual writing (RFC 5952 for IPv6) and port. */
export function readSocketAddress(b: Uint8Array): { address: string; port: number } {
  const port = ((b[2] as number) << 8) | (b[3] as number);
  if (b[0] === AF_INET6) return { address: ipv6Text(b.subarray(8, 24)), port };
  return { address: `${b[4]}.${b[5]}.${b[6]}.${b[7]}`, port };
}

function ipv4Octets(address: string): number[] {
  const octets = address.split('.').map(Number);
  if (octets.length !== 4 || !octets.every((o) => Number.isInteger(o) && o >= 0 && o <= 255))
    throw new RangeError(`${address} is no address`);
  return octets;
}

function ipv6Octets(text: string): number[] {
  const address = text.split('%')[0] ?? '';
  const mapped = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(address);
  const plain = mapped ? `${mapped[1]}${groupsOf(ipv4Octets(mapped[2] ?? ''))}` : address;
  const [head = '', tail] = plain.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const missing = 8 - before.length - after.length;
  if (missing < 0 || (tail === undefined && missing !== 0)) throw new RangeError(`${text} is no address`);
  const groups = [...before, ...Array<string>(missing).fill('0'), ...after].map((group) => Number.parseInt(group, 16));
  if (!groups.every((group) => group >= 0 && group <= 0xffff)) throw new RangeError(`${text} is no address`);
  return groups.flatMap((group) => [group >>> 8, group & 0xff]);
}

const groupsOf = ([a = 0, b = 0, c = 0, d = 0]: number[]): string => `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;

/** RFC 5952: the longest run of zero groups, two at least and the first of equals, is left out. */
function ipv6Text(b: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, i) => ((b[2 * i] as number) << 8) | (b[2 * i + 1] as number));
  let [from, length] = [-1, 1];
  for (let i = 0; i < 8; i++) {
    let n = 0;
    while (i + n < 8 && groups[i + n] === 0) n++;
    if (n > length) [from, length] = [i, n];
  }
  const text = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');
  return from < 0 ? text(groups) : `${text(groups.slice(0, from))}::${text(groups.slice(from + length))}`;
}
