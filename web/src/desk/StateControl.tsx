import { CheckOutlined, DownOutlined } from '@ant-design/icons';
import { Button, Dropdown, type MenuProps } from 'antd';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { put } from '../app/api.js';
import { clockText, useNow } from '../app/time.js';
import { useFailure } from '../app/use-failure.js';
import { Since } from '../components/Since.js';
import { useStateReason } from '../components/state-reason.js';
import { type Me, useDeskChoices } from './me.js';

const ReasonDialog = lazy(() => import('./ReasonDialog.js'));

type Wish = { state: 'ready' | 'not-ready' | 'offline'; reason?: string };

const OTHER = 'other-reason';

/** The state with its timer, and what to be next; during a call what to be after it. */
export function StateControl({ me }: { me: Me }) {
  const { t } = useTranslation(['desk', 'common']);
  const fail = useFailure();
  const reasonText = useStateReason();
  const [busy, setBusy] = useState(false);
  const [asking, setAsking] = useState(false);
  const { notReadyReasons } = useDeskChoices();
  const later = me.state === 'on-call' || me.state === 'ringing';
  const reasons = notReadyReasons.length > 0 ? notReadyReasons : t('usualReasons').split('|');

  async function wish(next: Wish): Promise<void> {
    setBusy(true);
    try {
      await put(`/agents/${me.extension}/state`, next);
    } catch (error) {
      fail(error);
    } finally {
      setBusy(false);
    }
  }

  const chosen = later ? me.next : { state: me.state, reason: me.reason };
  const mark = (state: Wish['state'], reason: string | null = null) =>
    chosen?.state === state && (chosen.reason ?? null) === reason ? <CheckOutlined /> : <span style={{ width: 14 }} />;
  const items: MenuProps['items'] = [
    ...(later ? [{ key: 'after', type: 'group' as const, label: t('afterCall') }] : []),
    { key: 'ready', label: t('common:state.ready'), icon: mark('ready') },
    { key: 'not-ready', label: t('common:state.not-ready'), icon: mark('not-ready') },
    ...reasons.map((reason) => ({
      key: `reason:${reason}`,
      label: `${t('common:state.not-ready')} · ${reason}`,
      icon: mark('not-ready', reason),
    })),
    { key: OTHER, label: t('otherReason'), icon: <span style={{ width: 14 }} /> },
    { type: 'divider' },
    { key: 'offline', label: t('signOut'), icon: mark('offline') },
  ];
  const onClick: MenuProps['onClick'] = ({ key }) => {
    if (key === OTHER) setAsking(true);
    else if (key.startsWith('reason:')) void wish({ state: 'not-ready', reason: key.slice('reason:'.length) });
    else void wish({ state: key as Wish['state'] });
  };
  const endWrapUp = (): void => {
    const { state, reason } = me.next ?? { state: 'ready' as const, reason: null };
    void wish({ state, ...(reason ? { reason } : {}) });
  };
  return (
    <div className="desk-state" data-state={me.state}>
      {me.state === 'offline' ? (
        <Button type="primary" loading={busy} onClick={() => void wish({ state: 'ready' })}>
          {t('signIn')}
        </Button>
      ) : null}
      <Dropdown menu={{ items, onClick, style: { maxHeight: '60vh', overflow: 'auto' } }} trigger={['click']}>
        <Button loading={busy}>
          <span className="quiet">{t('stateIs')}</span>
          <span className="dot" data-state={me.state} />
          <b>{t(`common:state.${me.state}`)}</b>
          {me.reason ? <span className="ellipsis">· {reasonText(me.reason)}</span> : null}
          <span className="figures" aria-hidden>
            <Since at={me.since} />
          </span>
          <DownOutlined />
        </Button>
      </Dropdown>
      {asking ? (
        <Suspense fallback={null}>
          <ReasonDialog onChoose={(reason) => void wish({ state: 'not-ready', reason })} onClose={() => setAsking(false)} />
        </Suspense>
      ) : null}
      {me.next ? (
        <span className="note" data-testid="next-state">
          → {t(`common:state.${me.next.state}`)}
          {me.next.reason ? ` · ${reasonText(me.next.reason)}` : ''}
        </span>
      ) : null}
      {me.state === 'wrap-up' ? (
        <Button type="primary" loading={busy} onClick={endWrapUp}>
          {t('endWrapUp')} {me.wrapUpUntil ? <Left until={me.wrapUpUntil} /> : null}
        </Button>
      ) : null}
    </div>
  );
}

/** What is left of the wrap-up. */
function Left({ until }: { until: string }) {
  const now = useNow();
  return <span className="figures">{clockText(Date.parse(until) - now)}</span>;
}
