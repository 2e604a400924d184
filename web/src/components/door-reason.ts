import { doorReasonOf } from '@yixian/contracts/browser';
import { useTranslation } from 'react-i18next';

/** Why a door or a schedule stands as it does, in words: `holiday:国庆节` is a holiday with that name. */
export function useDoorReason(): (because: string) => string {
  const { t } = useTranslation();
  return (because) => {
    const reason = doorReasonOf(because);
    return reason ? t(`because.${reason.why}`, { name: reason.name }) : because;
  };
}
