import type { Clock, Logger, Timer } from '@yixian/contracts';
import type { Knex } from 'knex';

const BEAT_MS = 1_000;

const SQL = `insert into instances (id, started_at, heartbeat_at) values (:id, to_timestamp(:now / 1000.0::float8), to_timestamp(:now / 1000.0::float8))
  on conflict (id) do update set heartbeat_at = excluded.heartbeat_at`;

export interface Heartbeat {
  /** `clean`: everything is stored, so the row is no longer needed. */
  stop(end: { clean: boolean }): Promise<void>;
}

/** Writes every second that this process lives: if it is killed, that is when its calls are known to have still been up. */
export function startHeartbeat(options: { knex: Knex; clock: Clock; logger: Logger; instanceId: string }): Heartbeat {
  const { knex, clock, logger, instanceId } = options;
  let timer: Timer | undefined;
  let stopped = false;
  let failing = false;
  let beating: Promise<void> = Promise.resolve();

  const beat = async (): Promise<void> => {
    try {
      await knex.raw(SQL, { id: instanceId, now: clock.now() }).timeout(5_000);
      failing = false;
    } catch (error) {
      if (!failing && !stopped) logger.warn({ err: error }, 'the heartbeat cannot be written');
      failing = true;
    }
    if (!stopped) timer = clock.setTimer(BEAT_MS, next);
  };
  const next = (): void => {
    beating = beat();
  };
  next();
  return {
    async stop({ clean }) {
      stopped = true;
      timer?.cancel();
      await beating;
      if (clean) await signOff(knex, instanceId).catch((error: Error) => logger.warn({ err: error }, 'the heartbeat row stays'));
    },
  };
}

/** A process that ended in order leaves no row, unless calls are still open whose end the next one will need it for. */
async function signOff(knex: Knex, instanceId: string): Promise<void> {
  await knex('instances')
    .where({ id: instanceId })
    .whereNotExists(knex('calls').where({ instance_id: instanceId }).whereNull('ended_at'))
    .delete()
    .timeout(2_000);
}
