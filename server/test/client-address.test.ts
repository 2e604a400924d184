import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { createClientAddress, isNetwork } from '../src/client-address.js';

describe('the address a request comes from', () => {
  const from = (trusted: string[], remoteAddress: string, forwarded?: string | string[]): string =>
    createClientAddress(trusted)({
      socket: { remoteAddress } as Socket,
      headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded as string },
    });

  it('is the connection’s, whatever is said, where nobody is trusted', () => {
    assert.equal(from([], '192.0.2.1', '10.0.0.1'), '192.0.2.1');
    assert.equal(from([], '::ffff:192.0.2.1'), '192.0.2.1');
    assert.equal(from(['10.0.0.7'], '192.0.2.1', '203.0.113.9'), '192.0.2.1');
  });

  it('is what a trusted proxy says; what was said before the client reached a proxy is not believed', () => {
    assert.equal(from(['10.0.0.7'], '10.0.0.7', '203.0.113.9'), '203.0.113.9');
    assert.equal(from(['10.0.0.7'], '::ffff:10.0.0.7', '1.1.1.1, 203.0.113.9'), '203.0.113.9');
    assert.equal(from(['10.0.0.0/8', 'fd00::/8'], 'fd00::1', '1.1.1.1, 203.0.113.9, 10.2.3.4'), '203.0.113.9');
    assert.equal(from(['10.0.0.0/8'], '10.0.0.7', '10.2.3.4, 10.9.9.9'), '10.2.3.4');
  });

  it('is the proxy’s where it says nothing, or no address', () => {
    assert.equal(from(['10.0.0.7'], '10.0.0.7'), '10.0.0.7');
    assert.equal(from(['10.0.0.7'], '10.0.0.7', 'unknown'), '10.0.0.7');
    assert.equal(from(['10.0.0.7'], '10.0.0.7', ''), '10.0.0.7');
    assert.equal(from(['10.0.0.7'], ''), '');
  });

  it('networks are told from what is none', () => {
    for (const good of ['10.0.0.7', '10.0.0.0/8', '::1', 'fd00::/8']) assert.ok(isNetwork(good), good);
    for (const bad of ['', '10.0.0', '10.0.0.0/33', 'fd00::/129', '10.0.0.0/8/8', 'proxy.example', '10.0.0.0/-1', '10.0.0.0/'])
      assert.ok(!isNetwork(bad), bad);
  });
});
