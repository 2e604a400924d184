import type { SipStackOptions } from './options.js';
import type { SipStack } from './port.js';

export type { DigestAlgorithm, SipLimits, SipStackOptions } from './options.js';
export type * from './port.js';

/** A SIP user agent and registrar over UDP and TCP. Nothing is bound before `start`. */
export function createSipStack(_options: SipStackOptions): SipStack {
  throw new Error('the SIP stack is not assembled yet');
}
