import type { ConfigReader, RecordingPolicy } from '@yixian/contracts';
import type { PromptFiles } from '../../shell/prompt-files.js';
import { fieldError } from './change.js';

// What one thing names has to exist. Each throws a `bad-request` naming the field.

/** A field that is as it was is not checked again: what it names may have been there before the rule was. */
export function differs<T extends object>(before: T | undefined, after: T, field: keyof T): boolean {
  return JSON.stringify(before?.[field]) !== JSON.stringify(after[field]);
}

export async function assertSkills(config: Pick<ConfigReader, 'skills'>, field: string, skills: readonly string[]): Promise<void> {
  const known = new Set((await config.skills.list()).map((s) => s.id));
  const at = skills.findIndex((skill) => !known.has(skill));
  if (at >= 0) throw fieldError(`${field}.${at}`, `there is no skill ${skills[at]}`);
}

export async function assertExtensions(config: Pick<ConfigReader, 'extensions'>, field: string, numbers: readonly string[]): Promise<void> {
  const known = new Set((await config.extensions.list()).map((e) => e.number));
  const at = numbers.findIndex((number) => !known.has(number));
  if (at >= 0) throw fieldError(`${field}.${at}`, `there is no extension ${numbers[at]}`);
  assertDistinct(field, numbers);
}

/** Extensions of users who take calls of queues. */
export async function assertAgents(config: Pick<ConfigReader, 'users'>, field: string, agents: readonly string[]): Promise<void> {
  const users = (await config.users.list()).filter((user) => user.roles.includes('agent'));
  const known = new Set(users.map((user) => user.extension));
  const at = agents.findIndex((agent) => !known.has(agent));
  if (at >= 0) throw fieldError(`${field}.${at}`, `there is no agent ${agents[at]}`);
  assertDistinct(field, agents);
}

export function assertDistinct(field: string, values: readonly string[]): void {
  const at = values.findIndex((value, i) => values.indexOf(value) < i);
  if (at >= 0) throw fieldError(`${field}.${at}`, `${values[at]} is there twice`);
}

export function assertPrompt(prompts: Pick<PromptFiles, 'ids'>, field: string, id: string): void {
  if (!prompts.ids().includes(id)) throw fieldError(field, `there is no prompt ${id}`);
}

/** The announcement of a recording policy. */
export function assertPolicy(prompts: Pick<PromptFiles, 'ids'>, field: string, policy: RecordingPolicy | null): void {
  if (policy?.announcement) assertPrompt(prompts, `${field}.announcement`, policy.announcement);
}

/** A flow that callers can be led to. */
export async function assertPublished(config: Pick<ConfigReader, 'flows'>, field: string, id: string): Promise<void> {
  const flow = await config.flows.get(id);
  if (!flow) throw fieldError(field, `there is no flow ${id}`);
  if (!flow.published) throw fieldError(field, `flow ${id} is not published`);
}

type Keyed = { get(key: string): Promise<unknown> };

/** Anything that is kept under a key. */
export async function assertThere(table: Keyed, field: string, what: string, key: string): Promise<void> {
  if (!(await table.get(key))) throw fieldError(field, `there is no ${what} ${key}`);
}
