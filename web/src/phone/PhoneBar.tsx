import { PhoneOutlined } from '@ant-design/icons';
import { Badge, Button, Flex, Tooltip, Typography } from 'antd';
import { useTranslation } from 'react-i18next';
import { Since } from '../components/StateTag.js';
import { answerPhone, hangUpPhone, type PhonePicture, usePhone } from './phone.js';

const BADGE: Record<PhonePicture['status'], 'default' | 'processing' | 'success' | 'error'> = {
  off: 'default',
  connecting: 'processing',
  registered: 'success',
  failed: 'error',
};

/** The browser's telephone in one line: whether it is there, who rings, answer and hang up. */
export function PhoneBar() {
  const { t } = useTranslation('phone');
  const { status, why, call } = usePhone();
  if (status === 'off') return null;
  return (
    <Flex align="center" gap={8} role="group" aria-label={t('phone')}>
      <Tooltip title={why ?? t(`status.${status}`)}>
        <Badge status={BADGE[status]} text={<span data-testid="phone-status">{t(`status.${status}`)}</span>} />
      </Tooltip>
      {call ? (
        <>
          <Typography.Text strong>{call.number}</Typography.Text>
          <Typography.Text type="secondary">
            {t(`call.${call.state}`)} <Since at={call.since} />
          </Typography.Text>
          {call.state === 'ringing' && call.direction === 'incoming' ? (
            <Button type="primary" size="small" icon={<PhoneOutlined />} onClick={answerPhone}>
              {t('answer')}
            </Button>
          ) : null}
          <Button danger size="small" icon={<PhoneOutlined rotate={225} />} onClick={hangUpPhone}>
            {call.state === 'ringing' ? t('refuse') : t('hangUp')}
          </Button>
        </>
      ) : null}
    </Flex>
  );
}
