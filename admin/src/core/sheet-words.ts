import type { CallDirection, CallOutcome } from '@yixian/contracts';

// Words of the lists that are saved as Excel sheets.

export const DIRECTIONS: Readonly<Record<CallDirection, string>> = { inbound: '呼入', outbound: '呼出', internal: '内部' };
export const OUTCOMES: Readonly<Record<CallOutcome, string>> = {
  answered: '已接通',
  'abandoned-in-flow': '菜单中放弃',
  'abandoned-in-queue': '排队中放弃',
  'abandoned-ringing': '振铃中放弃',
  voicemail: '语音留言',
  overflowed: '溢出',
  rejected: '拒接',
  failed: '失败',
  'outbound-answered': '呼出已接通',
  'outbound-unanswered': '呼出未接通',
};
