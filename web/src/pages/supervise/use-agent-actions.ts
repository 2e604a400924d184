import { App } from 'antd';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { post, put } from '../../app/api.js';
import { useFailure } from '../../app/use-failure.js';
import { supervise, type WatchMode } from './supervision.js';

export interface AgentActions {
  watch(callId: string, agent: string, mode: WatchMode): void;
  release(callId: string, agent: string): void;
  force(agent: string, state: 'ready' | 'not-ready' | 'offline', reason?: string): void;
}

/** What a supervisor may do to an agent's row; what hurts is asked for first. */
export function useAgentActions(): AgentActions {
  const { modal, message } = App.useApp();
  const { t } = useTranslation(['supervise', 'common']);
  const fail = useFailure();
  return useMemo(() => {
    const ask = (title: string, content: string, onOk: () => Promise<void>): void => {
      modal.confirm({
        title,
        content,
        okText: t('common:confirm'),
        cancelText: t('common:cancel'),
        okButtonProps: { danger: true, type: 'default' },
        onOk,
      });
    };
    const run = async (work: Promise<unknown>, done: string): Promise<void> => {
      await work.then(() => message.success(done)).catch(fail);
    };
    return {
      watch(callId, agent, mode) {
        const begin = (): Promise<void> => supervise(callId, agent, mode).catch(fail);
        if (mode === 'takeover') ask(t('ask.takeover', { agent }), t('ask.takeoverText'), begin);
        else void begin();
      },
      release(callId, agent) {
        ask(t('ask.release', { agent }), t('ask.releaseText'), () =>
          run(post(`/calls/${callId}/supervise`, { mode: 'release', agent }), t('done.release')),
        );
      },
      force(agent, state, reason) {
        const set = (): Promise<void> =>
          run(
            put(`/agents/${agent}/state`, { state, ...(reason ? { reason } : {}) }),
            t('done.force', { agent, state: t(`common:state.${state}`) }),
          );
        if (state === 'offline') ask(t('ask.offline', { agent }), t('ask.offlineText'), set);
        else void set();
      },
    };
  }, [modal, message, t, fail]);
}
