import type { Logger } from '@yixian/contracts';
import type { Config } from './config.js';
import { authority } from './first-run.js';
import { raisePriority } from './priority.js';
import { hearStopSignals } from './stop-signals.js';
import { type RunningYixian, startYixian } from './yixian.js';

/** The exit code of a process that was too slow to be heard; whoever watches over it starts it again. */
const EXPELLED = 75;

/** Runs the hotline until SIGINT or SIGTERM; a second signal stops without waiting for calls. @returns the exit code */
export async function serve(config: Config, logger: Logger): Promise<number> {
  raisePriority(logger);
  // Also heard while starting: what has been started by then must not be left running.
  const { first: asked, second } = hearStopSignals(process, () => performance.now());
  const running = await startOrStop(startYixian(config, logger), asked, logger);
  if (!running) return 0;
  raisePriority(logger); // those that came with the start
  process.stdout.write(banner(config, running));
  const signal = await Promise.race([asked, running.expelled]);
  if (!signal) {
    await running.stopNow();
    process.stdout.write('Yixian has ended: the other processes had taken this one for dead\n');
    return EXPELLED;
  }
  logger.info({ signal }, 'draining: new calls are refused, running ones may finish');
  const impatient = second.then(() => {
    logger.warn({}, 'second signal: stopping now');
    return 'now' as const;
  });
  const graceful = running.drainAndStop();
  if ((await Promise.race([graceful, impatient])) === 'now') await running.stopNow();
  process.stdout.write('Yixian has stopped\n');
  return 0;
}

/** What runs when the start is through, or undefined when the stop was asked for meanwhile; then all is stopped again. */
async function startOrStop(starting: Promise<RunningYixian>, asked: Promise<NodeJS.Signals>, logger: Logger) {
  const early = await Promise.race([asked, starting.then(() => undefined)]);
  if (!early) return starting;
  logger.info({ signal: early }, 'asked to stop while starting');
  try {
    await (await starting).stopNow();
  } catch (error) {
    logger.info({ reason: error instanceof Error ? error.message : String(error) }, 'the start did not come to its end');
  }
  process.stdout.write('Yixian has stopped\n');
  return undefined;
}

function banner(config: Config, running: { http: string; firstRunFile: string | undefined }): string {
  const lines = [
    '',
    'Yixian 一线 is ready',
    `  dial     sip:12320@${authority(config.hosts[0], config.sipPort)}   (SIP over UDP and TCP)`,
    `  begin    ${running.http}/welcome   (one call in one minute; passwords in first-run.json)`,
    `  look     ${running.http}/api/docs   ·   health ${running.http}/readyz   ·   metrics ${running.http}/metrics`,
    `  sign in  users, passwords and SIP secrets are in ${config.dataDir}/first-run.json`,
    '  stop     Ctrl-C (calls in progress may finish)',
    '',
  ];
  return `${lines.filter((line) => running.firstRunFile || !line.includes('first-run')).join('\n')}\n`;
}
