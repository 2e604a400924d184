import type { CallRecord } from '@yixian/contracts/browser';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { useLive } from '../app/live.js';
import { useFailure } from '../app/use-failure.js';

/** Where the caller of this record is parked now. */
function slotOf(call: CallRecord): string | undefined {
  if (!call.segments.some((one) => one.kind === 'parked' && one.endedAt === null)) return undefined;
  return call.path.findLast((step) => step.startsWith('park:'))?.slice('park:'.length);
}

/** Callers this agent has parked, or was on the line with before: who, in which slot, and a press to fetch them. */
export function Parked({ fetch }: { fetch(slot: string): Promise<void> }) {
  const { t } = useTranslation('desk');
  const fail = useFailure();
  const calls = useLive((picture) => picture.calls);
  return [...calls.values()].map((call) => {
    const slot = slotOf(call);
    return slot === undefined ? null : (
      <span key={call.id} className="note parked" data-testid="parked">
        <span className="figures">{t('parkedIn', { number: call.caller, code: `*5${slot}` })}</span>
        <Button size="small" onClick={() => void fetch(slot).catch(fail)}>
          {t('fetch')}
        </Button>
      </span>
    );
  });
}
