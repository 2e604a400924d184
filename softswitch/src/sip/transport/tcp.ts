import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Clock, Timer } from '@yixian/contracts';
import type { SipLimits } from '../options.js';
import { TcpConnection } from './tcp-connection.js';
import { type Hop, isIpv6, plainAddress, type TransportHandlers } from './types.js';

const SWEEP_MS = 1_000;
/** What is written when the transport stops gets so long to be read. */
const STOP_MS = 500;

function keyOf(hop: { address: string; port: number }): string {
  return `${hop.address}|${hop.port}`;
}

/** All TCP listen points and connections. Connections are found again by the peer's address and port, whoever opened them. */
export class TcpTransport {
  readonly #clock: Clock;
  readonly #limits: SipLimits;
  readonly #handlers: TransportHandlers;
  readonly #servers: Server[] = [];
  readonly #connections = new Map<string, TcpConnection>();
  readonly #perSource = new Map<string, number>();
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

  /** Binds a listen point. @returns its real port. */
  listen(point: { address: string; port: number; listener: number }): Promise<number> {
    const server = createServer({ noDelay: true }, (socket) => this.#accepted(socket, point.listener));
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: point.address, port: point.port, ipv6Only: isIpv6(point.address), exclusive: true }, () => {
        server.off('error', reject);
        // An error of a listening socket (out of descriptors) must not end the process: the next accept may work again.
        server.on('error', () => this.#handlers.fault('tcp-too-many-connections', { transport: 'tcp', ...point }));
        this.#servers.push(server);
        const address = server.address();
        resolve(typeof address === 'object' && address ? address.port : point.port);
      });
    });
  }

  connected(hop: Hop): boolean {
    return this.#connections.has(keyOf(hop));
  }

  close(hop: Hop): void {
    this.#connections.get(keyOf(hop))?.closeAfterWriting();
  }

  send(hop: Hop, bytes: Buffer, localAddress: string | undefined, onError: (error: Error) => void): void {
    const connection = this.#connections.get(keyOf(hop)) ?? (this.#stopped ? undefined : this.#open(hop, localAddress));
    if (connection) connection.send(bytes, onError);
    else onError(new Error('the transport is stopped'));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#sweep?.cancel();
    for (const connection of [...this.#connections.values()]) connection.closeAfterWriting();
    // A peer that does not read must not hold up the stop.
    const cut = this.#clock.setTimer(STOP_MS, () => {
      for (const connection of [...this.#connections.values()]) connection.abort();
    });
    await Promise.all(this.#servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))));
    cut.cancel();
  }

  #open(hop: Hop, localAddress: string | undefined): TcpConnection {
    const socket = connect({ host: hop.address, port: hop.port, noDelay: true, ...(localAddress ? { localAddress } : {}) });
    return this.#adopt(socket, hop, false);
  }

  #accepted(socket: Socket, listener: number): void {
    const hop: Hop = {
      transport: 'tcp',
      address: plainAddress(socket.remoteAddress ?? ''),
      port: socket.remotePort ?? 0,
      listener,
    };
    const ofSource = this.#perSource.get(hop.address) ?? 0;
    if (hop.port === 0 || this.#connections.size >= this.#limits.tcpConnections || ofSource >= this.#limits.tcpConnectionsPerSource) {
      socket.on('error', () => socket.destroy());
      socket.destroy();
      this.#handlers.fault('tcp-too-many-connections', hop);
      return;
    }
    this.#adopt(socket, hop, true);
  }

  #adopt(socket: Socket, hop: Hop, established: boolean): TcpConnection {
    const key = keyOf(hop);
    const connection = new TcpConnection(socket, hop, established, this.#limits, this.#clock, this.#handlers, () => {
      if (this.#connections.get(key) === connection) this.#connections.delete(key);
      this.#count(hop.address, -1);
    });
    this.#connections.set(key, connection);
    this.#count(hop.address, 1);
    this.#sweep ??= this.#clock.setTimer(SWEEP_MS, () => this.#sweepNow());
    return connection;
  }

  #count(address: string, change: number): void {
    const n = (this.#perSource.get(address) ?? 0) + change;
    if (n > 0) this.#perSource.set(address, n);
    else this.#perSource.delete(address);
  }

  /** One timer for the deadlines of all connections. */
  #sweepNow(): void {
    this.#sweep = undefined;
    for (const connection of [...this.#connections.values()]) connection.checkDeadlines();
    if (this.#connections.size > 0 && !this.#stopped) this.#sweep = this.#clock.setTimer(SWEEP_MS, () => this.#sweepNow());
  }
}
