import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { App, Button, Card, Flex, Form, Input, Modal, Select, Table, type TableColumnsType, Tag, Typography } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import { ApiError, del, get, post } from '../../app/api.js';
import { momentText } from '../../app/time.js';
import { useFailure } from '../../app/use-failure.js';
import { Failed } from '../../components/Failed.js';
import { useWho } from '../../components/who.js';
import { nothingOf } from '../../kit/empty.js';
import { allOf } from './context.js';
import { NODE_ID } from './model/document.js';
import { named } from './model/words.js';
import type { FlowDetail, FlowHead, VersionHead } from './types.js';

function Version({ head }: { head: VersionHead | null }) {
  const { t } = useTranslation('flows');
  const who = useWho();
  if (!head) return <Typography.Text type="secondary">{t('list.none')}</Typography.Text>;
  return (
    <Flex vertical>
      <span>{t('list.version', { n: head.version })}</span>
      <Typography.Text type="secondary" style={{ fontSize: 12 }}>
        {t('list.by', { who: who(head.publishedBy ?? head.createdBy), when: momentText(head.publishedAt ?? head.createdAt) })}
      </Typography.Text>
    </Flex>
  );
}

/** Every flow with what is in force and what is being worked on. */
export function FlowList() {
  const { t } = useTranslation(['flows', 'common']);
  const { modal } = App.useApp();
  const fail = useFailure();
  const client = useQueryClient();
  const [making, setMaking] = useState(false);
  const flows = useQuery({ queryKey: ['flows', 'list'], queryFn: () => allOf<FlowHead>('/flows') });

  const remove = (flow: FlowHead): void => {
    modal.confirm({
      title: t('list.remove', { name: flow.name }),
      content: t('list.removeHint'),
      okText: t('common:delete'),
      cancelText: t('common:cancel'),
      okButtonProps: { danger: true },
      async onOk() {
        try {
          await del(`/flows/${flow.id}?revision=${flow.revision}`);
          await client.invalidateQueries({ queryKey: ['flows'] });
        } catch (error) {
          const uses =
            error instanceof ApiError ? (error.details.usedBy as { kind: string; id: string; at?: string }[] | undefined) : undefined;
          if (!uses) return fail(error);
          modal.error({
            title: t('list.usedBy'),
            content: (
              <ul>
                {uses.map((use) => (
                  <li key={`${use.kind} ${use.id} ${use.at}`}>
                    {named(t, 'use', use.kind)} {use.id}
                    {use.at ? ` (${use.at})` : ''}
                  </li>
                ))}
              </ul>
            ),
          });
        }
      },
    });
  };
  const columns: TableColumnsType<FlowHead> = [
    {
      title: t('list.name'),
      dataIndex: 'name',
      render: (name: string, flow) => (
        <Flex vertical>
          <Link to={`/flows/${flow.id}`}>{name}</Link>
          <Typography.Text type="secondary" style={{ fontSize: 12 }}>
            {flow.id}
          </Typography.Text>
        </Flex>
      ),
    },
    { title: t('list.published'), dataIndex: 'published', width: 220, render: (head: VersionHead | null) => <Version head={head} /> },
    {
      title: t('list.draft'),
      dataIndex: 'draft',
      width: 220,
      render: (head: VersionHead | null) =>
        head ? (
          <Flex gap={6} align="center">
            <Tag color="gold">{t('list.draft')}</Tag>
            <Version head={head} />
          </Flex>
        ) : null,
    },
    {
      key: 'deeds',
      width: 64,
      render: (_, flow) => (
        <Button
          type="text"
          danger
          icon={<DeleteOutlined />}
          aria-label={`${t('common:delete')} ${flow.name}`}
          onClick={() => remove(flow)}
        />
      ),
    },
  ];
  return (
    <Card
      size="small"
      title={t('list.title')}
      extra={
        <Button type="primary" icon={<PlusOutlined />} onClick={() => setMaking(true)}>
          {t('list.create')}
        </Button>
      }
    >
      {flows.isError ? <Failed error={flows.error} /> : null}
      <Table<FlowHead>
        rowKey="id"
        size="small"
        columns={columns}
        dataSource={flows.data ?? []}
        loading={flows.isLoading}
        pagination={false}
        scroll={{ x: 640 }}
        locale={{ emptyText: nothingOf(flows.isSuccess, t('list.empty')) }}
      />
      <NewFlow open={making} flows={flows.data ?? []} onClose={() => setMaking(false)} />
    </Card>
  );
}

interface NewValues {
  id: string;
  name: string;
  from?: string;
}

function NewFlow({ open, flows, onClose }: { open: boolean; flows: readonly FlowHead[]; onClose(): void }) {
  const { t } = useTranslation(['flows', 'common']);
  const fail = useFailure();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [form] = Form.useForm<NewValues>();
  const make = async ({ id, name, from }: NewValues): Promise<void> => {
    try {
      const base = from ? ((await get<FlowDetail>(`/flows/${from}`)).document as object) : BLANK;
      await post('/flows', { id, name, document: { ...base, id, name } });
      await client.invalidateQueries({ queryKey: ['flows'] });
      onClose();
      void navigate(`/flows/${id}`);
    } catch (error) {
      fail(error);
    }
  };
  return (
    <Modal
      open={open}
      title={t('list.create')}
      okText={t('list.create')}
      cancelText={t('common:cancel')}
      onCancel={onClose}
      onOk={() => form.submit()}
      afterClose={() => form.resetFields()}
    >
      <Form<NewValues> form={form} layout="vertical" onFinish={(values) => void make(values)}>
        <Form.Item name="name" label={t('list.name')} rules={[{ required: true, whitespace: true }]}>
          <Input maxLength={100} />
        </Form.Item>
        <Form.Item
          name="id"
          label={t('list.id')}
          extra={t('list.idHint')}
          rules={[{ required: true, pattern: NODE_ID, message: t('list.idHint') }]}
        >
          <Input maxLength={64} />
        </Form.Item>
        <Form.Item name="from" label={t('list.copyOf')}>
          <Select
            allowClear
            placeholder={t('list.blank')}
            options={flows.map(({ id, name }) => ({ value: id, label: `${name} · ${id}` }))}
          />
        </Form.Item>
      </Form>
    </Modal>
  );
}

const BLANK = { language: 'zh-CN', start: 'hangup', nodes: { hangup: { type: 'hangup', position: { x: 400, y: 0 } } } };
