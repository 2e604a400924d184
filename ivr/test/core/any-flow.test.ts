import assert from 'node:assert/strict';
import type { QueueResult } from '@yixian/contracts';
import fc from 'fast-check';
import type { ParkOutcome } from '../../src/core/machine.js';
import {
  begin,
  type Flow,
  type FlowDocument,
  type FlowEffect,
  type FlowInput,
  type FlowNode,
  type FlowNodeType,
  type HttpOutcome,
  MAX_AUTOMATIC_HOPS,
  MAX_HOPS,
  nodeModules,
  step,
  type TicketedEffect,
  validateFlow,
} from '../../src/index.js';
import { deepFreeze, documentOf, flowOf, MONDAY_10_00 } from '../support/dialogue.js';

type Nodes = FlowDocument['nodes'];

const KEYS = '0123456789*#';
const RESULTS: QueueResult[] = [
  { outcome: 'served', agentId: '1001', callerStillUp: true },
  { outcome: 'served', agentId: '1001', callerStillUp: false },
  { outcome: 'abandoned' },
  { outcome: 'timeout' },
  { outcome: 'no-agents' },
  { outcome: 'full' },
  { outcome: 'failed', message: 'x' },
  { outcome: 'closed' },
  { outcome: 'overflow', to: { kind: 'flow', flowId: 'other' } },
  { outcome: 'overflow', to: { kind: 'number', number: '10086' } },
  { outcome: 'overflow', to: { kind: 'voicemail', box: 'main' } },
  { outcome: 'callback', callbackId: 'cb' },
];

const TYPES = Object.keys(nodeModules) as FlowNodeType[];

const flowNamed = (id: string, nodes: Nodes): Flow => flowOf({ ...documentOf(nodes), id });
/** What sub-flows may turn out to be: one that returns, one that calls itself for ever, one that ends the call. */
const OTHERS = [
  flowNamed('short', { p: { type: 'play', prompts: ['p'], next: 'r' }, r: { type: 'return', result: 'ok' } }),
  flowNamed('deep', { s: { type: 'sub-flow', flow: 'deep', next: 'r', otherwise: 'r' }, r: { type: 'return' } }),
  flowNamed('last', { end: { type: 'hangup' } }),
  flowNamed('pong', { t: { type: 'transfer', to: { flow: 'pong' }, otherwise: 'end' }, end: { type: 'hangup' } }),
];

/** A node whose ways lead anywhere: many such flows are not valid, and the validator has to say so. */
function node(type: FlowNodeType, to: readonly string[], flag: boolean): Nodes[string] {
  const [a = 'n0', b = 'n0', c = 'n0', d = 'n0'] = to;
  switch (type) {
    case 'play':
      return { type, prompts: ['p', { digits: 'digits' }], interruptible: flag, next: a };
    case 'menu':
      return {
        type,
        prompts: flag ? ['p'] : [],
        choices: [
          { key: '1', next: b },
          { key: '2', next: c },
        ],
        attempts: 2,
        otherwise: a,
      };
    case 'collect':
      return { type, prompts: ['p'], maxDigits: 4, next: b, otherwise: a };
    case 'branch':
      return {
        type,
        cases: [{ when: flag ? { variable: 'digits', matches: '1.' } : { timeOfDay: { from: '09:00', to: '18:00' } }, next: b }],
        otherwise: a,
      };
    case 'queue':
      return { type, queue: 'q', otherwise: a, timeout: b, ...(flag ? { next: c, noAgents: d } : {}) };
    case 'transfer':
      return { type, to: flag ? { extension: '1001' } : { number: { variable: 'digits' } }, otherwise: a, ...(flag ? { next: b } : {}) };
    case 'voicemail':
      return { type, box: 'main', prompts: flag ? ['p'] : [], next: a };
    case 'survey':
      return flag
        ? { type, questions: ['q1', 'q2'].map((id) => ({ id, prompts: ['p'] })), next: b, otherwise: a }
        : { type, prompts: ['p'], next: b, otherwise: a };
    case 'hangup':
    case 'return':
      return { type };
    default:
      return laterNode(type, to, flag);
  }
}

function laterNode(type: FlowNodeType, to: readonly string[], flag: boolean): Nodes[string] {
  const [a = 'n0', b = 'n0', c = 'n0'] = to;
  switch (type) {
    case 'say':
      return { type, items: [{ as: 'amount', variable: 'digits' }, { say: '{{caller}}' }], interruptible: flag, next: a };
    case 'language':
      return { type, language: flag ? 'en-US' : 'zh-CN', next: a };
    case 'expression':
      return {
        type,
        set: [{ variable: 'total', value: flag ? 'number(digits) / 0' : 'length(digits) + 1' }],
        cases: [{ when: 'total > 2', next: b }],
        otherwise: a,
      };
    case 'set-variable':
      return { type, set: { total: '{{digits}}{{total}}' }, next: a };
    case 'schedule':
      return { type, schedule: 's', open: a, closed: b, ...(flag ? { holiday: c } : {}) };
    case 'caller-list':
      return { type, list: 'vip', listed: b, notListed: a, ...(flag ? { priority: 50 } : {}) };
    case 'http-request':
      return { type, url: 'https://crm/{{caller}}', result: { total: '$.total' }, next: a, otherwise: b, ...(flag ? { timeout: c } : {}) };
    case 'priority':
      return { type, change: flag ? { set: 5 } : { add: { variable: 'digits' } }, next: a };
    case 'skill-requirement':
      return { type, minLevels: { english: flag ? 5 : { variable: 'digits' } }, next: a };
    case 'loop':
      return { type, times: flag ? 3 : { variable: 'digits' }, saveAs: 'round', body: b, next: a };
    case 'sub-flow':
      return { type, flow: 'other', ways: [{ result: 'ok', next: b }], next: a, otherwise: a };
    case 'callback':
      return { type, queue: 'q', confirm: flag, attempts: 2, next: b, otherwise: a };
    case 'park':
      return { type, otherwise: a, ...(flag ? { next: b, timeout: c } : {}) };
    case 'record-message':
      return { type, next: a, ...(flag ? { noMessage: b } : {}) };
    default:
      throw new Error(`no node of type ${type}`);
  }
}

const anyDocument: fc.Arbitrary<FlowDocument> = fc.integer({ min: 2, max: 9 }).chain((size) => {
  const names = Array.from({ length: size }, (_, i) => `n${i}`);
  // Ways mostly lead forward, so that enough flows are valid; some lead back.
  const ways = (i: number) =>
    fc.array(
      fc.oneof(
        { weight: 5, arbitrary: fc.integer({ min: Math.min(i + 1, size - 1), max: size - 1 }) },
        { weight: 1, arbitrary: fc.nat(size - 1) },
      ),
      { minLength: 4, maxLength: 4 },
    );
  return fc
    .tuple(
      ...names.map((_, i) =>
        fc
          .tuple(i === size - 1 ? fc.constant('hangup' as const) : fc.constantFrom(...TYPES), ways(i), fc.boolean())
          .map(([type, to, flag]) =>
            node(
              type,
              to.map((n) => `n${n}`),
              flag,
            ),
          ),
      ),
    )
    .map((nodes) =>
      reachable({
        id: 'any',
        name: 'any',
        language: 'zh-CN',
        start: 'n0',
        nodes: Object.fromEntries(names.map((n, i) => [n, nodes[i] ?? { type: 'hangup' }])),
      }),
    );
});

/** Without the nodes no way leads to, which would only make the flow invalid. */
function reachable(document: FlowDocument): FlowDocument {
  const check = validateFlow(document, {});
  const lost = new Set(check.ok ? [] : check.problems.filter((p) => p.message === 'no way leads to this node').map((p) => p.nodeId));
  return { ...document, nodes: Object.fromEntries(Object.entries(document.nodes).filter(([name]) => !lost.has(name))) };
}

const validFlow: fc.Arbitrary<Flow> = anyDocument
  .map((document) => validateFlow(document, {}))
  .filter((check) => check.ok)
  .map((check) => check.flow);

/** What the world may answer to an effect; the numbers choose. */
function answer(effect: TicketedEffect, choice: number): FlowInput {
  const { ticket } = effect;
  switch (effect.type) {
    case 'play':
      return { type: 'playback-ended', ticket, end: (['finished', 'interrupted', 'failed'] as const)[choice % 3] ?? 'finished' };
    case 'collect': {
      const digits = Array.from({ length: choice % (effect.options.maxDigits + 1) }, (_, i) => KEYS[(choice + i) % 12]).join('');
      return { type: 'digits-collected', ticket, result: { digits, reason: digits.length === 0 ? 'timeout' : 'max-digits' } };
    }
    case 'enqueue':
      return { type: 'queue-result', ticket, result: RESULTS[choice % RESULTS.length] ?? { outcome: 'timeout' } };
    case 'transfer': {
      const outcome = (['connected', 'busy', 'no-answer', 'failed', 'not-allowed'] as const)[choice % 5] ?? 'failed';
      return { type: 'transfer-result', ticket, outcome, callerStillUp: choice % 7 !== 0 };
    }
    case 'voicemail':
      return { type: 'voicemail-result', ticket, durationMs: choice % 2 ? 5000 : undefined };
    default:
      return laterAnswer(effect, choice);
  }
}

function laterAnswer(effect: TicketedEffect, choice: number): FlowInput {
  const { ticket } = effect;
  switch (effect.type) {
    case 'loadFlow': {
      const flow = OTHERS[choice % (OTHERS.length + 1)];
      return flow ? { type: 'flow-loaded', ticket, flow, version: 2 } : { type: 'flow-unavailable', ticket, flowId: effect.flowId };
    }
    case 'record':
      return { type: 'record-result', ticket, recordingId: choice % 2 ? 'r-1' : undefined };
    case 'http':
      return { type: 'http-result', ticket, result: HTTP[choice % HTTP.length] ?? { outcome: 'timeout' } };
    case 'lookUpSchedule':
      return { type: 'schedule-state', ticket, state: [undefined, { open: true, because: 'weekly' }, HOLIDAY][choice % 3] };
    case 'lookUpCaller':
      return { type: 'caller-entry', ticket, known: choice % 3 > 0, entry: choice % 3 > 1 ? { note: 'n' } : undefined };
    case 'requestCallback':
      return {
        type: 'callback-result',
        ticket,
        result: choice % 2 ? { ok: true, callbackId: 'cb' } : { ok: false, code: 'conflict' },
      };
    case 'park':
      return { type: 'park-result', ticket, result: PARKED[choice % PARKED.length] ?? { outcome: 'timeout' } };
    default:
      throw new Error(`no answer to ${effect.type}`);
  }
}

const HOLIDAY = { open: false, because: 'holiday:国庆节' };
const HTTP: HttpOutcome[] = [
  { outcome: 'timeout' },
  { outcome: 'ok', status: 200, body: { total: 3 } },
  { outcome: 'ok', status: 204, body: null },
  { outcome: 'status', status: 500 },
  { outcome: 'no-json', status: 200 },
  { outcome: 'not-allowed' },
];
const PARKED: ParkOutcome[] = [
  { outcome: 'timeout' },
  { outcome: 'retrieved', callerStillUp: true },
  { outcome: 'retrieved', callerStillUp: false },
  { outcome: 'abandoned' },
  { outcome: 'unavailable' },
];

/** What nobody's doing brings: prompts end, no key comes, queues have no agents, nobody answers, there is no slot. */
function silence(effect: TicketedEffect): FlowInput {
  switch (effect.type) {
    case 'enqueue':
      return { type: 'queue-result', ticket: effect.ticket, result: { outcome: 'no-agents' } };
    case 'transfer':
      return { type: 'transfer-result', ticket: effect.ticket, outcome: 'no-answer', callerStillUp: true };
    case 'loadFlow':
      return { type: 'flow-unavailable', ticket: effect.ticket, flowId: effect.flowId };
    case 'park':
      return { type: 'park-result', ticket: effect.ticket, result: { outcome: 'unavailable' } };
    default:
      return answer(effect, 0);
  }
}

interface Ending {
  steps: number;
  over: boolean;
  effects: FlowEffect[];
}

/** Drives a flow and checks after every step that it is over or waits for exactly one thing that has an end. */
function drive(flow: Flow, next: (effect: TicketedEffect, n: number) => FlowInput, most: number): Ending {
  const first = begin(flow, { version: 1, caller: '1', called: '2', timeZone: 'Asia/Shanghai' });
  let state = first.state;
  let input: FlowInput = { type: 'answered' };
  const effects: FlowEffect[] = [...first.effects];
  for (let n = 0; n < most; n++) {
    const after = step(deepFreeze(state), deepFreeze(input), MONDAY_10_00 + n * 60_000);
    assert.equal(after.ignored, undefined);
    effects.push(...after.effects);
    const waits = after.effects.filter((e): e is TicketedEffect => 'ticket' in e);
    const ends = after.effects.filter((e) => e.type === 'hangUp');
    assert.equal(waits.length + ends.length, 1, 'a step asks for one thing, or ends');
    state = after.state;
    const [wait] = waits;
    if (!wait) {
      assert.equal(state.phase, 'over');
      return { steps: n, over: true, effects };
    }
    assert.equal(state.wait?.ticket, wait.ticket);
    if (wait.type === 'collect') assert.ok(wait.options.firstDigitTimeoutMs > 0 && wait.options.interDigitTimeoutMs > 0);
    if (wait.type === 'voicemail') assert.ok(wait.maxDurationMs > 0);
    if (wait.type === 'play') assert.ok(wait.items.length > 0);
    input = next(wait, n);
  }
  return { steps: most, over: false, effects };
}

describe('any valid flow', function () {
  this.timeout(60_000);
  it('ends by itself when nobody does anything: no flow-failure, and within its own length', () => {
    fc.assert(
      fc.property(validFlow, (flow) => {
        // What goes round by a counter may take as long as it likes, up to the limit.
        if (Object.values(flow.nodes).some((n) => n.type === 'loop')) {
          const ending = drive(flow, silence, MAX_AUTOMATIC_HOPS * 20);
          assert.ok(ending.over);
          return;
        }
        const asked = (n: FlowNode): number => 2 * ('attempts' in n ? n.attempts : 2) * ('questions' in n ? n.questions.length + 1 : 1);
        const longest = Object.values(flow.nodes).reduce((sum, n) => sum + asked(n), 1);
        const ending = drive(flow, silence, longest + 1);
        assert.ok(ending.over, `still going after ${longest} steps`);
        const last = ending.effects.at(-1);
        assert.ok(last?.type === 'hangUp' && last.termination.reason === 'flow-ended');
      }),
      { numRuns: 400 },
    );
  });

  it('driven by any input is over or waits for one thing that ends; in the end it is over', () => {
    fc.assert(
      fc.property(validFlow, fc.array(fc.nat(1000), { minLength: 1, maxLength: 40 }), (flow, choices) => {
        const ending = drive(flow, (effect, n) => answer(effect, choices[n % choices.length] ?? 0), MAX_HOPS * 20);
        assert.ok(ending.over);
      }),
      { numRuns: 300 },
    );
  });

  it('ends at once when the caller hangs up at any moment, but for what queue, transfer and recorder still report', () => {
    fc.assert(
      fc.property(validFlow, fc.array(fc.nat(1000), { maxLength: 20 }), (flow, choices) => {
        let state = begin(flow, { version: 1, caller: '1', called: '2', timeZone: 'Asia/Shanghai' }).state;
        let input: FlowInput = { type: 'answered' };
        for (const choice of choices) {
          const after = step(state, input, 0);
          state = after.state;
          const wait = after.effects.find((e): e is TicketedEffect => 'ticket' in e);
          if (!wait) return;
          input = answer(wait, choice);
        }
        const away = ['enqueue', 'transfer', 'voicemail', 'park'].includes(state.wait?.effect ?? '');
        const gone = step(state, { type: 'caller-hung-up', termination: { by: 'caller', reason: 'normal' } }, 0);
        assert.equal(gone.state.phase, away ? 'settling' : 'over');
        const settled = away ? step(gone.state, { type: 'settle-deadline' }, 0) : gone;
        assert.deepEqual(settled.effects.at(-1), { type: 'hangUp', termination: { by: 'caller', reason: 'normal' } });
        assert.equal(settled.state.inFlow, false);
      }),
      { numRuns: 300 },
    );
  });

  it('any JSON at all is judged without throwing', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.jsonValue(),
          anyDocument.map((d) => ({ ...d, nodes: { ...d.nodes, n1: 7 } })),
        ),
        (document) => {
          const check = validateFlow(document, { queues: [], prompts: [] });
          assert.ok(check.ok || check.problems.length > 0);
        },
      ),
      { numRuns: 300 },
    );
  });
});
