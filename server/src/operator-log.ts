import type { CallRecord, DomainEvent, Logger } from '@yixian/contracts';

/**
 * What an operator wants to read without asking the database: one line for each call when it is over, and what befalls
 * agents without their doing. Refusals, sign-ins and faults are logged where they happen.
 * @param callOf the record of a call in progress, or one that ends with this event
 */
export function createOperatorLog(logger: Logger, callOf: (callId: string) => CallRecord | undefined): (event: DomainEvent) => void {
  return (event) => {
    const { callId, agentId, queueId } = event;
    switch (event.type) {
      case 'call.ended': {
        const call = callId ? callOf(callId) : undefined;
        if (call) logger.info(summaryOf(call), 'call ended');
        return;
      }
      case 'offer.timed-out':
        return logger.warn({ callId, agentId, queueId }, 'the agent did not answer');
      case 'offer.rejected':
        return logger.info({ callId, agentId, queueId, reason: event.data.termination.reason }, 'the agent did not take the call');
      case 'agent.unregistered':
        if (event.data.reason === 'expired') logger.warn({ agentId }, 'the phone has not renewed its registration: no calls reach it');
        return;
      default:
        return;
    }
  };
}

/** The facts to find a call by and to see what became of it; the rest is in its record. */
function summaryOf(call: CallRecord): Record<string, unknown> {
  const { id, direction, caller, called, queueId, agentId, outcome, termination } = call;
  const seconds = call.endedAt === null ? undefined : Math.round((call.endedAt - call.startedAt) / 100) / 10;
  return {
    callId: id,
    ...{ direction, caller, called, outcome, seconds },
    ...(queueId ? { queueId } : {}),
    ...(agentId ? { agentId } : {}),
    ...(termination ? { by: termination.by, reason: termination.reason, ...(termination.text ? { text: termination.text } : {}) } : {}),
  };
}
