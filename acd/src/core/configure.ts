import type { AgentConfig, QueueConfig } from '@yixian/contracts';
import { recount, retire } from './agents.js';
import { closeCall } from './calls.js';
import { refile, settleAll } from './offers.js';
import { newAgent, newQueue, poolFor } from './tables.js';
import { putAgent, type Turn } from './turn.js';
import type { Tables } from './types.js';

/**
 * Takes over the directory as it stands. Nobody is logged out and nobody loses a place by it; a call keeps the priority
 * and the longest wait it came with. Calls of a queue that is gone go on with `failed`; agents who are gone are signed
 * out when their call is over.
 */
export function configure(turn: Turn, agents: readonly AgentConfig[], queues: readonly QueueConfig[]): void {
  const { tables } = turn;
  closeQueues(turn, new Set(queues.map((q) => q.id)));
  tables.pools.clear();
  for (const config of queues) {
    const known = tables.queues.get(config.id);
    if (known) known.config = config;
    else tables.queues.set(config.id, newQueue(config));
  }
  for (const queue of tables.queues.values()) queue.pools = [];
  const enabled = new Map(agents.filter((a) => a.enabled).map((a) => [a.id, a]));
  repool(tables, enabled);
  for (const config of enabled.values()) {
    if (!tables.agents.has(config.id)) putAgent(turn, newAgent(tables, config, turn.now));
  }
  for (const agent of [...tables.agents.values()]) {
    if (!enabled.has(agent.id)) retire(turn, agent);
  }
  for (const agent of tables.agents.values()) refile(turn, agent);
  for (const call of turn.opened ?? []) {
    if (tables.calls.get(call.id)?.phase === 'waiting') call.queue.open.add(call.place);
  }
  turn.freed = undefined;
  turn.opened = undefined;
  settleAll(turn);
}

function closeQueues(turn: Turn, keep: ReadonlySet<string>): void {
  for (const [id, queue] of turn.tables.queues) {
    if (keep.has(id)) continue;
    for (const place of [...queue.places]) {
      const call = turn.tables.calls.get(place.callId);
      if (call) closeCall(turn, call, `queue ${id} was removed`);
    }
    turn.tables.queues.delete(id);
  }
}

function repool(tables: Tables, enabled: ReadonlyMap<string, AgentConfig>): void {
  for (const before of tables.agents.values()) {
    const config = enabled.get(before.id) ?? before.config;
    const agent = { ...before, config, pool: poolFor(tables, config.skills), removed: !enabled.has(before.id) };
    tables.agents.set(agent.id, agent);
    recount(agent, agent.state);
  }
}
