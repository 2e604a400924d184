import assert from 'node:assert/strict';
import { DomainError, randomIds, SimulatedClock, type SimulationEvent } from '@yixian/contracts';
import { describe, it } from 'mocha';
import type { NodeModule } from '../../src/core/node-module.js';
import { createSimulator, demoFlow, describeNodes, type FlowDocument, nodeModules, validateFlow } from '../../src/index.js';

const OFFICE = {
  id: 'office',
  name: 'Office',
  weekly: [{ days: [1, 2, 3, 4, 5], from: '09:00', to: '18:00' }],
  special: [],
  useHolidays: false,
};

function workshop(flows: Record<string, FlowDocument> = {}) {
  const clock = new SimulatedClock();
  const directory = {
    flow: (id: string) => (flows[id] ? { version: 3, document: flows[id] } : undefined),
    schedule: (id: string) => (id === 'office' ? (OFFICE as never) : undefined),
    calendarDay: () => undefined,
    callerList: (id: string) => (id === 'vip' ? ({ id } as never) : undefined),
    callerListEntry: (_: string, number: string) => (number === '13900000000' ? ({ note: 'gold' } as never) : undefined),
  };
  return { clock, simulator: createSimulator({ directory, timeZone: 'Asia/Shanghai', clock, ids: randomIds(clock) }) };
}

const call = { caller: '13800000000', called: '12320', at: '2026-03-02T10:00', stopAtPrompts: false };
const path = (events: readonly SimulationEvent[]) => events.flatMap((e) => (e.kind === 'node' ? [e.node] : []));
const refusal = (code: string) => (error: unknown) => error instanceof DomainError && error.code === code;

describe('simulated calls', () => {
  it('goes by keys through the demo flow to a queue and its survey, and tells the path, what is said and the variables', () => {
    const { simulator } = workshop();
    const first = simulator.start('me', { ...call, document: demoFlow });
    assert.deepEqual(path(first.events), ['greeting', 'menu']);
    assert.deepEqual(first.waiting, { for: 'collect', about: '', maxDigits: 1, terminators: '' });
    assert.ok(first.events.some((e) => e.kind === 'said' && e.items.some((item) => item.prompt === 'main-menu')));
    const queue = simulator.input('me', first.session, { keys: '1' });
    assert.deepEqual(queue.waiting, { for: 'enqueue', about: 'consult' });
    assert.equal(queue.variables.digits, '1');
    const survey = simulator.input('me', first.session, { queueResult: { outcome: 'served', agent: '1002', callerStays: true } });
    assert.deepEqual(survey.node, { flow: 'main', node: 'survey' });
    const end = simulator.input('me', first.session, { keys: '5' });
    assert.equal(end.over, true);
    assert.deepEqual(end.result, { reason: 'flow-ended', text: null });
    assert.ok(end.events.some((e) => e.kind === 'score' && e.score === 5));
  });

  it('stops at prompts where asked: a key cuts them short, what is heard to the end goes on', () => {
    const { simulator } = workshop();
    const first = simulator.start('me', { ...call, document: demoFlow, stopAtPrompts: true });
    assert.deepEqual(first.node, { flow: 'main', node: 'greeting' });
    assert.equal(first.waiting?.for, 'play');
    const menu = simulator.input('me', first.session, { keys: '2' });
    assert.deepEqual(path(menu.events), ['menu', 'complaint']);
    const again = simulator.start('me', { ...call, document: demoFlow, stopAtPrompts: true });
    assert.deepEqual(simulator.input('me', again.session, { heard: true }).node, { flow: 'main', node: 'menu' });
  });

  it('schedules and lists answer as they are at the chosen time, for the chosen number', () => {
    const document: FlowDocument = {
      ...{ id: 'x', name: 'x', language: 'zh-CN', start: 'hours' },
      nodes: {
        hours: { type: 'schedule', schedule: 'office', open: 'vip', closed: 'shut' },
        vip: { type: 'caller-list', list: 'vip', listed: 'gold', notListed: 'plain' },
        gold: { type: 'hangup' },
        plain: { type: 'hangup' },
        shut: { type: 'hangup' },
      },
    };
    const { simulator } = workshop();
    const at = (time: string, caller: string) => path(simulator.start('me', { ...call, document, at: time, caller }).events);
    assert.deepEqual(at('2026-03-02T10:00', '13900000000'), ['hours', 'vip', 'gold']);
    assert.deepEqual(at('2026-03-02T10:00', '13800000000'), ['hours', 'vip', 'plain']);
    assert.deepEqual(at('2026-03-02T20:00', '13900000000'), ['hours', 'shut']);
  });

  it('silence takes the time it takes, other flows are the published ones, a hang-up ends it', () => {
    const ask: FlowDocument = {
      ...{ id: 'ask', name: 'ask', language: 'zh-CN', start: 'number' },
      nodes: {
        number: { type: 'collect', prompts: [], maxDigits: 5, attempts: 1, timeoutMs: 60_000, next: 'back', otherwise: 'back' },
        back: { type: 'return', result: '{{digits}}' },
      },
    };
    const document: FlowDocument = {
      ...{ id: 'x', name: 'x', language: 'zh-CN', start: 'sub' },
      nodes: {
        sub: { type: 'sub-flow', flow: 'ask', ways: [{ result: '12', next: 'menu' }], next: 'end', otherwise: 'end' },
        menu: { type: 'menu', prompts: [], choices: [{ key: '1', next: 'end' }], otherwise: 'end' },
        end: { type: 'hangup' },
      },
    };
    const { simulator } = workshop({ ask });
    const first = simulator.start('me', { ...call, document });
    assert.deepEqual(first.node, { flow: 'ask', node: 'number' });
    const silent = simulator.input('me', first.session, { silence: true });
    assert.equal(silent.at, '2026-03-02T10:01');
    assert.equal(silent.over, true);
    const second = simulator.start('me', { ...call, document });
    assert.deepEqual(simulator.input('me', second.session, { keys: '12#' }).node, { flow: 'x', node: 'menu' });
    assert.equal(simulator.input('me', second.session, { hangUp: true }).result?.reason, 'normal');
    assert.throws(() => simulator.input('me', second.session, { keys: '1' }), refusal('conflict'));
  });

  it('a node nothing leads to yet may stand there, another fault names its node; what is not asked for is refused', () => {
    const { simulator } = workshop();
    const document = { ...demoFlow, nodes: { ...demoFlow.nodes, lonely: { type: 'hangup' } } };
    const { session } = simulator.start('me', { ...call, document });
    assert.throws(() => simulator.input('me', session, { messageSeconds: 5 }), refusal('conflict'));
    const broken = { ...demoFlow, nodes: { ...demoFlow.nodes, menu: { type: 'menu' } } };
    assert.throws(() => simulator.start('me', { ...call, document: broken }), /node menu, prompts/);
  });

  it('is bounded: another user cannot reach it, the sixth takes the place of the first, and it is forgotten when nobody comes', () => {
    const { simulator, clock } = workshop();
    const started = Array.from({ length: 6 }, () => simulator.start('me', { ...call, document: demoFlow }).session);
    const [first = '', second = ''] = started;
    assert.throws(() => simulator.input('me', first, { keys: '1' }), refusal('not-found'));
    assert.throws(() => simulator.input('you', second, { keys: '1' }), refusal('not-found'));
    simulator.input('me', second, { keys: '9' });
    clock.advance(16 * 60_000);
    assert.throws(() => simulator.input('me', second, { keys: '1' }), refusal('not-found'));
  });

  it('a circle that asks nobody is stopped', () => {
    const document: FlowDocument = {
      ...{ id: 'x', name: 'x', language: 'zh-CN', start: 'over' },
      nodes: { over: { type: 'transfer', to: { flow: 'x' }, otherwise: 'end' }, end: { type: 'hangup' } },
    };
    const { simulator } = workshop();
    assert.equal(simulator.start('me', { ...call, document }).result?.reason, 'flow-failure');
  });
});

describe('the vocabulary of flows', () => {
  it('names the ways that the modules of the demo flow’s nodes have, and every node type', () => {
    const { nodes } = describeNodes();
    assert.deepEqual(nodes.map((one) => one.type).sort(), Object.keys(nodeModules).sort());
    const menu = nodes.find((one) => one.type === 'menu');
    assert.deepEqual(menu?.ways, [
      { field: 'choices.*.next', optional: false },
      { field: 'otherwise', optional: false },
    ]);
    const check = validateFlow(demoFlow, {});
    assert.ok(check.ok);
    for (const node of Object.values(check.flow.nodes)) {
      const edges = (nodeModules[node.type] as NodeModule<unknown>).edges(node);
      const known = nodes.find((one) => one.type === node.type)?.ways.map((way) => way.field);
      for (const { field } of edges) assert.ok(known?.includes(field.replace(/\.\d+\./, '.*.')), `${node.type} ${field}`);
    }
  });

  it('says what names stand for, and what is taken where nothing is written', () => {
    const queue = describeNodes().nodes.find((one) => one.type === 'queue')?.schema as {
      properties: Record<string, { 'x-kind'?: string }>;
    };
    assert.equal(queue.properties.queue?.['x-kind'], 'queue');
    assert.equal(queue.properties.agent?.['x-kind'], 'extension');
    assert.equal(queue.properties.voicemailPrompts?.['x-kind'], 'prompts');
    const menu = describeNodes().nodes.find((one) => one.type === 'menu')?.schema as { properties: Record<string, { default?: unknown }> };
    assert.equal(menu.properties.timeoutMs?.default, 5000);
  });
});
