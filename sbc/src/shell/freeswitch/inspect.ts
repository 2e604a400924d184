import type { ControlAddress } from '../../core/freeswitch/addresses.js';
import { versionAtLeast } from '../../core/freeswitch/addresses.js';
import { maxSessionsOf } from '../../core/freeswitch/status.js';
import { type EslConnection, type EslEvent, esl } from './libraries.js';
import { type SharedFolders, unseen } from './shared-folders.js';

/** The first whose conferences play to one member instead of what it hears (`nomux`). */
export const LEAST_FREESWITCH = '1.10.0';
const MODULES = ['mod_sofia', 'mod_conference', 'mod_dptools', 'mod_commands', 'mod_sndfile', 'mod_tone_stream', 'mod_native_file'];
const NEEDED = MODULES.filter((m) => m !== 'mod_native_file');
const DEADLINE_MS = 5_000;

export interface Inspection {
  version: string;
  maxSessions: number;
  /** Our address as the way there shows it. */
  ourAddress: string;
  /** Each a sentence; none when the server can be used. */
  problems: string[];
}

/** Looks at a FreeSWITCH over its event socket: secret, version, modules, profile, shared folders. Never rejects. */
export async function inspect({ host, port, secret }: ControlAddress, profile: string, shared?: SharedFolders): Promise<Inspection> {
  const where = `FreeSWITCH at ${host}:${port}`;
  const connection = new (esl().Connection)(host, port, secret);
  try {
    const fault = await ready(connection, where);
    if (fault !== undefined) return { version: '', maxSessions: 0, ourAddress: '', problems: [fault] };
    return await look(connection, where, profile, shared);
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

async function look(connection: EslConnection, where: string, profile: string, shared: SharedFolders | undefined): Promise<Inspection> {
  const ask = (command: string, args: string): Promise<string> =>
    new Promise((resolve) => {
      const deadline = setTimeout(() => resolve(''), DEADLINE_MS);
      connection.api(command, args, (event: EslEvent) => {
        clearTimeout(deadline);
        resolve((event.getBody() ?? '').trim());
      });
    });
  const problems: string[] = [];
  const version = await ask('version', 'short');
  if (!versionAtLeast(version, LEAST_FREESWITCH)) {
    problems.push(`${where} is of version ${version || 'unknown'}; ${LEAST_FREESWITCH} at least is needed`);
  }
  for (const name of NEEDED) {
    if ((await ask('module_exists', name)) !== 'true') problems.push(`${where} has not loaded ${name}`);
  }
  const profiles = await ask('sofia', 'status');
  if (!new RegExp(`^\\s*${escaped(profile)}\\s+profile\\s`, 'm').test(profiles)) {
    problems.push(`${where} has no SIP profile ${profile} that runs`);
  }
  const maxSessions = maxSessionsOf(await ask('status', '')) ?? 0;
  if (maxSessions === 0) problems.push(`${where} does not say how many sessions it takes`);
  const sees = async (file: string) => (await ask('file_exists', file)) === 'true';
  if (shared && problems.length === 0) problems.push(...(await unseen(shared, sees)).map((problem) => `${where} ${problem}`));
  return { version, maxSessions, ourAddress: connection.socket?.localAddress ?? '127.0.0.1', problems };
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
