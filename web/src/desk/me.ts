import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { AgentView, CallView, DeskView } from '@yixian/contracts/browser';
import { useEffect } from 'react';
import { get } from '../app/api.js';
import { livePicture, onEvent, resyncNow, useLive, useLiveStatus } from '../app/live.js';
import { useUser } from '../app/session.js';

/** The own entry as REST gives it: what the live picture does not carry (wrap-up's end, figures) is here. */
export interface Me extends AgentView {
  call: Pick<CallView, 'id' | 'direction' | 'caller' | 'called' | 'startedAt' | 'queue'> | null;
  today: NonNullable<AgentView['today']>;
}

const SETTLE_MS = 60;
/** Events with which a call comes to an agent. */
const BRINGS_CALL: ReadonlySet<string> = new Set(['offer.made', 'call.ringing', 'call.connected', 'call.party-joined', 'call.retrieved']);

/** The agent at this desk; undefined for whoever takes no calls of queues. State and seat are those of this moment. */
export function useMe(): Me | undefined {
  const { extension } = useUser();
  const live = useLive((picture) => (extension === null ? undefined : picture.agents.get(extension)));
  const { data } = useQuery({
    queryKey: ['me', extension],
    queryFn: () => get<Me>(`/agents/${extension}`),
    enabled: live !== undefined,
    refetchInterval: 60_000,
  });
  if (!live || !data) return undefined;
  const talks = live.state === 'ringing' || live.state === 'on-call';
  return { ...data, ...live, today: data.today, callId: talks ? (live.callId ?? data.callId) : null };
}

/** Whether it is known by now if there is an agent at this desk. */
export function useMeKnown(): boolean {
  const { extension } = useUser();
  const known = useLive((picture) => picture.known);
  const live = useLive((picture) => (extension === null ? undefined : picture.agents.has(extension)));
  const me = useMe();
  return me !== undefined || (known && !live);
}

/** Mounted once: reads anew what an event may have changed, and everything when the connection is back. */
export function useDeskEvents(): void {
  const { extension } = useUser();
  const client = useQueryClient();
  const status = useLiveStatus();
  useEffect(() => {
    const due = new Map<string, ReturnType<typeof setTimeout>>();
    const soon = (...key: unknown[]): void => {
      const name = key.join(' ');
      if (due.has(name)) return;
      const read = (): void => {
        due.delete(name);
        void client.invalidateQueries({ queryKey: key });
      };
      due.set(name, setTimeout(read, SETTLE_MS));
    };
    const quit = onEvent((event) => {
      if (event.agentId === extension || event.type === 'call.ended') soon('me', extension);
      // A call is told from the moment it is the agent's: what was before is in the whole picture.
      if (BRINGS_CALL.has(event.type) && event.agentId === extension && !livePicture().calls.has(event.callId ?? '')) resyncNow();
      if (event.callId !== undefined) {
        soon('parties', event.callId);
        soon('call', event.callId);
      }
      if (event.callId !== undefined && event.type.startsWith('recording.')) soon('recording', event.callId);
      if (event.type === 'call.ended' || event.type === 'call.disconnected') soon('recent');
    });
    return () => {
      quit();
      for (const timer of due.values()) clearTimeout(timer);
    };
  }, [client, extension]);
  useEffect(() => {
    if (status === 'connected') void client.invalidateQueries();
  }, [status, client]);
}

export function useDeskChoices(): DeskView {
  const { data } = useQuery({ queryKey: ['desk'], queryFn: () => get<DeskView>('/desk'), staleTime: 60_000 });
  return data ?? { notReadyReasons: [], dispositions: [] };
}
