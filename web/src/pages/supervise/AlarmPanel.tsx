import {
  BellOutlined,
  CheckOutlined,
  DeleteOutlined,
  MutedOutlined,
  PlusOutlined,
  SettingOutlined,
  SoundOutlined,
} from '@ant-design/icons';
import { WALL_FIGURES, type WallFigure } from '@yixian/contracts/browser';
import { Badge, Button, Card, Empty, Flex, InputNumber, Modal, Select, Space, Tooltip, Typography } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLive } from '../../app/live.js';
import { clockText, momentText } from '../../app/time.js';
import { Since } from '../../components/StateTag.js';
import { same, useUnsaved } from '../../kit/use-unsaved.js';
import type { Alarm, AlarmRule } from './alarms.js';
import { figureText, unitOf } from './figures.js';
import { playAlarm } from './tone.js';
import { type AlarmsShown, acknowledge, setMuted, setRules } from './use-alarms.js';

export function useRuleText(): (rule: AlarmRule) => string {
  const { t } = useTranslation('supervise');
  const queues = useLive((picture) => picture.queues);
  return ({ queue, figure, when, value }) => {
    const where = queue === null ? '' : `${queues.get(queue)?.name ?? queue} · `;
    return `${where}${t(`figure.${figure}`)} ${when === 'above' ? '>' : '<'} ${figureText(figure, value)}`;
  };
}

export function AlarmLine({ alarm }: { alarm: Alarm }) {
  const { t } = useTranslation('supervise');
  const ruleText = useRuleText();
  return (
    <span className={alarm.until === null && !alarm.acknowledged ? 'sv-bad' : ''}>
      <strong>{ruleText(alarm.rule)}</strong> {t('alarms.was', { value: figureText(alarm.rule.figure, alarm.figure) })}
      <span className="sv-faint">
        {' · '}
        {momentText(alarm.since)} ·{' '}
        {alarm.until === null ? <Since at={alarm.since} /> : t('alarms.over', { for: clockText(alarm.until - alarm.since) })}
      </span>
    </span>
  );
}

const SCALE = { share: 100, time: 1, count: 1 } as const;

function RuleRow({ rule, onChange, onRemove }: { rule: AlarmRule; onChange(rule: AlarmRule): void; onRemove(): void }) {
  const { t } = useTranslation(['supervise', 'common']);
  const queues = useLive((picture) => picture.queues);
  const unit = unitOf(rule.figure);
  const scale = SCALE[unit];
  const places = [
    { value: '', label: t('alarms.everywhere') },
    ...[...queues.values()].map(({ id, name }) => ({ value: id, label: name })),
  ];
  return (
    <Space.Compact block>
      <Select
        aria-label={t('alarms.where')}
        style={{ width: 150 }}
        value={rule.queue ?? ''}
        onChange={(queue) => onChange({ ...rule, queue: queue || null })}
        options={places}
        showSearch={{ optionFilterProp: 'label' }}
      />
      <Select<WallFigure>
        aria-label={t('alarms.figure')}
        style={{ width: 130 }}
        value={rule.figure}
        onChange={(figure) => onChange({ ...rule, figure, value: unitOf(figure) === unit ? rule.value : 0 })}
        options={WALL_FIGURES.map((value) => ({ value, label: t(`figure.${value}`) }))}
      />
      <Select<AlarmRule['when']>
        aria-label={t('alarms.when')}
        style={{ width: 80 }}
        value={rule.when}
        onChange={(when) => onChange({ ...rule, when })}
        options={(['above', 'below'] as const).map((value) => ({ value, label: t(`alarms.${value}`) }))}
      />
      <InputNumber
        aria-label={t('alarms.threshold')}
        min={0}
        max={unit === 'share' ? 100 : 100_000}
        style={{ width: 110 }}
        suffix={t(`unit.${unit}`)}
        value={rule.value * scale}
        onChange={(value) => onChange({ ...rule, value: Number(value ?? 0) / scale })}
      />
      <Button icon={<DeleteOutlined />} aria-label={t('common:delete')} onClick={onRemove} />
    </Space.Compact>
  );
}

function RulesDialog({ rules, onClose }: { rules: readonly AlarmRule[]; onClose(): void }) {
  const { t } = useTranslation(['supervise', 'common']);
  const [draft, setDraft] = useState(rules);
  const unsaved = useUnsaved(!same(draft, rules));
  const replace = (id: string, by: AlarmRule[]): void => setDraft(draft.flatMap((one) => (one.id === id ? by : [one])));
  const add = (): void => setDraft([...draft, { id: crypto.randomUUID(), figure: 'waiting', queue: null, when: 'above', value: 5 }]);
  return (
    <Modal
      open
      width={600}
      title={t('alarms.rules')}
      okText={t('common:save')}
      cancelText={t('common:cancel')}
      onCancel={() => unsaved.close(onClose)}
      onOk={() => {
        setRules(draft);
        onClose();
      }}
    >
      <Flex vertical gap={8}>
        <Typography.Text type="secondary">{t('alarms.rulesHint')}</Typography.Text>
        {draft.map((rule) => (
          <RuleRow key={rule.id} rule={rule} onChange={(next) => replace(rule.id, [next])} onRemove={() => replace(rule.id, [])} />
        ))}
        <Button icon={<PlusOutlined />} onClick={add}>
          {t('alarms.add')}
        </Button>
      </Flex>
    </Modal>
  );
}

/** What has gone beyond its threshold: acknowledged one by one or all at once; the sound can be switched off. */
export function AlarmPanel({ alarms }: { alarms: AlarmsShown }) {
  const { t } = useTranslation('supervise');
  const [editing, setEditing] = useState(false);
  const open = alarms.list.filter((one) => !one.acknowledged);
  const sound = t(alarms.muted ? 'alarms.unmute' : 'alarms.mute');
  return (
    <Card
      size="small"
      styles={{ header: { minHeight: 40 } }}
      title={
        <Space>
          <BellOutlined /> {t('alarms.title')} <Badge count={open.length} />
        </Space>
      }
      extra={
        <Space size={4}>
          {open.length > 1 ? (
            <Button size="small" onClick={() => acknowledge('all')}>
              {t('alarms.acknowledgeAll')}
            </Button>
          ) : null}
          <Tooltip title={sound}>
            <Button
              size="small"
              type="text"
              icon={alarms.muted ? <MutedOutlined /> : <SoundOutlined />}
              aria-label={sound}
              aria-pressed={alarms.muted}
              onClick={() => {
                setMuted(!alarms.muted);
                if (alarms.muted) playAlarm();
              }}
            />
          </Tooltip>
          <Tooltip title={t('alarms.rules')}>
            <Button size="small" type="text" icon={<SettingOutlined />} aria-label={t('alarms.rules')} onClick={() => setEditing(true)} />
          </Tooltip>
        </Space>
      }
    >
      {open.length === 0 ? <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('alarms.none')} /> : null}
      <ul className="sv-list" aria-live="assertive">
        {open.slice(0, 20).map((alarm) => (
          <li key={`${alarm.rule.id}:${alarm.since}`} data-testid="alarm">
            <AlarmLine alarm={alarm} />
            <Button size="small" icon={<CheckOutlined />} onClick={() => acknowledge(alarm)}>
              {t('alarms.acknowledge')}
            </Button>
          </li>
        ))}
      </ul>
      {editing ? <RulesDialog rules={alarms.rules} onClose={() => setEditing(false)} /> : null}
    </Card>
  );
}
