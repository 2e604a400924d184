import { HEADER_WINDOW, repairWav } from '../core/wav.js';
import { bytesOf, openContainer } from './container-file.js';
import type { Context } from './context.js';
import { isMissing, makePrivate, repairFile, within } from './files.js';
import { mendRunning } from './running-file.js';
import { containerName, runningName } from './store-audio.js';

/** Makes the file whole; where it was encrypted already, before its row knew, its length is read from the container. */
export async function repairAudio(context: Context, id: string, name: string): Promise<{ durationMs: number; length: number }> {
  const file = within(context.options.directory, name);
  const container = containerName(file);
  const running = runningName(file);
  if (!(await isMissing(running))) {
    const { audio, lost } = await mendRunning(running, id, context.keyring);
    if (lost > 0) context.options.logger.error({ id, lost }, 'a recording of a dead process was changed: what is behind that is lost');
    return { durationMs: audio.durationMs, length: audio.bytes };
  }
  if ((await isMissing(file)) && !(await isMissing(container))) {
    const source = await openContainer(container, id, context.keyring);
    const head = await bytesOf(source, 0, HEADER_WINDOW);
    return { durationMs: repairWav(head, source.bytes).durationMs, length: source.bytes };
  }
  const { durationMs, length } = await repairFile(file);
  await makePrivate(file);
  return { durationMs, length };
}
