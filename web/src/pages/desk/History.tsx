import { useQuery } from '@tanstack/react-query';
import type { PastCallView } from '@yixian/contracts/browser';
import { useTranslation } from 'react-i18next';
import { get } from '../../app/api.js';
import { clockText, momentText } from '../../app/time.js';
import { Panel } from '../../components/Panel.js';
import { useDeskChoices } from '../../desk/me.js';

/** Earlier calls of the same number, with what was noted of them. */
export function History({ id }: { id: string }) {
  const { t } = useTranslation(['desk', 'common']);
  const { dispositions } = useDeskChoices();
  const { data, isPending } = useQuery({
    queryKey: ['history', id],
    queryFn: () => get<{ items: PastCallView[] }>(`/calls/${id}/history`),
    retry: 1,
    staleTime: 60_000,
  });
  const calls = data?.items ?? [];
  const label = (code: string): string => dispositions.find((one) => one.code === code)?.label ?? code;
  return (
    <Panel title={t('history')}>
      {calls.length === 0 ? <p className="empty">{t(isPending ? 'common:loading' : 'noHistory')}</p> : null}
      <ul className="history" data-testid="history">
        {calls.map((call) => (
          <li key={call.id}>
            <span className="figures">{momentText(call.startedAt)}</span>
            <span>{t(`common:direction.${call.direction}`)}</span>
            {call.outcome ? <span>{t(`common:outcome.${call.outcome}`)}</span> : null}
            {call.agent ? <span>{t('byAgent', { agent: call.agent })}</span> : null}
            {call.talkSeconds > 0 ? <span className="figures">{clockText(call.talkSeconds * 1000)}</span> : null}
            {call.summary ? (
              <p>
                {call.summary.disposition ? <span className="chip">{label(call.summary.disposition)}</span> : null}
                <b>{call.summary.subject}</b> <span className="note">{call.summary.notes}</span>
              </p>
            ) : null}
          </li>
        ))}
      </ul>
    </Panel>
  );
}
