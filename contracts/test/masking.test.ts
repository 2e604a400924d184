import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { isMasked, maskedNumber, withMaskedNumbers } from '../src/masking.js';

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
