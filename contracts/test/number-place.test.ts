import assert from 'node:assert/strict';
import { areaCodes, placeOf } from '../src/index.js';

describe('the place of a number', () => {
  it('of landlines: province and city by the area code, of two and of three digits, national and international', () => {
    assert.deepEqual(placeOf('02162345678'), { province: '上海', city: '上海' });
    assert.deepEqual(placeOf('01062345678'), { province: '北京', city: '北京' });
    assert.deepEqual(placeOf('057182345678'), { province: '浙江', city: '杭州' });
    assert.deepEqual(placeOf('+8675582345678'), { province: '广东', city: '深圳' });
    assert.deepEqual(placeOf('0086512 68123456'.replace(' ', '')), { province: '江苏', city: '苏州' });
    assert.deepEqual(placeOf('08732345678'), { province: '云南', city: '红河' });
  });

  it('says nothing where nothing is known: mobiles, short numbers, extensions, other countries, unknown codes, masked numbers', () => {
    const unknown = [
      '13800138000',
      '013800138000',
      '+8613800138000',
      '12345',
      '1001',
      '',
      'anonymous',
      '+85221234567',
      '0299',
      '0999',
      '0340123456',
    ];
    for (const number of [...unknown, '02100000000', '021****4567', '03691234567']) assert.equal(placeOf(number), undefined, number);
  });

  it('every code is named once, begins as area codes do, and every province and every capital is there', () => {
    const codes = [...areaCodes()];
    for (const [code, { province, city }] of codes) {
      assert.match(code, /^(10|2[0-57-9]|[3-9]\d\d)$/, code);
      assert.ok(province && city && !/\d/.test(city), code);
    }
    assert.equal(new Set(codes.map(([, p]) => p.province)).size, 31);
    assert.equal(new Set(codes.map(([, p]) => `${p.province}${p.city}`)).size, codes.length, 'no city twice');
    const capitals =
      '石家庄 太原 呼和浩特 沈阳 长春 哈尔滨 南京 杭州 合肥 福州 南昌 济南 郑州 武汉 长沙 广州 南宁 成都 贵阳 昆明 拉萨 西安 兰州 西宁 银川 乌鲁木齐';
    for (const capital of capitals.split(' '))
      assert.ok(
        codes.some(([, p]) => p.city.split('、').includes(capital)),
        capital,
      );
  });
});
