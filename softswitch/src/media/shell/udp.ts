import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';

/** Where a packet came from: address in its usual writing. */
export interface Source {
  readonly address: string;
  readonly port: number;
}

/** Gets the first `length` octets of a buffer that the next packet may overwrite. */
export type OnPacket = (b: Uint8Array, length: number, from: Source) => void;

/** A bound UDP port. */
export interface UdpPort {
  readonly connected: boolean;
  /** Sends the octets from `start` to `end`. What the kernel refuses is lost, as on the wire. The buffer may be used again at once. */
  send(b: Uint8Array, start: number, end: number, address: string, port: number): void;
  /** From now on only this source is heard and sent to. False when the system refuses; the port then goes on as it was. */
  connect(address: string, port: number): boolean;
  disconnect(): void;
  close(): void;
}

/** Binds a port. Rejects with the system's error, whose `code` is e.g. EADDRINUSE. `onError` hears of ICMP refusals later on. */
export type OpenUdp = (address: string, port: number, onPacket: OnPacket, onError: (error: Error) => void) => Promise<UdpPort>;

/** Room for 200 ms of jittered packets in the kernel; the default of 208 KiB for each of 400 sockets is not needed. */
export const RECEIVE_BUFFER_BYTES = 65_536;

type LookupCallback = (error: Error | null, address: string, family: number) => void;

/** Answers with the address itself: all are numeric, of the socket's own family. Asked for every packet of a socket that is not connected. */
const numericLookup =
  (family: 4 | 6) =>
  (host: string, options: unknown, callback?: LookupCallback): void => {
    const answer = (callback ?? options) as LookupCallback;
    answer(null, host, family);
  };

/** By Node's own sockets. */
class DgramPort implements UdpPort {
  readonly #socket: Socket;
  #connected = false;
  #closed = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  get connected(): boolean {
    return this.#connected;
  }

  send(b: Uint8Array, start: number, end: number, address: string, port: number): void {
    if (this.#closed) return;
    const packet = start === 0 && end === b.length ? b : b.subarray(start, end);
    if (this.#connected) this.#socket.send(packet);
    else this.#socket.send(packet, port, address);
  }

  connect(address: string, port: number): boolean {
    if (this.#closed || this.#connected) return this.#connected;
    try {
      this.#socket.connect(port, address);
      // Throws unless the connection stands: with a numeric address it does at once.
      this.#socket.remoteAddress();
      this.#connected = true;
    } catch (error) {
      this.#socket.emit('error', error);
    }
    return this.#connected;
  }

  disconnect(): void {
    if (this.#closed || !this.#connected) return;
    this.#connected = false;
    this.#socket.disconnect();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
  }
}

export const openDgram: OpenUdp = (address, port, onPacket, onError) => {
  const v6 = isIPv6(address);
  const socket = createSocket({ type: v6 ? 'udp6' : 'udp4', lookup: numericLookup(v6 ? 6 : 4), ipv6Only: v6 });
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => {
      socket.close();
      reject(error);
    };
    socket.once('error', failed);
    socket.bind({ address, port, exclusive: true }, () => {
      socket.off('error', failed);
      socket.on('error', onError);
      socket.on('message', (b, from) => onPacket(b, b.length, from));
      socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
      resolve(new DgramPort(socket));
    });
  });
};
