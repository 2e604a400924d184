import type { CallView, EventView } from '@yixian/contracts/browser';
import { theme } from 'antd';
import { useTranslation } from 'react-i18next';
import { momentText } from '../../app/time.js';
import { useEventWords } from '../../components/event-words.js';

/** What an event says of who did what to whom; a lane alone is a note there. */
function arrowOf(event: EventView, agents: readonly string[]): [string, string] | undefined {
  const to = typeof event.data.to === 'string' ? event.data.to.replace(/^agent:/, '') : undefined;
  const agent = event.agentId ?? (to !== undefined && agents.includes(to) ? to : undefined);
  switch (event.type) {
    case 'call.arrived':
      return ['caller', 'hotline'];
    case 'offer.made':
    case 'call.ringing':
      return agent ? ['hotline', agent] : ['hotline', 'hotline'];
    case 'offer.accepted':
    case 'offer.rejected':
    case 'offer.timed-out':
      return agent ? [agent, 'hotline'] : undefined;
    case 'call.connected':
      return agent ? [agent, 'caller'] : ['hotline', 'caller'];
    case 'call.disconnected':
      return event.data.by === 'caller' ? ['caller', agent ?? 'hotline'] : [agent ?? 'hotline', 'caller'];
    case 'call.consulted':
    case 'call.transferred':
      return [agent ?? 'hotline', to !== undefined && agents.includes(to) && to !== agent ? to : 'hotline'];
    case 'call.ended':
      return ['hotline', 'caller'];
    default:
      return event.type.startsWith('call.') || event.type.startsWith('voicemail.') || event.type.startsWith('survey.')
        ? ['hotline', 'hotline']
        : undefined;
  }
}

const LANE = 170;
const ROW = 30;
const HEAD = 30;

/** 信令梯形图 out of the call's events: who, to whom, when. */
export function Ladder({ call, timeline }: { call: CallView; timeline: readonly EventView[] }) {
  const { t } = useTranslation('archive');
  const { token } = theme.useToken();
  const words = useEventWords(call.path);
  const agents = [...new Set(timeline.flatMap((event) => (event.agentId ? [event.agentId] : [])))];
  const lanes = ['caller', 'hotline', ...agents];
  const rows = timeline.flatMap((event) => {
    const arrow = arrowOf(event, agents);
    return arrow ? [{ event, arrow }] : [];
  });
  const x = (lane: string): number => 90 + LANE * (lanes.indexOf(lane) + 0.5);
  const [width, height] = [90 + LANE * lanes.length, HEAD + ROW * (rows.length + 0.5)];
  const name = (lane: string): string =>
    lane === 'caller' ? call.caller : lane === 'hotline' ? `${t('ladder.hotline')} ${call.called}` : lane;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
    <section aria-label={t('ladder.title')} tabIndex={0} style={{ overflowX: 'auto' }}>
      <svg width={width} height={height} role="img" aria-label={t('ladder.title')} style={{ fontSize: 12 }} fill={token.colorText}>
        <defs>
          <marker id="ladder-head" markerWidth="8" markerHeight="8" refX="7" refY="4" orient="auto">
            <path d="M0,0L8,4L0,8Z" fill={token.colorPrimary} />
          </marker>
        </defs>
        {lanes.map((lane) => (
          <g key={lane}>
            <text x={x(lane)} y={18} textAnchor="middle" fontWeight={600}>
              {name(lane)}
            </text>
            <line x1={x(lane)} x2={x(lane)} y1={HEAD} y2={height} stroke={token.colorBorder} />
          </g>
        ))}
        {rows.map(({ event, arrow: [from, to] }, i) => {
          const y = HEAD + ROW * (i + 0.8);
          return (
            <g key={event.id}>
              <text x={0} y={y} fill={token.colorTextSecondary} style={{ fontVariantNumeric: 'tabular-nums' }}>
                {momentText(event.at).slice(-8)}
              </text>
              {from === to ? (
                <circle cx={x(from)} cy={y - 4} r={4} fill={token.colorPrimary} />
              ) : (
                <line x1={x(from)} x2={x(to)} y1={y} y2={y} stroke={token.colorPrimary} markerEnd="url(#ladder-head)" />
              )}
              <text
                x={from === to ? x(from) + 10 : (x(from) + x(to)) / 2}
                y={from === to ? y : y - 5}
                textAnchor={from === to ? 'start' : 'middle'}
              >
                {words.name(event)}
              </text>
            </g>
          );
        })}
      </svg>
    </section>
  );
}
