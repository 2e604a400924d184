import assert from 'node:assert/strict';
import { authority, httpUrl } from '../src/first-run.js';

describe('addresses that are printed', () => {
  it('IPv6 stands in brackets, and all-addresses is named by one that can be called (RFC 3986 §3.2.2)', () => {
    assert.equal(authority('192.0.2.1', 5060), '192.0.2.1:5060');
    assert.equal(authority('::1', 5060), '[::1]:5060');
    assert.equal(authority('0.0.0.0', 5060), '127.0.0.1:5060');
    assert.equal(httpUrl({ hosts: ['::'], httpPort: 8080 }), 'http://[::1]:8080');
  });
});
