import { UploadOutlined } from '@ant-design/icons';
import { useQueryClient } from '@tanstack/react-query';
import type { CalendarDay, Schedule } from '@yixian/contracts/browser';
import { App, Button, Tabs, Tag, Tooltip, Upload } from 'antd';
import { useTranslation } from 'react-i18next';
import { type Page, post, request } from '../../app/api.js';
import type { FieldSpec } from '../../kit/fields.js';
import { ResourcePage } from '../../kit/ResourcePage.js';
import type { ResourceSpec } from '../../kit/resource.js';
import { csvInit, useImport } from '../../kit/use-import.js';
import { MonthView } from './MonthView.js';
import { ScheduleNow } from './ScheduleNow.js';
import { WeekView } from './WeekView.js';

const HOURS: readonly FieldSpec[] = [
  { name: 'from', kind: 'clock', required: true },
  { name: 'to', kind: 'clock', required: true },
];

const schedules: ResourceSpec = {
  name: 'schedules',
  path: '/schedules',
  key: 'id',
  columns: [
    { name: 'id', width: 140 },
    { name: 'name', width: 200 },
    { name: 'week', width: 140, render: (row) => <WeekView weekly={row.weekly as Schedule['weekly']} small /> },
    { name: 'now', width: 200, render: (row) => <ScheduleNow id={String(row.id)} /> },
    { name: 'special', width: 120, align: 'right', render: (row) => (row.special as unknown[]).length },
  ],
  start: { id: '', name: '', weekly: [{ days: [1, 2, 3, 4, 5], from: '08:30', to: '17:30' }], holidays: 'closed', special: [] },
  fields: [
    { name: 'id', kind: 'text', required: true, fixed: true },
    { name: 'name', kind: 'text' },
    { name: 'holidays', kind: 'choice', options: ['closed', 'ignore'] },
    {
      name: 'weekly',
      kind: 'list',
      start: { days: [1, 2, 3, 4, 5], from: '08:30', to: '17:30' },
      fields: [{ name: 'days', kind: 'choices', options: [1, 2, 3, 4, 5, 6, 7], required: true }, ...HOURS],
    },
    {
      name: 'special',
      kind: 'list',
      start: { date: '', name: '', hours: [] },
      fields: [
        { name: 'date', kind: 'date', required: true },
        { name: 'name', kind: 'text', required: true },
        { name: 'hours', kind: 'list', prefix: 'schedules.of.weekly', start: { from: '09:00', to: '12:00' }, fields: HOURS },
      ],
    },
  ],
  toBody: ({ name, ...body }) => (name === '' ? body : { ...body, name }),
  effect: (values) => <WeekView weekly={(values as unknown as Schedule).weekly} />,
  below: (values) => <MonthView schedule={values as unknown as Schedule} />,
  drawerWidth: 760,
};

const calendars: ResourceSpec = {
  name: 'calendars',
  path: '/calendars',
  key: 'year',
  columns: [
    { name: 'year', width: 100 },
    { name: 'days', width: 400, render: (row) => <Days days={row.days as unknown as CalendarDay[]} /> },
  ],
  start: {},
  noNew: true,
  fields: [
    {
      name: 'days',
      kind: 'list',
      start: { date: '', kind: 'holiday', name: '' },
      fields: [
        { name: 'date', kind: 'date', required: true },
        { name: 'kind', kind: 'choice', options: ['holiday', 'workday'] },
        { name: 'name', kind: 'text', required: true },
      ],
    },
  ],
  actions: <ImportCalendar />,
};

function Days({ days }: { days: CalendarDay[] }) {
  const { t } = useTranslation('admin');
  const of = (kind: CalendarDay['kind']): number => days.filter((day) => day.kind === kind).length;
  const names = [...new Set(days.filter((day) => day.kind === 'holiday').map((day) => day.name))];
  return (
    <Tooltip title={names.join(' ')}>
      <Tag color="blue">{t('calendars.holidays', { n: of('holiday') })}</Tag>
      <Tag>{t('calendars.workdays', { n: of('workday') })}</Tag>
    </Tooltip>
  );
}

/** JSON `{year, days}` or a list of such, or CSV with the columns date, kind, name: as the command line takes it. */
function ImportCalendar() {
  const { t } = useTranslation('admin');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const { run, told } = useImport();
  const read = (file: File): Promise<boolean> =>
    run(file.name, async () => {
      const text = (await file.text()).replace(/^\uFEFF/, '').trim();
      const { items } = /^[[{]/.test(text)
        ? await post<Page<{ year: string }>>('/calendars/import', { calendars: [JSON.parse(text) as unknown].flat() })
        : await request<Page<{ year: string }>>('POST', '/calendars/import', text, csvInit());
      void message.success(t('calendars.imported', { years: items.map((one) => one.year).join(' ') }));
      void queries.invalidateQueries();
    });
  return (
    <>
      <Upload
        accept=".json,.csv,text/csv,application/json"
        showUploadList={false}
        beforeUpload={(file) => {
          void read(file);
          return false;
        }}
      >
        <Button type="primary" icon={<UploadOutlined />}>
          {t('calendars.import')}
        </Button>
      </Upload>
      {told}
    </>
  );
}

/** Opening hours, and the holidays they heed. */
export default function SchedulesPage() {
  const { t } = useTranslation('admin');
  return (
    <Tabs
      items={[
        { key: 'schedules', label: t('schedules.tab'), children: <ResourcePage spec={schedules} /> },
        { key: 'calendars', label: t('calendars.tab'), children: <ResourcePage spec={calendars} /> },
      ]}
    />
  );
}
