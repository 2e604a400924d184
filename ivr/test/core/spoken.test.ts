import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { phraseOf, SPOKEN_AS, type SpokenAs, shippedEnglishPromptsDirectory, shippedPromptsDirectory } from '../../src/index.js';

const CASES: [as: SpokenAs, value: string, mandarin: string, english: string][] = [
  ['number', '0', '零', 'zero'],
  ['number', '12', '十二', 'twelve'],
  ['number', '-2', '负二', 'minus two'],
  ['number', '3.50', '三点五', 'three point five'],
  ['number', '0.05', '零点零五', 'zero point zero five'],
  ['number', '1001', '一千零一', 'one thousand one'],
  ['number', '20000', '两万', 'twenty thousand'],
  ['number', '120000', '十二万', 'one hundred twenty thousand'],
  ['number', '100005000', '一亿零五千', 'one hundred million five thousand'],
  ['count', '2', '两', 'two'],
  ['count', '12', '十二', 'twelve'],
  ['digits', '12320', '幺二三二零', 'one two three two zero'],
  ['date', '2026-10-01', '二零二六年十月一日', 'October first twenty twenty six'],
  ['date', '2009-02-22', '二零零九年二月二十二日', 'February twenty second two thousand nine'],
  ['date', '1905-12-30', '一九零五年十二月三十日', 'December thirtieth nineteen oh five'],
  ['date', '1900-03-31', '一九零零年三月三十一日', 'March thirty first nineteen hundred'],
  ['date', '02-29', '二月二十九日', 'February twenty ninth'],
  ['weekday', '2026-11-25', '星期三', 'Wednesday'],
  ['weekday', '2026-03-01T09:00', '星期日', 'Sunday'],
  ['time', '00:00', '凌晨零点整', 'twelve a m'],
  ['time', '02:02', '凌晨两点零二分', 'two oh two a m'],
  ['time', '09:30', '上午九点半', 'nine thirty a m'],
  ['time', '12:00', '中午十二点整', 'twelve p m'],
  ['time', '14:05', '下午两点零五分', 'two oh five p m'],
  ['time', '20:12:33', '晚上八点十二分', 'eight twelve p m'],
  ['datetime', '2026-10-01T08:30', '二零二六年十月一日上午八点半', 'October first twenty twenty six eight thirty a m'],
  ['duration', '0', '零秒', 'zero seconds'],
  ['duration', '2', '两秒', 'two seconds'],
  ['duration', '61', '一分钟一秒', 'one minute one second'],
  ['duration', '7320', '两小时两分钟', 'two hours two minutes'],
  ['duration', '172800', '两天', 'two days'],
  ['amount', '0', '零元', 'zero yuan'],
  ['amount', '2', '两元', 'two yuan'],
  ['amount', '12.50', '十二元五角', 'twelve yuan and fifty fen'],
  ['amount', '12.05', '十二元零五分', 'twelve yuan and five fen'],
  ['amount', '2.22', '两元二角二分', 'two yuan and twenty two fen'],
  ['amount', '0.20', '两角', 'twenty fen'],
  ['amount', '0.02', '两分', 'two fen'],
  ['amount', '1.005', '一元零一分', 'one yuan and one fen'],
  ['amount', '0.999', '一元', 'one yuan'],
  ['amount', '-20000.1', '负两万元一角', 'minus twenty thousand yuan and ten fen'],
];

describe('values as they are spoken', () => {
  for (const [as, value, mandarin, english] of CASES) {
    it(`${as} ${value}: ${mandarin} / ${english}`, () => {
      assert.equal(phraseOf(as, value, 'zh-CN')?.text, mandarin);
      assert.equal(phraseOf(as, value, 'en-US')?.text, english);
    });
  }

  it('what is no such value is not spoken', () => {
    const not: [SpokenAs, string][] = [
      ['number', ''],
      ['number', 'x'],
      ['number', '1e5'],
      ['number', '1234567890123'],
      ['count', '1.5'],
      ['count', '-1'],
      ['digits', 'abc'],
      ['date', '2026-02-29'],
      ['date', '2026-13-01'],
      ['date', 'tomorrow'],
      ['time', '24:00'],
      ['time', '8:30'],
      ['datetime', '2026-10-01'],
      ['weekday', '10-01'],
      ['duration', '-5'],
      ['amount', 'ten'],
    ];
    for (const [as, value] of not) assert.equal(phraseOf(as, value, 'zh-CN'), undefined, `${as} ${value}`);
  });

  it('every piece of everything that can be said has a prompt that says the same text', () => {
    const catalogue = (folder: string) =>
      (JSON.parse(readFileSync(join(folder, 'prompts.json'), 'utf8')) as { prompts: Record<string, { text: string }> }).prompts;
    const sets = { 'zh-CN': catalogue(shippedPromptsDirectory), 'en-US': catalogue(shippedEnglishPromptsDirectory) };
    const two = (n: number) => String(n).padStart(2, '0');
    const value = fc.oneof(
      fc.integer({ min: -1e12, max: 1e12 }).map(String),
      fc.integer({ min: 0, max: 2e5 }).map(String),
      fc.double({ min: 0, max: 1e5, noNaN: true }).map((n) => n.toFixed(2)),
      fc
        .tuple(
          fc.integer({ min: 1000, max: 9999 }),
          fc.integer({ min: 1, max: 12 }),
          fc.integer({ min: 1, max: 31 }),
          fc.nat(23),
          fc.nat(59),
        )
        .map(([y, m, d, h, min]) => `${y}-${two(m)}-${two(d)}T${two(h)}:${two(min)}`),
    );
    fc.assert(
      fc.property(fc.constantFrom(...SPOKEN_AS), value, fc.constantFrom('zh-CN' as const, 'en-US' as const), (as, text, language) => {
        const phrase = phraseOf(as, text, language);
        if (!phrase) return;
        const said = phrase.pieces.map((piece) => sets[language][piece]?.text ?? `<${piece}>`);
        assert.equal(phrase.text, said.join(language === 'zh-CN' ? '' : ' '));
      }),
      { numRuns: 3000 },
    );
  });
});
