import { Alert } from 'antd';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import type { Values } from '../../kit/fields.js';
import { useNames } from '../../kit/sources.js';

interface Queue {
  requiredSkills: string[];
  minLevels: Record<string, number>;
  relaxation: { afterSeconds: number }[];
  strategy: string;
  ringTimeoutSeconds: number;
  priority: number;
  ageingPerMinute: number;
  maxWaitSeconds: number;
  maxLength: number;
  announceEverySeconds: number;
  overflow: unknown[];
  callback: { offerAfterSeconds: number; key: string } | null;
  wrapUp: 'fixed' | 'open';
  wrapUpSeconds: number;
  consequences: { noAnswer: { action: string } };
  scheduleId: string | null;
}

/** What a caller and an agent will notice of these settings, a sentence each. */
function sentences(queue: Queue, t: TFunction<'admin'>, nameOf: ReturnType<typeof useNames>): string[] {
  const skills = queue.requiredSkills
    .map((skill) => `${nameOf('skills', skill)}${queue.minLevels[skill] ? ` ≥ ${queue.minLevels[skill]}` : ''}`)
    .join(' + ');
  const e = (key: string, of: Record<string, unknown> = {}): string => t(`effect.${key}`, of);
  return [
    queue.scheduleId === null ? e('alwaysOpen') : e('schedule', { id: nameOf('schedules', queue.scheduleId) }),
    skills === '' ? e('everyone') : e('skills', { skills }),
    ...queue.relaxation.map((step) => e('relaxed', { n: step.afterSeconds })),
    e('ring', { strategy: t(`queues.strategyIs.${queue.strategy}`), n: queue.ringTimeoutSeconds }),
    t(`effect.missed.${queue.consequences.noAnswer.action}`),
    ...(queue.ageingPerMinute > 0
      ? [e('ageing', { n: queue.priority, per: queue.ageingPerMinute, after: queue.priority + 5 * queue.ageingPerMinute })]
      : []),
    queue.announceEverySeconds > 0 ? e('announce', { n: queue.announceEverySeconds }) : e('silent'),
    ...(queue.callback ? [e('callback', { n: queue.callback.offerAfterSeconds, key: queue.callback.key })] : []),
    ...(queue.overflow.length > 0 ? [e('overflow', { n: queue.overflow.length })] : []),
    e('limits', { most: queue.maxLength, n: queue.maxWaitSeconds }),
    queue.wrapUp === 'open' ? e('wrapUpOpen') : queue.wrapUpSeconds > 0 ? e('wrapUp', { n: queue.wrapUpSeconds }) : e('noWrapUp'),
  ];
}

export function QueueEffect({ values }: { values: Values }) {
  const { t } = useTranslation('admin');
  const nameOf = useNames('skills', 'schedules');
  return (
    <Alert
      type="info"
      title={t('effect.title')}
      description={<span data-testid="queue-effect">{sentences(values as unknown as Queue, t, nameOf).join(' ')}</span>}
    />
  );
}
