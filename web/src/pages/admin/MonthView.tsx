import { LeftOutlined, RightOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { type CalendarDay, type Schedule, scheduleHours } from '@yixian/contracts/browser';
import { Button, Flex, Typography, theme } from 'antd';
import dayjs from 'dayjs';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { allOf } from '../../kit/sources.js';

/** Monday 1 … Sunday 7. */
const weekday = (date: dayjs.Dayjs): number => date.day() || 7;

/** Whether it is open, day by day of a month: what is typed shows at once. */
export function MonthView({ schedule }: { schedule: Schedule }) {
  const { t } = useTranslation('admin');
  const { token } = theme.useToken();
  const [month, setMonth] = useState(() => dayjs().startOf('month'));
  const calendars = useQuery({ queryKey: ['rows', '/calendars'], queryFn: () => allOf<{ days: CalendarDay[] }>('/calendars') });
  const holidays = useMemo(
    () => new Map((calendars.data ?? []).flatMap((year) => year.days.map((day) => [day.date, day] as const))),
    [calendars.data],
  );
  const days = Array.from({ length: month.daysInMonth() }, (_, i) => month.add(i, 'day'));
  return (
    <section aria-label={t('month.title')}>
      <Flex align="center" gap={8} style={{ marginBottom: 8 }}>
        <Typography.Text strong>{t('month.title')}</Typography.Text>
        <div style={{ flex: 1 }} />
        <Button size="small" icon={<LeftOutlined />} aria-label={t('month.before')} onClick={() => setMonth(month.subtract(1, 'month'))} />
        <Typography.Text style={{ fontVariantNumeric: 'tabular-nums' }}>{month.format('YYYY-MM')}</Typography.Text>
        <Button size="small" icon={<RightOutlined />} aria-label={t('month.after')} onClick={() => setMonth(month.add(1, 'month'))} />
      </Flex>
      <div style={{ display: 'grid', gridTemplateColumns: 'repeat(7, minmax(0, 1fr))', gap: 2 }}>
        {[1, 2, 3, 4, 5, 6, 7].map((day) => (
          <Typography.Text key={day} type="secondary" style={{ textAlign: 'center', fontSize: 12 }}>
            {t(`schedules.of.weekly.daysIs.${day}`)}
          </Typography.Text>
        ))}
        {days.map((day, i) => {
          const date = day.format('YYYY-MM-DD');
          const { hours, because } = scheduleHours(schedule, date, weekday(day), (one) => holidays.get(one));
          const named = because.includes(':') ? because.slice(because.indexOf(':') + 1) : '';
          return (
            <div
              key={date}
              style={{
                ...(i === 0 ? { gridColumnStart: weekday(day) } : {}),
                minHeight: 58,
                padding: '2px 4px',
                borderRadius: 4,
                overflow: 'hidden',
                fontSize: 11,
                lineHeight: 1.35,
                background: hours.length > 0 ? token.colorSuccessBg : token.colorFillQuaternary,
                border: `1px solid ${hours.length > 0 ? token.colorSuccessBorder : token.colorBorderSecondary}`,
              }}
            >
              <div style={{ fontWeight: 600 }}>{day.date()}</div>
              {hours.length === 0 ? <div>{t('month.closed')}</div> : null}
              {hours.map((one) => (
                <div key={`${one.from}${one.to}`} style={{ fontVariantNumeric: 'tabular-nums' }}>
                  {one.from}–{one.to}
                </div>
              ))}
              {named === '' ? null : <div title={named}>{named}</div>}
            </div>
          );
        })}
      </div>
    </section>
  );
}
