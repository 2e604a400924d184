import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { isMasked, maskedNumber, maskedText, unmaskedText, withMaskedNumbers } from '../src/masking.js';

describe('personal numbers masked by role', () => {
  it('the middle is hidden and the length is kept', () => {
    const shown = ['13812345678', '02112345678', '+8613812345678', '87654321', '1234567'].map(maskedNumber);
    assert.deepEqual(shown, ['138****5678', '021****5678', '+8613*****5678', '87****21', '1****67']);
  });

  it('what is no personal number stays: short numbers, words, times', () => {
    for (const other of ['1001', '12320', '110', 'anonymous', '2026-10-01T00:00:00.000Z', '']) assert.equal(maskedNumber(other), other);
  });

  it('goes through a whole answer, leaves ids, own numbers and everything else, and changes nothing in place', () => {
    const view = {
      id: '12345678',
      caller: '13812345678',
      called: '02187654321',
      seat: { kind: 'phone', number: '13900001111' },
      path: ['main', 'number:13812345678'],
      at: null,
      waitSeconds: 1234567,
    };
    const shown = withMaskedNumbers(view, (number) => number === '02187654321');
    assert.deepEqual(shown, {
      ...view,
      caller: '138****5678',
      seat: { kind: 'phone', number: '139****1111' },
      path: ['main', 'number:138****5678'],
    });
    assert.equal(view.caller, '13812345678');
  });

  it('is a setting of roles', () => {
    assert.deepEqual([isMasked({ maskNumbersFor: ['agent'] }, 'agent'), isMasked({ maskNumbersFor: ['agent'] }, 'admin')], [true, false]);
  });
});

const NONE_OURS = (): boolean => false;
const mask = (text: string): string => maskedText(text, NONE_OURS);

describe('personal numbers in a text', () => {
  it('mobiles, lines, international and identity numbers, in one piece or in groups', () => {
    const texts: [string, string][] = [
      ['请回电13812345678，谢谢', '请回电138****5678，谢谢'],
      ['张三 138-1234-5678 / 138 1234 5678。', '张三 138-****-5678 / 138 **** 5678。'],
      ['tel:+86 13812345678', 'tel:+86 138****5678'],
      ['座机021-87654321转8', '座机021-****4321转8'],
      ['(0755)8765432 号', '(0755)***5432 号'],
      ['身份证 310101199001011234', '身份证 310101********1234'],
      ['身份证:11010119900307731X。', '身份证:110101********731X。'],
      ['旧证 310101900101123', '旧证 310101*****1123'],
      ['call +44 20 7946 0958 today', 'call +44 ** **** 0958 today'],
    ];
    for (const [text, shown] of texts) assert.equal(mask(text), shown);
  });

  it('dates, times, amounts, ids, order numbers and addresses stay', () => {
    for (const text of [
      '2026-10-01 08:30:12，金额 12345678.90 元，1380000元',
      '2026-10-01T00:00:00.000Z',
      '工单 20261126000123 已派，编号 WO13812345678，550e8400-e29b-41d4-a716-446655440000',
      '订单 9876543210123456，邮编 200001，快递 SF1381234567890',
      '192.168.100.200:5060, v1.13812345678.2, 12320 12345 1001',
      'sha256 13800000000a1b2c3d4e5f60718293a4b5c6d7e8f90',
      '20261301999999999X 900101199001011234',
    ]) {
      assert.equal(mask(text), text);
    }
  });

  it('the hotline’s own numbers stay, and notes are masked like fields', () => {
    const isOurs = (number: string): boolean => number === '02112345678';
    assert.equal(maskedText('打 021-12345678 或 13812345678', isOurs), '打 021-12345678 或 138****5678');
    const view = { id: '13812345678', notes: '来电人 13812345678', subject: '2026-10-01', caller: '13812345678' };
    assert.deepEqual(withMaskedNumbers(view, isOurs), { ...view, notes: '来电人 138****5678', caller: '138****5678' });
  });

  const mobile = fc
    .tuple(fc.integer({ min: 3, max: 9 }), fc.integer({ min: 0, max: 999_999_999 }))
    .map(([second, rest]) => `1${second}${String(rest).padStart(9, '0')}`);
  const words = fc
    .array(fc.constantFrom('请', '回电', ' ', '，', 'ok ', '2026-10-01 ', '￥12.50 ', '。'), { maxLength: 6 })
    .map((all) => all.join(''));

  it('property: no mobile between words is left, the length and all else stay, and masking again changes nothing', () => {
    fc.assert(
      fc.property(words, mobile, words, (before, number, after) => {
        // a date just before would make one long number of both
        const text = `${before}：${number}；${after}`;
        const shown = mask(text);
        assert.ok(!shown.includes(number));
        assert.equal(shown, `${before}：${number.slice(0, 3)}****${number.slice(7)}；${after}`);
        assert.equal(mask(shown), shown);
      }),
    );
  });

  it('property: what was shown masked and is saved again keeps its numbers', () => {
    fc.assert(
      fc.property(fc.array(mobile, { maxLength: 4 }), words, (numbers, added) => {
        const stored = numbers.map((number) => `电话：${number} `).join('');
        assert.equal(unmaskedText(`${mask(stored)}${added}`, stored), `${stored}${added}`);
      }),
    );
  });

  it('property: a time is never taken for a number', () => {
    fc.assert(
      fc.property(fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-12-31') }), (at) => {
        assert.equal(mask(at.toISOString()), at.toISOString());
        assert.equal(mask(`于 ${at.toISOString()} 受理`), `于 ${at.toISOString()} 受理`);
      }),
    );
  });
});
