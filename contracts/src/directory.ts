import type { AgentId, FlowId, QueueId, TrunkId, UserId } from './ids.js';
import type { CalendarDay, Schedule } from './schedule.js';
import type { Disposition } from './summaries.js';

/** A SIP trunk: where calls come from by address, and where calls go to by rule. */
export interface Trunk {
  id: TrunkId;
  name: string;
  /** Source addresses or CIDR blocks, IPv4 or IPv6, from which this trunk's calls arrive. */
  inboundAddresses: string[];
  /** Where outbound calls go, e.g. `sip:127.0.0.1:5080`; null when the trunk is inbound only. */
  outboundUri: string | null;
  /** Regular expressions of numbers this trunk may be used to call. */
  outboundNumbers: string[];
  /** Caller number shown on outbound calls; null keeps the extension's. */
  outboundCallerId: string | null;
  /** Digest credentials the far side may ask for on outbound calls. */
  auth: { username: string; password: string } | null;
  /** Calls at one time, both directions together. */
  maxCalls: number;
  /** New inbound calls a second. */
  maxCallsPerSecond: number;
  /** Outbound calls at one time; null: only `maxCalls` limits them. */
  maxOutboundCalls: number | null;
  /** Minutes of answered outbound calls a day of the hotline's time zone; null for no limit. A call in progress is not cut. */
  maxOutboundMinutesPerDay: number | null;
  /** What a virtual seat reached over this trunk is shown: the caller's number, or a number of ours. */
  seatCallerId: { show: 'caller' } | { show: 'number'; number: string };
  /** Whether calls over this trunk are recorded; null leaves it to agent, queue and direction. */
  recording: RecordingPolicy | null;
  enabled: boolean;
}

/** What a trunk has when nothing else is said. */
export const TRUNK_DEFAULTS: Pick<Trunk, 'maxOutboundCalls' | 'maxOutboundMinutesPerDay' | 'seatCallerId' | 'recording'> = {
  maxOutboundCalls: null,
  maxOutboundMinutesPerDay: null,
  seatCallerId: { show: 'caller' },
  recording: null,
};

/**
 * Whether a call is recorded. The first that says something decides: agent, queue, trunk, direction (`HotlineSettings`).
 * `share`: so many per cent of calls, drawn per call. `on-demand`: the agent starts it. `announcement`: prompt the caller hears first.
 */
export interface RecordingPolicy {
  mode: 'all' | 'share' | 'on-demand' | 'none';
  /** 0–100; only with `share`. */
  sharePercent: number;
  announcement: string | null;
}

/** An internal number with SIP credentials. Every agent has one. */
export interface Extension {
  number: string;
  displayName: string;
  sipPassword: string;
  /** Whether this extension may call over trunks. */
  outboundAllowed: boolean;
  forwards: ForwardRules;
  /** Extensions of one group may take each other's ringing calls (call pick-up); null for none. */
  pickupGroup: string | null;
  /** What whoever is at it is spoken to in (own messages, “press 1” at a mobile seat), e.g. `en`; null: the prompts' own language. */
  language: string | null;
  enabled: boolean;
}

/** Where calls to an extension go instead: numbers as one would dial them at that extension. */
export interface ForwardRules {
  always: string | null;
  busy: string | null;
  noAnswer: { to: string; afterMs: number } | null;
  notRegistered: string | null;
}

/** What an extension has when nothing else is said. */
export const EXTENSION_DEFAULTS: Pick<Extension, 'forwards' | 'pickupGroup' | 'language'> = {
  forwards: { always: null, busy: null, noAnswer: null, notRegistered: null },
  pickupGroup: null,
  language: null,
};

/** A dialled number that stands for several extensions 电话分组. */
export interface ExtensionGroup {
  number: string;
  name: string;
  members: string[];
  /** `ring-all`: the first to answer has the call. `conference` 组呼: everyone who answers joins. */
  mode: 'ring-all' | 'conference';
}

/** A dialled code or number and what it reaches. */
export interface AccessCode {
  number: string;
  target: RouteTarget;
  name: string;
  enabled: boolean;
}

export type RouteTarget =
  | { kind: 'toFlow'; flowId: FlowId }
  | { kind: 'toExtension'; extension: string }
  /** An extension group. */
  | { kind: 'toGroup'; number: string }
  | { kind: 'toTrunk'; trunkId: TrunkId; number: string }
  | { kind: 'reject'; reason: 'unknown-number' | 'forbidden' | 'busy' };

export interface Skill {
  id: string;
  name: string;
}

export interface QueueConfig {
  id: QueueId;
  /** Shown to people, e.g. 咨询. */
  name: string;
  /** An agent needs every one of these skills to be offered a call of this queue. */
  requiredSkills: string[];
  /** Larger goes first. */
  priority: number;
  /** How long an agent's phone rings before the offer is taken back, milliseconds. */
  ringTimeoutMs: number;
  /** Wrap-up after a call, milliseconds; 0 for none. */
  wrapUpMs: number;
  /** Longest wait before the caller goes on with `timeout`, milliseconds. */
  maxWaitMs: number;
  /** Waiting calls at most; one more goes on with `full`. */
  maxLength: number;
  /** Prompt id of the music. */
  music: string;
  /** Between announcements of position and wait, milliseconds; 0 for none. */
  announceEveryMs: number;
  /** Service-level threshold T in seconds. */
  serviceLevelSeconds: number;
  /** Record calls of this queue; what `recording` says where it says something. */
  record: boolean;
  recording: RecordingPolicy | null;
  strategy: QueueStrategy;
  /** The order for `top-down` and `sequential`; agents who are not named come after, by id. */
  agentOrder: AgentId[];
  /** Only agents of this business group 业务组 (or handling unit 承办单位); null for all. */
  group: string | null;
  /** Lowest level, 1–10, an agent needs in a skill of `requiredSkills`; skills not named here: any level. */
  minLevels: Record<string, number>;
  /** Levels asked for later in the wait, each step replacing `minLevels` whole; by `afterMs`, ascending. A level 0 waives the skill. */
  relaxation: RelaxationStep[];
  /** Points of priority a waiting call gains a minute; 0 for none. */
  ageingPerMinute: number;
  /** The agent who last talked with the caller is waited for first; null for not at all. */
  sticky: { withinMs: number; waitMs: number } | null;
  /** The first rule that applies takes the call elsewhere; looked at on arrival and whenever its measure may have changed. */
  overflow: OverflowRule[];
  /** Outside of this schedule the queue is closed; null: always open. */
  scheduleId: string | null;
  /** Offers the caller to be called back; null for not at all. */
  callback: CallbackConfig | null;
  /** `open`: wrap-up lasts until the agent ends it, `wrapUpMs` is not looked at. */
  wrapUp: 'fixed' | 'open';
  /** What a missed offer does to the agent. */
  consequences: OfferConsequences;
}

/**
 * Whose phone rings first. `sequential` goes on for each call after the one it last rang; `top-down` begins at the top each
 * time; `ring-all` rings every free one at once.
 */
export type QueueStrategy =
  | 'longest-idle'
  | 'fewest-calls'
  | 'least-talk-time'
  | 'round-robin'
  | 'top-down'
  | 'sequential'
  | 'random'
  | 'ring-all';

export interface RelaxationStep {
  afterMs: number;
  minLevels: Record<string, number>;
}

/** What a rule asks about. All are looked at when a call comes into the queue, all but `length` while it waits, too. */
export type OverflowCondition =
  /** Calls waiting already, this one not counted; asked of who comes. */
  | { kind: 'length'; atLeast: number }
  /** The longest wait in the queue now, of callers who came before: the oldest stays. */
  | { kind: 'longest-wait'; atLeastMs: number }
  /** Expected for this call's place as things stand. */
  | { kind: 'estimated-wait'; atLeastMs: number }
  /** This call's own wait. */
  | { kind: 'waited'; atLeastMs: number }
  /** Nobody signed in could have the call at any step of relaxation. */
  | { kind: 'nobody-signed-in' }
  | { kind: 'closed' };

export type OverflowTarget =
  | { kind: 'queue'; queueId: QueueId; priority: number }
  | { kind: 'flow'; flowId: FlowId }
  | { kind: 'number'; number: string }
  | { kind: 'voicemail'; box: string };

export interface OverflowRule {
  when: OverflowCondition;
  to: OverflowTarget;
}

/** Callback in place of waiting (virtual hold). The caller keeps the place in the queue. */
export interface CallbackConfig {
  /** The offer comes after so long a wait, and again with each announcement; 0 with the first. */
  offerAfterMs: number;
  /** Key that accepts the offer. */
  key: string;
  /** Prompt of the offer. */
  prompt: string;
  order: 'agent-first' | 'caller-first';
  /** Tries in all, 1–10. */
  attempts: number;
  retryEveryMs: number;
  /** How long the caller's phone rings. */
  ringMs: number;
}

/** What an offer that came to nothing does to the agent. */
export type OfferConsequence =
  | { action: 'not-ready' }
  /** Ready again after a pause; 0 for at once (last among the idle). */
  | { action: 'ready'; afterMs: number }
  | { action: 'sign-out' };

export interface OfferConsequences {
  noAnswer: OfferConsequence;
  rejected: OfferConsequence;
  busy: OfferConsequence;
  /** Not registered, switched off, out of reach. Ready again when a phone registers, unless signed out. */
  notReachable: OfferConsequence;
}

/** What a queue has when nothing else is said. */
export const QUEUE_DEFAULTS: Omit<
  QueueConfig,
  | 'id'
  | 'name'
  | 'requiredSkills'
  | 'priority'
  | 'ringTimeoutMs'
  | 'wrapUpMs'
  | 'maxWaitMs'
  | 'maxLength'
  | 'music'
  | 'announceEveryMs'
  | 'serviceLevelSeconds'
  | 'record'
> = {
  recording: null,
  strategy: 'longest-idle',
  agentOrder: [],
  group: null,
  minLevels: {},
  relaxation: [],
  ageingPerMinute: 0,
  sticky: null,
  overflow: [],
  scheduleId: null,
  callback: null,
  wrapUp: 'fixed',
  consequences: {
    noAnswer: { action: 'not-ready' },
    rejected: { action: 'not-ready' },
    busy: { action: 'not-ready' },
    notReachable: { action: 'not-ready' },
  },
};

/** The level of a skill an agent has without a level being named. */
export const DEFAULT_SKILL_LEVEL = 5;

export interface AgentConfig {
  id: AgentId;
  userId: UserId;
  name: string;
  skills: string[];
  /** Level 1–10 by skill; a skill of `skills` without one has `DEFAULT_SKILL_LEVEL`. */
  skillLevels: Record<string, number>;
  /** Business groups and handling units; a supervisor is given groups to lead. */
  groups: string[];
  /** Whether this agent's calls are recorded; null leaves it to queue, trunk and direction. */
  recording: RecordingPolicy | null;
  enabled: boolean;
}

/** Callers by number: to refuse, to let through, to prefer. */
export interface CallerList {
  id: string;
  name: string;
  kind: 'black' | 'white' | 'vip' | 'other';
}

export interface CallerListEntry {
  number: string;
  /** Every number that begins with it. */
  prefix: boolean;
  /** Epoch milliseconds; null for never. */
  expiresAt: number | null;
  note: string;
}

/** A voicemail box 语音信箱. */
export interface VoicemailBox {
  id: string;
  name: string;
  /** Extensions whose phones show waiting messages (MWI) and whose users may hear them. */
  extensions: string[];
  /** Told of each message by POST of `{box, voicemailId, caller, leftAt, durationSeconds}`; null for nobody. */
  notifyUrl: string | null;
  /** Messages older than this are deleted; null to keep them. */
  keepDays: number | null;
}

/** What holds for the whole hotline. */
export interface HotlineSettings {
  /** Whether calls of a direction are recorded when agent, queue and trunk say nothing. */
  recording: { inbound: RecordingPolicy; outbound: RecordingPolicy; internal: RecordingPolicy };
  /** Recordings older than this are deleted (unless under legal hold); null to keep them. */
  recordingKeepDays: number | null;
  /** At rest; the key is made at first start and kept in the data folder. */
  recordingEncryption: 'none' | 'aes-256-gcm' | 'sm4-ctr-sm3';
  /** Recording stops when less than this is free on the disk of the recordings, megabytes. */
  recordingMinFreeMegabytes: number;
  /** Whether an agent is shown that a supervisor listens. */
  showSupervision: boolean;
  /** Reasons agents choose from for not-ready; free text is always taken. */
  notReadyReasons: string[];
  /** What calls were about 小结分类, for agents to choose from. */
  dispositions: Disposition[];
  /** Agents signed in at one time at most 坐席数许可; null for no limit. */
  maxSignedIn: number | null;
  /** How service level is counted (see the formulas module). */
  serviceLevelFormula: 'answered' | 'answered-and-abandoned' | 'without-short-abandons';
  /** An abandoned call that waited less is a short abandon, seconds. */
  shortAbandonSeconds: number;
  /** Roles that see personal numbers with the middle hidden, e.g. 138****5678; the strongest role of a user counts. */
  maskNumbersFor: Role[];
}

const RECORD_ALL: RecordingPolicy = { mode: 'all', sharePercent: 100, announcement: null };

export const DEFAULT_SETTINGS: HotlineSettings = {
  recording: { inbound: RECORD_ALL, outbound: RECORD_ALL, internal: { ...RECORD_ALL, mode: 'none' } },
  recordingKeepDays: null,
  recordingEncryption: 'none',
  recordingMinFreeMegabytes: 500,
  showSupervision: true,
  notReadyReasons: [],
  dispositions: [
    { code: 'consult', label: '咨询' },
    { code: 'complaint', label: '投诉' },
    { code: 'suggestion', label: '建议' },
    { code: 'report', label: '举报' },
    { code: 'help', label: '求助' },
    { code: 'other', label: '其他' },
  ],
  maxSignedIn: null,
  serviceLevelFormula: 'answered',
  shortAbandonSeconds: 5,
  maskNumbersFor: [],
};

export type Role = 'agent' | 'supervisor' | 'admin';

export interface User {
  id: UserId;
  username: string;
  displayName: string;
  roles: Role[];
  /** The extension of an agent or supervisor, or null. */
  extension: string | null;
  /** Groups a supervisor leads. */
  groups: string[];
  enabled: boolean;
}

/**
 * The configuration as it stands, held in memory so that a call never waits for the database to be routed.
 * All look-ups are synchronous; `onChange` tells that something is different.
 */
export interface Directory {
  trunks(): readonly Trunk[];
  trunk(id: TrunkId): Trunk | undefined;
  extension(number: string): Extension | undefined;
  extensions(): readonly Extension[];
  accessCode(number: string): AccessCode | undefined;
  queue(id: QueueId): QueueConfig | undefined;
  queues(): readonly QueueConfig[];
  agent(id: AgentId): AgentConfig | undefined;
  agents(): readonly AgentConfig[];
  /** The published flow document, not yet validated; undefined when there is none. */
  flow(id: FlowId): { version: number; document: unknown } | undefined;
  flowIds(): readonly FlowId[];
  schedule(id: string): Schedule | undefined;
  /** Statutory holidays and make-up workdays by date `2026-10-01`, of the imported calendars. */
  calendarDay(date: string): CalendarDay | undefined;
  callerList(id: string): CallerList | undefined;
  /** The entry that covers this number at this time, the longest prefix first; fast also with 100,000 entries. */
  callerListEntry(listId: string, number: string, now: number): CallerListEntry | undefined;
  box(id: string): VoicemailBox | undefined;
  boxes(): readonly VoicemailBox[];
  extensionGroup(number: string): ExtensionGroup | undefined;
  extensionGroups(): readonly ExtensionGroup[];
  settings(): HotlineSettings;
  onChange(listener: () => void): () => void;
}
