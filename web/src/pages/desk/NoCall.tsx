import { useTranslation } from 'react-i18next';
import { Panel } from '../../components/Panel.js';
import { type Me, useMeKnown } from '../../desk/me.js';

/** While nobody calls: what to expect. */
export function NoCall({ me }: { me: Me | undefined }) {
  const { t } = useTranslation(['desk', 'common']);
  const known = useMeKnown();
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
      <p className="empty">{t(word)}</p>
    </Panel>
  );
}
