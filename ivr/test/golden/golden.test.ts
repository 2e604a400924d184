import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { linesDiffer } from '../../src/golden/diff.js';
import { demoFlow, readScript, runDialogue, showFlow } from '../../src/index.js';
import { documentOf, flowOf } from '../support/dialogue.js';

const SHIPPED = fileURLToPath(new URL('../../../dialogues', import.meta.url));
const MAIN = flowOf(demoFlow);
const run = (dialogue: Record<string, unknown>) => {
  const [script] = readScript({ dialogues: [{ name: 'x', ...dialogue }] }).dialogues;
  assert.ok(script);
  return runDialogue(MAIN, script);
};

describe('the shipped golden dialogues', () => {
  for (const file of readdirSync(SHIPPED)) {
    for (const dialogue of readScript(parse(readFileSync(join(SHIPPED, file), 'utf8'))).dialogues) {
      it(`${file}: ${dialogue.name}`, () => assert.deepEqual(runDialogue(MAIN, dialogue).failures, []));
    }
  }
});

describe('a golden dialogue', () => {
  it('that goes otherwise says how, line by line', () => {
    const outcome = run({
      steps: [{ keys: '2' }, { queue: 'no-agents' }],
      expect: {
        path: ['greeting', 'menu', 'consult', 'nobody', 'offer-message', 'goodbye', 'end'],
        variables: { digits: '1' },
        result: 'normal',
      },
    });
    assert.equal(outcome.ok, false);
    assert.deepEqual(outcome.failures, [
      'path:\n    greeting\n    menu\n  - consult\n  + complaint\n    nobody\n    offer-message\n    goodbye\n    end',
      'variable digits: "1" was expected, it is "2"',
      'result: normal was expected, it is flow-ended',
    ]);
  });

  it('whose script has something else than the flow asks for says both', () => {
    assert.deepEqual(run({ steps: [{ queue: 'full' }], expect: {} }).failures, ['the flow asks for keys, the script has {"queue":"full"}']);
    assert.deepEqual(run({ steps: [{ keys: '1' }], expect: {} }).failures, [
      'the flow asks for queue consult, the script has no more steps',
    ]);
  });

  it('that ends before its script says what was left', () => {
    const { failures } = run({ steps: ['hang up', { keys: '1' }], expect: {} });
    assert.deepEqual(failures, ['the flow was over before 1 of the steps: [{"keys":"1"}]']);
  });

  it('hanging up while something is said ends there', () => {
    const { failures, transcript } = run({ steps: ['hang up early'], expect: { path: ['greeting'], result: 'normal' } });
    assert.deepEqual(failures, []);
    assert.deepEqual(transcript, [
      'greeting (play)',
      '  says greeting',
      '  ← caller-hung-up {"termination":{"by":"caller","reason":"normal"}}',
      'ends: normal',
    ]);
  });

  it('knows the time of day in any zone, and lets it pass', () => {
    const flow = flowOf(
      documentOf({
        a: { type: 'set-variable', set: { first: '{{now}}' }, next: 'm' },
        m: { type: 'menu', prompts: [], choices: [{ key: '1', next: 'b' }], otherwise: 'b' },
        b: { type: 'set-variable', set: { second: '{{now}}' }, next: 'end' },
        end: { type: 'hangup' },
      }),
    );
    for (const [at, timeZone, second] of [
      ['2026-03-02T23:30', 'Asia/Shanghai', '2026-03-03T00:31'],
      ['2024-02-29T00:00', 'America/New_York', '2024-02-29T01:01'],
      ['1999-12-31T23:59', 'Asia/Kathmandu', '2000-01-01T01:00'],
    ] as const) {
      const [script] = readScript({
        dialogues: [{ name: 'x', at, timeZone, steps: [{ pass: 3660 }, { keys: '1' }], expect: { variables: { first: at, second } } }],
      }).dialogues;
      assert.ok(script);
      assert.deepEqual(runDialogue(flow, script).failures, []);
    }
  });

  it('a script that is none is refused by field', () => {
    assert.throws(() => readScript({ dialogues: [{ name: 'x', steps: ['sing'], expect: {} }] }), /^Error: dialogues\.0\.steps\.0: /);
    assert.throws(() => readScript({}), /^Error: dialogues: /);
    assert.throws(() => readScript(7), /^Error: the script: /);
  });
});

describe('a difference of two lists', () => {
  it('is nothing when they are the same, and names what is missing and what is too much', () => {
    assert.equal(linesDiffer(['a', 'b'], ['a', 'b']), undefined);
    assert.equal(linesDiffer(['a', 'b', 'c'], ['a', 'c', 'd']), '    a\n  - b\n    c\n  + d');
    assert.equal(linesDiffer([], ['a']), '  + a');
  });
});

describe('a flow as text', () => {
  it('has a line for each node and its ways', () => {
    const text = showFlow(MAIN);
    assert.ok(
      text.startsWith(
        'main  一线服务热线  (zh-CN, begins at greeting)\n\ngreeting  play  问候\n    next → menu\nmenu  menu  主菜单\n    key 1 → consult\n',
      ),
    );
    for (const name of Object.keys(MAIN.nodes)) assert.ok(text.includes(`\n${name}  `), name);
  });
});
