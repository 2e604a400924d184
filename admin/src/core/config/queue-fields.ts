import {
  type CallbackConfig,
  type OfferConsequence,
  type OfferConsequences,
  type OverflowCondition,
  type OverflowRule,
  QUEUE_DEFAULTS,
  type QueueConfig,
  type RelaxationStep,
  type Revised,
  seconds,
} from '@yixian/contracts';
import type { z } from 'zod';
import type { configuredQueue, newQueue, queueChange } from './schemas.js';

// A queue as it looks from outside, durations in seconds, and as it is kept, in milliseconds.

type View = z.output<typeof configuredQueue>;
type Changed = Omit<z.output<typeof queueChange>, 'revision'>;
type Outside<F extends keyof View> = View[F];

const ms = (value: number): number => Math.round(value * 1000);
const msOf = (value: number | undefined): number | undefined => (value === undefined ? undefined : ms(value));

export function queueConfigView(q: Revised<QueueConfig>): View {
  const { ringTimeoutMs, wrapUpMs, maxWaitMs, announceEveryMs, relaxation, sticky, overflow, callback, consequences, ...same } = q;
  return {
    ...same,
    ringTimeoutSeconds: seconds(ringTimeoutMs),
    wrapUpSeconds: seconds(wrapUpMs),
    maxWaitSeconds: seconds(maxWaitMs),
    announceEverySeconds: seconds(announceEveryMs),
    relaxation: relaxation.map((step) => ({ afterSeconds: seconds(step.afterMs), minLevels: step.minLevels })),
    sticky: sticky && { withinSeconds: seconds(sticky.withinMs), waitSeconds: seconds(sticky.waitMs) },
    overflow: overflow.map(({ when, to }) => ({ when: conditionView(when), to })),
    callback: callback && callbackView(callback),
    consequences: {
      noAnswer: consequenceView(consequences.noAnswer),
      rejected: consequenceView(consequences.rejected),
      busy: consequenceView(consequences.busy),
      notReachable: consequenceView(consequences.notReachable),
    },
  };
}

/** The fields that are given, as they are kept. @param before what a part of the consequences is added to */
export function queueFields(fields: Changed, before: OfferConsequences) {
  const { ringTimeoutSeconds, wrapUpSeconds, maxWaitSeconds, announceEverySeconds, ...rest } = fields;
  const { relaxation, sticky, overflow, callback, consequences, ...same } = rest;
  return {
    ...same,
    ringTimeoutMs: msOf(ringTimeoutSeconds),
    wrapUpMs: msOf(wrapUpSeconds),
    maxWaitMs: msOf(maxWaitSeconds),
    announceEveryMs: msOf(announceEverySeconds),
    relaxation: relaxation?.map((step): RelaxationStep => ({ afterMs: ms(step.afterSeconds), minLevels: step.minLevels })),
    sticky: sticky && { withinMs: ms(sticky.withinSeconds), waitMs: ms(sticky.waitSeconds) },
    overflow: overflow?.map(({ when, to }): OverflowRule => ({ when: conditionOf(when), to })),
    callback: callback && callbackOf(callback),
    consequences: consequences && { ...before, ...consequencesOf(consequences) },
  };
}

/** A new queue: what was not said is as in `QUEUE_DEFAULTS`. */
export function queueOf(body: z.output<typeof newQueue>): QueueConfig {
  const { name = body.id, ...fields } = body;
  const kept = queueFields(fields, QUEUE_DEFAULTS.consequences);
  const given = Object.entries(kept).filter(([, value]) => value !== undefined);
  return { ...QUEUE_DEFAULTS, ...Object.fromEntries(given), name } as QueueConfig;
}

function conditionView(when: OverflowCondition): Outside<'overflow'>[number]['when'] {
  if (!('atLeastMs' in when)) return when;
  return { kind: when.kind, atLeastSeconds: seconds(when.atLeastMs) };
}

function conditionOf(when: Outside<'overflow'>[number]['when']): OverflowCondition {
  if (!('atLeastSeconds' in when)) return when;
  return { kind: when.kind, atLeastMs: ms(when.atLeastSeconds) };
}

function callbackView({ offerAfterMs, retryEveryMs, ringMs, ...same }: CallbackConfig): NonNullable<Outside<'callback'>> {
  return { ...same, offerAfterSeconds: seconds(offerAfterMs), retryEverySeconds: seconds(retryEveryMs), ringSeconds: seconds(ringMs) };
}

function callbackOf(given: NonNullable<Outside<'callback'>>): CallbackConfig {
  const { offerAfterSeconds, retryEverySeconds, ringSeconds, ...same } = given;
  return { ...same, offerAfterMs: ms(offerAfterSeconds), retryEveryMs: ms(retryEverySeconds), ringMs: ms(ringSeconds) };
}

type ConsequenceView = Outside<'consequences'>['noAnswer'];

function consequenceView(is: OfferConsequence): ConsequenceView {
  return is.action === 'ready' ? { action: 'ready', afterSeconds: seconds(is.afterMs) } : is;
}

function consequencesOf(given: NonNullable<Changed['consequences']>): Partial<OfferConsequences> {
  const kept = Object.entries(given).flatMap(([what, is]) => {
    if (is === undefined) return [];
    return [[what, is.action === 'ready' ? { action: 'ready', afterMs: ms(is.afterSeconds) } : is] as const];
  });
  return Object.fromEntries(kept);
}
