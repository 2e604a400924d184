import type { AgentId, CallLeg, Clock, EventBus, Playback, Seat, Termination, Timer } from '@yixian/contracts';
import { isUp, type LineEffect, type LineInput, type LineState, openLine, stepLine } from '../core/nailed-line.js';
import { askToAccept, type ConfirmDeps, type ConfirmTimes } from './confirm.js';
import { messageOf } from './deadline.js';
import { endedLeg } from './ended-leg.js';
import { endedRing, type OpenSeatRing, openSeatRing } from './seat-ring.js';

export interface NailedLineDeps extends ConfirmDeps {
  clock: Clock;
  events: EventBus;
  confirmTimes: ConfirmTimes;
  /** Calls the number; the ring is accepted as soon as it is answered, and over with its leg. */
  callNumber(agentId: AgentId, number: string): OpenSeatRing;
}

/** Two short tones before the caller is there. */
const ANNOUNCEMENT = [
  { kind: 'tone', tone: 'beep', durationMs: 200 },
  { kind: 'silence', durationMs: 100 },
  { kind: 'tone', tone: 'beep', durationMs: 200 },
] as const;
const COMFORT = [{ kind: 'tone', tone: 'silence' }] as const;

/** The line of one agent's seat, from sign-in to sign-out. Owns the leg, what is played on it between calls, and the timer. */
export class NailedLine {
  readonly seat: Seat;
  readonly #agentId: AgentId;
  readonly #deps: NailedLineDeps;
  #state: LineState;
  #line: OpenSeatRing | undefined;
  #playing: Playback | undefined;
  #timer: Timer | undefined;
  /** The call that is on the line. */
  #call: OpenSeatRing | undefined;

  constructor(agentId: AgentId, seat: Seat, deps: NailedLineDeps) {
    this.#agentId = agentId;
    this.seat = seat;
    this.#deps = deps;
    const { state, effects } = openLine(seat.confirm !== false);
    this.#state = state;
    for (const effect of effects) this.#run(effect);
  }

  get up(): boolean {
    return isUp(this.#state);
  }

  get phase(): LineState['phase'] {
    return this.#state.phase;
  }

  /** Gives a call to the line: a beep, or the question for key 1; what ends is the call, not the line. */
  ring(): OpenSeatRing {
    const leg = this.#line?.leg;
    if (this.#state.phase !== 'idle' || !leg) return endedRing(this.#refusal());
    const ring = openSeatRing(leg, (termination) => {
      ring.over(termination);
      this.#release(ring);
    });
    this.#call = ring;
    ring.onAnswer(() => {
      leg.cancelCollect();
      this.#announced(ring, true);
      return true;
    });
    this.#input({ type: 'call' });
    void Promise.resolve().then(() => ring.rings()); // once whoever asked can hear it
    return ring;
  }

  /** The line is not wanted any more; a call on it is not cut. */
  close(termination: Termination): void {
    this.#input({ type: 'close', termination });
  }

  #refusal(): CallLeg {
    const number = this.seat.number ?? '';
    const termination: Termination = this.up
      ? { by: 'called', reason: 'busy', text: `the line of ${this.#agentId} carries a call` }
      : { by: 'system', reason: 'not-registered', text: `the line of ${this.#agentId} is down` };
    return endedLeg({ number }, { number: this.#agentId }, termination);
  }

  #release(ring: OpenSeatRing): void {
    if (this.#call !== ring) return;
    this.#call = undefined;
    this.#line?.leg.cancelCollect();
    this.#line?.leg.mute(false);
    this.#input({ type: 'released' });
  }

  #input(input: LineInput): void {
    const step = stepLine(this.#state, input);
    this.#state = step.state;
    for (const effect of step.effects) this.#run(effect);
  }

  #run(effect: LineEffect): void {
    switch (effect.type) {
      case 'dial':
        this.#dial();
        return;
      case 'ask':
        this.#ask();
        return;
      case 'comfort':
        this.#play(COMFORT, true);
        return;
      case 'announce':
        this.#announce();
        return;
      case 'hangUp':
        this.#line?.end(effect.termination);
        return;
      case 'wait':
        this.#timer = this.#deps.clock.setTimer(effect.ms, () => this.#input({ type: 'due' }));
        return;
      case 'stopWaiting':
        this.#timer?.cancel();
        return;
      case 'tellUp':
        this.#tell({ type: 'agent.line-up', data: { number: this.seat.number ?? '' } });
        return;
      case 'tellDown':
        this.#tell({ type: 'agent.line-down', data: { number: this.seat.number ?? '', termination: effect.termination } });
        return;
    }
  }

  #tell(draft: Parameters<EventBus['publish']>[0]): void {
    this.#deps.events.publish({ ...draft, agentId: this.#agentId });
  }

  #dial(): void {
    let line: OpenSeatRing;
    try {
      line = this.#deps.callNumber(this.#agentId, this.seat.number ?? '');
    } catch (error) {
      this.#input({ type: 'lost', termination: { by: 'system', reason: 'switch-failure', text: messageOf(error) } });
      return;
    }
    this.#line = line;
    if (line.state === 'ended') {
      this.#lost(line);
      return;
    }
    line.subscribe((event) => {
      if (event.type === 'accepted') this.#answered(line);
      if (event.type === 'ended') this.#lost(line);
    });
    if (line.state === 'accepted') this.#answered(line);
  }

  #answered(line: OpenSeatRing): void {
    if (this.#line === line && this.#state.phase === 'calling') this.#input({ type: 'answered' });
  }

  #lost(line: OpenSeatRing): void {
    if (this.#line !== line) return;
    this.#line = undefined;
    const termination = line.termination ?? { by: 'network', reason: 'switch-failure' };
    const call = this.#call;
    this.#call = undefined;
    this.#input({ type: 'lost', termination });
    call?.over(termination);
  }

  #ask(): void {
    const line = this.#line;
    if (!line) return;
    void askToAccept(this.#deps, line.leg, this.#deps.confirmTimes).then((result) => {
      if (this.#line !== line || result === 'leg-ended' || result === 'cancelled') return;
      this.#input({ type: result === 'accepted' ? 'confirmed' : 'refused' });
    });
  }

  #announce(): void {
    const { leg } = this.#line ?? {};
    const call = this.#call;
    if (!leg || !call) return;
    this.#stopPlaying();
    if (this.seat.confirmEach) {
      leg.clearDigits(); // a key pressed in the last call does not take this one
      void askToAccept(this.#deps, leg, this.#deps.confirmTimes).then((result) => {
        if (result !== 'cancelled') this.#announced(call, result === 'accepted');
      });
      return;
    }
    this.#play(ANNOUNCEMENT, false);
    void this.#playing?.finished.then((end) => this.#announced(call, end === 'finished' || end === 'failed'));
  }

  #announced(call: OpenSeatRing, taken: boolean): void {
    if (this.#call !== call || call.state !== 'ringing') return;
    if (!taken) {
      call.end({ by: 'called', reason: 'not-confirmed' });
      return;
    }
    this.#stopPlaying();
    this.#input({ type: 'taken' });
    call.accept(this.#agentId);
  }

  #play(items: Parameters<CallLeg['play']>[0], loop: boolean): void {
    this.#stopPlaying();
    const leg = this.#line?.leg;
    if (leg && leg.state !== 'ended') this.#playing = leg.play(items, { loop });
  }

  #stopPlaying(): void {
    this.#playing?.stop();
    this.#playing = undefined;
  }
}
