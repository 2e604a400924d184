import type { WallFigure } from '@yixian/contracts/browser';
import { Card } from 'antd';
import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import { useLive } from '../../app/live.js';
import { useNow } from '../../app/time.js';
import { figureOf, figureText, type Today } from './figures.js';

const SHOWN: readonly WallFigure[] = [
  'waiting',
  'longestWait',
  'serving',
  'ready',
  'signedIn',
  'serviceLevel',
  'lossRate',
  'averageWait',
  'answered',
  'occupancy',
];

/** A figure of the live picture, following it and, where it is a wait, the clock: a new render only when it is another. */
export function useFigure(figure: WallFigure, queue: string | null, today: Today): number | null {
  useNow();
  return useLive((picture) => figureOf(figure, queue, picture, today, Date.now() + picture.clockOffset));
}

const Value = memo(function Value({ figure, today }: { figure: WallFigure; today: Today }) {
  return <div className="sv-figure">{figureText(figure, useFigure(figure, null, today))}</div>;
});

const Tile = memo(function Tile({ figure, today, bad }: { figure: WallFigure; today: Today; bad: boolean }) {
  const { t } = useTranslation('supervise');
  return (
    <Card
      size="small"
      className={`sv-tile ${bad ? 'sv-alarm' : ''}`}
      styles={{ body: { padding: '8px 12px' } }}
      data-testid={`tile-${figure}`}
    >
      <div className="sv-faint sv-label" title={t(`figure.${figure}`)}>
        {t(`figure.${figure}`)}
      </div>
      <Value figure={figure} today={today} />
    </Card>
  );
});

/** The hotline in ten figures. @param ringing figures an alarm is about now */
export function Tiles({ today, ringing }: { today: Today; ringing: ReadonlySet<WallFigure> }) {
  return (
    <div className="sv-tiles">
      {SHOWN.map((figure) => (
        <Tile key={figure} figure={figure} today={today} bad={ringing.has(figure)} />
      ))}
    </div>
  );
}
