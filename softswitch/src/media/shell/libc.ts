import { arch, endianness, platform } from 'node:os';

// The system's own socket calls, reached through koffi (an optional package): a packet costs one call to receive it and one to send
// it, into and out of a buffer that is always the same. `dgram` makes five objects and two allocations of 64 KiB of each.

/** Calls of libc; -1 says that `errno()` has the reason. Buffers are passed by address, an offset is the caller's to cut. */
export interface Libc {
  socket(domain: number, type: number, protocol: number): number;
  bind(fd: number, address: Uint8Array, length: number): number;
  connect(fd: number, address: Uint8Array, length: number): number;
  getsockname(fd: number, address: Uint8Array, length: Int32Array): number;
  setsockopt(fd: number, level: number, option: number, value: Int32Array, length: number): number;
  recvfrom(fd: number, b: Uint8Array, length: number, flags: number, address: Uint8Array | null, addressLength: Int32Array | null): number;
  sendto(fd: number, b: Uint8Array, length: number, flags: number, address: Uint8Array | null, addressLength: number): number;
  epollCreate(flags: number): number;
  epollControl(epoll: number, operation: number, fd: number, event: Uint8Array): number;
  epollWait(epoll: number, events: Uint8Array, count: number, timeoutMs: number): number;
  eventfd(initial: number, flags: number): number;
  read(fd: number, b: Uint8Array, length: number): number;
  close(fd: number): number;
  errno(): number;
}

export const AF_INET = 2;
export const AF_INET6 = 10;
export const SOCK_DGRAM = 2;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;
export const SOL_SOCKET = 1;
export const SO_RCVBUF = 8;
export const IPPROTO_IPV6 = 41;
export const IPV6_V6ONLY = 26;
export const MSG_DONTWAIT = 0x40;
export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_DEL = 2;
export const EPOLLIN = 1;
export const EINTR = 4;
export const EAGAIN = 11;
export const AF_UNSPEC = 0;

/** struct epoll_event is packed on x86-64 alone. */
export const EPOLL_EVENT_BYTES = arch() === 'x64' ? 12 : 16;
export const EPOLL_DATA_AT = arch() === 'x64' ? 4 : 8;

interface Koffi {
  load(library: null): { func(prototype: string): (...args: unknown[]) => number };
  errno(): number;
}

/** What the numbers above are right for. */
const KNOWN = platform() === 'linux' && (arch() === 'x64' || arch() === 'arm64') && endianness() === 'LE';

/** Rejects with the reason where the calls cannot be reached. */
export async function loadLibc(): Promise<Libc> {
  if (!KNOWN) throw new Error(`socket calls of ${platform()} on ${arch()} are not known`);
  // By a name that the compiler does not follow: the package may be missing.
  const name: string = 'koffi';
  const koffi = ((await import(name)) as { default: Koffi }).default;
  const own = koffi.load(null);
  const call = <T>(prototype: string): T => own.func(prototype) as T;
  return {
    socket: call('int socket(int, int, int)'),
    bind: call('int bind(int, const void *, unsigned int)'),
    connect: call('int connect(int, const void *, unsigned int)'),
    getsockname: call('int getsockname(int, void *, void *)'),
    setsockopt: call('int setsockopt(int, int, int, const void *, unsigned int)'),
    recvfrom: call('long recvfrom(int, void *, unsigned long, int, void *, void *)'),
    sendto: call('long sendto(int, const void *, unsigned long, int, const void *, unsigned int)'),
    epollCreate: call('int epoll_create1(int)'),
    epollControl: call('int epoll_ctl(int, int, int, void *)'),
    epollWait: call('int epoll_wait(int, void *, int, int)'),
    eventfd: call('int eventfd(unsigned int, int)'),
    read: call('long read(int, void *, unsigned long)'),
    close: call('int close(int)'),
    errno: () => koffi.errno(),
  };
}
