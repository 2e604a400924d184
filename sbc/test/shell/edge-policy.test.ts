import assert from 'node:assert/strict';
import { type EventDraft, type RequestSummary, SimulatedClock, silentLogger } from '@yixian/contracts';
import { createEdgePolicy, type EdgePolicyDeps } from '../../src/index.js';
import { extension, fakeDirectory, trunk } from '../support/fake-directory.js';

function edge(over: Partial<EdgePolicyDeps> = {}) {
  const clock = new SimulatedClock(5_000_000);
  const directory = fakeDirectory();
  const warnings: string[] = [];
  const live = new Map<string, number>();
  const policy = createEdgePolicy({
    directory,
    clock,
    logger: { ...silentLogger, warn: (_facts, message) => warnings.push(message) },
    liveCallsOn: (id) => live.get(id) ?? 0,
    ...over,
  });
  return { clock, directory, policy, warnings, live };
}

function request(over: Partial<Omit<RequestSummary, 'source'>> & { address?: string; port?: number } = {}): RequestSummary {
  const { address = '127.0.0.1', port = 5090, ...rest } = over;
  return {
    method: 'INVITE',
    source: { address, port, transport: 'udp' },
    requestUser: '12320',
    fromUser: '13900001111',
    toUser: rest.requestUser ?? '12320',
    sipCallId: 'call',
    ...rest,
  };
}

const register = (user: string, port = 6001, address = '127.0.0.1') =>
  request({ method: 'REGISTER', fromUser: user, toUser: user, requestUser: '', port, address });
const stranger = (over: Parameters<typeof request>[0] = {}) => request({ address: '203.0.113.7', ...over });

function decision(policy: ReturnType<typeof edge>['policy'], r: RequestSummary): string {
  const a = policy.admit(r);
  switch (a.action) {
    case 'challenge':
      return `challenge ${a.extension}`;
    case 'accept':
      return `accept ${a.origin.kind === 'trunk' ? a.origin.trunkId : a.origin.extension}`;
    case 'refuse':
      return `refuse ${a.termination.reason}`;
    case 'drop':
      return `drop ${a.reason}`;
  }
}

describe('edge policy: who comes in', () => {
  it('an INVITE from a trunk’s address is the trunk’s call, over IPv4, IPv6 and mapped IPv4', () => {
    const { policy } = edge();
    for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) assert.equal(decision(policy, request({ address })), 'accept demo');
  });

  it('an INVITE from a provisioned extension is challenged, from the trunk’s address too', () => {
    const { policy } = edge();
    assert.equal(decision(policy, request({ fromUser: '1001' })), 'challenge 1001');
    assert.equal(decision(policy, stranger({ fromUser: '1001' })), 'challenge 1001');
  });

  it('a disabled extension is challenged all the same and has no password', () => {
    const { policy, directory } = edge();
    directory.change({ extensions: [extension('1001', { enabled: false })] });
    assert.equal(decision(policy, request({ fromUser: '1001' })), 'challenge 1001');
    assert.equal(policy.sipPassword('1001'), undefined);
  });

  it('REGISTER of an unknown user gets the same challenge as of a known one: no hint of which extensions exist', () => {
    const { policy } = edge();
    assert.equal(decision(policy, register('1001', 6001, '203.0.113.7')), 'challenge 1001');
    assert.equal(decision(policy, register('nobody', 6001, '203.0.113.7')), 'challenge nobody');
    assert.equal(policy.sipPassword('1001'), 'secret-1001');
    assert.equal(policy.sipPassword('nobody'), undefined);
  });

  it('OPTIONS from a trunk is accepted, MESSAGE is not for trunks, an unlisted source gets 403', () => {
    const { policy } = edge();
    assert.equal(decision(policy, request({ method: 'OPTIONS' })), 'accept demo');
    assert.equal(decision(policy, request({ method: 'MESSAGE' })), 'refuse forbidden');
    assert.equal(decision(policy, stranger()), 'refuse forbidden');
  });

  it('a change of the directory counts at once; a disabled trunk is a stranger', () => {
    const { policy, directory } = edge();
    assert.equal(decision(policy, stranger()), 'refuse forbidden');
    directory.change({ trunks: [trunk({ inboundAddresses: ['203.0.113.0/24'] })] });
    assert.equal(decision(policy, stranger()), 'accept demo');
    directory.change({ trunks: [trunk({ inboundAddresses: ['203.0.113.0/24'], enabled: false })] });
    assert.equal(decision(policy, stranger()), 'refuse forbidden');
  });

  it('an address entry that cannot be read is named in the log and the others still count', () => {
    const { policy, directory, warnings } = edge();
    directory.change({ trunks: [trunk({ inboundAddresses: ['not-an-address', '203.0.113.7'] })] });
    assert.equal(decision(policy, stranger()), 'accept demo');
    assert.deepEqual(warnings, ['trunk address entry ignored']);
  });

  it('while draining new calls get `draining`, phones may still register', () => {
    const { policy } = edge();
    policy.drain();
    assert.equal(decision(policy, request()), 'refuse draining');
    assert.equal(decision(policy, request({ fromUser: '1001' })), 'refuse draining');
    assert.equal(decision(policy, register('1001')), 'challenge 1001');
  });

  it('close gives back the subscription', () => {
    const { policy, directory } = edge();
    assert.equal(directory.listeners, 1);
    policy.close();
    assert.equal(directory.listeners, 0);
  });
});

describe('edge policy: a trunk’s limits', () => {
  it('a trunk that carries maxCalls is full', () => {
    const { policy, live, directory } = edge();
    directory.change({ trunks: [trunk({ maxCalls: 2 })] });
    live.set('demo', 1);
    assert.equal(decision(policy, request()), 'accept demo');
    live.set('demo', 2);
    assert.equal(decision(policy, request()), 'refuse trunk-full');
  });

  it('more than maxCallsPerSecond is refused with `rate-limited`, and a refused call costs no allowance', () => {
    const { policy, directory, clock } = edge();
    directory.change({ trunks: [trunk({ maxCallsPerSecond: 5 })] });
    const burst = Array.from({ length: 8 }, () => decision(policy, request()));
    assert.deepEqual(burst, [...Array<string>(5).fill('accept demo'), ...Array<string>(3).fill('refuse rate-limited')]);
    clock.advance(200);
    assert.equal(decision(policy, request()), 'accept demo');
    assert.equal(decision(policy, request()), 'refuse rate-limited');
  });

  it('100 calls a second, 100 REGISTERs with their second try and 50 OPTIONS from one address all pass', () => {
    const { policy, clock } = edge();
    const directory = fakeDirectory();
    const agents = Array.from({ length: 100 }, (_, i) => String(3001 + i));
    directory.change({ extensions: agents.map((a) => extension(a)) });
    const { policy: busy } = edge({ directory, clock });
    for (let ms = 0; ms < 10_000; ms += 10) {
      const user = agents[(ms / 10) % 100] ?? '';
      assert.equal(decision(busy, request()), 'accept demo');
      assert.equal(decision(busy, register(user, 7000)), `challenge ${user}`);
      assert.equal(decision(busy, register(user, 7000)), `challenge ${user}`);
      busy.authenticationResult(register(user, 7000), user, true);
      if (ms % 20 === 0) assert.equal(decision(busy, request({ method: 'OPTIONS' })), 'accept demo');
      clock.advance(10);
    }
    assert.equal(policy.metrics().sbc_bans_total, 0);
  });

  it('metrics count admissions by decision and calls by trunk', () => {
    const { policy, clock, live } = edge();
    clock.advance(1000 - (clock.monotonic() % 1000));
    policy.admit(request());
    policy.admit(request());
    live.set('demo', 400);
    policy.admit(request());
    clock.advance(1000);
    const m = policy.metrics();
    assert.equal(m['sbc_trunk_admitted_total{trunk="demo"}'], 2);
    assert.equal(m['sbc_trunk_refused_total{trunk="demo",reason="trunk-full"}'], 1);
    assert.equal(m['sbc_admissions_total{decision="refuse",reason="trunk-full"}'], 1);
    assert.equal(m['sbc_trunk_calls_per_second{trunk="demo"}'], 2);
    clock.advance(1000);
    assert.equal(policy.metrics()['sbc_trunk_calls_per_second{trunk="demo"}'], 0);
  });

  it('a refused call is told as `call.refused`, but a flood of them only ten times a second', () => {
    const told: EventDraft[] = [];
    const { policy } = edge({
      events: {
        publish(draft) {
          told.push(draft);
          return { ...draft, id: 'e', seq: 1, at: 0 } as ReturnType<import('@yixian/contracts').EventBus['publish']>;
        },
        subscribe: () => () => {},
      },
    });
    policy.admit(stranger({ requestUser: '00442079460000' }));
    assert.deepEqual(told[0]?.data, {
      source: '203.0.113.7:5090/udp',
      caller: '13900001111',
      called: '00442079460000',
      termination: { by: 'system', reason: 'forbidden', text: 'source is on no trunk list' },
    });
    for (let i = 0; i < 500; i++) policy.admit(stranger({ address: `203.0.113.${i % 250}` }));
    assert.equal(told.length, 20);
  });
});

describe('edge policy: limits and bans', () => {
  it('a scanner gets 403 a few times, then silence, then after the ban another chance', () => {
    const { policy, clock, warnings } = edge();
    const answers = Array.from({ length: 12 }, () => decision(policy, stranger()));
    assert.deepEqual(answers.slice(0, 9), Array<string>(9).fill('refuse forbidden'));
    assert.deepEqual(answers.slice(9), Array<string>(3).fill('drop banned'));
    assert.equal(decision(policy, register('1001', 6001, '203.0.113.7')), 'drop banned');
    assert.equal(decision(policy, stranger({ address: '203.0.113.8' })), 'refuse forbidden');
    clock.advance(30 * 60_000);
    assert.equal(decision(policy, stranger()), 'refuse forbidden');
    assert.equal(warnings.filter((w) => w.startsWith('banned an address')).length, 1, 'one log line for the ban');
    assert.equal(warnings.filter((w) => w.startsWith('refused a request')).length, 3, 'one log line per source and window');
  });

  it('a wrong password on loopback keeps out that phone’s extension only: the trunk and the other phones go on', () => {
    const { policy } = edge();
    for (let i = 0; i < 30; i++) {
      if (decision(policy, register('1001', 6001)) === 'challenge 1001') policy.authenticationResult(register('1001', 6001), '1001', false);
    }
    assert.equal(decision(policy, register('1001', 6001)), 'drop banned');
    assert.equal(decision(policy, register('1001', 6002)), 'challenge 1001', 'the right phone of the same extension, another port');
    assert.equal(decision(policy, register('1002', 6001)), 'challenge 1002');
    assert.equal(decision(policy, request()), 'accept demo');
    assert.equal(decision(policy, request({ port: 6001 })), 'accept demo', 'even from the very port of the wrong phone');
  });

  it('five wrong passwords from one phone ban it for five minutes', () => {
    const { policy, clock } = edge();
    for (let i = 0; i < 5; i++) {
      assert.equal(decision(policy, register('1001')), 'challenge 1001');
      policy.authenticationResult(register('1001'), '1001', false);
    }
    assert.equal(decision(policy, register('1001')), 'drop banned');
    assert.equal(decision(policy, request({ fromUser: '1001', port: 6001 })), 'drop banned');
    clock.advance(5 * 60_000);
    assert.equal(decision(policy, register('1001')), 'challenge 1001');
  });

  it('a mistyped password that is then right leaves nothing behind', () => {
    const { policy } = edge();
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 4; i++) policy.authenticationResult(register('1001'), '1001', false);
      policy.authenticationResult(register('1001'), '1001', true);
    }
    assert.equal(decision(policy, register('1001')), 'challenge 1001');
  });

  it('guesses at one extension from ever new ports are kept out for that address, the proven phone there is not', () => {
    const { policy } = edge();
    const office = '198.51.100.1';
    policy.authenticationResult(register('1001', 5060, office), '1001', true);
    for (let port = 10_000; port < 10_020; port++) policy.authenticationResult(register('1001', port, office), '1001', false);
    assert.equal(decision(policy, register('1001', 20_000, office)), 'drop banned');
    assert.equal(decision(policy, register('1001', 5060, office)), 'challenge 1001');
    assert.equal(decision(policy, register('1002', 20_000, office)), 'challenge 1002');
  });

  it('a forger’s wrong guesses in a proven phone’s name and port do not silence the phone', () => {
    const { policy } = edge();
    policy.authenticationResult(register('1001'), '1001', true);
    for (let i = 0; i < 100; i++) policy.authenticationResult(register('1001'), '1001', false);
    assert.equal(decision(policy, register('1001')), 'challenge 1001');
  });

  it('guesses at many extensions ban a strange address, never a trunk’s address or one with a proven phone', () => {
    const guess = (policy: ReturnType<typeof edge>['policy'], address: string) => {
      for (let i = 0; i < 60; i++) policy.authenticationResult(register(String(4000 + i), 10_000 + i, address), String(4000 + i), false);
    };
    const { policy } = edge();
    guess(policy, '203.0.113.7');
    assert.equal(decision(policy, register('1001', 6001, '203.0.113.7')), 'drop banned');
    guess(policy, '127.0.0.1');
    assert.equal(decision(policy, request()), 'accept demo');
    assert.equal(decision(policy, register('1001')), 'challenge 1001');
    policy.authenticationResult(register('1001', 5060, '198.51.100.1'), '1001', true);
    guess(policy, '198.51.100.1');
    assert.equal(decision(policy, register('1002', 5061, '198.51.100.1')), 'challenge 1002');
  });

  it('an address with a proven phone is not banned for requests nobody asked for: they just get 403', () => {
    const { policy, clock } = edge();
    policy.authenticationResult(register('1001', 5060, '198.51.100.1'), '1001', true);
    for (let i = 0; i < 50; i++) assert.equal(decision(policy, stranger({ address: '198.51.100.1' })), 'refuse forbidden');
    clock.advance(91 * 60_000);
    for (let i = 0; i < 10; i++) policy.admit(stranger({ address: '198.51.100.1' }));
    assert.equal(decision(policy, stranger({ address: '198.51.100.1' })), 'drop banned', 'the proof does not speak for ever');
  });

  it('a ban that came before is lifted for a trunk as soon as its address is listed', () => {
    const { policy, directory } = edge();
    for (let i = 0; i < 12; i++) policy.admit(stranger());
    directory.change({ trunks: [trunk({ inboundAddresses: ['203.0.113.7'] })] });
    assert.equal(decision(policy, stranger()), 'accept demo');
  });

  it('a source that asks faster than its limit is dropped, its neighbour on the same address is not', () => {
    const { policy, clock } = edge();
    const flood = Array.from({ length: 1000 }, () => decision(policy, register('1001', 6001)));
    assert.ok(flood.includes('drop rate'));
    assert.equal(flood.filter((d) => d === 'challenge 1001').length, 800);
    assert.equal(decision(policy, register('1002', 6002)), 'challenge 1002');
    clock.advance(1000);
    assert.equal(decision(policy, register('1001', 6001)), 'challenge 1001');
  });

  it('memory stays bounded under a flood of strange addresses, and proven phones are not pushed out', () => {
    const { policy } = edge({ options: { maxSources: 100 } });
    policy.authenticationResult(register('1001', 5060, '198.51.100.1'), '1001', true);
    for (let i = 0; i < 5000; i++) {
      const address = `2001:db8::${(i % 0xffff).toString(16)}`;
      policy.admit(stranger({ address }));
      policy.authenticationResult(register(`x${i}`, 1, address), `x${i}`, false);
    }
    assert.ok((policy.metrics().sbc_sources_tracked ?? 0) <= 300);
    for (let i = 0; i < 50; i++) policy.authenticationResult(register('1001', 5060, '198.51.100.1'), '1001', false);
    assert.equal(decision(policy, register('1001', 5060, '198.51.100.1')), 'challenge 1001');
  });
});
