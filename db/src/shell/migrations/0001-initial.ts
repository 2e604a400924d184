import type { Knex } from 'knex';

// Times are timestamptz, durations are milliseconds in bigint.

const PEOPLE = `
create table extensions (
  number text primary key,
  display_name text not null,
  sip_password text not null,
  outbound_allowed boolean not null default true,
  enabled boolean not null default true
);
create table users (
  id text primary key,
  username text not null unique,
  display_name text not null,
  roles text[] not null,
  extension text references extensions(number) on delete set null,
  groups text[] not null default '{}',
  enabled boolean not null default true,
  password_hash text not null,
  failed_attempts integer not null default 0,
  locked_until timestamptz,
  created_at timestamptz not null default now()
);
create unique index users_extension on users (extension) where extension is not null;
create table sessions (
  id text primary key,
  token_hash text not null unique,
  user_id text not null references users(id) on delete cascade,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index sessions_user on sessions (user_id);
create index sessions_expiry on sessions (expires_at);
create table audit_log (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  username text not null,
  action text not null,
  subject text not null,
  details jsonb
);
create index audit_log_at on audit_log (at desc);
`;

const DIRECTORY = `
create table trunks (
  id text primary key,
  name text not null,
  inbound_addresses text[] not null default '{}',
  outbound_uri text,
  outbound_numbers text[] not null default '{}',
  outbound_caller_id text,
  auth jsonb,
  max_calls integer not null check (max_calls > 0),
  max_calls_per_second integer not null check (max_calls_per_second > 0),
  enabled boolean not null default true
);
create table access_codes (
  number text primary key,
  name text not null,
  target jsonb not null,
  enabled boolean not null default true
);
create table skills (
  id text primary key,
  name text not null
);
create table agents (
  id text primary key references extensions(number) on update cascade on delete cascade,
  user_id text not null references users(id) on delete cascade,
  name text not null,
  groups text[] not null default '{}',
  enabled boolean not null default true
);
create table agent_skills (
  agent_id text not null references agents(id) on update cascade on delete cascade,
  skill_id text not null references skills(id) on delete cascade,
  primary key (agent_id, skill_id)
);
create table queues (
  id text primary key,
  name text not null,
  priority integer not null default 0,
  ring_timeout_ms integer not null check (ring_timeout_ms > 0),
  wrap_up_ms integer not null check (wrap_up_ms >= 0),
  max_wait_ms integer not null check (max_wait_ms > 0),
  max_length integer not null check (max_length > 0),
  music text not null,
  announce_every_ms integer not null check (announce_every_ms >= 0),
  service_level_seconds integer not null check (service_level_seconds > 0),
  record boolean not null default true
);
create table queue_skills (
  queue_id text not null references queues(id) on delete cascade,
  skill_id text not null references skills(id),
  primary key (queue_id, skill_id)
);
create table flows (
  id text primary key,
  name text not null,
  published_version integer
);
create table flow_versions (
  flow_id text not null references flows(id) on delete cascade,
  version integer not null,
  state text not null check (state in ('draft', 'published', 'retired')),
  document jsonb not null,
  created_at timestamptz not null default now(),
  created_by text not null,
  published_at timestamptz,
  published_by text,
  primary key (flow_id, version)
);
alter table flows add constraint flows_published
  foreign key (id, published_version) references flow_versions (flow_id, version) deferrable initially deferred;
create table settings (
  key text primary key,
  value jsonb not null,
  updated_at timestamptz not null default now()
);
`;

const CALLS = `
create table instances (
  id text primary key,
  started_at timestamptz not null,
  heartbeat_at timestamptz not null
);
create table event_journal (
  seq bigint primary key,
  id text not null,
  type text not null,
  at timestamptz not null,
  call_id text,
  agent_id text,
  queue_id text,
  data jsonb not null
);
create unique index event_journal_id on event_journal (id);
create index event_journal_call on event_journal (call_id, seq) where call_id is not null;
create index event_journal_agent on event_journal (agent_id, seq) where agent_id is not null;
create index event_journal_at on event_journal using brin (at);
create table calls (
  id text primary key,
  direction text not null,
  caller text not null,
  called text not null,
  trunk_id text,
  started_at timestamptz not null,
  answered_at timestamptz,
  ended_at timestamptz,
  queue_id text,
  wait_ms bigint not null default 0,
  agent_id text,
  connected_at timestamptz,
  talk_ms bigint not null default 0,
  hold_ms bigint not null default 0,
  outcome text,
  termination jsonb,
  survey smallint,
  recording_id text,
  voicemail_id text,
  overflowed boolean not null default false,
  path jsonb not null default '[]',
  segments jsonb not null default '[]',
  arrived_seq bigint not null unique,
  last_seq bigint not null,
  last_event_at timestamptz not null,
  instance_id text not null
) with (fillfactor = 80);
create index calls_started on calls (started_at desc, id desc);
create index calls_agent on calls (agent_id, started_at desc, id desc) where agent_id is not null;
create index calls_queue on calls (queue_id, started_at desc, id desc) where queue_id is not null;
create index calls_caller on calls (caller text_pattern_ops, started_at desc, id desc);
create index calls_called on calls (called text_pattern_ops, started_at desc, id desc);
create index calls_ended on calls (last_seq) where ended_at is not null;
create index calls_open on calls (instance_id) where ended_at is null;
create table agent_state_intervals (
  seq bigint primary key,
  agent_id text not null,
  state text not null,
  reason text,
  set_by text not null,
  started_at timestamptz not null,
  ended_at timestamptz
);
create index agent_state_intervals_agent on agent_state_intervals (agent_id, started_at desc);
create unique index agent_state_intervals_open on agent_state_intervals (agent_id) where ended_at is null;
create table recordings (
  id text primary key,
  call_id text not null,
  agent_id text,
  queue_id text,
  started_at timestamptz not null,
  ended_at timestamptz,
  duration_ms bigint,
  bytes bigint,
  file text not null,
  state text not null check (state in ('recording', 'complete', 'failed', 'deleted')),
  sha256 text
);
create index recordings_started on recordings (started_at desc, id desc);
create index recordings_call on recordings (call_id);
create index recordings_agent on recordings (agent_id, started_at desc, id desc);
create index recordings_unfinished on recordings (id) where state = 'recording';
create table voicemails (
  id text primary key,
  call_id text not null,
  box text not null,
  caller text not null,
  left_at timestamptz not null,
  duration_ms bigint not null,
  file text not null
);
create index voicemails_left on voicemails (left_at desc, id desc);
`;

/** Tables whose change makes the directory of every process reload. */
const WATCHED = [
  'trunks',
  'extensions',
  'access_codes',
  'skills',
  'agents',
  'agent_skills',
  'queues',
  'queue_skills',
  'flows',
  'flow_versions',
] as const;

const NOTIFY = `
create function notify_directory() returns trigger language plpgsql as $$
begin
  perform pg_notify('yixian_directory', '');
  return null;
end $$;
`;

export async function up(knex: Knex): Promise<void> {
  for (const part of [PEOPLE, DIRECTORY, CALLS, NOTIFY]) await knex.raw(part);
  for (const table of WATCHED) {
    await knex.raw(
      `create trigger ${table}_notify after insert or update or delete or truncate on ${table}
       for each statement execute function notify_directory()`,
    );
  }
}

export async function down(knex: Knex): Promise<void> {
  const tables = [
    ...['voicemails', 'recordings', 'agent_state_intervals', 'calls', 'event_journal', 'instances', 'settings'],
    ...[
      'queue_skills',
      'queues',
      'agent_skills',
      'agents',
      'skills',
      'access_codes',
      'trunks',
      'audit_log',
      'sessions',
      'users',
      'extensions',
    ],
  ];
  await knex.raw('alter table flows drop constraint flows_published');
  for (const table of ['flow_versions', 'flows', ...tables]) await knex.schema.dropTable(table);
  await knex.raw('drop function notify_directory()');
}
