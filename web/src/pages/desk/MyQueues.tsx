import type { QueueView } from '@yixian/contracts/browser';
import { useTranslation } from 'react-i18next';
import { useLive } from '../../app/live.js';
import { clockText, useNow } from '../../app/time.js';
import { Panel } from '../../components/Panel.js';

function LongestWait({ waiting }: { waiting: QueueView['waiting'] }) {
  const now = useNow();
  if (waiting.length === 0) return <>–</>;
  return <>{clockText(now - Math.min(...waiting.map((one) => Date.parse(one.since))))}</>;
}

/** My queues 我的队列: who waits and how long, who serves. */
export function MyQueues() {
  const { t } = useTranslation(['desk', 'common']);
  const known = useLive((picture) => picture.known);
  const queues = useLive((picture) => picture.queues);
  const sorted = [...queues.values()].sort((a, b) => b.waitingCount - a.waitingCount || a.name.localeCompare(b.name));
  return (
    <Panel title={t('myQueues')}>
      {sorted.length === 0 ? (
        <p className="empty">{t(known ? 'noQueues' : 'common:loading')}</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard
        <section className="scroll" tabIndex={0} aria-label={t('myQueues')}>
          <table className="plain">
            <thead>
              <tr>
                <th scope="col">{t('queue')}</th>
                <th scope="col">{t('waiting')}</th>
                <th scope="col">{t('longest')}</th>
                <th scope="col">{t('serving')}</th>
                <th scope="col">{t('readyAgents')}</th>
              </tr>
            </thead>
            <tbody>
              {sorted.map((queue) => (
                <tr key={queue.id} data-testid={`queue-${queue.id}`} data-busy={queue.waitingCount > 0}>
                  <th scope="row" title={queue.name}>
                    {queue.door.open ? null : <span className="note">{t('queueClosed')} · </span>}
                    {queue.name}
                  </th>
                  <td>{queue.waitingCount}</td>
                  <td>
                    <LongestWait waiting={queue.waiting} />
                  </td>
                  <td>{queue.serving}</td>
                  <td>{queue.ready}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </Panel>
  );
}
