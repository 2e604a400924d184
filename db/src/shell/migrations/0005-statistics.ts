import type { Knex } from 'knex';

// Quarters of an hour that will not change any more, summed up once; the newer ones are summed up when asked for.

const STATISTICS = `
create table report_slots (
  kind text not null check (kind in ('queue', 'agent', 'system')),
  starts_at timestamptz not null,
  key text not null,
  sums jsonb not null,
  primary key (kind, starts_at, key)
);
alter table agent_state_intervals add column queue_id text;
create index agent_state_intervals_by_seq on agent_state_intervals (agent_id, seq desc);
create index agent_state_intervals_until on agent_state_intervals (coalesce(ended_at, 'infinity'::timestamptz)) where state <> 'offline';
create index calls_missed on calls (started_at desc, id desc)
  where outcome in ('abandoned-in-queue', 'abandoned-ringing', 'overflowed', 'voicemail', 'abandoned-in-flow');
`;

export async function up(knex: Knex): Promise<void> {
  await knex.raw(STATISTICS);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop index calls_missed;
    drop index agent_state_intervals_until;
    drop index agent_state_intervals_by_seq;
    alter table agent_state_intervals drop column queue_id;
    drop table report_slots;
    delete from settings where key = 'reports.summed-until'`);
}
