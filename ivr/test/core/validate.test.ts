import assert from 'node:assert/strict';
import { type FlowContext, nodeModules, validateFlow } from '../../src/index.js';
import { documentOf } from '../support/dialogue.js';

const end = { type: 'hangup' } as const;
const play = (next: string, ...prompts: unknown[]) => ({ type: 'play' as const, prompts: prompts.length ? prompts : ['hello'], next });
const menu = (more: Record<string, unknown> = {}) => ({
  type: 'menu' as const,
  prompts: ['hello'],
  choices: [{ key: '1', next: 'end' }],
  otherwise: 'end',
  ...more,
});
const queue = (more: Record<string, unknown> = {}) => ({ type: 'queue' as const, queue: 'consult', otherwise: 'end', ...more });

const CONTEXT: FlowContext = {
  queues: ['consult'],
  prompts: ['hello'],
  voicemailBoxes: ['main'],
  extensions: ['1001'],
  flows: ['main'],
  speech: false,
};

/** The faults of a document as `node field: message`. */
function problemsOf(document: unknown, context = CONTEXT): string[] {
  const check = validateFlow(document, context);
  return check.ok ? [] : check.problems.map(({ nodeId, field, message }) => `${nodeId} ${field}: ${message}`);
}

const FAULTS: Array<{ rule: string; nodes: Parameters<typeof documentOf>[0]; problems: string[] }> = [
  {
    rule: 'an unknown node type',
    nodes: { a: play('b'), b: { type: 'dance' as never } },
    problems: [`b type: unknown node type "dance"; known: ${Object.keys(nodeModules).join(', ')}`],
  },
  { rule: 'a missing target', nodes: { a: play('nowhere') }, problems: ['a next: there is no node nowhere'] },
  {
    rule: 'a missing target of a menu choice, by its place',
    nodes: {
      a: menu({
        choices: [
          { key: '1', next: 'end' },
          { key: '2', next: 'gone' },
        ],
      }),
      end,
    },
    problems: ['a choices.1.next: there is no node gone'],
  },
  { rule: 'an unreachable node', nodes: { a: play('end'), lost: play('end'), end }, problems: ['lost id: no way leads to this node'] },
  { rule: 'a missing prompt', nodes: { a: play('end', 'hello', 'nope'), end }, problems: ['a prompts.1: there is no prompt nope'] },
  {
    rule: 'a missing prompt for wrong choices',
    nodes: { a: menu({ invalidPrompts: ['nope'] }), end },
    problems: ['a invalidPrompts.0: there is no prompt nope'],
  },
  { rule: 'an unknown queue', nodes: { a: queue({ queue: 'vip' }), end }, problems: ['a queue: there is no queue vip'] },
  {
    rule: 'an unknown voicemail box',
    nodes: { a: { type: 'voicemail', box: 'lost', prompts: [], next: 'end' }, end },
    problems: ['a box: there is no voicemail box lost'],
  },
  {
    rule: 'an unknown extension',
    nodes: { a: { type: 'transfer', to: { extension: '9' }, otherwise: 'end' }, end },
    problems: ['a to.extension: there is no extension 9'],
  },
  {
    rule: 'an unknown flow',
    nodes: { a: { type: 'transfer', to: { flow: 'night' }, otherwise: 'end' }, end },
    problems: ['a to.flow: there is no flow night'],
  },
  {
    rule: 'a variable nothing sets',
    nodes: { a: { type: 'branch', cases: [{ when: { variable: 'mood', equals: 'good' }, next: 'end' }], otherwise: 'end' }, end },
    problems: ['a cases.0.when: there is no variable mood'],
  },
  {
    rule: 'text without speech synthesis',
    nodes: { a: play('end', { say: '您好' }), end },
    problems: ['a prompts.0: no speech synthesis is installed for this text'],
  },
  {
    rule: 'duplicate menu keys',
    nodes: {
      a: menu({
        choices: [
          { key: '1', next: 'end' },
          { key: '2', next: 'end' },
          { key: '1', next: 'end' },
        ],
      }),
      end,
    },
    problems: ['a choices.2.key: key 1 is used by an earlier choice'],
  },
  { rule: 'an empty menu', nodes: { a: menu({ choices: [] }), end }, problems: ['a choices: the menu has no choices'] },
  {
    rule: 'a key no telephone has',
    nodes: { a: menu({ choices: [{ key: 'E', next: 'end' }] }), end },
    problems: ['a choices.0.key: one of 0–9, * and #'],
  },
  { rule: 'an unknown field', nodes: { a: { ...play('end'), nxt: 'end' }, end }, problems: ['a nxt: unknown field'] },
  {
    rule: 'a missing field',
    nodes: { a: { type: 'queue', queue: 'consult' } },
    problems: ['a otherwise: Invalid input: expected string, received undefined'],
  },
  {
    rule: 'more digits at least than at most',
    nodes: { a: { type: 'collect', prompts: [], minDigits: 5, maxDigits: 4, next: 'end', otherwise: 'end' }, end },
    problems: ['a minDigits: minDigits 5 exceeds maxDigits 4'],
  },
  {
    rule: 'a node that plays itself',
    nodes: { a: play('a') },
    problems: ['a next: loop without an exit the caller can take: a → a'],
  },
  {
    rule: 'a circle of announcements and branches',
    nodes: {
      a: play('b'),
      b: { type: 'branch', cases: [{ when: { variable: 'caller', equals: '' }, next: 'a' }], otherwise: 'end' },
      end,
    },
    problems: ['b cases.0.next: loop without an exit the caller can take: a → b → a'],
  },
  {
    rule: 'a menu a silent caller never leaves',
    nodes: { a: menu({ otherwise: 'a' }), end },
    problems: ['a otherwise: loop without an exit the caller can take: a → a'],
  },
  {
    rule: 'asking a queue without agents again and again',
    nodes: { a: queue({ noAgents: 'b' }), b: play('a'), end },
    problems: ['b next: loop without an exit the caller can take: a → b → a'],
  },
];

describe('the validator names the node and the field at fault', () => {
  for (const { rule, nodes, problems } of FAULTS) it(rule, () => assert.deepEqual(problemsOf(documentOf(nodes)), problems));

  it('every fault at once, not only the first', () => {
    const found = problemsOf(documentOf({ a: { ...menu({ choices: [] }), prompts: ['x'] }, b: queue({ queue: 'vip' }), end }));
    assert.deepEqual(found, [
      'a choices: the menu has no choices',
      'a prompts.0: there is no prompt x',
      'b queue: there is no queue vip',
      'b id: no way leads to this node',
    ]);
  });

  it('a way to a node with faults is not itself a fault', () => {
    assert.deepEqual(problemsOf(documentOf({ a: play('b'), b: { type: 'play', prompts: ['hello'] } })), [
      'b next: Invalid input: expected string, received undefined',
    ]);
  });

  it('a start that does not exist', () => {
    const found = problemsOf({ ...documentOf({ a: play('end'), end }), start: 'begin' });
    assert.equal(found[0], 'null start: there is no node begin');
  });

  it('no nodes', () => {
    assert.ok(problemsOf({ ...documentOf({}), start: 'a' }).includes('null nodes: the flow has no nodes'));
  });

  for (const nonsense of [undefined, null, 7, 'x', [], {}, { id: 'x', nodes: [] }, { nodes: { a: null } }]) {
    it(`no flow at all: ${JSON.stringify(nonsense)}`, () => assert.ok(problemsOf(nonsense).length > 0));
  }

  it('a node that is not an object', () => {
    assert.deepEqual(problemsOf(documentOf({ a: play('b'), b: null as never })), ['b : the node is not an object']);
  });

  it('inherited names are neither nodes nor node types', () => {
    assert.deepEqual(problemsOf(documentOf({ a: play('constructor') })), ['a next: there is no node constructor']);
    assert.match(problemsOf(documentOf({ a: { type: 'constructor' as never } }))[0] ?? '', /^a type: unknown node type "constructor"/);
  });

  it('a flow too large to be one', () => {
    const nodes = Object.fromEntries(Array.from({ length: 501 }, (_, i) => [`n${i}`, end]));
    assert.deepEqual(problemsOf(documentOf(nodes)), ['null nodes: more than 500 nodes']);
  });
});

describe('the validator allows', () => {
  it('a loop the caller drives: repeat by key', () => {
    assert.deepEqual(problemsOf(documentOf({ a: menu({ choices: [{ key: '9', next: 'a' }] }), end })), []);
  });

  it('waiting in the same queue again after a timeout: the wait itself has an end and a way out', () => {
    assert.deepEqual(problemsOf(documentOf({ a: queue({ timeout: 'b' }), b: play('a'), end })), []);
  });

  it('what it is told nothing of', () => {
    assert.deepEqual(problemsOf(documentOf({ a: play('b', 'nope', { say: '您好' }), b: queue({ queue: 'vip' }), end }), {}), []);
  });

  it('a row of 499 announcements, without exhausting the stack', () => {
    const nodes = Object.fromEntries(Array.from({ length: 499 }, (_, i) => [`n${i}`, play(i === 498 ? 'end' : `n${i + 1}`)]));
    assert.deepEqual(problemsOf(documentOf({ ...nodes, end })), []);
  });
});
