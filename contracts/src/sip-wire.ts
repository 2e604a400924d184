import type { SourceAddress, Transport } from './switch.js';

// A SIP server that stands outside of this process and keeps sockets, transactions and the identity of dialogs (drachtio-server).
// Who talks with whom, and what about, is decided on this side of the wire; headers and bodies cross it as text.

export type WireHeaders = ReadonlyArray<readonly [name: string, value: string]>;

export interface WireResponse {
  status: number;
  reason: string;
  /** Without Via, From, To, Call-ID, CSeq and Record-Route: the server copies them. */
  headers: WireHeaders;
  body: string;
}

/** A request that came from the network. */
export interface WireRequest {
  /** As it came, from the request line to the end of the body. */
  readonly text: string;
  readonly source: SourceAddress;
  /** What the server calls the dialog the request is in; undefined outside of dialogs. */
  readonly dialogId: string | undefined;
  /** `sent` is told the response as it went out and the dialog it made, `failed` why it could not. */
  respond(response: WireResponse, sent?: (text: string, dialogId: string | undefined) => void, failed?: (error: Error) => void): void;
  /** INVITE: told of its CANCEL, which the server has answered. */
  onCancel(cancelled: (text: string) => void): void;
}

export interface WireSend {
  method: string;
  uri: string;
  /** Outside of dialogs with From (and its tag), To, Call-ID and CSeq; inside without: they are the server's. */
  headers: WireHeaders;
  body: string;
  /** Where an out-of-dialog request is sent. */
  nextHop?: { address: string; port: number; transport: Transport };
  dialogId?: string;
}

export interface WireAnswers {
  /** The request as it went out. */
  sent?(text: string): void;
  response(text: string, dialogId: string | undefined): void;
  /** `timeout`: nobody answered. `transport`: it could not be sent, or the server is gone. */
  failed(kind: 'timeout' | 'transport', error: Error): void;
}

export interface SipWireHandlers {
  request(request: WireRequest): void;
  /** The ACK of a 2xx. */
  acknowledged(text: string, source: SourceAddress): void;
  /** The server has ended a dialog by itself; the BYE it sent for that. */
  endedByServer(text: string): void;
  /** The server is gone and every dialog with it. It is looked for again until `stop`. */
  lost(why: string): void;
  /** It is there again, knowing nothing of what was before. */
  found(): void;
}

export interface SipWire {
  /** Resolves when the server has let us in; rejects with a line that says what is wrong (address, secret, version). */
  start(handlers: SipWireHandlers): Promise<void>;
  stop(): Promise<void>;
  /** Where the server listens for SIP. */
  points(): ReadonlyArray<{ transport: Transport; address: string; port: number }>;
  connected(): boolean;
  send(request: WireSend, answers: WireAnswers): { cancel(headers: WireHeaders): void };
}
