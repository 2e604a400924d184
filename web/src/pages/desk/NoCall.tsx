import { useTranslation } from 'react-i18next';
import { Panel } from '../../components/Panel.js';
import { type Me, useMeKnown } from '../../desk/me.js';
import { usePhone } from '../../phone/phone.js';

/** While nobody calls: what to expect. */
export function NoCall({ me }: { me: Me | undefined }) {
  const { t } = useTranslation(['desk', 'common']);
  const known = useMeKnown();
  const phone = usePhone();
  const comes = me?.seat.kind === 'softphone' && phone.status === 'connecting';
  const silent = me !== undefined && me.state === 'ready' && !me.reachable && !comes;
  const word = !me
    ? known
      ? 'noAgent'
      : 'common:loading'
    : me.state === 'ready'
      ? 'waitingForCalls'
      : me.state === 'offline'
        ? 'signedOut'
        : 'notTakingCalls';
  return (
    <Panel title={t('currentCall')}>
      {silent ? (
        <div className="warning" role="alert">
          {t('readyNotReachable', { seat: t(`seatLong.${me.seat.kind}`) })}
        </div>
      ) : (
        <p className="empty">{t(word)}</p>
      )}
    </Panel>
  );
}
