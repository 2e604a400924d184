import type { CallRecord } from './call-record.js';
import type { NodeId } from './cluster.js';
import type { OverflowTarget } from './directory.js';
import type { CallDirection, EventOf, PartyRole, Seat, SupervisionMode } from './events.js';
import type { AgentId, CallId, EpochMs, FlowId, QueueId, RecordingId } from './ids.js';
import type { Bridge, CallLeg, MediaItem, PartyAddress } from './switch.js';
import type { Termination } from './termination.js';

// The ports between stages. A stage imports this file, never another stage; `server` wires them.

/** A call in progress, as the stages hand it on. */
export interface Call {
  readonly id: CallId;
  readonly direction: CallDirection;
  readonly caller: string;
  readonly called: string;
  readonly startedAt: number;
  readonly trunkId?: string;
  /** The leg of the party who called (or, for click-to-dial, of the agent). */
  readonly leg: CallLeg;
  /** What the caller is spoken to in, as the flow last chose it, e.g. `en-US`; undefined: the prompts' own language. */
  readonly language?: string;
}

/** db ▸ sbc: the call's row is stored before the caller is answered. */
export interface CallLedger {
  /** Resolves when the row is committed; rejects within 2 s when it cannot be. */
  open(arrived: EventOf<'call.arrived'>): Promise<void>;
}

/** Whom a caller can be put through to, or somebody be asked about. */
export type TransferTarget =
  /** Rings the agent's seat as an offer does; with the caller at the head of the line when `wait` is set and the agent is busy. */
  | { kind: 'agent'; agentId: AgentId }
  | { kind: 'queue'; queueId: QueueId; priority?: number }
  | { kind: 'flow'; flowId: FlowId }
  | { kind: 'extension'; extension: string }
  /** A telephone number over a trunk, or an extension group, as dialled. */
  | { kind: 'number'; number: string };

/**
 * What can be done with a live call from outside (API, desk, phone). `by` is the extension of who does it and has to be a
 * party. Each rejects with a DomainError that says why it cannot: `forbidden` (not a party), `conflict` (not in this state),
 * `bad-request` (names the field), `unavailable`.
 */
export interface CallControl {
  readonly callId: CallId;
  /** Extensions who are on this call now and may control it. */
  agents(): readonly AgentId[];
  /** Where the parties are: who talks, who waits, who listens. */
  parties(): readonly PartyView[];
  /** Refuses to be rung for this call: transfer, consultation, direct call. Not there where nobody is rung by who controls the call. */
  reject?(by: AgentId): Promise<void>;
  /** Leaves. In a conference the others go on; a consultation is dropped with it unless `complete` came first. */
  hangUp(by: AgentId): Promise<void>;
  hold(by: AgentId): Promise<void>;
  resume(by: AgentId): Promise<void>;
  mute(by: AgentId): Promise<void>;
  unmute(by: AgentId): Promise<void>;
  sendDigits(by: AgentId, digits: string): Promise<void>;
  /** Blind: the caller hears music until somebody answers, and comes back to `by` when nobody does and `by` is still there. */
  transfer(by: AgentId, target: TransferTarget): Promise<void>;
  /** The caller hears music, `by` talks with the target. Resolves when the target rings. */
  consult(by: AgentId, target: TransferTarget): Promise<void>;
  /** To the other of the two: the caller or the one consulted. */
  swap(by: AgentId): Promise<void>;
  /** Attended transfer: the caller is put through, `by` leaves. */
  complete(by: AgentId): Promise<void>;
  /** The consultation ends, the caller is back. Also while the target rings. */
  cancel(by: AgentId): Promise<void>;
  /** All three hear each other; again for a fourth. With a target: rings it and lets it join. */
  conference(by: AgentId, target?: TransferTarget): Promise<void>;
  /** The caller hears music until somebody retrieves the slot; `by` is free. */
  park(by: AgentId): Promise<{ slot: string }>;
  pauseRecording(by: AgentId): Promise<void>;
  resumeRecording(by: AgentId): Promise<void>;
  /** Recording on demand. */
  startRecording(by: AgentId): Promise<void>;
  /** Rings the supervisor's seat first unless `supervisor` supervises already; then the mode changes at once. */
  supervise(supervisor: AgentId, mode: SupervisionMode, options?: { agentId?: AgentId }): Promise<void>;
}

/** One party of a live call as a desk shows it. */
export interface PartyView {
  /** Extension or number. */
  party: string;
  role: PartyRole;
  /** `lost`: the connection of an agent’s browser is away and waited for. */
  state: 'ringing' | 'talking' | 'held' | 'listening' | 'whispering' | 'parked' | 'lost';
  muted: boolean;
  since: EpochMs;
  /** Of a supervisor: in what way, and the party that is supervised (null: the call as such). */
  supervises?: { mode: 'listen' | 'whisper' | 'barge'; party: string | null };
  /** Of who asks somebody aside: whom, and with whom of the two this party talks now. */
  asks?: { party: string; front: 'target' | 'caller' };
}

/** server ▸ all: the calls in progress with their records so far and whoever controls them now. */
export interface CallRegistry {
  /** The record folded from the call's events so far; undefined when the call is over or unknown. */
  record(callId: CallId): CallRecord | undefined;
  records(): readonly CallRecord[];
  /** Registers who controls the call; the returned function takes it back. The last registered is in control. */
  control(control: CallControl): () => void;
  controlOf(callId: CallId): CallControl | undefined;
  /**
   * As `controlOf`, asked of the process the call lives on: what is told here may be a moment behind the events of the call. Not
   * there where no other process is.
   */
  controlNow?(callId: CallId): Promise<CallControl | undefined>;
}

/** ivr ▸ sbc: runs a flow on an inbound call; the flow answers the leg. Resolves when the flow is over or the leg has ended. */
export interface FlowRunner {
  /** @param options `draft`: runs this document in place of the published one, e.g. for an author who dials the draft */
  run(call: Call, flowId: FlowId, options?: { draft?: { version: number; document: unknown } }): Promise<FlowResult>;
}

export interface FlowResult {
  /** How the call should end if its leg still lives. */
  termination: Termination;
}

export interface QueueRequest {
  call: Call;
  queueId: QueueId;
  /** Added to the queue's own priority. */
  priority?: number;
  /**
   * Only this agent 指定话务员. He needs what the queue asks for at the step of relaxation the wait has reached; he is waited
   * for as long as he is signed in and could have the call at some step.
   */
  agentId?: AgentId;
  /** Only agents of this business group or handling unit. */
  group?: string;
  /** Levels asked for beside the queue's own; relaxed with them. */
  minLevels?: Record<string, number>;
  /** A place kept from before: arrival of an earlier call or callback, for order among equals. */
  since?: EpochMs;
}

export type QueueResult =
  /** An agent talked with the caller. `callerStillUp` when the agent hung up and the flow may go on (survey). */
  | { outcome: 'served'; agentId: AgentId; callerStillUp: boolean }
  | { outcome: 'abandoned' }
  | { outcome: 'timeout' }
  /** Nobody is signed in who could take it. */
  | { outcome: 'no-agents' }
  | { outcome: 'full' }
  | { outcome: 'closed' }
  /** A rule of the queue sends the call elsewhere; the flow takes it there. Another queue is done by the ACD itself. */
  | { outcome: 'overflow'; to: Exclude<OverflowTarget, { kind: 'queue' }> }
  /** The caller will be called back; the place is kept. */
  | { outcome: 'callback'; callbackId: string }
  | { outcome: 'failed'; message: string };

/** acd ▸ ivr: waits in a queue, is offered to agents, talks. The result settles exactly once. */
export interface QueuePort {
  enqueue(request: QueueRequest): { readonly result: Promise<QueueResult>; leave(): void };
}

/** acd ▸ ivr, admin: callbacks in place of waiting. */
export interface Callbacks {
  /**
   * Takes a place for a number. With `callId` of a call that waits, its place and what it asks for; else at the end, or as of
   * `since`, for whoever has what `agentId`, `group` and `minLevels` ask for (see `QueueRequest`).
   * Rejects with `bad-request` (number), `not-found` (queue), `conflict` (the number waits for a callback of this queue already).
   */
  request(request: {
    queueId: QueueId;
    number: string;
    callId?: CallId;
    since?: EpochMs;
    notBefore?: EpochMs;
    by: string;
    agentId?: AgentId;
    group?: string;
    minLevels?: Record<string, number>;
  }): Promise<CallbackView>;
  cancel(callbackId: string, by: string): Promise<void>;
  list(): CallbackView[];
}

export interface CallbackView {
  id: string;
  queueId: QueueId;
  number: string;
  state: 'waiting' | 'agent-ringing' | 'calling' | 'talking';
  /** Arrival whose place it keeps. */
  since: EpochMs;
  /** In the queue, callers included, from 1. */
  position: number | null;
  attempts: number;
  /** Not tried before. */
  notBefore: EpochMs | null;
}

/** A seat or party being rung. It is accepted at most once and ends exactly once. */
export interface SeatRing {
  /**
   * Of the party. Answered does not mean accepted: a virtual seat may have to press 1, a nailed-up line is answered all the
   * time. It may be another one by the time of `accepted` (next trunk, forward, group, pick-up): read it then, and not before.
   */
  readonly leg: CallLeg;
  /** Once accepted: the extension of ours that took it, which need not be the one dialled (forward, group, pick-up); undefined for a number. */
  readonly takenBy?: AgentId | undefined;
  /** Once accepted: the number outside that took it, where what was asked is no number itself (a flow that was asked led there). */
  readonly takenByNumber?: string | undefined;
  readonly state: 'ringing' | 'accepted' | 'ended';
  readonly termination: Termination | undefined;
  subscribe(listener: (event: SeatRingEvent) => void): () => void;
  /** Stops ringing or ends the talk: hangs up, or gives a nailed-up line back. Doing it twice changes nothing. */
  end(termination: Termination): void;
  /**
   * "Answer" from the desk, where the phone cannot be rung again to answer by itself (virtual seats): takes the call when the
   * phone has been answered and is asked for key 1. False when nobody has it at the ear yet. Undefined for other seats.
   */
  readonly answer?: (() => boolean) | undefined;
}

export type SeatRingEvent =
  /** The phone rings (180, 183). */
  | { type: 'ringing' }
  /** A person has taken it: the two can be bridged. */
  | { type: 'accepted' }
  | { type: 'ended'; termination: Termination };

/** sbc ▸ acd: rings an agent's seat, whatever kind it is. */
export interface SeatDialer {
  ring(request: {
    agentId: AgentId;
    seat: Seat;
    caller: PartyAddress;
    callId: CallId;
    timeoutMs: number;
    /** The number the caller dialled and the trunk it came over, for what a virtual seat is shown. */
    called?: string;
    trunkId?: string;
    /** A desk asked to answer: the phone shall answer by itself. */
    autoAnswer?: boolean;
  }): SeatRing;
  /** Whether the seat could ring now (SIP: has a registered contact; phone: a trunk may call the number). */
  reachable(agentId: AgentId, seat: Seat): boolean;
  /** Why this seat cannot be chosen; undefined when it can. */
  refusal(agentId: AgentId, seat: Seat): string | undefined;
  /** Nailed-up lines follow the agent: called at sign-in, ended at sign-out or with another seat. */
  agentChanged(agentId: AgentId, seat: Seat, signedIn: boolean): void;
}

/** sbc ▸ acd: whoever is put through to, consulted or joined to a conference. */
export interface PartyDialer {
  /** What this string means when `by` dials it. Throws DomainError `bad-request` naming `to`. */
  resolve(dialled: string, by: AgentId): TransferTarget;
  /**
   * Rings an extension (forwards obeyed, an agent at the seat chosen), a group, or a number over the trunks that allow it.
   * Refusals are a ring that has ended. Told here: `call.forwarded`, `call.picked-up`, and `leg.ended` of every leg called; the
   * lines of agents are taken here. Told by whoever asks: `call.ringing`, `call.connected`.
   */
  ring(request: {
    target: Extract<TransferTarget, { kind: 'extension' | 'number' }>;
    /** Whose rights and caller number count; undefined: the hotline's. */
    by?: AgentId;
    shown: PartyAddress;
    callId: CallId;
    timeoutMs: number;
  }): SeatRing;
}

/** sbc ▸ acd: a call of ours to a number, with row, record and frame like any other. */
export interface OutboundCalls {
  /**
   * @param body runs when the number has answered; the call ends when it is over
   * @returns `done` resolves when the call is closed, with how it ended; never rejects
   */
  place(request: {
    number: string;
    queueId?: QueueId;
    agentId?: AgentId;
    ringMs: number;
    /** Told as soon as the call has a row. */
    opened?(callId: CallId): void;
    body(call: Call): Promise<Termination>;
  }): { done: Promise<{ callId: CallId | null; answered: boolean; termination: Termination }>; cancel(termination: Termination): void };
}

export interface ConversationParty {
  leg: CallLeg;
  /** Extension or number. */
  party: string;
  /** Set when the party is an extension of ours: it may control the call. */
  extension?: AgentId;
  role: 'caller' | 'agent' | 'called';
  /** Set where the party was rung: the end of the ring is then the party's end. */
  ring?: SeatRing;
  /** The party's phone put us on hold before anybody talked. */
  phoneHeld?: boolean;
  /** Ends this party's part; default `ring.end` or `leg.hangUp`. */
  end?(termination: Termination): void;
  /** The party is out of the conversation. */
  gone?(): void;
  /** Of the caller: a browser that is lost may come back on another leg, which then is the conversation's. Nothing goes on with the first leg. */
  mayReturn?: boolean;
}

/** acd ▸ sbc: SIP legs between two processes of a hotline, where a leg of one is to hear a leg of the other. */
export interface FarLegs {
  /** Where another process may call within ten seconds, once: a name nobody can guess, to be told over the cluster. */
  expect(take: (leg: CallLeg) => void): { uri: string };
  /** Calls where another process expects it. */
  call(uri: string, request: { from: PartyAddress; timeoutMs: number; callId: CallId }): CallLeg;
}

/** acd ▸ sbc: whoever talks. Hold, transfer, consultation, conference, supervision, parking and recording belong to it until it ends. */
export interface Conversations {
  /** Two answered legs. They are bridged, unless `bridge` stands already. The caller's leg is never hung up by it. */
  begin(request: {
    call: Call;
    caller: ConversationParty;
    other: ConversationParty;
    /** 组呼: the rest of a group that is called together, rung still; each joins on answering. It lasts as long as the caller is there and one of them talks or rings. */
    joining?: readonly (ConversationParty & { ring: SeatRing })[];
    bridge?: Bridge;
    queueId?: QueueId;
    /** Music on hold. */
    music?: string;
  }): Promise<ConversationEnd>;
  /** Puts a parked caller through to this leg (which belongs to the call `own`); undefined when the slot is empty. */
  retrieve(slot: string, by: ConversationParty): Promise<ConversationEnd> | undefined;
  /** The other process where somebody is parked in the slot; undefined when it is this one, or nobody is. */
  parkedElsewhere(slot: string): NodeId | undefined;
  /**
   * The flow an agent consults by this call puts the agent through: whoever is rung, for the call that is given, comes into the
   * consultation. Resolves with why nobody has, null when somebody has; undefined when no agent consults by this call.
   */
  bring(call: Call, to: string, ring: (callId: CallId) => SeatRing): Promise<Termination | null> | undefined;
  /**
   * ivr: the flow parks its caller; resolves when the caller has gone on.
   * @throws DomainError `conflict` when an agent consults the flow: who talks with a caller is not parked
   */
  park(
    call: Call,
    options: {
      slot?: string;
      timeoutMs: number;
      music?: string;
      /** What the caller hears once before the music: which slot it is. */
      announcement?(slot: string): MediaItem[];
    },
  ): {
    slot: string;
    result: Promise<{ outcome: 'retrieved'; callerStillUp: boolean } | { outcome: 'timeout' } | { outcome: 'abandoned' }>;
  };
}

export interface ConversationEnd {
  termination: Termination;
  /** The call's first leg still lives: a flow may go on with it. */
  callerStillUp: boolean;
  /** The extension that last talked with the caller. */
  last: AgentId | null;
}

/** A text between extensions as it is kept. */
export interface MessageRow {
  id: string;
  from: string;
  to: string;
  text: string;
  sentAt: EpochMs;
  /** Kept until then at most. */
  expiresAt: EpochMs;
  state: 'kept' | 'delivered' | 'expired';
  deliveredAt: EpochMs | null;
}

/** sbc ▸ admin: texts between extensions, kept until the phone is there. */
export interface Messages {
  /** Rejects with `bad-request` (text, to), `not-found` (no such extension), `conflict` (too many wait for that phone) or `too-many-requests`. */
  send(message: { from: AgentId; to: string; text: string }): Promise<{ id: string; state: 'delivered' | 'kept' }>;
  /** Those an extension sent or was sent, newest first. */
  list(query: { extension: string; limit: number; cursor?: string }): Promise<{ items: MessageRow[]; next: string | null }>;
}

/** db ▸ sbc: where texts are kept. */
export interface MessageRows {
  /** Resolves when it is committed. */
  insert(row: MessageRow): Promise<void>;
  delivered(id: string, at: EpochMs): Promise<void>;
  /** Those of an extension that are kept and not over their time, oldest first. */
  waiting(to: string, now: EpochMs): Promise<MessageRow[]>;
  /** Extensions for which something is kept. */
  waitingFor(): Promise<string[]>;
  /** Marks what is over its time; those that were marked now. */
  expire(now: EpochMs): Promise<MessageRow[]>;
  list: Messages['list'];
}

/** db ▸ sbc: how long a trunk was used for answered outbound calls, by day of the hotline's time zone. */
export interface TrunkUsageRows {
  /** Milliseconds by trunk. */
  load(day: string): Promise<Map<string, number>>;
  add(day: string, trunkId: string, milliseconds: number): Promise<void>;
}

/** recorder ▸ acd, sbc: one recording per engagement. Never throws into the call: a failure is an event and a metric. */
export interface Recorder {
  /**
   * Records if the policy of agent, queue, trunk or direction wants it (`RecordingPolicy`), or `demanded` is set and the policy is
   * not `none`. A share is drawn once a call.
   * @returns undefined when it is not recorded: by policy, for want of disk space, or because it failed
   */
  start(request: {
    callId: CallId;
    direction: CallDirection;
    agentId?: AgentId;
    queueId?: QueueId;
    trunkId?: string;
    /** The other party's number, for search. */
    otherParty?: string;
    left: CallLeg;
    right?: CallLeg;
    demanded?: boolean;
  }): Promise<ActiveRecording | undefined>;
  /** Prompt to be heard before a call that will be recorded; undefined for none. */
  announcement(request: { direction: CallDirection; agentId?: AgentId; queueId?: QueueId; trunkId?: string }): string | undefined;
  /** A message from the caller; resolves when it is over. */
  voicemail(request: {
    callId: CallId;
    box: string;
    caller: string;
    leg: CallLeg;
    maxDurationMs: number;
    finishOn?: string;
  }): Promise<{ voicemailId: string; durationMs: number } | undefined>;
}

/** recorder ▸ ivr: something short the caller says for a flow, a name or an address, kept with the call's recordings. */
export interface CallerNotes {
  /**
   * Beep, then records until the caller is silent for `endAfterSilenceMs`, presses one of `finishOn`, hangs up or the time is over.
   * @returns undefined when nothing was said or it could not be kept; never rejects
   */
  record(request: {
    callId: CallId;
    caller: string;
    leg: CallLeg;
    maxDurationMs: number;
    endAfterSilenceMs: number;
    finishOn?: string;
  }): Promise<{ recordingId: RecordingId; durationMs: number } | undefined>;
}

export interface ActiveRecording {
  readonly id: RecordingId;
  /** Who is on our side now, for search; the last is kept on the row. */
  setAgent(agentId: AgentId | undefined): void;
  setRight(leg: CallLeg | readonly CallLeg[] | undefined): void;
  setLeft(leg: CallLeg | readonly CallLeg[] | undefined): void;
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

/** ivr ▸ acd: prompts by name and spoken numbers, as things a leg can play. */
export interface Prompts {
  /**
   * @param id e.g. `greeting`, `queue-music`; undefined and one log line when the prompt is missing
   * @param language of the call (`Call.language`); a prompt that is not there in it is taken from the base set
   */
  item(id: string, language?: string): MediaItem | undefined;
  /**
   * A whole number up to 12 digits, e.g. 二十三, twenty-three. `counting`: it stands before a measure word, where a lone 2 is 两
   * (两位, 两分钟). `language` of the call, default Mandarin.
   */
  sayNumber(value: number, options?: { counting?: boolean; language?: string }): MediaItem[];
  /** A telephone number or code digit by digit; 1 as 幺 in Mandarin. */
  sayDigits(digits: string, language?: string): MediaItem[];
}

/** sbc ▸ admin, agent-gateway: rings `from`'s seat, then `to`; resolves when the call exists. */
export interface ClickToDial {
  /** @param request `draft`: leads to this flow document in place of what `to` means, which is then only what the flow sees as dialled */
  dial(request: { from: AgentId; to: string; draft?: { flowId: FlowId; version: number; document: unknown } }): Promise<{ callId: CallId }>;
}
