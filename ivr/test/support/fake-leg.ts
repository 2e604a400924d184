import type {
  CallLeg,
  CollectOptions,
  CollectResult,
  LegEvent,
  LegState,
  MediaItem,
  Playback,
  PlaybackEnd,
  PlayOptions,
  SimulatedClock,
  Termination,
  Timer,
} from '@yixian/contracts';

/** Lets everything that waits on settled promises run. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Playing {
  label: string;
  interruptOn: string;
  end(end: PlaybackEnd): void;
}

interface Collecting {
  options: CollectOptions;
  digits: string;
  timer: Timer;
  end(result: CollectResult): void;
}

/** A leg as the port describes it, on simulated time: prompts last a second each, keys wait in a type-ahead buffer. */
export class FakeLeg implements CallLeg {
  readonly id = 'leg-1';
  readonly direction = 'inbound';
  readonly from = { number: '13800000000' };
  readonly to = { number: '12320' };
  readonly origin = { kind: 'trunk', trunkId: 'demo' } as const;
  readonly source = undefined;
  readonly sipCallId = 'sip-1';
  readonly ended: Promise<Termination>;
  readonly answered: Promise<boolean>;
  state: LegState = 'new';
  termination: Termination | undefined;
  /** What was done to the leg, in order. */
  readonly log: string[] = [];
  answerFails = false;
  /** The playback ends 50 ms after the key that interrupts it. */
  slowToStop = false;
  /** Ids of prompts whose file cannot be read. */
  readonly broken = new Set<string>();

  #clock: SimulatedClock;
  #listeners = new Set<(event: LegEvent) => void>();
  #playing: Playing | undefined;
  #collecting: Collecting | undefined;
  #buffer = '';
  #resolveEnded: (termination: Termination) => void = () => undefined;
  #resolveAnswered: (answered: boolean) => void = () => undefined;

  constructor(clock: SimulatedClock) {
    this.#clock = clock;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    this.answered = new Promise((resolve) => {
      this.#resolveAnswered = resolve;
    });
  }

  get isPlaying(): boolean {
    return this.#playing !== undefined;
  }

  get isCollecting(): boolean {
    return this.#collecting !== undefined;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  /** The caller presses a key. */
  press(key: string): void {
    this.#buffer += key;
    this.#takeDigits();
    const playing = this.#playing;
    if (playing && (playing.interruptOn === 'any' || playing.interruptOn.includes(key))) {
      if (this.slowToStop) this.#clock.setTimer(50, () => playing.end('interrupted'));
      else playing.end('interrupted');
    }
    for (const listener of this.#listeners) listener({ type: 'digit', digit: { digit: key, durationMs: 100, via: 'rfc4733' } });
  }

  /** The caller hangs up. */
  remoteHangUp(termination: Termination = { by: 'caller', reason: 'normal' }): void {
    if (this.state === 'ended') return;
    this.state = 'ended';
    this.termination = termination;
    this.#playing?.end('leg-ended');
    this.#collecting?.end({ digits: this.#collecting.digits, reason: 'leg-ended' });
    for (const listener of this.#listeners) listener({ type: 'ended', termination });
    this.#resolveAnswered(false);
    this.#resolveEnded(termination);
  }

  subscribe(listener: (event: LegEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  ring(): void {
    this.state = 'ringing';
  }

  async early(): Promise<void> {
    this.state = 'early';
  }

  async answer(): Promise<void> {
    if (this.state === 'ended' || this.answerFails) throw new Error('the leg has ended');
    this.log.push('answer');
    this.state = 'answered';
    this.#resolveAnswered(true);
  }

  hangUp(termination: Termination): void {
    this.remoteHangUp(termination);
  }

  play(items: readonly MediaItem[], options: PlayOptions = {}): Playback {
    const label = items.map(nameOf).join('+');
    this.log.push(`play ${label}`);
    this.#playing?.end('replaced');
    let finish: (end: PlaybackEnd) => void = () => undefined;
    const finished = new Promise<PlaybackEnd>((resolve) => {
      finish = resolve;
    });
    const failing = items.some((item) => this.broken.has(nameOf(item)));
    const timer = this.#clock.setTimer(failing ? 0 : items.length * 1000, () => playing.end(failing ? 'failed' : 'finished'));
    const playing: Playing = {
      label,
      interruptOn: options.interruptOn ?? 'none',
      end: (end) => {
        timer.cancel();
        if (this.#playing === playing) this.#playing = undefined;
        this.log.push(`${end} ${label}`);
        finish(end);
      },
    };
    this.#playing = playing;
    if (this.state === 'ended') playing.end('leg-ended');
    return { finished, ...(failing ? { error: 'no such file' } : {}), stop: () => this.#playing === playing && playing.end('stopped') };
  }

  collect(options: CollectOptions): Promise<CollectResult> {
    this.log.push(`collect ${options.maxDigits}`);
    this.cancelCollect();
    return new Promise((resolve) => {
      const collecting: Collecting = {
        options,
        digits: '',
        timer: this.#clock.setTimer(options.firstDigitTimeoutMs, () => collecting.end({ digits: '', reason: 'timeout' })),
        end: (result) => {
          collecting.timer.cancel();
          if (this.#collecting === collecting) this.#collecting = undefined;
          resolve(result);
        },
      };
      this.#collecting = collecting;
      if (this.state === 'ended') collecting.end({ digits: '', reason: 'leg-ended' });
      this.#takeDigits();
    });
  }

  cancelCollect(): void {
    this.#collecting?.end({ digits: this.#collecting.digits, reason: 'cancelled' });
  }

  clearDigits(): void {
    this.#buffer = '';
  }

  async sendDigits(): Promise<void> {}

  muted = false;

  mute(on: boolean): void {
    this.muted = on;
  }

  async stats() {
    return { codec: 'PCMA', packetsReceived: 0, packetsSent: 0, packetsLost: 0, packetsDiscarded: 0, jitterMs: 0, ssrcChanges: 0 };
  }

  #takeDigits(): void {
    while (this.#collecting && this.#buffer !== '') {
      const collecting = this.#collecting;
      const key = this.#buffer.charAt(0);
      this.#buffer = this.#buffer.slice(1);
      if (collecting.options.terminators?.includes(key)) {
        collecting.end({ digits: collecting.digits, reason: 'terminator' });
        continue;
      }
      collecting.digits += key;
      collecting.timer.cancel();
      if (collecting.digits.length >= collecting.options.maxDigits) {
        collecting.end({ digits: collecting.digits, reason: 'max-digits' });
        continue;
      }
      collecting.timer = this.#clock.setTimer(collecting.options.interDigitTimeoutMs, () =>
        collecting.end({ digits: collecting.digits, reason: 'timeout' }),
      );
    }
  }
}

function nameOf(item: MediaItem): string {
  if (item.kind === 'file') return item.path.replace(/^.*\//, '').replace(/\.wav$/, '');
  return item.kind === 'tone' ? item.tone : 'silence';
}
