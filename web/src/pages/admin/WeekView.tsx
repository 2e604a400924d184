import type { Schedule } from '@yixian/contracts/browser';
import { Typography, theme } from 'antd';
import { useTranslation } from 'react-i18next';
import { weekOf } from './week.js';

const HOURS = [0, 6, 12, 18, 24];
const DAY = 24 * 60;
const share = (minutes: number): string => `${(100 * minutes) / DAY}%`;

/** The week as bars of a day each; in words for those who do not see it. `small`: for the row of a list. */
export function WeekView({ weekly, small = false }: { weekly: Schedule['weekly']; small?: boolean }) {
  const { t } = useTranslation('admin');
  const { token } = theme.useToken();
  const clock = (minutes: number): string =>
    `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
  const week = weekOf(weekly);
  const words = week.map((spans, i) => {
    const hours = spans.map((span) => `${clock(span.from)}–${clock(span.to)}`).join(' ');
    return `${t(`schedules.of.weekly.daysIs.${i + 1}`)} ${hours === '' ? t('month.closed') : hours}`;
  });
  const [height, gap] = small ? [3, 1] : [16, 4];
  return (
    <div role="img" aria-label={words.join('; ')} title={words.join('\n')} style={small ? { width: 110 } : { marginBottom: 16 }}>
      {week.map((spans, i) => (
        <div key={words[i]} style={{ display: 'flex', alignItems: 'center', gap: 8, marginBottom: gap }}>
          {small ? null : (
            <Typography.Text type="secondary" style={{ width: 44, flex: 'none', fontSize: 12 }}>
              {t(`schedules.of.weekly.daysIs.${i + 1}`)}
            </Typography.Text>
          )}
          <div style={{ position: 'relative', flex: 1, height, background: token.colorFillSecondary, borderRadius: 2 }}>
            {spans.map((span) => (
              <div
                key={`${span.from} ${span.to}`}
                style={{
                  position: 'absolute',
                  insetInlineStart: share(span.from),
                  width: share(span.to - span.from),
                  height,
                  background: token.colorSuccess,
                  borderRadius: 2,
                }}
              />
            ))}
          </div>
        </div>
      ))}
      {small ? null : (
        <div
          style={{ display: 'flex', justifyContent: 'space-between', marginInlineStart: 52, fontSize: 11, color: token.colorTextSecondary }}
        >
          {HOURS.map((hour) => (
            <span key={hour}>{hour}</span>
          ))}
        </div>
      )}
    </div>
  );
}
