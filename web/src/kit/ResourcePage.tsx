import './kit.css';
import { PlusOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Button, Card, Flex, Input, Table, type TableColumnsType, Typography } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Failed } from '../components/Failed.js';
import { nothingOf } from './empty.js';
import type { Values } from './fields.js';
import { ResourceDrawer } from './ResourceDrawer.js';
import { keyOf, type ResourceSpec, type Row } from './resource.js';
import { allOf, useNames } from './sources.js';

export function useRows(spec: ResourceSpec) {
  return useQuery({
    queryKey: ['rows', spec.path, ...(spec.query ? [spec.query] : [])],
    queryFn: async () => {
      const items = await allOf<Values>(spec.path, spec.query);
      return items.map((item) => (spec.rowOf ? spec.rowOf(item) : (item as Row)));
    },
  });
}

/** A heading with what it is about and what can be done. */
export function PageHead({ title, hint, children }: { title: string; hint?: string; children?: ReactNode }) {
  return (
    <Flex gap={12} align="center" wrap style={{ rowGap: 8 }}>
      <div style={{ flex: '1 1 280px', minWidth: 0 }}>
        <Typography.Title level={4} style={{ margin: 0 }}>
          {title}
        </Typography.Title>
        {hint ? <Typography.Text type="secondary">{hint}</Typography.Text> : null}
      </div>
      {children}
    </Flex>
  );
}

/** Anything in the row that can be read, for the search: also what the ids in it are called. */
function textOf(row: Row, named: (id: string) => string): string {
  return JSON.stringify(row, (_, value: unknown) => (typeof value === 'string' ? named(value) : value)).toLowerCase();
}

/** List, search, drawer: a whole page out of a description. */
export function ResourcePage({ spec }: { spec: ResourceSpec }) {
  const { t, i18n } = useTranslation(['admin', 'common']);
  const rows = useRows(spec);
  const sources = spec.names ?? [];
  const nameOf = useNames(...sources);
  const [search, setSearch] = useState('');
  const [shown, setShown] = useState<Row | null>();
  const wanted = search.trim().toLowerCase();
  const named = (id: string): string => [id, ...sources.map((source) => nameOf(source, id)).filter((name) => name !== id)].join(' ');
  const found = wanted === '' ? rows.data : rows.data?.filter((row) => textOf(row, named).includes(wanted));
  const columns: TableColumnsType<Row> = spec.columns.map((column) => ({
    key: column.name,
    title: t(`${spec.name}.${column.name}`),
    ...(column.width === undefined ? {} : { width: column.width }),
    ...(column.align === undefined ? {} : { align: column.align }),
    ellipsis: column.render === undefined,
    render: (_: unknown, row: Row) => (column.render ? column.render(row) : plain(row[column.name])),
  }));
  const width = spec.columns.reduce((sum, column) => sum + (column.width ?? 160), 0);
  // one of several on a page is named by its tab
  const title = i18n.exists(`admin:${spec.name}.tab`) ? t(`${spec.name}.tab`) : t(`common:menu.${spec.name}`);
  const makes = !spec.readOnly && !spec.noNew;
  const hint = i18n.exists(`admin:${spec.name}.hint`) ? { hint: t(`${spec.name}.hint`) } : {};
  return (
    <Flex vertical gap={12}>
      <PageHead title={title} {...hint}>
        <Input.Search
          allowClear
          aria-label={t('common:search')}
          placeholder={t('common:search')}
          style={{ width: 220 }}
          onChange={(event) => setSearch(event.target.value)}
        />
        {spec.actions}
        {makes ? (
          <Button type="primary" icon={<PlusOutlined />} onClick={() => setShown(null)}>
            {t(`${spec.name}.add`)}
          </Button>
        ) : null}
      </PageHead>
      {rows.isError ? <Failed error={rows.error} /> : null}
      <Card size="small" styles={{ body: { padding: 0 } }}>
        <Table<Row>
          rowKey={(row) => keyOf(spec, row)}
          size="small"
          columns={columns}
          dataSource={found ?? []}
          loading={rows.isLoading}
          pagination={{ pageSize: 50, hideOnSinglePage: true, showSizeChanger: false }}
          {...(found && found.length > 0 ? { scroll: { x: width } } : {})}
          locale={{
            emptyText: nothingOf(
              rows.isSuccess,
              t(search === '' ? `${spec.name}.none` : 'nothingFound'),
              search === '' && makes ? <Button onClick={() => setShown(null)}>{t(`${spec.name}.add`)}</Button> : null,
            ),
          }}
          onRow={(row) => ({
            className: 'kit-row',
            tabIndex: 0,
            onClick: () => setShown(row),
            onKeyDown: (event) => event.key === 'Enter' && event.target === event.currentTarget && setShown(row),
          })}
        />
      </Card>
      <ResourceDrawer spec={spec} row={shown} onClose={() => setShown(undefined)} />
    </Flex>
  );
}

function plain(value: unknown): ReactNode {
  if (Array.isArray(value)) return value.join(' ');
  return value === null || value === undefined ? '' : String(value);
}
