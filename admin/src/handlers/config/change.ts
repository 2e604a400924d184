import {
  type Acd,
  type Clock,
  type ConfigChange,
  type ConfigReader,
  type ConfigStore,
  DomainError,
  type FlowVocabulary,
  type IdSource,
  type Logger,
  type Revised,
  type SessionKeeper,
  type Simulator,
  type SpeechFiles,
} from '@yixian/contracts';
import type { FlowChecker, FlowSurroundings } from '../../core/config/uses.js';
import { fieldProblem } from '../../core/field-fault.js';
import type { Caller } from '../../core/route.js';
import type { PromptFiles } from '../../shell/prompt-files.js';

/** Rules that belong to other stages. Each throws an Error in words for the administrator. */
export interface ConfigValidators {
  /** A rule of numbers a trunk may call; refuses what could be tried in too many ways. */
  numberRule(rule: string): void;
  /** An address or CIDR block. */
  addressBlock(block: string): void;
  /** Where a trunk's calls go. */
  trunkUri(uri: string): void;
  flow: FlowChecker;
}

/** What those who draw flows work with, of the stage that runs flows. */
export interface FlowTools {
  vocabulary(): FlowVocabulary;
  simulator: Simulator;
  speech: SpeechFiles;
}

/** What administration needs beside the store. */
export interface AdministrationDeps {
  config: ConfigStore;
  sessions: SessionKeeper;
  validators: ConfigValidators;
  prompts: PromptFiles;
  flowTools: FlowTools;
  /** Resolves when what was stored is in force here: the next call meets it. */
  applied: () => Promise<void>;
  hashPassword: (password: string) => Promise<string>;
  /** Of a secret that was made here, never of one that a person chose. */
  hashGenerated: (secret: string) => Promise<string>;
  /** A password nobody can guess. */
  randomSecret: () => string;
  acd: Pick<Acd, 'agent' | 'queue'>;
  /** Of the hotline, e.g. Asia/Shanghai: what schedules go by. */
  timeZone: string;
  clock: Clock;
  ids: IdSource;
  logger: Logger;
}

/** A change under way: everything in it is stored together, or not at all. */
export interface Change {
  config: ConfigChange;
  by: string;
  now: number;
  /** `action` as in `queue.changed`. Never with a secret in it. */
  audit(action: string, subject: string, details: Record<string, unknown>): Promise<void>;
  /** The user's tokens and sockets end with the change. */
  endSessions(userId: string): Promise<void>;
  /** The user's next request sees the new roles. */
  userChanged(userId: string): void;
}

/** Runs a change and waits until it is in force. */
export async function change<T>(deps: AdministrationDeps, caller: Caller, work: (change: Change) => Promise<T>): Promise<T> {
  const by = caller.principal.user.username;
  const now = deps.clock.now();
  const ended: string[] = [];
  const changed: string[] = [];
  const result = await deps.config.change((config) =>
    work({
      config,
      by,
      now,
      audit: (action, subject, details) => config.audit({ at: now, username: by, action, subject, details }),
      async endSessions(userId) {
        ended.push(...(await config.endSessions(userId)));
      },
      userChanged: (userId) => void changed.push(userId),
    }),
  );
  deps.sessions.sessionsEnded(ended);
  for (const userId of changed) deps.sessions.userChanged(userId);
  await inForce(deps);
  return result;
}

async function inForce(deps: AdministrationDeps): Promise<void> {
  try {
    await deps.applied();
  } catch (error) {
    // It is stored; the directory reads again by itself as soon as the database answers.
    deps.logger.warn({ err: error }, 'a change is stored and will be in force a moment later');
  }
}

/** @throws DomainError `conflict` when somebody else has changed it since it was read */
export function assertRevision(what: string, key: string, current: number, given: number | undefined): void {
  if (given === undefined || given === current) return;
  throw new DomainError('conflict', `${what} ${key} was changed meanwhile: it is at revision ${current}, not ${given}; read it again`, {
    field: 'revision',
    revision: current,
  });
}

/** @throws DomainError `bad-request` when a change would give the thing another key */
export function assertSameKey(field: string, key: string, given: string | undefined): void {
  if (given !== undefined && given !== key) throw fieldError(field, `is ${key} and cannot be changed; make a new one`);
}

export async function present<T>(
  table: { get(key: string): Promise<Revised<T> | undefined> },
  what: string,
  key: string,
): Promise<Revised<T>> {
  const found = await table.get(key);
  if (!found) throw new DomainError('not-found', `there is no ${what} ${key}`, { [what]: key });
  return found;
}

/** One wrong field, in the shape of the schemas' errors. */
export function fieldError(field: string, problem: string): DomainError {
  return new DomainError('bad-request', `body field ${field}: ${problem}`, { in: 'body', fields: [fieldProblem(field, problem)] });
}

/** Runs a rule of another stage on a field. */
export function checkField(field: string, rule: () => void): void {
  try {
    rule();
  } catch (error) {
    throw fieldError(field, error instanceof Error ? error.message : String(error));
  }
}

/** What flows may name, as it stands. */
export async function surroundings(deps: Pick<AdministrationDeps, 'prompts'>, config: ConfigReader): Promise<FlowSurroundings> {
  const [queues, extensions, flows] = [await config.queues.list(), await config.extensions.list(), await config.flows.list()];
  const [schedules, lists] = [await config.schedules.list(), await config.lists.list()];
  const [boxes, skills] = [await config.boxes.list(), await config.skills.list()];
  return {
    queues: queues.map((q) => q.id),
    prompts: deps.prompts.ids(),
    extensions: extensions.map((e) => e.number),
    flows: flows.filter((f) => f.published !== null).map((f) => f.id),
    schedules: schedules.map((s) => s.id),
    lists: lists.map((l) => l.id),
    boxes: boxes.map((b) => b.id),
    skills: skills.map((s) => s.id),
  };
}
