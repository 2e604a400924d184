import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Clock, type Logger, systemClock } from '@yixian/contracts';
import pg from 'pg';
import { locateBinaries, type PostgresBinaries } from './binaries.js';
import { ensureCluster, stopOrphan } from './cluster.js';
import { choosePort, claim, clusterOf, DATABASE, disclaim, passwordOf, prepareFolder, rememberPort, urlOf } from './data-folder.js';
import { type Postmaster, type PostmasterOptions, postgresEnvironment, startPostmaster } from './postmaster.js';
import { alive } from './processes.js';
import { passThrough, postgresUser, requireReachable, type SystemUser } from './system-user.js';

export interface EmbeddedPostgresOptions {
  /** Folder of this database alone, e.g. `DATA_DIR/postgres`; made when missing. */
  dataDir: string;
  logger: Logger;
  /** Fixed port on 127.0.0.1; without it a free one is chosen and kept for the next start. */
  port?: number;
  clock?: Clock;
}

export interface EmbeddedPostgres {
  /** For `connect`. Holds the password: do not log it. */
  url: string;
  /** Stops the server and resolves when it has ended; doing it twice changes nothing. */
  stop(): Promise<void>;
}

const RESTART_DELAY_MS = 200;
const RESTART_DELAY_MAX_MS = 5_000;

/**
 * Runs a private PostgreSQL on 127.0.0.1 with its files under `dataDir`. One that a killed process left behind is stopped first;
 * one that dies while we run is started again on the same port.
 * @throws Error of one line that says what is wrong and what to do
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { logger } = options;
  const clock = options.clock ?? systemClock();
  const dataDir = resolve(options.dataDir);
  const binaries = await locateBinaries();
  await mkdir(dataDir, { recursive: true });
  const user = await runningUser(dataDir, binaries, logger);
  await claim(dataDir);
  try {
    await prepareFolder(dataDir, user);
    await stopOrphan(dataDir, logger, clock);
    const password = await passwordOf(dataDir);
    await ensureCluster({ dataDir, password, binaries, user, logger });
    const port = await choosePort(dataDir, options.port);
    const postmaster = await startPostmaster({ binaries, cluster: clusterOf(dataDir), port, user, logger, clock });
    try {
      await rememberPort(dataDir, port);
      await ensureDatabase(urlOf(port, password, 'postgres'));
    } catch (error) {
      await postmaster.stop();
      throw error;
    }
    const stop = supervise(postmaster, { binaries, cluster: clusterOf(dataDir), port, user, logger, clock });
    return {
      url: urlOf(port, password),
      stop: async () => {
        await stop();
        await disclaim(dataDir);
      },
    };
  } catch (error) {
    await disclaim(dataDir);
    throw error;
  }
}

/** Whom PostgreSQL runs as here: it has to reach its program and its data, which a root's home folder (0700) does not allow by itself. */
async function runningUser(dataDir: string, binaries: PostgresBinaries, logger: Logger): Promise<SystemUser | undefined> {
  const user = await postgresUser();
  if (!user) return undefined;
  try {
    await requireReachable(dataDir, user, 'the database folder', 'set DATA_DIR to another place, e.g. /var/lib/yixian');
    await requireReachable(binaries.postgres, user, 'the PostgreSQL program', 'install Yixian in another place, e.g. /opt/yixian');
    return user;
  } catch (closed) {
    const through = await passThrough(user, binaries.postgres, postgresEnvironment(binaries));
    if (!through) throw closed;
    logger.info({ user: user.name }, 'PostgreSQL is let through a closed folder (CAP_DAC_READ_SEARCH): the project or its data lie in one');
    return through;
  }
}

/** Starts the server again when it dies by itself, until stopped. */
function supervise(first: Postmaster, options: PostmasterOptions): () => Promise<void> {
  const { logger, clock } = options;
  let current: Postmaster | undefined = first;
  let stopping = false;
  let restarting: Promise<void> = Promise.resolve();
  let wake = (): void => {};
  // Last resort when the process ends without stop(): nothing may wait here, so it is only told.
  const onExit = (): void => {
    if (current && alive(current.pid)) process.kill(current.pid, 'SIGINT');
  };
  process.once('exit', onExit);

  const watch = (postmaster: Postmaster): void => {
    void postmaster.exited.then((how) => {
      current = undefined;
      if (stopping) return;
      logger.error({ how }, 'PostgreSQL ended unexpectedly: starting it again');
      restarting = restart();
    });
  };
  const restart = async (): Promise<void> => {
    for (let delay = RESTART_DELAY_MS; !stopping; delay = Math.min(delay * 2, RESTART_DELAY_MAX_MS)) {
      await new Promise<void>((next) => {
        wake = next;
        clock.setTimer(delay, next);
      });
      if (stopping) return;
      try {
        current = await startPostmaster(options);
        logger.warn({ pid: current.pid }, 'PostgreSQL runs again');
        return watch(current);
      } catch (error) {
        logger.error({ err: error }, 'PostgreSQL could not be started again');
      }
    }
  };
  watch(first);
  return async () => {
    stopping = true;
    wake();
    await restarting;
    await current?.stop();
    process.off('exit', onExit);
  };
}

async function ensureDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [DATABASE]);
    if (!rowCount) await client.query(`create database ${DATABASE} template template0 encoding 'UTF8'`);
  } finally {
    await client.end();
  }
}
