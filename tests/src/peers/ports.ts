import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

// Below the ephemeral range of Linux (32768–60999), so that no outgoing socket takes a port between the check and the use.
const LOWEST = 10_000;
const HIGHEST = 31_998;
/** Which of how many files that run side by side this is, e.g. `2/5`: each has ports of its own, so that none takes another's. */
const [SLOT = 0, SLOTS = 1] = (process.env.YIXIAN_TEST_SLOT ?? '0/1').split('/').map(Number);
const SIZE = 2 * Math.floor((HIGHEST - LOWEST) / SLOTS / 2);
const FIRST = LOWEST + SLOT * SIZE;
/** The last ports of the file are its hotlines' for media. */
const MEDIA = SLOTS > 1 ? 1_400 : 8_500;
const LAST = FIRST + SIZE - MEDIA;

/** Where hotlines under test have their media ports: some of these each. One that is taken they pass over. */
export const MEDIA_PORTS = { first: LAST, count: MEDIA };
const given = new Set<number>();

function udpFree(port: number, address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    socket.once('error', () => {
      socket.close();
      resolve(false);
    });
    socket.bind(port, address, () => socket.close(() => resolve(true)));
  });
}

function tcpFree(port: number, address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, address, () => server.close(() => resolve(true)));
  });
}

/** A port of the range that is taken; undefined when all are free. Those given are known without asking the kernel, and the last tells most. */
async function takenPort(first: number, count: number, address: string): Promise<number | undefined> {
  for (let port = first + count - 1; port >= first; port--) if (given.has(port)) return port;
  for (let port = first; port < first + count; port++) {
    if (!(await udpFree(port, address)) || !(await tcpFree(port, address))) return port;
  }
  return undefined;
}

/** Once round the file's ports from a random place: two test processes then seldom look at the same ports. */
async function search(count: number, address: string): Promise<number | undefined> {
  const span = LAST - FIRST - count;
  const start = Math.floor(Math.random() * span);
  for (let offset = 0; offset < span; ) {
    const first = FIRST + 2 * Math.floor(((start + offset) % span) / 2);
    const taken = await takenPort(first, count, address);
    if (taken === undefined) return first;
    offset += taken - first + 2;
  }
  return undefined;
}

/**
 * Finds consecutive ports free for UDP and TCP; the same process is not given one twice before it is given back, as long as others
 * are left.
 * @param count how many in a row; the first is even, as RTP wants it
 * @returns the first of them
 * @throws Error when so many in a row are bound by nobody nowhere in the file's ports
 */
export async function freePorts(count: number, address = '127.0.0.1'): Promise<number> {
  for (;;) {
    const first = await search(count, address);
    if (first !== undefined) {
      for (let port = first; port < first + count; port++) given.add(port);
      return first;
    }
    if (given.size === 0) throw new Error(`no ${count} consecutive free ports on ${address} between ${FIRST} and ${LAST}`);
    // What was given long ago and is not bound has mostly been let go without a word: the older half is forgotten.
    for (const port of [...given].slice(0, Math.ceil(given.size / 2))) given.delete(port);
  }
}

/** Gives ports back that are no longer used. */
export function releasePorts(first: number, count: number): void {
  for (let port = first; port < first + count; port++) given.delete(port);
}

/** One port free for UDP and TCP. */
export function freePort(address = '127.0.0.1'): Promise<number> {
  return freePorts(1, address);
}

/** Whether somebody has bound the UDP port. */
export async function udpBound(port: number, address = '127.0.0.1'): Promise<boolean> {
  return !(await udpFree(port, address));
}
