import {
  type ActiveRecording,
  type AgentId,
  type Call,
  type CallLeg,
  DomainError,
  type Logger,
  type QueueId,
  type Recorder,
} from '@yixian/contracts';

export interface ConversationRecordingDeps {
  recorder: Pick<Recorder, 'start'>;
  logger: Logger;
  call: Call;
  queueId: QueueId | undefined;
  /** The other side's number, for search. */
  otherParty: string;
}

export interface Channels {
  left: readonly CallLeg[];
  right: readonly CallLeg[];
  agent: AgentId | null;
}

const SILENT: Channels = { left: [], right: [], agent: null };

/**
 * The recording of a conversation: one file from the first word to the last, whoever is on our side. It has what is said
 * with the caller; while the caller waits it is silent. Once the caller is sent on to a queue or a flow it is whole: who talks
 * there has a recording of their own. Whether there is one is the recorder's decision, asked for each agent anew until one is wanted.
 */
export class ConversationRecording {
  readonly #deps: ConversationRecordingDeps;
  readonly #asked = new Set<string>();
  #active: ActiveRecording | undefined;
  #starting: Promise<ActiveRecording | undefined> | undefined;
  #wanted: Channels = SILENT;
  #shown: Channels = SILENT;
  #paused = false;
  #closed = false;
  /** How often the caller was sent on: what was asked for before counts no more. */
  #round = 0;

  constructor(deps: ConversationRecordingDeps) {
    this.#deps = deps;
  }

  show(channels: Channels): void {
    this.#wanted = channels;
    if (this.#active) this.#apply();
    else void this.#ask(false);
  }

  /** The caller is sent on: ends the recording. Should the caller come back, another one begins with the first word. */
  rest(): void {
    const active = this.#active;
    this.#round++;
    this.#active = this.#starting = undefined;
    this.#wanted = this.#shown = SILENT;
    this.#asked.clear();
    this.#paused = false;
    if (active) void this.#stop(active);
  }

  /** At the first word, and again when another agent comes to talk and nothing is recorded yet. */
  #ask(demanded: boolean): Promise<ActiveRecording | undefined> | undefined {
    const { left, right, agent } = this.#wanted;
    const key = agent ?? '';
    if (left.length === 0 || right.length === 0 || this.#starting || this.#closed) return this.#starting;
    if (!demanded && this.#asked.has(key)) return undefined;
    this.#asked.add(key);
    this.#starting = this.#start(this.#wanted, demanded);
    return this.#starting;
  }

  async #start({ left, right, agent }: Channels, demanded: boolean): Promise<ActiveRecording | undefined> {
    const { call, queueId, recorder, otherParty, logger } = this.#deps;
    const [leftLeg, rightLeg] = [left[0], right[0]];
    if (!leftLeg || !rightLeg) return undefined;
    const round = this.#round;
    let active: ActiveRecording | undefined;
    try {
      active = await recorder.start({
        callId: call.id,
        direction: call.direction,
        ...(agent ? { agentId: agent } : {}),
        ...(queueId ? { queueId } : {}),
        ...(call.trunkId ? { trunkId: call.trunkId } : {}),
        otherParty,
        left: leftLeg,
        right: rightLeg,
        ...(demanded ? { demanded } : {}),
      });
    } catch (error) {
      // The recorder promises never to throw into a call; a broken promise costs the recording, not the call.
      logger.error({ err: error, callId: call.id }, 'recording did not start');
    }
    if (round !== this.#round) {
      if (active) await this.#stop(active);
      return undefined;
    }
    this.#starting = undefined;
    if (!active) return undefined;
    this.#active = active;
    this.#shown = { left: [leftLeg], right: [rightLeg], agent };
    if (this.#closed) await this.#stop(active);
    else this.#apply();
    return active;
  }

  #apply(): void {
    const [active, wanted, shown] = [this.#active, this.#wanted, this.#shown];
    if (!active) return;
    if (!same(wanted.left, shown.left)) active.setLeft(one(wanted.left));
    if (!same(wanted.right, shown.right)) active.setRight(one(wanted.right));
    if (wanted.agent !== null && wanted.agent !== shown.agent) active.setAgent(wanted.agent);
    this.#shown = { ...wanted, agent: wanted.agent ?? shown.agent };
  }

  /** The gap is silence. */
  pause(on: boolean): void {
    const active = this.#active;
    if (!active) throw new DomainError('conflict', `call ${this.#deps.call.id} is not recorded`);
    if (this.#paused === on) throw new DomainError('conflict', on ? 'the recording is paused already' : 'the recording is not paused');
    this.#paused = on;
    if (on) active.pause();
    else active.resume();
  }

  /** On demand. */
  async demand(): Promise<void> {
    const { call } = this.#deps;
    if (this.#active || (await this.#starting)) throw new DomainError('conflict', `call ${call.id} is recorded already`);
    const asked = this.#ask(true);
    if (!asked) throw new DomainError('conflict', `nobody talks with the caller of call ${call.id} now`);
    if (!(await asked)) throw new DomainError('unavailable', `call ${call.id} could not be recorded`);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#active) void this.#stop(this.#active);
  }

  async #stop(active: ActiveRecording): Promise<void> {
    try {
      await active.stop();
    } catch (error) {
      this.#deps.logger.error({ err: error, callId: this.#deps.call.id }, 'recording did not stop cleanly');
    }
  }
}

function same(a: readonly CallLeg[], b: readonly CallLeg[]): boolean {
  return a.length === b.length && a.every((leg, n) => leg === b[n]);
}

/** One, several or nobody, as the recorder takes it. */
function one(legs: readonly CallLeg[]): CallLeg | readonly CallLeg[] | undefined {
  return legs.length === 0 ? undefined : legs.length === 1 ? legs[0] : legs;
}
