import { type Logger, silentLogger } from '@yixian/contracts';
import knexFactory, { type Knex } from 'knex';
import pg from 'pg';

const TIMESTAMPTZ = 1184;
const INT8 = 20;
const NUMERIC = 1700;

/** Times leave the database as epoch milliseconds and 64-bit integers as numbers (all of ours stay below 2^53). */
const types = {
  getTypeParser(oid: number, format?: 'text' | 'binary'): (value: string) => unknown {
    if (oid === TIMESTAMPTZ) return (value) => Date.parse(value);
    if (oid === INT8 || oid === NUMERIC) return Number;
    return pg.types.getTypeParser(oid, format ?? 'text') as (value: string) => unknown;
  },
};

/**
 * A small pool of connections to PostgreSQL, UTC.
 * @param options.max connections at most; one more is kept by each journal
 */
export function connect(options: { url: string; max?: number; applicationName?: string; logger?: Logger }): Knex {
  const logger = options.logger ?? silentLogger;
  const note = (message: unknown): void =>
    logger.warn({ knex: firstLine(message instanceof Error ? message.message : message) }, 'database connection');
  return knexFactory({
    // Without this knex writes to the console. Whoever asked is told by the rejected promise in any case.
    log: { warn: note, error: note, deprecate: note, debug: () => undefined },
    client: 'pg',
    connection: {
      connectionString: options.url,
      application_name: options.applicationName ?? 'yixian',
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
      types,
      options: '-c timezone=UTC -c statement_timeout=30000',
    } as Knex.PgConnectionConfig,
    pool: { min: 1, max: options.max ?? 6, acquireTimeoutMillis: 5_000, idleTimeoutMillis: 30_000 },
  });
}

/** Knex puts the whole stack of an error into its message. */
const firstLine = (message: unknown): unknown => (typeof message === 'string' ? message.split('\n')[0] : message);

/** Whether the database answers within `deadlineMs`; the reason when it does not. */
export async function ping(knex: Knex, deadlineMs = 2_000): Promise<{ ok: true } | { ok: false; reason: string }> {
  try {
    await knex.raw('select 1').timeout(deadlineMs);
    return { ok: true };
  } catch (error) {
    return { ok: false, reason: (error as Error).message.split('\n')[0] ?? 'unknown' };
  }
}
