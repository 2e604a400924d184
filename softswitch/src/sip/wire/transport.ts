import type { SipWire } from '@yixian/contracts';
import { parseMessage } from '../parser/parse.js';
import type { ListenPoint } from '../port.js';
import type { Hop, TransportHandlers, TransportLayer } from '../transport/types.js';
import { isIpv6 } from '../transport/types.js';
import type { WireTransactions } from './transactions.js';

export interface WireTransportDeps {
  wire: SipWire;
  transactions(): WireTransactions | undefined;
  /** Takes a mistake of ours, so that one message cannot end the other calls. */
  guard(work: () => void): void;
  lost(why: string): void;
}

/** Sockets are the server's outside; what is left is to know where it listens, and the ACKs, which are no transactions. */
export class WireTransport implements TransportLayer {
  readonly #deps: WireTransportDeps;

  constructor(deps: WireTransportDeps) {
    this.#deps = deps;
  }

  async start(_handlers: TransportHandlers): Promise<void> {
    const { wire, transactions, guard, lost } = this.#deps;
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
    const points = this.#deps.wire.points().filter((p) => isIpv6(p.address) === isIpv6(hop.address));
    return points.find((p) => p.transport === hop.transport) ?? points[0];
  }

  send(_hop: Hop, bytes: Buffer, onError: (error: Error) => void): void {
    const parsed = parseMessage(bytes);
    if (parsed.ok && parsed.message.kind === 'request' && parsed.message.method === 'ACK') {
      this.#deps.transactions()?.acknowledge(parsed.message);
    } else onError(new Error('only an ACK is sent outside of transactions'));
  }

  connected(): boolean {
    return this.#deps.wire.connected();
  }

  close(): void {}

  connections(): number {
    return 0;
  }
}
