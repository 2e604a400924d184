import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, freePorts, udpBound } from './ports.js';
import { type PeerProcess, startProcess } from './process.js';
import { eventually } from './wait.js';

export interface SippOptions {
  /** The scenario's XML; see `sipp-scenarios.ts`. */
  scenario: string;
  /** Where it sends to; a called party needs none. */
  remote?: { address: string; port: number };
  /** User of the Request-URI, `[service]` in the scenario: the dialled number. */
  service?: string;
  /** `-key name value`, for `[name]` in the scenario. */
  keys?: Record<string, string>;
  /** Address to bind and to name in SDP, default 127.0.0.1. */
  address?: string;
  /** Default a free one. */
  port?: number;
  transport?: 'udp' | 'tcp';
  /** Number of calls in all, default 1; a called party takes so many and ends. */
  calls?: number;
  /** New calls a second. */
  rate?: number;
  /** Calls at one time. */
  limit?: number;
  /** Digest user and password for `[authentication]`. */
  auth?: { username: string; password: string };
  /** Sends back every RTP packet it gets. */
  echo?: boolean;
  /** Hard end, default 60 s. */
  deadlineMs?: number;
  extraArgs?: readonly string[];
}

export interface SippResult {
  /** 0 all calls went as written, 1 at least one failed, 97 global timeout, others fatal. */
  exitCode: number;
  /** Every SIP message sent and received, as sipp wrote them. */
  messages: string;
  /** What sipp did not expect. */
  errors: string;
  /** Text of `<log>` actions. */
  logs: string;
}

/** A running sipp. */
export interface SippRun {
  readonly pid: number;
  readonly port: number;
  readonly mediaPort: number;
  /** Resolves when sipp has ended by itself, was stopped or met its deadline; its folder is gone then. */
  readonly finished: Promise<SippResult>;
  /** The messages so far. */
  messages(): Promise<string>;
  stop(): Promise<SippResult>;
}

async function readIfThere(file: string): Promise<string> {
  try {
    return await readFile(file, 'latin1');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

// Left alone, sipp puts a URI without user into its digest, which is not the one it calls (RFC 7616 §3.4.6).
function authentication(options: SippOptions): string[] {
  if (!options.auth) return [];
  const { remote, service, auth } = options;
  const uri = remote && service ? ['-auth_uri', `${service}@${remote.address}:${remote.port}`] : [];
  return ['-au', auth.username, '-ap', auth.password, ...uri];
}

function argumentsOf(options: SippOptions, folder: string, ports: { sip: number; media: number; control: number }): string[] {
  const address = options.address ?? '127.0.0.1';
  const host = (a: string): string => (a.includes(':') ? `[${a}]` : a);
  const seconds = Math.ceil((options.deadlineMs ?? 60_000) / 1000);
  return [
    ...(options.remote ? [`${host(options.remote.address)}:${options.remote.port}`] : []),
    ...['-sf', join(folder, 'scenario.xml'), '-i', address, '-p', String(ports.sip)],
    ...['-mi', address, '-mp', String(ports.media), '-ci', '127.0.0.1', '-cp', String(ports.control)],
    ...['-t', options.transport === 'tcp' ? 't1' : 'u1', '-m', String(options.calls ?? 1)],
    ...['-nostdin', '-timeout', String(seconds), '-timeout_error'],
    ...['-trace_msg', '-message_file', join(folder, 'messages.log')],
    ...['-trace_err', '-error_file', join(folder, 'errors.log')],
    ...['-trace_logs', '-log_file', join(folder, 'actions.log')],
    ...(options.service ? ['-s', options.service] : []),
    ...(options.rate ? ['-r', String(options.rate)] : []),
    ...(options.limit ? ['-l', String(options.limit)] : []),
    ...authentication(options),
    ...(options.echo ? ['-rtp_echo'] : []),
    ...Object.entries(options.keys ?? {}).flatMap(([name, value]) => ['-key', name, value]),
    ...(options.extraArgs ?? []),
  ];
}

/**
 * Starts sipp with a scenario. A called party (no `remote`) is listening when the promise resolves.
 * @throws Error when sipp cannot be started
 */
export async function startSipp(options: SippOptions): Promise<SippRun> {
  const folder = await mkdtemp(join(tmpdir(), 'yx-sipp-'));
  await writeFile(join(folder, 'scenario.xml'), options.scenario);
  const address = options.address ?? '127.0.0.1';
  const ports = { sip: options.port ?? (await freePort(address)), media: await freePorts(4, address), control: await freePort() };
  const child = await startProcess('sipp', argumentsOf(options, folder, ports), { cwd: folder });
  const read = (): Promise<string> => readIfThere(join(folder, 'messages.log'));
  const finished = collect(child, folder, options.deadlineMs ?? 60_000);
  const run: SippRun = {
    pid: child.pid,
    port: ports.sip,
    mediaPort: ports.media,
    finished,
    messages: read,
    async stop() {
      await child.stop();
      return await finished;
    },
  };
  if (!options.remote && options.transport !== 'tcp') await listening(run, child, address);
  return run;
}

async function listening(run: SippRun, child: PeerProcess, address: string): Promise<void> {
  let gone = false;
  void child.exited.then(() => {
    gone = true;
  });
  const up = await eventually('sipp listening', async () => (gone ? 'gone' : (await udpBound(run.port, address)) && 'up'));
  if (up === 'gone') throw new Error(`sipp ended at once:\n${child.output().slice(-1500)}\n${(await run.finished).errors}`);
}

async function collect(child: PeerProcess, folder: string, deadlineMs: number): Promise<SippResult> {
  // sipp's own -timeout comes first; this is for a sipp that hangs.
  const killer = setTimeout(() => void child.stop(), deadlineMs + 5_000);
  const exitCode = await child.exited;
  clearTimeout(killer);
  const [messages, errors, logs] = await Promise.all(
    ['messages.log', 'errors.log', 'actions.log'].map((name) => readIfThere(join(folder, name))),
  );
  await rm(folder, { recursive: true, force: true });
  return {
    exitCode,
    messages: messages ?? '',
    errors: `${errors ?? ''}${exitCode > 1 ? child.output().slice(-2000) : ''}`,
    logs: logs ?? '',
  };
}

/**
 * Runs a scenario to its end.
 * @throws Error with sipp's errors and messages when it did not go as written
 */
export async function runSipp(options: SippOptions): Promise<SippResult> {
  const run = await startSipp(options);
  return succeeded(await run.finished);
}

/** The result itself. @throws Error with sipp's errors and the last messages when the exit code is not 0 */
export function succeeded(result: SippResult): SippResult {
  if (result.exitCode === 0) return result;
  throw new Error(`sipp ended with ${result.exitCode}\n${result.errors}\nlast messages:\n${result.messages.slice(-4000)}`);
}
