import { type Authenticator, type CommandPort, DomainError, type Logger } from '@yixian/contracts';
import { commandEnvelope, read, type WireError, wireError } from '../core/messages.js';
import type { Client } from './client.js';

export type CommandAnswer = { ok: true; result: unknown } | { ok: false; error: WireError };

const MOST_AT_ONCE = 20;

/** Runs a `command` message for a client; the answer is what the acknowledgement carries. */
export function createCommandRunner(deps: { auth: Authenticator; commands: CommandPort; logger: Logger; counted(ok: boolean): void }) {
  return async (client: Client, message: unknown): Promise<CommandAnswer> => {
    client.busy += 1;
    try {
      const result = await run(deps, client, message);
      deps.counted(true);
      return { ok: true, result: result ?? null };
    } catch (error) {
      deps.counted(false);
      if (!(error instanceof DomainError))
        deps.logger.error({ err: error, user: client.principal.user.username }, 'a command failed inside');
      return { ok: false, error: wireError(error) };
    } finally {
      client.busy -= 1;
    }
  };
}

async function run(deps: { auth: Authenticator; commands: CommandPort }, client: Client, message: unknown): Promise<unknown> {
  if (client.busy > MOST_AT_ONCE) throw new DomainError('too-many-requests', `more than ${MOST_AT_ONCE} commands are under way`);
  const { name, ...input } = read(commandEnvelope, message, 'command');
  const principal = await deps.auth.authenticate(client.token);
  if (!principal) throw new DomainError('unauthenticated', 'the session is over; sign in again');
  return deps.commands.run(principal, name, input);
}
