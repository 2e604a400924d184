import '../../kit/kit.css';
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import type { VoicemailView } from '@yixian/contracts/browser';
import { Alert, App, Badge, Button, Card, Drawer, Empty, Flex, Select, Table } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { del, get, type Page, put, withQuery } from '../../app/api.js';
import { useUser } from '../../app/session.js';
import { clockText, momentText } from '../../app/time.js';
import { useFailure } from '../../app/use-failure.js';
import { Player } from '../../kit/Player.js';
import { PageHead } from '../../kit/ResourcePage.js';
import { useOptions } from '../../kit/sources.js';

/** 留言: what callers left, by box. */
export default function VoicemailsPage() {
  const { t } = useTranslation(['archive', 'records', 'common']);
  const { modal } = App.useApp();
  const fail = useFailure();
  const queries = useQueryClient();
  const admin = useUser().roles.includes('admin');
  const boxes = useOptions(admin ? 'boxes' : undefined);
  const [box, setBox] = useState<string>();
  const [heard, setHeard] = useState<'true' | 'false'>();
  const [shown, setShown] = useState<VoicemailView>();
  const query = { box, heard, limit: 50 };
  const found = useInfiniteQuery({
    queryKey: ['voicemails', query],
    queryFn: ({ pageParam }) => get<Page<VoicemailView>>(withQuery('/voicemails', { ...query, cursor: pageParam })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
  const rows = found.data?.pages.flatMap((page) => page.items) ?? [];
  const anew = (): void => void queries.invalidateQueries({ queryKey: ['voicemails'] });
  const mark = (message: VoicemailView, wanted: boolean): void => {
    put<VoicemailView>(`/voicemails/${message.id}`, { heard: wanted }).then((answer) => {
      setShown(answer);
      anew();
    }, fail);
  };
  const askDelete = (message: VoicemailView): void => {
    void modal.confirm({
      title: t('voicemails.deleteAsk'),
      content: t('recordings.deleteHelp'),
      okText: t('common:delete'),
      okButtonProps: { danger: true },
      cancelText: t('common:cancel'),
      onOk: () =>
        del(`/voicemails/${message.id}`).then(() => {
          setShown(undefined);
          anew();
        }, fail),
    });
  };
  return (
    <Flex vertical gap={12}>
      <PageHead title={t('common:menu.voicemails')} hint={t('voicemails.hint')}>
        {admin ? (
          <Select
            allowClear
            aria-label={t('voicemails.box')}
            placeholder={t('voicemails.box')}
            style={{ width: 180 }}
            options={boxes}
            value={box}
            onChange={setBox}
          />
        ) : null}
        <Select
          allowClear
          aria-label={t('voicemails.state')}
          placeholder={t('voicemails.state')}
          style={{ width: 130 }}
          value={heard}
          onChange={setHeard}
          options={[
            { value: 'false', label: t('voicemails.new') },
            { value: 'true', label: t('voicemails.heard') },
          ]}
        />
      </PageHead>
      {found.isError ? <Alert type="error" showIcon title={found.error.message} /> : null}
      <Card size="small" styles={{ body: { padding: 0 } }}>
        <Table<VoicemailView>
          rowKey="id"
          size="small"
          dataSource={rows}
          loading={found.isLoading}
          pagination={false}
          {...(rows.length > 0 ? { scroll: { x: 700 } } : {})}
          locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('voicemails.none')} /> }}
          columns={[
            { title: t('voicemails.leftAt'), dataIndex: 'leftAt', width: 150, render: momentText },
            { title: t('records:calls.caller'), dataIndex: 'caller', width: 150 },
            { title: t('voicemails.box'), dataIndex: 'box', width: 140 },
            {
              title: t('recordings.length'),
              dataIndex: 'durationSeconds',
              width: 90,
              align: 'right',
              render: (seconds: number) => clockText(1000 * seconds),
            },
            {
              title: t('voicemails.state'),
              dataIndex: 'heard',
              width: 160,
              render: (was: boolean, message) => (
                <Badge
                  status={was ? 'default' : 'processing'}
                  text={was ? `${t('voicemails.heard')} · ${message.heardBy ?? ''}` : t('voicemails.new')}
                />
              ),
            },
          ]}
          onRow={(message) => ({
            className: 'kit-row',
            tabIndex: 0,
            onClick: () => setShown(message),
            onKeyDown: (event) => event.key === 'Enter' && setShown(message),
          })}
        />
        {found.hasNextPage ? (
          <Button type="link" block loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
            {t('records:calls.loadMore')}
          </Button>
        ) : null}
      </Card>
      <Drawer
        open={shown !== undefined}
        onClose={() => setShown(undefined)}
        size={600}
        title={shown ? `${shown.caller} · ${momentText(shown.leftAt)}` : ''}
        destroyOnHidden
      >
        {shown ? (
          <Flex vertical gap={16}>
            <Player path={`/voicemails/${shown.id}`} name={`${shown.id}.wav`} />
            <Flex gap={8}>
              <Button onClick={() => mark(shown, !shown.heard)}>{t(shown.heard ? 'voicemails.markNew' : 'voicemails.markHeard')}</Button>
              <div style={{ flex: 1 }} />
              <Button danger onClick={() => askDelete(shown)}>
                {t('common:delete')}
              </Button>
            </Flex>
          </Flex>
        ) : null}
      </Drawer>
    </Flex>
  );
}
