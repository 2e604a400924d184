import { Button, Card, DatePicker, Drawer, Flex, Form, Input, Table, Typography } from 'antd';
import type { Dayjs } from 'dayjs';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import { momentText } from '../../app/time.js';
import { PagedTable } from '../../kit/PagedTable.js';
import { PageHead } from '../../kit/ResourcePage.js';

interface Entry {
  id: number;
  at: string;
  username: string;
  action: string;
  subject: string;
  details: Record<string, unknown> | null;
}
interface Filter {
  range?: [Dayjs | null, Dayjs | null] | null;
  username?: string;
  action?: string;
  subject?: string;
}

interface Difference {
  field: string;
  before: string;
  after: string;
}

const words = (value: unknown): string => (typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value));

/** Field by field what was and what is; of nested things the innermost that differ. */
function differences(before: unknown, after: unknown, field = ''): Difference[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  const nested = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
  if (nested(before) || nested(after)) {
    const [b, a] = [nested(before) ? before : {}, nested(after) ? after : {}];
    const names = [...new Set([...Object.keys(b), ...Object.keys(a)])];
    return names.flatMap((name) => differences(b[name], a[name], field === '' ? name : `${field}.${name}`));
  }
  return [{ field, before: words(before), after: words(after) }];
}

/** `queue.changed` in words; what has none keeps its name. */
function useActionWords(): (action: string) => string {
  const { t } = useTranslation('audit');
  return (action) => {
    const [noun = '', verb, ...rest] = action.split('.');
    if (verb === undefined) return t(`alone.${noun as 'signed-in'}`, { defaultValue: noun });
    const words = [t(`noun.${noun as 'user'}`, { defaultValue: noun }), t(`verb.${verb as 'created'}`, { defaultValue: verb }), ...rest];
    return words.join(' · ');
  };
}

function EntryDrawer({ entry, onClose }: { entry: Entry | undefined; onClose(): void }) {
  const { t } = useTranslation('admin');
  const inWords = useActionWords();
  const { before, after, ...others } = entry?.details ?? {};
  const rows = differences(before, after).filter((row) => row.field !== 'revision');
  return (
    <Drawer open={entry !== undefined} onClose={onClose} size={640} title={entry ? `${inWords(entry.action)} · ${entry.subject}` : ''}>
      <Typography.Paragraph>{entry ? `${momentText(entry.at)} · ${entry.username}` : ''}</Typography.Paragraph>
      {rows.length > 0 ? (
        <Table<Difference>
          rowKey="field"
          size="small"
          pagination={false}
          dataSource={rows}
          columns={[
            { title: t('audit.field'), dataIndex: 'field', width: 180 },
            {
              title: t('audit.before'),
              dataIndex: 'before',
              render: (text: string) => <Typography.Text delete={text !== ''}>{text}</Typography.Text>,
            },
            { title: t('audit.after'), dataIndex: 'after', render: (text: string) => <Typography.Text strong>{text}</Typography.Text> },
          ]}
        />
      ) : null}
      {Object.keys(others).length > 0 ? (
        <Typography.Paragraph style={{ marginTop: 12 }}>
          {Object.entries(others).map(([name, value]) => (
            <div key={name}>
              <Typography.Text type="secondary">{name}</Typography.Text> {words(value)}
            </div>
          ))}
        </Typography.Paragraph>
      ) : null}
    </Drawer>
  );
}

/** 审计日志: who did what, newest first. */
export default function AuditPage() {
  const { t } = useTranslation(['admin', 'common', 'records']);
  const inWords = useActionWords();
  const [given, setGiven] = useSearchParams();
  const [filter, setFilter] = useState<Filter>(() => Object.fromEntries(given));
  const [shown, setShown] = useState<Entry>();
  const { range, ...words } = filter;
  const query = { ...words, from: range?.[0]?.toISOString(), to: range?.[1]?.toISOString(), limit: 100 };
  return (
    <Flex vertical gap={12}>
      <PageHead title={t('common:menu.audit')} hint={t('audit.hint')} />
      <Card size="small">
        <Form<Filter>
          layout="inline"
          style={{ rowGap: 8 }}
          initialValues={filter}
          onFinish={(wanted) => {
            setFilter(wanted);
            setGiven({}, { replace: true });
          }}
        >
          <Form.Item name="range" label={t('records:calls.range')}>
            <DatePicker.RangePicker showTime={{ format: 'HH:mm' }} format="YYYY-MM-DD HH:mm" />
          </Form.Item>
          <Form.Item name="username" label={t('audit.username')}>
            <Input allowClear style={{ width: 130 }} />
          </Form.Item>
          <Form.Item name="action" label={t('audit.action')}>
            <Input allowClear style={{ width: 150 }} placeholder="queue.changed" />
          </Form.Item>
          <Form.Item name="subject" label={t('audit.subject')}>
            <Input allowClear style={{ width: 150 }} />
          </Form.Item>
          <Button type="primary" htmlType="submit">
            {t('common:search')}
          </Button>
        </Form>
      </Card>
      <PagedTable<Entry>
        path="/audit"
        query={query}
        width={840}
        empty={t('nothingFound')}
        onOpen={setShown}
        columns={[
          { title: t('audit.at'), dataIndex: 'at', width: 150, render: momentText },
          { title: t('audit.username'), dataIndex: 'username', width: 140 },
          {
            title: t('audit.action'),
            dataIndex: 'action',
            width: 260,
            render: (action: string) => (
              <>
                {inWords(action)} <Typography.Text type="secondary">{action}</Typography.Text>
              </>
            ),
          },
          { title: t('audit.subject'), dataIndex: 'subject', width: 220, ellipsis: true },
        ]}
      />
      <EntryDrawer entry={shown} onClose={() => setShown(undefined)} />
    </Flex>
  );
}
