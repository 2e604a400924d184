import type { FoundRecording } from '@yixian/contracts';
import { DIRECTIONS, OUTCOMES } from './sheet-words.js';
import type { Column } from './xlsx.js';

export const SHEET_NAME = '录音清单';

const STATES: Readonly<Record<FoundRecording['state'], string>> = {
  recording: '录音中',
  complete: '完整',
  failed: '失败',
  deleted: '已删除',
};

export interface SheetNames {
  /** Point in time → days since 30 December 1899 in the hotline's time zone, as spreadsheets count. */
  serial(at: number): number;
  agentName(agentId: string): string | undefined;
  queueName(queueId: string): string | undefined;
  /** The other party's number as this user may see it. */
  party(number: string): string;
  /** Of the audio in a zip; undefined where only the list is given. */
  audioName?(row: FoundRecording): string | undefined;
}

const seconds = (ms: number | null): number | null => (ms === null ? null : Math.round(ms / 1000));

/** The list of recordings as people read it. */
export function recordingColumns(names: SheetNames): Column<FoundRecording>[] {
  const time = (at: number | null) => (at === null ? null : { serial: names.serial(at) });
  const columns: Column<FoundRecording>[] = [
    { heading: '录音编号', width: 30, value: (r) => r.id },
    { heading: '开始时间', width: 20, value: (r) => time(r.startedAt) },
    { heading: '结束时间', width: 20, value: (r) => time(r.endedAt) },
    { heading: '时长（秒）', width: 11, value: (r) => seconds(r.durationMs) },
    { heading: '暂停（秒）', width: 11, value: (r) => seconds(r.pausedMs) },
    { heading: '呼叫方向', width: 10, value: (r) => r.direction && DIRECTIONS[r.direction] },
    { heading: '分机号码', width: 10, value: (r) => r.extension },
    { heading: '工号', width: 10, value: (r) => r.agentId },
    { heading: '坐席姓名', width: 14, value: (r) => r.agentId && names.agentName(r.agentId) },
    { heading: '对方号码', width: 18, value: (r) => r.otherParty && names.party(r.otherParty) },
    { heading: '队列', width: 14, value: (r) => r.queueId && (names.queueName(r.queueId) ?? r.queueId) },
    { heading: '业务组', width: 14, value: (r) => r.groups.join('、') },
    { heading: '呼叫结果', width: 14, value: (r) => r.outcome && OUTCOMES[r.outcome] },
    { heading: '呼叫编号', width: 30, value: (r) => r.callId },
    { heading: '状态', width: 10, value: (r) => STATES[r.state] },
    { heading: '保全', width: 8, value: (r) => (r.held ? '是' : '否') },
    { heading: '大小（字节）', width: 13, value: (r) => r.bytes },
    { heading: 'SHA-256', width: 66, value: (r) => r.sha256 },
  ];
  const { audioName } = names;
  return audioName ? [...columns, { heading: '录音文件', width: 50, value: (r) => audioName(r) }] : columns;
}

/** Sorts by time, and says at a glance whose it is: `20260301-233000_1001_13800000000_rec-….wav`. */
export function audioFileName(row: Pick<FoundRecording, 'id' | 'extension'>, local: string, party: string | null): string {
  const parts = [local, row.extension, party, row.id].filter((part): part is string => part !== null && part !== '');
  return `${parts
    .map((part) => part.replaceAll(/[^\w*+#.-]/g, ''))
    .join('_')
    .replaceAll('*', 'x')}.wav`;
}
