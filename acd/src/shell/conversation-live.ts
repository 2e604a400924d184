import type {
  AgentId,
  Bridge,
  Call,
  CallLeg,
  ConversationEnd,
  ConversationParty,
  MediaItem,
  QueueId,
  ReferRequest,
  SeatRing,
} from '@yixian/contracts';
import type { ConversationCommand, ConversationFact, ConversationState, PartyId } from '../core/conversation.js';
import type { ConversationDeps } from './conversation-deps.js';
import type { LiveParties } from './conversation-parties.js';
import type { ConversationRecording } from './conversation-recording.js';

export interface ConversationRequest {
  call: Call;
  caller: ConversationParty;
  /** Without: the caller is parked by a flow. */
  other?: ConversationParty;
  /** The rest of a group that is called together, rung still. */
  joining?: readonly (ConversationParty & { ring: SeatRing })[];
  bridge?: Bridge;
  queueId?: QueueId;
  music?: string;
  /** `call.connected` has been told. */
  connectedTold?: boolean;
  /** The other is out of the conversation; an ended leg has ended by then. */
  otherGone?(): void;
  parked?: { slot: string; timeoutMs: number; intro?: readonly MediaItem[] };
}

/** What comes with an input and is no business of the pure machine. */
export interface Along {
  ring?: SeatRing;
  /** What the ring does once nobody else speaks with the one who asked for it. */
  begin?: () => void;
  release?: () => void;
  arrival?: ConversationParty;
  arrivalGone?: () => void;
}

/** A conversation as its parts know it: control, rings, REFER, callers sent on. */
export interface LiveConversation {
  readonly call: Call;
  readonly deps: ConversationDeps;
  readonly end: Promise<ConversationEnd>;
  readonly parties: LiveParties;
  readonly recording: ConversationRecording;
  readonly state: ConversationState;
  /** Of a parked conversation: whether anybody came for the caller. */
  readonly wasRetrieved: boolean;
  /** Whether the first party, an extension, may come back on another leg. */
  readonly callerMayReturn: boolean;
  fact(fact: ConversationFact): void;
  /** Throws the refusal of a command, without giving it. */
  probe(command: ConversationCommand): void;
  give(command: ConversationCommand, along?: Along): Promise<void>;
  ringingOf(party: PartyId | undefined): Promise<void>;
  care(request: ReferRequest | undefined): void;
  sendDigits(by: AgentId, digits: string): Promise<void>;
  park(by: AgentId): Promise<{ slot: string }>;
  retrieve(by: ConversationParty): Promise<ConversationEnd> | undefined;
  nested(request: ConversationRequest): Promise<ConversationEnd>;
  find(leg: CallLeg): { conversation: LiveConversation; party: PartyId } | undefined;
  isFromOutside(): boolean;
  assertJoinable(party: PartyId): void;
  lend(party: PartyId, to: string): Promise<void>;
  replace(party: PartyId, arrival: ConversationParty): boolean;
  otherThan(id: PartyId): { id: PartyId; party: ConversationParty } | undefined;
}

/** All conversations and the slots where callers are parked. */
export interface ConversationIndex {
  add(conversation: LiveConversation): void;
  remove(conversation: LiveConversation): void;
  /** The conversation that has this leg. */
  find(leg: CallLeg): { conversation: LiveConversation; party: PartyId } | undefined;
  begin(request: ConversationRequest): LiveConversation;
  /** A slot nobody is parked in; undefined when all are taken. */
  nextSlot(wanted?: string): string | undefined;
  park(slot: string, conversation: LiveConversation): void;
  freeSlot(slot: string): void;
}
