import assert from 'node:assert/strict';
import type { NodeId } from '@yixian/contracts';
import { createRandom } from '../../src/simulator/random.js';
import { agentConfig, queueConfig } from '../support/core-driver.js';
import { Processes } from '../support/processes.js';
import { settled } from '../support/world.js';

const AGENTS = ['1', '2', '3'];

async function hotline(delay?: () => number): Promise<{ h: Processes; names: NodeId[] }> {
  const h = new Processes(
    AGENTS.map((id) => agentConfig(id)),
    [queueConfig('consult', { ringTimeoutMs: 3_600_000 }), queueConfig('other')],
    delay,
  );
  const names: NodeId[] = [];
  for (let n = 0; n < 3; n++) names.push(await h.start());
  h.network.elect(names[0] as NodeId);
  await h.quiet();
  return { h, names };
}

/** Time goes on until it is over. */
async function done<T>(h: Processes, asked: Promise<T>): Promise<T> {
  const box: { value?: T; error?: unknown; over?: boolean } = {};
  asked.then(
    (value) => Object.assign(box, { value, over: true }),
    (error: unknown) => Object.assign(box, { error, over: true }),
  );
  for (let n = 0; n < 10_000 && !box.over; n++) await h.pass(1, 1);
  if (box.error) throw box.error;
  assert.ok(box.over, 'there is an answer');
  return box.value as T;
}

describe('commands to a hotline of several processes', function () {
  this.timeout(120_000);

  it('whoever has just lost the lease goes on showing what it last decided', async () => {
    const { h, names } = await hotline();
    const [a, b] = names as [NodeId, NodeId];
    await h.setState(b, '1', 'not-ready');
    await h.setState(a, '2', 'ready');
    const calls = [h.call(a), h.call(b)];
    await h.quiet();
    const waiting = h.waiting();
    assert.equal(waiting.length, calls.length);
    h.network.depose();
    await settled();
    assert.deepEqual(
      AGENTS.map((id) => h.stateOf(id)),
      ['not-ready', 'ringing', 'offline'],
    );
    assert.deepEqual(h.waiting(), waiting);
    h.network.elect(a);
    await settled();
    assert.equal(h.world(a).stateOf('1'), 'not-ready', 'also while it takes everything up');
    await h.quiet();
    assert.equal(h.stateOf('2'), 'ringing');
  });

  it('a command that was answered counts, though whoever decided it is killed at once', async () => {
    for (const from of [0, 1]) {
      const { h, names } = await hotline();
      const [a, b, c] = names as [NodeId, NodeId, NodeId];
      await done(h, h.world(names[from] as NodeId).service.acd.setState('1', 'not-ready', 'lunch', '1'));
      h.kill(a);
      h.network.elect(b);
      await h.quiet();
      assert.equal(h.stateOf('1'), 'not-ready');
      assert.equal(h.world(c).service.acd.agent('1')?.reason, 'lunch');
    }
  });

  it('one that still takes itself for whoever decides hands its calls over when another asks', async () => {
    const { h, names } = await hotline();
    const [a, b] = names as [NodeId, NodeId];
    await h.setState(b, '1', 'not-ready');
    const calls = [];
    for (const node of [a, b, a]) {
      calls.push(h.call(node));
      await h.quiet();
    }
    h.network.usurp(b, 250);
    await h.quiet();
    assert.deepEqual(
      h.waiting(),
      calls.map(({ id }) => id),
    );
    await h.setState(a, '1', 'ready');
    await h.quiet();
    assert.deepEqual(
      h.seats('1').map(({ node, callId }) => [node, callId]),
      [[a, calls[0]?.id]],
    );
  });

  for (const next of ['the same', 'another']) {
    it(`the store comes back empty and ${next} decides: agents, doors and callbacks are as they were, and are kept again`, async () => {
      const { h, names } = await hotline();
      const [a, b, c] = names as [NodeId, NodeId, NodeId];
      await done(h, h.world(b).service.acd.setState('1', 'not-ready', 'lunch', '1'));
      await h.setState(c, '2', 'ready');
      await done(h, h.world(b).service.acd.setDoor('other', 'closed', 'super'));
      const { id } = await done(h, h.world(c).service.callbacks.request({ queueId: 'other', number: '13900000000', by: 'super' }));
      await h.quiet();
      const right = (): void => {
        assert.deepEqual(
          AGENTS.map((agent) => h.stateOf(agent)),
          ['not-ready', 'ready', 'offline'],
        );
        for (const { service } of h.worlds.values()) {
          assert.equal(service.acd.agent('1')?.reason, 'lunch');
          assert.equal(service.acd.queue('other')?.door.open, false);
          assert.deepEqual(
            service.callbacks.list().map((one) => one.id),
            [id],
          );
        }
      };
      right();
      h.loseStore();
      await h.pass(50);
      h.network.elect(next === 'another' ? b : a);
      await h.quiet();
      right();
      h.kill(next === 'another' ? b : a);
      h.network.elect(c);
      await h.quiet();
      right();
    });
  }

  it('what one remembers that decided long ago is not taken for what is kept', async () => {
    const { h, names } = await hotline();
    const [a, b, c] = names as [NodeId, NodeId, NodeId];
    await h.setState(b, '1', 'ready');
    h.network.elect(b);
    await h.quiet();
    await h.setState(b, '1', 'offline');
    await h.quiet();
    h.kill(b);
    h.loseStore();
    h.network.elect(c);
    await h.quiet();
    assert.deepEqual([h.stateOf('1'), h.world(a).stateOf('1')], ['offline', 'offline']);
  });

  // Each command is sent without waiting for those before it; in between the lease passes on and the store loses everything.
  const seeds = Number(process.env.SEEDS ?? 0) > 0 ? Array.from({ length: Number(process.env.SEEDS) }, (_, n) => n + 1) : [1, 2, 3, 4];
  for (const seed of seeds) {
    it(`whatever many ask for at once, an agent is what was asked for last, and whoever is ready is rung: seed ${seed}`, async () => {
      const random = createRandom(seed, 0);
      const below = (n: number): number => Math.floor(random.next() * n);
      const one = <T>(list: readonly T[]): T => list[below(list.length)] as T;
      const { h, names } = await hotline(() => 1 + below([3, 20, 60][seed % 3] as number));
      for (const id of AGENTS) await h.setState(one(names), id, 'not-ready');
      for (let n = 0; n < AGENTS.length * 2; n++) h.call(one(names));
      await h.quiet();
      const asked = new Map(AGENTS.map((id) => [id, [] as { wish: string; sent: number; answered: number }[]]));
      const ask = (agentId: string): void => {
        const wish = one(['ready', 'not-ready'] as const);
        const command = { wish, sent: h.clock.now(), answered: Number.POSITIVE_INFINITY };
        asked.get(agentId)?.push(command);
        const { acd } = h.world(one(names)).service;
        // one that is refused because nobody decides for so long may have been carried out all the same
        acd.setState(agentId, wish, null, agentId).then(
          () => (command.answered = h.clock.now()),
          () => undefined,
        );
      };
      for (let round = 0; round < 20; round++) {
        for (let n = below(12); n >= 0; n--) {
          ask(one(AGENTS));
          await h.pass(one([0, 0, 1, 4]), 1);
          const draw = below(40);
          if (draw === 0) h.network.depose();
          if (draw === 1) h.network.elect(one(names));
          if (draw === 2) h.loseStore();
        }
        if (h.network.leader === null) h.network.elect(one(names));
        await h.quiet();
        await h.quiet();
        for (const [id, commands] of asked) {
          const state = h.stateOf(id);
          const last = commands.filter((c) => !commands.some((other) => other.answered < Infinity && other.sent > c.answered));
          const possible = new Set(last.map(({ wish }) => (wish === 'ready' ? 'ringing' : wish)));
          const facts = `agent ${id} is ${state}, round ${round}: ${JSON.stringify(commands.slice(-12))}`;
          if (commands.length > 0) assert.ok(possible.has(state), facts);
          assert.equal(h.seats(id).length, state === 'ringing' ? 1 : 0, facts);
        }
        assert.equal(h.waiting().length, AGENTS.length * 2);
      }
    });
  }
});
