import type {
  CallLeg,
  CollectOptions,
  CollectResult,
  LegEvent,
  LegOrigin,
  LegState,
  LegStats,
  MediaItem,
  PartyAddress,
  Playback,
  PlayOptions,
  SourceAddress,
  Termination,
} from '@yixian/contracts';

/** A leg of a conversation, lent to a flow: it plays and collects there, and ends for the flow when it is taken back. The party stays. */
export class LentLeg implements CallLeg {
  readonly ended: Promise<Termination>;
  readonly answered = Promise.resolve(true);
  readonly #leg: CallLeg;
  readonly #playing = new Set<Playback>();
  readonly #listeners = new Set<(event: LegEvent) => void>();
  readonly #quit: () => void;
  #termination: Termination | undefined;
  #resolve: (termination: Termination) => void = () => {};

  constructor(leg: CallLeg) {
    this.#leg = leg;
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#quit = leg.subscribe((event) => {
      if (event.type === 'digit') this.#tell(event);
    });
    void leg.ended.then((termination) => this.takeBack(termination));
  }

  get behind(): CallLeg {
    return this.#leg;
  }
  get id(): string {
    return this.#leg.id;
  }
  get direction(): 'inbound' | 'outbound' {
    return this.#leg.direction;
  }
  get from(): PartyAddress {
    return this.#leg.from;
  }
  get to(): PartyAddress {
    return this.#leg.to;
  }
  get origin(): LegOrigin | undefined {
    return this.#leg.origin;
  }
  get source(): SourceAddress | undefined {
    return this.#leg.source;
  }
  get sipCallId(): string {
    return this.#leg.sipCallId;
  }
  get state(): LegState {
    return this.#termination ? 'ended' : this.#leg.state;
  }
  get termination(): Termination | undefined {
    return this.#termination;
  }
  get muted(): boolean {
    return this.#leg.muted;
  }

  /** Silence, and nothing is listened to any more. The first reason counts. */
  takeBack(termination: Termination): void {
    if (this.#termination) return;
    this.#termination = termination;
    this.#quit();
    this.#leg.cancelCollect();
    for (const playback of [...this.#playing]) playback.stop();
    this.#tell({ type: 'ended', termination });
    this.#listeners.clear();
    this.#resolve(termination);
  }

  #tell(event: LegEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }

  subscribe(listener: (event: LegEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  play(items: readonly MediaItem[], options?: PlayOptions): Playback {
    if (this.#termination) return { finished: Promise.resolve('leg-ended'), stop: () => undefined };
    const playback = this.#leg.play(items, options);
    this.#playing.add(playback);
    void playback.finished.then(() => this.#playing.delete(playback));
    return playback;
  }

  async collect(options: CollectOptions): Promise<CollectResult> {
    if (this.#termination) return { digits: '', reason: 'leg-ended' };
    return this.#leg.collect(options);
  }

  cancelCollect(): void {
    if (!this.#termination) this.#leg.cancelCollect();
  }

  clearDigits(): void {
    if (!this.#termination) this.#leg.clearDigits();
  }

  /** The flow has done with it. */
  hangUp(termination: Termination): void {
    this.takeBack(termination);
  }

  ring(): void {
    // It talks already.
  }
  async early(): Promise<void> {
    // It talks already.
  }
  async answer(): Promise<void> {
    if (this.#termination) throw new Error('the leg was taken back');
  }
  async sendDigits(digits: string): Promise<void> {
    await this.#leg.sendDigits(digits);
  }
  mute(on: boolean): void {
    this.#leg.mute(on);
  }
  stats(): Promise<LegStats> {
    return this.#leg.stats();
  }
}
