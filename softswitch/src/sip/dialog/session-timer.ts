// Session timers, RFC 4028: who refreshes, how often, and when a session counts as dead. Values only; `ua/session-refresh.ts` runs them.
import { hasOption, parseDelta } from '../parser/fields.js';
import { headerValue, type SipMessage } from '../parser/message.js';

/** The smallest Session-Expires of the RFC (§4), seconds. */
export const ABSOLUTE_MIN_SE = 90;

export interface SessionTimerConfig {
  /** What we ask for, seconds; 0 asks for nothing. */
  sessionExpires: number;
  /** What we insist on, seconds. */
  minSe: number;
}

/** What both ends agreed on. */
export interface AgreedTimer {
  /** Seconds. */
  interval: number;
  refresher: 'local' | 'remote';
}

export type UasVerdict =
  /** 422 with this Min-SE (§6). */
  | { kind: 'too-small'; minSe: number }
  | { kind: 'none' }
  /** Session-Expires value for the 2xx, and whether Require: timer goes with it (§9). */
  | { kind: 'agreed'; timer: AgreedTimer; headerValue: string; require: boolean };

/** The UAS side of §9, Table 2. */
export function judgeSessionTimer(request: SipMessage, config: SessionTimerConfig): UasVerdict {
  const peerSupports = hasOption(request, 'supported', 'timer') || hasOption(request, 'require', 'timer');
  const asked = parseDelta(headerValue(request, 'session-expires') ?? '');
  const theirMin = parseDelta(headerValue(request, 'min-se') ?? '')?.seconds ?? ABSOLUTE_MIN_SE;
  if (asked && asked.seconds < config.minSe) {
    // A caller without the extension would not understand 422; a proxy put the header in (§7, §9).
    if (peerSupports) return { kind: 'too-small', minSe: config.minSe };
    return agreed(config.minSe, 'uas', false);
  }
  if (!asked && (!peerSupports || config.sessionExpires === 0)) return { kind: 'none' };
  const wish =
    config.sessionExpires === 0 ? (asked?.seconds ?? 0) : Math.min(asked?.seconds ?? config.sessionExpires, config.sessionExpires);
  const interval = Math.max(wish, theirMin, config.minSe);
  if (!peerSupports) return agreed(interval, 'uas', false);
  return agreed(interval, asked?.params.get('refresher') === 'uas' ? 'uas' : 'uac', true);
}

function agreed(interval: number, refresher: 'uac' | 'uas', peerSupports: boolean): UasVerdict {
  return {
    kind: 'agreed',
    timer: { interval, refresher: refresher === 'uas' ? 'local' : 'remote' },
    headerValue: `${interval};refresher=${refresher}`,
    // §9: Require only when the other side is to refresh.
    require: peerSupports && refresher === 'uac',
  };
}

/** The UAC side, from the 2xx (§7.2). Without Session-Expires the session has no timer. */
export function timerFrom2xx(response: SipMessage): AgreedTimer | undefined {
  const value = parseDelta(headerValue(response, 'session-expires') ?? '');
  if (!value || value.seconds < 1) return undefined;
  return { interval: Math.max(value.seconds, ABSOLUTE_MIN_SE), refresher: value.params.get('refresher') === 'uas' ? 'remote' : 'local' };
}

/** When the refresher sends its refresh (§7.2: half the interval), milliseconds. */
export function refreshAfter(timer: AgreedTimer): number {
  return (timer.interval * 1_000) / 2;
}

/** When BYE is due without a refresh (§10: min(32 s, a third of it) before the end), milliseconds. */
export function expireAfter(timer: AgreedTimer): number {
  return (timer.interval - Math.min(32, timer.interval / 3)) * 1_000;
}
