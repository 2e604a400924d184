import { DomainError } from '@yixian/contracts';
import type { z } from 'zod';
import { csvRows, EntryFaults } from '../../core/config/csv.js';
import { MOST_IMPORTED, newUser, type userImport } from '../../core/config/schemas.js';
import type { GuardedRequest } from '../../core/route.js';
import { type AdministrationDeps, change } from './change.js';
import { firstFault } from './lists.js';
import { insertUser, type PreparedUser, prepareUser } from './users.js';

const COLUMNS = ['username', 'displayName', 'roles', 'extension', 'groups', 'skills', 'enabled', 'password', 'sipPassword'];

interface Given {
  /** `line 7` or `users.6`: how its faults are named. */
  where: string;
  /** Of CSV the field belongs to the words, of JSON to the path. */
  csv: boolean;
  row: unknown;
  problem?: string;
}

/** Many users at once: all of them or none, and every line at fault is told. Secrets that were made are in the answer, once. */
export async function importUsers(deps: AdministrationDeps, request: GuardedRequest<unknown, unknown, z.output<typeof userImport>>) {
  const { csv, users = [] } = request.body;
  const given = csv === undefined ? users.map((row, i): Given => ({ where: `users.${i}`, csv: false, row })) : [...fromCsv(csv)];
  if (given.length === 0) throw new DomainError('bad-request', 'body: there is nobody in it', { in: 'body' });
  if (given.length > MOST_IMPORTED) {
    throw new DomainError('bad-request', `body: at most ${MOST_IMPORTED} users at once, there are ${given.length}`, { in: 'body' });
  }
  const faults = new EntryFaults();
  const blame = ({ where, csv }: Given, at: string, problem: string): void =>
    csv ? faults.add(where, `${at} ${problem}`.trim()) : faults.add(at === '' ? where : `${where}.${at}`, problem);

  const checked = given.flatMap((one) => {
    const parsed = one.problem === undefined ? newUser.safeParse(one.row) : undefined;
    if (parsed?.success) return [{ one, body: parsed.data }];
    const [at, problem] = parsed ? firstFault(parsed.error) : ['', one.problem ?? ''];
    blame(one, at.slice(1), problem);
    return [];
  });
  faults.assertNone();
  const prepared: { one: Given; user: PreparedUser }[] = [];
  for (const { one, body } of checked) prepared.push({ one, user: await prepareUser(deps, body) });

  const items = await change(deps, request, async (c) => {
    const added: Awaited<ReturnType<typeof insertUser>>[] = [];
    for (const { one, user } of prepared) {
      try {
        added.push(await insertUser(deps, c, user));
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
        blame(one, ...told(error));
      }
    }
    faults.assertNone();
    return added;
  });
  return { items, next: null };
}

/** What a rule of the configuration has found wrong with one user. */
function told(error: DomainError): [at: string, problem: string] {
  const { fields } = (error.details ?? {}) as { fields?: { field: string; problem: string }[] };
  return fields?.[0] ? [fields[0].field, fields[0].problem] : ['', error.message];
}

function* fromCsv(text: string): Generator<Given> {
  const words: Record<string, boolean | undefined> = { '': undefined, true: true, false: false, 1: true, 0: false };
  for (const { line, row, problem } of csvRows(text, COLUMNS)) {
    const { enabled = '', roles = '', groups = '', skills = '', ...plain } = row;
    const filled = Object.fromEntries(Object.entries(plain).filter(([, value]) => value !== ''));
    yield {
      where: `line ${line}`,
      csv: true,
      ...(problem === undefined ? {} : { problem }),
      row: {
        ...filled,
        roles: several(roles).length > 0 ? several(roles) : ['agent'],
        groups: several(groups),
        skills: several(skills).map(skillOf),
        enabled: enabled in words ? words[enabled] : enabled,
      },
    };
  }
}

/** Several values of a cell stand apart by spaces or semicolons. */
const several = (cell: string): string[] => cell.split(/[\s;；、]+/).filter((one) => one !== '');

/** `consult` or `consult:8`. */
function skillOf(text: string): unknown {
  const [skill = '', level] = text.split(/[:：]/);
  return level === undefined ? skill : { skill, level: /^\d+$/.test(level) ? Number(level) : level };
}
