import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { FlowDocument } from '../../src/pages/flows/model/document.js';
import { findNodes } from '../../src/pages/flows/model/find.js';

const doc: FlowDocument = {
  ...{ id: 'f', name: 'f', language: 'zh-CN', start: 'hello' },
  nodes: {
    hello: { type: 'play', label: '问候', prompts: ['greeting'], next: 'ask' },
    ask: { type: 'collect', prompts: [{ say: '请输入工号' }], saveAs: 'badge', maxDigits: 4, next: 'store', otherwise: 'greeting' },
    store: { type: 'set-variable', set: { level: 'gold {{badge}}' }, next: 'greeting' },
    greeting: { type: 'queue', queue: 'consult', otherwise: 'greeting' },
  },
};
const NAMES: Record<string, string> = { play: '播放', collect: '收号', 'set-variable': '设置变量', queue: '排队' };
const find = (typed: string) =>
  findNodes(
    doc,
    typed,
    (node) => `${node.label ?? NAMES[node.type]} ${NAMES[node.type]}`,
    (id) => (id === 'greeting' ? '您好，欢迎致电一线' : undefined),
  );
const ids = (typed: string): string[] => find(typed).map((one) => one.id);

describe('finding a node', () => {
  it('by label, by id, by kind; nothing typed is all of them', () => {
    assert.deepEqual(ids('问候'), ['hello']);
    assert.deepEqual(ids('STORE'), ['store', 'ask']);
    assert.deepEqual(ids('收号'), ['ask']);
    assert.deepEqual(ids(' '), ['hello', 'ask', 'store', 'greeting']);
    assert.deepEqual(ids('nowhere'), []);
  });

  it('by what is said: a prompt’s words, a text; and shows what was found', () => {
    assert.deepEqual(find('欢迎致电')[0], { id: 'hello', where: 'greeting · 您好，欢迎致电一线' });
    assert.deepEqual(find('工号'), [{ id: 'ask', where: '请输入工号' }]);
  });

  it('by a variable, where it is set and where it is used; by a queue', () => {
    assert.deepEqual(ids('badge'), ['ask', 'store']);
    assert.deepEqual(find('level'), [{ id: 'store', where: 'level' }]);
    assert.deepEqual(ids('consult'), ['greeting']);
  });

  it('the node that is called so comes before those that mention it; several words have all to be there', () => {
    assert.equal(ids('greeting')[0], 'greeting');
    assert.deepEqual(ids('收号 badge'), ['ask']);
    assert.deepEqual(ids('收号 gold'), []);
  });
});
