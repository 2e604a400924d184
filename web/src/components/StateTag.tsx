import type { AgentView } from '@yixian/contracts/browser';
import { Tag } from 'antd';
import { useTranslation } from 'react-i18next';
import { useStateReason } from './state-reason.js';

export { Since } from './Since.js';

/** Colours of the states, everywhere the same. */
export const STATE_COLOUR: Record<AgentView['state'], string> = {
  offline: 'default',
  'not-ready': 'orange',
  ready: 'green',
  ringing: 'gold',
  'on-call': 'blue',
  'wrap-up': 'purple',
};

export function StateTag({ state, reason }: { state: AgentView['state']; reason?: string | null }) {
  const { t } = useTranslation();
  const reasonText = useStateReason();
  return (
    <Tag color={STATE_COLOUR[state]}>
      {t(`state.${state}`)}
      {reason ? ` · ${reasonText(reason)}` : ''}
    </Tag>
  );
}
