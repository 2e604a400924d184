import { randomUUID } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Logger } from '@yixian/contracts';
import { waitingSdp } from '../../core/freeswitch/media-sdp.js';
import { quoted } from '../../core/freeswitch/tones.js';
import { Channel } from './channel.js';
import { openEndpoint } from './endpoint.js';
import type { FsMediaServer } from './libraries.js';

/**
 * A channel for the moment, as every call has one: tells whether drachtio-server can call FreeSWITCH, FreeSWITCH connects back to us,
 * and what it writes in the folder of recordings can be read and deleted by us.
 * @param backTo where FreeSWITCH connects to, `address:port`
 * @param recordings not looked at where absent
 * @returns what is wrong, to stand behind the name of the server; undefined when nothing is
 */
export async function trial(
  server: FsMediaServer,
  backTo: string,
  recordings: string | undefined,
  logger: Logger,
): Promise<string | undefined> {
  const opened = await openEndpoint(server, waitingSdp(1)).catch((error: unknown) => refused(error, backTo));
  if (typeof opened === 'string') return opened;
  const channel = new Channel(opened, { digit() {}, joined() {}, played() {}, ended() {} }, logger);
  try {
    return recordings === undefined ? undefined : await written(channel, recordings);
  } finally {
    await channel.close();
  }
}

function refused(error: unknown, backTo: string): string {
  const { message } = error as Error;
  return message === 'Connection timeout'
    ? `does not connect back to us at ${backTo}: TCP has to be open there (FREESWITCH_LISTEN_PORTS)`
    : `could not be called by drachtio-server: ${message}`;
}

async function written(channel: Channel, folder: string): Promise<string | undefined> {
  const file = path.join(folder, `.trial-${randomUUID()}.r16`);
  const args = `${channel.uuid} start ${quoted(file)} 0 {RECORD_READ_ONLY=true,RECORD_USE_THREAD=false}`;
  try {
    await channel.command('uuid_record', args);
  } catch {
    return `cannot write in ${folder}: its user needs to`;
  }
  try {
    const handle = await open(file, 'r');
    await handle.close();
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT'
      ? `writes in ${folder} what does not come here: it has to be the same folder there, under the same path`
      : `writes in ${folder} what we cannot read (${code}): both have to be the same user`;
  } finally {
    await channel.command('uuid_record', `${channel.uuid} stop ${quoted(file)}`).catch(() => undefined);
    await rm(file, { force: true }).catch(() => undefined);
  }
}
