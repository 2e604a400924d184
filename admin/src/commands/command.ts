import {
  type Acd,
  type CallRegistry,
  type ClickToDial,
  type Clock,
  type CommandName,
  type Directory,
  DomainError,
  type IdentityStore,
  type Logger,
  type MaskFacts,
  mayDirectAgent,
  type PartyDialer,
  type RecordQueries,
  type Role,
} from '@yixian/contracts';
import type { z } from 'zod';
import type { Caller } from '../core/route.js';
import { check } from '../core/validate.js';

export interface CommandDeps {
  acd: Acd;
  calls: CallRegistry;
  clickToDial: ClickToDial;
  /** What a dialled string means for whom. */
  parties: Pick<PartyDialer, 'resolve'>;
  records: Pick<RecordQueries, 'call'>;
  directory: Pick<Directory, 'agent' | 'agents' | 'queues' | 'extension' | 'extensions' | 'flow' | 'flowIds'> & MaskFacts;
  identity: Pick<IdentityStore, 'audit'>;
  clock: Clock;
  logger: Logger;
}

/** One verb. REST gives it checked input; Socket.IO gives it what came. */
export interface Command<I, R> {
  name: CommandName;
  roles: readonly Role[];
  give(caller: Caller, input: I): Promise<R>;
  /** Checks the input first; rejects with `bad-request` naming the field. */
  giveUnchecked(caller: Caller, input: unknown): Promise<R>;
}

export function command<S extends z.ZodType, R>(spec: {
  name: CommandName;
  roles: readonly Role[];
  schema: S;
  give(caller: Caller, input: z.output<S>): Promise<R>;
}): Command<z.output<S>, R> {
  const { name, roles, schema } = spec;
  return {
    name,
    roles,
    give: (caller, input) => spec.give(caller, input),
    giveUnchecked: async (caller, input) => spec.give(caller, check(schema, input, 'command')),
  };
}

/** Refuses who may not act for this agent, before anything is said about whether the agent exists. */
export function assertDirects(caller: Caller, extension: string, what: string): void {
  if (mayDirectAgent(caller.viewer, extension)) return;
  throw new DomainError('forbidden', `${caller.principal.user.username} may not ${what} of ${extension}`, { extension });
}

/** An act for someone else goes into the audit log. It has happened by now: a log that cannot be written is reported, not undone. */
export async function auditForced(
  deps: CommandDeps,
  caller: Caller,
  action: string,
  extension: string,
  details: Record<string, unknown>,
): Promise<void> {
  if (caller.viewer.agentId === extension) return;
  const { username } = caller.principal.user;
  try {
    await deps.identity.audit({ at: deps.clock.now(), username, action, subject: extension, details });
  } catch (error) {
    deps.logger.error({ err: error, action, username, extension }, 'an audit entry could not be stored');
  }
}
