import assert from 'node:assert/strict';
import { controlAddresses, listenPoints, versionAtLeast } from '../../../src/core/freeswitch/addresses.js';

describe('addresses of drachtio-server and FreeSWITCH', () => {
  it('reads host:port,secret, several of them, IPv6 in brackets, commas in a secret', () => {
    assert.deepEqual(controlAddresses(' 10.0.0.1:8021,s3cret  [::1]:8022,a,b ', 'FREESWITCH_URL'), [
      { host: '10.0.0.1', port: 8021, secret: 's3cret' },
      { host: '::1', port: 8022, secret: 'a,b' },
    ]);
  });

  for (const [text, fault] of [
    ['', /FREESWITCH_URL must name a server/],
    ['10.0.0.1:8021', /a secret has to follow the port/],
    ['10.0.0.1,top-secret', /"10\.0\.0\.1" is not host:port/],
    ['10.0.0.1:0,top-secret', /"10\.0\.0\.1:0" is not host:port/],
    ['10.0.0.1:70000,top-secret', /is not host:port/],
    ['fs:8021,', /the secret of fs:8021 is empty/],
  ] as const) {
    it(`says what is wrong with ${JSON.stringify(text)}, and never the secret`, () => {
      assert.throws(
        () => controlAddresses(text, 'FREESWITCH_URL'),
        (error: Error) => fault.test(error.message) && !error.message.includes('top-secret'),
      );
    });
  }

  it('reads the listen points of drachtio-server, and leaves out what is none', () => {
    assert.deepEqual(listenPoints('udp/127.0.0.1:5060,tcp/[::1]:5061, sctp/127.0.0.1:5060,rubbish'), [
      { transport: 'udp', address: '127.0.0.1', port: 5060 },
      { transport: 'tcp', address: '::1', port: 5061 },
    ]);
  });

  it('compares versions by their numbers; one that cannot be read is too old', () => {
    assert.equal(versionAtLeast('v0.9.10-1-g9c2dd4cb6a', '0.9.2'), true);
    assert.equal(versionAtLeast('v0.8.26', '0.9.0'), false);
    assert.equal(versionAtLeast('1.11.0-dev', '1.10.0'), true);
    assert.equal(versionAtLeast('1.10', '1.10.0'), true);
    assert.equal(versionAtLeast('unknown', '0.0.1'), false);
  });
});
