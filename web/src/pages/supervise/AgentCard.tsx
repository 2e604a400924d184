import type { AgentView, CallRecord } from '@yixian/contracts/browser';
import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Watching } from '../../app/live-fold.js';
import { Since } from '../../components/StateTag.js';
import { useStateReason } from '../../components/state-reason.js';
import { Picture } from './Picture.js';
import type { PictureName } from './pictures.js';
import type { WatchMode } from './supervision.js';

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
  const reasonText = useStateReason();
  if (call) {
    return (
      <span className="sv-detail">
        <span className="sv-number">{partyOf(call, agent.extension)}</span>
        {queueName ? <span className="sv-faint"> · {queueName}</span> : null}
      </span>
    );
  }
  const words = [
    agent.reason ? reasonText(agent.reason) : null,
    agent.next ? t('next', { state: t(`common:state.${agent.next.state}`) }) : null,
  ].filter(Boolean);
  return <span className="sv-detail sv-faint">{words.join(' · ') || '\u00a0'}</span>;
}

/** A picture that says something: by a name of its own, for a text that is hidden by clipping would be one more layer of each card. */
function Told({ picture, text }: { picture: PictureName; text: string }) {
  return (
    <span role="img" aria-label={text} title={text}>
      <Picture name={picture} />
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
        <Picture name={state} />
        <button type="button" className="sv-name" title={`${name} ${extension}`} onClick={() => onOpen(extension)}>
          {name} <span className="sv-faint">{name.includes(extension) ? '' : extension}</span>
        </button>
        <Told picture={agent.reachable ? agent.seat.kind : 'unreachable'} text={agent.reachable ? seat : t('unreachable', { seat })} />
      </div>
      <div className="sv-line">
        <span className="sv-state">{t(`common:state.${state}`)}</span>
        <span className="sv-time">{state === 'offline' ? null : <Since at={agent.since} />}</span>
      </div>
      <div className="sv-line">
        <Detail agent={agent} call={call} queueName={queueName} />
        <span className="sv-tools">
          {watching?.map((one) => (
            <Told key={one.by} picture="watched" text={t('watchedBy', { by: one.by, mode: t(`mode.${one.mode}`) })} />
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
                  <Picture name={mode} />
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
            <Picture name="more" />
          </button>
        </span>
      </div>
    </li>
  );
});
