import { DeleteOutlined } from '@ant-design/icons';
import { WALL_COLUMNS, type Wallboard, type WallContent, type WallTile } from '@yixian/contracts/browser';
import { App, Button, Dropdown, Empty, Flex, Input, Result, Select, Spin } from 'antd';
import { type KeyboardEvent, type PointerEvent, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate, useParams } from 'react-router';
import { ApiError, post, put } from '../../app/api.js';
import { useUser } from '../../app/session.js';
import { useFailure } from '../../app/use-failure.js';
import { useUnsaved } from '../../kit/use-unsaved.js';
import { freePlace, placed, rowsOf } from './grid.js';
import { TileSettings } from './TileSettings.js';
import { type Shown, TileView, useTileTitle } from './TileView.js';
import { type SavedWallboard, useForgetWallboards, useWallboard } from './use-wallboards.js';
import { useShown, WallTheme } from './WallView.js';

type Draft = Pick<Wallboard, 'name' | 'theme' | 'tiles'>;

const NEW: Draft = { name: '', theme: 'dark', tiles: [] };
const SIZES: Record<WallTile['kind'], { w: number; h: number }> = {
  number: { w: 6, h: 4 },
  queues: { w: 12, h: 7 },
  agents: { w: 6, h: 7 },
  trend: { w: 12, h: 7 },
  alarms: { w: 8, h: 5 },
  clock: { w: 5, h: 4 },
  text: { w: 8, h: 3 },
};
const CONTENT: { [K in WallTile['kind']]: Extract<WallContent, { kind: K }> } = {
  number: { kind: 'number', figure: 'waiting', queue: null },
  queues: { kind: 'queues', queues: [] },
  agents: { kind: 'agents', group: null },
  trend: { kind: 'trend', measure: 'inbound' },
  alarms: { kind: 'alarms' },
  clock: { kind: 'clock' },
  text: { kind: 'text', text: '' },
};
const KINDS = Object.keys(SIZES) as WallTile['kind'][];
const ARROWS: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

interface Grip {
  id: string;
  mode: 'move' | 'size';
  from: { x: number; y: number };
  tiles: readonly WallTile[];
}

interface CanvasProps {
  draft: Draft;
  chosen: string | undefined;
  shown: Shown;
  onChoose(id: string | undefined): void;
  onTiles(tiles: readonly WallTile[]): void;
}

/** The grid under the hand: drag, resize by the corner, arrow keys. */
function Canvas({ draft, chosen, shown, onChoose, onTiles }: CanvasProps) {
  const { t } = useTranslation('wall');
  const title = useTileTitle();
  const box = useRef<HTMLDivElement>(null);
  const grip = useRef<Grip>(undefined);
  const rows = rowsOf(draft.tiles);

  const begin = (event: PointerEvent<HTMLElement>, id: string, mode: Grip['mode']): void => {
    if (event.button !== 0) return;
    event.stopPropagation();
    event.currentTarget.setPointerCapture(event.pointerId);
    grip.current = { id, mode, from: { x: event.clientX, y: event.clientY }, tiles: draft.tiles };
    onChoose(id);
  };
  const drag = (event: PointerEvent<HTMLElement>): void => {
    const held = grip.current;
    const size = box.current?.getBoundingClientRect();
    const tile = held?.tiles.find((one) => one.id === held.id);
    if (!held || !size || !tile) return;
    const dx = ((event.clientX - held.from.x) / size.width) * WALL_COLUMNS;
    const dy = ((event.clientY - held.from.y) / size.height) * rows;
    const { x, y, w, h } = tile;
    // from where they stood when it was taken up: what it passes goes back
    onTiles(placed(held.tiles, held.id, held.mode === 'move' ? { x: x + dx, y: y + dy, w, h } : { x, y, w: w + dx, h: h + dy }));
  };
  const drop = (): void => {
    grip.current = undefined;
  };
  const key = (event: KeyboardEvent<HTMLElement>, { id, x, y, w, h }: WallTile): void => {
    const step = ARROWS[event.key];
    if (!step) return;
    event.preventDefault();
    const [dx, dy] = step;
    onTiles(placed(draft.tiles, id, event.shiftKey ? { x, y, w: w + dx, h: h + dy } : { x: x + dx, y: y + dy, w, h }));
  };

  return (
    <div
      ref={box}
      className={`wl-root wl-editing wl-${draft.theme}`}
      style={{ gridTemplateColumns: `repeat(${WALL_COLUMNS}, minmax(0, 1fr))`, gridTemplateRows: `repeat(${rows}, minmax(0, 1fr))` }}
    >
      {draft.tiles.map((tile) => (
        <div
          key={tile.id}
          className={`wl-tile wl-kind-${tile.kind} ${tile.id === chosen ? 'wl-chosen' : ''}`}
          style={{ gridColumn: `${tile.x + 1} / span ${tile.w}`, gridRow: `${tile.y + 1} / span ${tile.h}` }}
        >
          <div className="wl-inert" inert>
            <TileView tile={tile} shown={shown} />
          </div>
          <button
            type="button"
            className="wl-handle"
            aria-pressed={tile.id === chosen}
            aria-label={t('tile.of', { kind: t(`kind.${tile.kind}`), title: title(tile) })}
            data-testid={`edit-${tile.kind}`}
            onPointerDown={(event) => begin(event, tile.id, 'move')}
            onPointerMove={drag}
            onPointerUp={drop}
            onPointerCancel={drop}
            onFocus={() => onChoose(tile.id)}
            onKeyDown={(event) => key(event, tile)}
          />
          <span
            aria-hidden
            title={t('tile.resize')}
            className="wl-corner"
            onPointerDown={(event) => begin(event, tile.id, 'size')}
            onPointerMove={drag}
            onPointerUp={drop}
            onPointerCancel={drop}
          />
        </div>
      ))}
    </div>
  );
}

interface BarProps {
  draft: Draft;
  dirty: boolean;
  busy: boolean;
  onDraft(change: Partial<Draft>): void;
  onSave(): void;
  onLeave(): void;
}

function Bar({ draft, dirty, busy, onDraft, onSave, onLeave }: BarProps) {
  const { t } = useTranslation(['wall', 'common']);
  const add = (kind: WallTile['kind']): void => {
    const place = freePlace(draft.tiles, SIZES[kind].w, SIZES[kind].h);
    if (place) onDraft({ tiles: [...draft.tiles, { id: `t${crypto.randomUUID().slice(0, 8)}`, title: '', ...place, ...CONTENT[kind] }] });
  };
  return (
    <Flex gap={8} wrap align="center" className="wl-bar">
      <Button onClick={onLeave}>{t('back')}</Button>
      <Input
        style={{ width: 200 }}
        maxLength={100}
        aria-label={t('name')}
        placeholder={t('name')}
        value={draft.name}
        status={dirty && draft.name.trim() === '' ? 'error' : ''}
        onChange={(event) => onDraft({ name: event.target.value })}
      />
      <Select<Draft['theme']>
        aria-label={t('theme.label')}
        value={draft.theme}
        onChange={(look) => onDraft({ theme: look })}
        options={(['dark', 'light'] as const).map((value) => ({ value, label: t(`theme.${value}`) }))}
      />
      <Dropdown
        trigger={['click']}
        menu={{ items: KINDS.map((key) => ({ key, label: t(`kind.${key}`) })), onClick: ({ key }) => add(key as WallTile['kind']) }}
      >
        <Button>{t('addTile')}</Button>
      </Dropdown>
      <span className="sv-faint" style={{ flex: 1 }}>
        {dirty ? t('unsaved') : ''}
      </span>
      <Button type="primary" loading={busy} disabled={draft.name.trim() === '' || !dirty} onClick={onSave}>
        {t('common:save')}
      </Button>
    </Flex>
  );
}

function Editing({ saved }: { saved: SavedWallboard | undefined }) {
  const { t } = useTranslation(['wall', 'common']);
  const { message } = App.useApp();
  const navigate = useNavigate();
  const user = useUser();
  const fail = useFailure();
  const forget = useForgetWallboards();
  const shown = useShown();
  const own = saved !== undefined && (saved.owner === user.username || user.roles.includes('admin'));
  const [base, setBase] = useState(saved);
  // somebody else's is saved as a copy
  const [draft, setDraft] = useState<Draft>(() => (saved ? { ...saved, name: own ? saved.name : `${saved.name}${t('copySuffix')}` } : NEW));
  const [dirty, setDirty] = useState(false);
  const unsaved = useUnsaved(dirty);
  const [busy, setBusy] = useState(false);
  const [chosen, setChosen] = useState<string>();
  const change = (part: Partial<Draft>): void => {
    setDraft((before) => ({ ...before, ...part }));
    setDirty(true);
  };
  const tile = draft.tiles.find((one) => one.id === chosen);
  const setTile = (next: WallTile): void => {
    const others = draft.tiles.map((one) => (one.id === next.id ? next : one));
    change({ tiles: [...placed(others, next.id, next)] });
  };
  const save = async (): Promise<void> => {
    setBusy(true);
    const body = { name: draft.name.trim(), theme: draft.theme, tiles: draft.tiles };
    try {
      const known = own ? base : undefined;
      const next = known
        ? await put<SavedWallboard>(`/wallboards/${known.id}`, { ...body, revision: known.revision })
        : await post<SavedWallboard>('/wallboards', body);
      setBase(next);
      setDirty(false);
      unsaved.saved();
      forget();
      void message.success(t('saved'));
      if (!known) void navigate(`/wall/${next.id}/edit`, { replace: true });
    } catch (error) {
      if (error instanceof ApiError && error.status === 409 && error.details.field === 'revision') void message.error(t('conflict'));
      else fail(error);
    } finally {
      setBusy(false);
    }
  };
  const leave = (): void => void navigate(base && own ? `/wall/${base.id}` : '/wall');
  return (
    <main className="wl-editor">
      <Bar draft={draft} dirty={dirty} busy={busy} onDraft={change} onSave={() => void save()} onLeave={leave} />
      <div className="wl-work">
        <WallTheme look={draft.theme}>
          <Canvas draft={draft} chosen={chosen} shown={shown} onChoose={setChosen} onTiles={(tiles) => change({ tiles: [...tiles] })} />
        </WallTheme>
        <aside className="wl-side" aria-label={t('tile.settings')}>
          {tile ? (
            <>
              <TileSettings tile={tile} onChange={setTile} />
              <Button
                danger
                block
                icon={<DeleteOutlined />}
                onClick={() => {
                  change({ tiles: draft.tiles.filter((one) => one.id !== tile.id) });
                  setChosen(undefined);
                }}
              >
                {t('tile.remove')}
              </Button>
            </>
          ) : (
            <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={draft.tiles.length === 0 ? t('emptyBoard') : t('tile.moveHint')} />
          )}
        </aside>
      </div>
    </main>
  );
}

/** Composes a wallboard: new, or one that is there. While it is open no other version of the application is loaded. */
export function WallEditor() {
  const { t } = useTranslation('wall');
  const { id = 'new' } = useParams();
  return id === 'new' ? <Editing saved={undefined} /> : <Existing id={id} gone={t('gone')} />;
}

function Existing({ id, gone: words }: { id: string; gone: string }) {
  const { board, gone } = useWallboard(id);
  if (gone) return <Result status="404" title={words} />;
  return board ? <Editing key={id} saved={board} /> : <Spin fullscreen />;
}
