import type { Call } from '@yixian/contracts';
import type { TransferOutcome, TransferTarget } from '../core/machine.js';

export interface TransferResult {
  outcome: TransferOutcome;
  /** Whether the caller's leg lives and the flow may go on. */
  callerStillUp: boolean;
}

/**
 * sbc ▸ ivr: rings the target by the caller's rights, bridges, and comes back when the two no longer talk.
 * `connect` settles exactly once; when the caller's leg ends it takes the called leg down and settles without delay.
 */
export interface Transferrer {
  connect(call: Call, target: TransferTarget): Promise<TransferResult>;
}
