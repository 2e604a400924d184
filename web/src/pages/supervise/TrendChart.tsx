import type { WallMeasure } from '@yixian/contracts/browser';
import { theme } from 'antd';
import { lazy, Suspense, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { byHour, hourNow } from './trend-hours.js';
import type { Trend } from './use-trend.js';

const Chart = lazy(() => import('./Chart.js'));
const HOURS = Array.from({ length: 24 }, (_, hour) => `${hour}:00`);

interface Colours {
  today: string;
  text: string;
  faint: string;
  grid: string;
}

function optionOf(trend: Trend | undefined, measure: WallMeasure, names: [string, string, string], colours: Colours, scale: number) {
  const line = (name: string, data: (number | null)[], colour: string, more: object = {}) => ({
    ...{ name, type: 'line', data, showSymbol: false, smooth: 0.2, color: colour },
    ...more,
  });
  const axisLabel = { color: colours.text, fontSize: 12 * scale };
  return {
    animation: false,
    grid: { left: 8, right: 16, top: 36 * scale, bottom: 4, containLabel: true },
    legend: { top: 0, textStyle: { color: colours.text, fontSize: 12 * scale } },
    tooltip: { trigger: 'axis' },
    xAxis: { type: 'category', data: HOURS, axisLabel, axisLine: { lineStyle: { color: colours.grid } } },
    yAxis: { type: 'value', minInterval: 1, axisLabel, splitLine: { lineStyle: { color: colours.grid } } },
    series: [
      line(names[0], byHour(trend?.today ?? [], measure, hourNow()), colours.today, {
        lineStyle: { width: 3 },
        areaStyle: { opacity: 0.12 },
        z: 3,
      }),
      line(names[1], byHour(trend?.yesterday ?? [], measure, 23), colours.faint, { lineStyle: { type: 'dashed', width: 1.5 } }),
      line(names[2], byHour(trend?.lastWeek ?? [], measure, 23), colours.text, { lineStyle: { type: 'dotted', width: 1.5 } }),
    ],
  };
}

/** The day against yesterday and the same day of last week. @param scale of the texts, for a wall */
export function TrendChart({
  trend,
  measure,
  height,
  scale = 1,
}: {
  trend: Trend | undefined;
  measure: WallMeasure;
  height: number | string;
  scale?: number;
}) {
  const { t } = useTranslation('supervise');
  const { token } = theme.useToken();
  const option = useMemo(() => {
    const colours = {
      today: token.colorPrimary,
      text: token.colorTextSecondary,
      faint: token.colorWarning,
      grid: token.colorBorderSecondary,
    };
    return optionOf(trend, measure, [t('trend.today'), t('trend.yesterday'), t('trend.lastWeek')], colours, scale);
  }, [trend, measure, scale, t, token]);
  const total = (trend?.today ?? []).reduce((sum, row) => sum + row[measure], 0);
  return (
    <Suspense fallback={<div style={{ height }} />}>
      <Chart option={option} height={height} label={t('trend.spoken', { measure: t(`measure.${measure}`), n: total })} />
    </Suspense>
  );
}
