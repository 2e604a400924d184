import {
  BellOutlined,
  CoffeeOutlined,
  CustomerServiceOutlined,
  DesktopOutlined,
  DisconnectOutlined,
  EditOutlined,
  EyeOutlined,
  LogoutOutlined,
  MessageOutlined,
  MobileOutlined,
  MoreOutlined,
  PhoneOutlined,
  SmileOutlined,
  TeamOutlined,
} from '@ant-design/icons';
import type { AgentView, CallRecord } from '@yixian/contracts/browser';
import { memo, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Watching } from '../../app/live-fold.js';
import { Since } from '../../components/StateTag.js';
import type { WatchMode } from './supervision.js';

export const STATE_ICONS: Record<AgentView['state'], ReactNode> = {
  offline: <LogoutOutlined />,
  'not-ready': <CoffeeOutlined />,
  ready: <SmileOutlined />,
  ringing: <BellOutlined />,
  'on-call': <PhoneOutlined />,
  'wrap-up': <EditOutlined />,
};

export const SEAT_ICONS: Record<AgentView['seat']['kind'], ReactNode> = {
  sip: <PhoneOutlined />,
  softphone: <DesktopOutlined />,
  phone: <MobileOutlined />,
};

const MODE_ICONS: Record<Exclude<WatchMode, 'takeover'>, ReactNode> = {
  listen: <CustomerServiceOutlined />,
  whisper: <MessageOutlined />,
  barge: <TeamOutlined />,
};
const QUICK = ['listen', 'whisper', 'barge'] as const;

export interface AgentCardProps {
  agent: AgentView;
  call: CallRecord | undefined;
  queueName: string | undefined;
  watching: readonly Watching[] | undefined;
  /** False where the user has no extension to be rung at. */
  mayWatch: boolean;
  onWatch(callId: string, agent: string, mode: WatchMode): void;
  onOpen(agent: string): void;
}

function partyOf(call: CallRecord, extension: string): string {
  return call.direction === 'inbound' || call.caller !== extension ? call.caller : call.called;
}

/** The second line: with whom, or why not. */
function Detail({ agent, call, queueName }: Pick<AgentCardProps, 'agent' | 'call' | 'queueName'>) {
  const { t } = useTranslation('supervise');
  if (call) {
    return (
      <span className="sv-detail">
        <span className="sv-number">{partyOf(call, agent.extension)}</span>
        {queueName ? <span className="sv-faint"> · {queueName}</span> : null}
      </span>
    );
  }
  const words = [agent.reason, agent.next ? t('next', { state: t(`common:state.${agent.next.state}`) }) : null].filter(Boolean);
  return <span className="sv-detail sv-faint">{words.join(' · ') || '\u00a0'}</span>;
}

/** A picture that says something: by a name of its own, for a text that is hidden by clipping would be one more layer of each card. */
function Told({ className, text, children }: { className: string; text: string; children: ReactNode }) {
  return (
    <span className={className} role="img" aria-label={text} title={text}>
      <span aria-hidden>{children}</span>
    </span>
  );
}

/** One seat: state with icon and time, caller, seat, and the quick ways onto the call. Plain elements: two hundred of them move. */
export const AgentCard = memo(function AgentCard({ agent, call, queueName, watching, mayWatch, onWatch, onOpen }: AgentCardProps) {
  const { t } = useTranslation(['supervise', 'common']);
  const { extension, name, state, callId } = agent;
  const supervised = state === 'on-call' && callId !== null;
  const seat = t(`seat.${agent.seat.kind}`);
  return (
    <li className={`sv-card sv-${state}`} data-testid={`agent-${extension}`} data-state={state}>
      <div className="sv-head">
        <span className="sv-icon" aria-hidden>
          {STATE_ICONS[state]}
        </span>
        <button type="button" className="sv-name" title={`${name} ${extension}`} onClick={() => onOpen(extension)}>
          {name} <span className="sv-faint">{name.includes(extension) ? '' : extension}</span>
        </button>
        <Told className="sv-seat" text={agent.reachable ? seat : t('unreachable', { seat })}>
          {agent.reachable ? SEAT_ICONS[agent.seat.kind] : <DisconnectOutlined className="sv-bad" />}
        </Told>
      </div>
      <div className="sv-line">
        <span className="sv-state">{t(`common:state.${state}`)}</span>
        <span className="sv-time">{state === 'offline' ? null : <Since at={agent.since} />}</span>
      </div>
      <div className="sv-line">
        <Detail agent={agent} call={call} queueName={queueName} />
        <span className="sv-tools">
          {watching?.map((one) => (
            <Told key={one.by} className="sv-watch" text={t('watchedBy', { by: one.by, mode: t(`mode.${one.mode}`) })}>
              <EyeOutlined />
            </Told>
          ))}
          {supervised && mayWatch
            ? QUICK.map((mode) => (
                <button
                  key={mode}
                  type="button"
                  className="sv-tool"
                  title={t(`mode.${mode}`)}
                  aria-label={`${t(`mode.${mode}`)} ${extension}`}
                  onClick={() => onWatch(callId, extension, mode)}
                >
                  {MODE_ICONS[mode]}
                </button>
              ))
            : null}
          <button
            type="button"
            className="sv-tool"
            title={t('more')}
            aria-label={`${t('more')} ${extension}`}
            onClick={() => onOpen(extension)}
          >
            <MoreOutlined />
          </button>
        </span>
      </div>
    </li>
  );
});
