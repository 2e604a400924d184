import type {
  AccessCode,
  CallerList,
  CallerListEntry,
  Extension,
  ExtensionGroup,
  HotlineSettings,
  QueueConfig,
  RecordingPolicy,
  Skill,
  Trunk,
  User,
  VoicemailBox,
} from './directory.js';
import type { EpochMs, FlowId, UserId } from './ids.js';
import type { CalendarDay, Schedule } from './schedule.js';
import type { Wallboard } from './wallboards.js';

// db ▸ admin: the configuration as administrators read and change it. What calls see of it is the `Directory`.

/** A thing with the number of its change: it grows with every update, so that two who edit at once are noticed. */
export type Revised<T> = T & { revision: number };

/** Things of one kind by their key. */
export interface ConfigTable<T> {
  /** In the order of their keys. */
  list(): Promise<Revised<T>[]>;
  get(key: string): Promise<Revised<T> | undefined>;
}

/** The same inside a change. `W` is what is written where it is more than what can be read (secrets). */
export interface ConfigRows<T, W extends T = T> extends ConfigTable<T> {
  /** Rejects with `conflict` when the key is taken. */
  insert(item: W): Promise<Revised<T>>;
  /** Fields that are not given stay; the revision grows by one. Rejects with `not-found`. The key cannot be changed. */
  update(key: string, change: Partial<W>): Promise<Revised<T>>;
  /** Doing it to what is not there changes nothing. */
  delete(key: string): Promise<void>;
}

/** A user as administrators see one. With role agent and an extension the user takes calls of queues. */
export interface UserConfig extends User {
  /** Of the agent; empty for whoever takes no calls of queues. */
  skills: string[];
  /** Level 1–10 by skill, of those of `skills` that have one. */
  skillLevels: Record<string, number>;
  /** Whether the agent's calls are recorded; null leaves it to queue, trunk and direction. */
  recording: RecordingPolicy | null;
  /** Locked after failed sign-ins until then; null when not. A new password unlocks. */
  lockedUntil: EpochMs | null;
}

export interface FlowVersionHead {
  /** From 1; never used twice in a flow. */
  version: number;
  /** At most one draft and one published; a retired version was published once and never changes again. */
  state: 'draft' | 'published' | 'retired';
  /** Of a draft: when and by whom it was last saved. */
  createdAt: EpochMs;
  createdBy: string;
  /** The last time it was put into force. */
  publishedAt: EpochMs | null;
  publishedBy: string | null;
}

export interface FlowVersion extends FlowVersionHead {
  /** As the author wrote it; a draft may be invalid. */
  document: unknown;
}

export interface FlowHead {
  id: FlowId;
  name: string;
  published: FlowVersionHead | null;
  draft: FlowVersionHead | null;
}

export interface FlowTable extends ConfigTable<FlowHead> {
  /** Newest first. */
  versions(id: FlowId): Promise<FlowVersionHead[]>;
  version(id: FlowId, version: number): Promise<FlowVersion | undefined>;
  /** Every document in force. */
  published(): Promise<{ flowId: FlowId; version: number; document: unknown }[]>;
}

export interface FlowRows extends FlowTable {
  /** A flow without any version. Rejects with `conflict` when the id is taken. */
  insert(flow: { id: FlowId; name: string }): Promise<Revised<FlowHead>>;
  /** Replaces the draft, or begins one with the next version number. */
  saveDraft(id: FlowId, draft: { name: string; document: unknown; by: string; at: EpochMs }): Promise<Revised<FlowHead>>;
  /** Puts a version into force: the draft, or one that was in force before. What was in force is retired. */
  publish(id: FlowId, version: number, by: string, at: EpochMs): Promise<Revised<FlowHead>>;
  delete(id: FlowId): Promise<void>;
}

/** Statutory holidays and make-up workdays of one year. */
export interface HolidayCalendar {
  /** The key, as text: `2026`. */
  year: string;
  days: CalendarDay[];
}

/** A caller list with how many entries it has. */
export interface CallerListHead extends CallerList {
  entries: number;
}

export interface CallerListTable extends ConfigTable<CallerListHead> {
  /**
   * In the order of their numbers.
   * @param page.after the last number of the page before
   * @param page.search those whose number begins so, whose note has it somewhere, or that cover this number by a prefix
   */
  entries(id: string, page: { after?: string; limit: number; search?: string }): Promise<CallerListEntry[]>;
  entry(id: string, number: string): Promise<CallerListEntry | undefined>;
}

/** Changes of entries count as changes of their list: its revision grows. All reject with `not-found` for an unknown list. */
export interface CallerListRows extends CallerListTable {
  insert(list: CallerList): Promise<Revised<CallerListHead>>;
  update(id: string, change: Partial<CallerList>): Promise<Revised<CallerListHead>>;
  delete(id: string): Promise<void>;
  /** The list has these entries and no other. */
  replaceEntries(id: string, entries: readonly CallerListEntry[]): Promise<Revised<CallerListHead>>;
  /** Adds entries; one that is there already is replaced. */
  putEntries(id: string, entries: readonly CallerListEntry[]): Promise<Revised<CallerListHead>>;
  deleteEntry(id: string, number: string): Promise<Revised<CallerListHead>>;
}

export interface SettingsReader {
  get(): Promise<Revised<HotlineSettings>>;
}

export interface SettingsRow extends SettingsReader {
  update(change: Partial<HotlineSettings>): Promise<Revised<HotlineSettings>>;
}

export interface AuditEntry {
  at: EpochMs;
  username: string;
  /** E.g. `queue.changed`. */
  action: string;
  /** What it was done to, e.g. a queue's id. */
  subject: string;
  details?: Record<string, unknown>;
}

export interface AuditQuery {
  from?: EpochMs;
  to?: EpochMs;
  username?: string;
  /** `*` in it stands for anything. */
  action?: string;
  subject?: string;
  limit: number;
  cursor?: string;
}

export interface ConfigReader {
  users: ConfigTable<UserConfig>;
  extensions: ConfigTable<Extension>;
  skills: ConfigTable<Skill>;
  queues: ConfigTable<QueueConfig>;
  numbers: ConfigTable<AccessCode>;
  trunks: ConfigTable<Trunk>;
  flows: FlowTable;
  schedules: ConfigTable<Schedule>;
  /** By year. */
  calendars: ConfigTable<HolidayCalendar>;
  lists: CallerListTable;
  boxes: ConfigTable<VoicemailBox>;
  /** By number. */
  groups: ConfigTable<ExtensionGroup>;
  wallboards: ConfigTable<Wallboard>;
  settings: SettingsReader;
}

/** One change, all of it or nothing, alone: no other administrator's change happens between its reads and its writes. */
export interface ConfigChange extends ConfigReader {
  users: ConfigRows<UserConfig, UserConfig & { passwordHash?: string }>;
  extensions: ConfigRows<Extension>;
  skills: ConfigRows<Skill>;
  queues: ConfigRows<QueueConfig>;
  numbers: ConfigRows<AccessCode>;
  trunks: ConfigRows<Trunk>;
  flows: FlowRows;
  schedules: ConfigRows<Schedule>;
  calendars: ConfigRows<HolidayCalendar>;
  lists: CallerListRows;
  boxes: ConfigRows<VoicemailBox>;
  groups: ConfigRows<ExtensionGroup>;
  wallboards: ConfigRows<Wallboard>;
  settings: SettingsRow;
  /** Ends every session of a user; the ids of those that were open. */
  endSessions(userId: UserId): Promise<string[]>;
  /** Written with the change, or not at all. */
  audit(entry: AuditEntry): Promise<void>;
}

export interface ConfigStore extends ConfigReader {
  /** Runs `work` in a transaction of its own; what it throws undoes everything. Rejects with `conflict` when rows refer to what is deleted. */
  change<T>(work: (config: ConfigChange) => Promise<T>): Promise<T>;
  /** Newest first. */
  auditLog(query: AuditQuery): Promise<{ items: (AuditEntry & { id: number })[]; next: string | null }>;
}
