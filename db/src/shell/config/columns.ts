import type {
  AccessCode,
  AgentConfig,
  CallerList,
  Extension,
  ExtensionGroup,
  QueueConfig,
  Schedule,
  Skill,
  Trunk,
  VoicemailBox,
  Wallboard,
} from '@yixian/contracts';

// Field → column of every kind that is a row, for administrators and for the directory alike.

export type Columns<T> = { readonly [F in keyof T & string]: string };

export const EXTENSION: Columns<Extension> = {
  number: 'number',
  displayName: 'display_name',
  sipPassword: 'sip_password',
  outboundAllowed: 'outbound_allowed',
  forwards: 'forwards',
  pickupGroup: 'pickup_group',
  language: 'language',
  enabled: 'enabled',
};

export const SKILL: Columns<Skill> = { id: 'id', name: 'name' };

export const NUMBER: Columns<AccessCode> = { number: 'number', name: 'name', target: 'target', enabled: 'enabled' };

export const TRUNK: Columns<Trunk> = {
  id: 'id',
  name: 'name',
  inboundAddresses: 'inbound_addresses',
  outboundUri: 'outbound_uri',
  outboundNumbers: 'outbound_numbers',
  outboundCallerId: 'outbound_caller_id',
  auth: 'auth',
  maxCalls: 'max_calls',
  maxCallsPerSecond: 'max_calls_per_second',
  maxOutboundCalls: 'max_outbound_calls',
  maxOutboundMinutesPerDay: 'max_outbound_minutes_per_day',
  seatCallerId: 'seat_caller_id',
  recording: 'recording',
  enabled: 'enabled',
};

export const QUEUE: Columns<Omit<QueueConfig, 'requiredSkills'>> = {
  id: 'id',
  name: 'name',
  priority: 'priority',
  ringTimeoutMs: 'ring_timeout_ms',
  wrapUpMs: 'wrap_up_ms',
  maxWaitMs: 'max_wait_ms',
  maxLength: 'max_length',
  music: 'music',
  announceEveryMs: 'announce_every_ms',
  serviceLevelSeconds: 'service_level_seconds',
  record: 'record',
  recording: 'recording',
  strategy: 'strategy',
  agentOrder: 'agent_order',
  group: 'business_group',
  minLevels: 'min_levels',
  relaxation: 'relaxation',
  ageingPerMinute: 'ageing_per_minute',
  sticky: 'sticky',
  overflow: 'overflow',
  scheduleId: 'schedule_id',
  callback: 'callback',
  wrapUp: 'wrap_up',
  consequences: 'consequences',
};

export const QUEUE_JSON = ['recording', 'minLevels', 'relaxation', 'sticky', 'overflow', 'callback', 'consequences'] as const;

/** Without the skills, which have a table of their own. */
export const AGENT: Columns<Omit<AgentConfig, 'skills' | 'skillLevels'>> = {
  id: 'id',
  userId: 'user_id',
  name: 'name',
  groups: 'groups',
  recording: 'recording',
  enabled: 'enabled',
};

export const SCHEDULE: Columns<Schedule> = { id: 'id', name: 'name', weekly: 'weekly', holidays: 'holidays', special: 'special' };

export const CALLER_LIST: Columns<CallerList> = { id: 'id', name: 'name', kind: 'kind' };

export const BOX: Columns<VoicemailBox> = {
  id: 'id',
  name: 'name',
  extensions: 'extensions',
  notifyUrl: 'notify_url',
  keepDays: 'keep_days',
};

export const GROUP: Columns<ExtensionGroup> = { number: 'number', name: 'name', members: 'members', mode: 'mode' };

export const WALLBOARD: Columns<Wallboard> = { id: 'id', name: 'name', owner: 'owner', theme: 'theme', tiles: 'tiles' };
