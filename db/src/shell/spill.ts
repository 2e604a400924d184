import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { DomainEvent, Logger } from '@yixian/contracts';

/** A file for events that the database would not take before the process had to end; the next process stores them first. */
export interface Spill {
  read(): Promise<DomainEvent[]>;
  write(events: readonly DomainEvent[]): Promise<void>;
  clear(): Promise<void>;
}

export function createSpill(file: string, logger: Logger): Spill {
  return {
    async read() {
      const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return '';
        throw error;
      });
      const lines = text.split('\n').filter((line) => line !== '');
      const events = lines.map((line) => JSON.parse(line) as DomainEvent);
      if (events.length > 0) logger.warn({ events: events.length, file }, 'storing events that the last process could not store');
      return events;
    },
    async write(events) {
      const draft = `${file}.new`;
      await writeFile(draft, events.map((event) => `${JSON.stringify(event)}\n`).join(''), { mode: 0o600, flush: true });
      await rename(draft, file);
      logger.error({ events: events.length, file }, 'the database did not take these events: they are kept in a file for the next start');
    },
    clear: () => rm(file, { force: true }),
  };
}
