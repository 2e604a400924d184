import type { SipRequest } from '../parser/message.js';
import type { ClientUser } from '../transaction/client.js';
import type { TransactionLayer } from '../transaction/layer.js';
import type { ClientTransaction, TransactionHandlers, Transactions } from '../transaction/port.js';
import type { Hop, Packet } from '../transport/types.js';
import type { WireTransactions } from './transactions.js';

/** Browsers are connected to this process and their transactions are kept here; all others are kept by the server outside. */
export class BesideTransactions implements Transactions {
  readonly #wire: WireTransactions;
  readonly #browsers: TransactionLayer;

  constructor(wire: WireTransactions, browsers: TransactionLayer) {
    this.#wire = wire;
    this.#browsers = browsers;
  }

  get clients(): number {
    return this.#wire.clients + this.#browsers.clients;
  }

  get servers(): number {
    return this.#wire.servers + this.#browsers.servers;
  }

  start(handlers: TransactionHandlers): void {
    this.#wire.start(handlers);
    this.#browsers.start(handlers);
  }

  whenAnswered(done: () => void): void {
    this.#wire.whenAnswered(() => this.#browsers.whenAnswered(done));
  }

  stop(): void {
    this.#wire.stop();
    this.#browsers.stop();
  }

  request(request: SipRequest, branch: string, hop: Hop, user: ClientUser): ClientTransaction {
    return (hop.transport === 'ws' ? this.#browsers : this.#wire).request(request, branch, hop, user);
  }

  receive(packet: Packet): void {
    this.#browsers.receive(packet);
  }
}
