import { type MediaItem, TONE_RHYTHMS, type ToneRhythm } from '@yixian/contracts';

// What FreeSWITCH plays, as it is named in its commands: files, `tone_stream://` and `silence_stream://`.

/** Decibels below full scale, about -10 dBm0. */
const LEVEL = 'v=-10';
/** A generated tone is kept in memory whole: longer ones are made of pieces. */
const MAX_PIECES = 200;

/** What `conference … play` is given for an item. @throws Error when a path cannot stand in a command */
export function playable(item: MediaItem): string {
  switch (item.kind) {
    case 'file':
      return quoted(item.path);
    case 'silence':
      return silence(item.durationMs);
    case 'tone':
      return item.tone === 'silence' ? silence(item.durationMs) : tone(TONE_RHYTHMS[item.tone], item.durationMs);
  }
}

function silence(durationMs: number | undefined): string {
  return `silence_stream://${durationMs === undefined ? -1 : Math.max(1, Math.round(durationMs))}`;
}

function tone(rhythm: ToneRhythm, durationMs: number | undefined): string {
  const { hz, onMs, offMs } = rhythm;
  if (durationMs === undefined && !rhythm.once) return `tone_stream://${LEVEL};%(${onMs},${offMs},${hz});loops=-1`;
  const wanted = Math.round(durationMs ?? onMs);
  if (offMs === 0) return `tone_stream://${LEVEL};%(${Math.max(1, wanted)},0,${hz})`;
  const pieces: string[] = [];
  for (let left = wanted; left > 0 && pieces.length < MAX_PIECES; left -= onMs + offMs) {
    const on = Math.min(left, onMs);
    const off = Math.min(Math.max(0, left - onMs), offMs);
    pieces.push(`%(${on},${off},${hz})`);
  }
  return `tone_stream://${LEVEL};${pieces.join(';')}`;
}

/** One argument of a command: quotes and line breaks would make more of it. */
export function quoted(path: string): string {
  if (/['\r\n\0]/.test(path) || /\$\{/.test(path)) throw new Error(`${JSON.stringify(path)} cannot be named to FreeSWITCH`);
  return /[\s|,;]/.test(path) ? `'${path}'` : path;
}
