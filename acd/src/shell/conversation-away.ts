import type { Call, CallLeg, FlowId, OverflowTarget, QueueResult, Termination } from '@yixian/contracts';
import { type AwayOutcome, type ConversationEffect, partyOf } from '../core/conversation.js';
import type { LiveConversation } from './conversation-live.js';
import { messageOf } from './conversation-media.js';

type SendAway = Extract<ConversationEffect, { type: 'send-away' }>;

/** Sends the one in the room to a queue or a flow, once we play and bridge nothing to that leg any more. */
export function sendAway(conversation: LiveConversation, { party, target }: SendAway, settled: () => Promise<void>): void {
  const { call, deps } = conversation;
  const leg = conversation.parties.leg(party);
  if (!leg) return;
  const name = partyOf(conversation.state, party)?.name ?? call.caller;
  const sent: Call = { ...call, leg, caller: name };
  const run = async (): Promise<AwayOutcome> => {
    await settled().catch(() => undefined);
    if (conversation.state.phase !== 'away') return over(leg);
    if (target.kind === 'flow') return throughFlow(conversation, sent, target.flowId);
    const { result } = deps.queues.enqueue({
      call: sent,
      queueId: target.queueId,
      ...(target.priority ? { priority: target.priority } : {}),
    });
    return throughQueue(conversation, sent, await result);
  };
  run().then(
    (outcome) => conversation.fact({ type: 'away-ended', outcome }),
    (error: unknown) => {
      deps.logger.error({ err: error, callId: call.id, target }, 'a caller sent on was lost on the way');
      const termination: Termination = { by: 'system', reason: 'switch-failure', text: messageOf(error) };
      conversation.fact({ type: 'away-ended', outcome: { served: false, termination } });
    },
  );
}

/** The end of that flow is the caller's, as the end of the flow a number leads to; the flow of before asks nothing any more. */
async function throughFlow(conversation: LiveConversation, call: Call, flowId: FlowId): Promise<AwayOutcome> {
  const { termination } = await conversation.deps.flows.run(call, flowId);
  if (call.leg.state !== 'ended') call.leg.hangUp(termination);
  return { served: true, callerStillUp: false, last: null, termination: call.leg.termination ?? termination };
}

async function throughQueue(conversation: LiveConversation, call: Call, result: QueueResult): Promise<AwayOutcome> {
  switch (result.outcome) {
    case 'served': {
      const termination = call.leg.termination ?? { by: 'agent', reason: 'normal' };
      return { served: true, callerStillUp: result.callerStillUp, last: result.agentId, termination };
    }
    case 'abandoned':
      return over(call.leg);
    case 'callback':
      return {
        served: true,
        callerStillUp: true,
        last: null,
        termination: { by: 'system', reason: 'normal', text: 'the caller is called back' },
      };
    case 'overflow':
      return overflow(conversation, call, result.to);
    default: {
      const text = result.outcome === 'failed' ? result.message : `the queue was left with ${result.outcome}`;
      return { served: false, termination: { by: 'system', reason: result.outcome === 'failed' ? 'switch-failure' : 'no-answer', text } };
    }
  }
}

/** Where a rule of the queue sends the caller on to. */
async function overflow(conversation: LiveConversation, call: Call, to: Exclude<OverflowTarget, { kind: 'queue' }>): Promise<AwayOutcome> {
  const { deps } = conversation;
  switch (to.kind) {
    case 'flow':
      return throughFlow(conversation, call, to.flowId);
    case 'voicemail': {
      const message = { callId: call.id, box: to.box, caller: call.caller, leg: call.leg, maxDurationMs: VOICEMAIL_MS };
      await deps.recorder.voicemail(message);
      return { ...over(call.leg), callerStillUp: call.leg.state !== 'ended' };
    }
    case 'number':
      return toNumber(conversation, call, to.number);
  }
}

const VOICEMAIL_MS = 120_000;

async function toNumber(conversation: LiveConversation, call: Call, number: string): Promise<AwayOutcome> {
  const { deps } = conversation;
  const target = { kind: 'number', number } as const;
  const ring = deps.parties.ring({ target, shown: { number: call.caller }, callId: call.id, timeoutMs: deps.options.ringMs });
  deps.events.publish({ type: 'call.ringing', callId: call.id, data: { to: number } });
  const accepted = await new Promise<boolean>((resolve) => {
    if (ring.state !== 'ringing') return resolve(ring.state === 'accepted');
    ring.subscribe((event) => {
      if (event.type === 'accepted') resolve(true);
      if (event.type === 'ended') resolve(false);
    });
    void call.leg.ended.then((termination) => ring.end(termination));
    return undefined;
  });
  if (!accepted) return { served: false, termination: ring.termination ?? { by: 'called', reason: 'no-answer' } };
  const caller = { leg: call.leg, party: call.caller, role: 'caller' } as const;
  const other = { leg: ring.leg, ring, party: number, role: 'called' } as const;
  const end = await conversation.nested({ call, caller, other });
  return { served: true, callerStillUp: end.callerStillUp, last: end.last, termination: end.termination };
}

function over(leg: CallLeg): AwayOutcome & { served: true } {
  const termination = leg.termination ?? ({ by: 'system', reason: 'normal' } as const);
  return { served: true, callerStillUp: leg.state !== 'ended', last: null, termination };
}
