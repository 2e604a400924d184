import type { Knex } from 'knex';

// Texts between extensions, kept until the phone is there; and how long each trunk was used for outbound calls, by day.

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
create table messages (
  id text primary key,
  position bigint generated always as identity,
  sender text not null,
  recipient text not null,
  body text not null,
  sent_at timestamptz not null,
  expires_at timestamptz not null,
  state text not null default 'kept' check (state in ('kept', 'delivered', 'expired')),
  delivered_at timestamptz
);
create index messages_waiting on messages (recipient, position) where state = 'kept';
create index messages_due on messages (expires_at) where state = 'kept';
create index messages_by_sender on messages (sender, sent_at desc, id desc);
create index messages_by_recipient on messages (recipient, sent_at desc, id desc);
create table trunk_usage (
  day date not null,
  trunk_id text not null,
  milliseconds bigint not null default 0,
  primary key (day, trunk_id)
);
`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('trunk_usage');
  await knex.schema.dropTable('messages');
}
