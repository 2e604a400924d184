import { useQueryClient } from '@tanstack/react-query';
import type { RecordingView } from '@yixian/contracts/browser';
import { Alert, App, Button, Card, DatePicker, Descriptions, Drawer, Flex, Form, Input, InputNumber, Select, Switch, Tag } from 'antd';
import type { Dayjs } from 'dayjs';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { ApiError, del, download, put, withQuery } from '../../app/api.js';
import { useUser } from '../../app/session.js';
import { clockText, momentText } from '../../app/time.js';
import { useFailure } from '../../app/use-failure.js';
import { useQueueName } from '../../components/queue-name.js';
import { saveBlob } from '../../kit/blob.js';
import { PagedTable } from '../../kit/PagedTable.js';
import { Player } from '../../kit/Player.js';
import { PageHead } from '../../kit/ResourcePage.js';
import { useOptions } from '../../kit/sources.js';
import { asksNothing, OUTCOME_COLOUR } from '../calls/CallsPage.js';

interface Filter {
  range?: [Dayjs | null, Dayjs | null] | null;
  party?: string;
  extension?: string;
  agent?: string;
  queue?: string;
  group?: string;
  direction?: string;
  outcome?: string;
  minSeconds?: number | null;
  maxSeconds?: number | null;
  callId?: string;
}

const DIRECTIONS = ['inbound', 'outbound', 'internal'] as const;
const queryOf = ({ range, ...filter }: Filter) => ({ ...filter, from: range?.[0]?.toISOString(), to: range?.[1]?.toISOString() });

function Search({ onSearch }: { onSearch(filter: Filter): void }) {
  const { t } = useTranslation(['archive', 'records', 'common']);
  const queues = useOptions('queues');
  return (
    <Card size="small">
      <Form<Filter> layout="inline" onFinish={onSearch} style={{ rowGap: 8 }}>
        <Form.Item name="range" label={t('records:calls.range')}>
          <DatePicker.RangePicker showTime={{ format: 'HH:mm' }} format="YYYY-MM-DD HH:mm" />
        </Form.Item>
        <Form.Item name="party" label={t('recordings.party')} tooltip={t('records:calls.numberHint')}>
          <Input allowClear style={{ width: 140 }} />
        </Form.Item>
        <Form.Item name="agent" label={t('recordings.agent')}>
          <Input allowClear style={{ width: 100 }} />
        </Form.Item>
        <Form.Item name="extension" label={t('recordings.extension')}>
          <Input allowClear style={{ width: 90 }} />
        </Form.Item>
        <Form.Item name="queue" label={t('records:calls.queue')}>
          <Select allowClear style={{ width: 150 }} options={queues} />
        </Form.Item>
        <Form.Item name="group" label={t('recordings.group')}>
          <Input allowClear style={{ width: 100 }} />
        </Form.Item>
        <Form.Item name="direction" label={t('records:calls.direction')}>
          <Select
            allowClear
            style={{ width: 100 }}
            options={DIRECTIONS.map((value) => ({ value, label: t(`common:direction.${value}`) }))}
          />
        </Form.Item>
        <Form.Item name="outcome" label={t('records:calls.outcome')}>
          <Select
            allowClear
            style={{ width: 140 }}
            options={Object.keys(OUTCOME_COLOUR).map((value) => ({ value, label: t(`common:outcome.${value}`) }))}
          />
        </Form.Item>
        <Form.Item name="minSeconds" label={t('recordings.minSeconds')}>
          <InputNumber min={0} style={{ width: 90 }} />
        </Form.Item>
        <Form.Item name="maxSeconds" label={t('recordings.maxSeconds')}>
          <InputNumber min={0} style={{ width: 90 }} />
        </Form.Item>
        <Form.Item name="callId" label={t('recordings.callId')}>
          <Input allowClear style={{ width: 200 }} />
        </Form.Item>
        <Button type="primary" htmlType="submit">
          {t('common:search')}
        </Button>
      </Form>
    </Card>
  );
}

function State({ recording }: { recording: RecordingView }) {
  const { t } = useTranslation('archive');
  return (
    <Flex gap={4}>
      {recording.held ? <Tag color="purple">{t('recordings.held')}</Tag> : null}
      <Tag color={recording.state === 'complete' ? 'default' : 'orange'}>{t(`recordings.stateIs.${recording.state}`)}</Tag>
    </Flex>
  );
}

/** Plays, keeps, deletes. */
function One({ recording, onGone }: { recording: RecordingView; onGone(): void }) {
  const { t } = useTranslation(['archive', 'records', 'common']);
  const { modal, message } = App.useApp();
  const fail = useFailure();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const user = useUser();
  const [held, setHeld] = useState(recording.held);
  const path = `/recordings/${recording.id}`;
  const hold = (wanted: boolean): void => {
    put<RecordingView>(`${path}/hold`, { hold: wanted }).then((answer) => {
      setHeld(answer.held);
      void queries.invalidateQueries({ queryKey: ['/recordings'] });
    }, fail);
  };
  // held meanwhile by somebody else
  const refused = (error: unknown): void => {
    if (error instanceof ApiError && error.details.held === true) {
      setHeld(true);
      void message.error(t('recordings.heldHelp'));
    } else fail(error);
  };
  const queueName = useQueueName();
  const askDelete = (): void => {
    void modal.confirm({
      title: t('recordings.deleteAsk'),
      content: t('recordings.deleteHelp'),
      okText: t('common:delete'),
      okButtonProps: { danger: true },
      cancelText: t('common:cancel'),
      onOk: () =>
        del(path).then(() => {
          void message.success(t('recordings.deleted'));
          void queries.invalidateQueries({ queryKey: ['/recordings'] });
          onGone();
        }, refused),
    });
  };
  const items = [
    { key: 'party', label: t('recordings.party'), children: recording.party },
    { key: 'agent', label: t('recordings.agent'), children: recording.agent },
    { key: 'queue', label: t('records:calls.queue'), children: queueName(recording.queue) },
    {
      key: 'direction',
      label: t('records:calls.direction'),
      children: recording.direction ? t(`common:direction.${recording.direction}`) : '',
    },
    { key: 'at', label: t('records:calls.started'), children: momentText(recording.startedAt) },
    {
      key: 'paused',
      label: t('recordings.paused'),
      children: recording.pausedSeconds > 0 ? clockText(1000 * recording.pausedSeconds) : t('common:none'),
    },
    { key: 'cipher', label: t('recordings.encryption'), children: recording.encryption },
    { key: 'bytes', label: t('recordings.size'), children: recording.bytes === null ? '' : `${Math.ceil(recording.bytes / 1024)} kB` },
    { key: 'sha', label: 'SHA-256', span: 2, children: <span style={{ overflowWrap: 'anywhere' }}>{recording.sha256}</span> },
  ];
  const gone = recording.state !== 'complete';
  return (
    <Flex vertical gap={16}>
      {gone ? (
        <Alert type="info" showIcon title={t(`recordings.stateIs.${recording.state}`)} />
      ) : (
        <Player path={path} name={`${recording.id}.wav`} outlined />
      )}
      <Descriptions size="small" column={{ xs: 1, sm: 2 }} bordered items={items} />
      {held && !gone ? <Alert type="warning" showIcon title={t('recordings.heldHelp')} /> : null}
      <Flex gap={12} align="center" wrap>
        <Button onClick={() => void navigate(`/calls?call=${recording.callId}`)}>{t('recordings.toCall')}</Button>
        {user.roles.includes('admin') ? (
          <Flex gap={8} align="center">
            <Switch id="legal-hold" checked={held} onChange={hold} />
            <label htmlFor="legal-hold">{t('recordings.hold')}</label>
          </Flex>
        ) : null}
        <div style={{ flex: 1 }} />
        {gone ? null : (
          <Button danger disabled={held} onClick={askDelete}>
            {t('common:delete')}
          </Button>
        )}
      </Flex>
    </Flex>
  );
}

function ExportButtons({ filter }: { filter: Filter }) {
  const { t } = useTranslation('archive');
  const fail = useFailure();
  const [busy, setBusy] = useState<string>();
  const save = (format: 'xlsx' | 'zip'): void => {
    setBusy(format);
    download(withQuery('/recordings/export', { ...queryOf(filter), format }))
      .then((blob) => saveBlob(blob, `recordings.${format}`), fail)
      .finally(() => setBusy(undefined));
  };
  return (
    <>
      <Button loading={busy === 'xlsx'} onClick={() => save('xlsx')}>
        {t('recordings.xlsx')}
      </Button>
      <Button loading={busy === 'zip'} onClick={() => save('zip')}>
        {t('recordings.zip')}
      </Button>
    </>
  );
}

/** 录音: search, hear, take along, keep, delete. */
export default function RecordingsPage() {
  const { t } = useTranslation(['archive', 'records', 'common']);
  const queueName = useQueueName();
  const [filter, setFilter] = useState<Filter>({});
  const [shown, setShown] = useState<RecordingView>();
  const query = { ...queryOf(filter), limit: 50 };
  return (
    <Flex vertical gap={12}>
      <PageHead title={t('common:menu.recordings')} hint={t('recordings.hint')}>
        <ExportButtons filter={filter} />
      </PageHead>
      <Search onSearch={setFilter} />
      <PagedTable<RecordingView>
        path="/recordings"
        query={query}
        width={900}
        empty={t(asksNothing(filter) ? 'recordings.noneYet' : 'recordings.none')}
        onOpen={setShown}
        columns={[
          { title: t('records:calls.started'), dataIndex: 'startedAt', width: 150, render: momentText },
          { title: t('recordings.party'), dataIndex: 'party', width: 150, ellipsis: true },
          { title: t('recordings.agent'), dataIndex: 'agent', width: 90 },
          { title: t('records:calls.queue'), dataIndex: 'queue', width: 130, ellipsis: true, render: queueName },
          {
            title: t('records:calls.direction'),
            dataIndex: 'direction',
            width: 80,
            render: (direction: RecordingView['direction']) => (direction ? t(`common:direction.${direction}`) : ''),
          },
          {
            title: t('recordings.length'),
            dataIndex: 'durationSeconds',
            width: 90,
            align: 'right',
            render: (seconds: number | null) => (seconds === null ? '' : clockText(1000 * seconds)),
          },
          { key: 'state', title: t('recordings.state'), width: 160, render: (_, recording) => <State recording={recording} /> },
        ]}
      />
      <Drawer open={shown !== undefined} onClose={() => setShown(undefined)} size={720} title={t('recordings.one')} destroyOnHidden>
        {shown ? <One key={shown.id} recording={shown} onGone={() => setShown(undefined)} /> : null}
      </Drawer>
    </Flex>
  );
}
