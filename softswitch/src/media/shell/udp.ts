import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';

// UDP with as little per packet as the platform allows: addresses are numeric, so the look-up answers at once; a socket whose party
// is certain is connected, which spares the kernel a route look-up per packet and lets it drop strangers.

/** Room for 200 ms of jittered packets in the kernel; the default of 208 KiB for each of 400 sockets is not needed. */
const RECEIVE_BUFFER_BYTES = 65_536;

type LookupCallback = (error: Error | null, address: string, family: number) => void;

/** Answers with the address itself: all are numeric, of the socket's own family. Asked for every packet of a socket that is not connected. */
const numericLookup =
  (family: 4 | 6) =>
  (host: string, options: unknown, callback?: LookupCallback): void => {
    const answer = (callback ?? options) as LookupCallback;
    answer(null, host, family);
  };

export class UdpPort {
  readonly #socket: Socket;
  #connected = false;
  #closed = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** Sends the whole buffer at once. What the kernel refuses is lost, as on the wire. */
  send(b: Uint8Array, address: string, port: number): void {
    if (this.#closed) return;
    if (this.#connected) this.#socket.send(b);
    else this.#socket.send(b, port, address);
  }

  /** From now on only this source is heard and sent to. False when the system refuses; the socket then goes on as it was. */
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

/** Binds a port. Rejects with the system's error, e.g. EADDRINUSE. `onError` hears of ICMP refusals later on. */
export function openUdp(
  address: string,
  port: number,
  onPacket: (b: Buffer, from: RemoteInfo) => void,
  onError: (error: Error) => void,
): Promise<UdpPort> {
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
      socket.on('message', onPacket);
      socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
      resolve(new UdpPort(socket));
    });
  });
}
