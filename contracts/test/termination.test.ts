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

  it('carries the Q.850 cause of the reason unless one was received (RFC 3326)', () => {
    assert.equal(q850For({ by: 'called', reason: 'busy' }), 17);
    assert.equal(q850For({ by: 'called', reason: 'busy', q850: 34 }), 34);
  });
});
