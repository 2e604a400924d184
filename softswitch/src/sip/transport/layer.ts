import type { Clock } from '@yixian/contracts';
import type { SipLimits } from '../options.js';
import type { ListenPoint } from '../port.js';
import { localAddressTowards } from './local-address.js';
import type { SipSocket } from './sip-socket.js';
import { TcpTransport } from './tcp.js';
import { type Hop, isIpv6, type TransportHandlers, type TransportLayer } from './types.js';
import { listenUdp, type UdpListener } from './udp.js';
import { WsTransport } from './ws.js';

interface Bound extends ListenPoint {
  udp?: UdpListener;
}

function isWildcard(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}

function bindError(point: ListenPoint, error: unknown): Error {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  const why = code === 'EADDRINUSE' ? 'the port is in use' : code === 'EADDRNOTAVAIL' ? 'this machine has no such address' : code;
  const host = isIpv6(point.address) ? `[${point.address}]` : point.address;
  return new Error(`cannot listen on ${point.transport} ${host}:${point.port}: ${why}`, { cause: error });
}

/** Sockets of this machine: UDP and TCP, IPv4 and IPv6. */
export class SocketTransport implements TransportLayer {
  readonly #points: readonly ListenPoint[];
  readonly #clock: Clock;
  readonly #limits: SipLimits;
  readonly #advertised: string | undefined;
  readonly #bound: Bound[] = [];
  #tcp: TcpTransport | undefined;
  #ws: WsTransport | undefined;

  constructor(options: { listen: readonly ListenPoint[]; clock: Clock; limits: SipLimits; advertisedAddress?: string | undefined }) {
    this.#points = options.listen;
    this.#clock = options.clock;
    this.#limits = options.limits;
    this.#advertised = options.advertisedAddress;
  }

  async start(handlers: TransportHandlers): Promise<void> {
    const tcp = new TcpTransport(this.#clock, this.#limits, handlers);
    this.#tcp = tcp;
    this.#ws = new WsTransport(this.#clock, this.#limits, handlers);
    try {
      for (const [listener, point] of this.#points.entries()) this.#bound.push(await this.#bind(point, listener, tcp, handlers));
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async #bind(point: ListenPoint, listener: number, tcp: TcpTransport, handlers: TransportHandlers): Promise<Bound> {
    try {
      if (point.transport === 'tcp') return { ...point, port: await tcp.listen({ ...point, listener }) };
      const udp = await listenUdp(
        { ...point, listener },
        (bytes, source) => handlers.packet({ bytes, source }),
        () => handlers.fault('udp-send-failed', { transport: 'udp', address: point.address, port: point.port }),
      );
      return { ...point, port: udp.port, udp };
    } catch (error) {
      throw bindError(point, error);
    }
  }

  async stop(): Promise<void> {
    await Promise.all([this.#tcp?.stop(), this.#ws?.stop(), ...this.#bound.map((b) => b.udp?.close())]);
    this.#bound.length = 0;
  }

  listening(): readonly ListenPoint[] {
    return this.#bound.map(({ transport, address, port }) => ({ transport, address, port }));
  }

  localFor(hop: Hop): { address: string; port: number } | undefined {
    const bound = this.#pick(hop) ?? this.#pick({ ...hop, transport: 'udp' });
    if (!bound) return undefined;
    const own = isWildcard(bound.address) ? localAddressTowards(hop.address) : bound.address;
    return { address: this.#advertised ?? own, port: bound.port };
  }

  send(hop: Hop, bytes: Buffer, onError: (error: Error) => void): void {
    const bound = this.#pick(hop);
    if (hop.transport === 'udp') {
      if (bound?.udp) bound.udp.send(hop, bytes, onError);
      else onError(new Error(`no UDP listen point can reach ${hop.address}`));
      return;
    }
    if (hop.transport === 'ws') {
      if (this.#ws) this.#ws.send(hop, bytes, onError);
      else onError(new Error('the transport is not started'));
      return;
    }
    if (!this.#tcp) {
      onError(new Error('the transport is not started'));
      return;
    }
    const local = bound && !isWildcard(bound.address) ? bound.address : undefined;
    this.#tcp.send(hop, bytes, local, onError);
  }

  connected(hop: Hop): boolean {
    if (hop.transport === 'ws') return this.#ws?.connected(hop) ?? false;
    return hop.transport === 'udp' || (this.#tcp?.connected(hop) ?? false);
  }

  close(hop: Hop): void {
    if (hop.transport === 'tcp') this.#tcp?.close(hop);
    if (hop.transport === 'ws') this.#ws?.close(hop);
  }

  connections(): number {
    return (this.#tcp?.size ?? 0) + (this.#ws?.size ?? 0);
  }

  adopt(socket: SipSocket, source: { address: string; port: number }): void {
    if (this.#ws) this.#ws.adopt(socket, source);
    else socket.close(1013);
  }

  /** The listen point for a hop: the one named, else one of the family, loopback to loopback. */
  #pick(hop: Hop): Bound | undefined {
    const named = hop.listener === undefined ? undefined : this.#bound[hop.listener];
    if (named && named.transport === hop.transport) return named;
    let fallback: Bound | undefined;
    for (const b of this.#bound) {
      if (b.transport !== hop.transport || isIpv6(b.address) !== isIpv6(hop.address)) continue;
      if (isLoopback(b.address) === isLoopback(hop.address)) return b;
      fallback ??= b;
    }
    return fallback;
  }
}
