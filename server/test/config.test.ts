import assert from 'node:assert/strict';
import { ConfigError, describeConfig, parseConfig } from '../src/config.js';

describe('configuration', () => {
  it('one process of several needs the database and Redis they share, and keeps what is its own by its name', () => {
    assert.throws(
      () => parseConfig({ HOTLINE_NODE: 'a', DATABASE_URL: 'postgres://db/x' }),
      /HOTLINE_NODE needs DATABASE_URL and REDIS_URL/,
    );
    assert.throws(() => parseConfig({ HOTLINE_NODE: '/usr/bin/node' }), /HOTLINE_NODE must be a name/);
    const shared = { HOTLINE_NODE: 'a', DATABASE_URL: 'postgres://db/x', REDIS_URL: 'redis://r' };
    assert.throws(() => parseConfig({ ...shared, HOTLINE_HOST: '0.0.0.0' }), /HOTLINE_HOST must be the address/);
    const config = parseConfig({ HOTLINE_NODE: 'a', DATABASE_URL: 'postgres://db/x', REDIS_URL: 'redis://r', DATA_DIR: '/srv/y' });
    assert.equal(config.nodeDir, '/srv/y/nodes/a');
    assert.equal(parseConfig({ DATA_DIR: '/srv/y' }).nodeDir, '/srv/y');
  });

  it('has the documented defaults', () => {
    const config = parseConfig({});
    assert.deepEqual(
      [config.hosts, config.httpPort, config.sipPort, config.rtpPorts],
      [['127.0.0.1'], 8080, 5060, { min: 20000, max: 29999 }],
    );
    assert.deepEqual(
      [config.timeZone, config.seedDemo, config.databaseUrl, config.redisUrl],
      ['Asia/Shanghai', true, undefined, undefined],
    );
  });

  it('takes several addresses, IPv4 and IPv6', () => {
    assert.deepEqual(parseConfig({ HOTLINE_HOST: '127.0.0.1, ::1' }).hosts, ['127.0.0.1', '::1']);
  });

  it('takes hosts and secrets of flows; the secrets are shown nowhere', () => {
    const config = parseConfig({ FLOW_HTTP_HOSTS: 'CRM.example, 10.0.0.5:8443', FLOW_SECRET_crm: 'hidden' });
    assert.deepEqual(config.flowHttpHosts, ['crm.example', '10.0.0.5:8443']);
    assert.deepEqual(config.flowSecrets, { crm: 'hidden' });
    assert.doesNotMatch(JSON.stringify(describeConfig(config)), /hidden/);
  });

  it('treats an empty value as not given', () => {
    assert.equal(parseConfig({ SIP_PORT: '' }).sipPort, 5060);
  });

  for (const [name, value] of [
    ['HOTLINE_HOST', 'hotline.local'],
    ['HTTP_PORT', '-1'],
    ['SIP_PORT', '5o60'],
    ['RTP_PORTS', '30000-20000'],
    ['RTP_PORTS', '80-90'],
    ['DATABASE_URL', 'sqlite://x'],
    ['REDIS_URL', 'localhost:6379'],
    ['SWITCH', 'asterisk'],
    ['FREESWITCH_LISTEN_PORTS', '8087-8084'],
    ['FREESWITCH_LISTEN_PORTS', 'any'],
    ['TZ_HOTLINE', 'Peking'],
    ['SEED_DEMO', 'yes'],
    ['SIP_DIGEST', 'SHA-1'],
    ['SIP_TRACE_DAYS', '-1'],
    ['SIP_TRACE_DAYS', 'never'],
    ['LOG_LEVEL', 'loud'],
    ['FLOW_HTTP_HOSTS', 'https://crm.example'],
    ['WEB_ORIGINS', 'hotline.example'],
    ['TRUSTED_PROXIES', 'proxy.example'],
  ] as const) {
    it(`refuses ${name}=${value} in a message that names the variable and the value`, () => {
      assert.throws(
        () => parseConfig({ [name]: value }),
        (error: Error) => error instanceof ConfigError && error.message.startsWith(`${name} `) && error.message.includes(value),
      );
    });
  }

  it('takes the ports that FreeSWITCH connects back to, one for each server at least', () => {
    const urls = { SWITCH: 'freeswitch', DRACHTIO_URL: 'sip:9022,x', FREESWITCH_URL: '10.0.0.5:8021,x 10.0.0.6:8021,x' };
    const config = parseConfig({ ...urls, FREESWITCH_LISTEN_PORTS: '8084-8085' });
    assert.deepEqual(config.freeswitch?.listenPorts, { min: 8084, max: 8085 });
    assert.equal(describeConfig(config).FREESWITCH_LISTEN_PORTS, '8084-8085');
    assert.equal(describeConfig(parseConfig(urls)).FREESWITCH_LISTEN_PORTS, '(any)');
    const one = parseConfig({ ...urls, FREESWITCH_URL: '10.0.0.5:8021,x', FREESWITCH_LISTEN_PORTS: '8084' });
    assert.deepEqual(one.freeswitch?.listenPorts, { min: 8084, max: 8084 });
    assert.throws(
      () => parseConfig({ ...urls, FREESWITCH_LISTEN_PORTS: '8084' }),
      /^ConfigError: FREESWITCH_LISTEN_PORTS needs a port for each of the 2 servers of FREESWITCH_URL \(it is '8084'\)$/,
    );
  });

  it('takes drachtio-server and several FreeSWITCH with the switch that needs them; the secrets are shown nowhere', () => {
    const urls = { DRACHTIO_URL: 'sip.example:9022,hidden1', FREESWITCH_URL: '10.0.0.5:8021,hidden2 10.0.0.6:8021,hidden3' };
    assert.equal(parseConfig(urls).freeswitch, undefined);
    const config = parseConfig({ ...urls, SWITCH: 'freeswitch' });
    assert.deepEqual(config.freeswitch, { drachtioUrl: urls.DRACHTIO_URL, freeswitchUrl: urls.FREESWITCH_URL });
    const shown = describeConfig(config);
    assert.deepEqual(
      [shown.SWITCH, shown.DRACHTIO_URL, shown.FREESWITCH_URL],
      ['freeswitch', 'sip.example:9022,***', '10.0.0.5:8021,*** 10.0.0.6:8021,***'],
    );
    assert.doesNotMatch(JSON.stringify(shown), /hidden/);
  });

  for (const [name, value] of [
    ['DRACHTIO_URL', undefined],
    ['FREESWITCH_URL', undefined],
    ['DRACHTIO_URL', '127.0.0.1:9022'],
    ['DRACHTIO_URL', '127.0.0.1,hidden'],
    ['FREESWITCH_URL', '127.0.0.1:8021,hidden 127.0.0.1:8022'],
  ] as const) {
    it(`with SWITCH=freeswitch refuses ${name}=${value ?? '(unset)'} by name, without the secret`, () => {
      const whole = { SWITCH: 'freeswitch', DRACHTIO_URL: '127.0.0.1:9022,hidden', FREESWITCH_URL: '127.0.0.1:8021,hidden', [name]: value };
      assert.throws(
        () => parseConfig(whole),
        (error: Error) => error instanceof ConfigError && error.message.startsWith(`${name} must be`) && !error.message.includes('hidden'),
      );
    });
  }

  it('a certificate needs its key and the other way round', () => {
    assert.throws(() => parseConfig({ TLS_CERT: 'a.pem' }), /^ConfigError: TLS_KEY /);
    assert.throws(() => parseConfig({ TLS_KEY: 'a.key' }), /^ConfigError: TLS_CERT /);
    assert.equal(parseConfig({ TLS_CERT: '/x/a.pem', TLS_KEY: '/x/a.key' }).tls?.key, '/x/a.key');
  });

  it('a wrong address is refused without the password in it', () => {
    for (const value of ['mysql://u:topsecret@db/x', 'u:topsecret@db', 'http://:topsecret@db']) {
      for (const name of ['DATABASE_URL', 'REDIS_URL']) {
        assert.throws(
          () => parseConfig({ [name]: value }),
          (error: Error) => error.message.includes('db') && !error.message.includes('topsecret'),
        );
      }
    }
  });

  it('describes itself without secrets', () => {
    const text = JSON.stringify(describeConfig(parseConfig({ DATABASE_URL: 'postgres://u:secret@db/x', REDIS_URL: 'redis://:secret@r' })));
    assert.ok(!text.includes('secret'));
    assert.ok(text.includes('db'));
  });
});
