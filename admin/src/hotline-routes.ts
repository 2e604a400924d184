import { AT_ONCE, admins, everyone, json, leaders, rowsOf, V1 } from './config-rows.js';
import * as config from './core/config/schemas.js';
import { guarded, type Route } from './core/route.js';
import { byId, listOf } from './core/schemas.js';
import { createBoxes, createGroups } from './handlers/config/boxes.js';
import type { AdministrationDeps } from './handlers/config/change.js';
import { createLists } from './handlers/config/lists.js';
import { createCalendars, createSchedules } from './handlers/config/schedules.js';
import { createSettings } from './handlers/config/settings.js';

/** 200,000 entries with a note. */
const ENTRIES_LIMIT = 32 * 1024 * 1024;

/** Schedules, calendars, caller lists, voicemail boxes, extension groups and the settings of the whole hotline. */
export function hotlineRoutes(deps: AdministrationDeps): Route[] {
  return [
    ...scheduleRoutes(deps),
    ...calendarRoutes(deps),
    ...listRoutes(deps),
    ...entryRoutes(deps),
    ...boxRoutes(deps),
    ...groupRoutes(deps),
    ...settingRoutes(deps),
  ];
}

function scheduleRoutes(deps: AdministrationDeps): Route[] {
  const schedules = createSchedules(deps);
  const rows = rowsOf('schedules', 'id', leaders);
  const response = json(config.schedule);
  const { newSchedule, scheduleChange, removal } = config;
  return [
    guarded({ ...rows.list, summary: 'Schedules', response: json(listOf(config.schedule)), handler: schedules.list }),
    guarded({ ...rows.get, summary: 'One schedule', params: byId, response, handler: schedules.get }),
    guarded({
      ...rows.get,
      path: `${V1}/schedules/:id/state`,
      summary: 'Whether it is open now or at another time, and why',
      params: byId,
      query: config.scheduleMoment,
      response: json(config.scheduleState),
      handler: schedules.state,
    }),
    guarded({ ...rows.add, summary: 'Add a schedule', body: newSchedule, response: { ...response, status: 201 }, handler: schedules.add }),
    guarded({ ...rows.change, summary: 'Change a schedule', params: byId, body: scheduleChange, response, handler: schedules.change }),
    guarded({ ...rows.remove, summary: 'Delete a schedule', params: byId, query: removal, handler: schedules.remove }),
  ];
}

function calendarRoutes(deps: AdministrationDeps): Route[] {
  const calendars = createCalendars(deps);
  const rows = rowsOf('calendars', 'year', leaders);
  const params = config.byYear;
  const response = json(config.calendar);
  const { calendarChange, removal } = config;
  return [
    guarded({ ...rows.list, summary: 'Holidays by year', response: json(listOf(config.calendar)), handler: calendars.list }),
    guarded({ ...rows.get, summary: 'Holidays and make-up workdays of a year', params, response, handler: calendars.get }),
    guarded({
      ...rows.change,
      summary: 'Import the holidays and make-up workdays of a year',
      description: `The whole year: what it had before is replaced. ${AT_ONCE}`,
      params,
      body: calendarChange,
      response,
      handler: calendars.put,
    }),
    guarded({
      ...rows.add,
      path: `${V1}/calendars/import`,
      summary: 'Import the holidays of several years',
      description: `JSON, or text/csv. All years or none; \`fields\` of a refusal names every line at fault. ${AT_ONCE}`,
      bodyType: 'json-or-csv',
      body: config.calendarImport,
      response: json(listOf(config.calendar)),
      handler: calendars.import,
    }),
    guarded({ ...rows.remove, summary: 'Delete the holidays of a year', params, query: removal, handler: calendars.remove }),
  ];
}

function listRoutes(deps: AdministrationDeps): Route[] {
  const lists = createLists(deps);
  const rows = rowsOf('lists', 'id');
  const response = json(config.callerList);
  const { newList, listChange, removal } = config;
  return [
    guarded({ ...rows.list, summary: 'Caller lists', response: json(listOf(config.callerList)), handler: lists.list }),
    guarded({ ...rows.get, summary: 'One caller list', params: byId, response, handler: lists.get }),
    guarded({ ...rows.add, summary: 'Add a caller list', body: newList, response: { ...response, status: 201 }, handler: lists.add }),
    guarded({ ...rows.change, summary: 'Change a caller list', params: byId, body: listChange, response, handler: lists.change }),
    guarded({ ...rows.remove, summary: 'Delete a caller list and its entries', params: byId, query: removal, handler: lists.remove }),
  ];
}

function entryRoutes(deps: AdministrationDeps): Route[] {
  const { entries } = createLists(deps);
  const one = { path: `${V1}/lists/:id/entries`, tag: 'lists', roles: admins, params: byId };
  const given = {
    ...one,
    bodyType: 'json-or-csv' as const,
    bodyLimit: ENTRIES_LIMIT,
    body: config.listEntries,
    response: json(config.callerList),
  };
  const description = `JSON, or text/csv with the columns number, prefix, expiresAt, note. ${AT_ONCE}`;
  return [
    guarded({
      ...one,
      method: 'get',
      summary: 'Entries of a caller list, by number',
      query: config.entriesQuery,
      response: json(listOf(config.listEntryView)),
      handler: entries.list,
    }),
    guarded({ ...given, method: 'put', summary: 'Replace all entries', description, handler: entries.replace }),
    guarded({ ...given, method: 'post', summary: 'Add entries; one that is there is replaced', description, handler: entries.add }),
    guarded({
      ...rowsOf('lists', 'id').remove,
      path: `${V1}/lists/:id/entries/:number`,
      summary: 'Delete one entry',
      params: config.byListEntry,
      query: config.removal,
      handler: entries.remove,
    }),
  ];
}

function boxRoutes(deps: AdministrationDeps): Route[] {
  const boxes = createBoxes(deps);
  const rows = rowsOf('boxes', 'id', leaders);
  const response = json(config.box);
  const { newBox, boxChange, removal } = config;
  return [
    guarded({ ...rows.list, summary: 'Voicemail boxes', response: json(listOf(config.box)), handler: boxes.list }),
    guarded({ ...rows.get, summary: 'One voicemail box', params: byId, response, handler: boxes.get }),
    guarded({ ...rows.add, summary: 'Add a voicemail box', body: newBox, response: { ...response, status: 201 }, handler: boxes.add }),
    guarded({ ...rows.change, summary: 'Change a voicemail box', params: byId, body: boxChange, response, handler: boxes.change }),
    guarded({ ...rows.remove, summary: 'Delete a voicemail box; its messages stay', params: byId, query: removal, handler: boxes.remove }),
  ];
}

function groupRoutes(deps: AdministrationDeps): Route[] {
  const groups = createGroups(deps);
  const rows = rowsOf('groups', 'number', leaders);
  const params = config.byNumber;
  const response = json(config.configuredGroup);
  const { newGroup, groupChange, removal } = config;
  return [
    guarded({ ...rows.list, summary: 'Extension groups', response: json(listOf(config.configuredGroup)), handler: groups.list }),
    guarded({ ...rows.get, summary: 'One extension group', params, response, handler: groups.get }),
    guarded({
      ...rows.add,
      summary: 'Add an extension group',
      body: newGroup,
      response: { ...response, status: 201 },
      handler: groups.add,
    }),
    guarded({ ...rows.change, summary: 'Change an extension group', params, body: groupChange, response, handler: groups.change }),
    guarded({ ...rows.remove, summary: 'Delete an extension group', params, query: removal, handler: groups.remove }),
  ];
}

function settingRoutes(deps: AdministrationDeps): Route[] {
  const settings = createSettings(deps);
  const one = { path: `${V1}/settings`, tag: 'settings', response: json(config.settings) };
  const description = `Fields left out stay as they are. ${AT_ONCE}`;
  return [
    guarded({ ...one, method: 'get', roles: everyone, summary: 'What holds for the whole hotline', handler: settings.get }),
    guarded({
      ...one,
      ...{ method: 'put', roles: admins, summary: 'Change what holds for the whole hotline', description },
      body: config.settingsChange,
      handler: settings.change,
    }),
  ];
}
