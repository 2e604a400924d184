import './live.css';
import { useQuery } from '@tanstack/react-query';
import { WALL_MEASURES, type WallMeasure } from '@yixian/contracts/browser';
import { Card, Col, Flex, Row, Segmented, Switch, Typography } from 'antd';
import { useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get, type Page } from '../../app/api.js';
import { AgentBoard } from './AgentBoard.js';
import { AlarmPanel } from './AlarmPanel.js';
import type { QueueNeeds, QueueRow } from './agent-filter.js';
import { usePictures } from './pictures.js';
import { QueueTable } from './QueueTable.js';
import { SupervisionBar } from './SupervisionBar.js';
import { Tiles } from './Tiles.js';
import { TrendChart } from './TrendChart.js';
import { useAlarms } from './use-alarms.js';
import { useOwnPhone } from './use-own-phone.js';
import { useToday } from './use-today.js';
import { useTrend } from './use-trend.js';

function useNeeds(): QueueNeeds {
  const rows = useQuery({ queryKey: ['queues', 'needs'], queryFn: () => get<Page<QueueRow>>('/queues'), staleTime: 60_000 }).data;
  return useMemo(
    () =>
      new Map((rows?.items ?? []).flatMap(({ id, config }) => (config ? [[id, { ...config, group: config.group ?? null }] as const] : []))),
    [rows],
  );
}

function TrendCard() {
  const { t } = useTranslation('supervise');
  const [measure, setMeasure] = useState<WallMeasure>('inbound');
  const trend = useTrend();
  const options = WALL_MEASURES.map((value) => ({ value, label: t(`measure.${value}`) }));
  const choice = <Segmented size="small" aria-label={t('trend.measure')} value={measure} onChange={setMeasure} options={options} />;
  return (
    <Card size="small" title={t('trend.title')} extra={choice} styles={{ header: { minHeight: 40 } }}>
      <TrendChart trend={trend} measure={measure} height={220} />
    </Card>
  );
}

function OwnPhone() {
  const { t } = useTranslation('supervise');
  const phone = useOwnPhone();
  if (!phone.offered) return null;
  return (
    <Flex gap={8} align="center">
      <Switch size="small" aria-label={t('ownPhone')} checked={phone.on} onChange={phone.choose} />
      <Typography.Text type="secondary">{t('ownPhoneHint')}</Typography.Text>
    </Flex>
  );
}

/** 班长台: the hotline at a glance, and a hand on every seat and queue. */
export default function SupervisePage() {
  const today = useToday();
  const needs = useNeeds();
  const alarms = useAlarms(today);
  const root = useRef<HTMLDivElement>(null);
  usePictures(root);
  return (
    <Flex vertical gap={12} className="sv-page" ref={root}>
      <OwnPhone />
      <SupervisionBar />
      <Tiles today={today} ringing={alarms.ringing} />
      <QueueTable today={today} />
      <AgentBoard today={today} needs={needs} />
      <Row gutter={[12, 12]}>
        <Col xs={24} xl={14}>
          <TrendCard />
        </Col>
        <Col xs={24} xl={10}>
          <AlarmPanel alarms={alarms} />
        </Col>
      </Row>
    </Flex>
  );
}
