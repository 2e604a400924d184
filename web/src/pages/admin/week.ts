import type { Schedule } from '@yixian/contracts/browser';

/** Minutes of a day. */
const DAY = 24 * 60;

export interface Span {
  /** Minutes after midnight. */
  from: number;
  to: number;
}

const minutes = (clock: string): number | undefined => {
  const match = /^(\d{1,2}):(\d\d)$/.exec(clock);
  return match ? 60 * Number(match[1]) + Number(match[2]) : undefined;
};

/** When it is open, Monday first, as far as the hours are typed; what ends before it begins goes on into the next day. */
export function weekOf(weekly: Schedule['weekly']): Span[][] {
  const week: Span[][] = Array.from({ length: 7 }, () => []);
  for (const { days, from, to } of weekly) {
    const [begin, end] = [minutes(from), minutes(to)];
    if (begin === undefined || end === undefined || begin === end) continue;
    for (const day of days) {
      week[day - 1]?.push({ from: begin, to: end > begin ? end : DAY });
      if (end < begin && end > 0) week[day % 7]?.push({ from: 0, to: end });
    }
  }
  return week.map((spans) => spans.toSorted((a, b) => a.from - b.from));
}
