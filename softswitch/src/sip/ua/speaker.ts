import type { Speaker } from '../relay/orphan.js';
import { reasonFor } from './admission.js';
import { hopOf, sendAck, sendRequest, type UaContext } from './context.js';

const nothing = (): void => {};

/** Lends the user agent's voice to dialogs of a process that has died. */
export function createSpeaker(ctx: () => UaContext): Speaker {
  return {
    tag: () => ctx().token(8),
    reason: reasonFor({ by: 'system', reason: 'process-died', text: 'the process that had the call has died' }).value,
    request(request, hop, branch) {
      if (branch === undefined) sendRequest(ctx(), request, hop, { response: nothing, failed: nothing });
      else ctx().transactions.request(request, branch, hop, { response: nothing, timeout: nothing, transportError: nothing });
    },
    acknowledge: (ack, hop) => void sendAck(ctx(), ack, hop),
    resolve: (uri, done) => hopOf(ctx(), uri, done),
  };
}
