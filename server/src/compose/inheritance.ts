import type { RecorderService } from '@yixian/recorder';
import type { Foundation } from './foundation.js';
import type { Undo } from './undo.js';

const RETRY_MS = 2_000;

/**
 * What processes that died have left: whoever decides ends their calls in the records and makes their recordings whole. Alone,
 * this was done at the start.
 */
export function inheritFromTheDead(base: Foundation, recorder: RecorderService, undo: Undo): void {
  const { membership, journal, events, clock, logger } = base;
  const { joined } = membership;
  if (!joined) return;
  let running: Promise<void> | undefined;
  let again = false;
  let stopped = false;
  let timer = clock.setTimer(0, look);

  function look(): void {
    if (stopped || !joined?.leadership().mine) return;
    again = running !== undefined;
    running ??= inherit().finally(() => {
      running = undefined;
      if (again) look();
    });
  }

  async function inherit(): Promise<void> {
    try {
      const isDead = (ids: readonly string[]): Promise<string[]> => joined?.dead(ids) ?? Promise.resolve([]);
      await journal.closeOrphans({ now: clock.now(), publish: (draft) => events.publish(draft), isDead });
      await recorder.repairUnfinished({
        async isDead(callId) {
          const instance = await journal.instanceOf(callId);
          return instance === undefined || (await isDead([instance])).length > 0;
        },
      });
    } catch (error) {
      logger.error({ err: error }, 'what a dead process has left could not be put in order: trying again');
      if (!stopped) timer = clock.setTimer(RETRY_MS, look);
    }
  }

  const offs = [joined.onLeadership(({ mine }) => mine && look()), joined.onNodes(({ kind }) => kind === 'left' && look())];
  undo.add('inheritance', async () => {
    stopped = true;
    timer.cancel();
    for (const off of offs) off();
    await running;
  });
}
