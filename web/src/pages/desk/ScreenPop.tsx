import { CloseOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { type CallRecord, type CallView, placeOf, wasOnCall } from '@yixian/contracts/browser';
import { Button, Tooltip } from 'antd';
import { useTranslation } from 'react-i18next';
import { get } from '../../app/api.js';
import { useLive } from '../../app/live.js';
import { recordOf } from '../../app/live-fold.js';
import { clockText, momentText, useNow } from '../../app/time.js';
import { useCallPath } from '../../components/call-path.js';
import { Panel } from '../../components/Panel.js';
import { usePhaseWords } from '../../desk/call-words.js';
import type { Me } from '../../desk/me.js';
import { type MyCall, putCallAway, useMyCall } from '../../desk/my-call.js';
import { History } from './History.js';
import { PartyList } from './PartyList.js';
import { Summary } from './Summary.js';

/** The record of the call, live where it goes on, else as it is stored. */
function useRecord(id: string): CallRecord | undefined {
  const live = useLive((picture) => picture.calls.get(id));
  const { data } = useQuery({
    queryKey: ['call', id],
    queryFn: () => get<CallView>(`/calls/${id}`),
    enabled: live === undefined,
    retry: 1,
  });
  return live ?? (data && recordOf(data));
}

/** Of the path, what the caller chose: where he came in, the keys, the queues. */
const CHOSEN: ReadonlySet<string> = new Set(['flow', 'key', 'queue']);

function Waited({ record }: { record: CallRecord }) {
  const now = useNow();
  const open = record.segments.find((segment) => segment.kind === 'queue' && segment.endedAt === null);
  return <>{clockText(record.waitMs + (open ? Math.max(0, now - open.startedAt) : 0))}</>;
}

function PhaseChip({ call }: { call: MyCall }) {
  return <span className="chip">{usePhaseWords(call).phase}</span>;
}

/** 弹屏: who calls, from where, by which way, and the summary to write. Stays until it is put away or another call comes. */
export function ScreenPop({ id, me }: { id: string; me: Me | undefined }) {
  const { t } = useTranslation(['desk', 'common']);
  const record = useRecord(id);
  const call = useMyCall();
  const queues = useLive((picture) => picture.queues);
  const path = useCallPath(record?.path ?? []).filter(({ kind }) => CHOSEN.has(kind));
  const mine = call?.id === id ? call : undefined;
  if (!record) return <Panel title={t('currentCall')}>{t('common:loading')}</Panel>;
  const number = me && record.caller === me.extension ? record.called : record.caller;
  const place = placeOf(number);
  const facts: [string, React.ReactNode][] = [
    [t('direction'), t(`common:direction.${record.direction}`)],
    [t('dialled'), record.called],
    [t('queue'), record.queueId ? (queues.get(record.queueId)?.name ?? record.queueId) : ''],
    [t('waited'), record.queueId ? <Waited key="waited" record={record} /> : ''],
    [t(`arrived.${record.direction}`), momentText(record.startedAt)],
  ];
  const away = (
    <Tooltip title={t('putAway')}>
      <Button type="text" size="small" icon={<CloseOutlined />} aria-label={t('putAway')} onClick={putCallAway} />
    </Tooltip>
  );
  return (
    <>
      <Panel title={mine ? t('currentCall') : t('lastCall')} extra={mine ? null : away}>
        <div className="pop-head" data-testid="pop" role="status" aria-live="polite">
          <span className="pop-number figures">{number}</span>
          {place ? (
            <span className="chip" data-testid="place">
              {place.province === place.city ? place.city : `${place.province} ${place.city}`}
            </span>
          ) : null}
          {mine ? <PhaseChip call={mine} /> : null}
          {!mine && record.outcome ? <span className="chip">{t(`common:outcome.${record.outcome}`)}</span> : null}
        </div>
        <dl className="facts">
          {facts
            .filter(([, value]) => value !== '')
            .map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd className="figures">{value}</dd>
              </div>
            ))}
        </dl>
        {path.length > 0 ? (
          <p className="pop-path" data-testid="pop-path">
            <span className="note">{t('path.title')}</span> {path.map(({ text }) => text).join(' › ')}
          </p>
        ) : null}
        {mine ? <PartyList call={mine} me={me} /> : null}
      </Panel>
      <Summary id={id} writable={me !== undefined && wasOnCall(record, me.extension)} />
      <History id={id} />
    </>
  );
}
