import assert from 'node:assert/strict';
import type { QueueResult } from '@yixian/contracts';
import fc from 'fast-check';
import {
  begin,
  type Flow,
  type FlowDocument,
  type FlowEffect,
  type FlowInput,
  type FlowNodeType,
  MAX_HOPS,
  step,
  type TicketedEffect,
  validateFlow,
} from '../../src/index.js';
import { deepFreeze, MONDAY_10_00 } from '../support/dialogue.js';

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
];

const TYPES: FlowNodeType[] = ['play', 'menu', 'collect', 'branch', 'queue', 'transfer', 'voicemail', 'survey', 'hangup'];

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
      return { type, prompts: ['p'], next: b, otherwise: a };
    case 'hangup':
      return { type };
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
    case 'switchFlow':
      return { type: 'flow-unavailable', ticket, flowId: effect.flowId };
  }
}

/** What nobody's doing brings: prompts end, no key comes, queues have no agents, nobody answers. */
function silence(effect: TicketedEffect): FlowInput {
  switch (effect.type) {
    case 'enqueue':
      return { type: 'queue-result', ticket: effect.ticket, result: { outcome: 'no-agents' } };
    case 'transfer':
      return { type: 'transfer-result', ticket: effect.ticket, outcome: 'no-answer', callerStillUp: true };
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
    const after = step(flow, deepFreeze(state), deepFreeze(input), MONDAY_10_00 + n * 60_000);
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
        const longest = Object.values(flow.nodes).reduce((sum, n) => sum + 2 * ('attempts' in n ? n.attempts : 2), 1);
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
          const after = step(flow, state, input, 0);
          state = after.state;
          const wait = after.effects.find((e): e is TicketedEffect => 'ticket' in e);
          if (!wait) return;
          input = answer(wait, choice);
        }
        const away = ['enqueue', 'transfer', 'voicemail'].includes(state.wait?.effect ?? '');
        const gone = step(flow, state, { type: 'caller-hung-up', termination: { by: 'caller', reason: 'normal' } }, 0);
        assert.equal(gone.state.phase, away ? 'settling' : 'over');
        const settled = away ? step(flow, gone.state, { type: 'settle-deadline' }, 0) : gone;
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
