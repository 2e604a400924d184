import type { TrunkUsageRows } from '@yixian/contracts';
import type { Knex } from 'knex';

/** Outbound time of trunks by day. Additions of several calls at once all count. */
export function createTrunkUsageRows(knex: Knex): TrunkUsageRows {
  return {
    async load(day) {
      const rows = (await knex('trunk_usage').where({ day }).select('trunk_id', 'milliseconds')) as {
        trunk_id: string;
        milliseconds: number | string;
      }[];
      return new Map(rows.map((row) => [row.trunk_id, Number(row.milliseconds)]));
    },
    async add(day, trunkId, milliseconds) {
      await knex('trunk_usage')
        .insert({ day, trunk_id: trunkId, milliseconds })
        .onConflict(['day', 'trunk_id'])
        .merge({ milliseconds: knex.raw('trunk_usage.milliseconds + excluded.milliseconds') });
    },
  };
}
