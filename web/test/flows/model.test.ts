import assert from 'node:assert/strict';
import type { FlowVocabulary } from '@yixian/contracts';
import { describe, it } from 'mocha';
import { difference } from '../../src/pages/flows/model/difference.js';
import {
  addNode,
  addWay,
  connect,
  copyNodes,
  documentFault,
  type FlowDocument,
  pasteNodes,
  readClipping,
  readDocument,
  removeNodes,
  renameNode,
  reusing,
  typesOf,
  waysOf,
  withValue,
} from '../../src/pages/flows/model/document.js';
import { change, historyOf, redo, undo } from '../../src/pages/flows/model/history.js';
import { layout, placeMissing } from '../../src/pages/flows/model/layout.js';
import { openingView } from '../../src/pages/flows/model/opening.js';

const node = { type: 'string', 'x-kind': 'node' };
const VOCABULARY: FlowVocabulary = {
  variables: ['digits'],
  readOnlyVariables: [],
  spokenAs: [],
  nodes: [
    {
      type: 'play',
      schema: { properties: { prompts: { 'x-kind': 'prompts' }, next: node }, required: ['type', 'prompts', 'next'] },
      ways: [{ field: 'next', optional: false }],
    },
    {
      type: 'menu',
      schema: {
        properties: {
          prompts: { 'x-kind': 'prompts' },
          choices: {
            type: 'array',
            items: { properties: { key: { type: 'string', pattern: '^[0-9*#]$' }, next: node }, required: ['key', 'next'] },
          },
          otherwise: node,
        },
        required: ['type', 'prompts', 'choices', 'otherwise'],
      },
      ways: [
        { field: 'choices.*.next', optional: false },
        { field: 'otherwise', optional: false },
      ],
    },
    { type: 'hangup', schema: { properties: {}, required: ['type'] }, ways: [] },
  ],
};
const TYPES = typesOf(VOCABULARY);
const at = (x: number, y = 0) => ({ position: { x, y } });

const flow = (): FlowDocument => ({
  ...{ id: 'f', name: 'f', language: 'zh-CN', start: 'hello' },
  nodes: {
    hello: { type: 'play', prompts: ['greeting'], next: 'menu', ...at(0) },
    menu: { type: 'menu', prompts: [], choices: [{ key: '1', next: 'end' }, { key: '2' }], otherwise: 'end', ...at(300) },
    end: { type: 'hangup', ...at(600) },
  },
});

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) frozen(inner);
    Object.freeze(value);
  }
  return value;
}

describe('the flow document in the editor', () => {
  it('the ways of a node are those of its type, one for each entry of a list, also where they lead nowhere yet', () => {
    const { menu } = flow().nodes;
    assert.ok(menu);
    assert.deepEqual(waysOf(menu, TYPES), [
      { field: 'choices.0.next', optional: false, target: 'end' },
      { field: 'choices.1.next', optional: false, target: undefined },
      { field: 'otherwise', optional: false, target: 'end' },
    ]);
  });

  it('a way that is dragged out of a list is a new entry with the next free key', () => {
    const doc = frozen(flow());
    const next = addWay(doc, TYPES, 'menu', 'choices', 'hello');
    assert.deepEqual((next.nodes.menu?.choices as unknown[] | undefined)?.[2], { key: '3', next: 'hello' });
    assert.equal(next.nodes.hello, doc.nodes.hello, 'what is untouched stays the same object');
  });

  it('a new node has what has to be there, and an id of its own', () => {
    const { doc, id } = addNode(frozen(flow()), TYPES, 'menu', { x: 1.4, y: 2 });
    assert.equal(id, 'menu-2');
    assert.deepEqual(doc.nodes[id], { type: 'menu', prompts: [], choices: [], position: { x: 1, y: 2 } });
  });

  it('the first node of an empty flow is its start', () => {
    const { doc } = addNode({ ...flow(), start: '', nodes: {} }, TYPES, 'play', { x: 0, y: 0 });
    assert.equal(doc.start, 'play');
  });

  it('what is deleted leaves no way behind that leads to it; the start goes on', () => {
    const doc = removeNodes(frozen(flow()), TYPES, new Set(['end', 'hello']));
    assert.deepEqual(Object.keys(doc.nodes), ['menu']);
    assert.equal(doc.start, 'menu');
    assert.deepEqual(doc.nodes.menu?.choices, [{ key: '1' }, { key: '2' }]);
    assert.equal(doc.nodes.menu?.otherwise, undefined);
  });

  it('a new id is followed by all ways and the start', () => {
    const doc = renameNode(renameNode(frozen(flow()), TYPES, 'end', 'bye'), TYPES, 'hello', 'welcome');
    assert.equal(doc.start, 'welcome');
    assert.deepEqual(doc.nodes.menu?.choices, [{ key: '1', next: 'bye' }, { key: '2' }]);
    assert.deepEqual(Object.keys(doc.nodes), ['welcome', 'menu', 'bye']);
  });

  it('copies keep the ways among them and those to nodes that are there', () => {
    const doc = frozen(flow());
    const clipping = readClipping(JSON.stringify(copyNodes(doc, new Set(['hello', 'menu']))), TYPES);
    assert.ok(clipping && 'yixianFlowNodes' in clipping);
    const pasted = pasteNodes(doc, TYPES, clipping);
    assert.deepEqual(pasted.ids, ['hello-2', 'menu-2']);
    assert.equal(pasted.doc.nodes['hello-2']?.next, 'menu-2');
    assert.equal(pasted.doc.nodes['menu-2']?.otherwise, 'end');
    const elsewhere = pasteNodes({ ...flow(), nodes: {} }, TYPES, clipping);
    assert.equal(elsewhere.doc.nodes.menu?.otherwise, undefined, 'a way to what is not there leads nowhere');
  });

  it('a clipboard is looked at before it is pasted: what is no text of nodes is left alone, what is wrong is named', () => {
    const read = (nodes: unknown) => readClipping(JSON.stringify({ yixianFlowNodes: nodes }), TYPES);
    for (const text of ['just text', '[]', '{"yixianFlowNodes": 7}', 'null']) assert.equal(readClipping(text, TYPES), undefined);
    assert.deepEqual(read({}), { field: '', fault: 'empty' });
    assert.deepEqual(read({ 'a b': { type: 'play' } }), { field: 'a b', fault: 'id' });
    assert.deepEqual(read({ a: 7 }), { field: 'a', fault: 'node' });
    assert.deepEqual(read({ a: { type: 'play' }, b: { type: 'format-disk' } }), { field: 'b.type', fault: 'type' });
    const many = Object.fromEntries(Array.from({ length: 501 }, (_, i) => [`n${i}`, { type: 'play' }]));
    assert.deepEqual(read(many), { field: '', fault: 'tooMany' });
    const odd = { a: { type: 'play', label: { evil: 1 }, position: { x: 'left', y: 0 }, next: 'b' } };
    assert.deepEqual(read(odd), { yixianFlowNodes: { a: { type: 'play', next: 'b' } } });
  });

  it('what is written as JSON is taken when it is a flow; what did not change stays the same object', () => {
    const doc = flow();
    assert.equal(documentFault(doc), undefined);
    assert.equal(documentFault([]), '');
    assert.equal(documentFault({ ...doc, start: 7 }), 'start');
    assert.equal(documentFault({ ...doc, nodes: null }), 'nodes');
    assert.equal(documentFault({ ...doc, nodes: { ...doc.nodes, x: {} } }), 'nodes.x.type');
    const copy = structuredClone(doc);
    assert.equal(reusing(doc, copy), doc);
    const next = reusing(doc, { ...copy, nodes: { ...copy.nodes, end: { type: 'hangup', label: '再见' } } });
    assert.equal(next.nodes.hello, doc.nodes.hello);
    assert.equal(next.nodes.end?.label, '再见');
  });

  it('a draft that is no flow is read as far as it is one', () => {
    assert.deepEqual(readDocument('f', { nodes: { a: { type: 'x' }, b: 7 } }), {
      id: 'f',
      name: 'f',
      language: 'zh-CN',
      start: 'a',
      nodes: { a: { type: 'x' } },
    });
    assert.deepEqual(readDocument('f', 'nonsense').nodes, {});
  });

  it('undefined takes a field away, in lists too', () => {
    assert.deepEqual(withValue(frozen({ a: [{ b: 1, c: 2 }] }), 'a.0.b', undefined), { a: [{ c: 2 }] });
  });
});

describe('undo and redo', () => {
  it('typing in one field is one step; another field, or a pause, is another', () => {
    const one = flow();
    const typed = (name: string): FlowDocument => ({ ...one, name });
    let history = change(historyOf(one), typed('a'), 'name', 1000);
    history = change(history, typed('ab'), 'name', 1500);
    history = change(history, typed('abc'), 'name', 9000);
    assert.equal(history.past.length, 2);
    history = undo(history);
    assert.equal(history.present.name, 'ab');
    history = undo(history);
    assert.equal(history.present.name, 'f');
    assert.equal(undo(history), history);
    history = redo(redo(history));
    assert.equal(history.present.name, 'abc');
    history = change(undo(history), typed('x'), undefined, 9500);
    assert.equal(redo(history), history, 'a new change ends what could be redone');
  });
});

describe('the difference of two versions', () => {
  it('names nodes added, removed and changed with their fields; where a node stands is no difference', () => {
    const before = flow();
    let after = connect(frozen(flow()), 'menu', 'choices.1.next', 'hello');
    after = removeNodes(after, TYPES, new Set(['end']));
    after = addNode(after, TYPES, 'play', { x: 9, y: 9 }).doc;
    after = { ...after, nodes: { ...after.nodes, hello: { ...after.nodes.hello, type: 'play', position: { x: 77, y: 7 } } } };
    const found = difference(before, after);
    assert.deepEqual(Object.fromEntries([...found.nodes].map(([id, { change: how }]) => [id, how])), {
      menu: 'changed',
      end: 'removed',
      play: 'added',
    });
    assert.deepEqual(
      found.nodes.get('menu')?.fields.map(({ field }) => field),
      ['choices.0.next', 'choices.1.next', 'otherwise'],
    );
    assert.deepEqual(found.flow, []);
  });
});

describe('the opening of a large flow', () => {
  const at = (x: number, y = 0) => ({ position: { x, y } });
  const opened = (next: number, width: number) =>
    openingView(
      readDocument('f', { start: 'a', nodes: { a: { type: 'play', next: 'b', ...at(0, 100) }, b: { type: 'play', ...at(next) } } }),
      TYPES,
      {
        width,
        height: 600,
      },
    );

  it('is at its beginning, as large as reads well; on a phone no larger than lets the next card be seen whole', () => {
    const wide = opened(312, 1000);
    assert.deepEqual([wide?.zoom, wide?.x], [0.7, 32]);
    const narrow = opened(312, 374);
    assert.ok(narrow && narrow.zoom < 0.7 && narrow.zoom >= 0.5);
    assert.ok(narrow.x >= 0 && narrow.x + (312 + 216) * narrow.zoom <= 374, 'both cards are within');
    assert.equal(narrow.y + 100 * narrow.zoom, 200, 'a third from the top');
  });

  it('leaves out what is too far away, and shows what stands left of the beginning', () => {
    assert.equal(opened(2000, 374)?.zoom, 0.7);
    const left = opened(-312, 374);
    assert.ok(left && left.x - 312 * left.zoom >= 0);
  });
});

describe('the layout', () => {
  it('goes from left to right, no node lies on another, and a circle does not hold it up', () => {
    const doc = connect(flow(), 'menu', 'choices.1.next', 'hello');
    const places = layout(doc, TYPES);
    const x = (id: string) => places.get(id)?.x ?? Number.NaN;
    assert.ok(x('hello') < x('menu') && x('menu') < x('end'));
  });

  it('of 400 nodes with circles none is placed on another', () => {
    const nodes: FlowDocument['nodes'] = {};
    for (let i = 0; i < 400; i++) {
      const choices = [2 * i + 1, 2 * i + 2, i - 7].filter((n) => n >= 0 && n < 400).map((n, key) => ({ key: String(key), next: `n${n}` }));
      nodes[`n${i}`] = { type: 'menu', prompts: [], choices };
    }
    const doc = placeMissing({ ...flow(), start: 'n0', nodes }, TYPES);
    const seen = new Set(Object.values(doc.nodes).map(({ position }) => `${position?.x},${position?.y}`));
    assert.equal(seen.size, 400);
  });
});
