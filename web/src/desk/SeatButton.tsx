import { CustomerServiceOutlined, MobileOutlined, PhoneOutlined } from '@ant-design/icons';
import { Button, Tooltip } from 'antd';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMissingDevices } from '../phone/audio.js';
import { takePhoneOver, usePhone } from '../phone/phone.js';
import type { Me } from './me.js';

const SeatDialog = lazy(() => import('./SeatDialog.js'));

export const SEAT_ICONS = { softphone: <CustomerServiceOutlined />, sip: <PhoneOutlined />, phone: <MobileOutlined /> };

/** Where the calls of this agent ring, and whether they would; a click chooses another seat or another headset. */
export function SeatButton({ me }: { me: Me }) {
  const { t } = useTranslation(['desk', 'phone']);
  const phone = usePhone();
  const missing = useMissingDevices();
  const [open, setOpen] = useState(false);
  const browser = me.seat.kind === 'softphone';
  const ok = browser ? phone.status === 'registered' : me.reachable;
  const status = browser ? t(`phone:status.${phone.status}`) : t(me.reachable ? 'reachable' : 'notReachable');
  const name = me.seat.kind === 'phone' ? (me.seat.number ?? '') : t(`seat.${me.seat.kind}`);
  return (
    <>
      <Tooltip title={phone.why && browser ? `${status}: ${phone.why}` : status}>
        <Button icon={<span aria-hidden>{SEAT_ICONS[me.seat.kind]}</span>} onClick={() => setOpen(true)}>
          <span className="quiet">{t('seatIs')}</span>
          <span className="dot" data-ok={ok} />
          <span className="ellipsis">{name}</span>
          <span data-testid="phone-status" className={ok ? 'seat-status quiet' : 'seat-status'}>
            {status}
          </span>
        </Button>
      </Tooltip>
      {browser && phone.status === 'elsewhere' ? (
        <Button type="primary" onClick={takePhoneOver}>
          {t('phone:takeOver')}
        </Button>
      ) : null}
      {browser && missing.length > 0 ? (
        <span className="warning" role="alert">
          {missing.map((part) => t(`missing.${part}`)).join(' ')}
        </span>
      ) : null}
      {open ? (
        <Suspense fallback={null}>
          <SeatDialog me={me} onClose={() => setOpen(false)} />
        </Suspense>
      ) : null}
    </>
  );
}
