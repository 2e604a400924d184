import type { Knex } from 'knex';

// The SIP messages of calls, some of a call together, compressed. No reference to `calls`: the row of a call that has just begun
// may still be on its way.

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
create table sip_traces (
  id bigint generated always as identity primary key,
  call_id text not null,
  written_at timestamptz not null,
  dropped integer not null default 0,
  data bytea not null
);
create index sip_traces_by_call on sip_traces (call_id, id);
create index sip_traces_by_time on sip_traces (written_at);
-- compressed already
alter table sip_traces alter column data set storage external;
`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('sip_traces');
}
