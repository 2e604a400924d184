import type { ControlAddress } from '../../core/freeswitch/addresses.js';
import { versionAtLeast } from '../../core/freeswitch/addresses.js';
import { maxSessionsOf } from '../../core/freeswitch/status.js';
import { type Ask, withEventSocket } from './event-socket.js';
import { type SharedFolders, unseen } from './shared-folders.js';

/** The first whose conferences play to one member instead of what it hears (`nomux`). */
export const LEAST_FREESWITCH = '1.10.0';
const MODULES = ['mod_sofia', 'mod_conference', 'mod_dptools', 'mod_commands', 'mod_sndfile', 'mod_tone_stream', 'mod_native_file'];
const NEEDED = MODULES.filter((m) => m !== 'mod_native_file');

export interface Inspection {
  version: string;
  maxSessions: number;
  /** Our address as the way there shows it. */
  ourAddress: string;
  /** Each a sentence; none when the server can be used. */
  problems: string[];
}

/** Looks at a FreeSWITCH over its event socket: secret, version, modules, profile, shared folders. Never rejects. */
export async function inspect(address: ControlAddress, profile: string, shared?: SharedFolders): Promise<Inspection> {
  const where = `FreeSWITCH at ${address.host}:${address.port}`;
  return await withEventSocket(address, (ask, ourAddress) => look(ask, ourAddress, where, profile, shared)).catch((error: unknown) => ({
    version: '',
    maxSessions: 0,
    ourAddress: '',
    problems: [error instanceof Error ? error.message : String(error)],
  }));
}

async function look(ask: Ask, ourAddress: string, where: string, profile: string, shared: SharedFolders | undefined): Promise<Inspection> {
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
  return { version, maxSessions, ourAddress, problems };
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
