import { PhoneOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { Since } from '../components/Since.js';
import { answerPhone, hangUpPhone, takePhoneOver, usePhone } from './phone.js';

/** The browser's telephone in one line, for whoever has one and no seat: whether it is there, who rings, answer and hang up. */
export function PhoneBar() {
  const { t } = useTranslation('phone');
  const { status, why, call } = usePhone();
  if (status === 'off') return null;
  return (
    <section className="desk-bar" aria-label={t('phone')}>
      <span className="note" title={why}>
        <span className="dot" data-ok={status === 'registered'} />
        <span data-testid="phone-status">{t(`status.${status}`)}</span>
      </span>
      {status === 'elsewhere' ? <Button onClick={takePhoneOver}>{t('takeOver')}</Button> : null}
      {call ? (
        <>
          <b className="figures">{call.number}</b>
          <span className="note">
            {t(`call.${call.state}`)} <Since at={call.since} />
          </span>
          {call.state === 'ringing' && call.direction === 'incoming' ? (
            <Button type="primary" icon={<PhoneOutlined aria-hidden />} onClick={answerPhone}>
              {t('answer')}
            </Button>
          ) : null}
          <Button type="primary" danger icon={<PhoneOutlined aria-hidden rotate={225} />} onClick={hangUpPhone}>
            {call.state === 'ringing' ? t('refuse') : t('hangUp')}
          </Button>
        </>
      ) : null}
    </section>
  );
}
