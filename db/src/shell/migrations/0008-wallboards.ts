import type { Knex } from 'knex';

// Wallboards as they were composed. The owner is a name only: a wallboard outlives the account of whoever made it.

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
create table wallboards (
  id text primary key,
  name text not null unique,
  owner text not null,
  theme text not null default 'dark' check (theme in ('dark', 'light')),
  tiles jsonb not null default '[]',
  revision integer not null default 1
);
`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('wallboards');
}
