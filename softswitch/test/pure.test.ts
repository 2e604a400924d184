import assert from 'node:assert/strict';
import fc from 'fast-check';
import { bestResponse, statusOf } from '../src/best-response.js';
import { digitFromInfo } from '../src/info-digits.js';
import { type LegInput, stepLeg } from '../src/leg-state.js';
import { q850Of, reasonHeaderFor } from '../src/leg-termination.js';
import { addressOfUri, decisiveAddress, localAddressFor } from '../src/local-address.js';

describe('leg states', () => {
  it('whatever happens in whatever order, a leg ends once and stays ended, and never goes back', () => {
    const order = ['new', 'ringing', 'early', 'answered', 'ended'];
    const inputs = fc.array(fc.constantFrom<LegInput>('ring', 'early', 'answer', 'end'), { maxLength: 12 });
    fc.assert(
      fc.property(inputs, (list) => {
        let state: Parameters<typeof stepLeg>[0] = 'new';
        let ends = 0;
        for (const input of list) {
          const step = stepLeg(state, input);
          if ('ignored' in step) continue;
          assert.ok(order.indexOf(step.state) > order.indexOf(state));
          state = step.state;
          if (state === 'ended') ends++;
        }
        assert.equal(ends, list.includes('end') ? 1 : 0);
      }),
    );
  });
});

describe('best response of forks (RFC 3261 §16.7 step 6)', () => {
  const ends = (...statuses: number[]) => statuses.map((status) => ({ kind: 'refused' as const, status }));
  const best = (...statuses: number[]): number => statusOf(bestResponse(ends(...statuses)) ?? { kind: 'timeout' });

  it('6xx before all, then the lowest class', () => {
    assert.equal(best(404, 603, 302), 603);
    assert.equal(best(503, 486), 486);
    assert.equal(best(486, 302), 302);
  });

  it('within 4xx those that tell the caller what to mend', () => {
    assert.equal(best(486, 407), 407);
    assert.equal(best(480, 484), 484);
  });

  it('silence is 408 and a broken transport 503, and a decision of a person beats both', () => {
    assert.equal(statusOf({ kind: 'timeout' }), 408);
    assert.equal(bestResponse([{ kind: 'timeout' }, { kind: 'transport' }, { kind: 'refused', status: 486 }])?.status, 486);
  });

  it('does not depend on the order in which they came', () => {
    const list = fc.array(fc.integer({ min: 300, max: 699 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(list, (statuses) => {
        const rankable = Math.floor(best(...statuses) / 100);
        assert.equal(Math.floor(best(...statuses.toReversed()) / 100), rankable);
      }),
    );
  });
});

describe('digits by INFO', () => {
  for (const [type, body, digit, ms] of [
    ['application/dtmf-relay', 'Signal=5\r\nDuration=160\r\n', '5', 160],
    ['Application/DTMF-Relay; charset=utf-8', 'signal = *\nduration = 90', '*', 90],
    ['application/dtmf-relay', 'Signal=11', '#', 160],
    ['application/dtmf-relay', 'Signal=d\r\nDuration=99999999', 'D', 10_000],
    ['application/dtmf', ' 0 ', '0', 160],
  ] as const) {
    it(`${type} ${JSON.stringify(body)} is ${digit}`, () => assert.deepEqual(digitFromInfo(type, body), { digit, durationMs: ms }));
  }
  for (const [type, body] of [
    ['application/dtmf-relay', 'Signal=!'],
    ['application/dtmf-relay', ''],
    ['application/dtmf', '55'],
    ['text/plain', '5'],
    ['application/dtmf', `5${' '.repeat(2000)}`],
  ] as const) {
    it(`${type} ${JSON.stringify(body.slice(0, 20))} is none`, () => assert.equal(digitFromInfo(type, body), undefined));
  }
});

describe('Reason header (RFC 3326)', () => {
  it('reads the Q.850 cause among several values', () => {
    assert.equal(q850Of('SIP;cause=486;text="Busy Here", Q.850;cause=17;text="User busy"'), 17);
    assert.equal(q850Of('SIP;cause=200'), undefined);
    assert.equal(q850Of(undefined), undefined);
  });

  it('cannot be broken out of by a text', () => {
    const header = reasonHeaderFor({ by: 'system', reason: 'normal', text: 'a"\r\nVia: evil\\' });
    assert.equal(header, `Q.850;cause=16;text="a'??Via: evil'"`);
  });
});

describe('local address of media', () => {
  const machine = [
    { address: '127.0.0.1', family: 4 as const, internal: true },
    { address: '10.0.0.5', family: 4 as const, internal: false },
    { address: '192.168.1.7', family: 4 as const, internal: false },
    { address: '::1', family: 6 as const, internal: true },
    { address: 'fe80::1', family: 6 as const, internal: false },
    { address: '2001:db8::7', family: 6 as const, internal: false },
  ];
  for (const [remote, hosts, expected] of [
    ['127.0.0.1', ['127.0.0.1'], '127.0.0.1'],
    ['192.168.1.50', ['0.0.0.0', '::'], '192.168.1.7'],
    ['10.0.0.9', ['0.0.0.0'], '10.0.0.5'],
    ['127.0.0.1', ['0.0.0.0'], '127.0.0.1'],
    ['2001:db8::99', ['0.0.0.0', '::'], '2001:db8::7'],
    ['::1', ['127.0.0.1', '::1'], '::1'],
    ['2001:db8::99', ['0.0.0.0'], undefined],
  ] as const) {
    it(`to ${remote} from ${hosts.join(', ')} is ${expected}`, () =>
      assert.equal(
        localAddressFor(remote, hosts, () => machine),
        expected,
      ));
  }

  it('is decided by where the peer signals from, unless its media is of the other IP version', () => {
    assert.equal(decisiveAddress('10.0.0.9', '192.168.1.2'), '10.0.0.9');
    assert.equal(decisiveAddress('2001:db8::1', '192.168.1.2'), '192.168.1.2');
    assert.equal(decisiveAddress('10.0.0.9', undefined), '10.0.0.9');
  });

  it('the address of a URI, IPv4, IPv6, none for a name', () => {
    assert.equal(addressOfUri('sip:1001@127.0.0.1:5062;transport=udp'), '127.0.0.1');
    assert.equal(addressOfUri('sip:1001@[::1]:5062'), '::1');
    assert.equal(addressOfUri('sip:127.0.0.1:5080'), '127.0.0.1');
    assert.equal(addressOfUri('sip:10010@gateway.example.com'), undefined);
  });
});
