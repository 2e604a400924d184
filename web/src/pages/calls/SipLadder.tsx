import { DownloadOutlined, ReloadOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import type { SipMessageView, SipTraceView } from '@yixian/contracts/browser';
import { Alert, Button, Empty, Flex, Skeleton, Tag, Typography, theme } from 'antd';
import { type CSSProperties, type KeyboardEvent, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { download, get } from '../../app/api.js';
import { useFailure } from '../../app/use-failure.js';
import { saveBlob } from '../../kit/blob.js';
import './sip-ladder.css';
import { deltaText, type LadderDialog, type Lane, type Rung, type SipLadder as Shape, sipLadder, timeText } from './sip-ladder.js';

const TIME = 168;
const LANE = 190;
const ROW = 34;

const laneX = (i: number): number => TIME + LANE * (i + 0.5);

/** Colours that tell dialogs apart, in the order of their beginning. */
function useColours(): (index: number) => string {
  const { token } = theme.useToken();
  const colours = [token.blue6, token.volcano6, token.green7, token.purple6, token.gold7, token.cyan7, token.magenta6];
  return (index) => colours[index % colours.length] ?? token.colorPrimary;
}

/** SIP 信令梯形图: every message of every leg of a call, as it was on the wire. */
export function SipLadder({ callId }: { callId: string }) {
  const { t } = useTranslation('records');
  const trace = useQuery({ queryKey: ['sip', callId], queryFn: () => get<SipTraceView>(`/calls/${callId}/sip`) });
  if (trace.isError) return <Typography.Text type="danger">{trace.error.message}</Typography.Text>;
  if (!trace.data) return <Skeleton active />;
  if (trace.data.messages.length === 0) {
    const { keptDays } = trace.data;
    return (
      <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={keptDays === 0 ? t('sip.off') : t('sip.none', { days: keptDays })}>
        <Again trace={trace} />
      </Empty>
    );
  }
  return <Traced trace={trace.data} again={<Again trace={trace} />} />;
}

function Again({ trace }: { trace: { isFetching: boolean; refetch(): unknown } }) {
  const { t } = useTranslation('records');
  return (
    <Button size="small" icon={<ReloadOutlined />} loading={trace.isFetching} onClick={() => void trace.refetch()}>
      {t('sip.reload')}
    </Button>
  );
}

function Traced({ trace, again }: { trace: SipTraceView; again: React.ReactNode }) {
  const { t } = useTranslation('records');
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [shown, setShown] = useState<number>();
  const ladder = useMemo(() => sipLadder(trace.messages, chosen), [trace.messages, chosen]);
  const toggle = (sipCallId: string): void => {
    const next = new Set(chosen);
    if (!next.delete(sipCallId)) next.add(sipCallId);
    setChosen(next);
  };
  const message = ladder.rungs.find((rung) => rung.message.n === shown)?.message;
  return (
    <Flex vertical gap={8}>
      <Flex wrap gap={8} align="center">
        <Legend dialogs={ladder.dialogs} chosen={chosen} onToggle={toggle} />
        <span style={{ flex: 1 }} />
        {again}
        {trace.masked ? null : <Downloads callId={trace.callId} />}
      </Flex>
      {trace.masked ? <Alert type="info" showIcon title={t('sip.masked')} /> : null}
      {trace.dropped > 0 ? <Alert type="warning" showIcon title={t('sip.dropped', { count: trace.dropped })} /> : null}
      <Rungs ladder={ladder} shown={shown} onShow={setShown} />
      {message ? <Text message={message} masked={trace.masked} /> : <Typography.Text type="secondary">{t('sip.choose')}</Typography.Text>}
    </Flex>
  );
}

/** The dialogs with their colours; pressed ones alone are shown. */
function Legend({ dialogs, chosen, onToggle }: { dialogs: LadderDialog[]; chosen: ReadonlySet<string>; onToggle(id: string): void }) {
  const { t } = useTranslation('records');
  const colour = useColours();
  return dialogs.map((dialog) => (
    <Button
      key={dialog.sipCallId}
      size="small"
      type={chosen.has(dialog.sipCallId) ? 'primary' : 'default'}
      ghost={chosen.has(dialog.sipCallId)}
      aria-pressed={chosen.has(dialog.sipCallId)}
      title={`Call-ID: ${dialog.sipCallId}`}
      onClick={() => onToggle(dialog.sipCallId)}
    >
      <span aria-hidden style={{ display: 'inline-block', width: 10, height: 10, borderRadius: 5, background: colour(dialog.index) }} />
      {t('sip.dialog', { from: dialog.from || '?', to: dialog.to || '?', count: dialog.count })}
    </Button>
  ));
}

function Downloads({ callId }: { callId: string }) {
  const { t } = useTranslation('records');
  const tell = useFailure();
  const save = (form: 'text' | 'pcap') => () =>
    download(`/calls/${callId}/sip/${form}`)
      .then((blob) => saveBlob(blob, `sip-${callId}.${form === 'text' ? 'txt' : 'pcap'}`))
      .catch(tell);
  return (
    <>
      <Button size="small" icon={<DownloadOutlined />} onClick={save('text')}>
        {t('sip.text')}
      </Button>
      <Button size="small" icon={<DownloadOutlined />} onClick={save('pcap')}>
        {t('sip.pcap')}
      </Button>
    </>
  );
}

/** Arrow keys go from message to message. */
function moveFocus(event: KeyboardEvent<HTMLOListElement>): void {
  const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
  if (step === 0) return;
  const buttons = [...event.currentTarget.querySelectorAll<HTMLButtonElement>('button')];
  const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
  const next = buttons[Math.min(Math.max(at + step, 0), buttons.length - 1)];
  event.preventDefault();
  next?.focus();
  next?.click();
}

function Rungs({ ladder, shown, onShow }: { ladder: Shape; shown: number | undefined; onShow(n: number): void }) {
  const { t } = useTranslation('records');
  const { token } = theme.useToken();
  const colours: CSSProperties = {
    '--sip-border': token.colorBorderSecondary,
    '--sip-back': token.colorBgElevated,
    '--sip-hover': token.colorFillTertiary,
    '--sip-chosen': token.colorPrimaryBg,
    '--sip-focus': token.colorPrimary,
  } as CSSProperties;
  const width = TIME + LANE * ladder.lanes.length;
  const reached = shown ?? ladder.rungs[0]?.message.n;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
    <section className="sip-ladder" aria-label={t('sip.title')} tabIndex={0} style={colours}>
      <div style={{ minWidth: width }}>
        <Head lanes={ladder.lanes} />
        <ol onKeyDown={moveFocus}>
          {ladder.rungs.map((rung) => (
            <li key={rung.message.n}>
              <RungRow
                rung={rung}
                lanes={ladder.lanes}
                pressed={rung.message.n === shown}
                reached={rung.message.n === reached}
                onShow={onShow}
              />
            </li>
          ))}
        </ol>
      </div>
    </section>
  );
}

function Head({ lanes }: { lanes: Lane[] }) {
  const { t } = useTranslation('records');
  return (
    <div className="sip-ladder-head">
      {lanes.map((lane, i) => {
        const name = lane.id === '' ? t('sip.hotline') : lane.names.join(', ');
        return (
          <div
            key={lane.id}
            className="sip-ladder-lane"
            title={`${name} ${lane.addresses.join(', ')}`}
            style={{ left: laneX(i) - LANE / 2 + 4, width: LANE - 8 }}
          >
            <b>{name}</b>
            <br />
            <Typography.Text type="secondary" style={{ fontSize: 12 }}>
              {lane.addresses.join(', ')}
            </Typography.Text>
          </div>
        );
      })}
    </div>
  );
}

/** What a message is beside its label: carries SDP, repeated, not sent. */
function useRemark(): (message: SipMessageView) => string {
  const { t } = useTranslation('records');
  return (message) =>
    [message.sdp ? 'SDP' : '', message.retransmission ? t('sip.repeated') : '', message.failure === null ? '' : t('sip.unsent')]
      .filter((part) => part !== '')
      .join(' · ');
}

function RungRow(props: { rung: Rung; lanes: Lane[]; pressed: boolean; reached: boolean; onShow(n: number): void }) {
  const { rung, lanes, pressed, reached, onShow } = props;
  const { token } = theme.useToken();
  const remark = useRemark()(rung.message);
  const colour = useColours()(rung.dialog.index);
  const [left, right] = [laneX(Math.min(rung.from, rung.to)), laneX(Math.max(rung.from, rung.to))];
  const [from, to] = [laneX(rung.from), laneX(rung.to)];
  const head = to > from ? -7 : 7;
  const faint = rung.message.retransmission || rung.message.failure !== null;
  return (
    <button type="button" className="sip-rung" aria-pressed={pressed} tabIndex={reached ? 0 : -1} onClick={() => onShow(rung.message.n)}>
      <span className="sip-rung-time">
        {timeText(rung.message.at)} <span style={{ color: token.colorTextSecondary }}>{deltaText(rung.delta)}</span>
      </span>
      <svg aria-hidden="true" width={TIME + LANE * lanes.length} height={ROW}>
        {lanes.map((lane, i) => (
          <line key={lane.id} x1={laneX(i)} x2={laneX(i)} y1={0} y2={ROW} stroke={token.colorBorder} />
        ))}
        <line
          x1={from}
          x2={to + head}
          y1={25}
          y2={25}
          stroke={colour}
          strokeWidth={pressed ? 2.5 : 1.5}
          {...(faint ? { strokeDasharray: '5 4' } : {})}
        />
        <path d={`M${to},25l${head},-4v8Z`} fill={colour} />
      </svg>
      <span className="sip-rung-label" style={{ left: left + 6, width: right - left - 12 }}>
        <span style={{ fontWeight: 600 }}>{rung.label}</span>
        {remark === '' ? null : <span style={{ color: token.colorTextSecondary }}> {remark}</span>}
      </span>
    </button>
  );
}

function Text({ message, masked }: { message: SipMessageView; masked: boolean }) {
  const { t } = useTranslation('records');
  const { token } = theme.useToken();
  const [from, to] = message.direction === 'received' ? [message.remote, message.local] : [message.local, message.remote];
  const text = message.text ?? message.startLine;
  return (
    <section aria-label={t('sip.message')}>
      <Flex wrap gap={8} align="center" style={{ marginBottom: 6 }}>
        <Typography.Text strong>
          {from} → {to}
        </Typography.Text>
        <Tag>{message.transport.toUpperCase()}</Tag>
        <span>{timeText(message.at)}</span>
        <span>{t('sip.bytes', { count: message.bytes })}</span>
        {message.retransmission ? <Tag color="orange">{t('sip.repeated')}</Tag> : null}
        {message.cut ? <Tag color="orange">{t('sip.cut')}</Tag> : null}
        {message.failure === null ? null : <Tag color="red">{`${t('sip.unsent')}: ${message.failure}`}</Tag>}
        {masked ? null : <Typography.Text copyable={{ text, tooltips: [t('sip.copy'), t('sip.copied')] }} />}
      </Flex>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls */}
      <pre className="sip-text" tabIndex={0} style={{ '--sip-border': token.colorBorderSecondary } as CSSProperties}>
        {text}
      </pre>
    </section>
  );
}
