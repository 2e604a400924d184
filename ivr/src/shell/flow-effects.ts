import type { Call, CallLeg, Playback, PlaybackEnd, Timer } from '@yixian/contracts';
import type { FlowEffect, FlowInput, TicketedEffect } from '../core/machine.js';
import { type Answer, askNeighbour, messageOf, type NeighbourDeps, type NeighbourEffect } from './flow-neighbours.js';
import { mediaFor } from './speech.js';
import { createTypeAhead } from './type-ahead.js';

export type FlowEffectsDeps = NeighbourDeps;

/** The way back from effects to the run. */
export interface FlowReports {
  feed(input: FlowInput): void;
  /** Our own mistake. */
  fail(error: unknown): void;
  /** Whether the flow still waits for the effect with this ticket. */
  awaits(ticket: number): boolean;
  /** Where the call is, for the log. */
  place(): { flow?: string; node?: string };
}

/** Everything but the end of the flow, which is the run's own. */
export type PerformedEffect = Exclude<FlowEffect, { type: 'hangUp' }>;

type EffectOf<T extends TicketedEffect['type']> = Extract<TicketedEffect, { type: T }>;

/** Longest announcement; past it the switch has lost the playback. */
const PLAY_GUARD_MS = 600_000;
/** Added to a collection's own deadline before it is given up. */
const GUARD_SLACK_MS = 15_000;

/** Runs the effects of one call's flow on its leg and the ports. Owns the playback, the collection, the place in a queue and the timer. */
export class FlowEffects {
  #deps: FlowEffectsDeps;
  #call: Call;
  #reports: FlowReports;
  #playback: Playback | undefined;
  /** Set while a playback may be interrupted. */
  #interrupt: (() => void) | undefined;
  #collecting = false;
  #leave: (() => void) | undefined;
  #guard: Timer | undefined;
  #typeAhead = createTypeAhead();
  #unsubscribe: () => void;

  constructor(deps: FlowEffectsDeps, call: Call, reports: FlowReports) {
    this.#deps = deps;
    this.#call = call;
    this.#reports = reports;
    this.#unsubscribe = call.leg.subscribe((event) => {
      if (event.type !== 'digit') return;
      this.#typeAhead.pressed();
      this.#interrupt?.();
    });
  }

  perform(effect: PerformedEffect): void {
    switch (effect.type) {
      case 'answer':
        this.#answer(this.#call.leg);
        break;
      case 'play':
        this.#play(effect);
        break;
      case 'collect':
        this.#collect(effect);
        break;
      case 'clearDigits':
        this.#typeAhead.clear();
        this.#call.leg.clearDigits();
        break;
      case 'stopMedia':
        this.#stopMedia();
        break;
      case 'leaveQueue':
        this.#leave?.();
        break;
      case 'warn':
        this.#warn({}, effect.message);
        break;
      case 'awaitSettlement':
        this.#watch(effect.ms, 'the end of the call to be settled', () => this.#reports.feed({ type: 'settle-deadline' }));
        break;
      default:
        this.#ask(effect);
    }
  }

  /** Lets go of everything. Doing it twice changes nothing. */
  release(): void {
    this.#unwatch();
    this.#unsubscribe();
    this.#stopMedia();
    this.#leave?.();
    this.#leave = undefined;
  }

  #answer(leg: CallLeg): void {
    if (leg.state === 'answered') {
      this.#reports.feed({ type: 'answered' });
      return;
    }
    leg.answer().then(
      () => this.#reports.feed({ type: 'answered' }),
      (error: unknown) => {
        const text = `the call could not be answered: ${messageOf(error)}`;
        this.#reports.feed({ type: 'caller-hung-up', termination: leg.termination ?? { by: 'system', reason: 'switch-failure', text } });
      },
    );
  }

  #play(effect: EffectOf<'play'>): void {
    const media = mediaFor(effect.items, effect.language, this.#deps);
    if (media instanceof Promise) media.then((items) => this.#playNow(effect, items)).catch(this.#reports.fail);
    else this.#playNow(effect, media);
  }

  #playNow({ ticket, interruptOn }: EffectOf<'play'>, items: Parameters<CallLeg['play']>[0]): void {
    // A spoken text may be ready when the caller has gone.
    if (!this.#reports.awaits(ticket)) return;
    const report = (end: PlaybackEnd): void => this.#reports.feed({ type: 'playback-ended', ticket, end });
    if (interruptOn === 'any' && this.#typeAhead.pending()) {
      report('interrupted');
      return;
    }
    const playback = this.#call.leg.play(items, { interruptOn });
    this.#playback = playback;
    const ended = (end: PlaybackEnd): void => {
      if (this.#playback !== playback) return;
      this.#playback = undefined;
      this.#interrupt = undefined;
      // The end of the leg is told by the leg itself.
      if (end !== 'leg-ended') report(end);
    };
    // The key is known before the switch has stopped the playback: what it chooses does not wait for that.
    if (interruptOn === 'any') this.#interrupt = () => ended('interrupted');
    this.#watch(PLAY_GUARD_MS, 'a playback', () => {
      playback.stop();
      ended('failed');
    });
    playback.finished.then((end) => {
      if (end === 'failed') this.#warn({ error: playback.error }, 'a prompt could not be played; the flow goes on');
      ended(end);
    }, this.#reports.fail);
  }

  #collect({ ticket, options }: EffectOf<'collect'>): void {
    const { leg } = this.#call;
    this.#collecting = true;
    const longest = options.firstDigitTimeoutMs + options.interDigitTimeoutMs * options.maxDigits + GUARD_SLACK_MS;
    this.#watch(longest, 'keys', () => {
      leg.cancelCollect();
      this.#reports.feed({ type: 'digits-collected', ticket, result: { digits: '', reason: 'timeout' } });
    });
    leg.collect(options).then((result) => {
      this.#collecting = false;
      this.#typeAhead.consumed(result);
      if (result.reason !== 'leg-ended') this.#reports.feed({ type: 'digits-collected', ticket, result });
    }, this.#reports.fail);
  }

  /** Queue, talk and parking have deadlines of their own; what has none gets one here. */
  #ask(effect: NeighbourEffect): void {
    this.#unwatch();
    const { ticket } = effect;
    const { answer, leave, deadline } = askNeighbour(effect, this.#call, this.#deps, (facts, message) => this.#warn(facts, message));
    const reply = (given: Answer): void => {
      this.#leave = undefined;
      this.#reports.feed({ ...given, ticket } as FlowInput);
    };
    if (!(answer instanceof Promise)) {
      reply(answer);
      return;
    }
    this.#leave = leave;
    if (deadline) this.#watch(deadline.ms, deadline.what, () => reply(deadline.otherwise));
    answer.then(reply, this.#reports.fail);
  }

  /** One wait at a time, so one deadline at a time. */
  #watch(ms: number, what: string, expired: () => void): void {
    this.#unwatch();
    this.#guard = this.#deps.clock.setTimer(ms, () => {
      this.#warn({ ms }, `gave up waiting for ${what}`);
      expired();
    });
  }

  #unwatch(): void {
    this.#guard?.cancel();
    this.#guard = undefined;
  }

  #stopMedia(): void {
    this.#playback?.stop();
    this.#playback = undefined;
    this.#interrupt = undefined;
    if (this.#collecting) this.#call.leg.cancelCollect();
    this.#collecting = false;
  }

  #warn(facts: object, message: string): void {
    this.#deps.logger.warn({ callId: this.#call.id, ...this.#reports.place(), ...facts }, message);
  }
}
