import {
  type AgentId,
  type CallId,
  type ConversationEnd,
  type EpochMs,
  type EventDraft,
  IllegalTransition,
  type PartyRole,
  type QueueId,
  type SupervisionMode,
  type Termination,
  type TransferTarget,
} from '@yixian/contracts';

/** Names a party within its conversation. */
export type PartyId = string;
/** The party of the call's first leg; whoever began the conversation owns that leg. */
export const CALLER: PartyId = 'caller';

/**
 * People who talk, from the first word to the last, however many and whoever comes and goes. A test compares this picture
 * with the table below it.
 *
 *   together ──consult──▶ consulting ──cancel──▶ together
 *   consulting ──failed──▶ together            the one asked does not answer, or leaves
 *   consulting ──conference──▶ together        all hear each other
 *   consulting ──complete──▶ together          attended transfer
 *   consulting ──complete──▶ transferring      the same while the other's phone still rings
 *   consulting ──complete──▶ away              the same with a flow: the caller begins it
 *   together ──transfer──▶ transferring ──joined──▶ together
 *   transferring ──failed──▶ together          the phone that asked (REFER) has waited
 *   transferring ──failed──▶ returning ──joined──▶ together
 *   together ──transfer──▶ away ──failed──▶ returning
 *   together ──park──▶ parked ──retrieved──▶ together
 *   parked ──expired──▶ returning ──retrieved──▶ together
 *   together ──takeover──▶ together
 *   consulting ──takeover──▶ together
 *   consulting ──takeover──▶ consulting        somebody else’s consultation goes on
 *   together ──replaced──▶ together            attended transfer by the phone (Replaces, RFC 3891)
 *
 *   together ──over──▶ over
 *   consulting ──over──▶ over
 *   transferring ──over──▶ over
 *   returning ──over──▶ over
 *   away ──over──▶ over
 *   parked ──over──▶ over
 *
 *  together      two or more are in the room and hear each other, unless one holds
 *  consulting    one has left the room to ask somebody, the others wait or talk on
 *  transferring  one is alone in the room and hears music, somebody is rung to join
 *  returning     nobody came: whoever sent the caller on is rung again
 *  away          the caller is in a queue, in a flow, or in another conversation
 *  parked        one waits in a slot for somebody to come
 *  over          once; every leg but the call's own first one has been ended
 */
export type ConversationPhase = 'together' | 'consulting' | 'transferring' | 'returning' | 'away' | 'parked' | 'over';

export type ConversationCause =
  | 'consult'
  | 'cancel'
  | 'failed'
  | 'conference'
  | 'complete'
  | 'transfer'
  | 'joined'
  | 'park'
  | 'retrieved'
  | 'expired'
  | 'takeover'
  | 'replaced'
  | 'over';

type Row = Readonly<Partial<Record<ConversationCause, readonly ConversationPhase[]>>>;

export const CONVERSATION_TRANSITIONS: Readonly<Record<ConversationPhase, Row>> = {
  together: {
    consult: ['consulting'],
    transfer: ['transferring', 'away'],
    park: ['parked'],
    takeover: ['together'],
    replaced: ['together'],
    over: ['over'],
  },
  consulting: {
    cancel: ['together'],
    failed: ['together'],
    conference: ['together'],
    complete: ['together', 'transferring', 'away'],
    takeover: ['together', 'consulting'],
    over: ['over'],
  },
  transferring: { joined: ['together'], failed: ['together', 'returning'], over: ['over'] },
  returning: { joined: ['together'], retrieved: ['together'], over: ['over'] },
  away: { failed: ['returning'], over: ['over'] },
  parked: { retrieved: ['together'], expired: ['returning'], over: ['over'] },
  over: {},
};

/** The one place that refuses a change of phase no diagram has. */
export function assertTransition(from: ConversationPhase, cause: ConversationCause, to: ConversationPhase): void {
  if (!CONVERSATION_TRANSITIONS[from][cause]?.includes(to)) throw new IllegalTransition('conversation', from, `${cause} to ${to}`);
}

/** What somebody is rung for. */
export type RingPurpose = 'consult' | 'transfer' | 'return' | 'join' | 'supervise';

/** Where a party is: being rung, with the caller, asked aside, about to leave (REFER), or over somebody's shoulder. */
export type PartyPlace = 'ringing' | 'room' | 'aside' | 'leaving' | 'watching';

/** One party. Never changed, only replaced. */
export interface Party {
  readonly id: PartyId;
  /** Extension or number. */
  readonly name: string;
  /** Set for an extension of ours: it may control the call. */
  readonly extension: AgentId | null;
  /** Whether the extension is an agent's. */
  readonly agent: boolean;
  readonly role: PartyRole;
  readonly place: PartyPlace;
  /** Of a party that rings. */
  readonly purpose: RingPurpose | null;
  /** Holds by command: neither hears nor is heard. */
  readonly held: boolean;
  /** The own phone holds (re-INVITE sendonly or inactive, RFC 3264 §8.4): the connection stands, those who hear nobody else get music. */
  readonly phoneHeld: boolean;
  readonly muted: boolean;
  /** How the connection of the own browser was lost, while it is waited for; null: it is there. */
  readonly lost: Termination | null;
  readonly since: EpochMs;
  /** Of a supervisor. */
  readonly mode: WatchMode | null;
  /** Whom a supervisor watches; null: whoever is in the room. */
  readonly watches: PartyId | null;
}

/** Ways to be there as a supervisor; `takeover` only until the supervisor's seat has answered. */
export type WatchMode = 'listen' | 'whisper' | 'barge' | 'takeover';

export interface Consultation {
  readonly by: PartyId;
  readonly target: PartyId;
  readonly to: string;
  /** With whom the one who asks talks now. */
  readonly front: 'target' | 'caller';
  /** What is asked, until somebody has come: a flow speaks for itself, a queue is waited in with music, else a phone rings. */
  readonly asks: 'phone' | 'queue' | 'flow';
}

/** Somebody sent the one in the room on. */
export interface Errand {
  /** Who did; null: a flow has parked its caller. */
  readonly by: AgentId | null;
  /** `agent:1002`, `queue:complaint` … */
  readonly to: string;
  /** Who rings for it. */
  readonly target: PartyId | null;
  /** The phone that asked by REFER waits for the outcome. */
  readonly referrer: PartyId | null;
}

export interface ConversationState {
  readonly callId: CallId;
  readonly queueId: QueueId | null;
  readonly phase: ConversationPhase;
  /** Those who are rung or present, in the order they came. */
  readonly parties: readonly Party[];
  readonly consultation: Consultation | null;
  readonly errand: Errand | null;
  readonly slot: string | null;
  /** Called together 组呼: it goes on while members ring, and ends with the caller. */
  readonly group: boolean;
  /** Number of the next party. */
  readonly next: number;
  /** The extension that last talked with the caller. */
  readonly last: AgentId | null;
}

/** Whom a command names, resolved by the shell. */
export interface Named {
  target: TransferTarget;
  name: string;
  /** Set when the target is an extension of ours. */
  extension: AgentId | null;
  agent: boolean;
}

/** Somebody whose leg is there already. */
export type Arrival = Pick<Named, 'name' | 'extension' | 'agent'>;

export type ConversationCommand =
  | { type: 'hold' | 'resume' | 'mute' | 'unmute' | 'swap' | 'complete' | 'cancel' | 'hang-up'; by: AgentId }
  | { type: 'transfer'; by: AgentId; to: Named; refer: boolean }
  | { type: 'consult'; by: AgentId; to: Named }
  | { type: 'conference'; by: AgentId; to?: Named }
  | { type: 'park'; by: AgentId; slot: string }
  | { type: 'supervise'; by: AgentId; agent: boolean; mode: SupervisionMode; agentId?: AgentId };

/** How it went where the caller was sent. */
export type AwayOutcome =
  /** `last`: the agent who talked there, if one did. */
  { served: true; callerStillUp: boolean; last: AgentId | null; termination: Termination } | { served: false; termination: Termination };

export type ConversationFact =
  /** `takenBy`: the extension that took it, where it is not the one that was rung (forward, group, pick-up). */
  | { type: 'accepted'; party: PartyId; takenBy?: Arrival }
  | { type: 'ended'; party: PartyId; termination: Termination }
  | { type: 'ring-expired'; party: PartyId }
  /** The browser of somebody who talks has lost its connection and may come back. */
  | { type: 'lost'; party: PartyId; termination: Termination }
  | { type: 'returned' | 'not-returned'; party: PartyId }
  | { type: 'phone-held' | 'phone-resumed'; party: PartyId }
  | { type: 'away-ended'; outcome: AwayOutcome }
  | { type: 'park-expired'; slot: string }
  /** Whoever is rung says no at the desk. */
  | { type: 'rejected'; party: PartyId; termination: Termination }
  /** Somebody takes a parked party out of its slot. */
  | { type: 'retrieved'; arrival: Arrival }
  /** The phone `by` has joined its two calls: `arrival` comes in its place. */
  | { type: 'replaced'; by: PartyId; arrival: Arrival }
  /** The phone `by` has joined its two calls: whom it talked with here goes on in the other. */
  | { type: 'lent'; by: PartyId; to: string }
  | { type: 'media-failed'; message: string }
  /** The hotline goes down, or a supervisor's forced release. */
  | { type: 'closed'; termination: Termination };

export type ConversationInput = ConversationCommand | ConversationFact;

export type ConversationEffect =
  /** `by`: whose rights count. */
  | { type: 'ring'; party: PartyId; target: TransferTarget; purpose: RingPurpose; by: AgentId | null }
  /** Ends the party's leg or ring, whatever its state; nothing it still says is listened to. */
  | { type: 'end-party'; party: PartyId; termination: Termination }
  /** It has ended by itself. */
  | { type: 'forget-party'; party: PartyId }
  /** The party's leg is there already: it is the one that came with the input. */
  | { type: 'adopt-arrival'; party: PartyId }
  /** Rings the party’s browser as soon as it is there, so that it answers by itself. */
  | { type: 'call-back'; party: PartyId }
  | { type: 'mute'; party: PartyId; on: boolean }
  | { type: 'send-away'; party: PartyId; target: Extract<TransferTarget, { kind: 'queue' | 'flow' }> }
  | { type: 'set-park-timer'; slot: string }
  /** The slot is free again. */
  | { type: 'clear-slot'; slot: string }
  /** What the phone that asked by REFER is told (NOTIFY, RFC 3515 §2.4.5); its subscription ends with it. */
  | { type: 'answer-refer'; termination: Termination | null }
  | { type: 'finish'; end: ConversationEnd };

export interface ConversationStep {
  readonly state: ConversationState;
  readonly effects: readonly ConversationEffect[];
  readonly events: readonly EventDraft[];
  /** A command that does not fit: nothing has changed. */
  readonly refused?: { code: 'forbidden' | 'conflict' | 'bad-request'; message: string; field?: string };
  /** Why a fact changed nothing: a lawful race. */
  readonly ignored?: string;
}

export function partyOf(state: ConversationState, id: PartyId | null): Party | undefined {
  return state.parties.find((p) => p.id === id);
}

/** Everybody who is with the caller, or was before going aside. */
export function inRoom(state: ConversationState): readonly Party[] {
  return state.parties.filter((p) => p.place === 'room');
}

/** A conversation of two that begins. */
export function newConversation(given: {
  callId: CallId;
  queueId: QueueId | null;
  caller: Arrival;
  other: (Arrival & { role: 'agent' | 'called' }) | null;
  /** Of a group called together: who rings still, in the order of their ids from `p2`. */
  joining?: readonly Arrival[];
  /** Of a caller who is parked by a flow; there is no `other` then. */
  slot: string | null;
  now: EpochMs;
}): ConversationState {
  const { caller, other, joining = [], now } = given;
  const parties = [newParty({ ...caller, id: CALLER, role: 'caller', place: 'room', since: now })];
  if (other) parties.push(newParty({ ...other, id: 'p1', place: 'room', since: now }));
  for (const one of joining) {
    parties.push(newParty({ ...one, id: `p${parties.length}`, role: 'member', place: 'ringing', purpose: 'join', since: now }));
  }
  return {
    callId: given.callId,
    queueId: given.queueId,
    phase: other ? 'together' : 'parked',
    parties,
    consultation: null,
    errand: other ? null : { by: null, to: `slot:${given.slot}`, target: null, referrer: null },
    slot: given.slot,
    group: given.joining !== undefined,
    next: 2 + joining.length,
    last: other?.extension ?? caller.extension,
  };
}

export function newParty(given: Arrival & Pick<Party, 'id' | 'role' | 'place' | 'since'> & Partial<Party>): Party {
  return {
    id: given.id,
    name: given.name,
    extension: given.extension,
    agent: given.agent,
    role: given.role,
    place: given.place,
    purpose: given.purpose ?? null,
    held: false,
    phoneHeld: false,
    muted: false,
    lost: null,
    since: given.since,
    mode: given.mode ?? null,
    watches: given.watches ?? null,
  };
}
