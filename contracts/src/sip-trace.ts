import type { CallId, EpochMs } from './ids.js';

// The SIP messages of a call as they were on the wire, for whoever looks for what went wrong between two machines.

/** One message of a call, as it came or went. */
export interface SipTraceMessage {
  /** Order within the call, from 1; a gap is what was dropped. */
  n: number;
  at: EpochMs;
  direction: 'received' | 'sent';
  transport: 'udp' | 'tcp' | 'ws';
  /** `address:port`, IPv6 in brackets; of a WebSocket the address that Via names. */
  local: string;
  remote: string;
  /** The bytes as one character each (Latin-1), answers to challenges and media keys taken out. */
  text: string;
  /** The text is not the whole: it was too long. */
  cut?: boolean;
  /** On the wire. */
  bytes: number;
  /** Why it could not be sent. */
  failure?: string;
}

/** What is kept of a call. */
export interface SipTrace {
  messages: SipTraceMessage[];
  /** Messages that were too many to be kept. */
  dropped: number;
}

/** server ▸ admin: what is kept of calls, those in progress too. */
export interface SipTraces {
  /** Days it is kept; 0: nothing is traced. */
  readonly days: number;
  /** Empty where nothing is kept (any more). */
  of(callId: CallId): Promise<SipTrace>;
}

/** Some messages of a call as they are stored together. */
export interface SipTracePart {
  callId: CallId;
  writtenAt: EpochMs;
  /** Dropped since the part before. */
  dropped: number;
  data: Uint8Array;
}

/** db ▸ server: where the parts are kept. */
export interface SipTraceRows {
  append(parts: readonly SipTracePart[]): Promise<void>;
  /** Oldest first. */
  of(callId: CallId): Promise<SipTracePart[]>;
  /** Deletes what was written before. @returns how many parts */
  deleteBefore(at: EpochMs): Promise<number>;
}

/** One message as it looks from outside; what is in it is read out of its text. */
export interface SipMessageView {
  n: number;
  at: string;
  direction: 'received' | 'sent';
  transport: 'udp' | 'tcp' | 'ws';
  local: string;
  remote: string;
  startLine: string;
  /** Of the request, or of the request that is answered. */
  method: string;
  /** Of an answer. */
  status: number | null;
  sipCallId: string;
  /** E.g. `1 INVITE`. */
  cseq: string;
  /** Users of From and To. */
  from: string;
  to: string;
  /** It carries a session description. */
  sdp: boolean;
  /** The same message again, either way (RFC 3261 §17). */
  retransmission: boolean;
  bytes: number;
  /** The text is not the whole: it was too long. */
  cut: boolean;
  failure: string | null;
  /** Null where this role sees numbers masked. */
  text: string | null;
}

export interface SipTraceView {
  callId: CallId;
  messages: SipMessageView[];
  dropped: number;
  /** Numbers are masked for this role: there is no text, and nothing to download. */
  masked: boolean;
  /** Days messages are kept; 0: nothing is traced. */
  keptDays: number;
}
