import { useQuery } from '@tanstack/react-query';
import type { SystemView } from '@yixian/contracts/browser';
import { get } from '../../app/api.js';

/** The state of the system, read anew every few seconds while a page shows it. */
export function useSystem() {
  return useQuery({ queryKey: ['system'], queryFn: () => get<SystemView>('/system'), refetchInterval: 5_000 });
}
