import type { Knex } from 'knex';

// What agents note of calls. No reference to `calls`: the row of a call that has just begun may still be on its way.

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
create table call_summaries (
  call_id text primary key,
  disposition text,
  subject text not null default '',
  notes text not null default '',
  revision integer not null default 1,
  updated_at timestamptz not null,
  updated_by text not null
);
create index call_summaries_by_disposition on call_summaries (disposition, updated_at desc);
`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('call_summaries');
}
