import type { Clock, SipWire } from '@yixian/contracts';
import type { SipLimits } from '../options.js';
import { parseMessage } from '../parser/parse.js';
import type { ListenPoint } from '../port.js';
import type { SipSocket } from '../transport/sip-socket.js';
import type { Hop, TransportHandlers, TransportLayer } from '../transport/types.js';
import { isIpv6 } from '../transport/types.js';
import { WsTransport } from '../transport/ws.js';
import type { WireTransactions } from './transactions.js';

export interface WireTransportDeps {
  wire: SipWire;
  clock: Clock;
  limits: SipLimits;
  transactions(): WireTransactions | undefined;
  /** Takes a mistake of ours, so that one message cannot end the other calls. */
  guard(work: () => void): void;
  lost(why: string): void;
}

/**
 * Sockets are the server's outside, but for those of browsers; what else is left is to know where it listens, and the ACKs, which are
 * no transactions.
 */
export class WireTransport implements TransportLayer {
  readonly #deps: WireTransportDeps;
  #browsers: WsTransport | undefined;

  constructor(deps: WireTransportDeps) {
    this.#deps = deps;
  }

  async start(handlers: TransportHandlers): Promise<void> {
    const { wire, clock, limits, transactions, guard, lost } = this.#deps;
    this.#browsers = new WsTransport(clock, limits, handlers);
    await wire.start({
      request: (request) => guard(() => transactions()?.incoming(request)),
      acknowledged: (text, source) => guard(() => transactions()?.acknowledged(text, source)),
      endedByServer: (text) => guard(() => transactions()?.endedByServer(text)),
      lost: (why) =>
        guard(() => {
          transactions()?.lost(why);
          lost(why);
        }),
      found() {},
    });
  }

  async stop(): Promise<void> {
    await this.#browsers?.stop();
    await this.#deps.wire.stop();
  }

  listening(): readonly ListenPoint[] {
    return this.#deps.wire
      .points()
      .flatMap(({ transport, address, port }) =>
        transport === 'tls' || transport === 'wss' ? [] : [{ transport, address, port } satisfies ListenPoint],
      );
  }

  localFor(hop: Hop): { address: string; port: number } | undefined {
    const all = this.#deps.wire.points();
    const points = all.filter((p) => isIpv6(p.address) === isIpv6(hop.address));
    // A browser answers by its connection: what stands in Via and Contact only has to be one of ours.
    return points.find((p) => p.transport === hop.transport) ?? points[0] ?? (hop.transport === 'ws' ? all[0] : undefined);
  }

  send(hop: Hop, bytes: Buffer, onError: (error: Error) => void): void {
    if (hop.transport === 'ws') {
      if (this.#browsers) this.#browsers.send(hop, bytes, onError);
      else onError(new Error('the transport is not started'));
      return;
    }
    const parsed = parseMessage(bytes);
    if (parsed.ok && parsed.message.kind === 'request' && parsed.message.method === 'ACK') {
      this.#deps.transactions()?.acknowledge(parsed.message);
    } else onError(new Error('only an ACK is sent outside of transactions'));
  }

  connected(hop: Hop): boolean {
    return hop.transport === 'ws' ? (this.#browsers?.connected(hop) ?? false) : this.#deps.wire.connected();
  }

  close(hop: Hop): void {
    if (hop.transport === 'ws') this.#browsers?.close(hop);
  }

  connections(): number {
    return this.#browsers?.size ?? 0;
  }

  adopt(socket: SipSocket, source: { address: string; port: number }): void {
    if (this.#browsers) this.#browsers.adopt(socket, source);
    else socket.close(1013);
  }
}
