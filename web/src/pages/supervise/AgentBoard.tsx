import type { AgentView, QueueView } from '@yixian/contracts/browser';
import { Card, Flex, Input, Segmented, Select } from 'antd';
import { memo, useCallback, useDeferredValue, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLive } from '../../app/live.js';
import { useUser } from '../../app/session.js';
import { useSlow } from '../../app/use-slow.js';
import { nothingOf } from '../../kit/empty.js';
import { AgentCard } from './AgentCard.js';
import { AgentPanel } from './AgentPanel.js';
import { type AgentFilter, countStates, EVERYBODY, filtered, groupsOf, type QueueNeeds } from './agent-filter.js';
import type { Today } from './figures.js';
import { useAgentActions } from './use-agent-actions.js';

const STATES: AgentView['state'][] = ['on-call', 'ringing', 'wrap-up', 'ready', 'not-ready', 'offline'];

interface FiltersProps {
  filter: AgentFilter;
  agents: ReadonlyMap<string, AgentView>;
  queues: ReadonlyMap<string, QueueView>;
  onChange(change: Partial<AgentFilter>): void;
}

const Filters = memo(function Filters({ filter, agents, queues, onChange }: FiltersProps) {
  const { t } = useTranslation(['supervise', 'common']);
  const counts = useMemo(() => countStates(agents.values()), [agents]);
  const groups = useMemo(() => groupsOf(agents.values()), [agents]);
  const states = [
    { value: 'all' as const, label: `${t('common:all')} ${agents.size}` },
    ...STATES.map((value) => ({ value, label: `${t(`common:state.${value}`)} ${counts[value]}` })),
  ];
  return (
    <Flex gap={8} wrap align="center">
      <div className="sv-scroll-x">
        <Segmented aria-label={t('board.byState')} value={filter.state} onChange={(state) => onChange({ state })} options={states} />
      </div>
      <Select
        allowClear
        style={{ width: 130 }}
        aria-label={t('board.group')}
        placeholder={t('board.group')}
        value={filter.group ?? undefined}
        onChange={(group?: string) => onChange({ group: group ?? null })}
        options={groups.map((value) => ({ value, label: value }))}
      />
      <Select
        allowClear
        showSearch={{ optionFilterProp: 'label' }}
        style={{ width: 150 }}
        aria-label={t('board.queue')}
        placeholder={t('board.queue')}
        value={filter.queue ?? undefined}
        onChange={(queue?: string) => onChange({ queue: queue ?? null })}
        options={[...queues.values()].map(({ id, name }) => ({ value: id, label: name }))}
      />
      <Input
        allowClear
        style={{ width: 200 }}
        aria-label={t('board.find')}
        placeholder={t('board.find')}
        value={filter.text}
        onChange={(event) => onChange({ text: event.target.value })}
      />
    </Flex>
  );
});

/** The state board of all seats. */
export function AgentBoard({ today, needs }: { today: Today; needs: QueueNeeds }) {
  const { t } = useTranslation('supervise');
  const { extension } = useUser();
  const agents = useLive((picture) => picture.agents);
  const calls = useLive((picture) => picture.calls);
  const queues = useLive((picture) => picture.queues);
  const watched = useLive((picture) => picture.watched);
  const known = useLive((picture) => picture.known);
  const [slowAgents, slowQueues] = [useSlow(agents), useSlow(queues)];
  const actions = useAgentActions();
  const [filter, setFilter] = useState(EVERYBODY);
  const [open, setOpen] = useState<string>();
  const wanted = useDeferredValue(filter);
  const shown = useMemo(() => filtered(agents.values(), wanted, needs), [agents, wanted, needs]);
  const change = useCallback((part: Partial<AgentFilter>) => setFilter((before) => ({ ...before, ...part })), []);
  const close = useCallback(() => setOpen(undefined), []);
  return (
    <Card size="small" title={t('board.title')} styles={{ header: { minHeight: 40 } }}>
      <Flex vertical gap={12}>
        <Filters filter={filter} agents={slowAgents} queues={slowQueues} onChange={change} />
        {shown.length === 0 ? nothingOf(known, agents.size === 0 ? t('board.none') : t('board.noMatch')) : null}
        <ul className="sv-board" aria-label={t('board.title')}>
          {shown.map((agent) => {
            const call = agent.callId === null ? undefined : calls.get(agent.callId);
            return (
              <AgentCard
                key={agent.extension}
                agent={agent}
                call={call}
                queueName={call?.queueId ? (queues.get(call.queueId)?.name ?? call.queueId) : undefined}
                watching={agent.callId === null ? undefined : watched.get(agent.callId)}
                mayWatch={extension !== null && extension !== agent.extension}
                onWatch={actions.watch}
                onOpen={setOpen}
              />
            );
          })}
        </ul>
      </Flex>
      <AgentPanel extension={open} today={open === undefined ? undefined : today.agents.get(open)} actions={actions} onClose={close} />
    </Card>
  );
}
