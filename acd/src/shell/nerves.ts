import type { CallId, Clock, Cluster, NodeId } from '@yixian/contracts';
import type { Input } from '../core/inputs.js';
import type { HeldLine, LiveCall } from '../core/types.js';
import { ANNOUNCE, type Announcement, type Deed, INPUT, RESUME, type ResumeMessage, type Told, TURN, type TurnMessage } from './wire.js';

// What a process that does not decide keeps and says. It tells the leader facts, and keeps each until the leader has decided it;
// it keeps its calls as the leader last told them. Both together are the truth about its calls: asked by a new leader it
// announces them, and what the old one has decided and not told is decided anew.

export interface NervesDeps {
  cluster: Cluster;
  clock: Pick<Clock, 'now'>;
  /** Calls outside the queues that take lines of agents, as they are now. */
  lines(): HeldLine[];
  /** Does what the leader decided. */
  act(act: Deed): void;
  /** Another decides in this term, whatever this process thought: what it still holds is handed back before it is announced. */
  superseded(term: number): void;
  /** The last term this process decided in, as long as it remembers what was kept then; 0: none. */
  decided(): number;
}

export interface Nerves {
  /** A fact for whoever decides. */
  tell(input: Input): void;
  /** This process decides itself in this term: everything it kept. */
  handOver(term: number): Announcement;
  /** It decides no more. */
  takeBack(own: Announcement): void;
  /** Whether what this process says in this term is to be listened to. */
  follows(node: NodeId, term: number): boolean;
  /** Facts told and not decided yet. */
  readonly pending: number;
  /** Calls of this process in queues. */
  calls(): CallId[];
  close(): void;
}

/** What is true of lines is announced as it is. */
function isLine({ input }: Told): boolean {
  return input.type === 'line-occupied' || input.type === 'line-released';
}

export function createNerves({ cluster, clock, lines, act, superseded, decided }: NervesDeps): Nerves {
  const calls = new Map<CallId, LiveCall>();
  let pending: Told[] = [];
  let count = 0;
  let leader: { node: NodeId; term: number } | undefined;

  const follows = (node: NodeId, term: number): boolean => leader?.node === node && leader.term === term;

  function announcement(): Announcement {
    pending = pending.filter((told) => !isLine(told));
    return { calls: [...calls.values()], lines: lines(), pending: [...pending], decided: decided() };
  }

  function resume(node: NodeId, { term }: ResumeMessage): void {
    if (leader && term < leader.term) return;
    if (node !== cluster.self.node) superseded(term);
    leader = { node, term };
    if (node !== cluster.self.node) cluster.post(node, ANNOUNCE, { term, ...announcement() });
  }

  /** What an older leader still says comes too late: what it knew has been announced to the next. */
  function turn(node: NodeId, message: TurnMessage): void {
    if (!follows(node, message.term)) return;
    pending = pending.filter(({ n }) => n > message.seen);
    for (const call of message.calls) calls.set(call.callId, call);
    for (const callId of message.gone) calls.delete(callId);
    for (const one of message.acts) act(one);
  }

  const release = [
    cluster.receive(RESUME, ({ from, body }) => resume(from, body as ResumeMessage)),
    cluster.receive(TURN, ({ from, body }) => turn(from, body as TurnMessage)),
  ];

  return {
    tell(input) {
      count += 1;
      const told: Told = { n: count, at: clock.now(), input };
      pending.push(told);
      if (leader && leader.node !== cluster.self.node) cluster.post(leader.node, INPUT, { term: leader.term, ...told });
    },
    handOver(term) {
      leader = { node: cluster.self.node, term };
      const own = announcement();
      calls.clear();
      pending = [];
      return own;
    },
    takeBack(own) {
      for (const call of own.calls) calls.set(call.callId, call);
      pending = [...own.pending, ...pending].map((told, at) => ({ ...told, n: count + 1 + at }));
      count += pending.length;
    },
    follows,
    get pending() {
      return pending.length;
    },
    calls: () => [...calls.keys()],
    close() {
      for (const undo of release) undo();
    },
  };
}
