import type { ConfigRows, QueueConfig } from '@yixian/contracts';
import type { Knex } from 'knex';
import { QUEUE, QUEUE_JSON } from './columns.js';
import { replaceTies, rowsOf } from './rows.js';

const SKILLS = { table: 'queue_skills', owner: 'queue_id', thing: 'skill_id' };

/** Queues with the skills they ask for. */
export function queueRows(knex: Knex): ConfigRows<QueueConfig> {
  const rows = rowsOf<Omit<QueueConfig, 'requiredSkills'>>(knex, {
    table: 'queues',
    what: 'queue',
    key: 'id',
    columns: QUEUE,
    json: QUEUE_JSON,
  });

  async function skills(): Promise<Map<string, string[]>> {
    const ties = (await knex('queue_skills').orderBy('skill_id')) as { queue_id: string; skill_id: string }[];
    return grouped(ties);
  }
  async function withSkills<T extends { id: string }>(row: T): Promise<T & { requiredSkills: string[] }> {
    return { ...row, requiredSkills: (await skills()).get(row.id) ?? [] };
  }

  return {
    async list() {
      const ties = await skills();
      return (await rows.list()).map((row) => ({ ...row, requiredSkills: ties.get(row.id) ?? [] }));
    },
    async get(id) {
      const row = await rows.get(id);
      return row && withSkills(row);
    },
    async insert(queue) {
      const row = await rows.insert(queue);
      await replaceTies(knex, SKILLS, queue.id, queue.requiredSkills);
      return withSkills(row);
    },
    async update(id, change) {
      const row = await rows.update(id, change);
      if (change.requiredSkills) await replaceTies(knex, SKILLS, id, change.requiredSkills);
      return withSkills(row);
    },
    delete: (id) => rows.delete(id),
  };
}

function grouped(ties: readonly { queue_id: string; skill_id: string }[]): Map<string, string[]> {
  const byQueue = new Map<string, string[]>();
  for (const { queue_id, skill_id } of ties) byQueue.set(queue_id, [...(byQueue.get(queue_id) ?? []), skill_id]);
  return byQueue;
}
