import type { Knex } from 'knex';

// Schedules, holidays, caller lists, voicemail boxes, extension groups, the hotline's settings; and what queues, agents,
// extensions and trunks have beyond the first version. What was there before keeps its meaning: every default is what held.

const NEW_TABLES = `
create table schedules (
  id text primary key,
  name text not null,
  weekly jsonb not null default '[]',
  holidays text not null default 'closed' check (holidays in ('closed', 'ignore')),
  special jsonb not null default '[]',
  revision integer not null default 1
);
create table calendars (
  year integer primary key check (year between 1900 and 9999),
  days jsonb not null default '[]',
  revision integer not null default 1
);
create table voicemail_boxes (
  id text primary key,
  name text not null,
  extensions text[] not null default '{}',
  notify_url text,
  keep_days integer check (keep_days > 0),
  revision integer not null default 1
);
create table extension_groups (
  number text primary key,
  name text not null,
  members text[] not null default '{}',
  mode text not null default 'ring-all' check (mode in ('ring-all', 'conference')),
  revision integer not null default 1
);
create table caller_lists (
  id text primary key,
  name text not null,
  kind text not null check (kind in ('black', 'white', 'vip', 'other')),
  revision integer not null default 1,
  entries_revision bigint not null default 0,
  replaced_revision bigint not null default 0
);
create table caller_list_entries (
  list_id text not null references caller_lists(id) on delete cascade,
  number text not null,
  prefix boolean not null default false,
  expires_at timestamptz,
  note text not null default '',
  primary key (list_id, number)
);
create table caller_list_log (
  list_id text not null references caller_lists(id) on delete cascade,
  revision bigint not null,
  number text not null
);
create index caller_list_log_at on caller_list_log (list_id, revision);
alter table settings add column revision integer not null default 1;
`;

const NEW_COLUMNS = `
alter table extensions
  add column forwards jsonb not null default '{"always": null, "busy": null, "noAnswer": null, "notRegistered": null}',
  add column pickup_group text;
alter table trunks
  add column max_outbound_calls integer check (max_outbound_calls >= 0),
  add column max_outbound_minutes_per_day integer check (max_outbound_minutes_per_day >= 0),
  add column seat_caller_id jsonb not null default '{"show": "caller"}',
  add column recording jsonb;
alter table agents add column recording jsonb;
alter table agent_skills add column level smallint check (level between 1 and 10);
alter table queues
  add column recording jsonb,
  add column strategy text not null default 'longest-idle',
  add column agent_order text[] not null default '{}',
  add column business_group text,
  add column min_levels jsonb not null default '{}',
  add column relaxation jsonb not null default '[]',
  add column ageing_per_minute double precision not null default 0,
  add column sticky jsonb,
  add column overflow jsonb not null default '[]',
  add column schedule_id text references schedules(id),
  add column callback jsonb,
  add column wrap_up text not null default 'fixed' check (wrap_up in ('fixed', 'open')),
  add column consequences jsonb not null default '{"noAnswer": {"action": "not-ready"}, "rejected": {"action": "not-ready"}, "busy": {"action": "not-ready"}, "notReachable": {"action": "not-ready"}}';
`;

/**
 * A list has its entries numbered by change (`entries_revision`) and a log of the numbers each change touched, so that who
 * holds 100,000 entries in memory reads one when one was changed. A change of very many is not logged: the list is read anew
 * (`replaced_revision`). By trigger, so that it holds whoever writes.
 */
const ENTRIES = `
create function caller_list_changed() returns trigger language plpgsql as $$
declare
  part record;
  now_at bigint;
begin
  for part in select list_id, count(*) as touched from changed group by list_id loop
    update caller_lists set entries_revision = entries_revision + 1 where id = part.list_id returning entries_revision into now_at;
    continue when now_at is null;
    if part.touched > 1000 or (select count(*) from caller_list_log where list_id = part.list_id) > 10000 then
      delete from caller_list_log where list_id = part.list_id;
      update caller_lists set replaced_revision = now_at where id = part.list_id;
    else
      insert into caller_list_log (list_id, revision, number) select list_id, now_at, number from changed where list_id = part.list_id;
    end if;
  end loop;
  return null;
end $$;
create trigger caller_list_entries_inserted after insert on caller_list_entries
  referencing new table as changed for each statement execute function caller_list_changed();
create trigger caller_list_entries_updated after update on caller_list_entries
  referencing new table as changed for each statement execute function caller_list_changed();
create trigger caller_list_entries_deleted after delete on caller_list_entries
  referencing old table as changed for each statement execute function caller_list_changed();
`;

/** Flows name boxes, and messages are in them: what was named is there. */
const BOXES = `
insert into voicemail_boxes (id, name)
select box, box from (
  select box from voicemails
  union
  select jsonb_path_query(document, 'lax $.nodes.* \\? (@.type == "voicemail").box') #>> '{}' from flow_versions
) named where box ~ '^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$';
`;

/** Tables whose change makes the directory of every process reload. Entries of lists count up a column of their list. */
const WATCHED = ['schedules', 'calendars', 'voicemail_boxes', 'extension_groups', 'caller_lists', 'settings'] as const;

export async function up(knex: Knex): Promise<void> {
  for (const part of [NEW_TABLES, NEW_COLUMNS, ENTRIES, BOXES]) await knex.raw(part);
  for (const table of WATCHED) {
    await knex.raw(
      `create trigger ${table}_notify after insert or update or delete or truncate on ${table}
       for each statement execute function notify_directory()`,
    );
  }
}

const ADDED: Readonly<Record<string, readonly string[]>> = {
  queues: [
    ...['recording', 'strategy', 'agent_order', 'business_group', 'min_levels', 'relaxation', 'ageing_per_minute', 'sticky'],
    ...['overflow', 'schedule_id', 'callback', 'wrap_up', 'consequences'],
  ],
  agent_skills: ['level'],
  agents: ['recording'],
  trunks: ['max_outbound_calls', 'max_outbound_minutes_per_day', 'seat_caller_id', 'recording'],
  extensions: ['forwards', 'pickup_group'],
  settings: ['revision'],
};

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop trigger settings_notify on settings');
  for (const [table, columns] of Object.entries(ADDED)) {
    for (const column of columns) await knex.raw('alter table ?? drop column ??', [table, column]);
  }
  const tables = [
    'caller_list_log',
    'caller_list_entries',
    'caller_lists',
    'extension_groups',
    'voicemail_boxes',
    'calendars',
    'schedules',
  ];
  for (const table of tables) await knex.schema.dropTable(table);
  await knex.raw('drop function caller_list_changed()');
}
