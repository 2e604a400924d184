import type { CallLeg, Clock, MediaItem, Playback, Prompts, Timer } from '@yixian/contracts';

export interface TreatmentDeps {
  leg: CallLeg;
  prompts: Prompts;
  clock: Clock;
  /** Prompt id of the music. */
  music: string;
  /** Milliseconds between announcements; 0 for none. */
  announceEveryMs: number;
  /** Where the caller stands now; undefined once out of the queue. */
  standing(): { position: number; estimateMs: number | null; ringing: boolean } | undefined;
}

/** What the caller hears while waiting. */
export interface Treatment {
  /** Announcement first, unless an agent is being rung already, then music. */
  start(): void;
  /** Silence, for a bridge to take over. */
  pause(): void;
  /** Music again, after a bridge that did not stand. */
  resume(): void;
  stop(): void;
}

/** Largest number the prompts can say. */
const MAX_SPOKEN = 9999;
const MINUTE_MS = 60_000;
const RINGBACK: MediaItem = { kind: 'tone', tone: 'ringback' };

/** Music for as long as somebody waits: the prompt, or ringback where there is none, so that the line never seems dead. */
export function playMusic(leg: CallLeg, prompts: Prompts, music: string, language?: string): { stop(): void } {
  let stopped = false;
  let playback = leg.play([prompts.item(music, language) ?? RINGBACK], { loop: true });
  void playback.finished.then((end) => {
    if (end === 'failed' && !stopped) playback = leg.play([RINGBACK], { loop: true });
  });
  return {
    stop() {
      stopped = true;
      playback.stop();
    },
  };
}

export function createTreatment(deps: TreatmentDeps): Treatment {
  const { leg, prompts, clock } = deps;
  let playing: { stop(): void } | undefined;
  let announcing: Playback | undefined;
  let timer: Timer | undefined;
  let over = false;

  function music(): void {
    announcing = undefined;
    playing = playMusic(leg, prompts, deps.music);
  }

  function announce(): boolean {
    const standing = deps.standing();
    const items = standing ? announcement(prompts, standing.position, standing.estimateMs) : [];
    if (items.length === 0) return false;
    const playback = leg.play(items);
    announcing = playback;
    playing = playback;
    void playback.finished.then((end) => {
      if (announcing === playback && (end === 'finished' || end === 'failed')) music();
    });
    return true;
  }

  function arm(): void {
    timer?.cancel();
    if (deps.announceEveryMs <= 0) return;
    timer = clock.setTimer(deps.announceEveryMs, () => {
      arm();
      if (!announcing) announce();
    });
  }

  function pause(): void {
    timer?.cancel();
    announcing = undefined;
    playing?.stop();
    playing = undefined;
  }

  return {
    start() {
      arm();
      const silent = deps.announceEveryMs <= 0 || deps.standing()?.ringing !== false;
      if (silent || !announce()) music();
    },
    pause,
    resume() {
      if (over) return;
      arm();
      music();
    },
    stop() {
      over = true;
      pause();
    },
  };
}

/** 您前面还有 N 位；预计等待 M 分钟. A phrase whose prompts are missing is left out whole, never a bare number. */
export function announcement(prompts: Prompts, position: number, estimateMs: number | null): MediaItem[] {
  const ahead = position - 1;
  const minutes = estimateMs === null ? 0 : Math.ceil(estimateMs / MINUTE_MS);
  return [
    ...(ahead > 0 ? phrase(prompts, 'queue-position-before', ahead, 'queue-position-after') : []),
    ...(minutes > 0 ? phrase(prompts, 'queue-wait-before', minutes, 'queue-wait-after') : []),
  ];
}

function phrase(prompts: Prompts, before: string, value: number, after: string): MediaItem[] {
  const first = prompts.item(before);
  const last = prompts.item(after);
  return first && last ? [first, ...prompts.sayNumber(Math.min(value, MAX_SPOKEN), { counting: true }), last] : [];
}
