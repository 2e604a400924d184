import {
  type Acd,
  type AgentConfig,
  type AgentSnapshot,
  type Callbacks,
  type CallbackView,
  DomainError,
  type DomainEvent,
  type EventBus,
  type EventDraft,
  type IdentityStore,
  QUEUE_DEFAULTS,
  type QueueConfig,
  type QueueDoor,
  type QueueDoorState,
  type QueueSnapshot,
  type StoredUser,
} from '@yixian/contracts';
import { hashPassword } from '../src/index.js';

// Who is signed in, agents, queues and callbacks, in memory.

/** Cheap enough for tests; the format and the code are those of the real cost. */
export const TEST_COST = { ln: 8, r: 8, p: 1 };

export interface AuditEntry {
  at: number;
  username: string;
  action: string;
  subject: string;
  details?: Record<string, unknown>;
}

/** Users and sessions in memory. */
export class MemoryIdentity implements IdentityStore {
  readonly users = new Map<string, StoredUser>();
  readonly sessions = new Map<string, { id: string; tokenHash: string; userId: string; expiresAt: number }>();
  readonly entries: AuditEntry[] = [];
  lookUps = 0;

  async userByName(username: string): Promise<StoredUser | undefined> {
    return structuredClone(this.users.get(username));
  }
  async userById(id: string): Promise<StoredUser | undefined> {
    this.lookUps += 1;
    return structuredClone([...this.users.values()].find((u) => u.id === id));
  }
  async recordFailure(userId: string, failedAttempts: number, lockedUntil: number | null): Promise<void> {
    for (const user of this.users.values()) if (user.id === userId) Object.assign(user, { failedAttempts, lockedUntil });
  }
  clearFailures(userId: string): Promise<void> {
    return this.recordFailure(userId, 0, null);
  }
  async createSession(session: { id: string; tokenHash: string; userId: string; expiresAt: number }): Promise<void> {
    this.sessions.set(session.id, session);
  }
  async sessionByTokenHash(tokenHash: string) {
    return [...this.sessions.values()].find((s) => s.tokenHash === tokenHash);
  }
  async prolongSession(id: string, expiresAt: number): Promise<void> {
    for (const session of this.sessions.values()) if (session.id === id) session.expiresAt = expiresAt;
  }
  async deleteSession(id: string): Promise<void> {
    this.sessions.delete(id);
  }
  async audit(entry: AuditEntry): Promise<void> {
    this.entries.push(entry);
  }
  async add(username: string, password: string, change: Partial<StoredUser> = {}): Promise<StoredUser> {
    const user: StoredUser = {
      id: `user-${username}`,
      username,
      displayName: username,
      roles: ['agent'],
      extension: null,
      groups: [],
      enabled: true,
      passwordHash: await hashPassword(password, TEST_COST),
      failedAttempts: 0,
      lockedUntil: null,
      ...change,
    };
    this.users.set(username, user);
    return user;
  }
}

export class MemoryBus implements EventBus {
  readonly events: DomainEvent[] = [];
  readonly #listeners = new Set<(event: DomainEvent) => void>();

  publish(draft: EventDraft): DomainEvent {
    const event = { ...draft, id: `e${this.events.length + 1}`, seq: this.events.length + 1, at: draft.at ?? 0 } as DomainEvent;
    this.events.push(event);
    for (const listener of this.#listeners) listener(event);
    return event;
  }
  subscribe(listener: (event: DomainEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
  of(type: string): DomainEvent[] {
    return this.events.filter((e) => e.type === type);
  }
}

const agentConfig = (id: string, skills: string[], groups: string[]): AgentConfig => ({
  id,
  userId: `user-${id}`,
  name: `Agent ${id}`,
  skills,
  skillLevels: {},
  groups,
  recording: null,
  enabled: true,
});
const queueConfig = (id: string, requiredSkills: string[]): QueueConfig => ({
  ...QUEUE_DEFAULTS,
  id,
  name: id,
  requiredSkills,
  priority: 0,
  ringTimeoutMs: 15_000,
  wrapUpMs: 0,
  maxWaitMs: 60_000,
  maxLength: 10,
  music: 'queue-music',
  announceEveryMs: 0,
  serviceLevelSeconds: 20,
  record: true,
});

/** Two groups: `main` with 1001 (consult) and 1003 (complaint), `night` with 1009. */
export const directory = {
  agents: () => [
    agentConfig('1001', ['consult'], ['main']),
    agentConfig('1003', ['complaint'], ['main']),
    agentConfig('1009', ['night'], ['night']),
  ],
  queues: () => [queueConfig('consult', ['consult']), queueConfig('complaint', ['complaint']), queueConfig('night', ['night'])],
};

/** Agents and queues that do as told. */
export class MemoryAcd implements Acd {
  readonly #agents = new Map<string, AgentSnapshot>();
  readonly said: { id: string; state: string; reason: string | null; by: string }[] = [];

  readonly moved: { callId: string; queueId?: string; priority?: number; by: string }[] = [];

  constructor() {
    for (const { id, name, skills, groups } of directory.agents()) {
      this.#agents.set(id, {
        agentId: id,
        name,
        state: 'offline',
        since: 1_000,
        reason: null,
        seat: { kind: 'sip' },
        reachable: true,
        callId: null,
        skills,
        skillLevels: {},
        groups,
        next: null,
        wrapUpUntil: null,
      });
    }
  }
  agents() {
    return [...this.#agents.values()];
  }
  agent(id: string) {
    return this.#agents.get(id);
  }
  queues(): QueueSnapshot[] {
    return directory.queues().map(({ id, name }) => ({
      queueId: id,
      name,
      waiting: [{ callId: `waits-${id}`, caller: '02100000001', position: 1, priority: 0, since: 5_000, offeredTo: null }],
      longestWaitMs: 2500,
      estimatedWaitMs: 30_000,
      ready: 1,
      serving: 0,
      signedIn: 1,
      door: { queueId: id, door: 'schedule', open: true, because: 'weekly' },
      callbacks: 0,
      estimateErrorMs: null,
    }));
  }
  queue(id: string) {
    return this.queues().find((q) => q.queueId === id);
  }
  async setState(id: string, state: 'ready' | 'not-ready' | 'offline', reason: string | null, by: string) {
    this.said.push({ id, state, reason, by });
    return this.#change(id, { state, reason });
  }
  async setSeat(id: string, seat: AgentSnapshot['seat'], _by: string) {
    return this.#change(id, { seat });
  }
  onCall(id: string, callId: string) {
    return this.#change(id, { state: 'on-call', callId });
  }
  async moveCall(callId: string, to: { queueId?: string; priority?: number }, by: string): Promise<void> {
    this.moved.push({ callId, ...to, by });
  }
  async setDoor(queueId: string, door: QueueDoor, by: string): Promise<QueueDoorState> {
    return { queueId, door, open: door !== 'closed', because: `${door} by ${by}` };
  }
  async answer(): Promise<void> {}
  async reject(): Promise<void> {}
  occupy() {}
  release() {}
  #change(id: string, change: Partial<AgentSnapshot>): AgentSnapshot {
    const agent = this.#agents.get(id);
    if (!agent) throw new DomainError('not-found', `no agent ${id}`);
    const next = { ...agent, ...change };
    this.#agents.set(id, next);
    return next;
  }
}

/** Callbacks in a list. */
export class MemoryCallbacks implements Callbacks {
  readonly items: CallbackView[] = [];
  async request({ queueId, number }: { queueId: string; number: string }): Promise<CallbackView> {
    if (this.items.some((one) => one.number === number)) throw new DomainError('conflict', `${number} waits already`);
    const view = { id: `callback-${this.items.length}`, queueId, number, since: 1_000, position: 1, attempts: 0, notBefore: null };
    this.items.push({ ...view, state: 'waiting' });
    return { ...view, state: 'waiting' };
  }
  async cancel(id: string): Promise<void> {
    const at = this.items.findIndex((one) => one.id === id);
    if (at < 0) throw new DomainError('not-found', `there is no callback ${id}`);
    this.items.splice(at, 1);
  }
  list() {
    return [...this.items];
  }
}
