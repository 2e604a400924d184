import type { SipWire } from '@yixian/contracts';
import { DEFAULT_LIMITS, type SipStackOptions } from './options.js';
import type { SipStack } from './port.js';
import { TransactionLayer } from './transaction/layer.js';
import { SocketTransport } from './transport/layer.js';
import { OwnedClock } from './ua/owned-clock.js';
import { Stack, type StackParts } from './ua/stack.js';
import { BesideTransactions } from './wire/beside.js';
import { WireTransactions } from './wire/transactions.js';
import { WireTransport } from './wire/transport.js';

export type { DigestAlgorithm, SipLimits, SipStackOptions } from './options.js';
export type * from './port.js';
export type { SipSocket } from './transport/sip-socket.js';
export { ReinviteRefused } from './ua/offer-exchange.js';

/** A SIP user agent and registrar over UDP and TCP. Nothing is bound before `start`. */
export function createSipStack(options: SipStackOptions): SipStack {
  const internalError = (error: unknown) => options.logger.error({ err: error }, 'internal error in the SIP stack');
  const clock = new OwnedClock(options.clock, internalError);
  const transport = new SocketTransport({
    listen: options.listen,
    clock,
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    advertisedAddress: options.advertisedAddress,
  });
  return new Stack(options, { transport, internalError }, clock);
}

/**
 * The same user agent and registrar over a SIP server outside of this process, which keeps sockets, transactions and session timers;
 * browsers are connected to this process itself (`adopt`).
 */
export function createWiredSipStack(options: Omit<SipStackOptions, 'sessionExpiresSeconds'>, wire: SipWire): SipStack {
  const internalError = (error: unknown) => options.logger.error({ err: error }, 'internal error in the SIP stack');
  const clock = new OwnedClock(options.clock, internalError);
  const guard = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      internalError(error);
    }
  };
  let made: WireTransactions | undefined;
  const lost = (why: string): void => guard(() => stack.wireLost(why));
  const transactions: StackParts['transactions'] = (deps) => {
    const { counters, discards, tap } = deps;
    made = new WireTransactions({
      wire,
      counters,
      discards,
      tap,
      locals: { localFor: (hop) => transport.localFor(hop) },
      ended: (key, reason) => guard(() => stack.wireEnded(key, reason)),
    });
    return new BesideTransactions(made, new TransactionLayer(deps));
  };
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const transport = new WireTransport({ wire, clock, limits, transactions: () => made, guard, lost });
  const stack = new Stack({ ...options, sessionExpiresSeconds: 0 }, { transport, transactions, internalError }, clock);
  return stack;
}
