import assert from 'node:assert/strict';
import { type Flow, type FlowDocument, readScript, runDialogue } from '../../src/index.js';
import { documentOf, flowOf } from '../support/dialogue.js';

type Nodes = FlowDocument['nodes'];
const end = { type: 'hangup' } as const;
const say = (id: string, next = 'end') => ({ type: 'play' as const, prompts: [id], next });

/** Plays one dialogue and expects it to go as it says. */
function goes(nodes: Nodes, dialogue: Record<string, unknown>, others: Record<string, Flow> = {}): void {
  const [script] = readScript({ dialogues: [{ name: 'x', ...dialogue }] }).dialogues;
  assert.ok(script);
  const outcome = runDialogue(flowOf(documentOf(nodes)), script, (id) => others[id] && { flow: others[id], version: 1 });
  assert.deepEqual(outcome.failures, [], outcome.transcript.join('\n'));
}

describe('language', () => {
  const nodes: Nodes = {
    m: { type: 'menu', prompts: ['language-menu'], choices: [{ key: '2', next: 'en' }], attempts: 1, otherwise: 'q' },
    en: { type: 'language', language: 'en-US', next: 'hello' },
    hello: { type: 'say', items: ['greeting', { as: 'amount', value: '12.50' }], next: 'q' },
    q: { type: 'queue', queue: 'consult', otherwise: 'end' },
    end,
  };
  it('is what values are spoken in from then on', () => {
    goes(nodes, {
      steps: [{ keys: '2' }, { queue: { served: '1001', callerStays: false } }],
      expect: { prompts: ['language-menu', 'greeting', '「twelve yuan and fifty fen」'], language: 'en-US' },
    });
  });
  it('is the flow’s own until it is switched', () => {
    goes(nodes, { steps: ['silence', { queue: 'failed' }], expect: { language: 'zh-CN', result: 'flow-ended' } });
  });
});

describe('schedule', () => {
  const nodes: Nodes = {
    s: { type: 'schedule', schedule: 'office', open: 'open', closed: 'closed', holiday: 'holiday' },
    open: say('greeting'),
    closed: say('closed'),
    holiday: say('closed-holiday'),
    end,
  };
  for (const [state, node, variables] of [
    ['open', 'open', { schedule: 'open', scheduleReason: 'weekly' }],
    ['closed', 'closed', { schedule: 'closed', scheduleReason: 'weekly' }],
    ['special:检修', 'closed', { schedule: 'closed', scheduleReason: 'special:检修' }],
    ['holiday:国庆节', 'holiday', { schedule: 'closed', scheduleReason: 'holiday:国庆节' }],
  ] as const) {
    it(`${state} leads to ${node}`, () => goes(nodes, { schedules: { office: state }, expect: { path: ['s', node, 'end'], variables } }));
  }
  it('that does not exist is open', () => goes(nodes, { expect: { path: ['s', 'open', 'end'] } }));
  it('without a way for holidays a holiday is closed', () => {
    const { holiday: _holiday, ...rest } = nodes;
    goes(
      { ...rest, s: { type: 'schedule', schedule: 'office', open: 'open', closed: 'closed' } },
      { schedules: { office: 'holiday:春节' }, expect: { path: ['s', 'closed', 'end'] } },
    );
  });
});

describe('caller-list', () => {
  const nodes: Nodes = {
    l: { type: 'caller-list', list: 'vip', listed: 'q', notListed: 'q', set: { level: 'gold' }, priority: 50 },
    q: { type: 'queue', queue: 'consult', priority: 5, otherwise: 'end' },
    end,
  };
  it('listed: sets variables and the priority of later queues', () => {
    goes(nodes, {
      lists: { vip: { '13800000000': 'a guest' } },
      steps: [{ queue: 'failed' }],
      expect: { queues: ['consult at 55'], variables: { level: 'gold', callerList: 'vip', callerListNote: 'a guest', priority: '50' } },
    });
  });
  it('not listed, or no such list: nothing is set', () => {
    const expect = { queues: ['consult at 5'], variables: { level: '', callerList: '', priority: '0' } };
    goes(nodes, { lists: { vip: {} }, steps: [{ queue: 'failed' }], expect });
    goes(nodes, { steps: [{ queue: 'failed' }], expect });
  });
});

describe('set-variable', () => {
  it('fills its texts with what was known before, once', () => {
    goes(
      {
        a: { type: 'set-variable', set: { a: '{{b}}{{caller}}', b: 'x' }, next: 'b' },
        b: { type: 'set-variable', set: { c: '{{a}}-{{b}}', d: '{{e}}', e: '{{a}}' }, next: 'end' },
        end,
      },
      { caller: '{{b}}', expect: { variables: { a: '{{b}}', b: 'x', c: '{{b}}-x', d: '', e: '{{b}}' } } },
    );
  });
  it('keeps a thousand characters of a value and five hundred variables', () => {
    const loop: Nodes = {
      a: { type: 'set-variable', set: { x: 'xxxxxxxxxx' }, next: 'l' },
      l: { type: 'loop', times: 10, body: 'b', next: 'end' },
      b: { type: 'set-variable', set: { x: '{{x}}{{x}}{{x}}' }, next: 'l' },
      end,
    };
    goes(loop, { expect: { variables: { x: 'x'.repeat(1000) } } });
  });
});

describe('expression', () => {
  const nodes: Nodes = {
    e: {
      type: 'expression',
      set: [
        { variable: 'hour', value: 'number(substring(now, 12, 2))' },
        { variable: 'late', value: 'hour >= 18' },
      ],
      cases: [
        { when: 'late and startsWith(caller, "138")', next: 'late' },
        { when: 'digits / 0 == 1', next: 'end' },
      ],
      otherwise: 'end',
      failed: 'failed',
    },
    late: say('late'),
    failed: say('failed'),
    end,
  };
  it('works out variables one after the other and takes the first case that is true', () => {
    goes(nodes, {
      at: '2026-03-02T19:30',
      expect: { path: ['e', 'late', 'end'], variables: { hour: '19', late: 'true', expressionError: '' } },
    });
  });
  it('what cannot be worked out has its own way and says where; nothing is set', () => {
    goes(nodes, {
      at: '2026-03-02T09:30',
      expect: { path: ['e', 'failed', 'end'], variables: { hour: '', expressionError: '"" is no number (at character 8)' } },
    });
  });
});

describe('http-request', () => {
  const nodes: Nodes = {
    h: {
      type: 'http-request',
      method: 'POST',
      prompts: ['please-wait'],
      url: 'https://crm.example/callers/{{caller}}?q={{digits}}',
      headers: { authorization: 'Bearer {{secret:crm}}' },
      body: { from: '{{caller}}', list: ['{{digits}}'] },
      result: { name: '$.customer.name', first: '$.orders[0]', none: '$.x.y', all: '$.orders', flag: '$.ok' },
      next: 'ok',
      timeout: 'slow',
      otherwise: 'bad',
    },
    ok: say('ok'),
    slow: say('slow'),
    bad: say('bad'),
    end,
  };
  it('puts variables into the address escaped, and what was answered into variables', () => {
    goes(nodes, {
      caller: 'a b/../c?d#e',
      steps: [{ http: { status: 200, body: { customer: { name: '王' }, orders: [7, 8], ok: true } } }],
      expect: {
        path: ['h', 'ok', 'end'],
        prompts: ['please-wait', 'ok'],
        requests: ['POST https://crm.example/callers/a%20b%2F..%2Fc%3Fd%23e?q='],
        variables: { name: '王', first: '7', none: '', all: '[7,8]', flag: 'true', httpResult: 'ok', httpStatus: '200' },
      },
    });
  });
  for (const [http, node, variables] of [
    ['timeout', 'slow', { httpResult: 'timeout', httpStatus: '' }],
    ['unreachable', 'bad', { httpResult: 'unreachable' }],
    [{ status: 404 }, 'bad', { httpResult: 'status', httpStatus: '404' }],
    ['no-json', 'bad', { httpResult: 'no-json' }],
    ['not-allowed', 'bad', { httpResult: 'not-allowed' }],
  ] as const) {
    it(`${JSON.stringify(http)} leads to ${node}`, () =>
      goes(nodes, { steps: [{ http }], expect: { path: ['h', node, 'end'], variables } }));
  }
});

describe('say', () => {
  it('says what the variables hold and leaves out what they do not', () => {
    goes(
      {
        s: {
          type: 'say',
          items: [
            { as: 'digits', variable: 'caller' },
            { number: 'digits' },
            { as: 'datetime', variable: 'now' },
            { say: '您好{{caller}}' },
          ],
          next: 'end',
        },
        end,
      },
      { caller: '120', at: '2026-03-02T15:00', expect: { prompts: ['「幺二零」', '「二零二六年三月二日下午三点整」', '「您好120」'] } },
    );
  });
});

describe('record-message', () => {
  const nodes: Nodes = {
    r: { type: 'record-message', prompts: ['say-name'], saveAs: 'name', next: 'ok', noMessage: 'none' },
    ok: say('ok'),
    none: say('none'),
    end,
  };
  it('keeps the id of what was said', () =>
    goes(nodes, { steps: [{ recording: 'rec-7' }], expect: { path: ['r', 'ok', 'end'], variables: { name: 'rec-7' } } }));
  it('nothing said has its own way', () =>
    goes(nodes, { steps: [{ recording: 'none' }], expect: { path: ['r', 'none', 'end'], variables: { name: '' } } }));
});

describe('callback', () => {
  const nodes: Nodes = {
    c: { type: 'callback', queue: 'consult', attempts: 2, next: 'ok', otherwise: 'no' },
    ok: say('callback-thanks'),
    no: say('goodbye'),
    end,
  };
  const readBack = (number: string) => ['callback-number-confirm', `「${number}」`, 'callback-confirm-keys'];
  it('reads the caller’s number back; 1 takes the place', () => {
    goes(nodes, {
      caller: '13800138000',
      steps: [{ keys: '1' }, { callback: 'ok' }],
      expect: {
        prompts: [...readBack('幺三八零零幺三八零零零'), 'callback-thanks'],
        variables: { callbackResult: 'registered', callbackId: 'callback-1', callbackNumber: '13800138000' },
      },
    });
  });
  it('2 asks for another number, which is read back as well', () => {
    goes(nodes, {
      caller: '13800138000',
      steps: [{ keys: '2' }, { keys: '12#' }, { keys: '01012345678#' }, { keys: '1' }, { callback: 'ok' }],
      expect: {
        prompts: [
          ...readBack('幺三八零零幺三八零零零'),
          'callback-number-ask',
          'callback-number-invalid',
          'callback-number-ask',
          ...readBack('零幺零幺二三四五六七八'),
          'callback-thanks',
        ],
        variables: { callbackNumber: '01012345678' },
      },
    });
  });
  it('a withheld number is asked for', () => {
    goes(nodes, { caller: 'anonymous', steps: ['silence', 'silence'], expect: { path: ['c', 'no', 'end'] } });
  });
  it('a refusal has its own way and says why', () => {
    goes(nodes, {
      steps: [{ keys: '1' }, { callback: 'conflict' }],
      expect: { path: ['c', 'no', 'end'], variables: { callbackResult: 'conflict' } },
    });
  });
  it('without confirmation the number is taken as it is', () => {
    const plain: Nodes = { ...nodes, c: { type: 'callback', queue: 'consult', confirm: false, next: 'ok', otherwise: 'no' } };
    goes(plain, { steps: [{ callback: 'ok' }], expect: { prompts: ['callback-thanks'], variables: { callbackNumber: '13800000000' } } });
  });
});

describe('survey of several questions', () => {
  const nodes: Nodes = {
    s: {
      type: 'survey',
      questions: [
        { id: 'solved', prompts: ['survey-solved'], keys: '12' },
        { id: 'attitude', prompts: ['survey-attitude'], saveAs: 'attitude' },
      ],
      attempts: 1,
      next: 'thanks',
      otherwise: 'none',
    },
    thanks: say('survey-thanks'),
    none: say('goodbye'),
    end,
  };
  it('asks each; every answer is told with its question', () => {
    goes(nodes, {
      steps: [{ keys: '1' }, { keys: '5' }],
      expect: {
        survey: ['solved=1', 'attitude=5'],
        variables: { 'survey-solved': '1', attitude: '5', surveyAnswers: '2' },
        path: ['s', 'thanks', 'end'],
      },
    });
  });
  it('one that is not answered is passed over', () => {
    goes(nodes, { steps: [{ keys: '7' }, { keys: '4' }], expect: { survey: ['attitude=4'], path: ['s', 'thanks', 'end'] } });
    goes(nodes, { steps: [{ keys: '2' }, 'silence'], expect: { survey: ['solved=2'], path: ['s', 'thanks', 'end'] } });
  });
  it('no answer at all has its own way', () =>
    goes(nodes, { steps: ['silence', 'silence'], expect: { survey: [], path: ['s', 'none', 'end'] } }));
});

describe('sub-flow and return', () => {
  const identify = flowOf({
    ...documentOf({
      ask: { type: 'collect', prompts: ['your-number'], saveAs: 'account', maxDigits: 4, attempts: 1, next: 'ok', otherwise: 'unknown' },
      ok: { type: 'return', result: 'known' },
      unknown: { type: 'return', result: '' },
    }),
    id: 'identify',
  });
  const nodes: Nodes = {
    s: { type: 'sub-flow', flow: 'identify', ways: [{ result: 'known', next: 'known' }], next: 'other', otherwise: 'broken' },
    known: say('known'),
    other: say('other'),
    broken: say('broken'),
    end,
  };
  it('comes back with a result and the variables it set', () => {
    goes(
      nodes,
      {
        steps: [{ keys: '1234' }],
        expect: { path: ['s', 'identify/ask', 'identify/ok', 'known', 'end'], variables: { account: '1234', subFlowResult: 'known' } },
      },
      { identify },
    );
  });
  it('any other result takes next', () =>
    goes(nodes, { steps: ['silence'], expect: { path: ['s', 'identify/ask', 'identify/unknown', 'other', 'end'] } }, { identify }));
  it('one that is not there has its own way', () =>
    goes(nodes, { expect: { path: ['s', 'broken', 'end'], variables: { subFlowResult: 'unavailable' } } }));
  it('return in a flow nobody called ends the call', () =>
    goes({ r: { type: 'return', result: 'x' } }, { expect: { path: ['r'], result: 'flow-ended' } }));
  it('a flow that calls itself is stopped at a depth of eight, and comes back all the way', () => {
    const deep: Nodes = { s: { type: 'sub-flow', flow: 'test', next: 'r', otherwise: 'r' }, r: { type: 'return' } };
    goes(deep, {
      expect: { path: [...new Array(9).fill('s'), ...new Array(9).fill('r')], result: 'flow-ended', variables: { subFlowResult: '' } },
    });
  });
});

describe('loop', () => {
  it('goes round so often, counting, and begins anew when it is entered again', () => {
    const nodes: Nodes = {
      l: { type: 'loop', times: 2, saveAs: 'round', body: 'b', next: 'm' },
      b: { type: 'say', items: [{ number: 'round' }], next: 'l' },
      m: { type: 'menu', prompts: [], choices: [{ key: '9', next: 'l' }], attempts: 1, otherwise: 'end' },
      end,
    };
    goes(nodes, {
      steps: [{ keys: '9' }],
      expect: {
        prompts: ['「一」', '「二」', '「一」', '「二」'],
        path: ['l', 'b', 'l', 'b', 'l', 'm', 'l', 'b', 'l', 'b', 'l', 'm', 'end'],
      },
    });
  });
  it('by a variable, which is held to a hundred', () => {
    const nodes: Nodes = {
      s: { type: 'set-variable', set: { n: '100000', total: '0' }, next: 'l' },
      l: { type: 'loop', times: { variable: 'n' }, body: 'b', next: 'end' },
      b: { type: 'expression', set: [{ variable: 'total', value: 'total + 1' }], otherwise: 'l' },
      end,
    };
    goes(nodes, { expect: { variables: { total: '100' }, result: 'flow-ended' } });
  });
  it('loops within loops that never come to an end are stopped, with the place named', () => {
    const nodes: Nodes = {
      outer: { type: 'loop', times: 100, body: 'inner', next: 'end' },
      inner: { type: 'loop', times: 100, body: 'b', next: 'outer' },
      b: { type: 'set-variable', set: { x: '1' }, next: 'inner' },
      end,
    };
    const [script] = readScript({ dialogues: [{ name: 'x', expect: { result: 'flow-failure' } }] }).dialogues;
    assert.ok(script);
    const outcome = runDialogue(flowOf(documentOf(nodes)), script);
    assert.deepEqual(outcome.failures, []);
    assert.match(outcome.transcript.at(-1) ?? '', /runaway flow: stopped at node (inner|b|outer) of flow test after 500 nodes/);
  });
});

describe('priority and skill-requirement', () => {
  it('go along into later queues, with what the queue node adds', () => {
    goes(
      {
        c: { type: 'collect', prompts: [], saveAs: 'account', maxDigits: 4, attempts: 1, next: 'p', otherwise: 'p' },
        p: { type: 'priority', change: { add: 30 }, next: 'p2' },
        p2: { type: 'priority', change: { add: { variable: 'digits' } }, next: 's' },
        s: { type: 'skill-requirement', minLevels: { english: 5, law: 3 }, next: 's2' },
        s2: { type: 'skill-requirement', minLevels: { law: 0 }, next: 'q' },
        q: {
          type: 'queue',
          queue: 'consult',
          agent: { variable: 'account' },
          group: 'water',
          priority: 5,
          minLevels: { english: 7, law: { variable: 'unset' } },
          otherwise: 'p3',
        },
        p3: { type: 'priority', change: { set: -3 }, next: 'q2' },
        q2: { type: 'queue', queue: 'operator', agent: { variable: 'unset' }, otherwise: 'set' },
        set: { type: 'set-variable', set: { unset: '' }, next: 'end' },
        end,
      },
      {
        steps: [{ keys: '1001' }, { queue: 'no-agents' }, { queue: 'timeout' }],
        expect: {
          queues: [
            'consult at 1000 {"agentId":"1001","group":"water","minLevels":{"english":7}}',
            'operator at -3 {"minLevels":{"english":5}}',
          ],
        },
      },
    );
  });
});

describe('queue', () => {
  const nodes: Nodes = {
    q: { type: 'queue', queue: 'consult', closed: 'closed', callback: 'called', overflow: 'over', otherwise: 'sorry' },
    closed: say('closed'),
    called: say('callback-thanks'),
    over: say('over'),
    sorry: say('sorry'),
    end,
  };
  const path = (queue: unknown, steps: unknown[], nodesAfter: string[], others = {}) =>
    goes(nodes, { steps: [{ queue }, ...steps], expect: { path: ['q', ...nodesAfter] } }, others);
  it('closed has its own way', () => path('closed', [], ['closed', 'end']));
  it('callback has its own way', () => path('callback', [], ['called', 'end']));
  it('overflow to a number: connected, then onwards', () =>
    path({ overflow: { number: '10086' } }, [{ transfer: 'connected' }], ['over', 'end']));
  it('overflow to a number that is busy: what went wrong', () =>
    path({ overflow: { number: '10086' } }, [{ transfer: 'busy' }], ['sorry', 'end']));
  it('overflow to a box: announcement, message, onwards', () => {
    goes(nodes, {
      steps: [{ queue: { overflow: { voicemail: 'night' } } }, { message: 7 }],
      expect: {
        path: ['q', 'over', 'end'],
        prompts: ['voicemail', 'over'],
        variables: { voicemailResult: 'left', queueResult: 'overflow' },
      },
    });
  });
  it('overflow to a flow goes on there', () => {
    const night = flowOf({ ...documentOf({ n: say('night'), end }), id: 'night' });
    path({ overflow: { flow: 'night' } }, [], ['night/n', 'night/end'], { night });
  });
  it('overflow to a flow that is not there: what went wrong', () => path({ overflow: { flow: 'gone' } }, [], ['sorry', 'end']));
  it('without ways of their own callback and overflow end the call', () => {
    const bare: Nodes = { q: { type: 'queue', queue: 'consult', otherwise: 'end' }, end };
    goes(bare, { steps: [{ queue: 'callback' }], expect: { path: ['q'], result: 'flow-ended' } });
    goes(bare, {
      steps: [{ queue: { overflow: { number: '10086' } } }, { transfer: 'connected' }],
      expect: { path: ['q'], result: 'normal' },
    });
  });
});

describe('park', () => {
  const nodes: Nodes = {
    p: { type: 'park', slot: { variable: 'digits' }, next: 'after', timeout: 'late', otherwise: 'none' },
    after: say('after'),
    late: say('park-timeout'),
    none: say('none'),
    end,
  };
  for (const [step, way] of [
    [{ park: 'retrieved' }, ['after', 'end']],
    [{ park: 'retrieved', callerStays: false }, []],
    [{ park: 'timeout' }, ['late', 'end']],
    [{ park: 'unavailable' }, ['none', 'end']],
    [{ park: 'abandoned' }, []],
  ] as const) {
    it(`${JSON.stringify(step)} leads to ${way[0] ?? 'the end'}`, () => goes(nodes, { steps: [step], expect: { path: ['p', ...way] } }));
  }
});
