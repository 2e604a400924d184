import type { createClient } from '@redis/client';
import type { Cluster, NodeId, Registration, RegistrationStore } from '@yixian/contracts';

type RedisClient = ReturnType<typeof createClient>;

const KEY = 'yixian:registrations';

/**
 * Keeps registered contacts in Redis, so that phones can be rung right after a restart: one hash field an extension, and where
 * several processes are one hotline, `<extension>@<process>`, each process writing its own. Live they tell each other; what
 * stands here is read at the start alone: the own fields, and those of processes that are gone.
 */
export function createRegistrationStore(redis: RedisClient, cluster?: Pick<Cluster, 'self' | 'nodes'>): RegistrationStore {
  const self = cluster?.self.node;
  const fieldOf = (extension: string) => (self === undefined ? extension : `${extension}@${self}`);
  const nodeOf = (field: string): NodeId | undefined => (field.includes('@') ? field.slice(field.indexOf('@') + 1) : undefined);

  function isOurs(field: string): boolean {
    const node = nodeOf(field);
    return node === undefined || node === self || !(cluster?.nodes() ?? []).some((n) => n.node === node);
  }

  async function drop(fields: readonly string[]): Promise<void> {
    if (fields.length > 0) await redis.hDel(KEY, [...fields]);
  }

  return {
    async load() {
      const mine = Object.entries(await redis.hGetAll(KEY)).filter(([field]) => isOurs(field));
      const all = mine.flatMap(([, json]) => JSON.parse(json) as Registration[]);
      // Of two that had the same contact, the one that heard it last.
      const newest = new Map<string, Registration>();
      for (const one of all) {
        const key = `${one.extension} ${one.contact}`;
        const known = newest.get(key);
        if (!known || (known.registeredAt ?? 0) <= (one.registeredAt ?? 0)) newest.set(key, one);
      }
      const kept = new Map<string, Registration[]>();
      for (const one of newest.values()) kept.set(one.extension, [...(kept.get(one.extension) ?? []), one]);
      for (const [extension, registrations] of kept) await redis.hSet(KEY, fieldOf(extension), JSON.stringify(registrations));
      const fields = new Set([...kept.keys()].map(fieldOf));
      await drop(mine.map(([field]) => field).filter((field) => !fields.has(field)));
      return [...newest.values()];
    },
    async save(extension, registrations) {
      if (registrations.length === 0) await redis.hDel(KEY, fieldOf(extension));
      else await redis.hSet(KEY, fieldOf(extension), JSON.stringify(registrations));
    },
    async forget(node) {
      await drop((await redis.hKeys(KEY)).filter((field) => nodeOf(field) === node));
    },
  };
}
