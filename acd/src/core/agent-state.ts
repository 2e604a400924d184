import { type AgentStateName, IllegalTransition } from '@yixian/contracts';
import { ANOTHER, Lawful } from './lawful.js';

/**
 * What an agent is doing, and every way from one state to another. A test compares this picture with the table below it.
 *
 *   offline ──ready──▶ ready ──offered──▶ ringing ──bridged──▶ on-call ──ended──▶ wrap-up ──over──▶ ready
 *   offline ──not-ready──▶ not-ready ──ready──▶ ready ──not-ready──▶ not-ready ──offline──▶ offline
 *   ready ──offline──▶ offline
 *   not-ready ──not-ready──▶ not-ready     for another reason
 *
 *   ringing ──missed──▶ not-ready          no answer, refused, busy, unreachable, or the phone failed
 *   ringing ──missed──▶ ready              where the queue says so: last among the idle
 *   ringing ──missed──▶ offline            where the queue says so
 *   ringing ──withdrawn──▶ ready           the caller left; the place among the idle is kept
 *   ringing ──failed──▶ ready              our own failure, not the agent's: back, last among the idle
 *   ringing ──withdrawn──▶ not-ready       wished between answer and bridge
 *   ringing ──withdrawn──▶ offline
 *   ringing ──failed──▶ not-ready
 *   ringing ──failed──▶ offline
 *   ringing ──not-ready──▶ not-ready       the offer is taken back, the call goes to the next
 *   ringing ──offline──▶ offline
 *   ringing ──occupied──▶ on-call          the agent took another call while the seat rang
 *
 *   ready ──occupied──▶ on-call ──ended──▶ ready          a call outside the queues; then back to what was wished
 *   not-ready ──occupied──▶ on-call ──ended──▶ not-ready
 *   wrap-up ──occupied──▶ on-call ──ended──▶ offline
 *
 *   wrap-up ──over──▶ not-ready            wished during the call
 *   wrap-up ──over──▶ offline
 *   wrap-up ──ready──▶ ready               the agent ends it
 *   wrap-up ──not-ready──▶ not-ready
 *   wrap-up ──offline──▶ offline
 *
 *   not-ready ──rested──▶ ready            the pause after a missed offer is over
 *   not-ready ──registered──▶ ready        set aside because the phone was gone, and the phone is back
 *   ringing ──restart──▶ ready             the process that knew the call has died
 *   on-call ──restart──▶ ready
 *   on-call ──restart──▶ not-ready
 *   on-call ──restart──▶ offline
 *   wrap-up ──restart──▶ ready             its end fell into the time the process was away
 *   wrap-up ──restart──▶ not-ready
 *   wrap-up ──restart──▶ offline
 *
 *  offline    not signed in: never offered calls
 *  not-ready  signed in, takes no calls; the reason says why
 *  ready      takes calls as soon as the seat is reachable
 *  ringing    holds one offer; a deadline ends it
 *  on-call    talks, or has the line taken by a call outside the queues; the legs' owners end it
 *  wrap-up    after a call of a queue that grants it; a deadline ends it, or the agent where the queue leaves it open
 */
export type AgentCause =
  | 'ready'
  | 'not-ready'
  | 'offline'
  | 'offered'
  | 'withdrawn'
  | 'missed'
  | 'failed'
  | 'bridged'
  | 'occupied'
  | 'ended'
  | 'over'
  | 'registered'
  | 'rested'
  | 'restart';

type Row = Readonly<Partial<Record<AgentCause, readonly AgentStateName[]>>>;

const WISHED = ['ready', 'not-ready', 'offline'] as const;

export const AGENT_TRANSITIONS: Readonly<Record<AgentStateName, Row>> = {
  offline: { ready: ['ready'], 'not-ready': ['not-ready'] },
  'not-ready': {
    ready: ['ready'],
    'not-ready': ['not-ready'],
    offline: ['offline'],
    occupied: ['on-call'],
    registered: ['ready'],
    rested: ['ready'],
  },
  ready: { 'not-ready': ['not-ready'], offline: ['offline'], offered: ['ringing'], occupied: ['on-call'] },
  ringing: {
    bridged: ['on-call'],
    missed: WISHED,
    withdrawn: WISHED,
    failed: WISHED,
    'not-ready': ['not-ready'],
    offline: ['offline'],
    occupied: ['on-call'],
    restart: ['ready'],
  },
  'on-call': { ended: ['wrap-up', ...WISHED], restart: WISHED },
  'wrap-up': { over: WISHED, ready: ['ready'], 'not-ready': ['not-ready'], offline: ['offline'], occupied: ['on-call'], restart: WISHED },
};

function numberOfState(state: AgentStateName): number {
  switch (state) {
    case 'offline':
      return 0;
    case 'not-ready':
      return 1;
    case 'ready':
      return 2;
    case 'ringing':
      return 3;
    case 'on-call':
      return 4;
    case 'wrap-up':
      return 5;
    default:
      return ANOTHER;
  }
}

function numberOfCause(cause: AgentCause): number {
  switch (cause) {
    case 'ready':
      return 0;
    case 'not-ready':
      return 1;
    case 'offline':
      return 2;
    case 'offered':
      return 3;
    case 'withdrawn':
      return 4;
    case 'missed':
      return 5;
    case 'failed':
      return 6;
    case 'bridged':
      return 7;
    case 'occupied':
      return 8;
    case 'ended':
      return 9;
    case 'over':
      return 10;
    case 'registered':
      return 11;
    case 'rested':
      return 12;
    case 'restart':
      return 13;
    default:
      return ANOTHER;
  }
}

const LAWFUL = new Lawful(AGENT_TRANSITIONS, numberOfState, numberOfCause);

/** The one place that refuses a change of state no diagram has. */
export function assertAgentTransition(from: AgentStateName, cause: AgentCause, to: AgentStateName): void {
  if (!LAWFUL.has(numberOfState(from), numberOfCause(cause), numberOfState(to)))
    throw new IllegalTransition('agent', from, `${cause} to ${to}`);
}
