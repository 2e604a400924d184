import type { CallLeg, CollectResult, LegStats, PartyAddress, Playback, Termination } from '@yixian/contracts';

const NO_STATS: LegStats = {
  codec: '',
  packetsReceived: 0,
  packetsSent: 0,
  packetsLost: 0,
  packetsDiscarded: 0,
  jitterMs: 0,
  ssrcChanges: 0,
};

/** Stands for the leg of a party that could not be called at all. It has ended before it began; nothing was on the wire. */
export function endedLeg(to: PartyAddress, from: PartyAddress, termination: Termination): CallLeg {
  const gone = async (): Promise<never> => {
    throw new Error(`the call to ${to.number} has ended: ${termination.reason}`);
  };
  const playback: Playback = { finished: Promise.resolve('leg-ended'), stop: () => undefined };
  return {
    id: `none-${to.number}`,
    direction: 'outbound',
    from,
    to,
    origin: undefined,
    source: undefined,
    sipCallId: '',
    state: 'ended',
    termination,
    ended: Promise.resolve(termination),
    answered: Promise.resolve(false),
    muted: false,
    subscribe: () => () => undefined,
    ring: () => undefined,
    early: gone,
    answer: gone,
    hangUp: () => undefined,
    play: () => playback,
    collect: async (): Promise<CollectResult> => ({ digits: '', reason: 'leg-ended' }),
    cancelCollect: () => undefined,
    clearDigits: () => undefined,
    sendDigits: gone,
    mute: () => undefined,
    stats: async () => NO_STATS,
  };
}
