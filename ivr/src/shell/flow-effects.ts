import type { Call, CallLeg, Clock, Logger, Playback, PlaybackEnd, QueuePort, QueueResult, Recorder, Timer } from '@yixian/contracts';
import type { FlowEffect, FlowInput, TicketedEffect } from '../core/machine.js';
import type { FlowLookup, PublishedFlow } from './flow-loader.js';
import { mediaFor, type SpeechDeps } from './speech.js';
import type { Transferrer } from './transferrer.js';
import { createTypeAhead } from './type-ahead.js';

export interface FlowEffectsDeps extends SpeechDeps {
  load(flowId: string): FlowLookup;
  queues: QueuePort;
  recorder: Pick<Recorder, 'voicemail'>;
  transferrer: Transferrer;
  clock: Clock;
  logger: Logger;
}

/** The way back from effects to the run. */
export interface FlowReports {
  feed(input: FlowInput): void;
  /** Our own mistake. */
  fail(error: unknown): void;
  /** Whether the flow still waits for the effect with this ticket. */
  awaits(ticket: number): boolean;
  /** For the log. */
  nodeId(): string | undefined;
}

/** Everything but the end of the flow, which is the run's own. */
export type PerformedEffect = Exclude<FlowEffect, { type: 'hangUp' }>;

type EffectOf<T extends TicketedEffect['type']> = Extract<TicketedEffect, { type: T }>;

/** Longest announcement; past it the switch has lost the playback. */
const PLAY_GUARD_MS = 600_000;
/** Added to a collection's or a recording's own deadline before it is given up. */
const GUARD_SLACK_MS = 15_000;

/** Runs the effects of one call's flow on its leg and the ports. Owns the playback, the collection, the queue place and the timer. */
export class FlowEffects {
  #deps: FlowEffectsDeps;
  #call: Call;
  #reports: FlowReports;
  #playback: Playback | undefined;
  /** Set while a playback may be interrupted. */
  #interrupt: (() => void) | undefined;
  #collecting = false;
  #leaveQueue: (() => void) | undefined;
  #guard: Timer | undefined;
  #typeAhead = createTypeAhead();
  #unsubscribe: () => void;
  #next: PublishedFlow | undefined;

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
      case 'enqueue':
        this.#enqueue(effect);
        break;
      case 'leaveQueue':
        this.#leaveQueue?.();
        break;
      case 'transfer':
        this.#transfer(effect);
        break;
      case 'switchFlow':
        this.#switchFlow(effect);
        break;
      case 'voicemail':
        this.#voicemail(effect);
        break;
      case 'awaitSettlement':
        this.#watch(effect.ms, 'the end of the call to be settled', () => this.#reports.feed({ type: 'settle-deadline' }));
        break;
    }
  }

  /** The flow a `flow-switched` input speaks of. */
  takeNext(): PublishedFlow | undefined {
    const next = this.#next;
    this.#next = undefined;
    return next;
  }

  /** Lets go of everything. Doing it twice changes nothing. */
  release(): void {
    this.#unwatch();
    this.#unsubscribe();
    this.#stopMedia();
    this.#leaveQueue?.();
    this.#leaveQueue = undefined;
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
    const media = mediaFor(effect.items, this.#deps);
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

  #enqueue({ ticket, queueId, priority }: EffectOf<'enqueue'>): void {
    // The queue has its own longest wait, and the talk after it has none.
    this.#unwatch();
    const place = this.#deps.queues.enqueue({ call: this.#call, queueId, priority });
    this.#leaveQueue = () => place.leave();
    const settle = (result: QueueResult): void => {
      this.#leaveQueue = undefined;
      this.#reports.feed({ type: 'queue-result', ticket, result });
    };
    place.result.then(settle, (error: unknown) => {
      this.#warn({ err: error, queueId }, 'the queue failed; the flow goes on');
      settle({ outcome: 'failed', message: messageOf(error) });
    });
  }

  #transfer({ ticket, target }: EffectOf<'transfer'>): void {
    this.#unwatch();
    this.#deps.transferrer.connect(this.#call, target).then(
      (result) => this.#reports.feed({ type: 'transfer-result', ticket, ...result }),
      (error: unknown) => {
        this.#warn({ err: error, target }, 'the transfer failed; the flow goes on');
        this.#reports.feed({ type: 'transfer-result', ticket, outcome: 'failed', callerStillUp: this.#call.leg.state !== 'ended' });
      },
    );
  }

  #voicemail({ ticket, box, maxDurationMs, finishOn }: EffectOf<'voicemail'>): void {
    const { id: callId, caller, leg } = this.#call;
    const done = (durationMs: number | undefined): void => this.#reports.feed({ type: 'voicemail-result', ticket, durationMs });
    this.#watch(maxDurationMs + GUARD_SLACK_MS, 'a message to end', () => done(undefined));
    this.#deps.recorder.voicemail({ callId, box, caller, leg, maxDurationMs, ...(finishOn === '' ? {} : { finishOn }) }).then(
      (message) => done(message?.durationMs),
      (error: unknown) => {
        this.#warn({ err: error, box }, 'the message could not be recorded; the flow goes on');
        done(undefined);
      },
    );
  }

  #switchFlow({ ticket, flowId }: EffectOf<'switchFlow'>): void {
    this.#unwatch();
    const lookup = this.#deps.load(flowId);
    if (lookup.ok) {
      this.#next = lookup.published;
      this.#reports.feed({ type: 'flow-switched', ticket, flowId });
    } else {
      this.#warn({ flowId }, `${lookup.message}; the flow goes on`);
      this.#reports.feed({ type: 'flow-unavailable', ticket, flowId });
    }
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
    this.#deps.logger.warn({ callId: this.#call.id, node: this.#reports.nodeId(), ...facts }, message);
  }
}

/** What an unknown thing thrown says. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
