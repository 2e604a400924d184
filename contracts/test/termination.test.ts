import assert from 'node:assert/strict';
import fc from 'fast-check';
import { q850For, sipStatusFor, type TerminationReason, terminationFromSip } from '../src/index.js';

describe('termination taxonomy', () => {
  it('gives every refusal a final SIP status of 300 or more', () => {
    const reasons: TerminationReason[] = [
      'normal',
      'busy',
      'no-answer',
      'unknown-number',
      'trunk-full',
      'draining',
      'no-common-codec',
      'flow-ended',
    ];
    for (const reason of reasons) assert.ok(sipStatusFor({ by: 'system', reason }).status >= 300, reason);
  });

  it('keeps the status that the called party sent', () => {
    fc.assert(
      fc.property(fc.integer({ min: 300, max: 699 }), (status) => {
        assert.equal(sipStatusFor(terminationFromSip(status, 'called')).status, status);
      }),
    );
  });

  it('tells busy, refusal, no answer and unknown number apart (RFC 3261 §21)', () => {
    const reason = (status: number) => terminationFromSip(status, 'called').reason;
    assert.deepEqual([486, 603, 480, 404, 408].map(reason), ['busy', 'declined', 'no-answer', 'unknown-number', 'no-response']);
  });

  it('a vague status is told apart by its Q.850 cause: busy, no answer, switched off, refused (RFC 3326, RFC 6432)', () => {
    const reason = (status: number, cause: number) => terminationFromSip(status, 'called', undefined, cause).reason;
    assert.deepEqual(
      [17, 18, 19, 20, 21, 1].map((cause) => reason(480, cause)),
      ['busy', 'no-answer', 'no-answer', 'switched-off', 'declined', 'unknown-number'],
    );
    assert.equal(reason(503, 20), 'switched-off');
    assert.equal(reason(480, 27), 'transport-failure', 'destination out of order is the network’s word for a fault');
    assert.equal(reason(480, 16), 'no-answer', 'normal clearing adds nothing');
  });

  it('a status that says why keeps its meaning whatever the cause', () => {
    assert.equal(terminationFromSip(486, 'called', undefined, 20).reason, 'busy');
    assert.equal(terminationFromSip(404, 'called', undefined, 17).reason, 'unknown-number');
    assert.equal(terminationFromSip(603, 'called', undefined, 17).reason, 'declined');
    assert.equal(terminationFromSip(486, 'called', undefined, 20).q850, 20);
  });

  it('carries the Q.850 cause of the reason unless one was received (RFC 3326)', () => {
    assert.equal(q850For({ by: 'called', reason: 'busy' }), 17);
    assert.equal(q850For({ by: 'called', reason: 'busy', q850: 34 }), 34);
  });
});
