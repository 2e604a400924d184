import assert from 'node:assert/strict';
import { applyCallEvent, type CallRecord, type DomainEvent, silentLogger } from '@yixian/contracts';
import { createOperatorLog } from '../src/operator-log.js';

const T0 = Date.UTC(2026, 2, 2, 8);

function told(events: Array<Record<string, unknown>>): Array<[string, object, string]> {
  const lines: Array<[string, object, string]> = [];
  const note = (level: string) => (facts: object, message: string) => void lines.push([level, facts, message]);
  const records = new Map<string, CallRecord>();
  const log = createOperatorLog({ ...silentLogger, info: note('info'), warn: note('warn') }, (id) => records.get(id));
  for (const [i, draft] of events.entries()) {
    const event = { id: `evt-${i}`, seq: i + 1, at: T0 + i * 1500, ...draft } as DomainEvent;
    const next = event.callId ? applyCallEvent(records.get(event.callId), event) : undefined;
    if (next && event.callId) records.set(event.callId, next);
    log(event);
  }
  return lines;
}

describe('operator log', () => {
  it('one line for a call when it is over: its id, who, and what became of it', () => {
    const callId = 'call-1';
    const lines = told([
      { type: 'call.arrived', callId, data: { direction: 'inbound', caller: '13800000000', called: '12320', trunkId: 'demo' } },
      { type: 'call.queued', callId, queueId: 'consult', data: { position: 1, priority: 0 } },
      { type: 'call.ended', callId, data: { termination: { by: 'caller', reason: 'cancelled' } } },
    ]);
    assert.equal(lines.length, 1);
    const [level, facts, message] = lines[0] ?? [];
    assert.equal(level, 'info');
    assert.equal(message, 'call ended');
    const { outcome, ...rest } = facts as Record<string, unknown>;
    assert.deepEqual(rest, {
      ...{ callId, direction: 'inbound', caller: '13800000000', called: '12320', seconds: 3, queueId: 'consult' },
      ...{ by: 'caller', reason: 'cancelled' },
    });
    assert.equal(outcome, 'abandoned-in-queue');
  });

  it('an agent who does not answer, and a phone that is lost, are warnings with their ids', () => {
    const lines = told([
      { type: 'offer.timed-out', callId: 'call-1', agentId: '1001', queueId: 'consult', data: { offerId: 'o-1' } },
      { type: 'agent.unregistered', agentId: '1001', data: { extension: '1001', reason: 'expired' } },
      { type: 'agent.unregistered', agentId: '1002', data: { extension: '1002', reason: 'unregistered' } },
    ]);
    assert.deepEqual(
      lines.map(([level, facts]) => [level, facts]),
      [
        ['warn', { callId: 'call-1', agentId: '1001', queueId: 'consult' }],
        ['warn', { agentId: '1001' }],
      ],
    );
  });
});
