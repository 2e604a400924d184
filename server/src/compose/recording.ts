import type { Logger, VoicemailRow } from '@yixian/contracts';
import { createIdentityStore, createRecordingRows, oneAtATime } from '@yixian/db';
import { createRecorder, type RecorderService } from '@yixian/recorder';
import type { Softswitch } from '@yixian/softswitch';
import { createJobs, type Jobs } from '../jobs.js';
import { keysFolder, recordingsFolder } from '../recordings-commands.js';
import { postMessageLeft } from '../voicemail-notice.js';
import type { Foundation } from './foundation.js';
import { inheritFromTheDead } from './inheritance.js';
import type { Undo } from './undo.js';

const HOUR_MS = 3_600_000;
/** Twelve tries, the last about six hours after the first. */
const NOTICE = { attempts: 12, firstRetryMs: 5_000, atOnce: 4 };

export interface Recording {
  recorder: RecorderService;
  /** For other work in the background; said before `begin`. */
  jobs: Pick<Jobs, 'every'>;
  /** Phones are told, the disk is watched, background work begins. */
  begin(): Promise<void>;
}

/** Recordings, voicemail and what is done about them in the background. */
export async function composeRecorder(base: Foundation, softswitch: Softswitch, undo: Undo): Promise<Recording> {
  const { clock, ids, events, calls, directory, logger, redis, database } = base;
  const jobs = createJobs({ url: redis.url, clock, logger });
  // closed after the recorder: what that stores last may still have to be told of
  undo.add('background work', () => jobs.close());
  const notify = noticeJob(jobs, logger);
  const identity = createIdentityStore(database.knex);
  const recorder = createRecorder({
    switch: softswitch,
    rows: createRecordingRows(database.knex),
    ...{ events, calls, clock, ids, logger },
    configuration: directory,
    directory: recordingsFolder(base.config),
    keysDirectory: keysFolder(base.config),
    ...(base.membership.joined ? { exclusively: (work) => oneAtATime(database.knex, 'master-keys', work) } : {}),
    notify: (url, message) => notify({ url, message }),
    audit: (entry) => identity.audit(entry),
  });
  undo.add('recorder', () => recorder.close());
  jobs.every('recording-retention', HOUR_MS, () => recorder.applyRetention());
  jobs.every('recording-keys', HOUR_MS, () => recorder.changeKeys());
  await beginWithFiles(base, recorder, undo);
  return {
    recorder,
    jobs,
    async begin() {
      recorder.watch();
      await jobs.start();
    },
  };
}

/** Alone, whatever is unfinished was left over; of several processes, whoever decides takes care of what the dead have left. */
async function beginWithFiles(base: Foundation, recorder: RecorderService, undo: Undo): Promise<void> {
  if (!base.membership.joined) return recorder.repairUnfinished();
  // the folder and the first key, which all share
  await oneAtATime(base.database.knex, 'start', () => recorder.repairUnfinished({ isDead: async () => false }));
  inheritFromTheDead(base, recorder, undo);
}

interface Notice {
  url: string;
  message: VoicemailRow;
}

function noticeJob(jobs: Jobs, logger: Logger): (notice: Notice) => void {
  return jobs.kind<Notice>('voicemail-notice', NOTICE, async ({ url, message }) => {
    await postMessageLeft(url, message);
    logger.debug({ voicemailId: message.id, box: message.box }, 'told of a message');
  });
}
