import { type ConfigReader, DomainError } from '@yixian/contracts';
import type { z } from 'zod';
import type { newPrompt, promptSet, promptsQuery } from '../../core/config/schemas.js';
import { assertUnused, flowsUsing, playing, type Use } from '../../core/config/uses.js';
import { inspectWav } from '../../core/config/wav.js';
import type { FileReply, GuardedRequest } from '../../core/route.js';
import type { byId } from '../../core/schemas.js';
import type { PromptFile, PromptLanguage } from '../../shell/prompt-files.js';
import { pageOf } from '../page.js';
import { type AdministrationDeps, change, surroundings } from './change.js';

type ById = z.output<typeof byId>;
type OfLanguage = z.output<typeof promptSet>;

/** Prompts of a language: the shipped ones and administrators' own, which win. The next one who hears it hears the new one. */
export function createPromptHandlers(deps: AdministrationDeps) {
  const { prompts } = deps;
  const missing = (id: string) => new DomainError('not-found', `there is no prompt ${id}`, { id });

  return {
    async list({ query }: GuardedRequest<unknown, z.output<typeof promptsQuery>, unknown>) {
      const { items, next } = pageOf(prompts.ids(query.language), (id) => id, query);
      const found = await Promise.all(items.map((id) => prompts.get(id, query.language)));
      return { items: found.filter((prompt) => prompt !== undefined), next };
    },
    async get({ params, query }: GuardedRequest<ById, OfLanguage, unknown>): Promise<PromptFile> {
      const found = await prompts.get(params.id, query.language);
      if (!found) throw missing(params.id);
      return found;
    },
    async audio({ params, query }: GuardedRequest<ById, OfLanguage, unknown>): Promise<FileReply> {
      const file = prompts.locate(params.id, query.language);
      if (!file) throw missing(params.id);
      return { ...file, contentType: 'audio/wav', name: `${params.id}.wav`, sha256: null, what: `the audio of prompt ${params.id}` };
    },
    add(request: GuardedRequest<unknown, z.output<typeof newPrompt>, Buffer>) {
      const { id, language } = request.query;
      if (prompts.isOwn(id, language)) throw new DomainError('conflict', `prompt ${id} already exists; PUT replaces it`, { id });
      return store(deps, request, { id, language }, request.body);
    },
    change: (request: GuardedRequest<ById, OfLanguage, Buffer>) =>
      store(deps, request, { id: request.params.id, language: request.query.language }, request.body),
    remove: (request: GuardedRequest<ById, OfLanguage, unknown>) => remove(deps, request),
  };
}

/** Puts a WAV in a prompt’s place. */
export async function store(
  deps: AdministrationDeps,
  caller: GuardedRequest<unknown, unknown, unknown>,
  { id, language }: { id: string; language: PromptLanguage },
  bytes: Buffer,
) {
  const { prompts } = deps;
  inspectWav(bytes);
  return change(deps, caller, async (c) => {
    const before = await prompts.get(id, language);
    await c.audit(before?.origin === 'uploaded' ? 'prompt.changed' : 'prompt.created', id, {
      before: before ? { origin: before.origin, bytes: before.bytes, durationSeconds: before.durationSeconds } : null,
      after: { origin: 'uploaded', bytes: bytes.length },
      language,
    });
    await prompts.write(id, bytes, language);
    const after = await prompts.get(id, language);
    if (!after) throw new Error(`prompt ${id} cannot be read after it was written`);
    return after;
  });
}

function remove(deps: AdministrationDeps, request: GuardedRequest<ById, OfLanguage, unknown>): Promise<void> {
  const { prompts } = deps;
  const { id } = request.params;
  const { language } = request.query;
  return change(deps, request, async (c) => {
    const before = await prompts.get(id, language);
    if (!prompts.isOwn(id, language)) {
      if (!prompts.isShipped(id, language)) throw new DomainError('not-found', `there is no prompt ${id}`, { id });
      throw new DomainError('conflict', `prompt ${id} is shipped with the program and stays; upload another one in its place`, { id });
    }
    // where there is another beneath, that is heard again: a shipped one, or that of the base set
    const beneath = prompts.isShipped(id, language) || (language !== 'zh' && prompts.ids().includes(id));
    if (!beneath) assertUnused('prompt', id, await usesOf(deps, c.config, id));
    const gone = before ? { bytes: before.bytes, durationSeconds: before.durationSeconds } : null;
    await c.audit('prompt.deleted', id, { before: gone, language });
    await prompts.delete(id, language);
  });
}

async function usesOf(deps: AdministrationDeps, config: ConfigReader, id: string): Promise<Use[]> {
  return [
    ...(await playing(config, id)),
    ...flowsUsing(await config.flows.published(), deps.validators.flow, await surroundings(deps, config), 'prompts', id),
  ];
}
