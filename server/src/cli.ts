import { Command } from 'commander';
import { type Config, ConfigError, loadConfig } from './config.js';
import { agentCount, numberFromZero, positiveNumber, type SimulateOptions, wholeNumber } from './simulate-options.js';
import { version } from './version.js';

/**
 * The `yixian` command line. What a command needs is loaded when it is run: the whole program takes a second to load.
 * @returns the exit code: 0 done, 1 it could not be done (said in one line on standard error), 2 wrong usage
 */
export async function main(argv: string[]): Promise<number> {
  let exitCode = 0;
  /** Runs a command with the configuration; a failure becomes one line. */
  const action =
    (run: (config: Config, options: Record<string, string>) => Promise<number>) =>
    async (options: Record<string, string>): Promise<void> => {
      try {
        exitCode = await run(loadConfig(), options);
      } catch (error) {
        process.stderr.write(`yixian: ${error instanceof Error ? error.message : String(error)}\n`);
        exitCode = error instanceof ConfigError ? 2 : 1;
      }
    };

  const fileAction =
    (run: (config: Config, options: Record<string, string>) => Promise<number>) =>
    (file: string | undefined, options: Record<string, string>): Promise<void> =>
      action(run)({ ...options, ...(file === undefined ? {} : { file }) });

  const program = new Command('yixian').description('Yixian 一线: a telephony-first contact centre').version(version).exitOverride();
  program
    .command('start')
    .description('start the hotline in the foreground; Ctrl-C drains and stops')
    .action(
      action(async (config) => {
        const [{ serve }, { createLogger }] = await Promise.all([import('./serve.js'), import('./logging.js')]);
        return serve(config, await createLogger(config));
      }),
    );
  program
    .command('migrate')
    .description('bring the database to this version')
    .action(action(async (config) => (await import('./commands.js')).migrateOnly(config)));
  program
    .command('doctor')
    .description('check ports, database, redis, switch and prompts, and say what is wrong')
    .action(action(async (config) => (await import('./doctor.js')).doctor(config)));
  const user = program.command('user').description('users');
  user
    .command('add')
    .description('add a user; prints the password')
    .requiredOption('--username <name>')
    .requiredOption('--role <role>', 'agent, supervisor or admin')
    .option('--name <text>', 'display name')
    .option('--extension <number>', 'extension of an agent or supervisor')
    .action(action(async (...given) => (await import('./commands.js')).addUser(...given)));
  const recordings = program.command('recordings').description('recordings and messages on the disk');
  recordings
    .command('verify')
    .description('read every file and say which was changed, truncated, swapped or is missing')
    .action(action(async (config) => (await import('./recordings-commands.js')).verifyRecordings(config)));
  recordings
    .command('rotate-key')
    .description('a new master key for encryption and signatures')
    .action(action(async (config) => (await import('./recordings-commands.js')).rotateRecordingKey(config)));
  program
    .command('media-servers')
    .description('FreeSWITCH servers and their sessions; --drain takes one out without a lost call')
    .option('--drain <host:port>', 'it takes no new calls, those it has go on; until it restarts')
    .option('--restore <host:port>', 'it takes calls again')
    .action(action(async (...given) => (await import('./media-servers-command.js')).mediaServers(...given)));
  const demo = program.command('demo').description('the demo hotline');
  demo
    .command('agents')
    .description('add agents; prints their credentials as JSON')
    .requiredOption('--count <n>', 'how many')
    .option('--from <extension>', 'first extension', '2001')
    .option('--skill <id>', 'skill they get', 'consult')
    .action(action(async (...given) => (await import('./commands.js')).addAgents(...given)));
  demo
    .command('reset')
    .description('put the demo hotline back as it was at the first start; call records stay')
    .action(action(async (config) => (await import('./commands.js')).resetDemo(config)));
  const flow = program.command('flow').description('flows: check, show, and try them without a telephone');
  flow
    .command('validate')
    .description('name every fault of a flow')
    .argument('<flow>', 'a JSON or YAML file, or the id of a published flow')
    .option('--draft', 'the draft in the database, not what is published')
    .action((name: string, options: { draft?: boolean }) =>
      action(async (config) => (await import('./flow-command.js')).validateCommand(config, name, options))({}),
    );
  flow
    .command('show')
    .description('print a flow as text')
    .argument('<flow>', 'a JSON or YAML file, or the id of a published flow')
    .option('--draft', 'the draft in the database, not what is published')
    .option('--json', 'print the document')
    .action((name: string, options: { draft?: boolean; json?: boolean }) =>
      action(async (config) => (await import('./flow-command.js')).showCommand(config, name, options))({}),
    );
  flow
    .command('test')
    .description('play golden dialogues against a flow (docs/flows.md)')
    .argument('<script...>', 'dialogues, JSON or YAML')
    .option('--flow <flow>', 'a file or the id of a published flow, in place of what the script names')
    .option('--draft', 'the draft in the database, not what is published')
    .option('--verbose', 'print what happens also where all is well')
    .action((files: string[], options: { flow?: string; draft?: boolean; verbose?: boolean }) =>
      action(async (config) => (await import('./flow-command.js')).testCommand(config, files, options))({}),
    );
  program
    .command('calendar')
    .description('statutory holidays')
    .command('import')
    .description('import the holidays and make-up workdays of a year; replaces what that year had')
    .argument('<file>', 'JSON {year, days: [{date, kind, name}]}, or CSV with the columns date, kind (holiday or workday) and name')
    .action(fileAction(async (...given) => (await import('./calendar-import.js')).importCalendar(...given)));
  program
    .command('backup')
    .description('write database, prompts, keys and callbacks that wait into one file; the hotline may run')
    .argument('[file]', 'default: yixian-<time>.tar.gz here')
    .option('--recordings', 'recordings and messages too')
    .option('--json', 'print JSON')
    .action(fileAction(async (...given) => (await import('./backup/backup.js')).backup(...given)));
  program
    .command('verify-backup')
    .description('read a backup whole and say whether it is what was written')
    .argument('<file>')
    .option('--json', 'print JSON')
    .action(fileAction(async (...given) => (await import('./backup/restore.js')).verifyBackup(...given)));
  program
    .command('restore')
    .description('put a backup into an empty database and data folder; the hotline must not run')
    .argument('<file>')
    .option('--force', 'replace what is there')
    .action(fileAction(async (...given) => (await import('./backup/restore.js')).restore(...given)));
  program
    .command('simulate')
    .description('what callers would get from a queue: the real matching core on a virtual clock, next to Erlang C or A')
    .requiredOption('--rate <calls>', 'calls an hour', positiveNumber)
    .requiredOption('--handle <seconds>', 'mean handling time: talk, hold and wrap-up', positiveNumber)
    .requiredOption('--agents <n>', 'agents signed in', agentCount)
    .requiredOption('--hours <n>', 'how long, after the warm-up', positiveNumber)
    .option('--patience <seconds>', 'mean time after which a waiting caller gives up; without it nobody does', positiveNumber)
    .option('--target <seconds>', 'threshold of the service level', numberFromZero, 20)
    .option('--seed <n>', 'the same seed gives the same result', wholeNumber, 1)
    .option('--json', 'print JSON')
    .action(async (options: SimulateOptions) => {
      // Needs no configuration: a wrong variable of the hotline does not keep an admin from planning.
      try {
        process.stdout.write((await import('./simulate.js')).simulation(options));
      } catch (error) {
        process.stderr.write(`yixian: ${error instanceof Error ? error.message : String(error)}\n`);
        exitCode = 1;
      }
    });

  try {
    await program.parseAsync(argv);
  } catch (error) {
    const code = (error as { exitCode?: number }).exitCode;
    if (code === undefined) throw error;
    return code === 0 ? 0 : 2;
  }
  return exitCode;
}
