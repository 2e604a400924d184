import type { ControlAddress } from '../../core/freeswitch/addresses.js';
import { type EslConnection, type EslEvent, esl } from './libraries.js';

const DEADLINE_MS = 5_000;

/** What a FreeSWITCH answers to a command; empty where it does not within five seconds. */
export type Ask = (command: string, args: string) => Promise<string>;

/**
 * A connection to an event socket for as long as something is asked.
 * @param run gets our address, too, as the way there shows it
 * @throws Error that names the server and what is wrong: not there, secret, access list
 */
export async function withEventSocket<T>(
  { host, port, secret }: ControlAddress,
  run: (ask: Ask, ourAddress: string) => Promise<T>,
): Promise<T> {
  const connection = new (esl().Connection)(host, port, secret);
  try {
    const fault = await ready(connection, `FreeSWITCH at ${host}:${port}`);
    if (fault !== undefined) throw new Error(fault);
    const ask: Ask = (command, args) =>
      new Promise((resolve) => {
        const deadline = setTimeout(() => resolve(''), DEADLINE_MS);
        connection.api(command, args, (event: EslEvent) => {
          clearTimeout(deadline);
          resolve((event.getBody() ?? '').trim());
        });
      });
    return await run(ask, connection.socket?.localAddress ?? '127.0.0.1');
  } finally {
    connection.disconnect();
  }
}

function ready(connection: EslConnection, where: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const deadline = setTimeout(() => resolve(`${where} did not answer within ${DEADLINE_MS / 1_000} s`), DEADLINE_MS);
    const settle = (fault: string | undefined): void => {
      clearTimeout(deadline);
      resolve(fault);
    };
    connection.on('error', (error) => settle(`${where} cannot be reached: ${(error as unknown as Error).message}`));
    connection.once('esl::ready', () => settle(undefined));
    connection.once('esl::event::auth::fail', () => settle(`${where} does not take the secret of FREESWITCH_URL`));
    connection.once('esl::event::raw::text/rude-rejection', () =>
      settle(`${where} refuses our address (its event socket has an access list)`),
    );
    connection.once('esl::end', () => settle(`${where} closed the connection`));
  });
}
