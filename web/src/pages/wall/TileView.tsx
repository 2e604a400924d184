import { BellOutlined, CoffeeOutlined, EditOutlined, LogoutOutlined, PhoneOutlined, SmileOutlined } from '@ant-design/icons';
import type { AgentView, WallTile } from '@yixian/contracts/browser';
import { memo, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { livePicture, useLive } from '../../app/live.js';
import { clockText, momentText, useNow } from '../../app/time.js';
import { AlarmLine } from '../supervise/AlarmPanel.js';
import { countStates } from '../supervise/agent-filter.js';
import { figureOf, figureText, longestWait, type Today } from '../supervise/figures.js';
import { useFigure } from '../supervise/Tiles.js';
import { TrendChart } from '../supervise/TrendChart.js';
import type { AlarmsShown } from '../supervise/use-alarms.js';
import type { Trend } from '../supervise/use-trend.js';

export interface Shown {
  today: Today;
  trend: Trend | undefined;
  alarms: AlarmsShown;
}

type Of<K extends WallTile['kind']> = Extract<WallTile, { kind: K }>;
const STATES: AgentView['state'][] = ['on-call', 'ringing', 'wrap-up', 'ready', 'not-ready', 'offline'];
const STATE_ICONS: Record<AgentView['state'], ReactNode> = {
  offline: <LogoutOutlined />,
  'not-ready': <CoffeeOutlined />,
  ready: <SmileOutlined />,
  ringing: <BellOutlined />,
  'on-call': <PhoneOutlined />,
  'wrap-up': <EditOutlined />,
};
const MOST_ALARMS = 12;
const QUEUE_TODAY = ['serviceLevel', 'lossRate'] as const;

function NumberTile({ tile, shown }: { tile: Of<'number'>; shown: Shown }) {
  const value = useFigure(tile.figure, tile.queue, shown.today);
  const bad = shown.alarms.list.some((one) => one.until === null && one.rule.figure === tile.figure && one.rule.queue === tile.queue);
  return <div className={`wl-number ${bad ? 'sv-bad' : ''}`}>{figureText(tile.figure, value)}</div>;
}

function QueuesTile({ tile, shown }: { tile: Of<'queues'>; shown: Shown }) {
  const { t } = useTranslation('supervise');
  const queues = useLive((picture) => picture.queues);
  const now = useNow();
  // all of them may be more than the tile holds: those who have waited longest stand first
  const listed =
    tile.queues.length > 0
      ? tile.queues.flatMap((id) => queues.get(id) ?? [])
      : [...queues.values()].sort((a, b) => longestWait(b, now) - longestWait(a, now));
  return (
    <table className="wl-table">
      <thead>
        <tr>
          {(['queue', 'waiting', 'longestWait', 'serving', 'ready', ...QUEUE_TODAY] as const).map((key) => (
            <th key={key} scope="col">
              {key === 'queue' ? t('queues.queue') : t(`column.${key}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {listed.map((queue) => (
          <tr key={queue.id} className={queue.waitingCount > 0 ? 'sv-busy' : ''}>
            <th scope="row">
              {queue.name}
              {queue.door.open ? '' : ` · ${t('door.isClosed')}`}
            </th>
            <td className="sv-strong">{queue.waitingCount}</td>
            <td className="sv-strong">{queue.waiting.length > 0 ? clockText(longestWait(queue, now)) : '–'}</td>
            <td>{queue.serving}</td>
            <td>{queue.ready}</td>
            {QUEUE_TODAY.map((figure) => (
              <td key={figure}>{figureText(figure, figureOf(figure, queue.id, livePicture(), shown.today, now))}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function AgentsTile({ tile }: { tile: Of<'agents'> }) {
  const { t } = useTranslation('common');
  const agents = useLive((picture) => picture.agents);
  const of = [...agents.values()].filter((agent) => tile.group === null || agent.groups.includes(tile.group));
  const counts = countStates(of);
  return (
    <ul className="wl-states">
      {STATES.map((state) => (
        <li key={state} className={`sv-${state}`}>
          <span className="sv-state">
            {STATE_ICONS[state]} {t(`state.${state}`)}
          </span>
          <strong>{counts[state]}</strong>
        </li>
      ))}
    </ul>
  );
}

function ClockTile() {
  const now = useNow();
  const [date, time] = momentText(now).split(' ');
  return (
    <div className="wl-clock">
      <div className="wl-number">{time}</div>
      <div className="wl-date">{date}</div>
    </div>
  );
}

function AlarmsTile({ shown }: { shown: Shown }) {
  const { t } = useTranslation('wall');
  const open = shown.alarms.list.filter((one) => one.until === null).slice(0, MOST_ALARMS);
  if (open.length === 0) return <div className="wl-quiet">{t('noAlarms')}</div>;
  return (
    <ul className="sv-list wl-list">
      {open.map((alarm) => (
        <li key={`${alarm.rule.id}:${alarm.since}`}>
          <AlarmLine alarm={alarm} />
        </li>
      ))}
    </ul>
  );
}

function Content({ tile, shown }: { tile: WallTile; shown: Shown }) {
  switch (tile.kind) {
    case 'number':
      return <NumberTile tile={tile} shown={shown} />;
    case 'queues':
      return <QueuesTile tile={tile} shown={shown} />;
    case 'agents':
      return <AgentsTile tile={tile} />;
    case 'trend':
      return <TrendChart trend={shown.trend} measure={tile.measure} height="100%" scale={1.3} />;
    case 'alarms':
      return <AlarmsTile shown={shown} />;
    case 'clock':
      return <ClockTile />;
    case 'text':
      return <div className="wl-text">{tile.text}</div>;
  }
}

/** What stands above a tile: its own title, or the usual one. */
export function useTileTitle(): (tile: WallTile) => string {
  const { t } = useTranslation(['wall', 'supervise']);
  const queues = useLive((picture) => picture.queues);
  return (tile) => {
    if (tile.title) return tile.title;
    if (tile.kind === 'number') {
      const where = tile.queue === null ? '' : `${queues.get(tile.queue)?.name ?? tile.queue} · `;
      return `${where}${t(`supervise:figure.${tile.figure}`)}`;
    }
    if (tile.kind === 'trend') return `${t('supervise:trend.title')} · ${t(`supervise:measure.${tile.measure}`)}`;
    if (tile.kind === 'agents') return `${t('supervise:board.title')}${tile.group === null ? '' : ` · ${tile.group}`}`;
    return tile.kind === 'text' || tile.kind === 'clock' ? '' : t(`kind.${tile.kind}`);
  };
}

/** One tile with its title; texts grow with it. */
export const TileView = memo(function TileView({ tile, shown }: { tile: WallTile; shown: Shown }) {
  const title = useTileTitle()(tile);
  return (
    <>
      {title ? <div className="wl-title">{title}</div> : null}
      <div className="wl-body">
        <Content tile={tile} shown={shown} />
      </div>
    </>
  );
});
