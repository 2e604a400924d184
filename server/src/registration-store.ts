import type { Registration, RegistrationStore } from '@yixian/contracts';
import type { createClient } from 'redis';

type RedisClient = ReturnType<typeof createClient>;

const KEY = 'yixian:registrations';

/** Keeps registered contacts in Redis, one hash field an extension, so that phones can be rung right after a restart. */
export function createRegistrationStore(redis: RedisClient): RegistrationStore {
  return {
    async load() {
      const all = await redis.hGetAll(KEY);
      return Object.values(all).flatMap((json) => JSON.parse(json) as Registration[]);
    },
    async save(extension, registrations) {
      if (registrations.length === 0) await redis.hDel(KEY, extension);
      else await redis.hSet(KEY, extension, JSON.stringify(registrations));
    },
  };
}
