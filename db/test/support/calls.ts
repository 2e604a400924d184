import type { EventBus, EventOf } from '@yixian/contracts';

type TestBus = EventBus & { at: number };

export function arrive(bus: TestBus, callId: string, caller = '13800000000'): EventOf<'call.arrived'> {
  const data = { direction: 'inbound', caller, called: '12320', trunkId: 'demo' } as const;
  return bus.publish({ type: 'call.arrived', callId, data }) as EventOf<'call.arrived'>;
}

/** A whole call: 2 s of flow, `waitMs` in the queue, `talkMs` with the agent. */
export function answeredCall(bus: TestBus, callId: string, o: { queue: string; agent: string; waitMs: number; talkMs: number }): void {
  arrive(bus, callId);
  bus.publish({ type: 'call.answered', callId, data: {} });
  bus.publish({ type: 'call.entered-flow', callId, data: { flowId: 'main', version: 1 } });
  bus.at += 2_000;
  bus.publish({ type: 'call.queued', callId, queueId: o.queue, data: { position: 1, priority: 0 } });
  bus.publish({
    type: 'offer.made',
    callId,
    agentId: o.agent,
    queueId: o.queue,
    data: { offerId: `o-${callId}`, expiresAt: bus.at + 20_000 },
  });
  bus.at += o.waitMs;
  bus.publish({ type: 'offer.accepted', callId, agentId: o.agent, queueId: o.queue, data: { offerId: `o-${callId}` } });
  bus.publish({ type: 'call.left-queue', callId, queueId: o.queue, data: { result: 'served', waitMs: o.waitMs } });
  bus.publish({ type: 'call.connected', callId, agentId: o.agent, queueId: o.queue, data: { to: o.agent } });
  bus.at += o.talkMs;
  bus.publish({ type: 'call.ended', callId, data: { termination: { by: 'caller', reason: 'normal' } } });
}

/** A call that gives up in the queue after `waitMs`. */
export function abandonedCall(bus: TestBus, callId: string, o: { queue: string; waitMs: number }): void {
  arrive(bus, callId);
  bus.publish({ type: 'call.queued', callId, queueId: o.queue, data: { position: 1, priority: 0 } });
  bus.at += o.waitMs;
  bus.publish({ type: 'call.left-queue', callId, queueId: o.queue, data: { result: 'abandoned', waitMs: o.waitMs } });
  bus.publish({ type: 'call.ended', callId, data: { termination: { by: 'caller', reason: 'normal' } } });
}
