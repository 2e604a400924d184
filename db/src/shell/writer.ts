import type { Clock } from '@yixian/contracts';
import type { Knex } from 'knex';
import type { Client, QueryResult } from 'pg';

export interface Statement {
  /** Prepared once per connection under this name. */
  name: string;
  text: string;
  values: unknown[];
}

/** One connection of its own, so that no report can keep the journal waiting, with a deadline on each statement. */
export interface Writer {
  /** Runs one statement, which is one transaction. After a deadline or a broken connection the next run makes a new one. */
  run(statement: Statement, deadlineMs: number): Promise<QueryResult>;
  close(): Promise<void>;
}

interface RawPool {
  acquireRawConnection(): Promise<Client>;
}

export function createWriter(knex: Knex, clock: Clock): Writer {
  let current: Promise<Client> | undefined;

  const drop = (client: Client | undefined): void => {
    current = undefined;
    // Not end(): that waits for a server which may never answer.
    (client as { connection?: { stream?: { destroy(): void } } } | undefined)?.connection?.stream?.destroy();
  };
  const open = async (): Promise<Client> => {
    const client = await (knex.client as RawPool).acquireRawConnection();
    client.on('error', () => drop(client));
    client.on('end', () => {
      current = undefined;
    });
    return client;
  };

  return {
    async run(statement, deadlineMs) {
      let client: Client | undefined;
      current ??= open();
      const opening = current;
      const work = (async () => {
        client = await opening;
        return client.query(statement);
      })();
      try {
        return await within(work, deadlineMs, clock);
      } catch (error) {
        if (sqlState(error) === undefined) drop(client);
        throw error;
      }
    },
    async close() {
      const opening = current;
      current = undefined;
      const client = await opening?.catch(() => undefined);
      if (client) await within(client.end(), 1_000, clock).catch(() => drop(client));
    },
  };
}

function within<T>(work: Promise<T>, ms: number, clock: Clock): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimer(ms, () => reject(new Error(`the database did not answer within ${ms} ms`)));
    work.then(resolve, reject).finally(() => timer.cancel());
  });
}

/** The five-character SQLSTATE of an error the server answered with; undefined when it never answered. */
export function sqlState(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !code.startsWith('E') ? code : undefined;
}
