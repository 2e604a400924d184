import type { WallFigure } from '@yixian/contracts/browser';
import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { livePicture } from '../../app/live.js';
import { type Alarm, type AlarmRule, type AlarmState, acknowledged, DEFAULT_RULES, look } from './alarms.js';
import { figureOf, type Today } from './figures.js';
import { playAlarm } from './tone.js';

// Rules and sound are this browser's: what wakes a supervisor at one desk is not what hangs in the hall.

const RULES_KEY = 'yixian.alarm-rules';
const MUTED_KEY = 'yixian.alarm-muted';
const EVERY_MS = 1000;

interface Stored {
  rules: readonly AlarmRule[];
  muted: boolean;
}

function stored(): Stored {
  try {
    const text = localStorage.getItem(RULES_KEY);
    return { rules: text ? (JSON.parse(text) as AlarmRule[]) : DEFAULT_RULES, muted: localStorage.getItem(MUTED_KEY) === '1' };
  } catch {
    return { rules: DEFAULT_RULES, muted: false };
  }
}

let settings = stored();
let alarms: AlarmState = { list: [] };
const listeners = new Set<() => void>();

function tell(): void {
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function keep(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // holds until the page is left
  }
}

export function setRules(rules: readonly AlarmRule[]): void {
  settings = { ...settings, rules };
  keep(RULES_KEY, JSON.stringify(rules));
  tell();
}

export function setMuted(muted: boolean): void {
  settings = { ...settings, muted };
  keep(MUTED_KEY, muted ? '1' : '0');
  tell();
}

export function acknowledge(which: Alarm | 'all'): void {
  alarms = acknowledged(alarms, which);
  tell();
}

function watch(today: Today): void {
  const picture = livePicture();
  // before the first picture everything is zero
  if (picture.seq === 0 && picture.queues.size === 0) return;
  const now = Date.now() + picture.clockOffset;
  const next = look(alarms, settings.rules, ({ figure, queue }) => figureOf(figure, queue, picture, today, now), now);
  if (next.state === alarms) return;
  alarms = next.state;
  if (next.began.length > 0 && !settings.muted) playAlarm();
  tell();
}

export interface AlarmsShown extends AlarmState, Stored {
  /** Figures an alarm is about now. */
  ringing: ReadonlySet<WallFigure>;
}

/** Looks every second as long as somebody shows alarms. */
export function useAlarms(today: Today): AlarmsShown {
  const list = useSyncExternalStore(subscribe, () => alarms);
  const { rules, muted } = useSyncExternalStore(subscribe, () => settings);
  const [latest] = useState(() => ({ today }));
  latest.today = today;
  useEffect(() => {
    const timer = setInterval(() => watch(latest.today), EVERY_MS);
    return () => clearInterval(timer);
  }, [latest]);
  const ringing = useMemo(() => new Set(list.list.filter((one) => one.until === null).map((one) => one.rule.figure)), [list]);
  return { list: list.list, rules, muted, ringing };
}
