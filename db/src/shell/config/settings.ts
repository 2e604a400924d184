import { DEFAULT_SETTINGS, type HotlineSettings, type Revised, type SettingsRow } from '@yixian/contracts';
import type { Knex } from 'knex';
import { toJsonb } from '../../core/json.js';

/** Key of the row that holds what is not as in `DEFAULT_SETTINGS`. */
const KEY = 'hotline';

/** The settings of the whole hotline. At revision 0 nobody has changed any yet. */
export function settingsRow(knex: Knex): SettingsRow {
  async function get(): Promise<Revised<HotlineSettings>> {
    const [row] = (await knex('settings').where({ key: KEY })) as { value: Partial<HotlineSettings>; revision: number }[];
    return { ...DEFAULT_SETTINGS, ...row?.value, revision: row?.revision ?? 0 };
  }
  return {
    get,
    async update(change) {
      await knex('settings')
        .insert({ key: KEY, value: toJsonb(change) })
        .onConflict('key')
        .merge({
          value: knex.raw('settings.value || excluded.value'),
          revision: knex.raw('settings.revision + 1'),
          updated_at: knex.fn.now(),
        });
      return get();
    },
  };
}
