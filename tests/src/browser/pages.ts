/** Pages of the router that `admin-looks.test.ts` goes to one after another. */
export const LOOKED_AT = [
  'calls',
  'recordings',
  'voicemails',
  'reports',
  'users',
  'skills',
  'queues',
  'numbers',
  'extensions',
  'groups',
  'trunks',
  'schedules',
  'lists',
  'prompts',
  'boxes',
  'settings',
  'audit',
  'backups',
  'system',
];

/** Pages that are looked at for accessibility in a test of their own: its file in `tests/test/browser`. */
export const LOOKED_AT_ELSEWHERE: Readonly<Record<string, string>> = {
  desk: 'desk.test.ts',
  supervise: 'supervise.test.ts',
  wall: 'supervise.test.ts',
  flows: 'flows.test.ts',
};
