import type { QueueId } from './ids.js';

// When the hotline is open: one pure rule for queues, flows and whoever shows it.

/** Opening hours of one or more days of the week; `to` may be `24:00`; past midnight when `from` is later than `to`. */
export interface WeeklyHours {
  /** 1 Monday … 7 Sunday. */
  days: number[];
  /** `08:30`. */
  from: string;
  to: string;
}

/** One date that goes by its own rule, before holidays and weekdays. No hours: closed all day. */
export interface SpecialDay {
  /** `2026-10-01`. */
  date: string;
  name: string;
  hours: { from: string; to: string }[];
}

export interface Schedule {
  id: string;
  name: string;
  weekly: WeeklyHours[];
  /** `closed`: closed on statutory holidays, open as on a Monday on make-up workdays 调休. `ignore`: weekdays only. */
  holidays: 'closed' | 'ignore';
  special: SpecialDay[];
}

/** A day of a holiday calendar: a statutory holiday, or a workday that makes up for one. */
export interface CalendarDay {
  date: string;
  kind: 'holiday' | 'workday';
  name: string;
}

/** A queue's door as somebody set it by hand: `schedule` goes by the schedule. */
export type QueueDoor = 'open' | 'closed' | 'schedule';

export interface QueueDoorState {
  queueId: QueueId;
  door: QueueDoor;
  open: boolean;
  /** Why, e.g. `weekly`, `holiday:国庆节`, `special:检修`, `closed by super1100`. */
  because: string;
}

/** What a door or a schedule stands as it does for: the word before the name in `because`. */
export const DOOR_REASONS = ['always', 'opened', 'closed', 'weekly', 'special', 'holiday', 'workday'] as const;

/** The parts of a `because`: what for, and the name of the day or of whoever set the door. */
export interface DoorReason {
  why: (typeof DOOR_REASONS)[number];
  name: string;
}

/** Reads `holiday:国庆节`, `closed by super1100`, `weekly`; undefined for what is none of these. */
export function doorReasonOf(because: string): DoorReason | undefined {
  const [, word, name = ''] = /^([a-z]+)(?::| by )?(.*)$/su.exec(because) ?? [];
  const why = DOOR_REASONS.find((one) => one === word);
  return why && { why, name };
}

export interface ScheduleState {
  open: boolean;
  /** `weekly`, `holiday:<name>`, `workday:<name>`, `special:<name>`. */
  because: string;
}

/** Wall-clock facts of an instant in a time zone. */
export interface LocalInstant {
  /** `2026-10-01`. */
  date: string;
  /** `08:30`. */
  clock: string;
  /** 1 Monday … 7 Sunday. */
  day: number;
}

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const FORMATS = new Map<string, Intl.DateTimeFormat>();

/** @throws RangeError when the time zone does not exist */
export function localInstant(now: number, timeZone: string): LocalInstant {
  let format = FORMATS.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      weekday: 'short',
    });
    FORMATS.set(timeZone, format);
  }
  const part = Object.fromEntries(format.formatToParts(now).map(({ type, value }) => [type, value]));
  return {
    date: `${part.year}-${part.month}-${part.day}`,
    clock: `${part.hour}:${part.minute}`,
    day: DAYS.indexOf(part.weekday ?? '') + 1,
  };
}

/** The date before, in the calendar, whatever the zone. */
export function dayBefore(date: string): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10);
}

export interface Hours {
  from: string;
  to: string;
}

/** The hours of one day, without what is left of the night before. @param day 1 Monday … 7 Sunday */
export function scheduleHours(
  schedule: Schedule,
  date: string,
  day: number,
  calendarDay: (date: string) => CalendarDay | undefined,
): { hours: readonly Hours[]; because: string } {
  const special = schedule.special.find((s) => s.date === date);
  if (special) return { hours: special.hours, because: `special:${special.name}` };
  const holiday = schedule.holidays === 'closed' ? calendarDay(date) : undefined;
  if (holiday?.kind === 'holiday') return { hours: [], because: `holiday:${holiday.name}` };
  const weekday = holiday ? 1 : day;
  const because = holiday ? `workday:${holiday.name}` : 'weekly';
  return { hours: schedule.weekly.filter((w) => w.days.includes(weekday)), because };
}

/**
 * Whether the schedule is open at this time. Hours past midnight belong to the day on which they began.
 * @param calendarDay holidays and make-up workdays by date
 */
export function scheduleState(
  schedule: Schedule,
  now: number,
  timeZone: string,
  calendarDay: (date: string) => CalendarDay | undefined,
): ScheduleState {
  const { date, clock, day } = localInstant(now, timeZone);
  const today = scheduleHours(schedule, date, day, calendarDay);
  const within = today.hours.some((h) => (h.from <= h.to ? h.from <= clock && clock < h.to : clock >= h.from));
  if (within) return { open: true, because: today.because };
  const yesterday = scheduleHours(schedule, dayBefore(date), day === 1 ? 7 : day - 1, calendarDay);
  const overnight = yesterday.hours.some((h) => h.from > h.to && clock < h.to);
  return overnight ? { open: true, because: yesterday.because } : { open: false, because: today.because };
}
