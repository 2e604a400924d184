import { Button, Card, DatePicker, Drawer, Flex, Form, Input, Select, Table, Typography } from 'antd';
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
  noun?: string;
  verb?: string;
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

/** What the log is asked for: one word alone, or a kind, what was done, or both. */
function actionOf(noun: string | undefined, verb: string | undefined, alone: ReadonlySet<string>): string | undefined {
  if (noun !== undefined && alone.has(noun)) return noun;
  if (noun === undefined) return verb === undefined ? undefined : `*.${verb}*`;
  return `${noun}.${verb === undefined ? '*' : `${verb}*`}`;
}

/** `{ queue: '队列' }` of the catalogue as choices, by the alphabet of the language. */
function choices(words: Record<string, string>, language: string): { value: string; label: string }[] {
  const all = Object.entries(words).map(([value, label]) => ({ value, label }));
  return all.sort((a, b) => a.label.localeCompare(b.label, language));
}

/** Kinds and what is done with them, as words to choose from. */
function ActionFields() {
  const { t, i18n } = useTranslation(['admin', 'audit']);
  const words = (part: 'noun' | 'verb' | 'alone') =>
    choices(t(`audit:${part}`, { returnObjects: true }) as Record<string, string>, i18n.language);
  const form = Form.useFormInstance<Filter>();
  const noun = Form.useWatch('noun', form);
  const alone = words('alone');
  const kinds = [
    { label: t('audit.signIns'), options: alone },
    { label: t('audit.things'), options: words('noun') },
  ];
  const select = { allowClear: true, showSearch: { optionFilterProp: 'label' }, placeholder: t('audit.any'), style: { width: 150 } };
  return (
    <>
      <Form.Item name="noun" label={t('audit.noun')}>
        <Select {...select} options={kinds} />
      </Form.Item>
      <Form.Item name="verb" label={t('audit.verb')}>
        <Select {...select} options={words('verb')} disabled={alone.some(({ value }) => value === noun)} />
      </Form.Item>
    </>
  );
}

/** `queue.changed` in words; what has none keeps its name. */
function useActionWords(): (action: string) => string {
  const { t } = useTranslation('audit');
  return (action) => {
    const [noun = '', verb, ...rest] = action.split('.');
    if (verb === undefined) return t(`alone.${noun as 'signed-in'}`, { defaultValue: noun });
    const modes = rest.map((mode) => t(`mode.${mode as 'listen'}`, { defaultValue: mode }));
    const words = [t(`noun.${noun as 'user'}`, { defaultValue: noun }), t(`verb.${verb as 'created'}`, { defaultValue: verb }), ...modes];
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
  const { t } = useTranslation(['admin', 'common', 'records', 'audit']);
  const inWords = useActionWords();
  const [given, setGiven] = useSearchParams();
  const [filter, setFilter] = useState<Filter>(() => Object.fromEntries(given));
  const [shown, setShown] = useState<Entry>();
  const { range, noun, verb, ...words } = filter;
  const alone = new Set(Object.keys(t('audit:alone', { returnObjects: true }) as object));
  const query = {
    ...words,
    action: actionOf(noun, verb, alone),
    from: range?.[0]?.toISOString(),
    to: range?.[1]?.toISOString(),
    limit: 100,
  };
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
          <ActionFields />
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
