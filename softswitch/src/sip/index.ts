import { DEFAULT_LIMITS, type SipStackOptions } from './options.js';
import type { SipStack } from './port.js';
import { SocketTransport } from './transport/layer.js';
import { OwnedClock } from './ua/owned-clock.js';
import { Stack } from './ua/stack.js';

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
