import assert from 'node:assert/strict';
import fc from 'fast-check';
import { compileRule, isDialable, MAX_NUMBER_LENGTH, stripSeparators } from '../../src/core/number-rules.js';
import { outboundUri } from '../../src/core/outbound-uri.js';

describe('number rules', () => {
  it('the demo rule allows Chinese land lines and mobiles, nothing else', () => {
    const rule = compileRule('^(0\\d{9,11}|1\\d{10})$');
    for (const number of ['0108888888', '01088888888', '13800138000', '057188888888']) assert.ok(rule.matches(number), number);
    for (const number of ['110', '23800138000', '138001380000', '00442079460000', '1380013800a', ''])
      assert.ok(!rule.matches(number), number);
  });

  it('a rule has to match the whole number, even when it forgets to say so', () => {
    const rule = compileRule('1\\d{10}');
    assert.ok(rule.matches('13800138000'));
    assert.ok(!rule.matches('900113800138000'));
    assert.ok(!compileRule('^00').matches('0044207946000'));
    assert.ok(!compileRule('1|2').matches('13'));
  });

  it('agrees with the language’s own regular expressions', () => {
    const sources = ['0[1-9]\\d{8,10}', '(?:10|11)\\d?', '\\+86\\d*', '[^0]\\d+', '\\*9\\d{3}', '9.{2}', '(1|22|333){2}'];
    const number = fc.stringMatching(/^\+?[0-9*#]{1,14}$/);
    for (const source of sources) {
      const rule = compileRule(source);
      fc.assert(fc.property(number, (n) => rule.matches(n) === new RegExp(`^(?:${source})$`).test(n)));
    }
  });

  it('refuses rules that could be tried in too many ways', () => {
    const hostile = ['(\\d+)+', '(\\d*)*', '(1|11)*', '(\\d|1)+', '\\d*\\d*\\d*\\d*\\d*', '(\\d{1,9}){1,9}', '((1|1){9}){9}'];
    for (const source of hostile) assert.throws(() => compileRule(source), /too many ways/, source);
  });

  it('whatever rule it takes, a number is decided in bounded time', () => {
    const piece = fc.constantFrom(
      '\\d',
      '1',
      '[0-9]',
      '(1|2)',
      '(1|12)',
      '\\d?',
      '\\d{1,3}',
      '\\d+',
      '\\d*',
      '(?:1\\d)?',
      '|',
      '(\\d\\d){2}',
    );
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 12 }), (pieces) => {
        let rule: ReturnType<typeof compileRule>;
        try {
          rule = compileRule(pieces.join(''));
        } catch {
          return; // refused: nothing to run
        }
        // A rule within the bound takes about as many steps as ways times length; a runaway one would never return.
        rule.matches(`${'1'.repeat(MAX_NUMBER_LENGTH - 1)}#`);
      }),
      { numRuns: 300 },
    );
  });

  it('names the rule and the place that cannot be used', () => {
    assert.throws(() => compileRule('0(\\d'), /number rule 0\(\\d, position 5: "\(" without "\)"/);
    assert.throws(() => compileRule('0\\d)'), /"\)" without "\("/);
    assert.throws(() => compileRule('abc'), /"a" cannot stand in a number/);
    assert.throws(() => compileRule('(?=1)'), /only \(…\) and \(\?:…\)/);
    assert.throws(() => compileRule('(1)\\1'), /"\\1" is not understood/);
    assert.throws(() => compileRule('+86'), /"\+" has nothing before it/);
    assert.throws(() => compileRule('\\d+?'), /lazy/);
    assert.throws(() => compileRule('1{3,2}'), /counts upward/);
    assert.throws(() => compileRule(''), /1–256 characters/);
    assert.throws(() => compileRule('1'.repeat(300)), /1–256 characters/);
  });

  it('only telephone numbers are ever put into a URI', () => {
    for (const evil of ['1380013800@evil.example', '138;transport=tcp', '1 2', 'sip:1', '1'.repeat(33), '++1', ''])
      assert.ok(!isDialable(evil), evil);
    for (const good of ['+8613800138000', '*11', '110', '#31#']) assert.ok(isDialable(good), good);
  });

  it('takes out visual separators (RFC 3966 §5.1.1) and leaves other text alone', () => {
    assert.equal(stripSeparators('(010)8888-8888'), '01088888888');
    assert.equal(stripSeparators('a-b'), 'a-b');
  });
});

describe('outbound URI', () => {
  it('puts the number before the trunk’s host and keeps port and parameters', () => {
    assert.equal(outboundUri('sip:127.0.0.1:5080', '13800138000'), 'sip:13800138000@127.0.0.1:5080');
    assert.equal(outboundUri('SIPS:gw.example;transport=tcp', '110'), 'sips:110@gw.example;transport=tcp');
    assert.equal(outboundUri('sip:old@[2001:db8::1]:5060', '110'), 'sip:110@[2001:db8::1]:5060');
  });

  it('escapes # in the user part (RFC 3261 §25.1)', () => {
    assert.equal(outboundUri('sip:h', '*9#'), 'sip:*9%23@h');
  });

  it('names a URI it cannot use', () => {
    assert.throws(() => outboundUri('127.0.0.1:5080', '1'), /outboundUri "127\.0\.0\.1:5080" is not a SIP URI/);
    assert.throws(() => outboundUri('tel:123', '1'), /not a SIP URI/);
  });
});
