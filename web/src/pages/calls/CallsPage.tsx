import type { CallView } from '@yixian/contracts/browser';
import { Button, Card, DatePicker, Flex, Form, Input, Select, type TableColumnsType, Tag } from 'antd';
import type { Dayjs } from 'dayjs';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import { download, withQuery } from '../../app/api.js';
import { useLive } from '../../app/live.js';
import { useUser } from '../../app/session.js';
import { clockText, momentText } from '../../app/time.js';
import { useFailure } from '../../app/use-failure.js';
import { saveBlob } from '../../kit/blob.js';
import { PagedTable } from '../../kit/PagedTable.js';
import { CallDrawer } from './CallDrawer.js';

interface Filter {
  range?: [Dayjs | null, Dayjs | null] | null;
  caller?: string;
  called?: string;
  agent?: string;
  queue?: string;
  direction?: CallView['direction'];
  outcome?: NonNullable<CallView['outcome']>;
}

export const OUTCOME_COLOUR: Record<NonNullable<CallView['outcome']>, string> = {
  answered: 'green',
  'outbound-answered': 'green',
  voicemail: 'cyan',
  overflowed: 'gold',
  'abandoned-in-flow': 'orange',
  'abandoned-in-queue': 'volcano',
  'abandoned-ringing': 'volcano',
  'outbound-unanswered': 'orange',
  rejected: 'default',
  failed: 'red',
};

const DIRECTIONS: CallView['direction'][] = ['inbound', 'outbound', 'internal'];
const OUTCOMES = Object.keys(OUTCOME_COLOUR) as NonNullable<CallView['outcome']>[];

function queryOf({ range, ...filter }: Filter) {
  return { ...filter, from: range?.[0]?.toISOString(), to: range?.[1]?.toISOString() };
}

/** Nothing is looked for: what is not found is not there at all. */
export const asksNothing = (filter: object): boolean =>
  Object.values(filter).every((value) => value === undefined || value === null || value === '');

function useColumns(): TableColumnsType<CallView> {
  const { t } = useTranslation(['records', 'common']);
  const queues = useLive((picture) => picture.queues);
  const seconds = (value: number): string => (value > 0 ? clockText(value * 1000) : '');
  return [
    { title: t('calls.started'), dataIndex: 'startedAt', width: 150, render: (at: string) => momentText(at) },
    { title: t('calls.direction'), dataIndex: 'direction', width: 92, render: (d: CallView['direction']) => t(`common:direction.${d}`) },
    { title: t('calls.caller'), dataIndex: 'caller', width: 140 },
    { title: t('calls.called'), dataIndex: 'called', width: 120 },
    {
      title: t('calls.queue'),
      dataIndex: 'queue',
      width: 110,
      ellipsis: true,
      render: (id: string | null) => (id === null ? '' : (queues.get(id)?.name ?? id)),
    },
    { title: t('calls.agent'), dataIndex: 'agent', width: 80 },
    { title: t('calls.wait'), dataIndex: 'waitSeconds', width: 80, align: 'right', render: seconds },
    { title: t('calls.talk'), dataIndex: 'talkSeconds', width: 80, align: 'right', render: seconds },
    {
      title: t('calls.outcome'),
      dataIndex: 'outcome',
      width: 140,
      render: (outcome: CallView['outcome']) =>
        outcome ? (
          <Tag color={OUTCOME_COLOUR[outcome]}>{t(`common:outcome.${outcome}`)}</Tag>
        ) : (
          <Tag color="blue">{t('calls.inProgress')}</Tag>
        ),
    },
    { title: t('calls.survey'), dataIndex: 'survey', width: 80, align: 'center' },
  ];
}

/** What was searched for, as it is listed. */
function Export({ filter }: { filter: Filter }) {
  const { t } = useTranslation('records');
  const fail = useFailure();
  const [busy, setBusy] = useState(false);
  const save = (): void => {
    setBusy(true);
    download(withQuery('/calls/export', queryOf(filter)))
      .then((blob) => saveBlob(blob, 'calls.xlsx'), fail)
      .finally(() => setBusy(false));
  };
  return (
    <Button loading={busy} onClick={save}>
      {t('calls.xlsx')}
    </Button>
  );
}

/** 通话记录: every call, newest first, and each with its way and timeline. */
export default function CallsPage() {
  const { t } = useTranslation(['records', 'common']);
  const [filter, setFilter] = useState<Filter>({});
  const [given, setGiven] = useSearchParams();
  const shown = given.get('call') ?? undefined;
  const setShown = (id: string | undefined): void => setGiven(id === undefined ? {} : { call: id }, { replace: true });
  const columns = useColumns();
  const queues = useLive((picture) => picture.queues);
  const leads = useUser().roles.some((role) => role !== 'agent');
  return (
    <Flex vertical gap={12}>
      <Card size="small">
        <Form<Filter> layout="inline" onFinish={setFilter} style={{ rowGap: 8 }}>
          <Form.Item name="range" label={t('calls.range')}>
            <DatePicker.RangePicker showTime={{ format: 'HH:mm' }} format="YYYY-MM-DD HH:mm" />
          </Form.Item>
          <Form.Item name="caller" label={t('calls.caller')} tooltip={t('calls.numberHint')}>
            <Input allowClear style={{ width: 140 }} />
          </Form.Item>
          <Form.Item name="called" label={t('calls.called')}>
            <Input allowClear style={{ width: 120 }} />
          </Form.Item>
          <Form.Item name="agent" label={t('calls.agent')}>
            <Input allowClear style={{ width: 90 }} />
          </Form.Item>
          <Form.Item name="queue" label={t('calls.queue')}>
            <Select
              allowClear
              showSearch={{ optionFilterProp: 'label' }}
              style={{ width: 140 }}
              options={[...queues.values()].map(({ id, name }) => ({ value: id, label: name }))}
            />
          </Form.Item>
          <Form.Item name="direction" label={t('calls.direction')}>
            <Select
              allowClear
              style={{ width: 110 }}
              options={DIRECTIONS.map((value) => ({ value, label: t(`common:direction.${value}`) }))}
            />
          </Form.Item>
          <Form.Item name="outcome" label={t('calls.outcome')}>
            <Select allowClear style={{ width: 150 }} options={OUTCOMES.map((value) => ({ value, label: t(`common:outcome.${value}`) }))} />
          </Form.Item>
          <Flex gap={8}>
            <Button type="primary" htmlType="submit">
              {t('common:search')}
            </Button>
            {leads ? <Export filter={filter} /> : null}
          </Flex>
        </Form>
      </Card>
      <PagedTable<CallView>
        path="/calls"
        query={{ ...queryOf(filter), limit: 50 }}
        width={1000}
        empty={t(asksNothing(filter) ? 'calls.noneYet' : 'calls.none')}
        onOpen={(call) => setShown(call.id)}
        columns={columns}
      />
      <CallDrawer id={shown} onClose={() => setShown(undefined)} />
    </Flex>
  );
}
