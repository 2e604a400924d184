import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type AccessCode,
  type AuditEntry,
  type AuditQuery,
  type CallerList,
  type CallerListEntry,
  type CallerListRows,
  type ConfigChange,
  type ConfigRows,
  type ConfigStore,
  DEFAULT_SETTINGS,
  DomainError,
  type Extension,
  type ExtensionGroup,
  type FlowHead,
  type FlowRows,
  type FlowVersion,
  type HolidayCalendar,
  type HotlineSettings,
  type QueueConfig,
  type Revised,
  type Schedule,
  type Skill,
  type StoredUser,
  type Trunk,
  type UserConfig,
  type VoicemailBox,
  type Wallboard,
} from '@yixian/contracts';
import type { ConfigValidators, FlowTools } from '../src/index.js';
import type { MemoryIdentity } from './memory-live.js';

/** Rows in a map, with revisions. */
class MemoryRows<T extends object> implements ConfigRows<T> {
  readonly rows = new Map<string, Revised<T>>();
  readonly #what: string;
  readonly #key: keyof T;

  constructor(what: string, key: keyof T) {
    this.#what = what;
    this.#key = key;
  }
  async list() {
    return structuredClone([...this.rows.values()]);
  }
  async get(key: string) {
    return structuredClone(this.rows.get(key));
  }
  async insert(item: T) {
    const key = String(item[this.#key]);
    if (this.rows.has(key)) throw new DomainError('conflict', `${this.#what} ${key} already exists`);
    this.rows.set(key, { ...structuredClone(item), revision: 1 });
    return this.#present(key);
  }
  async update(key: string, change: Partial<T>) {
    const before = await this.#present(key);
    this.rows.set(key, { ...before, ...structuredClone(change), revision: before.revision + 1 });
    return this.#present(key);
  }
  async delete(key: string) {
    this.rows.delete(key);
  }
  async #present(key: string): Promise<Revised<T>> {
    const found = await this.get(key);
    if (!found) throw new DomainError('not-found', `there is no ${this.#what} ${key}`);
    return found;
  }
}

interface MemoryFlow {
  id: string;
  name: string;
  revision: number;
  versions: FlowVersion[];
}

class MemoryFlows implements FlowRows {
  readonly rows = new Map<string, MemoryFlow>();

  async list() {
    return [...this.rows.values()].map(headOf);
  }
  async get(id: string) {
    const flow = this.rows.get(id);
    return flow && headOf(flow);
  }
  async versions(id: string) {
    return structuredClone(this.rows.get(id)?.versions ?? [])
      .map(({ document: _document, ...head }) => head)
      .toSorted((a, b) => b.version - a.version);
  }
  async version(id: string, version: number) {
    return structuredClone(this.rows.get(id)?.versions.find((v) => v.version === version));
  }
  async published() {
    return [...this.rows.values()].flatMap((flow) =>
      flow.versions.filter((v) => v.state === 'published').map(({ version, document }) => ({ flowId: flow.id, version, document })),
    );
  }
  async insert({ id, name }: { id: string; name: string }) {
    if (this.rows.has(id)) throw new DomainError('conflict', `flow ${id} already exists`);
    this.rows.set(id, { id, name, revision: 1, versions: [] });
    return headOf(this.#row(id));
  }
  async saveDraft(id: string, { name, document, by, at }: { name: string; document: unknown; by: string; at: number }) {
    const flow = this.#row(id);
    const known = flow.versions.find((v) => v.state === 'draft');
    const version = known?.version ?? Math.max(0, ...flow.versions.map((v) => v.version)) + 1;
    const draft: FlowVersion = { version, state: 'draft', createdAt: at, createdBy: by, publishedAt: null, publishedBy: null, document };
    flow.versions = [...flow.versions.filter((v) => v !== known), draft];
    return this.#changed(flow, name);
  }
  async publish(id: string, version: number, by: string, at: number) {
    const flow = this.#row(id);
    for (const v of flow.versions) {
      if (v.state === 'published') v.state = 'retired';
      if (v.version === version) Object.assign(v, { state: 'published', publishedAt: at, publishedBy: by });
    }
    return this.#changed(flow, flow.name);
  }
  async delete(id: string) {
    this.rows.delete(id);
  }
  #changed(flow: MemoryFlow, name: string): Revised<FlowHead> {
    flow.name = name;
    flow.revision += 1;
    return headOf(flow);
  }
  #row(id: string): MemoryFlow {
    const flow = this.rows.get(id);
    if (!flow) throw new DomainError('not-found', `there is no flow ${id}`);
    return flow;
  }
}

function headOf(flow: MemoryFlow): Revised<FlowHead> {
  const inState = (state: string) => {
    const found = flow.versions.find((v) => v.state === state);
    if (!found) return null;
    const { document: _document, ...head } = structuredClone(found);
    return head;
  };
  return { id: flow.id, name: flow.name, revision: flow.revision, published: inState('published'), draft: inState('draft') };
}

type AgentPart = Pick<UserConfig, 'skills' | 'skillLevels' | 'recording'>;

/** The users of the sign-in, with what their agents have and revisions. */
class MemoryUsers {
  readonly extra = new Map<string, AgentPart & { revision: number }>();
  readonly #identity: MemoryIdentity;

  constructor(identity: MemoryIdentity) {
    this.#identity = identity;
  }
  async list(): Promise<Revised<UserConfig>[]> {
    return [...this.#identity.users.values()].map((user) => this.#view(user));
  }
  async get(id: string) {
    const user = this.#byId(id);
    return user && this.#view(user);
  }
  async insert({ skills, skillLevels, recording, passwordHash = '', ...user }: UserConfig & { passwordHash?: string }) {
    const stored: StoredUser = { ...user, passwordHash, failedAttempts: 0 };
    this.#identity.users.set(user.username, stored);
    this.extra.set(user.id, { skills, skillLevels, recording, revision: 1 });
    return this.#view(stored);
  }
  async update(id: string, { skills, skillLevels, recording, ...change }: Partial<UserConfig & { passwordHash?: string }>) {
    const user = this.#byId(id);
    if (!user) throw new DomainError('not-found', `there is no user ${id}`);
    const extra = this.#extraOf(id);
    this.#identity.users.delete(user.username);
    const next: StoredUser = { ...user, ...change, ...(change.passwordHash ? { lockedUntil: null, failedAttempts: 0 } : {}) };
    this.#identity.users.set(next.username, next);
    this.extra.set(id, {
      skills: skills ?? extra.skills,
      skillLevels: skillLevels ?? extra.skillLevels,
      recording: recording === undefined ? extra.recording : recording,
      revision: extra.revision + 1,
    });
    return this.#view(next);
  }
  async delete(id: string) {
    const user = this.#byId(id);
    if (user) this.#identity.users.delete(user.username);
  }
  #byId(id: string): StoredUser | undefined {
    return [...this.#identity.users.values()].find((u) => u.id === id);
  }
  #extraOf(id: string) {
    return this.extra.get(id) ?? { skills: [], skillLevels: {}, recording: null, revision: 1 };
  }
  #view({ passwordHash: _hash, failedAttempts: _failed, ...user }: StoredUser): Revised<UserConfig> {
    return structuredClone({ ...user, ...this.#extraOf(user.id) });
  }
}

/** Caller lists; the entries of each by number. */
class MemoryLists implements CallerListRows {
  readonly heads = new MemoryRows<CallerList>('list', 'id');
  readonly byList = new Map<string, Map<string, CallerListEntry>>();

  async list() {
    return (await this.heads.list()).map((list) => this.#counted(list));
  }
  async get(id: string) {
    const list = await this.heads.get(id);
    return list && this.#counted(list);
  }
  async insert(list: CallerList) {
    return this.#counted(await this.heads.insert(list));
  }
  async update(id: string, change: Partial<CallerList>) {
    return this.#counted(await this.heads.update(id, change));
  }
  async delete(id: string) {
    await this.heads.delete(id);
    this.byList.delete(id);
  }
  async entries(id: string, { after = '', limit, search = '' }: { after?: string; limit: number; search?: string }) {
    const all = [...(this.byList.get(id)?.values() ?? [])].toSorted((a, b) => (a.number < b.number ? -1 : 1));
    const fits = (entry: CallerListEntry): boolean =>
      entry.number.startsWith(search) || entry.note.includes(search) || (entry.prefix && search.startsWith(entry.number));
    return all.filter((entry) => entry.number > after && fits(entry)).slice(0, limit);
  }
  async entry(id: string, number: string) {
    return this.byList.get(id)?.get(number);
  }
  async replaceEntries(id: string, entries: readonly CallerListEntry[]) {
    const head = await this.heads.update(id, {});
    this.byList.set(id, new Map(entries.map((entry) => [entry.number, entry])));
    return this.#counted(head);
  }
  async putEntries(id: string, entries: readonly CallerListEntry[]) {
    const head = await this.heads.update(id, {});
    this.byList.set(id, new Map([...(this.byList.get(id) ?? []), ...entries.map((entry) => [entry.number, entry] as const)]));
    return this.#counted(head);
  }
  async deleteEntry(id: string, number: string) {
    const head = await this.heads.update(id, {});
    this.byList.get(id)?.delete(number);
    return this.#counted(head);
  }
  #counted<T extends CallerList>(list: T): T & { entries: number } {
    return { ...list, entries: this.byList.get(list.id)?.size ?? 0 };
  }
}

class MemorySettings {
  readonly rows = new Map<string, unknown>();

  async get(): Promise<Revised<HotlineSettings>> {
    return this.now();
  }
  now(): Revised<HotlineSettings> {
    const stored = this.rows.get('hotline') as Revised<Partial<HotlineSettings>> | undefined;
    return { ...DEFAULT_SETTINGS, revision: 0, ...stored };
  }
  async update(change: Partial<HotlineSettings>) {
    const before = await this.get();
    this.rows.set('hotline', { ...before, ...change, revision: before.revision + 1 });
    return this.get();
  }
}

/** The configuration in memory: one change at a time, and a change that throws leaves nothing behind. */
export class MemoryConfig implements ConfigStore {
  readonly users: MemoryUsers;
  readonly extensions = new MemoryRows<Extension>('extension', 'number');
  readonly skills = new MemoryRows<Skill>('skill', 'id');
  readonly queues = new MemoryRows<QueueConfig>('queue', 'id');
  readonly numbers = new MemoryRows<AccessCode>('number', 'number');
  readonly trunks = new MemoryRows<Trunk>('trunk', 'id');
  readonly flows = new MemoryFlows();
  readonly schedules = new MemoryRows<Schedule>('schedule', 'id');
  readonly calendars = new MemoryRows<HolidayCalendar>('calendar', 'year');
  readonly lists = new MemoryLists();
  readonly boxes = new MemoryRows<VoicemailBox>('box', 'id');
  readonly groups = new MemoryRows<ExtensionGroup>('group', 'number');
  readonly wallboards = new MemoryRows<Wallboard>('wallboard', 'id');
  readonly settings = new MemorySettings();
  readonly #identity: MemoryIdentity;
  #last: Promise<unknown> = Promise.resolve();

  constructor(identity: MemoryIdentity) {
    this.#identity = identity;
    this.users = new MemoryUsers(identity);
  }

  change<T>(work: (config: ConfigChange) => Promise<T>): Promise<T> {
    const mine = this.#last.then(() => this.#alone(work));
    this.#last = mine.catch(() => undefined);
    return mine;
  }

  async auditLog(query: AuditQuery) {
    const fits = (entry: AuditEntry) =>
      (query.username === undefined || entry.username === query.username) &&
      (query.action === undefined || entry.action === query.action) &&
      (query.subject === undefined || entry.subject === query.subject);
    const all = this.#identity.entries.map((entry, i) => ({ ...entry, id: i + 1 })).filter(fits);
    return { items: all.toReversed().slice(0, query.limit), next: null };
  }

  async #alone<T>(work: (config: ConfigChange) => Promise<T>): Promise<T> {
    const maps = [
      ...[this.extensions, this.skills, this.queues, this.numbers, this.trunks, this.flows].map((table) => table.rows),
      ...[this.schedules, this.calendars, this.lists.heads, this.boxes, this.groups, this.wallboards].map((table) => table.rows),
      ...[this.lists.byList, this.settings.rows],
      ...[this.users.extra, this.#identity.users, this.#identity.sessions],
    ] as Map<string, unknown>[];
    const before = maps.map((map) => structuredClone([...map]));
    const { users, extensions, skills, queues, numbers, trunks, flows, schedules, calendars, lists, boxes, groups, settings, wallboards } =
      this;
    const written: AuditEntry[] = [];
    try {
      const result = await work({
        ...{ users, extensions, skills, queues, numbers, trunks, flows, schedules, calendars, lists, boxes, groups, settings, wallboards },
        endSessions: async (userId) => {
          const own = [...this.#identity.sessions.values()].filter((session) => session.userId === userId).map((session) => session.id);
          for (const id of own) this.#identity.sessions.delete(id);
          return own;
        },
        audit: async (entry) => void written.push(entry),
      });
      this.#identity.entries.push(...written);
      return result;
    } catch (error) {
      maps.forEach((map, i) => {
        map.clear();
        for (const [key, value] of before[i] ?? []) map.set(key, value);
      });
      throw error;
    }
  }
}

/** Rules of the same shape as the real ones: a rule with `(` in it, an address or URI with `!` in it is refused. */
export const validators: ConfigValidators = {
  numberRule(rule) {
    if (rule.includes('(')) throw new Error(`number rule ${rule}: too many ways`);
  },
  addressBlock(block) {
    if (block.includes('!')) throw new Error(`"${block}" is not an IP address or address block`);
  },
  trunkUri(uri) {
    if (uri.includes('!')) throw new Error(`"${uri}" is not a SIP URI`);
  },
  /** Nodes name what they need as `{ queue }`, `{ prompt }`, `{ extension }`, `{ flow }`. */
  flow(document, known) {
    const { nodes = {} } = document as { nodes?: Record<string, Record<string, string>> };
    const sets: Record<string, string[]> = {
      ...{ queue: known.queues, prompt: known.prompts, extension: known.extensions, flow: known.flows },
      ...{ schedule: known.schedules, list: known.lists, box: known.boxes },
    };
    return Object.entries(nodes).flatMap(([nodeId, node]) =>
      Object.entries(node ?? {})
        .filter(([field, id]) => sets[field] !== undefined && !sets[field].includes(id))
        .map(([field, id]) => ({ nodeId, field, message: `there is no ${field} ${id}` })),
    );
  },
};

/** A WAV of silence. `tag` 1 is PCM, 6 A-law, 7 µ-law. */
export function wav(options: { rate?: number; channels?: number; tag?: number; bits?: number; samples?: number } = {}): Buffer {
  const { rate = 8000, channels = 1, tag = 1, bits = tag === 1 ? 16 : 8, samples = 800 } = options;
  const size = (samples * bits * channels) / 8;
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + size, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(tag, 20);
  head.writeUInt16LE(channels, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE((rate * channels * bits) / 8, 28);
  head.writeUInt16LE((channels * bits) / 8, 32);
  head.writeUInt16LE(bits, 34);
  head.write('data', 36);
  head.writeUInt32LE(size, 40);
  return Buffer.concat([head, Buffer.alloc(size)]);
}

/** A folder of shipped prompts: `greeting` and `queue-music`. */
export async function shippedPrompts(folder: string): Promise<string> {
  const directory = join(folder, 'shipped');
  await mkdir(directory, { recursive: true });
  for (const id of ['greeting', 'queue-music']) await writeFile(join(directory, `${id}.wav`), wav());
  return directory;
}

/** Says every text as the shipped `greeting`; a simulated call waits for keys until it is hung up. */
export function flowTools(directory: string): FlowTools {
  const picture = (session: string, over: boolean) => ({
    session,
    over,
    result: null,
    node: null,
    waiting: over ? null : ({ for: 'collect', about: '', maxDigits: 1, terminators: '' } as const),
    variables: {},
    at: '2026-10-01T08:30',
    events: [],
  });
  const greeting = join(directory, 'shipped', 'greeting.wav');
  return {
    vocabulary: () => ({ nodes: [{ type: 'hangup', schema: {}, ways: [] }], variables: ['caller'], readOnlyVariables: [], spokenAs: [] }),
    simulator: {
      start: () => picture('simulation-1', false),
      input(_user, session, input) {
        if (session !== 'simulation-1') throw new DomainError('not-found', 'this simulation is over; begin another');
        return picture(session, 'hangUp' in input);
      },
      end() {},
    },
    speech: { prompt: (id) => (id === 'greeting' ? greeting : undefined), text: async () => greeting },
  };
}
