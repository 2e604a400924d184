import type { AgentView, QueueView } from '@yixian/contracts/browser';

export interface AgentFilter {
  state: AgentView['state'] | 'all';
  group: string | null;
  queue: string | null;
  /** Part of a name or an extension. */
  text: string;
}

export const EVERYBODY: AgentFilter = { state: 'all', group: null, queue: null, text: '' };

/** Whoever is not signed in stands last. */
const isAway = (agent: AgentView): number => (agent.state === 'offline' ? 1 : 0);

/** What the queues' configuration says of who serves them, as `GET /queues` gives it. */
export type QueueNeeds = ReadonlyMap<string, { requiredSkills: readonly string[]; group: string | null }>;

export function groupsOf(agents: Iterable<AgentView>): string[] {
  return [...new Set([...agents].flatMap((agent) => agent.groups))].sort();
}

export function countStates(agents: Iterable<AgentView>): Record<AgentView['state'], number> {
  const counts = { 'on-call': 0, ringing: 0, 'wrap-up': 0, ready: 0, 'not-ready': 0, offline: 0 };
  for (const { state } of agents) counts[state] += 1;
  return counts;
}

function servesQueue(agent: AgentView, queue: string, needs: QueueNeeds): boolean {
  const need = needs.get(queue);
  if (!need) return false;
  return (need.group === null || agent.groups.includes(need.group)) && need.requiredSkills.every((skill) => agent.skills.includes(skill));
}

/** Those who fit, in a steady order: a change of state moves one card, not all. */
export function filtered(agents: Iterable<AgentView>, filter: AgentFilter, needs: QueueNeeds): AgentView[] {
  const text = filter.text.trim().toLowerCase();
  return [...agents]
    .filter(
      (agent) =>
        (filter.state === 'all' || agent.state === filter.state) &&
        (filter.group === null || agent.groups.includes(filter.group)) &&
        (filter.queue === null || servesQueue(agent, filter.queue, needs)) &&
        (text === '' || agent.extension.includes(text) || agent.name.toLowerCase().includes(text)),
    )
    .sort((a, b) => isAway(a) - isAway(b) || (a.extension < b.extension ? -1 : 1));
}

export type QueueRow = QueueView & { config: { requiredSkills: string[]; group: string | null; serviceLevelSeconds: number } | null };
