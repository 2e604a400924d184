import assert from 'node:assert/strict';
import { classify } from '../../src/core/admission.js';
import { isTrunkFailure, refusalFor } from '../../src/core/callee-failure.js';
import { isBanned, type Offences, offend } from '../../src/core/offences.js';

const isExtension = (user: string) => user === '1001';

describe('admission: what a request is taken for', () => {
  it('REGISTER is challenged for the address of record in To, known or not, from anywhere (RFC 3261 §10.2)', () => {
    for (const trunkId of [undefined, 'demo']) {
      for (const toUser of ['1001', 'nobody']) {
        const kind = classify({ method: 'REGISTER', fromUser: 'other', toUser }, isExtension, trunkId);
        assert.deepEqual(kind, { kind: 'extension', extension: toUser });
      }
    }
  });

  it('any request whose From user is a provisioned extension is that extension’s, even from a trunk’s address', () => {
    for (const method of ['INVITE', 'MESSAGE', 'SUBSCRIBE', 'REFER', 'OPTIONS', 'OTHER'] as const) {
      assert.deepEqual(classify({ method, fromUser: '1001', toUser: 'x' }, isExtension, 'demo'), { kind: 'extension', extension: '1001' });
    }
  });

  it('any other INVITE from a trunk’s address is the trunk’s call, OPTIONS its keep-alive, the rest not for trunks', () => {
    const kind = (method: 'INVITE' | 'OPTIONS' | 'MESSAGE') => classify({ method, fromUser: '139', toUser: 'x' }, isExtension, 'demo').kind;
    assert.equal(kind('INVITE'), 'trunk-call');
    assert.equal(kind('OPTIONS'), 'trunk-ping');
    assert.equal(kind('MESSAGE'), 'trunk-other');
  });

  it('everything else is a stranger’s', () => {
    assert.equal(classify({ method: 'INVITE', fromUser: '139', toUser: '1001' }, isExtension, undefined).kind, 'stranger');
    assert.equal(classify({ method: 'OPTIONS', fromUser: '', toUser: '' }, isExtension, undefined).kind, 'stranger');
  });
});

describe('offences', () => {
  const limits = { threshold: 3, windowMs: 1000, banMs: 5000 };

  it('the offence that fills the window brings the ban, once; the ban ends by itself and counting starts anew', () => {
    let entry: Offences | undefined;
    const commit = (now: number) => {
      const step = offend(entry, limits, now);
      entry = step.offences;
      return step.bannedNow;
    };
    assert.deepEqual([commit(0), commit(10), commit(20)], [false, false, true]);
    assert.ok(isBanned(entry, 21));
    assert.equal(commit(30), false);
    assert.ok(isBanned(entry, 5019), 'an offence during the ban does not prolong it');
    assert.ok(!isBanned(entry, 5020));
    assert.deepEqual([commit(5020), commit(5021)], [false, false]);
  });

  it('offences further apart than the window never add up', () => {
    let entry: Offences | undefined;
    for (let now = 0; now < 100_000; now += 600) {
      const step = offend(entry, limits, now);
      entry = step.offences;
      assert.equal(step.bannedNow, false);
    }
  });
});

describe('failures of the called side', () => {
  it('busy, unknown and declined reach the caller with the status that was received', () => {
    assert.deepEqual(refusalFor({ by: 'called', reason: 'busy', sipStatus: 486 }), { by: 'called', reason: 'busy', sipStatus: 486 });
    assert.equal(refusalFor({ by: 'called', reason: 'declined', sipStatus: 603 }).sipStatus, 603);
  });

  it('a challenge, a redirect or a 487 of the called side is never passed on (RFC 3261 §22.1)', () => {
    assert.deepEqual(refusalFor({ by: 'called', reason: 'unauthorized', sipStatus: 407 }), { by: 'called', reason: 'unauthorized' });
    assert.equal(refusalFor({ by: 'called', reason: 'declined', sipStatus: 302 }).sipStatus, 480);
    assert.equal(refusalFor({ by: 'called', reason: 'cancelled', sipStatus: 487 }).sipStatus, 480);
  });

  it('another trunk is tried for what the next one may do better: unreachable, full or 503', () => {
    for (const reason of ['transport-failure', 'no-response', 'trunk-full'] as const) assert.ok(isTrunkFailure({ by: 'network', reason }));
    assert.ok(isTrunkFailure({ by: 'called', reason: 'switch-failure', sipStatus: 503 }));
    for (const reason of ['busy', 'unknown-number', 'declined', 'no-answer', 'forbidden'] as const)
      assert.ok(!isTrunkFailure({ by: 'called', reason }));
  });
});
