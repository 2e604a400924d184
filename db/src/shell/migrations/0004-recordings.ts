import type { Knex } from 'knex';

// What recordings are searched by, pauses, legal hold, encryption and signature; messages heard and deleted.

const RECORDINGS = `
alter table recordings
  add column direction text,
  add column trunk_id text,
  add column extension text,
  add column other_party text,
  add column groups text[] not null default '{}',
  add column pauses jsonb not null default '[]',
  add column paused_ms bigint not null default 0,
  add column held boolean not null default false,
  add column cipher text not null default 'none' check (cipher in ('none', 'aes-256-gcm', 'sm4-ctr-sm3')),
  add column seal jsonb,
  add column key_id text generated always as (seal ->> 'keyId') stored,
  add column deleted_at timestamptz,
  add column erased_at timestamptz;
update recordings set extension = agent_id;
update recordings set erased_at = now() where state = 'deleted';
create index recordings_extension on recordings (extension, started_at desc, id desc) where extension is not null;
create index recordings_party on recordings (other_party text_pattern_ops, started_at desc, id desc) where other_party is not null;
create index recordings_queue on recordings (queue_id, started_at desc, id desc) where queue_id is not null;
create index recordings_groups on recordings using gin (groups);
create index recordings_duration on recordings (duration_ms);
create index recordings_key on recordings (key_id, id) where state in ('complete', 'failed');
create index recordings_not_erased on recordings (id) where state = 'deleted' and erased_at is null;
`;

const VOICEMAILS = `
alter table voicemails
  add column bytes bigint,
  add column sha256 text,
  add column cipher text not null default 'none' check (cipher in ('none', 'aes-256-gcm', 'sm4-ctr-sm3')),
  add column seal jsonb,
  add column key_id text generated always as (seal ->> 'keyId') stored,
  add column heard_at timestamptz,
  add column heard_by text,
  add column deleted_at timestamptz,
  add column erased_at timestamptz;
create index voicemails_box on voicemails (box, left_at desc, id desc) where deleted_at is null;
create index voicemails_key on voicemails (key_id, id) where deleted_at is null;
create index voicemails_not_erased on voicemails (id) where deleted_at is not null and erased_at is null;
`;

export async function up(knex: Knex): Promise<void> {
  await knex.raw(RECORDINGS);
  await knex.raw(VOICEMAILS);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`alter table recordings
    drop column direction, drop column trunk_id, drop column extension, drop column other_party, drop column groups, drop column pauses,
    drop column paused_ms, drop column held, drop column cipher, drop column key_id, drop column seal, drop column deleted_at,
    drop column erased_at`);
  await knex.raw(`alter table voicemails
    drop column bytes, drop column sha256, drop column cipher, drop column key_id, drop column seal, drop column heard_at,
    drop column heard_by, drop column deleted_at, drop column erased_at`);
}
