/** Sessions a FreeSWITCH has now, from what it answers to `status`; undefined when it does not say. */
export function sessionsOf(status: string): number | undefined {
  const now = /(\d+) session\(s\) - peak/.exec(status)?.[1];
  return now === undefined ? undefined : Number(now);
}

/** How many sessions it takes at most; undefined when it does not say. */
export function maxSessionsOf(status: string): number | undefined {
  const most = /(\d+) session\(s\) max/.exec(status)?.[1];
  return most === undefined ? undefined : Number(most);
}
