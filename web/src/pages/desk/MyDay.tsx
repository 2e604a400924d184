import { PhoneOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import type { CallView } from '@yixian/contracts/browser';
import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get, type Page } from '../../app/api.js';
import { clockText, momentText } from '../../app/time.js';
import { useFailure } from '../../app/use-failure.js';
import { Panel } from '../../components/Panel.js';
import { dial } from '../../desk/DialField.js';
import type { Me } from '../../desk/me.js';

/** My day 我的今天: figures, and the last calls with call back. */
export function MyDay({ me }: { me: Me }) {
  const { t } = useTranslation(['desk', 'common']);
  const { callsHandled, talkSeconds, missed } = me.today;
  const { data, isPending } = useQuery({
    queryKey: ['recent', me.extension],
    queryFn: () => get<Page<CallView>>('/calls', { agent: me.extension, limit: 12 }),
  });
  const calls = data?.items ?? [];
  const figures = [
    [t('calls'), String(callsHandled)],
    [t('talkTime'), clockText(talkSeconds * 1000)],
    [t('averageTalk'), callsHandled > 0 ? clockText((talkSeconds * 1000) / callsHandled) : '–'],
    [t('missed'), String(missed)],
  ];
  return (
    <Panel title={t('myDay')}>
      <dl className="tiles" data-testid="my-day">
        {figures.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd className="figures">{value}</dd>
          </div>
        ))}
      </dl>
      <h3>{t('recent')}</h3>
      {calls.length === 0 ? <p className="empty">{t(isPending ? 'common:loading' : 'noRecent')}</p> : null}
      <ul className="recent">
        {calls.map((call) => (
          <Recent key={call.id} call={call} me={me} />
        ))}
      </ul>
    </Panel>
  );
}

function Recent({ call, me }: { call: CallView; me: Me }) {
  const { t } = useTranslation(['desk', 'common']);
  const fail = useFailure();
  const [busy, setBusy] = useState(false);
  const number = call.caller === me.extension ? call.called : call.caller;
  // A number that is hidden from this role cannot be dialled.
  const diallable = /^\+?\d{3,}$/.test(number);
  async function back(): Promise<void> {
    setBusy(true);
    await dial(me.extension, number).catch(fail);
    setBusy(false);
  }
  return (
    <li>
      <span>
        <b className="figures">{number}</b>
        <span className="note figures">
          {momentText(call.startedAt).slice(6, 11)} · {t(`common:direction.${call.direction}`)}
          {call.talkSeconds > 0 ? ` · ${clockText(call.talkSeconds * 1000)}` : ''}
          {call.summary?.subject ? ` · ${call.summary.subject}` : ''}
        </span>
      </span>
      <Button
        size="small"
        type="text"
        icon={<PhoneOutlined />}
        loading={busy}
        disabled={!diallable || me.callId !== null}
        onClick={() => void back()}
        aria-label={t('callBack', { number })}
      />
    </li>
  );
}
