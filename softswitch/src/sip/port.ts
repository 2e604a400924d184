import type {
  Admission,
  ArrivingCall,
  MessagesWaiting,
  NodeId,
  Registration,
  RegistrationChange,
  RequestSummary,
  SipMessage,
  SourceAddress,
  Transport,
} from '@yixian/contracts';
import type { DialogView } from './notifier/dialog-info.js';
import type { SipSocket } from './transport/sip-socket.js';

export type { DialogView };

// What the SIP side offers to `softswitch.ts`: sessions and registrations, SDP as opaque text. Media stays out of here.

/** A listening point. Port 0 takes a free one (tests). */
export interface ListenPoint {
  transport: Extract<Transport, 'udp' | 'tcp' | 'ws'>;
  address: string;
  port: number;
}

/** Where an outbound request goes when it is not the URI itself (a registered phone behind NAT). */
export interface NextHop {
  address: string;
  port: number;
  transport: Transport;
  /** The process that holds the connection, or whose address a NAT lets through; this one without. */
  node?: NodeId;
}

export interface InviteOptions {
  /** Request-URI, e.g. `sip:1001@127.0.0.1:5062`. */
  uri: string;
  /** Overrides where the request is sent. */
  nextHop?: NextHop;
  from: { user: string; displayName?: string };
  /** User part of To; default that of the Request-URI. */
  toUser?: string;
  /** The SDP offer. */
  sdp: string;
  headers?: ReadonlyArray<readonly [name: string, value: string]>;
  auth?: { username: string; password: string };
}

/** A dialog, from our side: our tag and the peer's. */
export interface DialogId {
  callId: string;
  localTag: string;
  remoteTag: string;
}

/** A dialog somebody asks to take the place of (RFC 3891). */
export interface ReplacedDialog extends DialogId {
  /** Only while it is not answered. */
  earlyOnly: boolean;
}

/** A REFER (RFC 3515). Unsettled it is refused 603 after 30 s, before the phone gives up; what comes too late changes nothing. */
export interface IncomingRefer {
  /** User part of Refer-To, escapes undone, printable ASCII, at most 64 characters; may be empty with `replaces`. */
  readonly target: string;
  readonly replaces: ReplacedDialog | undefined;
  /** 202, and NOTIFY 100 at once. */
  accept(): void;
  progress(status: number): void;
  /** Ends the subscription with this status. */
  done(status: number): void;
  /** Instead of `accept`. */
  refuse(status: number, phrase: string): void;
}

/** A text to one contact (RFC 3428). */
export interface MessageOptions {
  uri: string;
  nextHop?: NextHop;
  toUser?: string;
  from: { user: string; displayName?: string };
  text: string;
}

export type MessageOutcome = { ok: true } | { ok: false; end: SessionEnd };

/** How a MESSAGE is answered. */
export interface MessageAnswer {
  status: number;
  text?: string;
}

/** How a session ended, in SIP's own words. `softswitch.ts` turns it into a Termination. */
export interface SessionEnd {
  /** `remote-bye`/`remote-cancel`: they ended it. `refused`: a final response ≥ 300 to our INVITE. `local`: we did. Others: the RFC 3261 failures. */
  kind: 'remote-bye' | 'remote-cancel' | 'refused' | 'local' | 'no-ack' | 'timeout' | 'transport' | 'session-expired' | 'protocol';
  status?: number;
  phrase?: string;
  /** Cause of a received Reason header (RFC 3326), e.g. `Q.850;cause=17`. */
  reasonHeader?: string;
}

/** How an INFO of a package is answered. */
export interface InfoAnswer {
  status: number;
  phrase: string;
}

/** An INFO package taken in a dialog (RFC 6086). */
export interface InfoPackage {
  /** As in Recv-Info and Info-Package, lower case. */
  name: string;
  /** Listed in Supported with it. */
  option?: string;
  /** The one type of body; another gets 415. */
  contentType: string;
  /** Bytes; a larger body gets 413. */
  maxBody: number;
  receive(body: string): InfoAnswer;
}

export interface SessionHandlers {
  /** Packages of INFO we take in this dialog, told in Recv-Info; any other gets 469. Given with the handlers, not changed later. */
  infoPackages?: readonly InfoPackage[];
  /**
   * UAC: 1xx, 100 included. `sdp` when it carried one (reliable or not). Several 1xx of a forking proxy are told one by one.
   * `reasonHeader`: why it will fail, when a network says so along with an announcement (RFC 6432).
   */
  onProgress?(status: number, sdp: string | undefined, reasonHeader?: string): void;
  /** UAC: 2xx, ACK already sent. */
  onAccepted?(sdp: string): void;
  /** UAS: the ACK of our 2xx came; `sdp` when it carried the answer to our (late-offer) offer. */
  onConfirmed?(sdp: string | undefined): void;
  /**
   * A re-INVITE or UPDATE with an offer, or (offer undefined) a re-INVITE without one, which asks us for an offer.
   * Returns the SDP to answer with, or a refusal.
   */
  onOffer?(offer: string | undefined): { sdp: string } | { refuse: number; phrase: string };
  /** The answer to an offer of ours that travelled in the 2xx of their offerless re-INVITE. */
  onAnswer?(sdp: string): void;
  /** INFO in the dialog; it has been answered 200. */
  onInfo?(contentType: string, body: string): void;
  /** REFER in the answered dialog; without this handler it is refused 603. */
  onRefer?(refer: IncomingRefer): void;
  /** Once, last. */
  onEnded(end: SessionEnd): void;
}

/** One INVITE dialog usage, either side. Every method may be called in any state: what is no longer possible does nothing. */
export interface InviteSession {
  readonly callId: string;
  readonly direction: 'inbound' | 'outbound';
  readonly source: SourceAddress | undefined;
  readonly fromUser: string;
  readonly fromDisplayName: string | undefined;
  /** P-Asserted-Identity user where the peer sent one. */
  readonly assertedUser: string | undefined;
  readonly toUser: string;
  readonly requestUser: string;
  /** Inbound: the SDP offer of the INVITE; undefined is a late offer. */
  readonly remoteSdp: string | undefined;
  /** Inbound: the dialog this INVITE asks to take the place of (RFC 3891). */
  readonly replaces: ReplacedDialog | undefined;
  /** Whether the peer lists a method in Allow (for INFO, UPDATE). */
  allows(method: string): boolean;
  setHandlers(handlers: SessionHandlers): void;

  /** UAS: 180 or 183, reliable (RFC 3262) when the peer requires it and an SDP goes with it. */
  progress(status: 180 | 183, sdp?: string): void;
  /** UAS: 200 with the answer, or with our offer when theirs is to come in the ACK. Retransmitted until ACK (RFC 3261 §13.3.1.4). */
  accept(sdp: string): void;
  /** UAS: refuse with a final response ≥ 300. */
  refuse(status: number, phrase: string, headers?: ReadonlyArray<readonly [string, string]>): void;
  /** CANCEL before, BYE after the answer, with a Reason header when given; UAS before the answer: refuses 480. */
  end(reasonHeader?: string): void;
  /** Our own re-INVITE. Resolves with the answer; rejects when refused (491 is retried per §14.1). */
  reinvite(sdp: string): Promise<string>;
  /** Whether the peer takes this INFO package (Recv-Info, RFC 6086). */
  takesInfo(infoPackage: string): boolean;
  /** In-dialog INFO, of a package or the kind without (RFC 6086). Resolves with the final status. */
  info(contentType: string, body: string, infoPackage?: string): Promise<number>;
  /**
   * Asks the peer with OPTIONS whether it still has the dialog. False when it has not (481, 408) or says nothing within
   * `withinMs` (ten seconds by default); any other answer is a sign of life (RFC 5057). The session itself stays as it is.
   */
  probe(withinMs?: number): Promise<boolean>;
}

export interface SipHandlers {
  /** Once per request outside a dialog; the stack obeys, challenges, verifies, and answers refusals by itself. */
  admit(request: RequestSummary): Admission;
  sipPassword(extension: string): string | undefined;
  authenticationResult(request: RequestSummary, extension: string, ok: boolean): void;
  /** An admitted INVITE; 100 is sent. `admission` is the accepted origin. */
  onInvite(session: InviteSession, origin: Extract<Admission, { action: 'accept' }>['origin']): void;
  /** An admitted MESSAGE of an extension, judged: text/plain, UTF-8, not too long. Unanswered it is refused 503 after 20 s. */
  onMessage(message: SipMessage): Promise<MessageAnswer>;
  registrationChanged(change: RegistrationChange): void;
  /** Another process that has to have this call; it is passed on before anything but 100 has been answered. */
  home?(call: ArrivingCall): NodeId | undefined | Promise<NodeId | undefined>;
  /** What another process kept is ours now, or over. */
  forgetRegistrations?(node: NodeId): void;
  /** Called with all bindings of an extension that are this process's own after each change, to keep them across a restart. */
  saveRegistrations(extension: string, registrations: readonly Registration[]): void;
}

export interface SipStack {
  /** Binds every listen point; rejects with an error naming address and port when one is in use. */
  start(handlers: SipHandlers): Promise<void>;
  /** The listen points with their real ports. */
  listening(): readonly ListenPoint[];
  /** New INVITEs get 503 with Retry-After; dialogs go on. */
  drain(): void;
  /** Ends what is left and frees sockets and timers. */
  stop(): Promise<void>;
  /** Takes over a WebSocket with subprotocol `sip` (RFC 7118). */
  adopt(socket: SipSocket, source: { address: string; port: number }): void;
  /** Closes the connection of a source, where there is one. */
  disconnect(source: SourceAddress): void;
  invite(options: InviteOptions, handlers: SessionHandlers): InviteSession;
  /** Resolves within 10 s, never rejects. */
  message(options: MessageOptions): Promise<MessageOutcome>;
  /** What phones of the extension are told of its box (RFC 3842), now and when they subscribe or register. */
  setMessagesWaiting(extension: string, waiting: MessagesWaiting): void;
  /** The calls of an extension as they are now, for phones that watch it (RFC 4235). */
  setDialogs(extension: string, dialogs: readonly DialogView[]): void;
  /** The call of a dialog (RFC 3891 §3), also when it has just ended. */
  callOf(dialog: DialogId): { session: InviteSession; state: 'early' | 'confirmed' | 'ended' } | undefined;
  restoreRegistrations(registrations: readonly Registration[]): void;
  registrations(extension?: string): readonly Registration[];
  /** Prometheus-style counters, e.g. `sip_messages_discarded_total{reason="malformed"}`. */
  metrics(): Record<string, number>;
}
