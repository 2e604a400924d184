import type { Logger } from '@yixian/contracts';
import { startFaces } from './compose/faces.js';
import { layFoundation } from './compose/foundation.js';
import { startTelephony } from './compose/telephony.js';
import { Undo } from './compose/undo.js';
import type { Config } from './config.js';
import { authority } from './first-run.js';
import { readRunFile, removeRunFile, writeRunFile } from './run-file.js';
import { prepareDataDir } from './storage.js';
import { version } from './version.js';

export interface RunningYixian {
  http: string;
  firstRunFile: string | undefined;
  /** Resolves when the other processes have taken this one for dead and given its work away: it has to end. */
  expelled: Promise<void>;
  /** New calls get 503, running ones may finish up to the limit; then everything is closed. */
  drainAndStop(): Promise<void>;
  /** Ends calls and everything else now. */
  stopNow(): Promise<void>;
}

/**
 * Composes and starts the whole hotline. On failure whatever was started is stopped again.
 * @throws in one line an operator can act on: port in use, database unreachable …
 */
export async function startYixian(config: Config, logger: Logger): Promise<RunningYixian> {
  const undo = new Undo(logger);
  try {
    return await compose(config, logger, undo);
  } catch (error) {
    await undo.run();
    throw error;
  }
}

async function compose(config: Config, logger: Logger, undo: Undo): Promise<RunningYixian> {
  prepareDataDir(config.dataDir);
  prepareDataDir(config.nodeDir);
  const other = readRunFile(config.nodeDir);
  if (other)
    throw new Error(
      `another Yixian (pid ${other.pid}) runs with ${config.node ? `HOTLINE_NODE ${config.node} and ` : ''}DATA_DIR ${config.dataDir}`,
    );
  let draining = false;
  const base = await layFoundation(config, logger, undo);
  const telephony = await startTelephony(base, undo);
  const http = await startFaces(base, telephony, () => draining, undo);
  base.calls.sweepAfter(); // last of the subscribers: a record is forgotten when all the others have read it
  writeRunFile(config.nodeDir, { pid: process.pid, databaseUrl: base.database.url, redisUrl: base.redis.url, http });
  undo.add('run file', () => removeRunFile(config.nodeDir));
  const { joined } = base.membership;
  joined?.update({ sip: authority(config.hosts[0], config.sipPort), http });
  const expelled = new Promise<void>((resolve) => joined?.onExpelled(resolve));
  joined?.composed();
  await telephony.acd.ready();
  base.events.publish({ type: 'system.started', data: { version } });

  return {
    http,
    firstRunFile: base.firstRunFile,
    expelled,
    async drainAndStop() {
      draining = true;
      telephony.edge.drain();
      joined?.drain();
      base.events.publish({ type: 'system.draining', data: { calls: telephony.sbc.activeCalls() } });
      await telephony.sbc.drain(config.drainMs);
      await undo.run();
    },
    stopNow: () => undo.run(),
  };
}
