import { hashGeneratedSecret as hashPassword } from '@yixian/admin';
import { type Logger, type Role, silentLogger } from '@yixian/contracts';
import { addDemoAgents, addPerson, addUser as insertUser, migrate, resetDemo as putDemoBack } from '@yixian/db';
import { demoFlow } from '@yixian/ivr';
import type { Config } from './config.js';
import { firstRunFileOf, randomSecret, writeFirstRun } from './first-run.js';
import { type Database, openDatabase, prepareDataDir } from './storage.js';

/** Runs with the database of the running hotline, or one started for the moment; migrated either way. */
export async function withDatabase<T>(config: Config, run: (knex: Database) => Promise<T>, logger: Logger = silentLogger): Promise<T> {
  prepareDataDir(config.dataDir);
  const database = await openDatabase(config, logger);
  try {
    await migrate(database.knex);
    return await run(database.knex);
  } finally {
    await database.close();
  }
}

export async function migrateOnly(config: Config): Promise<number> {
  await withDatabase(config, async () => undefined);
  process.stdout.write('the database is at this version\n');
  return 0;
}

/** `yixian demo agents`: prints the credentials as the JSON array of `first-run.json`. */
export async function addAgents(config: Config, options: Record<string, string>): Promise<number> {
  const agents = await withDatabase(config, (knex) =>
    addDemoAgents(knex, { count: Number(options.count), from: options.from, skill: options.skill, hashPassword, randomSecret }),
  );
  process.stdout.write(`${JSON.stringify(agents, null, 2)}\n`);
  return 0;
}

const ROLES: readonly Role[] = ['agent', 'supervisor', 'admin'];

/** `yixian user add`: a person with a phone when an extension is given, else a user for the browser and the API. */
export async function addUser(config: Config, options: Record<string, string>): Promise<number> {
  const role = ROLES.find((one) => one === options.role);
  const { username = '', name, extension } = options;
  if (!role) throw new Error(`--role must be one of ${ROLES.join(', ')} (it is '${options.role}')`);
  if (role === 'agent' && !extension) throw new Error('--extension is needed for an agent');
  if (extension !== undefined && !/^\d{2,10}$/.test(extension))
    throw new Error(`--extension must be 2 to 10 digits (it is '${extension}')`);
  if (!/^[\w.-]{2,64}$/.test(username))
    throw new Error(`--username must be 2 to 64 letters, digits, dots or hyphens (it is '${username}')`);
  const added = await withDatabase(config, async (knex) => {
    if (extension) {
      const person = {
        extension,
        username,
        displayName: name ?? username,
        role,
        groups: ['demo'],
        skills: [],
        takesCalls: role === 'agent',
      };
      return knex.transaction((trx) => addPerson(trx, person, { hashPassword, randomSecret }));
    }
    const password = randomSecret();
    await insertUser(knex, { username, displayName: name, role, password }, hashPassword);
    return { username, password };
  });
  process.stdout.write(`${JSON.stringify(added, null, 2)}\n`);
  return 0;
}

/** `yixian demo reset`: the demo hotline as at the first start, with new passwords. Call records and recordings stay. */
export async function resetDemo(config: Config): Promise<number> {
  const seeded = await withDatabase(config, (knex) =>
    putDemoBack(knex, { flow: { id: demoFlow.id, name: demoFlow.name, document: demoFlow }, hashPassword, randomSecret }),
  );
  writeFirstRun(config, firstRunFileOf(config), seeded);
  process.stdout.write(`the demo hotline is back; new passwords are in ${firstRunFileOf(config)}\n`);
  return 0;
}
