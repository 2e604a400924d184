/** Wall clock of a time zone as parts of a date. */
export interface LocalTimes {
  /** Days since 30 December 1899 on that wall clock, as spreadsheets count. */
  serial(at: number): number;
  /** `20260301-233000`. */
  stamp(at: number): string;
}

const DAY_MS = 86_400_000;
/** 1 January 1970 in days of a spreadsheet. */
const EPOCH_SERIAL = 25_569;

export function localTimes(timeZone: string): LocalTimes {
  const format = new Intl.DateTimeFormat('en-GB', {
    ...{ timeZone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit' },
    ...{ hour: '2-digit', minute: '2-digit', second: '2-digit' },
  });
  const partsOf = (at: number): Record<string, string> =>
    Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
  return {
    serial(at) {
      const { year, month, day, hour, minute, second } = partsOf(at);
      const wall = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
      return EPOCH_SERIAL + wall / DAY_MS;
    },
    stamp(at) {
      const { year, month, day, hour, minute, second } = partsOf(at);
      return `${year}${month}${day}-${hour}${minute}${second}`;
    },
  };
}
