import { DeleteOutlined, DownloadOutlined, SafetyCertificateOutlined, SaveOutlined } from '@ant-design/icons';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { BackupView } from '@yixian/contracts/browser';
import { Alert, App, Badge, Button, Card, Checkbox, Flex, Table, Typography } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { del, get, type Page, post } from '../../app/api.js';
import { momentText } from '../../app/time.js';
import { useFailure } from '../../app/use-failure.js';
import { Failed } from '../../components/Failed.js';
import { saveFrom } from '../../kit/blob.js';
import { nothingOf } from '../../kit/empty.js';
import { PageHead } from '../../kit/ResourcePage.js';

const BUSY_POLL_MS = 1_500;
const IDLE_POLL_MS = 30_000;

const isBusy = (backup: BackupView): boolean => backup.state === 'making' || backup.state === 'checking';

/** In the largest unit that leaves at least one. */
function sizeText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}

function State({ backup }: { backup: BackupView }) {
  const { t } = useTranslation('backups');
  const { state, checked, problem } = backup;
  if (isBusy(backup)) return <Badge status="processing" text={t(state)} />;
  if (state === 'failed') return <Badge status="error" text={t('failed', { problem })} />;
  if (!checked) return <Badge status="default" text={t('unchecked')} />;
  return checked.problem === null ? (
    <Badge status="success" text={t('whole', { at: momentText(checked.at) })} />
  ) : (
    <Badge status="error" text={t('damaged', { problem: checked.problem })} />
  );
}

function Content({ backup }: { backup: BackupView }) {
  const { t } = useTranslation('backups');
  if (!backup.content) return backup.state === 'complete' ? <Typography.Text type="secondary">{t('unknown')}</Typography.Text> : null;
  const { rows, files, recordings } = backup.content;
  return (
    <>
      {t('contentIs', { rows, files })} <Typography.Text type="secondary">{t(recordings ? 'with' : 'without')}</Typography.Text>
    </>
  );
}

function Actions({ backup, idle }: { backup: BackupView; idle: boolean }) {
  const { t } = useTranslation(['backups', 'common']);
  const { modal } = App.useApp();
  const fail = useFailure();
  const queries = useQueryClient();
  const [loading, setLoading] = useState(false);
  const path = `/backups/${backup.name}`;
  const anew = (): void => void queries.invalidateQueries({ queryKey: ['backups'] });
  const save = (): void => {
    setLoading(true);
    post<{ path: string }>(`${path}/link`)
      .then((link) => saveFrom(link.path), fail)
      .finally(() => setLoading(false));
  };
  const askDelete = (): void => {
    void modal.confirm({
      title: t('deleteAsk', { name: backup.name }),
      content: t('deleteHelp'),
      okText: t('common:delete'),
      okButtonProps: { danger: true },
      cancelText: t('common:cancel'),
      onOk: () => del(path).then(anew, fail),
    });
  };
  const whole = backup.state === 'complete';
  return (
    <Flex gap={4}>
      <Button
        size="small"
        icon={<SafetyCertificateOutlined />}
        disabled={!whole || !idle}
        onClick={() => void post(`${path}/check`).then(anew, fail)}
      >
        {t('check')}
      </Button>
      <Button size="small" icon={<DownloadOutlined />} disabled={!whole} loading={loading} onClick={save}>
        {t('download')}
      </Button>
      <Button
        size="small"
        type="text"
        danger
        icon={<DeleteOutlined />}
        aria-label={`${t('common:delete')} ${backup.name}`}
        disabled={isBusy(backup)}
        onClick={askDelete}
      />
    </Flex>
  );
}

function Restore() {
  const { t } = useTranslation('backups');
  const command = (text: string) => (
    <Typography.Text code copyable style={{ overflowWrap: 'anywhere' }}>
      {text}
    </Typography.Text>
  );
  return (
    <Card size="small" title={t('restore')}>
      <Typography.Paragraph>{t('restoreHelp')}</Typography.Paragraph>
      <ol style={{ margin: 0, paddingInlineStart: 20, lineHeight: 2 }}>
        <li>{t('restoreSteps.stop')}</li>
        <li>
          {t('restoreSteps.check')} {command('npx yixian verify-backup FILE')}
        </li>
        <li>
          {t('restoreSteps.restore')} {command('npx yixian restore FILE')}
        </li>
        <li>
          {t('restoreSteps.start')} {command('npm start')}
        </li>
      </ol>
      <Typography.Paragraph type="secondary" style={{ marginTop: 12, marginBottom: 0 }}>
        {t('elsewhere')}
      </Typography.Paragraph>
    </Card>
  );
}

/** 备份: make, check, take along; how to put one back. */
export default function BackupsPage() {
  const { t } = useTranslation(['backups', 'common']);
  const { message } = App.useApp();
  const fail = useFailure();
  const queries = useQueryClient();
  const [recordings, setRecordings] = useState(false);
  const backups = useQuery({
    queryKey: ['backups'],
    queryFn: async () => (await get<Page<BackupView>>('/backups')).items,
    refetchInterval: ({ state }) => (state.data?.some(isBusy) ? BUSY_POLL_MS : IDLE_POLL_MS),
  });
  const rows = backups.data ?? [];
  const idle = !rows.some(isBusy);
  const make = (): void => {
    post('/backups', { recordings }).then(() => {
      void message.success(t('begun'));
      void queries.invalidateQueries({ queryKey: ['backups'] });
    }, fail);
  };
  return (
    <Flex vertical gap={12}>
      <PageHead title={t('common:menu.backups')} hint={t('hint')}>
        <Checkbox checked={recordings} onChange={(event) => setRecordings(event.target.checked)}>
          {t('recordings')}
        </Checkbox>
        <Button type="primary" icon={<SaveOutlined />} disabled={!idle} onClick={make}>
          {t('make')}
        </Button>
      </PageHead>
      {backups.isError ? <Failed error={backups.error} /> : null}
      <Alert type="warning" showIcon title={t('secret')} />
      <Card size="small" styles={{ body: { padding: 0 } }}>
        <Table<BackupView>
          rowKey="name"
          size="small"
          dataSource={rows}
          loading={backups.isLoading}
          pagination={{ pageSize: 20, hideOnSinglePage: true, showSizeChanger: false }}
          {...(rows.length > 0 ? { scroll: { x: 1050 } } : {})}
          locale={{ emptyText: nothingOf(backups.isSuccess, t('none')) }}
          columns={[
            { title: t('createdAt'), dataIndex: 'createdAt', width: 150, render: momentText },
            {
              title: t('bytes'),
              dataIndex: 'bytes',
              width: 90,
              align: 'right',
              render: (bytes: number) => (bytes > 0 ? sizeText(bytes) : ''),
            },
            { key: 'content', title: t('content'), width: 260, render: (_, backup) => <Content backup={backup} /> },
            { key: 'state', title: t('state'), width: 250, render: (_, backup) => <State backup={backup} /> },
            { key: 'actions', width: 230, render: (_, backup) => <Actions backup={backup} idle={idle} /> },
          ]}
        />
      </Card>
      <Restore />
    </Flex>
  );
}
