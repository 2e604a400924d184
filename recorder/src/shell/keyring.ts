import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

// Master keys, one file each: `<id>.key`, readable by the owner only. The newest by name is the one in use; older ones stay until
// nothing depends on them. Files are read whenever they are asked for, so that another process may add one.
// One that seems to be in nobody's use is set aside (`<id>.key.aside`) before it is asked again who uses it, and only then removed.
// So whoever makes something depend on a key, and finds it in its place afterwards, may rely on it.

export interface MasterKey {
  id: string;
  key: Uint8Array;
}

export interface Keyring {
  /** The newest; made when there is none. */
  current(): Promise<MasterKey>;
  /** Undefined when it is not there (any more). */
  get(id: string): Promise<MasterKey | undefined>;
  /** Adds one, which is current from now on. */
  add(): Promise<MasterKey>;
  ids(): Promise<string[]>;
  /** Whether it is in its place: on the disk, and nobody is about to remove it. */
  has(id: string): Promise<boolean>;
  /** Keeps a key from being removed until the returned function is called. */
  claim(id: string): () => void;
  /** Removes every key that is not current, not among `used` and not claimed; says which. One process at a time. */
  prune(used: () => Promise<readonly string[]>): Promise<string[]>;
}

const KEY_BYTES = 32;
const NAME = /^(\d{8}T\d{9}Z-[0-9a-f]{8})\.key$/;
const ASIDE = '.aside';

export function createKeyring(directory: string, now: () => number): Keyring {
  const cache = new Map<string, MasterKey>();
  const claims = new Map<string, number>();
  /** Two who find no key must not make two. */
  let making: Promise<MasterKey> | undefined;

  const fileOf = (id: string): string => join(directory, `${id}.key`);
  const names = (): Promise<string[]> => readdir(directory).catch(unlessMissing([]));
  async function ids(): Promise<string[]> {
    return (await names()).flatMap((name) => NAME.exec(name)?.[1] ?? []).sort();
  }
  async function get(id: string): Promise<MasterKey | undefined> {
    const known = cache.get(id);
    if (known) return known;
    if (!NAME.test(`${id}.key`)) return undefined;
    const text = (await read(fileOf(id))) ?? (await read(fileOf(id) + ASIDE)) ?? (await read(fileOf(id)));
    if (text === undefined) return undefined;
    const key = Buffer.from(text.trim(), 'hex');
    if (key.length !== KEY_BYTES) throw new Error(`the master key ${fileOf(id)} is damaged`);
    const master = { id, key };
    cache.set(id, master);
    return master;
  }
  async function add(): Promise<MasterKey> {
    // A clock that went back must not make the new key older than the last one.
    const newest = (await ids()).at(-1);
    const at = Math.max(now(), newest ? timeOf(newest) + 1 : 0);
    const id = `${new Date(at).toISOString().replaceAll(/[-:.]/g, '')}-${randomBytes(4).toString('hex')}`;
    const master = { id, key: randomBytes(KEY_BYTES) };
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await chmod(directory, 0o700);
    await writeDurably(fileOf(id), `${master.key.toString('hex')}\n`);
    await syncFolder(directory);
    cache.set(id, master);
    return master;
  }
  /** Out of its place, where nobody begins to depend on it any more. */
  async function setAside(): Promise<string[]> {
    const old = (await ids()).slice(0, -1).filter((id) => !claims.has(id));
    for (const id of old) await rename(fileOf(id), fileOf(id) + ASIDE);
    // A process that died over it may have left some.
    return (await names()).flatMap((name) => (name.endsWith(ASIDE) ? (NAME.exec(name.slice(0, -ASIDE.length))?.[1] ?? []) : []));
  }
  return {
    ids,
    get,
    add,
    has: async (id) => (await read(fileOf(id))) !== undefined,
    async current() {
      const newest = (await ids()).at(-1);
      if (newest) {
        const master = await get(newest);
        if (master) return master;
      }
      making ??= add().finally(() => {
        making = undefined;
      });
      return making;
    },
    claim(id) {
      claims.set(id, (claims.get(id) ?? 0) + 1);
      let held = true;
      return () => {
        if (!held) return;
        held = false;
        const left = (claims.get(id) ?? 1) - 1;
        if (left > 0) claims.set(id, left);
        else claims.delete(id);
      };
    },
    async prune(used) {
      // A claim that is given up while `used` is found out has become a use that it may not have seen.
      const claimed = [...claims.keys()];
      const aside = await setAside();
      const asked = used();
      const inUse = new Set([...claimed, ...(await asked.catch(() => aside)), ...claims.keys()]);
      for (const id of aside) {
        if (inUse.has(id)) await rename(fileOf(id) + ASIDE, fileOf(id));
        else {
          await rm(fileOf(id) + ASIDE, { force: true });
          cache.delete(id);
        }
      }
      await asked;
      return aside.filter((id) => !inUse.has(id));
    },
  };
}

function unlessMissing<T>(otherwise: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === 'ENOENT') return otherwise;
    throw error;
  };
}

function read(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(unlessMissing(undefined));
}

function timeOf(id: string): number {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z/.exec(id);
  const [, year, month, day, hour, minute, second, ms] = (parts ?? []).map(Number);
  return Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second, ms);
}

async function writeDurably(path: string, text: string): Promise<void> {
  const temporary = `${path}.tmp`;
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}

/** Makes a rename in a folder survive a power cut. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
