import assert from 'node:assert/strict';
import { type FlowContext, type FlowDocument, validateFlow } from '../../src/index.js';
import { documentOf } from '../support/dialogue.js';

const end = { type: 'hangup' } as const;
const CONTEXT: FlowContext = {
  queues: ['consult'],
  prompts: [
    'hello',
    'park-slot',
    'queue-music',
    'record-message',
    'callback-number-confirm',
    'callback-confirm-keys',
    'callback-number-ask',
    'callback-number-invalid',
  ],
  schedules: ['office'],
  callerLists: ['vip'],
  groups: ['water'],
  skills: ['english'],
  secrets: ['crm'],
  httpHosts: ['crm.example:8443'],
  extensions: ['1001'],
  flows: ['identify'],
};

type Node = FlowDocument['nodes'][string];
const problemsOf = (node: Node, more: FlowDocument['nodes'] = {}): string[] => {
  const check = validateFlow(documentOf({ a: node, ...more, end }), CONTEXT);
  return check.ok ? [] : check.problems.map(({ nodeId, field, message }) => `${nodeId} ${field}: ${message}`);
};

const http = (more: Record<string, unknown>): Node => ({
  type: 'http-request',
  url: 'https://crm.example:8443/v1/{{caller}}',
  next: 'end',
  otherwise: 'end',
  ...more,
});

const FAULTS: Array<{ rule: string; node: Node; problems: string[]; more?: FlowDocument['nodes'] }> = [
  {
    rule: 'language: no language tag',
    node: { type: 'language', language: 'English', next: 'end' },
    problems: ['a language: a language tag, e.g. zh-CN'],
  },
  {
    rule: 'schedule: an unknown one',
    node: { type: 'schedule', schedule: 'night', open: 'end', closed: 'end' },
    problems: ['a schedule: there is no schedule night'],
  },
  {
    rule: 'caller-list: an unknown one, and a fact of the call that cannot be set',
    node: { type: 'caller-list', list: 'black', listed: 'end', notListed: 'end', set: { level: 'gold' } },
    problems: ['a list: there is no list black'],
  },
  {
    rule: 'set-variable: a variable nothing sets',
    node: { type: 'set-variable', set: { greeting: 'hello {{name}}' }, next: 'end' },
    problems: ['a set.greeting: there is no variable name'],
  },
  { rule: 'set-variable: nothing', node: { type: 'set-variable', set: {}, next: 'end' }, problems: ['a set: the node sets nothing'] },
  {
    rule: 'expression: a slip, with its place',
    node: { type: 'expression', cases: [{ when: 'digits > > 3', next: 'end' }], otherwise: 'end' },
    problems: ['a cases.0.when: a value is expected, not > (at character 10)'],
  },
  {
    rule: 'expression: an unknown variable and an unknown function',
    node: {
      type: 'expression',
      set: [
        { variable: 'total', value: 'price * 2' },
        { variable: 'x', value: 'eval(digits)' },
      ],
      otherwise: 'end',
    },
    problems: ['a set.1.value: there is no function eval (at character 1)', 'a set.0.value: there is no variable price'],
  },
  {
    rule: 'http-request: a host that is a variable',
    node: http({ url: 'http://{{caller}}/x' }),
    problems: ['a url: an http:// or https:// address whose host holds no variable'],
  },
  {
    rule: 'http-request: a host that looks allowed',
    node: http({ url: 'https://crm.example:8443@evil.example/' }),
    problems: ['a url: an http:// or https:// address whose host holds no variable'],
  },
  {
    rule: 'http-request: a host that is not allowed, an unknown secret',
    node: http({ url: 'http://evil.example/', headers: { authorization: 'Bearer {{secret:other}}' } }),
    problems: ['a url: host evil.example is not allowed by the configuration', 'a headers.authorization: there is no secret other'],
  },
  {
    rule: 'http-request: a secret in the address, a body with GET',
    node: http({ url: 'https://crm.example:8443/?key={{secret:crm}}', body: { a: '{{caller}}' } }),
    problems: ['a url: a secret belongs into headers or body', 'a body: a GET has no body'],
  },
  {
    rule: 'http-request: a path into the answer that is none',
    node: http({ result: { name: 'order.name' } }),
    problems: ['a result.name: a path such as $.order.items[0].price'],
  },
  {
    rule: 'say: a kind of value there is not',
    node: { type: 'say', items: [{ as: 'roman', variable: 'digits' }], next: 'end' },
    problems: ['a items.0: Invalid input'],
  },
  {
    rule: 'record-message: a variable that cannot be set',
    node: { type: 'record-message', saveAs: 'caller', next: 'end' },
    problems: ['a saveAs: this variable cannot be set'],
  },
  {
    rule: 'callback: fewer digits at most than at least',
    node: { type: 'callback', queue: 'consult', minDigits: 9, maxDigits: 8, next: 'end', otherwise: 'end' },
    problems: ['a minDigits: minDigits 9 exceeds maxDigits 8'],
  },
  {
    rule: 'survey: neither one question nor several; two of one id',
    node: { type: 'survey', next: 'end', otherwise: 'end' },
    problems: ['a questions: either prompts or questions are needed'],
  },
  {
    rule: 'survey: two questions of one id',
    node: { type: 'survey', questions: ['q', 'q'].map((id) => ({ id, prompts: ['hello'] })), next: 'end', otherwise: 'end' },
    problems: ['a questions.1.id: q is the id of an earlier question'],
  },
  {
    rule: 'sub-flow: an unknown one',
    node: { type: 'sub-flow', flow: 'nope', next: 'end', otherwise: 'end' },
    problems: ['a flow: there is no flow nope'],
  },
  {
    rule: 'loop: more rounds than there are',
    node: { type: 'loop', times: 101, body: 'a', next: 'end' },
    problems: ['a times: Too big: expected number to be <=100'],
  },
  {
    rule: 'loop: a circle by the way out, where the counter begins anew',
    node: { type: 'loop', times: 2, body: 'b', next: 'b' },
    more: { b: { type: 'play', prompts: ['hello'], next: 'a' } },
    problems: ['b next: loop without an exit the caller can take: a → b → a', 'end id: no way leads to this node'],
  },
  {
    rule: 'priority: both set and added',
    node: { type: 'priority', change: { set: 1, add: 1 }, next: 'end' },
    problems: ['a change: Invalid input'],
  },
  {
    rule: 'skill-requirement: an unknown skill, a level there is not',
    node: { type: 'skill-requirement', minLevels: { french: 3 }, next: 'end' },
    problems: ['a minLevels.french: there is no skill french'],
  },
  {
    rule: 'park: music that is missing',
    node: { type: 'park', music: 'silence', otherwise: 'end' },
    problems: ['a music.0: there is no prompt silence'],
  },
  {
    rule: 'queue: an unknown agent, group and skill',
    node: { type: 'queue', queue: 'consult', agent: '1999', group: 'gas', minLevels: { french: 1 }, otherwise: 'end' },
    problems: ['a agent: there is no extension 1999', 'a group: there is no group gas', 'a minLevels.french: there is no skill french'],
  },
];

describe('the validator names node and field of the later node types', () => {
  for (const { rule, node, more, problems } of FAULTS) {
    it(rule, () => assert.deepEqual(problemsOf(node, more).sort(), [...problems].sort()));
  }

  it('and finds nothing where all is well', () => {
    const good: Node[] = [
      http({
        method: 'POST',
        headers: { authorization: 'Bearer {{secret:crm}}' },
        body: { from: '{{caller}}' },
        result: { level: '$.a[0].b' },
      }),
      { type: 'callback', queue: 'consult', next: 'end', otherwise: 'end' },
      { type: 'park', otherwise: 'end' },
      { type: 'record-message', next: 'end' },
      {
        type: 'queue',
        queue: 'consult',
        group: 'water',
        agent: { variable: 'digits' },
        priority: { variable: 'digits' },
        otherwise: 'end',
      },
      { type: 'sub-flow', flow: 'identify', ways: [{ result: 'ok', next: 'end' }], next: 'end', otherwise: 'end' },
    ];
    for (const node of good) assert.deepEqual(problemsOf(node), [], node.type);
    const loop = { type: 'loop', times: 3, saveAs: 'round', body: 'b', next: 'end' } as const;
    assert.deepEqual(problemsOf(loop, { b: { type: 'say', items: [{ number: 'round' }], next: 'a' } }), []);
  });

  it('a body nested without measure is a fault, not the end of the program', () => {
    let body: unknown = 'x';
    for (let i = 0; i < 100_000; i++) body = [body];
    assert.deepEqual(problemsOf(http({ method: 'POST', body })), ['a : nested more than 40 levels deep']);
  });

  it('a variable that another flow sets is known when the flow says so', () => {
    const flow = { ...documentOf({ a: { type: 'say', items: [{ digits: 'account' }], next: 'end' }, end }), variables: ['account'] };
    assert.ok(validateFlow(flow, {}).ok);
  });
});
