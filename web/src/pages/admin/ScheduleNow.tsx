import { useQuery } from '@tanstack/react-query';
import { Badge } from 'antd';
import { useTranslation } from 'react-i18next';
import { get } from '../../app/api.js';
import { useDoorReason } from '../../components/door-reason.js';

/** Whether it is open at this moment, as the server sees it, and why. */
export function ScheduleNow({ id }: { id: string }) {
  const { t } = useTranslation('admin');
  const reasonText = useDoorReason();
  const state = useQuery({
    queryKey: ['schedule-state', id],
    queryFn: () => get<{ open: boolean; because: string }>(`/schedules/${id}/state`),
    refetchInterval: 60_000,
  });
  if (!state.data) return null;
  return (
    <Badge
      status={state.data.open ? 'success' : 'default'}
      text={`${t(state.data.open ? 'month.open' : 'month.closed')} · ${reasonText(state.data.because)}`}
    />
  );
}
