import { createConfigStore } from '@yixian/db';
import { drainMediaServer, mediaServersOf } from '@yixian/sbc';
import { withDatabase } from './commands.js';
import type { Config } from './config.js';

/**
 * `yixian media-servers`: how they are; one taken out for new calls or back. Asked of the servers themselves, so that it works
 * whichever processes run.
 * @returns 1 when one of them is not up
 */
export async function mediaServers({ freeswitch, ...config }: Config, options: Record<string, string>): Promise<number> {
  if (!freeswitch) throw new Error('there are no media servers: SWITCH is embedded');
  const { freeswitchUrl } = freeswitch;
  const { drain, restore } = options;
  if (drain !== undefined && restore !== undefined) throw new Error('--drain and --restore do not go together');
  const name = drain ?? restore;
  if (name !== undefined) {
    const drained = drain !== undefined;
    await drainMediaServer(freeswitchUrl, name, drained);
    const action = drained ? 'media-server.drained' : 'media-server.in-service';
    const entry = { at: Date.now(), username: 'system', action, subject: name, details: {} };
    await withDatabase({ freeswitch, ...config }, (knex) => createConfigStore(knex).change((c) => c.audit(entry)));
  }
  const all = await mediaServersOf(freeswitchUrl);
  for (const { name, up, drained, sessions, maxSessions, fault } of all) {
    const state = !up ? 'down' : drained ? 'drained' : 'in service';
    process.stdout.write(`${name}  ${state.padEnd(10)}  ${up ? `${sessions} of ${maxSessions} sessions` : fault}\n`);
  }
  return all.every((one) => one.up) ? 0 : 1;
}
