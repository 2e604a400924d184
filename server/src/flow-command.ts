import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type ConfigReader, type Logger, silentLogger } from '@yixian/contracts';
import { createConfigStore } from '@yixian/db';
import {
  createPrompts,
  type DialogueOutcome,
  type Flow,
  type FlowBook,
  type FlowContext,
  readScript,
  runDialogue,
  showFlow,
  validateFlow,
} from '@yixian/ivr';
import { parse } from 'yaml';
import { withDatabase } from './commands.js';
import type { Config } from './config.js';
import { createFlowSecrets } from './flow-secrets.js';
import { promptDirectories } from './prompt-set.js';

// `yixian flow validate|test|show`: flows from files or from the database, without a telephone.

const print = (text: string): void => void process.stdout.write(text);

/** A file when there is one, or when it is called like one; else the id of a flow in the database. */
const isFile = (name: string): boolean => existsSync(name) || /\.(json|ya?ml)$/i.test(name);

/** @throws Error naming the file and what is wrong with it */
function readDocument(file: string): unknown {
  try {
    const text = readFileSync(file, 'utf8');
    // JSON is YAML as well, but its own parser says better what is wrong.
    return /\.json$/i.test(file) ? JSON.parse(text) : parse(text);
  } catch (error) {
    throw new Error(`${file}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

interface Found {
  document: unknown;
  version: number;
}

/** What is published, or the draft. @throws Error when there is none */
async function fromDatabase(config: ConfigReader, id: string, draft: boolean): Promise<Found> {
  const heads = await config.flows.versions(id);
  const head = heads.find((one) => one.state === (draft ? 'draft' : 'published'));
  const version = head && (await config.flows.version(id, head.version));
  if (!version) throw new Error(`there is no ${draft ? 'draft of' : 'published flow'} ${id}, nor a file of that name`);
  return { document: version.document, version: version.version };
}

function onDatabase<T>(config: Config, run: (reader: ConfigReader) => Promise<T>, logger: Logger = silentLogger): Promise<T> {
  return withDatabase(config, (knex) => run(createConfigStore(knex)), logger);
}

interface Options {
  draft?: boolean;
  json?: boolean;
  flow?: string;
  verbose?: boolean;
}

async function documentOf(config: Config, name: string, draft: boolean): Promise<Found> {
  return isFile(name) ? { document: readDocument(name), version: 0 } : onDatabase(config, (reader) => fromDatabase(reader, name, draft));
}

const contextOf = (config: Config): FlowContext => ({
  prompts: createPrompts({ directories: promptDirectories(config), logger: silentLogger }).ids(),
  httpHosts: config.flowHttpHosts,
  secrets: createFlowSecrets(config).names(),
});

/** What a flow of the database may name there. */
async function databaseContext(reader: ConfigReader): Promise<FlowContext> {
  const ids = async (table: { list(): Promise<readonly { id: string }[]> }): Promise<string[]> => (await table.list()).map((one) => one.id);
  const flows = await reader.flows.list();
  return {
    queues: await ids(reader.queues),
    skills: await ids(reader.skills),
    schedules: await ids(reader.schedules),
    callerLists: await ids(reader.lists),
    extensions: (await reader.extensions.list()).map((one) => one.number),
    flows: flows.filter((one) => one.published !== null).map((one) => one.id),
  };
}

/** `yixian flow validate`: every fault with its node and field. @returns 0 without faults, 1 with */
export async function validateCommand(config: Config, name: string, options: Options): Promise<number> {
  const { document, context } = isFile(name)
    ? { document: readDocument(name), context: {} }
    : await onDatabase(config, async (reader) => ({
        document: (await fromDatabase(reader, name, options.draft ?? false)).document,
        context: await databaseContext(reader),
      }));
  const check = validateFlow(document, { ...contextOf(config), ...context });
  if (check.ok) {
    print(`${name}: ${Object.keys(check.flow.nodes).length} nodes, nothing is wrong\n`);
    return 0;
  }
  for (const { nodeId, field, message } of check.problems) {
    print(`${name}: ${nodeId === null ? 'flow' : `node ${nodeId}`}${field === '' ? '' : `, ${field}`}: ${message}\n`);
  }
  return 1;
}

/** `yixian flow show`: the flow as text, or the document as JSON. */
export async function showCommand(config: Config, name: string, options: Options): Promise<number> {
  const { document } = await documentOf(config, name, options.draft ?? false);
  if (options.json) {
    print(`${JSON.stringify(document, null, 2)}\n`);
    return 0;
  }
  print(showFlow(flowOf(document, name)));
  return 0;
}

/** @throws Error with the first fault */
function flowOf(document: unknown, name: string): Flow {
  const check = validateFlow(document, {});
  if (check.ok) return check.flow;
  const [first] = check.problems;
  const more = check.problems.length > 1 ? ` (and ${check.problems.length - 1} more)` : '';
  throw new Error(`${name}: ${first?.nodeId === null ? 'flow' : `node ${first?.nodeId}`}, ${first?.field}: ${first?.message}${more}`);
}

/** `yixian flow test`: golden dialogues. @returns 0 when every one went as expected, 1 when not */
export async function testCommand(config: Config, files: readonly string[], options: Options): Promise<number> {
  let [passed, failed] = [0, 0];
  for (const file of files) {
    print(`${file}\n`);
    for (const outcome of await outcomesOf(config, file, options)) {
      if (outcome.ok) passed += 1;
      else failed += 1;
      report(outcome, options.verbose ?? false);
    }
  }
  print(`\n${passed} passed${failed === 0 ? '' : `, ${failed} failed`}\n`);
  return failed === 0 ? 0 : 1;
}

async function outcomesOf(config: Config, file: string, options: Options): Promise<DialogueOutcome[]> {
  const script = named(file, () => readScript(readDocument(file)));
  const beside = (name: string): string => (path.isAbsolute(name) ? name : path.join(path.dirname(file), name));
  const name = options.flow ?? script.flow;
  if (name === undefined) throw new Error(`${file}: flow: say which flow it is for, here or with --flow`);
  const books = new Map(Object.entries(script.flows).map(([id, one]) => [id, flowOf(readDocument(beside(one)), one)]));
  const place = options.flow === undefined && isFile(beside(name)) ? beside(name) : name;
  const run = (flow: Flow, others: FlowBook): DialogueOutcome[] =>
    script.dialogues.map((dialogue) => named(file, () => runDialogue(flow, dialogue, others)));
  if (isFile(place)) {
    const flow = flowOf(readDocument(place), place);
    return run(flow, (id) => asFound(books.get(id)));
  }
  return onDatabase(config, async (reader) => {
    const flow = flowOf((await fromDatabase(reader, place, options.draft ?? false)).document, place);
    const published = new Map((await reader.flows.published()).map((one) => [one.flowId, flowOf(one.document, one.flowId)]));
    return run(flow, (id) => asFound(books.get(id) ?? published.get(id)));
  });
}

const asFound = (flow: Flow | undefined): ReturnType<FlowBook> => flow && { flow, version: 1 };

function named<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(message.startsWith(file) ? message : `${file}: ${message}`, { cause: error });
  }
}

function report({ name, ok, failures, transcript }: DialogueOutcome, verbose: boolean): void {
  print(`  ${ok ? '✓' : '✗'} ${name}\n`);
  const indented = (text: string, depth: number): string => text.replace(/^/gm, ' '.repeat(depth));
  if (!ok || verbose) print(`${indented(transcript.join('\n'), 8)}\n`);
  for (const failure of failures) print(`${indented(failure, 6)}\n`);
}
