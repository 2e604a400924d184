import type { Role } from '@yixian/contracts';
import * as report from './core/report-schemas.js';
import { guarded, type Route } from './core/route.js';
import { type AnySchema, listOf } from './core/schemas.js';
import { createReportSheet, type ReportSheetDeps } from './handlers/report-sheet.js';
import {
  createAgentCallLog,
  createAgentReport,
  createMissedCallLog,
  createQueueReport,
  createSignInLog,
  createStateLog,
  createTrendReport,
  type ReportDeps,
} from './handlers/reports.js';

const V1 = '/api/v1';
const everyone: readonly Role[] = ['agent', 'supervisor', 'admin'];
const leaders: readonly Role[] = ['supervisor', 'admin'];
const json = (schema: AnySchema) => ({ kind: 'json' as const, schema, status: 200 as const });

/** What was, summed up and row by row. An agent sees the own rows, a supervisor those of the led groups and their queues. */
export function reportRoutes(deps: ReportSheetDeps): Route[] {
  return [...reports(deps), ...logs(deps), sheet(deps)];
}

function reports(deps: ReportDeps): Route[] {
  const shared = { method: 'get' as const, tag: 'reports' };
  return [
    guarded({
      ...shared,
      path: `${V1}/reports/queues`,
      roles: leaders,
      summary: 'Queues by interval',
      description: 'A call belongs to the interval in which it came to the queue. Days and hours are those of the hotline.',
      query: report.queueReportQuery,
      response: json(report.reportOf(report.queueReport)),
      handler: createQueueReport(deps),
    }),
    guarded({
      ...shared,
      path: `${V1}/reports/agents`,
      roles: everyone,
      summary: 'Agents by interval',
      description: 'Times are those within the interval: a state that lasts over its edge is cut there.',
      query: report.agentReportQuery,
      response: json(report.reportOf(report.agentReport)),
      handler: createAgentReport(deps),
    }),
    guarded({
      ...shared,
      path: `${V1}/reports/trend`,
      roles: leaders,
      summary: 'The hotline by interval',
      description: 'A supervisor gets the calls of the led groups: of their queues and agents.',
      query: report.trendQuery,
      response: json(report.reportOf(report.trendReport)),
      handler: createTrendReport(deps),
    }),
  ];
}

function sheet(deps: ReportSheetDeps): Route {
  return guarded({
    method: 'post',
    path: `${V1}/reports/sheet`,
    tag: 'reports',
    roles: everyone,
    summary: 'A report or a log as an Excel sheet',
    description: 'All rows of the range, at most 20000; headings and words in the language of whoever asks. Audited.',
    body: report.reportSheetBody,
    response: { kind: 'stream', contentTypes: ['application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'] },
    handler: createReportSheet(deps),
  });
}

function logs(deps: ReportDeps): Route[] {
  const shared = { method: 'get' as const, tag: 'logs', roles: everyone };
  return [
    guarded({
      ...shared,
      path: `${V1}/logs/agent-states`,
      summary: '坐席状态流水: every state of every agent, newest first',
      query: report.stateLogQuery,
      response: json(listOf(report.stateLogRow)),
      handler: createStateLog(deps),
    }),
    guarded({
      ...shared,
      path: `${V1}/logs/sign-ins`,
      summary: '签入签出流水: each sign-in with its sign-out, newest first',
      query: report.agentLogQuery,
      response: json(listOf(report.signInLogRow)),
      handler: createSignInLog(deps),
    }),
    guarded({
      ...shared,
      path: `${V1}/logs/agent-calls`,
      summary: '坐席通话流水: one row an agent and call, newest first',
      description: 'A page ends with a whole call: it may hold a few rows more than `limit`.',
      query: report.agentLogQuery,
      response: json(listOf(report.agentCallLogRow)),
      handler: createAgentCallLog(deps),
    }),
    guarded({
      ...shared,
      roles: leaders,
      path: `${V1}/logs/missed-calls`,
      summary: '未接来电: inbound calls nobody talked to, and whether they were reached later',
      query: report.missedLogQuery,
      response: json(listOf(report.missedLogRow)),
      handler: createMissedCallLog(deps),
    }),
  ];
}
