import { type AgentId, type CallControl, DomainError, type PartyView, type TransferTarget } from '@yixian/contracts';
import { type ConversationCommand, type ConversationState, type Named, type Party, partyOf } from '../core/conversation.js';
import { pictureOf } from '../core/conversation-picture.js';
import type { LiveConversation } from './conversation-live.js';
import { dialParty, nameTarget } from './conversation-rings.js';

const KEYS = /^[0-9*#A-D]{1,64}$/;

/** Call control for whoever is on the call. */
export function createConversationControl(conversation: LiveConversation): CallControl {
  const { call, deps } = conversation;

  function authorise(by: AgentId): void {
    const party = conversation.state.parties.find((p) => p.extension === by && p.place !== 'ringing');
    if (!party || party.place === 'watching') {
      throw new DomainError('forbidden', `${by} is not on call ${call.id}`, { callId: call.id, agentId: by });
    }
  }
  const plain = (type: 'hold' | 'resume' | 'mute' | 'unmute' | 'swap' | 'complete' | 'cancel' | 'hang-up') => (by: AgentId) =>
    conversation.give({ type, by });

  /** Rings first, commands then: whoever cannot be rung at all leaves everything as it is. */
  async function withRing(command: ConversationCommand & { to: Named }, purpose: 'transfer' | 'consult' | 'join'): Promise<void> {
    conversation.probe(command);
    const { target } = command.to;
    const away = target.kind === 'queue' || target.kind === 'flow';
    if (away && purpose === 'transfer') return conversation.give(command);
    const { ring, release, begin } = dialParty(conversation, { target, purpose, by: command.by });
    if (ring.state === 'ended') {
      release?.();
      const { reason = 'not-registered', text } = ring.termination ?? {};
      throw new DomainError('conflict', `${command.to.name} cannot be reached: ${text ?? reason}`, { callId: call.id, reason });
    }
    const id = `p${conversation.state.next}`;
    const rings = purpose === 'transfer' || away ? undefined : id;
    const given = conversation.give(command, { ring, ...(release ? { release } : {}), ...(begin ? { begin } : {}) });
    const rung = rings ? conversation.ringingOf(rings) : Promise.resolve();
    await Promise.all([given, rung]);
  }

  return {
    callId: call.id,
    agents: () => extensionsOf(conversation.state),
    parties: () => viewsOf(conversation.state),
    async reject(by) {
      const rung = conversation.state.parties.find((p) => p.extension === by && p.place === 'ringing');
      if (!rung) throw new DomainError('conflict', `nothing of ${by} rings for call ${call.id}`, { callId: call.id, agentId: by });
      conversation.fact({ type: 'rejected', party: rung.id, termination: { by: 'called', reason: 'declined', text: `rejected by ${by}` } });
    },
    hangUp: plain('hang-up'),
    hold: plain('hold'),
    resume: plain('resume'),
    mute: plain('mute'),
    unmute: plain('unmute'),
    swap: plain('swap'),
    complete: plain('complete'),
    cancel: plain('cancel'),
    async sendDigits(by, digits) {
      if (!KEYS.test(digits)) throw new DomainError('bad-request', 'digits: 1 to 64 of 0-9, *, #, A-D', { field: 'digits' });
      await conversation.sendDigits(by, digits);
    },
    async transfer(by, target) {
      authorise(by);
      await withRing({ type: 'transfer', by, to: nameTarget(deps, target), refer: false }, 'transfer');
    },
    async consult(by, target) {
      authorise(by);
      await withRing({ type: 'consult', by, to: nameTarget(deps, target) }, 'consult');
    },
    async conference(by, target?: TransferTarget) {
      authorise(by);
      if (!target) return conversation.give({ type: 'conference', by });
      await withRing({ type: 'conference', by, to: nameTarget(deps, target) }, 'join');
    },
    async park(by) {
      return conversation.park(by);
    },
    async pauseRecording(by) {
      authorise(by);
      conversation.recording.pause(true);
    },
    async resumeRecording(by) {
      authorise(by);
      conversation.recording.pause(false);
    },
    async startRecording(by) {
      authorise(by);
      await conversation.recording.demand();
    },
    async supervise(supervisor, mode, options = {}) {
      const agent = deps.directory.agent(supervisor) !== undefined;
      const { agentId } = options;
      await conversation.give({ type: 'supervise', by: supervisor, agent, mode, ...(agentId === undefined ? {} : { agentId }) });
    },
  };
}

/** Everybody who may control the call now. */
function extensionsOf(state: ConversationState): AgentId[] {
  return state.parties.flatMap((p) => (p.extension !== null && p.place !== 'ringing' ? [p.extension] : []));
}

function viewsOf(state: ConversationState): PartyView[] {
  const { sounds } = pictureOf(state);
  return state.parties.map((p) => ({
    party: p.name,
    role: p.role,
    state: viewState(state, p, sounds.has(p.id)),
    muted: p.muted,
    since: p.since,
    ...supervisionOf(state, p),
    ...askingOf(state, p),
  }));
}

function supervisionOf(state: ConversationState, { place, mode, watches }: Party): Pick<PartyView, 'supervises'> {
  if (place !== 'watching' || mode === null || mode === 'takeover') return {};
  return { supervises: { mode, party: partyOf(state, watches)?.name ?? null } };
}

function askingOf({ consultation, parties }: ConversationState, { id }: Party): Pick<PartyView, 'asks'> {
  const target = consultation?.by === id ? parties.find((p) => p.id === consultation.target) : undefined;
  return consultation && target ? { asks: { party: target.name, front: consultation.front } } : {};
}

function viewState(state: ConversationState, party: Party, waits: boolean): PartyView['state'] {
  if (party.place === 'ringing') return 'ringing';
  if (party.place === 'watching') return party.mode === 'whisper' ? 'whispering' : party.mode === 'barge' ? 'talking' : 'listening';
  if (party.lost) return 'lost';
  if (state.phase === 'parked') return 'parked';
  if (party.held || party.place === 'leaving') return 'held';
  const asks = state.consultation?.by === party.id && partyOf(state, state.consultation.target) !== undefined;
  return waits && !asks ? 'held' : 'talking';
}
