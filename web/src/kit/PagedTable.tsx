import './kit.css';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Button, Card, Flex, Table, type TableColumnsType } from 'antd';
import { useTranslation } from 'react-i18next';
import { get, type Page, type Query, withQuery } from '../app/api.js';
import { Failed } from '../components/Failed.js';
import { nothingOf } from './empty.js';

interface Props<Row> {
  /** The collection, `/recordings`; also the first part of the query's key. */
  path: string;
  /** What is asked for, `limit` included; the cursor is added here. */
  query: Query;
  columns: TableColumnsType<Row>;
  /** Pixels below which the rows scroll within the table. */
  width: number;
  /** What an empty table says. */
  empty: string;
  onOpen(row: Row): void;
}

/** A long collection, newest first, a page at a time; each row opens by mouse and by Enter. */
export function PagedTable<Row extends { id: string | number }>({ path, query, columns, width, empty, onOpen }: Props<Row>) {
  const { t } = useTranslation('records');
  const found = useInfiniteQuery({
    queryKey: [path, query],
    queryFn: ({ pageParam }) => get<Page<Row>>(withQuery(path, { ...query, cursor: pageParam })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
  const rows = found.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Flex vertical gap={12}>
      {found.isError ? <Failed error={found.error} /> : null}
      <Card size="small" styles={{ body: { padding: 0 } }}>
        <Table<Row>
          rowKey="id"
          size="small"
          dataSource={rows}
          loading={found.isLoading}
          pagination={false}
          {...(rows.length > 0 ? { scroll: { x: width } } : {})}
          locale={{ emptyText: nothingOf(found.isSuccess, empty) }}
          columns={columns}
          onRow={(row) => ({
            className: 'kit-row',
            tabIndex: 0,
            onClick: () => onOpen(row),
            onKeyDown: (event) => event.key === 'Enter' && onOpen(row),
          })}
        />
        {found.hasNextPage ? (
          <Button type="link" block loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
            {t('calls.loadMore')}
          </Button>
        ) : null}
      </Card>
    </Flex>
  );
}
