import type { QueueView } from '@yixian/contracts/browser';
import { App, Card, Dropdown, type MenuProps } from 'antd';
import { memo, useCallback, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { put } from '../../app/api.js';
import { useLive } from '../../app/live.js';
import { clockText, useNow } from '../../app/time.js';
import { useFailure } from '../../app/use-failure.js';
import { useDoorReason } from '../../components/door-reason.js';
import { nothingOf } from '../../kit/empty.js';
import { figureOf, figureText, longestWait, type Today } from './figures.js';
import { Picture } from './Picture.js';
import { WaitingCalls } from './WaitingCalls.js';

const TODAY = ['serviceLevel', 'lossRate', 'averageWait', 'offered', 'answered', 'abandoned'] as const;

function LongestWait({ queue }: { queue: QueueView }) {
  const now = useNow();
  return <>{queue.waiting.length > 0 ? clockText(longestWait(queue, now)) : '–'}</>;
}

interface DoorProps {
  id: string;
  name: string;
  door: QueueView['door']['door'];
  open: boolean;
  because: string;
}

/** Open or closed, and by what; a press changes it. Figures that change beside it do not touch it. */
const Door = memo(function Door({ id, name, door, open, because }: DoorProps) {
  const { t } = useTranslation(['supervise', 'common']);
  const { modal, message } = App.useApp();
  const fail = useFailure();
  const reasonText = useDoorReason();
  const choose: MenuProps['onClick'] = ({ key, domEvent }) => {
    domEvent.stopPropagation();
    const set = async (): Promise<void> => {
      await put(`/queues/${id}/door`, { door: key })
        .then(() => message.success(t('door.done', { queue: name, door: t(`door.${key as 'open'}`) })))
        .catch(fail);
    };
    if (key !== 'closed') void set();
    else
      modal.confirm({
        title: t('door.ask', { queue: name }),
        content: t('door.askText'),
        okText: t('door.closed'),
        cancelText: t('common:cancel'),
        okButtonProps: { danger: true, type: 'default' },
        onOk: set,
      });
  };
  const items = (['open', 'closed', 'schedule'] as const).map((key) => ({ key, label: t(`door.${key}`), disabled: door === key }));
  const label = `${t(open ? 'door.isOpen' : 'door.isClosed')}${door === 'schedule' ? ` · ${t('door.bySchedule')}` : ` · ${t('door.byHand')}`}`;
  return (
    <Dropdown menu={{ items, onClick: choose }} trigger={['click']}>
      <button
        type="button"
        className={`sv-door ${open ? '' : 'sv-closed'}`}
        title={reasonText(because)}
        aria-label={t('door.of', { queue: name, label })}
      >
        <Picture name={open ? 'unlocked' : 'locked'} /> {t(open ? 'door.isOpen' : 'door.isClosed')}
      </button>
    </Dropdown>
  );
});

interface RowProps {
  queue: QueueView;
  today: Today;
  open: boolean;
  onToggle(id: string): void;
}

const Row = memo(function Row({ queue, today, open, onToggle }: RowProps) {
  const { t } = useTranslation('supervise');
  const figures = useMemo(() => {
    const picture = {
      known: true,
      seq: 0,
      agents: new Map(),
      queues: new Map([[queue.id, queue]]),
      calls: new Map(),
      watched: new Map(),
      clockOffset: 0,
    };
    return TODAY.map((figure) => [figure, figureText(figure, figureOf(figure, queue.id, picture, today, 0))] as const);
  }, [queue, today]);
  return (
    <>
      <tr data-testid={`queue-${queue.id}`} className={queue.waitingCount > 0 ? 'sv-busy' : ''}>
        <th scope="row">
          <button type="button" className="sv-name" aria-expanded={open} onClick={() => onToggle(queue.id)} title={queue.name}>
            <Picture name={open ? 'opened' : 'shut'} /> {queue.name}
          </button>
        </th>
        <td>
          <Door id={queue.id} name={queue.name} door={queue.door.door} open={queue.door.open} because={queue.door.because} />
        </td>
        <td className="sv-strong" data-testid={`waiting-${queue.id}`}>
          {queue.waitingCount}
        </td>
        <td className="sv-strong">
          <LongestWait queue={queue} />
        </td>
        <td>{queue.estimatedWaitSeconds === null ? '–' : clockText(queue.estimatedWaitSeconds * 1000)}</td>
        <td>{queue.serving}</td>
        <td>{queue.ready}</td>
        <td>{queue.signedIn}</td>
        {figures.map(([figure, text]) => (
          <td key={figure}>{text}</td>
        ))}
        <td>{queue.callbacks}</td>
      </tr>
      {open ? (
        <tr>
          <td colSpan={15} className="sv-inner">
            <WaitingCalls queue={queue} label={t('waiting.of', { queue: queue.name })} />
          </td>
        </tr>
      ) : null}
    </>
  );
});

/** Every queue, live; a row opens onto those who wait. */
export function QueueTable({ today }: { today: Today }) {
  const { t } = useTranslation('supervise');
  const queues = useLive((picture) => picture.queues);
  const known = useLive((picture) => picture.known);
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const toggle = useCallback(
    (id: string) =>
      setOpen((before) => {
        const next = new Set(before);
        if (!next.delete(id)) next.add(id);
        return next;
      }),
    [],
  );
  return (
    <Card size="small" title={t('queues.title')} styles={{ header: { minHeight: 40 }, body: { padding: 0 } }}>
      {queues.size === 0 ? nothingOf(known, t('queues.none')) : null}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reached by keyboard */}
      <section className="sv-scroll" tabIndex={0} aria-label={t('queues.title')}>
        <table className="sv-table">
          <thead>
            <tr>
              <th scope="col">{t('queues.queue')}</th>
              <th scope="col">{t('queues.door')}</th>
              {(['waiting', 'longestWait', 'estimated', 'serving', 'ready', 'signedIn', ...TODAY, 'callbacks'] as const).map((key) => (
                <th key={key} scope="col">
                  {t(`column.${key}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {[...queues.values()].map((queue) => (
              <Row key={queue.id} queue={queue} today={today} open={open.has(queue.id)} onToggle={toggle} />
            ))}
          </tbody>
        </table>
      </section>
    </Card>
  );
}
