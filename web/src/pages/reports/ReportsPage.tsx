import { useInfiniteQuery } from '@tanstack/react-query';
import { Alert, Button, Card, DatePicker, Flex, Segmented, Space, Table, type TableColumnsType, Tabs } from 'antd';
import dayjs, { type Dayjs } from 'dayjs';
import i18next from 'i18next';
import { type ReactNode, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { download, get, type Page, withQuery } from '../../app/api.js';
import { errorWords } from '../../app/error-words.js';
import { useLive } from '../../app/live.js';
import { useUser } from '../../app/session.js';
import { clockText, momentText } from '../../app/time.js';
import { useFailure } from '../../app/use-failure.js';
import { saveBlob } from '../../kit/blob.js';
import { Chart } from '../../kit/Chart.js';
import { csvText } from '../../kit/csv.js';
import { nothingOf } from '../../kit/empty.js';
import { PageHead } from '../../kit/ResourcePage.js';
import { REPORTS, type ReportColumn, type ReportRow, type ReportSpec } from './reports.js';

type Interval = '15m' | 'hour' | 'day' | 'total';

/** Figures as people read them. */
function useShow() {
  const { t, i18n } = useTranslation(['reports', 'common']);
  const queues = useLive((picture) => picture.queues);
  return (column: ReportColumn, value: unknown): string => {
    if (value === null || value === undefined) return '–';
    switch (column.as) {
      case 'time':
        return momentText(value as string);
      case 'seconds':
        return clockText(1000 * Number(value));
      case 'ratio':
        return `${(100 * Number(value)).toFixed(1)}%`;
      case 'queue':
        return queues.get(String(value))?.name ?? String(value);
      case 'word': {
        const key = `${column.words}.${value}`;
        return i18n.exists(key) ? t(key) : String(value);
      }
      default:
        return String(value);
    }
  };
}

/** Figures by size, words by the alphabet; what there is none of comes first. */
function compare(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a ?? '').localeCompare(String(b ?? ''));
}

/** Of a group of the catalogue, e.g. `common:outcome`: value → word. */
function wordsOf(language: string, group: string): Record<string, string> {
  const [namespace = '', key = ''] = group.split(':');
  const words: unknown = i18next.getResource(language, namespace, key);
  return typeof words === 'object' && words !== null ? (words as Record<string, string>) : {};
}

/** Rows of a log that are fetched at a time. */
const LOG_PAGE = 100;

/** A report is one answer; a log goes on, page by page, as far as one wants to read. */
function useReport(spec: ReportSpec, range: [Dayjs, Dayjs], interval: Interval) {
  const query = {
    from: range[0].toISOString(),
    to: range[1].toISOString(),
    ...(spec.log ? { limit: LOG_PAGE } : { interval }),
  };
  return useInfiniteQuery({
    queryKey: ['report', spec.path, query],
    queryFn: ({ pageParam }) => get<Page<ReportRow>>(withQuery(spec.path, { ...query, cursor: pageParam })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
}

function Diagram({ spec, rows }: { spec: ReportSpec; rows: readonly ReportRow[] }) {
  const { t } = useTranslation('reports');
  const queues = useLive((picture) => picture.queues);
  const option = useMemo(() => {
    const { series = [], over } = spec;
    const nameOf = (row: ReportRow): string => {
      const value = String(row[over ?? 'from'] ?? '');
      return over === 'from' ? momentText(value).slice(0, 11) : over === 'queue' ? (queues.get(value)?.name ?? value) : value;
    };
    const names = rows.map(nameOf);
    return {
      tooltip: { trigger: 'axis' },
      // one line: several would lie over the axis on a phone
      legend: { bottom: 0, type: 'scroll' },
      grid: { left: 48, right: 16, top: 16, bottom: 52 },
      xAxis: { type: 'category', data: names },
      yAxis: { type: 'value', minInterval: 1 },
      series: series.map((name) => ({
        name: t(`column.${name}`),
        type: over === 'from' ? 'line' : 'bar',
        smooth: false,
        barMaxWidth: 28,
        data: rows.map((row) => row[name] ?? 0),
      })),
    };
  }, [spec, rows, queues, t]);
  return <Chart option={option} label={t(`report.${spec.name}`)} />;
}

function Report({ spec, range, interval }: { spec: ReportSpec; range: [Dayjs, Dayjs]; interval: Interval }) {
  const { t, i18n } = useTranslation(['reports', 'common']);
  const show = useShow();
  const queues = useLive((picture) => picture.queues);
  const report = useReport(spec, range, interval);
  const rows = report.data?.pages.flatMap((page) => page.items) ?? [];
  const columns: TableColumnsType<ReportRow> = spec.columns.map((column, i) => ({
    key: column.name,
    title: t(`column.${column.name}`),
    width: column.as === 'time' ? 140 : 110,
    ...(i === 0 ? { fixed: 'left' as const } : {}),
    ...(column.as === undefined || column.as === 'seconds' || column.as === 'ratio' ? { align: 'right' as const } : {}),
    // the heads are what the keyboard scrolls the table by
    sorter: (a: ReportRow, b: ReportRow) => compare(a[column.name], b[column.name]),
    render: (_: unknown, row: ReportRow): ReactNode => (
      <span style={{ fontVariantNumeric: 'tabular-nums', whiteSpace: 'nowrap' }}>{show(column, row[column.name])}</span>
    ),
  }));
  const fail = useFailure();
  const [saving, setSaving] = useState(false);
  const saveSheet = async (): Promise<void> => {
    setSaving(true);
    try {
      const title = t(`report.${spec.name}`);
      const columns = spec.columns.map((column) => ({
        name: column.name,
        heading: t(`column.${column.name}`),
        as: column.as === 'queue' ? 'word' : (column.as ?? 'count'),
        ...(column.words ? { words: wordsOf(i18n.language, column.words) } : {}),
        ...(column.as === 'queue' ? { words: Object.fromEntries([...queues.values()].map(({ id, name }) => [id, name])) } : {}),
      }));
      const body = { report: spec.name, title, from: range[0].toISOString(), to: range[1].toISOString(), interval, columns };
      const blob = await download('/reports/sheet', body);
      saveBlob(blob, `${title}-${range[0].format('YYYYMMDD')}-${range[1].format('YYYYMMDD')}.xlsx`);
    } catch (error) {
      fail(error);
    } finally {
      setSaving(false);
    }
  };
  const save = (): void => {
    const cell = (column: ReportColumn, value: unknown) => (typeof value === 'number' ? value : show(column, value));
    const text = csvText(
      spec.columns.map((column) => t(`column.${column.name}`)),
      rows.map((row) => spec.columns.map((column) => cell(column, row[column.name]))),
    );
    saveBlob(new Blob([text], { type: 'text/csv' }), `${spec.name}-${range[0].format('YYYYMMDD')}-${range[1].format('YYYYMMDD')}.csv`);
  };
  return (
    <Flex vertical gap={12}>
      {report.isError ? <Alert type="error" showIcon title={errorWords(t, i18n.language, report.error).text} /> : null}
      {spec.series && rows.length > 0 ? (
        <Card size="small">
          <Diagram spec={spec} rows={rows} />
        </Card>
      ) : null}
      <Card
        size="small"
        title={t(`report.${spec.name}`)}
        styles={{ body: { padding: 0 } }}
        extra={
          <Space size={8}>
            <Button size="small" disabled={rows.length === 0} loading={saving} onClick={() => void saveSheet()}>
              {t('excel')}
            </Button>
            <Button size="small" disabled={rows.length === 0} onClick={save}>
              {t('csv')}
            </Button>
          </Space>
        }
      >
        <Table<ReportRow>
          rowKey={(row) =>
            spec.columns
              .slice(0, 4)
              .map((column) => row[column.name])
              .join(' ')
          }
          size="small"
          columns={columns}
          dataSource={rows}
          loading={report.isLoading}
          pagination={spec.log ? false : { pageSize: 50, hideOnSinglePage: true, showSizeChanger: false }}
          {...(rows.length > 0 ? { scroll: { x: 110 * columns.length } } : {})}
          locale={{ emptyText: nothingOf(report.isSuccess, t('none')) }}
        />
        {report.hasNextPage ? (
          <Button type="link" block loading={report.isFetchingNextPage} onClick={() => void report.fetchNextPage()}>
            {t('loadMore')}
          </Button>
        ) : null}
      </Card>
    </Flex>
  );
}

/** 报表: what was, by interval and row by row. */
export default function ReportsPage() {
  const { t } = useTranslation(['reports', 'common']);
  const leads = useUser().roles.some((role) => role !== 'agent');
  const [range, setRange] = useState<[Dayjs, Dayjs]>(() => [dayjs().startOf('day'), dayjs().add(1, 'day').startOf('day')]);
  const [interval, setInterval] = useState<Interval>('hour');
  const specs = REPORTS.filter((spec) => leads || !spec.leadersOnly);
  const ending = dayjs().add(1, 'day').startOf('day');
  const presets = [
    { label: t('today'), value: [dayjs().startOf('day'), ending] as [Dayjs, Dayjs] },
    { label: t('week'), value: [dayjs().subtract(6, 'day').startOf('day'), ending] as [Dayjs, Dayjs] },
    { label: t('month'), value: [dayjs().subtract(29, 'day').startOf('day'), ending] as [Dayjs, Dayjs] },
  ];
  return (
    <Flex vertical gap={4}>
      <PageHead title={t('common:menu.reports')} hint={t('hint')}>
        <DatePicker.RangePicker
          allowClear={false}
          showTime={{ format: 'HH:mm' }}
          format="YYYY-MM-DD HH:mm"
          presets={presets}
          value={range}
          onChange={(chosen) => chosen?.[0] && chosen[1] && setRange([chosen[0], chosen[1]])}
        />
        <Segmented<Interval>
          aria-label={t('interval')}
          value={interval}
          onChange={setInterval}
          options={(['15m', 'hour', 'day', 'total'] as const).map((value) => ({ value, label: t(`intervalIs.${value}`) }))}
        />
      </PageHead>
      <Tabs
        items={specs.map((spec) => ({
          key: spec.name,
          label: t(`report.${spec.name}`),
          children: <Report spec={spec} range={range} interval={interval} />,
        }))}
      />
    </Flex>
  );
}
