import {
  type ActiveRecording,
  type AgentId,
  type Bridge,
  type Call,
  type CallControl,
  type CallLeg,
  type Clock,
  DomainError,
  type EventBus,
  type Logger,
  type Prompts,
  type Recorder,
  type Switch,
} from '@yixian/contracts';
import { type HoldEffect, type HoldInput, type HoldState, stepHold } from '../core/hold.js';
import type { Offer } from '../core/types.js';
import { playMusic } from './treatment.js';

export interface EngagementDeps {
  switch: Pick<Switch, 'bridge'>;
  recorder: Recorder;
  prompts: Prompts;
  events: EventBus;
  clock: Clock;
  logger: Logger;
}

export interface EngagementRequest {
  call: Call;
  agentLeg: CallLeg;
  bridge: Bridge;
  offer: Offer;
  record: boolean;
  music: string;
}

/** A caller and an agent who talk: recording, hold, and the agent's control of the call. It ends with `close`. */
export interface Engagement {
  readonly control: CallControl;
  /** The agent's phone put us on hold, or came back. */
  remote(input: 'remote-held' | 'remote-resumed'): void;
  close(): void;
}

export function createEngagement(deps: EngagementDeps, request: EngagementRequest): Engagement {
  const { call, agentLeg, offer } = request;
  const callerLeg = call.leg;
  const { agentId } = offer;
  let state: HoldState = 'talking';
  let bridge: Bridge | undefined = request.bridge;
  let music: { stop(): void } | undefined;
  let closed = false;
  /** Operations on the bridge one after the other; never rejects. */
  let last: Promise<void> = Promise.resolve();

  function inTurn(operation: () => Promise<void>): Promise<void> {
    const mine = last.then(() => {
      if (closed) throw new DomainError('conflict', `call ${call.id} is over`, { callId: call.id });
      return operation();
    });
    last = mine.catch((error: unknown) => deps.logger.debug({ err: error, callId: call.id }, 'call control refused'));
    return mine;
  }

  async function connect(): Promise<void> {
    const made = await deps.switch.bridge(callerLeg, agentLeg);
    if (closed) return made.unbridge();
    bridge = made;
    watch(made);
  }

  /** A bridge that ends while both legs live was lost below us: make it again, once, else give the caller back. */
  function watch(made: Bridge): void {
    void made.ended.then(() => {
      if (closed || bridge !== made || callerLeg.state === 'ended' || agentLeg.state === 'ended') return;
      bridge = undefined;
      deps.logger.warn({ callId: call.id, agentId }, 'bridge lost, making it again');
      inTurn(connect).catch((error: unknown) => {
        if (!closed) agentLeg.hangUp({ by: 'system', reason: 'media-failure', text: messageOf(error) });
      });
    });
  }

  async function run(effect: HoldEffect): Promise<void> {
    switch (effect) {
      case 'unbridge': {
        const standing = bridge;
        bridge = undefined;
        await standing?.unbridge();
        return;
      }
      case 'bridge':
        return connect();
      case 'start-music':
        music = playMusic(callerLeg, deps.prompts, request.music);
        return;
      case 'stop-music':
        music?.stop();
        music = undefined;
        return;
      default:
        effect satisfies never;
    }
  }

  async function apply(input: HoldInput, by: AgentId | 'remote'): Promise<void> {
    const before = state;
    const next = stepHold(state, input);
    if (next.ignored) throw new DomainError('conflict', `call ${call.id}: ${next.ignored}`, { callId: call.id });
    state = next.state;
    try {
      for (const effect of next.effects) await run(effect);
    } catch (error) {
      state = before;
      if (next.effects.includes('stop-music')) await run('start-music');
      throw new DomainError('unavailable', `call ${call.id}: ${input} failed: ${messageOf(error)}`, { callId: call.id });
    }
    // The call may have ended while the switch worked; then `call.disconnected` has been told already.
    if (closed || !next.notice) return;
    const subjects = { callId: call.id, agentId, queueId: offer.queueId };
    deps.events.publish({ type: next.notice === 'held' ? 'call.held' : 'call.resumed', ...subjects, data: { by } });
  }

  function authorise(by: AgentId): void {
    if (by !== agentId) throw new DomainError('forbidden', `agent ${by} is not on call ${call.id}`, { callId: call.id, agentId: by });
    if (closed) throw new DomainError('conflict', `call ${call.id} is over`, { callId: call.id });
  }

  const recording = request.record ? startRecording(deps, request) : undefined;
  watch(request.bridge);

  /** What a conversation of two cannot do yet. */
  async function unavailable(): Promise<never> {
    throw new DomainError('unavailable', `call ${call.id}: not possible yet`, { callId: call.id });
  }

  return {
    control: {
      callId: call.id,
      agents: () => [agentId],
      parties: () => [],
      mute: unavailable,
      unmute: unavailable,
      transfer: unavailable,
      consult: unavailable,
      swap: unavailable,
      complete: unavailable,
      cancel: unavailable,
      conference: unavailable,
      park: unavailable,
      pauseRecording: unavailable,
      resumeRecording: unavailable,
      startRecording: unavailable,
      supervise: unavailable,
      async hangUp(by) {
        authorise(by);
        agentLeg.hangUp({ by: 'agent', reason: 'normal' });
      },
      async hold(by) {
        authorise(by);
        await inTurn(() => apply('hold', by));
      },
      async resume(by) {
        authorise(by);
        await inTurn(() => apply('resume', by));
      },
      async sendDigits(by, digits) {
        authorise(by);
        if (!/^[0-9*#A-D]{1,64}$/.test(digits))
          throw new DomainError('bad-request', 'digits: 1 to 64 of 0-9, *, #, A-D', { field: 'digits' });
        await callerLeg.sendDigits(digits);
      },
    },
    remote(input) {
      inTurn(() => apply(input, 'remote')).catch((error: unknown) => {
        deps.logger.debug({ err: error, callId: call.id, agentId }, 'hold by the phone changed nothing');
      });
    },
    close() {
      if (closed) return;
      closed = true;
      music?.stop();
      const standing = bridge;
      bridge = undefined;
      standing?.unbridge().catch((error: unknown) => deps.logger.warn({ err: error, callId: call.id }, 'unbridge failed'));
      void recording?.then((active) => stopRecording(deps.logger, call.id, active));
    },
  };
}

/** The recorder promises never to throw into a call; a broken promise costs the recording, not the call. */
async function startRecording(deps: EngagementDeps, request: EngagementRequest): Promise<ActiveRecording | undefined> {
  const { call, offer } = request;
  try {
    return await deps.recorder.start({
      callId: call.id,
      direction: call.direction,
      agentId: offer.agentId,
      queueId: offer.queueId,
      left: call.leg,
      right: request.agentLeg,
    });
  } catch (error) {
    deps.logger.error({ err: error, callId: call.id }, 'recording did not start');
    return undefined;
  }
}

async function stopRecording(logger: Logger, callId: string, active: ActiveRecording | undefined): Promise<void> {
  try {
    await active?.stop();
  } catch (error) {
    logger.error({ err: error, callId }, 'recording did not stop cleanly');
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
