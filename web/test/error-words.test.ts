import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { errorWords } from '../src/app/error-words.js';
import { zh } from '../src/locales/zh/index.js';

function t(key: string | string[], values: Record<string, string> = {}): string {
  const found = [key].flat().flatMap((one) => {
    const text = one.split('.').reduce<unknown>((tree, part) => (tree as Record<string, unknown> | undefined)?.[part], zh.common);
    return typeof text === 'string' ? [text] : [];
  })[0];
  assert.ok(found, `the catalogue has ${key}`);
  return found.replace(/\{\{(\w+)\}\}/g, (_, name: string) => values[name] ?? '');
}

const refusal = (code: string, message: string, details: object = {}) =>
  Object.assign(new Error(message), { name: 'ApiError', code, details });
const inChinese = (...given: Parameters<typeof refusal>) => errorWords(t, 'zh', refusal(...given));

describe('what the server refused, in Chinese', () => {
  it('says what is known of it, and keeps the server’s words as the detail', () => {
    const message = 'agent 1002 is not signed in';
    assert.deepEqual(inChinese('conflict', message), { text: '操作失败：该坐席未签入', detail: message });
    assert.equal(inChinese('conflict', 'no phone of extension 1001 is registered').text, '操作失败：分机上没有话机注册');
  });

  it('names the field that is wrong, and who changed what first', () => {
    assert.equal(inChinese('bad-request', 'to: 999 leads nowhere', { to: '999' }).text, '操作失败：“被叫号码”填写有误');
    assert.equal(inChinese('bad-request', 'no such', { field: 'queue' }).text, '操作失败：“队列”填写有误');
    assert.equal(inChinese('bad-request', 'no such', { field: 'maxLength' }).text, '操作失败：“maxLength”填写有误');
    assert.equal(inChinese('conflict', 'has been changed', { field: 'revision' }).text, '操作失败：内容已被他人修改，请刷新后重试');
  });

  it('names each fault of a field, and by what a thing is used', () => {
    const fields = [{ field: 'name', problem: 'must not be empty', fault: 'empty', values: {} }];
    const empty = inChinese('bad-request', 'body field name: must not be empty', { in: 'body', fields });
    assert.deepEqual(empty, { text: '操作失败：不能为空', detail: undefined }, 'no English sentence says it again');
    const two = { fields: [...fields, { ...fields[0], field: 'id' }] };
    assert.equal(inChinese('bad-request', 'x', two).text, '操作失败：有 2 处填写有误，请看标出的字段');
    const usedBy = [{ kind: 'queue', id: 'gold', at: 'requiredSkills' }];
    assert.equal(inChinese('conflict', 'skill x is in use by queue gold', { usedBy }).text, '操作失败：正在被使用，不能删除：队列 gold');
  });

  it('else goes by the code, also one that came later', () => {
    for (const code of Object.keys(zh.common.error.code)) assert.match(inChinese(code, 'x').text, /^操作失败：\p{Script=Han}/u);
    assert.equal(inChinese('teapot', 'x').text, '操作失败：系统内部错误');
  });

  it('is the server’s own words in English, and says when nobody answers', () => {
    assert.deepEqual(errorWords(t, 'en', refusal('conflict', 'agent 1 is not signed in')).detail, undefined);
    assert.equal(inChinese('unreachable', 'fetch failed').text, zh.common.unreachable);
    assert.equal(errorWords(t, 'zh', new Error('odd')).text, '操作失败：odd');
  });
});
