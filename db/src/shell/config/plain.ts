import type { AccessCode, ConfigRows, Extension, Skill, Trunk } from '@yixian/contracts';
import type { Knex } from 'knex';
import { rowsOf } from './rows.js';

// Kinds of configuration that are one row each.

export function extensionRows(knex: Knex): ConfigRows<Extension> {
  return rowsOf<Extension>(knex, {
    table: 'extensions',
    what: 'extension',
    key: 'number',
    columns: {
      number: 'number',
      displayName: 'display_name',
      sipPassword: 'sip_password',
      outboundAllowed: 'outbound_allowed',
      enabled: 'enabled',
    },
  });
}

export function skillRows(knex: Knex): ConfigRows<Skill> {
  return rowsOf<Skill>(knex, { table: 'skills', what: 'skill', key: 'id', columns: { id: 'id', name: 'name' } });
}

export function numberRows(knex: Knex): ConfigRows<AccessCode> {
  return rowsOf<AccessCode>(knex, {
    table: 'access_codes',
    what: 'number',
    key: 'number',
    columns: { number: 'number', name: 'name', target: 'target', enabled: 'enabled' },
    json: ['target'],
  });
}

export function trunkRows(knex: Knex): ConfigRows<Trunk> {
  return rowsOf<Trunk>(knex, {
    table: 'trunks',
    what: 'trunk',
    key: 'id',
    columns: {
      id: 'id',
      name: 'name',
      inboundAddresses: 'inbound_addresses',
      outboundUri: 'outbound_uri',
      outboundNumbers: 'outbound_numbers',
      outboundCallerId: 'outbound_caller_id',
      auth: 'auth',
      maxCalls: 'max_calls',
      maxCallsPerSecond: 'max_calls_per_second',
      enabled: 'enabled',
    },
    json: ['auth'],
  });
}
