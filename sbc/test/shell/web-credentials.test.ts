import assert from 'node:assert/strict';
import { SimulatedClock } from '@yixian/contracts';
import { describe, it } from 'mocha';
import { createWebCredentials } from '../../src/shell/web-credentials.js';

describe('SIP credentials of browsers', () => {
  it('name their extension, are other ones for each session, and the same for one that asks again', () => {
    const clock = new SimulatedClock(1_000);
    const store = createWebCredentials(clock);
    const one = store.issue('1001', 'ses-a');
    const other = store.issue('1001', 'ses-b');
    assert.match(one.username, /^1001\.[0-9a-f]{12}$/);
    assert.notEqual(one.username, other.username);
    assert.notEqual(one.password, other.password);
    clock.advance(3_600_000);
    const again = store.issue('1001', 'ses-a');
    assert.deepEqual([again.username, again.password], [one.username, one.password]);
    assert.equal(again.expiresAt, one.expiresAt + 3_600_000);
    assert.equal(store.password(one.username), one.password);
    assert.equal(store.password('1001'), undefined, 'the extension itself is not among them');
  });

  it('are worth nothing after their time, and after the session', () => {
    const clock = new SimulatedClock(1_000);
    const store = createWebCredentials(clock);
    const { username, expiresAt } = store.issue('1001', 'ses-a');
    clock.advance(expiresAt - 1_000);
    assert.equal(store.password(username), undefined);
    const fresh = store.issue('1001', 'ses-a');
    assert.notEqual(fresh.username, username, 'what has run out does not come back');
    assert.equal(store.revoke('ses-a'), '1001');
    assert.equal(store.password(fresh.username), undefined);
    assert.equal(store.revoke('ses-a'), undefined);
  });
});
