import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { HotlineSettings } from '@yixian/contracts/browser';
import { useEffect } from 'react';
import { get, type Page } from '../../app/api.js';
import { onEvent } from '../../app/live.js';
import { type AgentToday, NO_TODAY, type QueueToday, type Today } from './figures.js';

const KEY = ['today'];
/** After an event that changes the sums; what it changed is in the database by then. */
const AFTER_EVENT_MS = 2_000;
const EVERY_MS = 30_000;
const CHANGING = new Set(['call.queued', 'call.left-queue', 'call.ended', 'agent.state-changed']);

async function read(): Promise<Today> {
  const [queues, agents, settings] = await Promise.all([
    get<Page<QueueToday>>('/reports/queues', { interval: 'total' }),
    get<Page<AgentToday>>('/reports/agents', { interval: 'total' }),
    get<Pick<HotlineSettings, 'serviceLevelFormula'>>('/settings'),
  ]);
  return {
    queues: new Map(queues.items.map((one) => [one.queue, one])),
    agents: new Map(agents.items.map((one) => [one.agent, one])),
    formula: settings.serviceLevelFormula,
  };
}

/** The sums of the day: read anew a moment after what changes them, at most once in that moment, and every half minute anyway. */
export function useToday(): Today {
  const client = useQueryClient();
  const query = useQuery({ queryKey: KEY, queryFn: read, refetchInterval: EVERY_MS, refetchIntervalInBackground: true, gcTime: 60_000 });
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const off = onEvent(({ type }) => {
      if (timer !== undefined || !CHANGING.has(type)) return;
      timer = setTimeout(() => {
        timer = undefined;
        void client.invalidateQueries({ queryKey: KEY });
      }, AFTER_EVENT_MS);
    });
    return () => {
      off();
      clearTimeout(timer);
    };
  }, [client]);
  return query.data ?? NO_TODAY;
}
