import { DeleteOutlined, UploadOutlined } from '@ant-design/icons';
import { keepPreviousData, useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { App, Button, Checkbox, DatePicker, Flex, Form, Input, Table, Typography, Upload } from 'antd';
import type { Dayjs } from 'dayjs';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { del, get, type Page, post, request, withQuery } from '../../app/api.js';
import { momentText } from '../../app/time.js';
import { useFailure } from '../../app/use-failure.js';
import { nothingOf } from '../../kit/empty.js';
import { csvInit, useImport } from '../../kit/use-import.js';

interface Entry {
  number: string;
  prefix: boolean;
  expiresAt: string | null;
  note: string;
}
interface NewEntry {
  number: string;
  prefix?: boolean;
  expiresAt?: Dayjs | null;
  note?: string;
}

function useEntries(id: string, search: string) {
  return useInfiniteQuery({
    queryKey: ['entries', id, search],
    queryFn: ({ pageParam }) => get<Page<Entry>>(withQuery(`/lists/${id}/entries`, { limit: 100, search, cursor: pageParam })),
    placeholderData: keepPreviousData,
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
}

/** The numbers of a list: typed one by one, or a whole file. */
export function ListEntries({ id }: { id: string }) {
  const { t } = useTranslation(['admin', 'common', 'records']);
  const { message, modal } = App.useApp();
  const fail = useFailure();
  const queries = useQueryClient();
  const [search, setSearch] = useState('');
  const entries = useEntries(id, search);
  const list = useQuery({ queryKey: ['list', id], queryFn: () => get<{ entries: number }>(`/lists/${id}`) });
  const [form] = Form.useForm<NewEntry>();
  const path = `/lists/${id}/entries`;
  const done = (what: Promise<unknown>): Promise<void> =>
    what.then(() => {
      void message.success(t('saved'));
      void queries.invalidateQueries();
    }, fail);
  const add = ({ number, prefix = false, expiresAt, note = '' }: NewEntry): void => {
    void done(
      post(path, { entries: [{ number, prefix, expiresAt: expiresAt?.toISOString() ?? null, note }] }).then(() => form.resetFields()),
    );
  };
  const { run, told } = useImport();
  const send = async (file: File, method: 'POST' | 'PUT'): Promise<void> => {
    if (await run(file.name, async () => request(method, path, await file.text(), csvInit()))) await done(Promise.resolve());
  };
  const ask = (file: File): false => {
    void modal.confirm({
      title: t('lists.importAsk', { file: file.name }),
      content: t('lists.importHelp'),
      okText: t('lists.importAdd'),
      cancelText: t('lists.importReplace'),
      closable: true,
      onOk: () => send(file, 'POST'),
      onCancel: (close?: { triggerCancel?: boolean } | (() => void)) => {
        // only the button, not the cross
        if (typeof close === 'function') {
          void send(file, 'PUT');
          close();
        }
      },
    });
    return false;
  };
  const rows = entries.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section aria-label={t('lists.entries')}>
      <Flex align="center" gap={8} style={{ marginBottom: 8 }}>
        <Typography.Title level={5} style={{ margin: 0, flex: 1 }}>
          {t('lists.entries')}{' '}
          {list.data ? <Typography.Text type="secondary">{t('lists.count', { n: list.data.entries })}</Typography.Text> : null}
        </Typography.Title>
        <Upload accept=".csv,text/csv" showUploadList={false} beforeUpload={ask}>
          <Button icon={<UploadOutlined />}>{t('lists.import')}</Button>
        </Upload>
        {told}
      </Flex>
      <Form<NewEntry> form={form} layout="inline" component={false} onFinish={add}>
        <Flex gap={8} wrap style={{ marginBottom: 8 }}>
          <Form.Item name="number" noStyle rules={[{ required: true, message: '' }]}>
            <Input placeholder={t('lists.number')} aria-label={t('lists.number')} style={{ width: 150 }} />
          </Form.Item>
          <Form.Item name="prefix" valuePropName="checked" noStyle>
            <Checkbox style={{ alignSelf: 'center' }}>{t('lists.prefix')}</Checkbox>
          </Form.Item>
          <Form.Item name="expiresAt" noStyle>
            <DatePicker
              showTime={{ format: 'HH:mm' }}
              format="YYYY-MM-DD HH:mm"
              placeholder={t('lists.expiresAt')}
              aria-label={t('lists.expiresAt')}
            />
          </Form.Item>
          <Form.Item name="note" noStyle>
            <Input placeholder={t('lists.note')} aria-label={t('lists.note')} style={{ width: 160 }} />
          </Form.Item>
          <Button onClick={() => form.submit()}>{t('lists.addEntry')}</Button>
        </Flex>
      </Form>
      <Input.Search
        allowClear
        aria-label={t('lists.search')}
        placeholder={t('lists.search')}
        maxLength={64}
        style={{ marginBottom: 8 }}
        loading={entries.isFetching && !entries.isFetchingNextPage}
        onSearch={(text) => setSearch(text.trim())}
        onChange={(event) => event.target.value === '' && setSearch('')}
      />
      <Table<Entry>
        rowKey="number"
        size="small"
        dataSource={rows}
        loading={entries.isLoading}
        pagination={false}
        locale={{
          emptyText: nothingOf(entries.isSuccess, t(search === '' ? 'lists.noEntries' : 'nothingFound')),
        }}
        columns={[
          { title: t('lists.number'), dataIndex: 'number', render: (number: string, entry) => (entry.prefix ? `${number}…` : number) },
          { title: t('lists.expiresAt'), dataIndex: 'expiresAt', render: (at: string | null) => (at ? momentText(at) : t('lists.never')) },
          { title: t('lists.note'), dataIndex: 'note' },
          {
            key: 'delete',
            width: 48,
            render: (_, entry) => (
              <Button
                type="text"
                size="small"
                danger
                icon={<DeleteOutlined />}
                aria-label={`${t('common:delete')} ${entry.number}`}
                onClick={() => void done(del(`${path}/${encodeURIComponent(entry.number)}`))}
              />
            ),
          },
        ]}
      />
      {entries.hasNextPage ? (
        <Button type="link" block loading={entries.isFetchingNextPage} onClick={() => void entries.fetchNextPage()}>
          {t('records:calls.loadMore')}
        </Button>
      ) : null}
    </section>
  );
}
