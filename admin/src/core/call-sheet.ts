import type { CallRecord, CallSummary } from '@yixian/contracts';
import { DIRECTIONS, OUTCOMES } from './sheet-words.js';
import type { Column } from './xlsx.js';

export const CALL_SHEET = '通话记录';

export interface CallSheetNames {
  /** Point in time → days since 30 December 1899 in the hotline's time zone, as spreadsheets count. */
  serial(at: number): number;
  agentName(agentId: string): string | undefined;
  queueName(queueId: string): string | undefined;
  /** What an administrator calls a kind of summary. */
  disposition(code: string): string | undefined;
  summary(callId: string): CallSummary | undefined;
  /** Numbers and texts as this user may see them. */
  shown(text: string): string;
}

const seconds = (ms: number): number => Math.round(ms / 1000);

/** The list of calls as people read it. */
export function callColumns(names: CallSheetNames): Column<CallRecord>[] {
  const time = (at: number | null) => (at === null ? null : { serial: names.serial(at) });
  return [
    { heading: '开始时间', width: 20, value: (r) => time(r.startedAt) },
    { heading: '结束时间', width: 20, value: (r) => time(r.endedAt) },
    { heading: '呼叫方向', width: 10, value: (r) => DIRECTIONS[r.direction] },
    { heading: '主叫', width: 18, value: (r) => names.shown(r.caller) },
    { heading: '被叫', width: 18, value: (r) => names.shown(r.called) },
    { heading: '队列', width: 14, value: (r) => r.queueId && (names.queueName(r.queueId) ?? r.queueId) },
    { heading: '工号', width: 10, value: (r) => r.agentId },
    { heading: '坐席姓名', width: 14, value: (r) => r.agentId && names.agentName(r.agentId) },
    { heading: '排队（秒）', width: 11, value: (r) => seconds(r.waitMs) },
    { heading: '通话（秒）', width: 11, value: (r) => seconds(r.talkMs) },
    { heading: '保持（秒）', width: 11, value: (r) => seconds(r.holdMs) },
    { heading: '总时长（秒）', width: 12, value: (r) => (r.endedAt === null ? null : seconds(r.endedAt - r.startedAt)) },
    { heading: '呼叫结果', width: 14, value: (r) => (r.outcome ? OUTCOMES[r.outcome] : '进行中') },
    { heading: '满意度', width: 8, value: (r) => r.survey },
    { heading: '小结分类', width: 14, value: (r) => dispositionOf(names, names.summary(r.id)) },
    { heading: '小结主题', width: 30, value: (r) => shownOf(names, names.summary(r.id)?.subject) },
    { heading: '小结备注', width: 40, value: (r) => shownOf(names, names.summary(r.id)?.notes) },
    { heading: '呼叫编号', width: 30, value: (r) => r.id },
  ];
}

function dispositionOf(names: CallSheetNames, summary: CallSummary | undefined): string | null {
  const code = summary?.disposition ?? null;
  return code === null ? null : (names.disposition(code) ?? code);
}

const shownOf = (names: CallSheetNames, text: string | undefined): string | null => (text === undefined ? null : names.shown(text));
