/**
 * Checks the name of a time zone once, at start.
 * @throws Error naming it
 */
export function requireTimezone(timezone: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone: timezone });
  } catch {
    throw new Error(`unknown time zone "${timezone}": use a name such as Asia/Shanghai`);
  }
}

/** SQL for the instant at which the hotline's day that holds `now` began. Bindings: time zone, now in milliseconds, time zone. */
export const MIDNIGHT = `(date_trunc('day', to_timestamp(?::float8 / 1000) at time zone ?) at time zone ?)`;
