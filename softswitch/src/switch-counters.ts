import type { CallLeg, LegState, RecordingResult, SwitchMetrics } from '@yixian/contracts';

const STATES: readonly LegState[] = ['new', 'ringing', 'early', 'answered'];

/** What the assembly itself counts; SIP and media count their own. */
export class SwitchCounters {
  readonly #began = { inbound: 0, outbound: 0 };
  readonly #ended = new Map<string, number>();
  readonly #refusedOffers = new Map<number, number>();
  readonly #recordings = new Map<RecordingResult['reason'], number>();
  readonly #askedAfterSilence = { there: 0, gone: 0 };
  #recordingNow = 0;

  legBegan(leg: CallLeg): void {
    this.#began[leg.direction]++;
  }

  legEnded(leg: CallLeg): void {
    const key = `direction="${leg.direction}",reason="${leg.termination?.reason ?? 'normal'}"`;
    this.#ended.set(key, (this.#ended.get(key) ?? 0) + 1);
  }

  refusedOffer(status: number): void {
    this.#refusedOffers.set(status, (this.#refusedOffers.get(status) ?? 0) + 1);
  }

  askedAfterSilence(there: boolean): void {
    this.#askedAfterSilence[there ? 'there' : 'gone']++;
  }

  recordingBegan(): void {
    this.#recordingNow++;
  }

  recordingEnded(result: RecordingResult): void {
    this.#recordingNow--;
    this.#recordings.set(result.reason, (this.#recordings.get(result.reason) ?? 0) + 1);
  }

  metrics(legs: readonly CallLeg[]): SwitchMetrics {
    const metrics: SwitchMetrics = {
      'switch_legs_total{direction="inbound"}': this.#began.inbound,
      'switch_legs_total{direction="outbound"}': this.#began.outbound,
      switch_recordings_active: this.#recordingNow,
      'switch_silent_parties_total{answer="there"}': this.#askedAfterSilence.there,
      'switch_silent_parties_total{answer="none"}': this.#askedAfterSilence.gone,
    };
    for (const state of STATES) metrics[`switch_legs{state="${state}"}`] = legs.filter((l) => l.state === state).length;
    for (const [labels, count] of this.#ended) metrics[`switch_legs_ended_total{${labels}}`] = count;
    for (const [status, count] of this.#refusedOffers) metrics[`switch_offers_refused_total{status="${status}"}`] = count;
    for (const [reason, count] of this.#recordings) metrics[`switch_recordings_ended_total{reason="${reason}"}`] = count;
    return metrics;
  }
}
