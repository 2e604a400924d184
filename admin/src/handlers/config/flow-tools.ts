import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type ClickToDial, type ConfigReader, DomainError, type SimulationInput } from '@yixian/contracts';
import type { z } from 'zod';
import type {
  bySimulation,
  checkedDocument,
  draftCall,
  promptSet,
  simulation,
  simulationInput,
  speechQuery,
  spokenPrompt,
} from '../../core/config/schemas.js';
import { numbersTo } from '../../core/config/uses.js';
import type { FileReply, GuardedRequest } from '../../core/route.js';
import type { byId } from '../../core/schemas.js';
import { type AdministrationDeps, change, fieldError, present } from './change.js';
import { problemsOf, problemView } from './flows.js';
import { store } from './prompts.js';

type ById = z.output<typeof byId>;

export interface FlowToolDeps extends AdministrationDeps {
  clickToDial: ClickToDial;
}

/** What the editor of flows asks for beside the flows themselves. */
export function createFlowTools(deps: FlowToolDeps) {
  const { simulator } = deps.flowTools;
  const userOf = ({ principal }: Pick<GuardedRequest<unknown, unknown, unknown>, 'principal'>): string => principal.user.id;
  return {
    vocabulary: async () => deps.flowTools.vocabulary(),
    /** Also for a flow that is not stored yet: its id is only compared. */
    async validate({ params, body }: GuardedRequest<ById, unknown, z.output<typeof checkedDocument>>) {
      return { problems: (await problemsOf(deps, deps.config, params.id, body.document)).map(problemView) };
    },
    async simulate(request: GuardedRequest<ById, unknown, z.output<typeof simulation>>) {
      const { document, ...facts } = request.body;
      const wanted = document ?? (await openDocument(deps.config, request.params.id)).document;
      return simulator.start(userOf(request), { ...facts, document: wanted });
    },
    input: async (request: GuardedRequest<z.output<typeof bySimulation>, unknown, z.output<typeof simulationInput>>) =>
      // exactly one of them is there: the schema has seen to it
      simulator.input(userOf(request), request.params.session, request.body as SimulationInput),
    async endSimulation(request: GuardedRequest<z.output<typeof bySimulation>, unknown, unknown>) {
      simulator.end(userOf(request), request.params.session);
    },
    call: (request: GuardedRequest<ById, unknown, z.output<typeof draftCall>>) => callDraft(deps, request),
    speech: ({ query }: GuardedRequest<unknown, z.output<typeof speechQuery>, unknown>) => speech(deps, query),
    async speak(request: GuardedRequest<ById, z.output<typeof promptSet>, z.output<typeof spokenPrompt>>) {
      const { text, language } = request.body;
      const wanted = { id: request.params.id, language: request.query.language };
      return store(deps, request, wanted, await readFile(await spoken(deps, text, language)));
    },
  };
}

/** The draft, or what is in force. */
async function openDocument(config: ConfigReader, id: string): Promise<{ version: number; document: unknown }> {
  const flow = await present(config.flows, 'flow', id);
  const head = flow.draft ?? flow.published;
  const found = head && (await config.flows.version(id, head.version));
  if (!found) throw new DomainError('not-found', `flow ${id} has no document`, { id });
  return { version: found.version, document: found.document };
}

/** Rings the extension and lets it hear the draft as a caller would. */
async function callDraft(deps: FlowToolDeps, request: GuardedRequest<ById, unknown, z.output<typeof draftCall>>) {
  const { id } = request.params;
  const extension = request.body.extension ?? request.principal.user.extension;
  if (!extension) throw fieldError('extension', 'is needed: this user has none');
  const { version, document } = await openDocument(deps.config, id);
  const problems = await problemsOf(deps, deps.config, id, document);
  if (problems.length > 0) {
    throw new DomainError('bad-request', `flow ${id} version ${version} cannot be called: ${problems[0]?.message}`, {
      problems: problems.map(problemView),
    });
  }
  const [code] = await numbersTo(deps.config, (target) => target.kind === 'toFlow' && target.flowId === id);
  const to = request.body.called || code?.id || id;
  const { callId } = await deps.clickToDial.dial({ from: extension, to, draft: { flowId: id, version, document } });
  await change(deps, request, (c) => c.audit('flow.draft-called', id, { version, extension, callId }));
  return { id: callId };
}

async function spoken(deps: FlowToolDeps, text: string, language: string): Promise<string> {
  const file = await deps.flowTools.speech.text(text, language);
  if (file === undefined) throw new DomainError('unavailable', 'the text cannot be spoken: speech synthesis is not installed or failed');
  return file;
}

async function speech(deps: FlowToolDeps, query: z.output<typeof speechQuery>): Promise<FileReply> {
  const { prompt, text = '', language } = query;
  const file = prompt === undefined ? await spoken(deps, text, language) : deps.flowTools.speech.prompt(prompt, language);
  if (file === undefined) throw new DomainError('not-found', `there is no prompt ${prompt}`, { id: prompt });
  const name = path.basename(file);
  return { root: path.dirname(file), path: name, contentType: 'audio/wav', name, sha256: null, what: 'the audio' };
}
