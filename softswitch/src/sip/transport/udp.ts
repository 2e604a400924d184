import { createSocket, type Socket } from 'node:dgram';
import { type Hop, isIpv6, plainAddress } from './types.js';

/** The kernel keeps this much of a burst; it clamps the wish to net.core.rmem_max. */
const RECEIVE_BUFFER = 4 * 1024 * 1024;

export interface UdpListener {
  readonly port: number;
  send(hop: Hop, bytes: Buffer, onError: (error: Error) => void): void;
  close(): Promise<void>;
}

function onceBound(socket: Socket, address: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error) => reject(error);
    socket.once('error', failed);
    socket.bind({ address, port, exclusive: true }, () => {
      socket.off('error', failed);
      resolve();
    });
  });
}

/** Binds one UDP listen point. `received` gets every datagram with its true source (RFC 3581). */
export async function listenUdp(
  point: { address: string; port: number; listener: number },
  received: (bytes: Buffer, source: Hop) => void,
  failed: (error: Error) => void,
): Promise<UdpListener> {
  const v6 = isIpv6(point.address);
  const socket = createSocket({
    type: v6 ? 'udp6' : 'udp4',
    ...(v6 ? { ipv6Only: true } : {}),
    recvBufferSize: RECEIVE_BUFFER,
    // Hops are numeric already; this keeps the resolver out of the sending path.
    lookup: (host, _options, done) => done(null, host, v6 ? 6 : 4),
  });
  try {
    await onceBound(socket, point.address, point.port);
  } catch (error) {
    socket.close();
    throw error;
  }
  socket.on('error', failed);
  socket.on('message', (bytes, from) => {
    received(bytes, { transport: 'udp', address: plainAddress(from.address), port: from.port, listener: point.listener });
  });
  let open = true;
  return {
    port: socket.address().port,
    send(hop, bytes, onError) {
      if (!open) {
        onError(new Error('the socket is closed'));
        return;
      }
      socket.send(bytes, hop.port, hop.address, (error) => {
        if (error) onError(error);
      });
    },
    close() {
      if (!open) return Promise.resolve();
      open = false;
      return new Promise((resolve) => socket.close(() => resolve()));
    },
  };
}
