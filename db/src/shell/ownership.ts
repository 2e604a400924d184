import type { Clock, Logger, Timer } from '@yixian/contracts';
import type { Knex } from 'knex';
import type { Client } from 'pg';

/** Any number, the same for every Yixian: an advisory lock is known by it within one database. */
const LOCK = 4_912_320;
const RETRY_MS = 200;
/** The connection of a killed process may be seen as broken a moment late. */
const PATIENCE_MS = 3_000;
/** Seconds: a machine that lost its power frees the database within about twenty. */
const KEEPALIVE = 'set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 3; set tcp_keepalives_count = 3';

export interface Ownership {
  release(): Promise<void>;
}

/**
 * Makes this process the only hotline of its database, for as long as its connection stands: two would end each other's
 * calls as left over and give the same numbers to different events.
 * @param options.shared it is one of several processes of one hotline: they have it together, and keep one that is alone out
 * @throws Error when another one has it
 */
export async function ownDatabase(options: { knex: Knex; logger: Logger; clock: Clock; shared?: boolean }): Promise<Ownership> {
  const { knex, logger, clock, shared = false } = options;
  const lock = shared ? 'select pg_try_advisory_lock_shared($1) as got' : 'select pg_try_advisory_lock($1) as got';
  let client: Client | undefined;
  let timer: Timer | undefined;
  let again: Promise<void> = Promise.resolve();
  let released = false;
  let told = false;

  const take = async (): Promise<boolean> => {
    const opened = await (knex.client as { acquireRawConnection(): Promise<Client> }).acquireRawConnection();
    opened.on('error', () => lost(opened));
    opened.on('end', () => lost(opened));
    await opened.query(KEEPALIVE);
    const { rows } = await opened.query<{ got: boolean }>(lock, [LOCK]);
    if (rows[0]?.got && !released) {
      client = opened;
      return true;
    }
    await opened.end();
    return false;
  };
  const lost = (broken: Client): void => {
    if (released || broken !== client) return;
    client = undefined;
    retry();
  };
  const retry = (): void => {
    timer = clock.setTimer(RETRY_MS, () => {
      again = retake();
    });
  };
  const retake = async (): Promise<void> => {
    const got = await take().catch(() => undefined); // unreachable: the journal says so already
    if (got === false && !told) logger.error({}, 'another Yixian has taken this database over: stop one of the two');
    told = got === false;
    if (!got && !released) retry();
  };

  const deadline = clock.now() + PATIENCE_MS;
  while (!(await take())) {
    if (clock.now() >= deadline)
      throw new Error(
        shared
          ? 'a Yixian without HOTLINE_NODE runs with this database: stop it first, or use another DATABASE_URL'
          : 'another Yixian runs with this database: stop it first, or use another DATABASE_URL or DATA_DIR',
      );
    await new Promise<void>((resolve) => clock.setTimer(RETRY_MS, resolve));
  }
  return {
    async release() {
      released = true;
      timer?.cancel();
      await again;
      await client?.end().catch((error: Error) => logger.debug({ err: error }, 'the database was gone before it was released'));
    },
  };
}

/** What the processes of a database do one after the other, each thing for itself. */
const TURNS = { start: 1, 'master-keys': 2 } as const;

/** Runs this while no other process does the same with this database. @throws what `run` throws */
export async function oneAtATime<T>(knex: Knex, what: keyof typeof TURNS, run: () => Promise<T>): Promise<T> {
  const client = await (knex.client as { acquireRawConnection(): Promise<Client> }).acquireRawConnection();
  client.on('error', () => undefined); // the lock is gone with the connection; `run` meets the same trouble
  try {
    await client.query('set statement_timeout = 0');
    await client.query('select pg_advisory_lock($1)', [LOCK + TURNS[what]]);
    return await run();
  } finally {
    await client.end().catch(() => undefined);
  }
}
