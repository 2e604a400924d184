import { WALL_COLUMNS, WALL_FIGURES, WALL_MEASURES, WALL_ROWS, type WallTile } from '@yixian/contracts/browser';
import { Form, Input, InputNumber, Select, Typography } from 'antd';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useLive } from '../../app/live.js';
import { groupsOf } from '../supervise/agent-filter.js';

interface Props {
  tile: WallTile;
  onChange(tile: WallTile): void;
}

function useQueueOptions(): { value: string; label: string }[] {
  const queues = useLive((picture) => picture.queues);
  return useMemo(() => [...queues.values()].map(({ id, name }) => ({ value: id, label: name })), [queues]);
}

function ContentFields({ tile, onChange }: Props) {
  const { t } = useTranslation(['wall', 'supervise']);
  const queues = useQueueOptions();
  const agents = useLive((picture) => picture.agents);
  const all = { value: '', label: t('tile.all') };
  switch (tile.kind) {
    case 'number':
      return (
        <>
          <Form.Item label={t('tile.figure')}>
            <Select
              aria-label={t('tile.figure')}
              value={tile.figure}
              onChange={(figure) => onChange({ ...tile, figure })}
              options={WALL_FIGURES.map((value) => ({ value, label: t(`supervise:figure.${value}`) }))}
            />
          </Form.Item>
          <Form.Item label={t('tile.queue')}>
            <Select
              aria-label={t('tile.queue')}
              value={tile.queue ?? ''}
              onChange={(queue) => onChange({ ...tile, queue: queue || null })}
              options={[all, ...queues]}
            />
          </Form.Item>
        </>
      );
    case 'queues':
      return (
        <Form.Item label={t('tile.queues')}>
          <Select
            mode="multiple"
            aria-label={t('tile.queues')}
            value={tile.queues}
            onChange={(chosen) => onChange({ ...tile, queues: chosen })}
            options={queues}
          />
        </Form.Item>
      );
    case 'agents':
      return (
        <Form.Item label={t('tile.group')}>
          <Select
            aria-label={t('tile.group')}
            value={tile.group ?? ''}
            onChange={(group) => onChange({ ...tile, group: group || null })}
            options={[all, ...groupsOf(agents.values()).map((value) => ({ value, label: value }))]}
          />
        </Form.Item>
      );
    case 'trend':
      return (
        <Form.Item label={t('tile.measure')}>
          <Select
            aria-label={t('tile.measure')}
            value={tile.measure}
            onChange={(measure) => onChange({ ...tile, measure })}
            options={WALL_MEASURES.map((value) => ({ value, label: t(`supervise:measure.${value}`) }))}
          />
        </Form.Item>
      );
    case 'text':
      return (
        <Form.Item label={t('tile.text')}>
          <Input.TextArea
            aria-label={t('tile.text')}
            rows={4}
            maxLength={1000}
            value={tile.text}
            onChange={(event) => onChange({ ...tile, text: event.target.value })}
          />
        </Form.Item>
      );
    default:
      return null;
  }
}

/** The chosen tile: what it shows, and where it stands for whoever does not drag. */
export function TileSettings({ tile, onChange }: Props) {
  const { t } = useTranslation('wall');
  const most = { x: WALL_COLUMNS - tile.w, y: WALL_ROWS - tile.h, w: WALL_COLUMNS, h: WALL_ROWS };
  return (
    <Form layout="vertical">
      <Typography.Title level={5} style={{ marginTop: 0 }}>
        {t(`kind.${tile.kind}`)}
      </Typography.Title>
      <Form.Item label={t('tile.title')}>
        <Input
          aria-label={t('tile.title')}
          maxLength={60}
          placeholder={t('tile.titleHint')}
          value={tile.title}
          onChange={(event) => onChange({ ...tile, title: event.target.value })}
        />
      </Form.Item>
      <ContentFields tile={tile} onChange={onChange} />
      <Form.Item label={t('tile.place')}>
        <div className="wl-place">
          {(['x', 'y', 'w', 'h'] as const).map((key) => (
            <InputNumber
              key={key}
              size="small"
              aria-label={t(`tile.${key}`)}
              prefix={t(`tile.${key}`)}
              min={key === 'x' || key === 'y' ? 0 : 2}
              max={most[key]}
              precision={0}
              value={tile[key]}
              onChange={(value) => value !== null && onChange({ ...tile, [key]: value })}
            />
          ))}
        </div>
      </Form.Item>
    </Form>
  );
}
