import { type ConfigReader, DomainError } from '@yixian/contracts';
import type { z } from 'zod';
import type { newPrompt } from '../../core/config/schemas.js';
import { assertUnused, flowsUsing, playing, type Use } from '../../core/config/uses.js';
import { inspectWav } from '../../core/config/wav.js';
import type { FileReply, GuardedRequest } from '../../core/route.js';
import type { byId, livePage } from '../../core/schemas.js';
import type { PromptFile } from '../../shell/prompt-files.js';
import { pageOf } from '../page.js';
import { type AdministrationDeps, change, surroundings } from './change.js';

type ById = z.output<typeof byId>;

/** Prompts: the shipped ones and administrators' own, which win. The next one who hears it hears the new one. */
export function createPromptHandlers(deps: AdministrationDeps) {
  const { prompts } = deps;
  const one = async (id: string): Promise<PromptFile> => {
    const found = await prompts.get(id);
    if (!found) throw new DomainError('not-found', `there is no prompt ${id}`, { id });
    return found;
  };

  return {
    async list({ query }: GuardedRequest<unknown, z.output<typeof livePage>, unknown>) {
      const { items, next } = pageOf(prompts.ids(), (id) => id, query);
      const found = await Promise.all(items.map((id) => prompts.get(id)));
      return { items: found.filter((prompt) => prompt !== undefined), next };
    },
    get: ({ params }: GuardedRequest<ById, unknown, unknown>) => one(params.id),
    async audio({ params }: GuardedRequest<ById, unknown, unknown>): Promise<FileReply> {
      const file = prompts.locate(params.id);
      if (!file) throw new DomainError('not-found', `there is no prompt ${params.id}`, { id: params.id });
      return { ...file, contentType: 'audio/wav', name: `${params.id}.wav`, sha256: null, what: `the audio of prompt ${params.id}` };
    },
    add(request: GuardedRequest<unknown, z.output<typeof newPrompt>, Buffer>) {
      const { id } = request.query;
      if (prompts.isOwn(id)) throw new DomainError('conflict', `prompt ${id} already exists; PUT replaces it`, { id });
      return store(deps, request, id, request.body);
    },
    change: (request: GuardedRequest<ById, unknown, Buffer>) => store(deps, request, request.params.id, request.body),
    remove: (request: GuardedRequest<ById, unknown, unknown>) => remove(deps, request),
  };
}

/** Puts a WAV in a prompt’s place. */
export async function store(deps: AdministrationDeps, caller: GuardedRequest<unknown, unknown, unknown>, id: string, bytes: Buffer) {
  const { prompts } = deps;
  inspectWav(bytes);
  return change(deps, caller, async (c) => {
    const before = await prompts.get(id);
    await c.audit(before?.origin === 'uploaded' ? 'prompt.changed' : 'prompt.created', id, {
      before: before ? { origin: before.origin, bytes: before.bytes, durationSeconds: before.durationSeconds } : null,
      after: { origin: 'uploaded', bytes: bytes.length },
    });
    await prompts.write(id, bytes);
    const after = await prompts.get(id);
    if (!after) throw new Error(`prompt ${id} cannot be read after it was written`);
    return after;
  });
}

function remove(deps: AdministrationDeps, request: GuardedRequest<ById, unknown, unknown>): Promise<void> {
  const { prompts } = deps;
  const { id } = request.params;
  return change(deps, request, async (c) => {
    const before = await prompts.get(id);
    if (!prompts.isOwn(id)) {
      if (!prompts.isShipped(id)) throw new DomainError('not-found', `there is no prompt ${id}`, { id });
      throw new DomainError('conflict', `prompt ${id} is shipped with the program and stays; upload another one in its place`, { id });
    }
    // where a shipped one is beneath, that is heard again
    if (!prompts.isShipped(id)) assertUnused('prompt', id, await usesOf(deps, c.config, id));
    await c.audit('prompt.deleted', id, { before: before ? { bytes: before.bytes, durationSeconds: before.durationSeconds } : null });
    await prompts.delete(id);
  });
}

async function usesOf(deps: AdministrationDeps, config: ConfigReader, id: string): Promise<Use[]> {
  return [
    ...(await playing(config, id)),
    ...flowsUsing(await config.flows.published(), deps.validators.flow, await surroundings(deps, config), 'prompts', id),
  ];
}
