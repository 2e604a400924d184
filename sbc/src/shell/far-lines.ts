import { randomBytes } from 'node:crypto';
import {
  type AgentId,
  type CallLeg,
  type Clock,
  type Cluster,
  DomainError,
  type FarLegs,
  type NodeId,
  type Switch,
  type Termination,
} from '@yixian/contracts';
import { messageOf } from './deadline.js';
import { endedLeg } from './ended-leg.js';
import { type OpenSeatRing, openSeatRing, type PartyRing, type SeatRequest, watch } from './seat-ring.js';

const CALL = 'sbc.line-call';
const ANSWER = 'sbc.line-answer';
const ASK_MS = 3_000;
/** The INVITE follows at once. */
const EXPECTED_MS = 10_000;

export interface FarLinesDeps {
  cluster: Cluster;
  clock: Clock;
  switch: Pick<Switch, 'dial' | 'bridge'>;
  /** Gives a call to the line of an agent that is up here; undefined when there is none. */
  ringLine(agentId: AgentId): OpenSeatRing | undefined;
}

/**
 * Calls of other processes on nailed-up lines of this one, and the other way round, and whatever else takes a leg between two
 * processes. A line's own dialog is with the telephone network and cannot move, so a leg goes from the process of the call to the one of the line: to a name that was made for this one
 * call, told over `Cluster`, good once and for ten seconds. Nobody else can know it.
 */
export interface FarLines extends FarLegs {
  ring(node: NodeId, request: SeatRequest): PartyRing;
  /** Whether somebody was told to call this name. */
  expects(dialled: string): boolean;
  /** Takes a leg that came to such a name. */
  take(leg: CallLeg): void;
  close(): void;
}

export function createFarLines(deps: FarLinesDeps): FarLines {
  const { cluster, clock } = deps;
  const expected = new Map<string, (leg: CallLeg) => void>();
  const carried = new Map<AgentId, OpenSeatRing>();

  const stops = [
    cluster.answer(CALL, async (body) => {
      const { agentId } = body as { agentId: AgentId };
      return expect((leg) => takeLine(leg, agentId));
    }),
    cluster.receive(ANSWER, ({ body }) => {
      carried.get((body as { agentId: AgentId }).agentId)?.answer?.();
    }),
  ];

  function expect(take: (leg: CallLeg) => void): { uri: string } {
    const name = `line-${randomBytes(16).toString('hex')}`;
    expected.set(name, take);
    clock.setTimer(EXPECTED_MS, () => expected.delete(name));
    return { uri: `sip:${name}@${reachedAt(cluster.self.sip)}` };
  }

  function takeLine(leg: CallLeg, agentId: AgentId): void {
    const ring = deps.ringLine(agentId);
    if (!ring || ring.state === 'ended') {
      leg.hangUp(ring?.termination ?? { by: 'system', reason: 'not-registered', text: 'the line is down' });
      return;
    }
    carried.set(agentId, ring);
    ring.subscribe((event) => {
      if (event.type === 'ringing') leg.ring();
      if (event.type === 'accepted') void join(leg, ring);
      if (event.type !== 'ended') return;
      carried.delete(agentId);
      leg.hangUp(event.termination);
    });
    void leg.ended.then((termination) => ring.end(termination));
  }

  async function join(leg: CallLeg, ring: OpenSeatRing): Promise<void> {
    try {
      await leg.answer();
      await deps.switch.bridge(leg, ring.leg);
    } catch (error) {
      leg.hangUp({ by: 'system', reason: 'switch-failure', text: messageOf(error) });
    }
  }

  return {
    expects: (dialled) => expected.has(dialled),
    expect,
    call: (uri, request) => deps.switch.dial({ target: { kind: 'uri', uri }, ...request }),
    take(leg) {
      const take = expected.get(leg.to.number);
      expected.delete(leg.to.number);
      if (take) take(leg);
      else leg.hangUp({ by: 'system', reason: 'unknown-number' });
    },
    ring(node, { agentId, caller, timeoutMs, callId, dialled }) {
      let leg: CallLeg | undefined;
      let given: Termination | undefined;
      const waiting: Termination = { by: 'system', reason: 'not-registered', text: `the line of ${agentId} is down` };
      const ring = openSeatRing(endedLeg({ number: agentId }, caller, waiting), (termination) => {
        given = termination;
        leg?.hangUp(termination);
        ring.over(termination);
      });
      ring.onAnswer(() => {
        cluster.post(node, ANSWER, { agentId });
        return true;
      });
      cluster.ask(node, CALL, { agentId }, ASK_MS).then(
        (answer) => {
          if (ring.state === 'ended') return;
          const { uri } = answer as { uri: string };
          leg = deps.switch.dial({ target: { kind: 'uri', uri }, from: caller, timeoutMs, callId });
          ring.setLeg(leg);
          dialled?.(leg);
          watch(leg, {
            rings: () => ring.rings(),
            early: () => undefined,
            answered: () => ring.accept(agentId),
            ended: (termination) => ring.over(given ?? termination),
          });
        },
        (error: unknown) => {
          const reason = error instanceof DomainError && error.code === 'unavailable' ? 'not-registered' : 'switch-failure';
          ring.over({ by: 'system', reason, text: messageOf(error) });
        },
      );
      return ring;
    },
    close() {
      for (const stop of stops) stop();
    },
  };
}

/** A process that listens everywhere is taken to be on this machine. */
function reachedAt(sip: string | null): string {
  return (sip ?? '').replace(/^0\.0\.0\.0(?=:)/, '127.0.0.1').replace(/^\[::\](?=:)/, '[::1]');
}
