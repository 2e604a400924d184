import type { SipWire } from '@yixian/contracts';
import { DEFAULT_LIMITS, type SipStackOptions } from './options.js';
import type { SipStack } from './port.js';
import { SocketTransport } from './transport/layer.js';
import { OwnedClock } from './ua/owned-clock.js';
import { Stack } from './ua/stack.js';
import { WireTransactions, type WireTransactionsDeps } from './wire/transactions.js';
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

/** The same user agent and registrar over a SIP server outside of this process, which keeps sockets, transactions and session timers. */
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
  const transactions = (deps: Pick<WireTransactionsDeps, 'counters' | 'discards' | 'tap'>) => {
    made = new WireTransactions({
      wire,
      ...deps,
      locals: { localFor: (hop) => transport.localFor(hop) },
      ended: (key, reason) => guard(() => stack.wireEnded(key, reason)),
    });
    return made;
  };
  const transport = new WireTransport({ wire, transactions: () => made, guard, lost });
  const stack = new Stack({ ...options, sessionExpiresSeconds: 0 }, { transport, transactions, internalError }, clock);
  return stack;
}
