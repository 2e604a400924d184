import type { Clock, Logger, Timer } from '@yixian/contracts';
import type { Knex } from 'knex';
import type { Client } from 'pg';

const RETRY_MS = 1_000;

/**
 * Listens on a PostgreSQL channel over a connection of its own, and again after it broke.
 * @param options.onListening called each time it listens (again): what came before was not heard
 */
export function listen(options: {
  knex: Knex;
  logger: Logger;
  clock: Clock;
  channel: string;
  onNotify: () => void;
  onListening: () => void;
}): { close(): Promise<void> } {
  const { knex, logger, clock, channel } = options;
  let client: Client | undefined;
  let timer: Timer | undefined;
  let closed = false;

  const lost = (broken: Client | undefined): void => {
    if (closed || (broken && broken !== client)) return;
    client = undefined;
    timer?.cancel();
    timer = clock.setTimer(RETRY_MS, () => {
      opening = open();
    });
  };
  const open = async (): Promise<void> => {
    try {
      const opened = await (knex.client as { acquireRawConnection(): Promise<Client> }).acquireRawConnection();
      if (closed) return await opened.end();
      client = opened;
      opened.on('error', () => lost(opened));
      opened.on('end', () => lost(opened));
      opened.on('notification', options.onNotify);
      await opened.query(`listen ${channel}`);
      options.onListening();
    } catch (error) {
      if (!closed) logger.warn({ err: error, channel }, 'cannot listen to the database: trying again');
      lost(client);
    }
  };
  let opening = open();

  return {
    async close() {
      closed = true;
      timer?.cancel();
      await opening;
      await client?.end().catch(() => undefined);
    },
  };
}
