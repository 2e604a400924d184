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

/** Our rooms on a FreeSWITCH, from what it answers to `conference list`: the process they are of, and their whole names. */
export function roomsOf(list: string): { owner: string; name: string }[] {
  return [...list.matchAll(/\bConference ((yx[0-9a-f]{8})-\d+) /g)].map(([, name = '', owner = '']) => ({ owner, name }));
}
