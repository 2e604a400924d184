import type { Knex } from 'knex';

// Every agent who was on a call, not only the last: whoever has put a call through finds it among the own.
// Of calls that are over alone: those in progress are few, and change with every event.

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`create index calls_agents on calls
    using gin (jsonb_path_query_array(segments, '$[*] \\? (@.kind != "ringing").agentId') jsonb_path_ops) where ended_at is not null`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop index calls_agents');
}
