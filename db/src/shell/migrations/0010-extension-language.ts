import type { Knex } from 'knex';

// What whoever answers at an extension is spoken to in; null: the prompts' own language.

export async function up(knex: Knex): Promise<void> {
  await knex.raw('alter table extensions add column language text');
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('alter table extensions drop column language');
}
