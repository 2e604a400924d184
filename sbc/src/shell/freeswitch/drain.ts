import type { MediaServerState } from '@yixian/contracts';
import { type ControlAddress, controlAddresses } from '../../core/freeswitch/addresses.js';
import { maxSessionsOf, sessionsOf } from '../../core/freeswitch/status.js';
import { withEventSocket } from './event-socket.js';

/** Kept by the server itself: all processes see it, and its restart ends it. */
export const DRAINED = 'yixian_drained';

const nameOf = ({ host, port }: ControlAddress): string => `${host}:${port}`;

/**
 * How the media servers are, asked of each by itself; needs no running hotline.
 * @param freeswitchUrl as `FREESWITCH_URL`
 */
export async function mediaServersOf(freeswitchUrl: string): Promise<MediaServerState[]> {
  return await Promise.all(controlAddresses(freeswitchUrl, 'FREESWITCH_URL').map(stateOf));
}

async function stateOf(address: ControlAddress): Promise<MediaServerState> {
  const name = nameOf(address);
  try {
    return await withEventSocket(address, async (ask) => {
      const status = await ask('status', '');
      const [sessions, maxSessions] = [sessionsOf(status), maxSessionsOf(status)];
      if (sessions === undefined || maxSessions === undefined)
        throw new Error(`FreeSWITCH at ${name} does not say how many sessions it has`);
      return { name, up: true, drained: (await ask('global_getvar', DRAINED)) === 'true', sessions, maxSessions };
    });
  } catch (error) {
    const fault = error instanceof Error ? error.message : String(error);
    return { name, up: false, drained: false, sessions: 0, maxSessions: 0, fault };
  }
}

/**
 * Takes a media server out for new calls, or back; every process of the hotline follows within seconds.
 * @param name `host:port` of its event socket
 * @throws Error naming those there are when it is none of them, or what is wrong with it
 */
export async function drainMediaServer(freeswitchUrl: string, name: string, drained: boolean): Promise<void> {
  const all = controlAddresses(freeswitchUrl, 'FREESWITCH_URL');
  const address = all.find((one) => nameOf(one) === name);
  if (!address) throw new Error(`there is no media server ${name}; FREESWITCH_URL names ${all.map(nameOf).join(', ')}`);
  const kept = await withEventSocket(address, async (ask) => {
    await ask('global_setvar', `${DRAINED}=${drained}`);
    return await ask('global_getvar', DRAINED);
  });
  if (kept !== String(drained)) throw new Error(`FreeSWITCH at ${name} did not take the wish`);
}
