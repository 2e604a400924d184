import { EditOutlined, FullscreenOutlined, UnorderedListOutlined } from '@ant-design/icons';
import { WALL_COLUMNS, type Wallboard } from '@yixian/contracts/browser';
import { Button, ConfigProvider, Result, Space, Spin, theme } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate, useParams } from 'react-router';
import { useLiveStatus } from '../../app/live.js';
import { useAlarms } from '../supervise/use-alarms.js';
import { useToday } from '../supervise/use-today.js';
import { useTrend } from '../supervise/use-trend.js';
import { useFollowVersion } from './follow-version.js';
import { rowsOf } from './grid.js';
import { type Shown, TileView } from './TileView.js';
import { useKeepSession } from './use-keep-session.js';
import { useWallboard } from './use-wallboards.js';

export function useShown(): Shown {
  const today = useToday();
  return { today, trend: useTrend(), alarms: useAlarms(today) };
}

/** A wallboard has a theme of its own, whatever the user's. */
export function WallTheme({ look, children }: { look: Wallboard['theme']; children: ReactNode }) {
  const dark = look === 'dark';
  return (
    <ConfigProvider
      theme={{ inherit: false, algorithm: dark ? theme.darkAlgorithm : theme.defaultAlgorithm, cssVar: { key: `wall-${look}` } }}
    >
      {children}
    </ConfigProvider>
  );
}

/** The tiles as they hang on the wall, filling the window. */
export function WallGrid({ board, shown }: { board: Pick<Wallboard, 'tiles' | 'theme'>; shown: Shown }) {
  const rows = rowsOf(board.tiles);
  return (
    <div
      className={`wl-root wl-${board.theme}`}
      style={{ gridTemplateColumns: `repeat(${WALL_COLUMNS}, minmax(0, 1fr))`, gridTemplateRows: `repeat(${rows}, minmax(0, 1fr))` }}
    >
      {board.tiles.map((tile) => (
        <section
          key={tile.id}
          className={`wl-tile wl-kind-${tile.kind}`}
          data-testid={`tile-${tile.id}`}
          style={{ gridColumn: `${tile.x + 1} / span ${tile.w}`, gridRow: `${tile.y + 1} / span ${tile.h}` }}
        >
          <TileView tile={tile} shown={shown} />
        </section>
      ))}
    </div>
  );
}

/** One wallboard, full screen, for weeks: follows the server's version and keeps its session. */
export function WallView() {
  const { t } = useTranslation('wall');
  const { id = '' } = useParams();
  const navigate = useNavigate();
  const { board, gone } = useWallboard(id);
  const status = useLiveStatus();
  const shown = useShown();
  useFollowVersion();
  useKeepSession();
  if (gone) {
    const back = <Button onClick={() => void navigate('/wall')}>{t('back')}</Button>;
    return <Result status="404" title={t('gone')} extra={back} />;
  }
  if (!board) return <Spin fullscreen />;
  return (
    <WallTheme look={board.theme}>
      <main className="wl-screen">
        <h1 className="sv-hidden">{board.name}</h1>
        <WallGrid board={board} shown={shown} />
        {status === 'interrupted' ? (
          <div role="alert" className="wl-interrupted">
            {t('interrupted')}
          </div>
        ) : null}
        <Space className="wl-tools">
          <Button icon={<UnorderedListOutlined />} aria-label={t('back')} onClick={() => void navigate('/wall')} />
          <Button icon={<EditOutlined />} aria-label={t('edit')} onClick={() => void navigate(`/wall/${id}/edit`)} />
          <Button
            icon={<FullscreenOutlined />}
            aria-label={t('fullScreen')}
            onClick={() => void document.documentElement.requestFullscreen().catch(() => undefined)}
          />
        </Space>
      </main>
    </WallTheme>
  );
}
