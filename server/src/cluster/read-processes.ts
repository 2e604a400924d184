import type { NodeView } from '@yixian/contracts';
import { KEYS, type RedisClient } from './wire.js';

/** The processes that Redis knows, for whoever looks at them from outside. */
export async function readProcesses(client: RedisClient): Promise<{ nodes: NodeView[]; leader: string | null }> {
  const entries = Object.values(await client.hGetAll(KEYS.nodes));
  const leader = await client.get(KEYS.leader);
  return {
    nodes: entries.map((entry) => (JSON.parse(entry.slice(entry.indexOf(' ') + 1)) as { view: NodeView }).view),
    leader: leader?.split(' ')[0] ?? null,
  };
}
