import { STATE_REASONS } from '@yixian/contracts/browser';
import { useTranslation } from 'react-i18next';

const BUILT_IN: ReadonlySet<string> = new Set(STATE_REASONS);

/** Why an agent is in a state: the system's own reasons in words, those of people as they are named. */
export function useStateReason(): (reason: string) => string {
  const { t } = useTranslation();
  return (reason) => (BUILT_IN.has(reason) ? t(`stateReason.${reason as 'busy'}`) : reason);
}
