import type { CallLeg, Clock, MediaItem, Playback, Prompts, Timer } from '@yixian/contracts';

export interface TreatmentDeps {
  leg: CallLeg;
  prompts: Prompts;
  clock: Clock;
  /** Prompt id of the music. */
  music: string;
  /** Milliseconds between announcements; 0 for none. */
  announceEveryMs: number;
  language?: string | undefined;
  /** A callback in place of waiting; undefined when there is none. */
  callback?: CallbackOffer | undefined;
  /** Where the caller stands now; undefined once out of the queue. */
  standing(): { position: number; estimateMs: number | null; ringing: boolean } | undefined;
}

export interface CallbackOffer {
  /** Not before so long a wait. */
  afterMs: number;
  key: string;
  /** Prompt id. */
  prompt: string;
  accept(): void;
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
export const RINGBACK: MediaItem = { kind: 'tone', tone: 'ringback' };

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
  const startedAt = clock.now();
  /** The caller has heard of the callback. */
  let offered = false;
  let offerTimer: Timer | undefined;
  const unsubscribe = deps.callback
    ? leg.subscribe((event) => {
        if (event.type === 'digit' && offered && !over && event.digit.digit === deps.callback?.key) deps.callback.accept();
      })
    : () => {};

  function offer(): MediaItem[] {
    const { callback } = deps;
    const item = callback && clock.now() - startedAt >= callback.afterMs ? prompts.item(callback.prompt, deps.language) : undefined;
    if (item) offered = true;
    return item ? [item] : [];
  }

  /** The first offer does not wait for the next announcement. */
  function armOffer(): void {
    if (!deps.callback || offered) return;
    offerTimer?.cancel();
    offerTimer = clock.setTimer(Math.max(0, startedAt + deps.callback.afterMs - clock.now()), () => {
      if (!offered && !announcing) announce();
    });
  }

  function music(): void {
    announcing = undefined;
    playing = playMusic(leg, prompts, deps.music, deps.language);
  }

  function announce(): boolean {
    const standing = deps.standing();
    const spoken = standing && deps.announceEveryMs > 0 ? announcement(prompts, standing.position, standing.estimateMs, deps.language) : [];
    const items = standing && !standing.ringing ? [...spoken, ...offer()] : spoken;
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
    offerTimer?.cancel();
    announcing = undefined;
    playing?.stop();
    playing = undefined;
  }

  return {
    start() {
      arm();
      armOffer();
      const silent = deps.standing()?.ringing !== false || (deps.announceEveryMs <= 0 && deps.callback?.afterMs !== 0);
      if (silent || !announce()) music();
    },
    pause,
    resume() {
      if (over) return;
      arm();
      armOffer();
      music();
    },
    stop() {
      over = true;
      unsubscribe();
      pause();
    },
  };
}

/** 您前面还有 N 位；预计等待 M 分钟. A phrase whose prompts are missing is left out whole, never a bare number. */
export function announcement(prompts: Prompts, position: number, estimateMs: number | null, language?: string): MediaItem[] {
  const ahead = position - 1;
  const minutes = estimateMs === null ? 0 : Math.ceil(estimateMs / MINUTE_MS);
  return [
    ...(ahead > 0 ? phrase(prompts, ['queue-position-before', 'queue-position-after'], ahead, language) : []),
    ...(minutes > 0 ? phrase(prompts, ['queue-wait-before', 'queue-wait-after'], minutes, language) : []),
  ];
}

function phrase(prompts: Prompts, [before, after]: readonly [string, string], value: number, language?: string): MediaItem[] {
  const first = prompts.item(before, language);
  const last = prompts.item(after, language);
  if (!first || !last) return [];
  const spoken = { counting: true, ...(language === undefined ? {} : { language }) };
  return [first, ...prompts.sayNumber(Math.min(value, MAX_SPOKEN), spoken), last];
}
