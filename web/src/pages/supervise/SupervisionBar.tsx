import { CustomerServiceOutlined, StopOutlined } from '@ant-design/icons';
import { Alert, Button, Flex, Segmented, Typography } from 'antd';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { useLive } from '../../app/live.js';
import { useFailure } from '../../app/use-failure.js';
import { Since } from '../../components/StateTag.js';
import { answerPhone, usePhone } from '../../phone/phone.js';
import { stopSupervision, supervise, useOwnSupervision, type WatchMode } from './supervision.js';

const MODES: WatchMode[] = ['listen', 'whisper', 'barge'];

/** Whom one listens to, in what way, and the way out. The own browser answers by itself: the ring was asked for here. */
export function SupervisionBar() {
  const { t } = useTranslation('supervise');
  const own = useOwnSupervision();
  const { call } = usePhone();
  const agent = useLive((picture) => (own ? picture.agents.get(own.agent) : undefined));
  const caller = useLive((picture) => (own ? picture.calls.get(own.callId)?.caller : undefined));
  const fail = useFailure();
  const asked = own?.phase === 'calling' && call?.state === 'ringing' && call.direction === 'incoming' && call.callId === own.callId;
  useEffect(() => {
    if (asked) answerPhone();
  }, [asked]);
  if (!own) return null;
  const name = !agent || agent.name.includes(own.agent) ? (agent?.name ?? own.agent) : `${agent.name} ${own.agent}`;
  return (
    <Alert
      type={own.mode === 'listen' ? 'info' : 'warning'}
      showIcon
      icon={<CustomerServiceOutlined />}
      data-testid="supervision"
      title={
        <Flex align="center" gap={12} wrap>
          <Typography.Text strong>
            {own.phase === 'calling' ? t('supervision.calling') : t(`supervision.on.${own.mode}`, { name, caller: caller ?? '' })}
          </Typography.Text>
          <Since at={own.since} />
          {own.mode === 'takeover' ? null : (
            <Segmented<WatchMode>
              value={own.mode}
              disabled={own.phase === 'calling'}
              onChange={(mode) => void supervise(own.callId, own.agent, mode).catch(fail)}
              options={MODES.map((value) => ({ value, label: t(`mode.${value}`) }))}
            />
          )}
          {own.mode === 'takeover' ? (
            <Typography.Text type="secondary">{t('supervision.hangUp')}</Typography.Text>
          ) : (
            <Button danger icon={<StopOutlined />} onClick={() => void stopSupervision().catch(fail)}>
              {t('mode.stop')}
            </Button>
          )}
        </Flex>
      }
    />
  );
}
