import { isIPv6 } from 'node:net';
import { getSystemErrorName } from 'node:util';
import { readSocketAddress, writeSocketAddress } from '../core/socket-address.js';
import type { Libc } from './libc.js';
import * as c from './libc.js';
import { type OnPacket, RECEIVE_BUFFER_BYTES, type Source, type UdpPort } from './udp.js';

// UDP ports by the system's own calls, and the loop that waits for all of them at once.

/** Longer than any packet that is taken, so that one that is too long shows it. */
const BUFFER_BYTES = 4096;
const MAX_EVENTS = 256;
const ADDRESS_BYTES = 28;
const EVENT_WORDS = c.EPOLL_EVENT_BYTES / 4;
const DATA_WORD = c.EPOLL_DATA_AT / 4;

const buffer = new Uint8Array(BUFFER_BYTES);
const from = new Uint8Array(ADDRESS_BYTES);
const fromWords = new Int32Array(from.buffer);
const fromLength = new Int32Array(1);

const systemError = (libc: Libc, what: string): NodeJS.ErrnoException => {
  const errno = libc.errno();
  const code = getSystemErrorName(-errno);
  return Object.assign(new Error(`${what}: ${code}`), { code, errno, syscall: what });
};

class NativePort implements UdpPort {
  readonly fd: number;
  readonly #libc: Libc;
  readonly #v6: boolean;
  readonly #onPacket: OnPacket;
  readonly #onError: (error: Error) => void;
  readonly #forget: (port: NativePort) => void;
  /** The last source, as words and as text: nearly every packet comes from the same. */
  readonly #words = new Int32Array(ADDRESS_BYTES / 4);
  #source: Source = { address: '', port: 0 };
  #target: Uint8Array = new Uint8Array(0);
  #targetAddress = '';
  #targetPort = 0;
  #connected = false;
  #closed = false;

  constructor(
    libc: Libc,
    fd: number,
    v6: boolean,
    onPacket: OnPacket,
    onError: (error: Error) => void,
    forget: (port: NativePort) => void,
  ) {
    this.#libc = libc;
    this.fd = fd;
    this.#v6 = v6;
    this.#onPacket = onPacket;
    this.#onError = onError;
    this.#forget = forget;
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** Takes one packet; others wait for the next turn, so that nobody is kept waiting by a burst. */
  receive(): void {
    fromLength[0] = ADDRESS_BYTES;
    const length = this.#libc.recvfrom(this.fd, buffer, BUFFER_BYTES, c.MSG_DONTWAIT, from, fromLength);
    if (length < 0) {
      this.#failed('recvfrom');
      return;
    }
    // Also of a connected port: what a stranger sent before it was may still be in the queue.
    this.#noteSource();
    this.#onPacket(buffer, length, this.#source);
  }

  send(b: Uint8Array, start: number, end: number, address: string, port: number): void {
    if (this.#closed) return;
    const packet = start === 0 ? b : b.subarray(start, end);
    const target = this.#connected ? null : this.#targetOf(address, port);
    const sent = this.#libc.sendto(this.fd, packet, end - start, c.MSG_DONTWAIT, target, target ? target.length : 0);
    if (sent < 0) this.#failed('sendto');
  }

  connect(address: string, port: number): boolean {
    if (this.#closed || this.#connected) return this.#connected;
    const target = writeSocketAddress(address, port);
    if (this.#libc.connect(this.fd, target, target.length) < 0) {
      this.#onError(systemError(this.#libc, 'connect'));
      return false;
    }
    this.#connected = true;
    return true;
  }

  disconnect(): void {
    if (this.#closed || !this.#connected) return;
    this.#connected = false;
    const nobody = new Uint8Array(this.#v6 ? 28 : 16);
    nobody[0] = c.AF_UNSPEC;
    if (this.#libc.connect(this.fd, nobody, nobody.length) < 0) this.#onError(systemError(this.#libc, 'connect'));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#forget(this);
  }

  #noteSource(): void {
    const words = this.#words;
    const known = words[0] === fromWords[0] && words[1] === fromWords[1] && (!this.#v6 || sameRest(words));
    if (known) return;
    words.set(fromWords);
    this.#source = readSocketAddress(from);
  }

  #targetOf(address: string, port: number): Uint8Array {
    if (address !== this.#targetAddress || port !== this.#targetPort) {
      this.#target = writeSocketAddress(address, port);
      this.#targetAddress = address;
      this.#targetPort = port;
    }
    return this.#target;
  }

  #failed(what: string): void {
    const errno = this.#libc.errno();
    if (errno !== c.EAGAIN && errno !== c.EINTR) this.#onError(systemError(this.#libc, what));
  }
}

/** Address and scope of an IPv6 source; the flow label says nothing of it. */
function sameRest(words: Int32Array): boolean {
  for (let i = 2; i < 7; i++) if (words[i] !== fromWords[i]) return false;
  return true;
}

export interface NativeUdpOptions {
  libc: Libc;
  /** Monotonic milliseconds. */
  now(): number;
  /** How long nothing has to be done that is not brought by a packet, milliseconds. */
  idleMs(): number;
  /** How long packets may go before the rest of the event loop. */
  turnMs(): number;
  /** Descriptor → 1 while it is open: whoever outlives this thread closes what it leaves. */
  open: Uint8Array;
  /** An error of ours while a packet was dealt with. */
  fault(error: unknown): void;
  /** No packet can be waited for any more. */
  broken(error: unknown): void;
}

/**
 * All native ports of the thread. While there are any, it waits for packets in the place of the event loop, which has its turn
 * after each waiting; `wakeFd` ends a waiting from another thread.
 */
export class NativeUdp {
  readonly wakeFd: number;
  readonly #libc: Libc;
  readonly #options: NativeUdpOptions;
  readonly #epoll: number;
  readonly #ports = new Map<number, NativePort>();
  readonly #events = new Uint8Array(MAX_EVENTS * c.EPOLL_EVENT_BYTES);
  readonly #eventWords = new Int32Array(this.#events.buffer);
  #turning = false;
  #woken = false;

  /** @throws Error when the system refuses */
  constructor(options: NativeUdpOptions) {
    this.#options = options;
    this.#libc = options.libc;
    this.#epoll = this.#own(this.#libc.epollCreate(c.SOCK_CLOEXEC), 'epoll_create1');
    this.wakeFd = this.#own(this.#libc.eventfd(0, c.SOCK_CLOEXEC | c.SOCK_NONBLOCK), 'eventfd');
    this.#watch(this.wakeFd);
  }

  readonly openUdp = async (address: string, port: number, onPacket: OnPacket, onError: (error: Error) => void): Promise<UdpPort> => {
    const libc = this.#libc;
    const v6 = isIPv6(address);
    const type = c.SOCK_DGRAM | c.SOCK_NONBLOCK | c.SOCK_CLOEXEC;
    const fd = this.#own(libc.socket(v6 ? c.AF_INET6 : c.AF_INET, type, 0), 'socket');
    try {
      const one = Int32Array.of(1);
      if (v6 && libc.setsockopt(fd, c.IPPROTO_IPV6, c.IPV6_V6ONLY, one, 4) < 0) throw systemError(libc, 'setsockopt');
      libc.setsockopt(fd, c.SOL_SOCKET, c.SO_RCVBUF, Int32Array.of(RECEIVE_BUFFER_BYTES), 4);
      const own = writeSocketAddress(address, port);
      if (libc.bind(fd, own, own.length) < 0) throw systemError(libc, 'bind');
      this.#watch(fd);
    } catch (error) {
      this.#release(fd);
      throw error;
    }
    const opened = new NativePort(libc, fd, v6, onPacket, onError, (closed) => this.#forget(closed));
    this.#ports.set(fd, opened);
    if (!this.#turning) {
      this.#turning = true;
      setImmediate(this.#turn);
    }
    return opened;
  };

  /** The port that was bound; for port 0. */
  boundPort(port: UdpPort): number {
    const b = new Uint8Array(ADDRESS_BYTES);
    if (!(port instanceof NativePort) || this.#libc.getsockname(port.fd, b, Int32Array.of(ADDRESS_BYTES)) < 0) return 0;
    return readSocketAddress(b).port;
  }

  readonly #turn = (): void => {
    if (this.#ports.size === 0) {
      this.#turning = false;
      return;
    }
    try {
      this.#serve();
      setImmediate(this.#turn);
    } catch (error) {
      this.#options.broken(error);
    }
  };

  /** A turn of the event loop costs as much as several packets: it comes when something else is due or it has been a while. */
  #serve(): void {
    const { now, idleMs, turnMs } = this.#options;
    const until = now() + turnMs();
    this.#woken = false;
    let count: number;
    do {
      count = this.#libc.epollWait(this.#epoll, this.#events, MAX_EVENTS, idleMs());
      if (count < 0 && this.#libc.errno() !== c.EINTR) throw systemError(this.#libc, 'epoll_wait');
      for (let i = 0; i < count; i++) this.#ready(this.#eventWords[EVENT_WORDS * i + DATA_WORD] as number);
    } while (count > 0 && !this.#woken && now() < until && idleMs() > 0);
  }

  #ready(fd: number): void {
    const port = this.#ports.get(fd);
    if (!port) {
      if (fd !== this.wakeFd) return;
      this.#libc.read(fd, new Uint8Array(8), 8);
      this.#woken = true;
      return;
    }
    try {
      port.receive();
    } catch (error) {
      this.#options.fault(error);
    }
  }

  #watch(fd: number): void {
    const event = new Uint8Array(c.EPOLL_EVENT_BYTES);
    const view = new DataView(event.buffer);
    view.setUint32(0, c.EPOLLIN, true);
    view.setInt32(c.EPOLL_DATA_AT, fd, true);
    if (this.#libc.epollControl(this.#epoll, c.EPOLL_CTL_ADD, fd, event) < 0) throw systemError(this.#libc, 'epoll_ctl');
  }

  #forget(port: NativePort): void {
    this.#ports.delete(port.fd);
    // Closing takes it off the epoll set as well: nobody else has the descriptor.
    this.#release(port.fd);
  }

  #own(fd: number, what: string): number {
    if (fd < 0) throw systemError(this.#libc, what);
    if (fd < this.#options.open.length) this.#options.open[fd] = 1;
    return fd;
  }

  #release(fd: number): void {
    if (fd < this.#options.open.length) this.#options.open[fd] = 0;
    this.#libc.close(fd);
  }
}

const TRIAL_MS = 1000;

/** Sends itself a packet and looks at what comes: a system on which anything is other than known is not trusted with calls. */
export async function tryNative(udp: NativeUdp): Promise<void> {
  const sent = Uint8Array.of(0x80, 8, 1, 2, 3);
  const opened: UdpPort[] = [];
  let deadline: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      deadline = setTimeout(() => reject(new Error('a packet to ourselves did not come')), TRIAL_MS);
      const failed = (error: Error): void => reject(error);
      const taken = (b: Uint8Array, length: number, source: Source): void => {
        const whole = length === 4 && b.subarray(0, 4).every((octet, i) => octet === sent[i + 1]);
        const known = source.address === '127.0.0.1' && opened.some((port) => udp.boundPort(port) === source.port);
        if (whole && known) resolve();
        else reject(new Error('a packet to ourselves came as another'));
      };
      const run = async (): Promise<void> => {
        opened.push(await udp.openUdp('127.0.0.1', 0, taken, failed), await udp.openUdp('127.0.0.1', 0, taken, failed));
        const [a, b] = opened as [UdpPort, UdpPort];
        a.send(sent, 1, 5, '127.0.0.1', udp.boundPort(b));
      };
      run().catch(failed);
    });
  } finally {
    clearTimeout(deadline);
    for (const port of opened) port.close();
  }
}
