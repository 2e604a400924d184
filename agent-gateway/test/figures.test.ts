import assert from 'node:assert/strict';
import type { QueueSnapshot } from '@yixian/contracts';
import { createChanges } from '../src/core/figures.js';
import type { Figures } from '../src/index.js';
import { AGENTS, call, fakeAcd, openStage, type Stage, type Tap } from './fakes.js';

describe('gateway: figures that are in no event', () => {
  const acd = fakeAcd([...AGENTS]);
  const plain = acd.queues;
  let ready: Record<string, number>;
  let stage: Stage;

  beforeEach(async () => {
    ready = {};
    acd.queues = () => plain().map((queue): QueueSnapshot => ({ ...queue, ready: ready[queue.queueId] ?? queue.ready }));
    stage = await openStage({ acd });
  });
  afterEach(() => stage.close());

  async function joined(username: string): Promise<{ tap: Tap; told: (Figures & { at: number; events: number })[] }> {
    const tap = stage.connect(username);
    const told: (Figures & { at: number; events: number })[] = [];
    tap.socket.on('figures', (figures: Figures) => told.push({ ...figures, at: performance.now(), events: tap.events.length }));
    await tap.until('a snapshot', () => tap.snapshots.length > 0);
    return { tap, told };
  }
  async function until(condition: () => boolean): Promise<void> {
    const deadline = performance.now() + 5000;
    while (!condition()) {
      if (performance.now() > deadline) throw new Error('still not so after 5 s');
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
  const stateChanged = (agentId: string) =>
    stage.bus.publish({ type: 'agent.state-changed', agentId, data: { from: 'ready', to: 'not-ready', reason: null, by: agentId } });

  it('are told within 300 ms of the event they follow from, after it, and to whoever may see the queue', async () => {
    const [admin, agent] = [await joined('admin'), await joined('a1001')];
    stateChanged('1001');
    await until(() => admin.told.length === 1);
    ready = { consult: 0, night: 7 };
    const at = performance.now();
    const { seq } = stateChanged('1001');
    await until(() => admin.told.length === 2);
    const [, second] = admin.told;
    assert.ok(second && second.at - at < 300, `${second?.at} ${at}`);
    assert.deepEqual([second.seq, second.events], [seq, 2], 'the event came first');
    assert.deepEqual(
      second.queues.map((queue) => [queue.id, queue.ready]),
      [
        ['consult', 0],
        ['night', 7],
      ],
      'only those that have changed',
    );
    await until(() => agent.told.length === 2);
    assert.deepEqual(
      agent.told[1]?.queues.map((queue) => queue.id),
      ['consult'],
    );
  });

  it('fifty events are few messages, and nothing is told when nothing has changed', async () => {
    const { told, tap } = await joined('admin');
    for (let i = 0; i < 50; i++) stateChanged('1001');
    await tap.until('the events', () => tap.events.length === 50);
    await until(() => told.length > 0);
    for (let i = 0; i < 50; i++) stateChanged('1001');
    stage.bus.publish(call('c', 'call.answered'));
    await tap.until('the events', () => tap.events.length === 101);
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(told.length, 1);
    assert.equal(stage.gateway.metrics().gateway_figures_sent_total, 1);
  });

  it('whoever is gone is forgotten, whoever comes back is told', () => {
    const changes = createChanges<{ id: string; n: number }>((item) => item.id);
    const a = { id: 'a', n: 1 };
    const b = { id: 'b', n: 1 };
    assert.deepEqual(changes([a, b]), [a, b]);
    assert.deepEqual(changes([a, { ...b, n: 2 }]), [{ ...b, n: 2 }]);
    assert.deepEqual(changes([b]), [b]);
    assert.deepEqual(changes([a, b]), [a]);
  });
});
