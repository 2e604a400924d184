import assert from 'node:assert/strict';
import fc from 'fast-check';
import { canonicalAddress, compileAddressList, contains, ownerOf, parseAddress, parseCidr } from '../../src/core/address-list.js';

function address(text: string) {
  const parsed = parseAddress(text);
  assert.ok(parsed, `${text} should be an address`);
  return parsed;
}

const v4Text = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255)).map((p) => p.join('.'));
const v6Groups = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 });

describe('address list', () => {
  it('takes an IPv4-mapped IPv6 address for the IPv4 address it maps (RFC 4291 §2.5.5.2)', () => {
    assert.deepEqual(address('::ffff:127.0.0.1'), address('127.0.0.1'));
    assert.deepEqual(address('::FFFF:7f00:1'), address('127.0.0.1'));
    assert.ok(contains(parseCidr('127.0.0.1'), address('::ffff:127.0.0.1')));
    assert.ok(contains(parseCidr('::ffff:10.0.0.0/104'), address('10.200.3.4')));
  });

  it('does not take ::1 for 127.0.0.1, nor ::127.0.0.1 for either', () => {
    assert.ok(!contains(parseCidr('127.0.0.1'), address('::1')));
    assert.ok(!contains(parseCidr('127.0.0.1'), address('::127.0.0.1')));
    assert.ok(contains(parseCidr('::1'), address('0:0:0:0:0:0:0:1')));
  });

  it('reads every spelling of an IPv6 address as the same address (RFC 4291 §2.2) and writes one (RFC 5952 §4)', () => {
    for (const text of ['2001:db8::1', '2001:0DB8:0:0:0:0:0:1', '[2001:db8::1]', '2001:db8::0.0.0.1', '2001:db8::1%eth0']) {
      assert.equal(canonicalAddress(text), '2001:db8::1');
    }
    assert.equal(canonicalAddress('::'), '::');
    assert.equal(canonicalAddress('2001:db8:0:1:1:1:1:1'), '2001:db8:0:1:1:1:1:1');
    assert.equal(canonicalAddress('1:0:0:2:0:0:0:3'), '1:0:0:2::3');
  });

  it('refuses what is no address or has two meanings (RFC 6943 §3.1.1)', () => {
    const wrong = [
      '',
      'localhost',
      '127.1',
      '127.0.0.256',
      '010.0.0.1',
      '1:2:3',
      '1::2::3',
      '12345::',
      ':1',
      '1:2:3:4:5:6:7:8:9',
      'x'.repeat(500),
    ];
    for (const text of wrong) assert.equal(parseAddress(text), undefined, text);
  });

  it('names what is wrong with a block', () => {
    assert.throws(() => parseCidr('10.0.0.0/33'), /"10\.0\.0\.0\/33" has a prefix length outside 0–32/);
    assert.throws(() => parseCidr('10.0.0.0/x'), /prefix length/);
    assert.throws(() => parseCidr('10.0.0.0/8/8'), /not an IP address or address block/);
    assert.throws(() => parseCidr('trunk.example'), /"trunk\.example" is not an IP address/);
    assert.throws(() => parseCidr('::ffff:10.0.0.0/95'), /mixes IPv4 and IPv6/);
  });

  it('an IPv4 block holds exactly the addresses that share its first bits', () => {
    fc.assert(
      fc.property(v4Text, v4Text, fc.nat(32), (a, b, prefix) => {
        const bits = (t: string) =>
          t
            .split('.')
            .map((p) => Number(p).toString(2).padStart(8, '0'))
            .join('')
            .slice(0, prefix);
        assert.equal(contains(parseCidr(`${a}/${prefix}`), address(b)), bits(a) === bits(b));
      }),
    );
  });

  it('an IPv6 block holds exactly the addresses that share its first bits', () => {
    fc.assert(
      fc.property(v6Groups, v6Groups, fc.nat(128), fc.nat(128), (a, noise, prefix, shared) => {
        const bits = (g: readonly number[]) => g.map((p) => p.toString(2).padStart(16, '0')).join('');
        const mixed = bits(a).slice(0, shared) + bits(noise).slice(shared);
        const b = Array.from({ length: 8 }, (_, i) => Number.parseInt(mixed.slice(16 * i, 16 * i + 16), 2));
        const text = (g: readonly number[]) => g.map((p) => p.toString(16)).join(':');
        // The mapped range belongs to IPv4 and has its own test.
        fc.pre(![a, b].some((g) => g.slice(0, 5).every((p) => p === 0) && g[5] === 0xffff));
        assert.equal(contains(parseCidr(`${text(a)}/${prefix}`), address(text(b))), bits(a).slice(0, prefix) === bits(b).slice(0, prefix));
      }),
    );
  });

  it('the canonical spelling means the same address and is its own canonical spelling', () => {
    fc.assert(
      fc.property(v6Groups, (g) => {
        const text = g.map((p) => p.toString(16)).join(':');
        const canonical = canonicalAddress(text);
        assert.deepEqual(parseAddress(canonical), parseAddress(text));
        assert.equal(canonicalAddress(canonical), canonical);
      }),
    );
  });

  it('never throws on any text as an address', () => {
    fc.assert(fc.property(fc.string({ maxLength: 100 }), (text) => void parseAddress(text)));
  });

  it('gives an address to the owner of the narrowest block, and names entries it cannot read', () => {
    const list = compileAddressList([
      ['wide', ['10.0.0.0/8', 'nonsense']],
      ['narrow', ['10.1.0.0/16']],
    ]);
    assert.equal(ownerOf(list, address('10.1.2.3')), 'narrow');
    assert.equal(ownerOf(list, address('10.2.2.3')), 'wide');
    assert.equal(ownerOf(list, address('11.0.0.1')), undefined);
    assert.deepEqual(list.problems, [{ owner: 'wide', message: '"nonsense" is not an IP address or address block' }]);
  });
});
