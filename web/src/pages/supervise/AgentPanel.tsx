import { useQuery } from '@tanstack/react-query';
import { Button, Descriptions, Divider, Drawer, Flex, Select, Space, Typography } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get } from '../../app/api.js';
import { useLive } from '../../app/live.js';
import { useUser } from '../../app/session.js';
import { clockText } from '../../app/time.js';
import { Since, StateTag } from '../../components/StateTag.js';
import { useNames } from '../../kit/sources.js';
import { type AgentToday, figureText } from './figures.js';
import type { WatchMode } from './supervision.js';
import type { AgentActions } from './use-agent-actions.js';

const MODES: WatchMode[] = ['listen', 'whisper', 'barge', 'takeover'];

function useReasons(): string[] {
  return (
    useQuery({ queryKey: ['desk'], queryFn: () => get<{ notReadyReasons: string[] }>('/desk'), staleTime: 60_000 }).data?.notReadyReasons ??
    []
  );
}

function CallPart({ callId, agent, actions }: { callId: string; agent: string; actions: AgentActions }) {
  const { t } = useTranslation('supervise');
  const { extension } = useUser();
  const call = useLive((picture) => picture.calls.get(callId));
  const queue = useLive((picture) => (call?.queueId ? picture.queues.get(call.queueId)?.name : undefined));
  return (
    <>
      <Divider titlePlacement="start">{t('panel.call')}</Divider>
      <Descriptions
        size="small"
        column={1}
        items={[
          { key: 'caller', label: t('panel.caller'), children: call?.caller ?? '' },
          { key: 'queue', label: t('panel.queue'), children: queue ?? '–' },
          { key: 'since', label: t('panel.lasts'), children: call ? <Since at={call.connectedAt ?? call.startedAt} /> : '' },
        ]}
      />
      <Space wrap style={{ marginTop: 12 }}>
        {MODES.map((mode) => (
          <Button key={mode} disabled={extension === null} onClick={() => actions.watch(callId, agent, mode)}>
            {t(`mode.${mode}`)}
          </Button>
        ))}
        <Button danger onClick={() => actions.release(callId, agent)}>
          {t('mode.release')}
        </Button>
      </Space>
      {extension === null ? (
        <Typography.Paragraph type="secondary" style={{ marginTop: 8 }}>
          {t('noExtension')}
        </Typography.Paragraph>
      ) : null}
    </>
  );
}

function StatePart({ agent, actions }: { agent: string; actions: AgentActions }) {
  const { t } = useTranslation('supervise');
  const reasons = useReasons();
  const [reason, setReason] = useState<string>();
  return (
    <>
      <Divider titlePlacement="start">{t('panel.force')}</Divider>
      <Flex vertical gap={8} align="flex-start">
        <Button onClick={() => actions.force(agent, 'ready')}>{t('force.ready')}</Button>
        <Space.Compact>
          <Select
            allowClear
            aria-label={t('panel.reason')}
            placeholder={t('panel.reason')}
            style={{ width: 140 }}
            value={reason}
            onChange={setReason}
            options={reasons.map((value) => ({ value, label: value }))}
          />
          <Button onClick={() => actions.force(agent, 'not-ready', reason)}>{t('force.not-ready')}</Button>
        </Space.Compact>
        <Button danger onClick={() => actions.force(agent, 'offline')}>
          {t('force.offline')}
        </Button>
      </Flex>
    </>
  );
}

/** One agent with the day's figures and everything a supervisor can do. */
export function AgentPanel({
  extension,
  today,
  actions,
  onClose,
}: {
  extension: string | undefined;
  today: AgentToday | undefined;
  actions: AgentActions;
  onClose(): void;
}) {
  const { t } = useTranslation('supervise');
  const agent = useLive((picture) => (extension === undefined ? undefined : picture.agents.get(extension)));
  const nameOf = useNames('skills');
  const time = (value: number | undefined): string => (value === undefined ? '–' : clockText(value * 1000));
  return (
    <Drawer
      open={agent !== undefined}
      onClose={onClose}
      size={380}
      title={agent ? `${agent.name} · ${agent.extension}` : ''}
      destroyOnHidden
    >
      {agent ? (
        <>
          <Descriptions
            size="small"
            column={1}
            items={[
              {
                key: 'state',
                label: t('panel.state'),
                children: (
                  <span>
                    <StateTag state={agent.state} reason={agent.reason} /> <Since at={agent.since} />
                  </span>
                ),
              },
              {
                key: 'seat',
                label: t('panel.seat'),
                children: `${t(`seat.${agent.seat.kind}`)}${agent.seat.number ? ` ${agent.seat.number}` : ''}${agent.reachable ? '' : ` · ${t('panel.unreachable')}`}`,
              },
              { key: 'groups', label: t('panel.groups'), children: agent.groups.join(' · ') || '–' },
              { key: 'skills', label: t('panel.skills'), children: agent.skills.map((id) => nameOf('skills', id)).join(' · ') || '–' },
              { key: 'handled', label: t('panel.handled'), children: today?.handled ?? 0 },
              { key: 'missed', label: t('panel.missed'), children: today?.missed ?? 0 },
              { key: 'signedIn', label: t('panel.signedIn'), children: time(today?.signedInSeconds) },
              { key: 'occupancy', label: t('figure.occupancy'), children: figureText('occupancy', today?.occupancy ?? null) },
            ]}
          />
          {agent.callId !== null && agent.state === 'on-call' ? (
            <CallPart callId={agent.callId} agent={agent.extension} actions={actions} />
          ) : null}
          <StatePart agent={agent.extension} actions={actions} />
        </>
      ) : null}
    </Drawer>
  );
}
