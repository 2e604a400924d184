import { useQuery } from '@tanstack/react-query';
import type { CallView, EventView } from '@yixian/contracts/browser';
import { Descriptions, Drawer, Flex, Segmented, Skeleton, Table, Tag, Timeline, Typography } from 'antd';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get } from '../../app/api.js';
import { useLive } from '../../app/live.js';
import { useUser } from '../../app/session.js';
import { clockText, momentText } from '../../app/time.js';
import { useCallPath } from '../../components/call-path.js';
import { useEventWords } from '../../components/event-words.js';
import { Failed } from '../../components/Failed.js';
import { Player } from '../../kit/Player.js';
import { Ladder } from './Ladder.js';

const SipLadder = lazy(() => import('./SipLadder.js').then((module) => ({ default: module.SipLadder })));

type Detailed = CallView & { timeline: EventView[] };

function Call({ call }: { call: Detailed }) {
  const { t } = useTranslation(['records', 'common', 'archive']);
  const leads = useUser().roles.some((role) => role !== 'agent');
  const path = useCallPath(call.path);
  const results = useCallPath(call.segments.map(({ result }) => result ?? ''));
  const words = useEventWords(call.path);
  const queues = useLive((picture) => picture.queues);
  const agents = useLive((picture) => picture.agents);
  const queueName = (id: string | null): string => (id === null ? '' : (queues.get(id)?.name ?? id));
  const agentName = (id: string | null): string => {
    const name = id === null ? undefined : agents.get(id)?.name;
    return name === undefined || name.includes(String(id)) ? (name ?? id ?? '') : `${name} ${id}`;
  };
  const s = (value: number | null): string => (value === null ? '' : clockText(value * 1000));
  const items = [
    { key: 'id', label: t('calls.id'), span: 2, children: <Typography.Text copyable>{call.id}</Typography.Text> },
    { key: 'caller', label: t('calls.caller'), children: call.caller },
    { key: 'called', label: t('calls.called'), children: call.called },
    { key: 'direction', label: t('calls.direction'), children: t(`common:direction.${call.direction}`) },
    { key: 'outcome', label: t('calls.outcome'), children: call.outcome ? t(`common:outcome.${call.outcome}`) : t('calls.inProgress') },
    { key: 'queue', label: t('calls.queue'), children: queueName(call.queue) },
    { key: 'agent', label: t('calls.agent'), children: agentName(call.agent) },
    { key: 'wait', label: t('calls.wait'), children: s(call.waitSeconds) },
    { key: 'talk', label: t('calls.talk'), children: s(call.talkSeconds) },
    { key: 'hold', label: t('calls.hold'), children: s(call.holdSeconds) },
    { key: 'duration', label: t('calls.duration'), children: s(call.durationSeconds) },
    { key: 'survey', label: t('calls.survey'), children: call.survey },
    {
      key: 'end',
      label: t('calls.endedBy'),
      children: call.termination ? `${t(`calls.by.${call.termination.by}`)} · ${t(`calls.reason.${call.termination.reason}`)}` : '',
    },
  ];
  return (
    <>
      <Descriptions size="small" column={{ xs: 1, sm: 2 }} bordered items={items} />
      {leads && call.recordingId && call.endedAt ? (
        <>
          <Typography.Title level={5}>{t('archive:recordings.one')}</Typography.Title>
          <Player path={`/recordings/${call.recordingId}`} name={`${call.recordingId}.wav`} outlined />
        </>
      ) : null}
      {call.voicemailId ? (
        <>
          <Typography.Title level={5}>{t('common:outcome.voicemail')}</Typography.Title>
          <Player path={`/voicemails/${call.voicemailId}`} name={`${call.voicemailId}.wav`} />
        </>
      ) : null}
      <Typography.Title level={5}>{t('calls.path')}</Typography.Title>
      <div>
        {path.map(({ text }, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the same step may be taken twice
          <Tag key={`${i} ${text}`} title={call.path[i]} style={{ marginBottom: 4, whiteSpace: 'normal' }}>
            {text}
          </Tag>
        ))}
      </div>
      <Typography.Title level={5}>{t('calls.segments')}</Typography.Title>
      <Table
        size="small"
        pagination={false}
        rowKey={(segment) => `${segment.kind} ${segment.startedAt} ${segment.agent}`}
        dataSource={call.segments}
        columns={[
          { title: '', dataIndex: 'kind', render: (kind: string) => t(`calls.kind.${kind}`) },
          { title: t('calls.started'), dataIndex: 'startedAt', render: momentText },
          { title: t('calls.duration'), dataIndex: 'durationSeconds', align: 'right', render: s },
          { title: t('calls.queue'), dataIndex: 'queue', render: queueName },
          { key: 'who', title: t('calls.agent'), render: (_, segment) => agentName(segment.agent) || segment.party },
          {
            title: t('calls.outcome'),
            dataIndex: 'result',
            // where a flow has led to is a step, everything else one word
            render: (result: string | null, _, i) =>
              result === null || result.includes(':')
                ? results[i]?.text
                : t([`calls.result.${result}`, `calls.reason.${result}`], { defaultValue: result }),
          },
        ]}
      />
      <Ladders call={call} wire={leads} />
      <Typography.Title level={5}>{t('calls.timeline')}</Typography.Title>
      <Timeline
        items={call.timeline.map((event) => ({
          key: event.id,
          content: (
            <>
              <Typography.Text type="secondary">{momentText(event.at)}</Typography.Text> <b title={event.type}>{words.name(event)}</b>{' '}
              {words.details(event)}
            </>
          ),
        }))}
      />
    </>
  );
}

/** What went over the wire, for those who may see it, or what happened in the call. */
function Ladders({ call, wire }: { call: Detailed; wire: boolean }) {
  const { t } = useTranslation(['records', 'archive']);
  const [view, setView] = useState<'wire' | 'events'>(wire ? 'wire' : 'events');
  const options = [
    { value: 'wire' as const, label: t('sip.wire') },
    { value: 'events' as const, label: t('sip.events') },
  ];
  return (
    <>
      <Flex align="baseline" gap={12} wrap>
        <Typography.Title level={5}>{t('archive:ladder.title')}</Typography.Title>
        {wire ? <Segmented size="small" aria-label={t('sip.view')} options={options} value={view} onChange={setView} /> : null}
      </Flex>
      {view === 'wire' ? (
        <Suspense fallback={<Skeleton active />}>
          <SipLadder callId={call.id} />
        </Suspense>
      ) : (
        <Ladder call={call} timeline={call.timeline} />
      )}
    </>
  );
}

/** One call, whole. */
export function CallDrawer({ id, onClose }: { id: string | undefined; onClose(): void }) {
  const { t } = useTranslation('records');
  const call = useQuery({ queryKey: ['call', id], queryFn: () => get<Detailed>(`/calls/${id}`), enabled: id !== undefined });
  return (
    <Drawer open={id !== undefined} onClose={onClose} size={900} title={t('calls.one')}>
      {call.isError ? <Failed error={call.error} /> : null}
      {/* words that are still to be fetched must not take the list behind it away */}
      <Suspense fallback={<Skeleton active />}>
        {call.data ? <Call call={call.data} /> : call.isLoading ? <Skeleton active /> : null}
      </Suspense>
    </Drawer>
  );
}
