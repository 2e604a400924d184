import { readFileSync } from 'node:fs';
import { readCalendar } from '@yixian/admin';
import { DomainError } from '@yixian/contracts';
import { createConfigStore } from '@yixian/db';
import { withDatabase } from './commands.js';
import type { Config } from './config.js';

/** `yixian calendar import`: a running hotline goes by it at once. */
export async function importCalendar(config: Config, options: Record<string, string>): Promise<number> {
  const { file = '' } = options;
  const calendars = understood(file);
  await withDatabase(config, async (knex) => {
    await createConfigStore(knex).change(async (c) => {
      for (const { year, days } of calendars) {
        const before = await c.calendars.get(year);
        if (before) await c.calendars.update(year, { days });
        else await c.calendars.insert({ year, days });
        const action = before ? 'calendar.changed' : 'calendar.created';
        await c.audit({
          at: Date.now(),
          username: 'system',
          action,
          subject: year,
          details: { before: before?.days ?? null, after: days },
        });
      }
    });
  });
  for (const { year, days } of calendars) {
    const workdays = days.filter((day) => day.kind === 'workday').length;
    process.stdout.write(`${year}: ${days.length - workdays} holidays, ${workdays} make-up workdays\n`);
  }
  return 0;
}

function understood(file: string): ReturnType<typeof readCalendar> {
  try {
    return readCalendar(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error instanceof DomainError || error instanceof SyntaxError) throw new Error(`${file}: ${error.message.replace(/^body /, '')}`);
    throw error;
  }
}
