import type { Socket } from 'socket.io';

export interface OutboxLimits {
  packets: number;
  bytes: number;
}

/** Engine.IO's own events, of which its types say nothing. */
interface EngineEvents {
  on(event: 'packetCreate', listener: (packet: { data?: unknown }) => void): unknown;
  on(event: 'flush' | 'close', listener: () => void): unknown;
}

export interface Outbox {
  /** Resolves when nothing waits any more, or the connection is gone. */
  emptied(): Promise<void>;
}

/**
 * Counts what waits in front of a connection that does not take more. Engine.IO would keep it without bound.
 * @param full called once, when the limit is passed
 */
export function watchOutbox(socket: Socket, limits: OutboxLimits, full: () => void): Outbox {
  let packets = 0;
  let bytes = 0;
  let told = false;
  const conn = socket.conn as unknown as EngineEvents;
  let waiting: (() => void)[] = [];
  const empty = () => {
    packets = 0;
    bytes = 0;
    const served = waiting;
    waiting = [];
    for (const go of served) go();
  };
  conn.on('flush', empty);
  conn.on('close', empty);
  conn.on('packetCreate', (packet) => {
    packets += 1;
    bytes += typeof packet.data === 'string' ? packet.data.length : 64;
    if (told || (packets <= limits.packets && bytes <= limits.bytes)) return;
    told = true;
    full();
  });
  return {
    async emptied() {
      if (packets > 0) await new Promise<void>((resolve) => waiting.push(resolve));
    },
  };
}
