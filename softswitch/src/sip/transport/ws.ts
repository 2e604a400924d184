import type { Clock, Timer } from '@yixian/contracts';
import type { SipLimits } from '../options.js';
import type { SipSocket } from './sip-socket.js';
import type { Hop, TransportHandlers } from './types.js';

// SIP over WebSocket, the server's side (RFC 7118): a message of the one is a message of the other, nothing is framed or retransmitted.

/** A browser that sleeps, or whose network has changed, is noticed when so many pings in a row had no answer: before a ring ends. */
const PING_MS = 5_000;
const UNANSWERED_PINGS = 2;
const STOP_MS = 500;

function keyOf(hop: { address: string; port: number }): string {
  return `${hop.address}|${hop.port}`;
}

class WsConnection {
  readonly hop: Hop;
  readonly #socket: SipSocket;
  readonly #limits: SipLimits;
  readonly #onClosed: () => void;
  /** Pings since the last sign of life. */
  #unanswered = 0;
  #closed = false;
  #unsent = new Set<(error: Error) => void>();

  constructor(socket: SipSocket, hop: Hop, limits: SipLimits, handlers: TransportHandlers, onClosed: () => void) {
    this.hop = hop;
    this.#socket = socket;
    this.#limits = limits;
    this.#onClosed = onClosed;
    socket.on('message', (data) => {
      this.#unanswered = 0;
      // Keep-alive of clients that do not ping (RFC 5626 §4.4.1): nothing but line ends.
      if (data.length > 4) handlers.packet({ bytes: data, source: hop });
      else this.#socket.send('\r\n', () => undefined);
    });
    socket.on('pong', () => {
      this.#unanswered = 0;
    });
    socket.on('close', () => this.#over());
    socket.on('error', () => socket.terminate());
  }

  send(bytes: Buffer, onError: (error: Error) => void): void {
    if (this.#closed || this.#socket.bufferedAmount + bytes.length > this.#limits.tcpWriteBufferBytes) {
      onError(new Error(this.#closed ? 'the connection is closed' : 'the peer does not read'));
      this.#socket.terminate();
      return;
    }
    this.#unsent.add(onError);
    this.#socket.send(bytes.toString('utf8'), (error) => {
      if (this.#unsent.delete(onError) && error) onError(error);
    });
  }

  check(): void {
    if (this.#unanswered >= UNANSWERED_PINGS) {
      this.#socket.terminate();
      return;
    }
    this.#unanswered += 1;
    this.#socket.ping();
  }

  close(): void {
    this.#socket.close(1001);
  }

  abort(): void {
    this.#socket.terminate();
  }

  #over(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#onClosed();
    for (const onError of this.#unsent) onError(new Error('the connection was closed'));
    this.#unsent.clear();
  }
}

/** All connections of browsers; the HTTP server accepts them and hands them over. */
export class WsTransport {
  readonly #clock: Clock;
  readonly #limits: SipLimits;
  readonly #handlers: TransportHandlers;
  readonly #connections = new Map<string, WsConnection>();
  #sweep: Timer | undefined;
  #stopped = false;

  constructor(clock: Clock, limits: SipLimits, handlers: TransportHandlers) {
    this.#clock = clock;
    this.#limits = limits;
    this.#handlers = handlers;
  }

  get size(): number {
    return this.#connections.size;
  }

  adopt(socket: SipSocket, source: { address: string; port: number }): void {
    const hop: Hop = { transport: 'ws', ...source };
    const ofSource = [...this.#connections.values()].filter((c) => c.hop.address === source.address).length;
    if (this.#stopped || this.#connections.size >= this.#limits.tcpConnections || ofSource >= this.#limits.tcpConnectionsPerSource) {
      this.#handlers.fault('ws-too-many-connections', hop);
      socket.close(1013);
      return;
    }
    const key = keyOf(source);
    const connection = new WsConnection(socket, hop, this.#limits, this.#handlers, () => {
      if (this.#connections.get(key) !== connection) return;
      this.#connections.delete(key);
      this.#handlers.closed?.(hop);
    });
    this.#connections.set(key, connection);
    this.#sweep ??= this.#clock.setTimer(PING_MS, () => this.#sweepNow());
  }

  send(hop: Hop, bytes: Buffer, onError: (error: Error) => void): void {
    const connection = this.#connections.get(keyOf(hop));
    // A browser cannot be connected to: only it can come back.
    if (connection) connection.send(bytes, onError);
    else onError(new Error('the browser is not connected'));
  }

  connected(hop: Hop): boolean {
    return this.#connections.has(keyOf(hop));
  }

  close(hop: Hop): void {
    this.#connections.get(keyOf(hop))?.close();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#sweep?.cancel();
    for (const connection of this.#connections.values()) connection.close();
    if (this.#connections.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#clock.setTimer(STOP_MS, resolve);
    });
    for (const connection of this.#connections.values()) connection.abort();
  }

  #sweepNow(): void {
    this.#sweep = undefined;
    for (const connection of [...this.#connections.values()]) connection.check();
    if (this.#connections.size > 0 && !this.#stopped) this.#sweep = this.#clock.setTimer(PING_MS, () => this.#sweepNow());
  }
}
